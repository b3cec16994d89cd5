/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One incident as a page that a browser shows without any other file.  Every
 * text that is not a literal here goes through put() or put_name().
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "xenvigil_json.h"
#include "xenvigil_report.h"

/* The policy is for readers of a page that somebody else has changed. */
static const char head[] =
	"<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
	"<meta charset=\"utf-8\">\n"
	"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src "
	"'none'; style-src 'unsafe-inline'\">\n"
	"<meta name=\"viewport\" content=\"width=device-width\">\n";

static const char style[] =
	"<style>\n"
	":root{color-scheme:light dark;--fg:#1d2430;--soft:#5c6675;"
	"--bg:#f6f7f9;--card:#fff;--line:#dfe3e8;--mark:#b3261e;"
	"--bar:#3b6fd4}\n"
	"@media(prefers-color-scheme:dark){:root{--fg:#e3e7ed;--soft:#98a2b3;"
	"--bg:#14181f;--card:#1c222b;--line:#323a46;--mark:#ff8a80;"
	"--bar:#7aa5ff}}\n"
	"*{box-sizing:border-box}\n"
	"body{margin:0 auto;max-width:70rem;padding:2rem 1.2rem;"
	"background:var(--bg);color:var(--fg);"
	"font:15px/1.5 system-ui,sans-serif}\n"
	"h1{font-size:1.6rem;margin:0 0 .2rem}h2{font-size:1.05rem;"
	"margin:2rem 0 .6rem}\n"
	".soft{color:var(--soft);font-weight:400}\n"
	".panic{margin:1.2rem 0;padding:.9rem 1.1rem;background:var(--card);"
	"border-left:4px solid var(--mark);border-radius:4px;"
	"font:600 15px/1.5 ui-monospace,monospace;overflow-wrap:anywhere}\n"
	"table{width:100%;border-collapse:collapse;background:var(--card);"
	"border:1px solid var(--line);border-radius:6px}\n"
	"th,td{padding:.4rem .8rem;text-align:left;vertical-align:top;"
	"border-bottom:1px solid var(--line)}\n"
	"th{width:11rem;font-weight:600;color:var(--soft)}"
	"tr:last-child>*{border-bottom:0}\n"
	"td{overflow-wrap:anywhere}.time{width:8rem;text-align:right;"
	"font-variant-numeric:tabular-nums;white-space:nowrap}\n"
	".bar{display:block;height:.5rem;min-width:3px;border-radius:3px;"
	"background:var(--bar)}.failed{color:var(--mark)}\n"
	"details{margin:.6rem 0;background:var(--card);"
	"border:1px solid var(--line);border-radius:6px}\n"
	"summary{padding:.5rem .9rem;cursor:pointer;font-weight:600}\n"
	"pre{margin:0;padding:.8rem .9rem;max-height:32rem;overflow:auto;"
	"border-top:1px solid var(--line);"
	"font:13px/1.45 ui-monospace,monospace}\n"
	"@media print{pre{max-height:none;white-space:pre-wrap}}\n"
	"</style>\n";

/* --- texts from outside --- */

/* What was escaped for a terminal by who took it. */
static void put(struct text *html, const char *s)
{
	for (; *s; s++) {
		if (*s == '&')
			text_append(html, "&amp;");
		else if (*s == '<')
			text_append(html, "&lt;");
		else if (*s == '>')
			text_append(html, "&gt;");
		else if (*s == '"')
			text_append(html, "&quot;");
		else if (*s == '\'')
			text_append(html, "&#39;");
		else if (((unsigned char)*s < 0x20 && *s != '\n') || *s == 0x7f)
			text_append(html, "&#xfffd;");
		else
			text_append_bytes(html, s, 1);
	}
}

/* Texts that are not escaped yet: names, and messages of libraries. */
static void put_name(struct text *html, const char *s)
{
	struct text safe = { 0 };

	text_append_lines(&safe, s, strlen(s));
	put(html, text_get(&safe));
	text_free(&safe);
}

static void put_moment(struct text *html, int64_t ms)
{
	time_t at = ms / 1000;
	char text[64];
	struct tm tm;

	if (!ms || !localtime_r(&at, &tm))
		return;
	strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S %z", &tm);
	put(html, text);
}

/* --- parts --- */

static void put_alike(struct text *html, json_object *inc)
{
	int64_t times = number_of(inc, "alike");

	if (times < 2)
		return;
	text_printf(html, "<br><span class=\"soft\">seen %lld times since ",
		    (long long)times);
	put_moment(html, number_of(inc, "alike_since_ms"));
	if (number_of(inc, "alike_guests") > 1)
		text_printf(html, ", by %lld guests",
			    (long long)number_of(inc, "alike_guests"));
	text_append(html, "</span>");
}

static void put_top(struct text *html, json_object *inc)
{
	text_append(html, "<title>");
	put_name(html, text_of(inc, "domain"));
	text_printf(html, ": incident %lld</title>\n",
		    (long long)number_of(inc, "incident"));
	text_append(html, style);
	text_append(html, "</head>\n<body>\n<h1>");
	put_name(html, text_of(inc, "domain"));
	text_append(html, ": ");
	put(html, text_of(inc, "reason"));
	text_printf(html, "</h1>\n<div class=\"soft\">incident %lld, ",
		    (long long)number_of(inc, "incident"));
	put_moment(html, number_of(inc, "seen_ms"));
	text_append(html, "</div>\n");
	if (!text_of(inc, "panic")[0])
		return;
	text_append(html, "<div class=\"panic\">");
	put(html, text_of(inc, "panic"));
	put_alike(html, inc);
	text_append(html, "</div>\n");
}

static void put_fact(struct text *html, const char *name, const char *value)
{
	if (!value[0])
		return;
	text_printf(html, "<tr><th>%s</th><td>", name);
	put_name(html, value);
	text_append(html, "</td></tr>\n");
}

static void put_core(struct text *html, json_object *inc)
{
	if (!text_of(inc, "core")[0])
		return;
	text_append(html, "<tr><th>Core</th><td>");
	put_name(html, text_of(inc, "core"));
	text_append(html, "<br><span class=\"soft\">");
	put(html, text_of(inc, "core_format"));
	text_printf(html, ", %.1f MiB",
		    (double)number_of(inc, "core_bytes") / (1 << 20));
	if (number_of(inc, "core_of_pages"))
		text_printf(html, ", %lld of %lld pages, %.1f s",
			    (long long)number_of(inc, "core_pages"),
			    (long long)number_of(inc, "core_of_pages"),
			    (double)number_of(inc, "core_ms") / 1e3);
	text_printf(html, "%s%s</span></td></tr>\n",
		    is_set(inc, "core_truncated") ? ", truncated" : "",
		    is_set(inc, "core_present") ? "" : ", removed since");
}

static void put_facts(struct text *html, json_object *inc)
{
	static const struct {
		const char *name, *key;
	} facts[] = {
		{ "Domain", "domain" }, { "Domid", "domid" },
		{ "UUID", "uuid" }, { "Type", "type" },
		{ "Reason", "reason" }, { "Reason code", "reason_code" },
		{ "Action", "action" }, { "Wanted", "wanted" },
		{ "Decided by", "source" }, { "State", "state" },
		{ "Outcome", "outcome" }, { "Why", "why" },
		{ "Runs as domid", "new_domid" },
	};

	text_append(html, "<table>\n");
	for (size_t i = 0; i < sizeof(facts) / sizeof(*facts); i++)
		put_fact(html, facts[i].name, text_of(inc, facts[i].key));
	put_core(html, inc);
	text_append(html, "</table>\n");
}

/* --- timeline --- */

static int64_t end_of(json_object *inc, json_object *steps)
{
	int64_t end_ms = number_of(inc, "closed_ms");

	for (size_t i = 0; i < json_object_array_length(steps); i++) {
		json_object *step = json_object_array_get_idx(steps, i);
		int64_t at_ms = number_of(step, "ended_ms");

		if (!at_ms)
			at_ms = number_of(step, "begun_ms");
		end_ms = at_ms > end_ms ? at_ms : end_ms;
	}
	return end_ms;
}

/* A clock may have jumped: a bar stays where there is room. */
static double share(int64_t part_ms, int64_t whole_ms)
{
	double percent = whole_ms > 0 ? 100. * (double)part_ms /
				       (double)whole_ms : 0.;

	return percent < 0. ? 0. : percent > 100. ? 100. : percent;
}

static void put_row(struct text *html, int64_t at_ms, int64_t took_ms,
		    int64_t whole_ms)
{
	double left = share(at_ms, whole_ms);
	double width = share(took_ms, whole_ms);

	text_printf(html, "<tr><td class=\"time\">+%.3f s</td>"
		    "<td class=\"time\">", (double)at_ms / 1e3);
	if (took_ms >= 0)
		text_printf(html, "%.3f s", (double)took_ms / 1e3);
	text_printf(html, "</td><td><span class=\"bar\" style=\"margin-left:"
		    "%.1f%%;width:%.1f%%\"></span>", left > 99. ? 99. : left,
		    width > 100. - left ? 100. - left : width);
}

static void put_step(struct text *html, json_object *step, int64_t seen_ms,
		     int64_t whole_ms)
{
	int64_t begun_ms = number_of(step, "begun_ms");
	int64_t ended_ms = number_of(step, "ended_ms");
	bool failed = number_of(step, "error") != 0;

	put_row(html, begun_ms - seen_ms, ended_ms ? ended_ms - begun_ms : -1,
		whole_ms);
	text_append(html, failed ? "<b class=\"failed\">" : "<b>");
	put(html, text_of(step, "step"));
	text_printf(html, "%s</b> ", failed ? " failed" :
				     ended_ms ? "" : " begun");
	put_name(html, text_of(step, "text"));
	text_append(html, "</td></tr>\n");
}

static void put_timeline(struct text *html, json_object *inc)
{
	json_object *steps = json_object_object_get(inc, "steps");
	int64_t seen_ms = number_of(inc, "seen_ms"), whole_ms;

	if (!steps)
		return;
	whole_ms = end_of(inc, steps) - seen_ms;
	text_append(html, "<h2>Timeline</h2>\n<table>\n");
	put_row(html, 0, -1, whole_ms);
	text_append(html, "<b>seen</b> ");
	put(html, text_of(inc, "reason"));
	text_append(html, "</td></tr>\n");
	for (size_t i = 0; i < json_object_array_length(steps); i++)
		put_step(html, json_object_array_get_idx(steps, i), seen_ms,
			 whole_ms);
	if (number_of(inc, "closed_ms")) {
		put_row(html, number_of(inc, "closed_ms") - seen_ms, -1,
			whole_ms);
		text_append(html, "<b>closed</b> ");
		put(html, text_of(inc, "outcome"));
		text_append(html, "</td></tr>\n");
	}
	text_append(html, "</table>\n");
}

/* --- evidence --- */

static void put_evidence(struct text *html, json_object *evidence)
{
	const char *missing = text_of(evidence, "missing");

	text_append(html, "<details open><summary>");
	put(html, text_of(evidence, "kind"));
	text_append(html, " <span class=\"soft\">from ");
	put_name(html, text_of(evidence, "source"));
	if (missing[0]) {
		text_append(html, "; missing: ");
		put_name(html, missing);
	}
	text_append(html, "</span></summary>\n<pre>");
	put(html, text_of(evidence, "text"));
	text_append(html, "</pre></details>\n");
}

static void put_missing(struct text *html, json_object *evidence)
{
	put_fact(html, text_of(evidence, "kind"),
		 text_of(evidence, "missing"));
}

static void put_all_evidence(struct text *html, json_object *list)
{
	size_t count = list ? json_object_array_length(list) : 0, missing = 0;

	text_append(html, "<h2>Evidence</h2>\n");
	for (size_t i = 0; i < count; i++) {
		json_object *at = json_object_array_get_idx(list, i);

		if (text_of(at, "text")[0])
			put_evidence(html, at);
		else
			missing++;
	}
	if (!count)
		text_append(html, "<p>No evidence was collected.</p>\n");
	if (!missing)
		return;
	text_append(html, "<h2>Missing</h2>\n<table>\n");
	for (size_t i = 0; i < count; i++) {
		json_object *at = json_object_array_get_idx(list, i);

		if (!text_of(at, "text")[0])
			put_missing(html, at);
	}
	text_append(html, "</table>\n");
}

void xenvigil_report_html(json_object *incident, struct text *html)
{
	text_append(html, head);
	put_top(html, incident);
	put_facts(html, incident);
	put_timeline(html, incident);
	put_all_evidence(html, json_object_object_get(incident, "evidence"));
	text_append(html, "<p class=\"soft\">Written by xenvigil "
		    XENVIGIL_VERSION ". It contains no other memory of the "
		    "guest.</p>\n</body>\n</html>\n");
}
