/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * "list", "info" and "dmesg" in xl's form, by hypercalls alone.  What they
 * cannot show is refused, not left out.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "port/hostview.h"
#include "port/origin.h"
#include "xlv_cmd.h"

static char *const *arguments(const struct xlv *xlv)
{
	return xlv->argv + xlv->cmd.index + 1;
}

/* Are all options in ALLOWED, with at most one other word? */
static bool has_only(char *const args[], const char *const allowed[])
{
	int words = 0;

	for (; *args; args++) {
		if ((*args)[0] != '-')
			words++;
		else if (text_find(allowed, TEXT_FIND_ALL, *args, NULL) < 0)
			return false;
	}
	return words <= 1;
}

static bool has(char *const args[], const char *option)
{
	for (; *args; args++)
		if (!strcmp(*args, option))
			return true;
	return false;
}

static const char *word_of(char *const args[])
{
	for (; *args; args++)
		if ((*args)[0] != '-')
			return *args;
	return NULL;
}

bool xlv_answer_wants_state(const struct xlv *xlv)
{
	return xlv->cmd.entry &&
	       xlv->cmd.entry->answer == XLCMD_ANSWER_LIST &&
	       has(arguments(xlv), "--long-state");
}

bool xlv_answer_can(const struct xlv *xlv)
{
	static const char *const list[] = { "-v", "--verbose",
					    "--long-state", NULL };
	static const char *const info[] = { NULL };
	static const char *const dmesg[] = { "-c", "--clear", NULL };

	switch (xlv->cmd.entry ? xlv->cmd.entry->answer : XLCMD_ANSWER_NONE) {
	case XLCMD_ANSWER_LIST:
		return has_only(arguments(xlv), list);
	case XLCMD_ANSWER_INFO:
		return has_only(arguments(xlv), info);
	case XLCMD_ANSWER_DMESG:
		return has_only(arguments(xlv), dmesg) &&
		       !word_of(arguments(xlv));
	default:
		return false;
	}
}

/* --- what the daemon knows of a domain --- */

static json_object *find_domain(json_object *list, uint32_t domid)
{
	for (size_t i = 0; list && i < json_object_array_length(list); i++) {
		json_object *item = json_object_array_get_idx(list, i);

		if (json_object_get_int64(json_object_object_get(
			    item, "domid")) == domid)
			return item;
	}
	return NULL;
}

static const char *text_in(json_object *from, const char *key)
{
	json_object *value = json_object_object_get(from, key);

	return value ? json_object_get_string(value) : "";
}

static const char *supervision_of(json_object *domain, uint32_t domid)
{
	if (domid == 0)
		return "-";
	if (!domain)
		return "unknown";
	if (json_object_get_boolean(json_object_object_get(domain, "held")))
		return "held";
	return text_in(domain, "owner");
}

static void print_state(json_object *daemon,
			const struct hostview_domain *view)
{
	uint32_t domid = view->domid;
	char origin[ORIGIN_BYTES];
	json_object *domain = find_domain(json_object_object_get(daemon, "domains"),
					  domid);
	json_object *open = find_domain(json_object_object_get(daemon, "open"),
					domid);

	origin_get(ORIGIN_DIR, domid, view->uuid, origin);
	printf(" %-11s %-8s %-8s ", supervision_of(domain, domid),
	       domain ? text_in(domain, "state") : "-",
	       origin[0] ? origin : "-");
	if (open)
		printf("%lld: %s, %s at %s",
		       (long long)json_object_get_int64(
			       json_object_object_get(open, "incident")),
		       text_in(open, "action"), text_in(open, "state"),
		       text_in(open, "next_step"));
	else
		putchar('-');
}

/* --- the list --- */

static void print_head(bool verbose, bool state)
{
	printf("Name                                        ID   Mem VCPUs\t"
	       "State\tTime(s)");
	if (verbose)
		printf("   UUID                            Reason-Code\t"
		       "Security Label");
	if (state)
		printf(" Supervision State    Made-by  Incident");
	putchar('\n');
}

/* xl's own letters. */
static char reason_letter(const struct hostview_domain *domain)
{
	static const char letters[] = "-rscwS";

	if (!domain->shutdown)
		return '-';
	return domain->reason_code < sizeof(letters) - 1 ?
		letters[domain->reason_code] : '?';
}

static void print_domain(const struct hostview_domain *domain)
{
	char name[1024];

	printf("%-40s %5u %5llu %5u     %c%c%c%c%c%c  %8.1f",
	       domain->name[0] ? text_escape(name, sizeof(name),
					     domain->name) : "(null)",
	       domain->domid, (unsigned long long)domain->memory_mib,
	       domain->vcpus, domain->running ? 'r' : '-',
	       domain->blocked ? 'b' : '-', domain->paused ? 'p' : '-',
	       domain->shutdown ? 's' : '-', reason_letter(domain),
	       domain->dying ? 'd' : '-', (double)domain->cpu_time_ns / 1e9);
}

static void print_verbose(const struct hostview_domain *domain)
{
	char uuid[UUID_TEXT_BYTES];

	printf(" %s", uuid_format(domain->uuid, uuid));
	if (domain->shutdown)
		printf(" %8x %16s", domain->reason_code, "-");
	else
		printf(" %8s %16s", "-", "-");
}

static bool is_wanted(const struct hostview_domain *domain, const char *word)
{
	char *end;

	if (!word || !strcmp(word, domain->name))
		return true;
	return strtoul(word, &end, 10) == domain->domid && end != word &&
	       !*end;
}

int xlv_answer_list(char *const args[], json_object *daemon)
{
	bool verbose = has(args, "-v") || has(args, "--verbose");
	const char *word = word_of(args);
	struct hostview_domain *list = NULL;
	struct hostview *view;
	size_t count = 0, shown = 0;
	int r = hostview_open(&view);

	if (r == 0) {
		r = hostview_list(view, &list, &count);
		hostview_close(view);
	}
	if (r < 0) {
		fprintf(stderr, "xlv: cannot ask the hypervisor: %s\n",
			strerror(-r));
		return EXIT_FAILURE;
	}
	print_head(verbose, daemon);
	for (size_t i = 0; i < count; i++) {
		if (!is_wanted(&list[i], word))
			continue;
		shown++;
		print_domain(&list[i]);
		if (verbose)
			print_verbose(&list[i]);
		if (daemon)
			print_state(daemon, &list[i]);
		putchar('\n');
	}
	free(list);
	if (!shown && word)
		fprintf(stderr, "xlv: no domain has the name or number '%s'\n",
			word);
	return shown || !word ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* --- the others --- */

int xlv_answer(const struct xlv *xlv)
{
	char *const *args = arguments(xlv);
	struct hostview *view;
	int r;

	if (xlv->cmd.entry->answer == XLCMD_ANSWER_LIST)
		return xlv_answer_list(args, NULL);
	r = hostview_open(&view);
	if (r == 0) {
		r = xlv->cmd.entry->answer == XLCMD_ANSWER_INFO ?
			hostview_info(view, word_of(args), stdout) :
			hostview_dmesg(view, args[0] != NULL, stdout);
		hostview_close(view);
	}
	if (r < 0)
		fprintf(stderr, "xlv: cannot ask the hypervisor: %s\n",
			strerror(-r));
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
