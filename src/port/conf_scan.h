/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Finds the keys of a file in xl.conf syntax, which libxlutil parses but
 * cannot list.  Judges no syntax: that is libxlutil's.  Memory only.
 */
#ifndef PORT_CONF_SCAN_H
#define PORT_CONF_SCAN_H

#include <stdbool.h>
#include <stddef.h>

/* One "KEY = value".  The name lies in the text, without a NUL. */
struct conf_key {
	const char *name;
	size_t len;
	unsigned int line;
	bool is_list;		/* [ ... ] */
	bool is_addition;	/* += */
};

struct conf_scan {
	struct conf_key *keys;	/* in the order of the file */
	size_t count;
};

/*
 * Returns 0 (conf_scan_free() it); -EINVAL for text that libxlutil must not
 * be given, with *RET_LINE and *RET_WHY (a literal); or -ENOMEM.
 */
int conf_scan(const char *data, size_t len, struct conf_scan *ret_scan,
	      unsigned int *ret_line, const char **ret_why);
void conf_scan_free(struct conf_scan *scan);

/* The first whose name is these LEN bytes; NULL: none. */
const struct conf_key *conf_scan_find(const struct conf_scan *scan,
				      const char *name, size_t len);

#endif
