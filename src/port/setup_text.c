/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The texts that setup changes: xenvigil.conf, and the settings of scripts that
 * start guests, which are shell text.  Memory only.
 */
#include "port/setup.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "port/conf_scan.h"

#define COMMENT \
	"# Set by \"xenvigil setup\"; \"xenvigil setup --undo\" takes it back.\n"
#define SAMPLE "#adopt = "
#define XL "\"xl\""
#define WORD_ENDS " \t=\"'`$(;&|"

/* --- lines --- */

static size_t line_len(const char *line)
{
	return strcspn(line, "\n");
}

/* The next line after LINE; NULL: there is none. */
static const char *next_line(const char *line)
{
	line += line_len(line);
	return *line && line[1] ? line + 1 : NULL;
}

static const char *skip_spaces(const char *at)
{
	return at + strspn(at, " \t");
}

/* --- scripts --- */

/* The path that ends where the line does, or at a space. */
static bool copy_path(const char *at, char path[SETUP_PATH_BYTES])
{
	size_t len = strcspn(at, " \t\n;&|\"'");

	if (at[0] != '/' || len >= SETUP_PATH_BYTES || memchr(at, '$', len))
		return false;
	snprintf(path, SETUP_PATH_BYTES, "%.*s", (int)len, at);
	return true;
}

/* ". FILE", also after a test of it: "[ -r FILE ] && . FILE". */
static const char *sourced_on(const char *line)
{
	const char *end = line + line_len(line);
	const char *at = skip_spaces(line);

	for (; at < end; at++)
		if (at[0] == '.' && (at[1] == ' ' || at[1] == '\t') &&
		    (at == line || at[-1] == ' ' || at[-1] == '\t'))
			return skip_spaces(at + 1);
	return NULL;
}

static bool is_assignment(const char *line, const char *name)
{
	const char *at = skip_spaces(line);
	size_t len = strlen(name);

	if (strncmp(at, "export ", 7) == 0)
		at = skip_spaces(at + 7);
	return strncmp(at, name, len) == 0 && at[len] == '=';
}

bool setup_text_sets(const char *data, const char *name)
{
	for (const char *line = data; line; line = next_line(line))
		if (is_assignment(line, name))
			return true;
	return false;
}

/* An xl or xen as the first word behind a path, as in "/usr/sbin/xl create". */
static bool has_full_path(const char *line)
{
	const char *end = line + line_len(line);

	for (const char *at = line; at < end; at++)
		if (strncmp(at, "/xl", 3) == 0 && at > line &&
		    (at + 3 == end || !(isalnum((unsigned char)at[3]) ||
					strchr("-_./", at[3]))))
			return true;
	return false;
}

/* A path in NAME=PATH, which a later ". $NAME" reads. */
static bool path_of_variable(const char *data, const char *name, size_t len,
			     char path[SETUP_PATH_BYTES])
{
	for (const char *line = data; line; line = next_line(line))
		if (strncmp(line, name, len) == 0 && line[len] == '=' &&
		    copy_path(line + len + 1 + (line[len + 1] == '"'), path))
			return true;
	return false;
}

/* The settings are those of the script's own name. */
static bool take_settings(const char *data, const char *at,
			  char settings[SETUP_PATH_BYTES])
{
	char path[SETUP_PATH_BYTES];
	const char *slash;

	at += at[0] == '"';
	if (at[0] == '$') {
		at += 1 + (at[1] == '{');
		if (!path_of_variable(data, at, strspn(at, "ABCDEFGHIJKLMNOP"
						       "QRSTUVWXYZ_"), path))
			return false;
	} else if (!copy_path(at, path)) {
		return false;
	}
	slash = strrchr(path, '/');
	if (strcmp(slash, "/xendomains"))
		return false;
	text_copy(settings, SETUP_PATH_BYTES, path);
	return true;
}

bool setup_text_starts_guest(const char *line, size_t len)
{
	AUTO_FREE char *copy = strndup(line, len);
	char *save = NULL, *word, *slash;
	bool by_xl = false;

	word = copy ? strtok_r(copy, WORD_ENDS, &save) : NULL;
	if (!word || *skip_spaces(line) == '#')
		return false;
	for (; word; word = strtok_r(NULL, WORD_ENDS, &save)) {
		word += strspn(word, "-@!+:"); /* systemd's, before a program */
		slash = strrchr(word, '/');
		if (by_xl && (!strcmp(word, "create") ||
			      !strcmp(word, "restore")))
			return true;
		by_xl |= !strcmp(slash ? slash + 1 : word, "xl");
	}
	return false;
}

static bool is_comment(const char *line)
{
	return *skip_spaces(line) == '#';
}

/* OpenRC reads the settings before it runs a function of the script. */
static bool is_of_openrc(const char *data)
{
	const char *found = strstr(data, "openrc-run");

	return data[0] == '#' && found && found < data + line_len(data);
}

enum setup_calls setup_text_calls(const char *data,
				  char settings[SETUP_PATH_BYTES])
{
	bool by_cmd = false, fixed = false, late_cmd = false;

	text_copy(settings, SETUP_PATH_BYTES,
		  is_of_openrc(data) ? "/etc/conf.d/xendomains" : "");
	for (const char *line = data; line; line = next_line(line)) {
		const char *at = is_comment(line) ? NULL : sourced_on(line);

		if (is_comment(line))
			continue;
		if (at && !settings[0])
			(void)take_settings(data, at, settings);
		if (is_assignment(line, "CMD")) {
			by_cmd = true;
			late_cmd |= settings[0];
		} else {
			fixed |= has_full_path(line);
		}
	}
	if (fixed || late_cmd || (by_cmd && !settings[0]))
		return SETUP_CALLS_FIXED;
	return by_cmd ? SETUP_CALLS_CMD : SETUP_CALLS_PATH;
}

/* --- xenvigil.conf --- */

/* The value of KEY, without the quotes' inside being understood. */
static const char *find_value(const struct conf_key *key, const char *end,
			      size_t *ret_len)
{
	const char *at = key->name + key->len, *from;

	while (at < end && strchr(" \t=", *at))
		at++;
	from = at;
	if (at < end && (*at == '"' || *at == '\'')) {
		for (at++; at < end && *at != *from && *at != '\n'; at++)
			at += *at == '\\';
		at++;
	} else {
		while (at < end && !strchr(" \t\n;#", *at))
			at++;
	}
	if (at > end || at == from)
		return NULL;
	*ret_len = (size_t)(at - from);
	return from;
}

/* Behind the sample of the setting, or behind all. */
static size_t place_of(const char *data, size_t len)
{
	for (size_t at = 0; at < len;) {
		const char *end = memchr(data + at, '\n', len - at);
		size_t next = end ? (size_t)(end - data) + 1 : len;

		if (len - at >= strlen(SAMPLE) &&
		    memcmp(data + at, SAMPLE, strlen(SAMPLE)) == 0)
			return next;
		at = next;
	}
	return len;
}

static void insert(const char *data, size_t len, size_t at, const char *line,
		   struct text *to)
{
	text_append_bytes(to, data, at);
	if (at && data[at - 1] != '\n')
		text_append(to, "\n");
	text_append(to, COMMENT);
	text_append(to, line);
	text_append(to, "\n");
	text_append_bytes(to, data + at, len - at);
}

int setup_text_adopt(const char *data, size_t len, struct text *ret_after)
{
	struct conf_scan scan = { 0 };
	const struct conf_key *key;
	const char *why, *value = NULL;
	unsigned int line;
	size_t value_len;
	int r = conf_scan(data, len, &scan, &line, &why);

	if (r < 0)
		return r;
	key = conf_scan_find(&scan, "adopt", strlen("adopt"));
	if (key) {
		value = find_value(key, data + len, &value_len);
		r = value ? 0 : -EINVAL;
	} else {
		insert(data, len, place_of(data, len), "adopt = " XL,
		       ret_after);
	}
	if (value) {
		text_append_bytes(ret_after, data, (size_t)(value - data));
		text_append(ret_after, XL);
		text_append_bytes(ret_after, value + value_len,
				  len - (size_t)(value - data) - value_len);
	}
	conf_scan_free(&scan);
	return r ? r : ret_after->error;
}

void setup_text_add(const char *data, size_t len, const char *line,
		    struct text *ret_after)
{
	insert(data, len, len, line, ret_after);
}

/* --- what differs --- */

static void append_lines(const char *data, size_t len, const char *indent,
			 const char *mark, struct text *to)
{
	while (len) {
		const char *end = memchr(data, '\n', len);
		size_t one = end ? (size_t)(end - data) : len;

		text_append(to, indent);
		text_append(to, mark);
		text_append_lines(to, data, one);
		text_append(to, "\n");
		one += end ? 1 : 0;
		data += one;
		len -= one;
	}
}

/* Whole lines that both begin with. */
static size_t common_head(const char *a, size_t a_len, const char *b,
			  size_t b_len)
{
	size_t same = 0;

	for (size_t i = 0; i < a_len && i < b_len && a[i] == b[i]; i++)
		if (a[i] == '\n')
			same = i + 1;
	return same;
}

/* Whole lines that both end with. */
static size_t common_tail(const char *a, size_t a_len, const char *b,
			  size_t b_len)
{
	size_t same = 0, i = 0;

	while (i < a_len && i < b_len &&
	       a[a_len - 1 - i] == b[b_len - 1 - i]) {
		i++;
		if ((i == a_len || a[a_len - 1 - i] == '\n') &&
		    (i == b_len || b[b_len - 1 - i] == '\n'))
			same = i;
	}
	return same;
}

void setup_text_compare(const char *before, size_t before_len,
			const char *after, size_t after_len,
			const char *indent, struct text *ret_lines)
{
	size_t head = common_head(before, before_len, after, after_len);
	size_t tail = common_tail(before + head, before_len - head,
				  after + head, after_len - head);

	append_lines(before + head, before_len - head - tail, indent, "- ",
		     ret_lines);
	append_lines(after + head, after_len - head - tail, indent, "+ ",
		     ret_lines);
}
