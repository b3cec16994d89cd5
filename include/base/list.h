/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An intrusive doubly linked list.  Owns no memory; the holder of the head
 * owns the items.
 */
#ifndef BASE_LIST_H
#define BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list {
	struct list *next, *prev;
};

#define LIST_ITEM(node, type, member) \
	((type *)((char *)(node) - offsetof(type, member)))

/* Walks items of TYPE; the current item may be removed or freed in the body. */
#define LIST_EACH(item, head, type, member)                                  \
	for (struct list *it_ = (head)->next, *nx_ = it_->next;              \
	     it_ != (head) && ((item) = LIST_ITEM(it_, type, member), true); \
	     it_ = nx_, nx_ = it_->next)

static inline void list_init(struct list *head)
{
	head->next = head->prev = head;
}

static inline bool list_empty(const struct list *head)
{
	return head->next == head;
}

static inline void list_append(struct list *head, struct list *item)
{
	item->prev = head->prev;
	item->next = head;
	head->prev->next = item;
	head->prev = item;
}

/* Unlinks ITEM and leaves it empty, so that a second call is harmless. */
static inline void list_remove(struct list *item)
{
	item->prev->next = item->next;
	item->next->prev = item->prev;
	list_init(item);
}

#endif
