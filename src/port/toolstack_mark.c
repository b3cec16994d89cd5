/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The builder and the progress of a domain: Xenvigil's mark in xenstore, which
 * libxl writes together with the domain's name, where no guest can write; and
 * libxl's record, which exists when a domain is complete.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xenstore.h>

#include "base/cleanup.h"
#include "port/toolstack_impl.h"

#define MARK_KEY "xenvigil-begun"

/* Takes our pair out of LIST.  Returns how many strings are left. */
static size_t drop_mark(libxl_key_value_list list)
{
	size_t kept = 0;

	for (size_t i = 0; list && list[i]; i += 2) {
		if (strcmp(list[i], MARK_KEY) == 0) {
			free(list[i]);
			free(list[i + 1]);
		} else {
			list[kept++] = list[i];
			list[kept++] = list[i + 1];
		}
	}
	if (list)
		list[kept] = NULL;
	return kept;
}

int toolstack_put_mark(libxl_domain_config *config, const char *mark)
{
	libxl_key_value_list *list = &config->c_info.xsdata;
	size_t count = drop_mark(*list);
	char **more = realloc(*list, (count + 3) * sizeof(*more));

	if (!more)
		return -ENOMEM;
	*list = more;
	more[count] = strdup(MARK_KEY);
	more[count + 1] = strdup(mark);
	more[count + 2] = NULL;
	return more[count] && more[count + 1] ? 0 : -ENOMEM;
}

/* NODE of DOMID in xenstore, malloc()ed.  Returns 0, -ENOENT: it does not
 * exist, or -errno: unknown. */
static int read_node(uint32_t domid, const char *node, char **ret_value)
{
	struct xs_handle *store = xs_open(0);
	char path[64];
	int r = 0;

	if (!store)
		return -EIO;
	snprintf(path, sizeof(path), "/local/domain/%u%s", domid, node);
	*ret_value = xs_read(store, XBT_NULL, path, NULL);
	if (!*ret_value)
		r = errno ? -errno : -EIO;
	xs_close(store);
	return r;
}

void toolstack_read_mark(uint32_t domid, char ret_mark[TOOLSTACK_MARK_BYTES])
{
	AUTO_FREE char *mark = NULL;

	(void)read_node(domid, "/" MARK_KEY, &mark);
	text_copy(ret_mark, TOOLSTACK_MARK_BYTES, mark ? mark : "");
}

bool toolstack_is_in_store(uint32_t domid)
{
	AUTO_FREE char *entry = NULL;

	return read_node(domid, "", &entry) != -ENOENT;
}

bool toolstack_is_built(struct toolstack *ts, uint32_t domid)
{
	AUTO_FREE uint8_t *data = NULL;
	int len = 0;

	return !libxl_userdata_retrieve(ts->ctx, domid, LIGHT_KIND_CONFIG,
					&data, &len) && len > 0;
}

int toolstack_find_name(struct toolstack *ts, const char *json,
			uint32_t *ret_domid)
{
	AUTO_CONFIG libxl_domain_config config;
	uint32_t domid;

	libxl_domain_config_init(&config);
	if (toolstack_read_json(ts, json, &config) ||
	    !config.c_info.name ||
	    libxl_name_to_domid(ts->ctx, config.c_info.name, &domid))
		return -ENOENT;
	*ret_domid = domid;
	return 0;
}
