/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * "top": one frame after the other, made of the daemon's status.  Knows no
 * terminal, but for the choice of who writes.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "role/client.h"
#include "xenvigil_cmd.h"
#include "xenvigil_json.h"

#define ANSWER_MS 3000
#define NAME_CELLS 20

struct row {
	json_object *domain;
	double cpu_percent;
};

/* Its length; 0 for what is no array. */
static size_t array_of(json_object *from, const char *key,
		       json_object **ret_list)
{
	*ret_list = json_object_object_get(from, key);
	return json_object_is_type(*ret_list, json_type_array) ?
		json_object_array_length(*ret_list) : 0;
}

/* --- rows --- */

/* What it was in the frame before, by domid and uuid; or NULL. */
static json_object *find_last(const struct xenvigil_top *top,
			      json_object *domain)
{
	json_object *list;
	size_t count = array_of(top->last, "domains", &list);

	for (size_t i = 0; i < count; i++) {
		json_object *at = json_object_array_get_idx(list, i);

		if (number_of(at, "domid") == number_of(domain, "domid") &&
		    !strcmp(text_of(at, "uuid"), text_of(domain, "uuid")))
			return at;
	}
	return NULL;
}

static double cpu_of(const struct xenvigil_top *top, json_object *domain,
		     int64_t now_ms)
{
	json_object *last = find_last(top, domain);

	if (!last || now_ms <= top->last_ms)
		return 0;
	return 100. * (double)(number_of(domain, "cpu_ms") -
			       number_of(last, "cpu_ms")) /
	       (double)(now_ms - top->last_ms);
}

static int by_number(const struct row *a, const struct row *b, const char *key)
{
	int64_t x = number_of(a->domain, key), y = number_of(b->domain, key);

	return x < y ? -1 : x > y;
}

static int by_domid(const void *a, const void *b)
{
	return by_number(a, b, "domid");
}

static int by_text(const struct row *a, const struct row *b, const char *key)
{
	int r = strcmp(text_of(a->domain, key), text_of(b->domain, key));

	return r ? r : by_domid(a, b);
}

static int by_name(const void *a, const void *b)
{
	return by_text(a, b, "domain");
}

static int by_state(const void *a, const void *b)
{
	return by_text(a, b, "state");
}

static int by_cpu(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	return x->cpu_percent > y->cpu_percent ? -1 :
	       x->cpu_percent < y->cpu_percent ? 1 : by_domid(a, b);
}

static int by_memory(const void *a, const void *b)
{
	int r = by_number(b, a, "memory_kib");

	return r ? r : by_domid(a, b);
}

static int by_left(const void *a, const void *b)
{
	int r = by_number(a, b, "restarts_left");

	return r ? r : by_domid(a, b);
}

const char *const xenvigil_top_keys[] = { "domid", "name", "state", "cpu",
					  "memory", "left", NULL };
static int (*const orders[])(const void *, const void *) = {
	by_domid, by_name, by_state, by_cpu, by_memory, by_left,
};

int xenvigil_top_key(const char *name)
{
	unsigned int at;

	return text_find(xenvigil_top_keys, TEXT_FIND_ALL, name, &at) ?
		-1 : (int)at;
}

/* --- text --- */

static void add_safe(struct text *text, const char *from)
{
	text_append_escaped(text, from, strlen(from));
}

/* A character of UTF-8 takes one cell; wide ones only bend the table. */
static void add_name(struct text *text, const char *from)
{
	struct text name = { 0 };
	size_t cells = 0;

	add_safe(&name, from);
	for (const char *at = text_get(&name); *at; at++) {
		cells += (*at & 0xc0) != 0x80;
		if (cells > NAME_CELLS)
			break;
		text_append_bytes(text, at, 1);
	}
	text_printf(text, "%*s", cells < NAME_CELLS ?
		    (int)(NAME_CELLS - cells) + 1 : 1, "");
	text_free(&name);
}

static json_object *find_open(json_object *status, int64_t domid)
{
	json_object *list;
	size_t count = array_of(status, "open", &list);

	for (size_t i = 0; i < count; i++) {
		json_object *at = json_object_array_get_idx(list, i);

		if (number_of(at, "domid") == domid)
			return at;
	}
	return NULL;
}

static void add_incident(struct text *text, json_object *open)
{
	text_printf(text, "%lld: %s, %s at %s",
		    (long long)number_of(open, "incident"),
		    text_of(open, "action"), text_of(open, "state"),
		    text_of(open, "next_step"));
	if (text_of(open, "progress")[0]) {
		text_append(text, " (");
		add_safe(text, text_of(open, "progress"));
		text_append(text, ")");
	}
}

static const char *owner_of(json_object *domain)
{
	return is_set(domain, "held") ? "held" : text_of(domain, "owner");
}

/* Down, held, set aside, or with an open incident: marked for the reader. */
static bool is_in_trouble(json_object *domain, json_object *open)
{
	return open || is_set(domain, "held") || is_set(domain, "shutdown");
}

static void add_row(struct text *text, struct text *marks, json_object *status,
		    const struct row *row)
{
	json_object *domain = row->domain, *open;
	int64_t domid = number_of(domain, "domid");

	text_printf(text, "%5lld ", (long long)domid);
	add_name(text, text_of(domain, "domain"));
	text_printf(text, "%-4s %-8s %5.1f %7lld %4lld %-8s %4lld ",
		    text_of(domain, "type"), text_of(domain, "state"),
		    row->cpu_percent,
		    (long long)number_of(domain, "memory_kib") / 1024,
		    (long long)number_of(domain, "vcpus"), owner_of(domain),
		    (long long)number_of(domain, "restarts_left"));
	open = find_open(status, domid);
	text_append(marks, is_in_trouble(domain, open) ? "!" : " ");
	if (open)
		add_incident(text, open);
	else
		text_append(text, is_set(domain, "shutdown") ?
			    text_of(domain, "reason") : "-");
	text_append(text, "\n");
}

static void add_head(struct text *text, struct text *marks,
		     const struct xenvigil_top *top, json_object *status,
		     size_t domains)
{
	json_object *host = json_object_object_get(status, "host");
	json_object *open;
	time_t now = time(NULL);
	char clock[16];
	struct tm tm;

	localtime_r(&now, &tm);
	strftime(clock, sizeof(clock), "%H:%M:%S", &tm);
	text_printf(text, "xenvigil top - %s  host %s  Xen ", clock,
		    text_of(host, "health"));
	add_safe(text, text_of(status, "xen"));
	text_printf(text, "  watcher %s\n%zu domains, %zu open incidents, "
		    "%lld not on record%s  by %s\n",
		    is_set(status, "watcher_ready") ? "ready" : "NOT READY",
		    domains, array_of(status, "open", &open),
		    (long long)number_of(status, "unrecorded"),
		    is_set(status, "disk_full") ? ", DISK FULL" :
		    number_of(status, "records_temporary_ms") ?
		    ", RECORDS TEMPORARY" : "",
		    xenvigil_top_keys[top->sort]);
	if (text_of(host, "advice")[0]) {
		text_append(text, "fix: ");
		add_safe(text, text_of(host, "advice"));
	}
	text_printf(marks, "%c%c%c ",
		    is_set(status, "watcher_ready") ? ' ' : '!',
		    is_set(status, "disk_full") ||
		    number_of(status, "records_temporary_ms") ? '!' : ' ',
		    text_of(host, "advice")[0] ? '!' : ' ');
	text_printf(text, "\n%5s %-*s %-4s %-8s %5s %7s %4s %-8s %4s %s\n",
		    "DOMID", NAME_CELLS, "DOMAIN", "TYPE", "STATE", "CPU%",
		    "MEM/MiB", "VCPU", "OWNER", "LEFT", "INCIDENT");
}

static int add_frame(struct xenvigil_top *top, json_object *status,
		     struct text *text, struct text *marks)
{
	json_object *list;
	size_t count = array_of(status, "domains", &list);
	struct row *rows = calloc(count + 1, sizeof(*rows));
	int64_t now_ms = clock_ms();

	if (!rows)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		rows[i].domain = json_object_array_get_idx(list, i);
		rows[i].cpu_percent = cpu_of(top, rows[i].domain, now_ms);
	}
	qsort(rows, count, sizeof(*rows), orders[top->sort]);
	add_head(text, marks, top, status, count);
	for (size_t i = 0; i < count; i++)
		add_row(text, marks, status, &rows[i]);
	free(rows);
	json_object_put(top->last);
	top->last = status;
	top->last_ms = now_ms;
	return text->error ?: marks->error;
}

int xenvigil_top_frame(struct xenvigil_top *top, struct text *text,
		       struct text *marks)
{
	json_object *request = json_object_new_object(), *status;
	int r;

	json_object_object_add(request, "command",
			       json_object_new_string("status"));
	r = client_ask(top->socket_path, request, ANSWER_MS, &status);
	json_object_put(request);
	if (r == 0 && !json_object_is_type(status, json_type_object)) {
		json_object_put(status);
		r = -EBADMSG;
	}
	return r ? r : add_frame(top, status, text, marks);
}

/* --- without a terminal --- */

static void wait_s(double seconds)
{
	struct timespec left = { (time_t)seconds,
				 (long)((seconds - (time_t)seconds) * 1e9) };

	while (nanosleep(&left, &left) && errno == EINTR)
		;
}

static int run_batch(struct xenvigil_top *top)
{
	for (int64_t i = 0; i != top->frames; i++) {
		struct text text = { 0 }, marks = { 0 };
		int r;

		if (i)
			wait_s(top->delay_s); /* the interval asked for */
		r = xenvigil_top_frame(top, &text, &marks);
		if (r)
			fprintf(stderr, "xenvigil: %s: %s\n", top->socket_path,
				client_explain(r));
		else
			printf("%s%s", i ? "\n" : "", text_get(&text));
		text_free(&text);
		text_free(&marks);
		if (r)
			return EXIT_UNAVAILABLE;
		if (fflush(stdout))
			return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}

int xenvigil_top(struct xenvigil_top *top)
{
	int r;

	if (!top->batch && !isatty(STDOUT_FILENO)) {
		fprintf(stderr, "xenvigil: top needs a terminal, or -b\n");
		return EXIT_USAGE;
	}
	r = top->batch ? run_batch(top) : xenvigil_top_screen(top);
	json_object_put(top->last);
	return r;
}
