/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Judges one configuration file: its syntax by libxlutil, its keys and values
 * by the table in core/settings.  Opens no file.
 */
#include "port/conf_parse.h"

#include <errno.h>
#include <libxlutil.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "port/conf_scan.h"

/* What libxlutil calls the file; a path could hold anything. */
#define SOURCE "@"

/* One file at work. */
struct parse {
	const char *path;
	struct conf_scan scan;
	XLU_Config *config;
	struct settings *settings;
	struct guest_settings *guest;	/* NULL: the file for the whole host */
	struct text *why;
	int rc;
};

void conf_parse_begin_fault(struct text *why, const char *path,
			    unsigned int line)
{
	text_append_escaped(why, path, strlen(path));
	text_printf(why, ":%u: ", line);
}

__attribute__((format(printf, 3, 4)))
static void add_fault(struct parse *p, unsigned int line, const char *fmt, ...)
{
	struct text fault = { 0 };
	char buf[2 * SETTINGS_WHY_BYTES];
	va_list args;

	va_start(args, fmt);
	vsnprintf(buf, sizeof(buf), fmt, args);
	va_end(args);
	conf_parse_begin_fault(&fault, p->path, line);
	text_printf(&fault, "%s\n", buf);
	text_append(p->why, text_get(&fault));
	text_free(&fault);
	p->rc = -EINVAL;
}

/* libxlutil quotes the file as it is: only printable bytes are passed on. */
static void make_printable(char *line)
{
	for (; *line; line++)
		if ((unsigned char)*line < 0x20 || (unsigned char)*line > 0x7e)
			*line = '?';
}

/*
 * "@:LINE: text".  Where the parser stumbles over the end of a line, its
 * lexer and its message have both gone back by one line: one is too much.
 */
static void add_report_line(struct parse *p, char *line)
{
	char *text;
	unsigned int number = strtoul(line + strlen(SOURCE ":"), &text, 10);

	if (strstr(text, ": syntax error, unexpected NEWLINE"))
		number++;
	make_printable(text);
	add_fault(p, number, "%s", text + strspn(text, ": "));
}

/* Lines without our source are hints about Python. */
static void add_report(struct parse *p, char *report)
{
	char *rest = report, *line;

	while ((line = strsep(&rest, "\n")))
		if (strncmp(line, SOURCE ":", strlen(SOURCE ":")) == 0)
			add_report_line(p, line);
}

/*
 * No key takes a list.  This is found before libxlutil sees the text: it leaks
 * a list that ends in an error.
 */
static void check_list(struct parse *p, const struct conf_key *key,
		       const char *name)
{
	if (key->is_list)
		add_fault(p, key->line, "%s takes a single value, not a list",
			  name);
}

/* No key takes an addition, and each may be set once. */
static void check_form(struct parse *p, const struct conf_key *key,
		       const char *name)
{
	const struct conf_key *first = conf_scan_find(&p->scan, key->name,
						      key->len);

	if (first != key)
		add_fault(p, key->line, "%s was already set in line %u", name,
			  first->line);
	if (key->is_addition)
		add_fault(p, key->line, "%s cannot be added to: use =", name);
}

static void check_known(struct parse *p, const struct conf_key *key,
			const char *name)
{
	const struct setting_key *known = settings_find_key(name);

	if (!known)
		add_fault(p, key->line, "unknown key %s", name);
	else if (p->guest && !known->per_guest)
		add_fault(p, key->line,
			  "%s holds for the whole host: set it in xenvigil.conf",
			  name);
}

/* Calls CHECK with each key and its name; a name is [a-z0-9._]+. */
static void each_key(struct parse *p,
		     void (*check)(struct parse *p, const struct conf_key *key,
				   const char *name))
{
	for (size_t i = 0; i < p->scan.count; i++) {
		const struct conf_key *key = &p->scan.keys[i];
		char name[64];

		snprintf(name, sizeof(name), "%.*s", (int)key->len, key->name);
		check(p, key, name);
	}
}

static void set_value(struct parse *p, const struct conf_key *key,
		      const char *name)
{
	const struct setting_key *known = settings_find_key(name);
	void *base = !known->per_guest ? (void *)p->settings :
		     p->guest ? p->guest : &p->settings->guest;
	char why[SETTINGS_WHY_BYTES], shown[64];
	const char *value;

	if (xlu_cfg_get_string(p->config, name, &value, 1))
		add_fault(p, key->line, "%s has no value", name);
	else if (settings_set(known, base, value, why, sizeof(why)))
		add_fault(p, key->line, "%s %s; \"%s\" is not", name, why,
			  text_escape(shown, sizeof(shown), value));
}

/*
 * What two keys say together.  The fault is in the later of those in this
 * file; when neither is, it is in the other file.
 */
static void check_together(struct parse *p)
{
	const struct guest_settings *guest =
		p->guest ? p->guest : &p->settings->guest;
	const char *keys[2];
	char why[SETTINGS_WHY_BYTES];
	unsigned int line = 0;

	if (!settings_check_guest(guest, keys, why, sizeof(why)))
		return;
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		const struct conf_key *key = conf_scan_find(&p->scan, keys[i],
							    strlen(keys[i]));

		if (key && key->line > line)
			line = key->line;
	}
	if (line)
		add_fault(p, line, "%s", why);
}

/* Syntax, as libxlutil sees it. */
static void read_syntax(struct parse *p, const char *data, size_t len)
{
	AUTO_FREE char *report = NULL;
	size_t report_len;
	FILE *file = open_memstream(&report, &report_len);
	int r;

	if (!file) {
		p->rc = -ENOMEM;
		return;
	}
	p->config = xlu_cfg_init(file, SOURCE);
	r = p->config ? xlu_cfg_readdata(p->config, data, len) : ENOMEM;
	fclose(file);
	add_report(p, report);
	if (r == ENOMEM)
		p->rc = -ENOMEM;
	else if (r && !p->rc)
		add_fault(p, 1, "%s", strerror(r));
}

static void parse_text(struct parse *p, const char *data, size_t len)
{
	unsigned int line = 1;
	const char *why = NULL;
	int rc = conf_scan(data, len, &p->scan, &line, &why);

	if (rc == -EINVAL)
		add_fault(p, line, "%s", why);
	p->rc = rc;
	if (!p->rc)
		each_key(p, check_list);
	if (!p->rc)
		read_syntax(p, data, len);
	/* Where the syntax is wrong, names need not be keys. */
	if (!p->rc)
		each_key(p, check_form);
	if (!p->rc)
		each_key(p, check_known);
	if (!p->rc)
		each_key(p, set_value);
	if (!p->rc)
		check_together(p);
	xlu_cfg_destroy(p->config);
	conf_scan_free(&p->scan);
}

/*
 * libxlutil wants a newline at the end of a comment in the last line, which
 * not every editor writes.
 */
static char *copy_with_newline(const char *data, size_t len)
{
	char *copy = malloc(len + 1);

	if (!copy)
		return NULL;
	memcpy(copy, data, len);
	copy[len] = '\n';
	return copy;
}

int conf_parse_syntax(const char *path, const char *data, size_t len,
		      struct text *why)
{
	struct parse p = { .path = path, .why = why };
	AUTO_FREE char *copy = copy_with_newline(data, len);

	if (!copy)
		return -ENOMEM;
	read_syntax(&p, copy, len + 1);
	xlu_cfg_destroy(p.config);
	return why->error ? why->error : p.rc;
}

int conf_parse(const char *path, const char *data, size_t len,
	       struct settings *settings, struct guest_settings *guest,
	       struct text *why)
{
	struct parse p = { .path = path, .settings = settings,
			   .guest = guest, .why = why };
	AUTO_FREE char *copy = copy_with_newline(data, len);

	if (!copy)
		return -ENOMEM;
	parse_text(&p, copy, len + 1);
	return why->error ? why->error : p.rc;
}
