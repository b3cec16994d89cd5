// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tree of the ports that one open file has bound, by port number.
 * Must not touch the hypervisor, nor any other file's tree.
 */
#include "evtchn.h"

struct evport *evtable_find(struct evfile *file, evtchn_port_t port)
{
	struct rb_node *node = file->ports.rb_node;

	while (node) {
		struct evport *p = rb_entry(node, struct evport, node);

		if (port == p->port)
			return p;
		node = port < p->port ? node->rb_left : node->rb_right;
	}
	return NULL;
}

/* -EEXIST leaves the older entry as it was. */
int evtable_insert(struct evfile *file, struct evport *p)
{
	struct rb_node **link = &file->ports.rb_node, *parent = NULL;
	unsigned long flags;
	int rc = 0;

	spin_lock_irqsave(&file->lock, flags);
	while (*link) {
		struct evport *other = rb_entry(*link, struct evport, node);

		if (other->port == p->port) {
			rc = -EEXIST;
			goto unlock;
		}
		parent = *link;
		link = p->port < other->port ? &parent->rb_left
					     : &parent->rb_right;
	}
	rb_link_node(&p->node, parent, link);
	rb_insert_color(&p->node, &file->ports);
	file->nr_ports++;
unlock:
	spin_unlock_irqrestore(&file->lock, flags);
	return rc;
}

void evtable_remove(struct evport *p)
{
	struct evfile *file = p->file;
	unsigned long flags;

	spin_lock_irqsave(&file->lock, flags);
	rb_erase(&p->node, &file->ports);
	file->nr_ports--;
	spin_unlock_irqrestore(&file->lock, flags);
}
