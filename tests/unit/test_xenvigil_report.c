/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A report's page: what is in it, and that no guest's word becomes markup.
 */
#include "cmd/xenvigil_report.h"

#include <string.h>

#include "tap.h"

static const char hostile[] =
	"{ \"incident\": 7, \"domain\": \"<b>web</b>\\u0007\", \"domid\": 12,"
	" \"uuid\": \"u\", \"type\": \"pv\", \"reason\": \"crash\","
	" \"why\": \"\\\" onload=\\\"x()\", \"state\": \"closed\","
	" \"panic\": \"Kernel panic <img src=x onerror=a()>\","
	" \"seen_ms\": 1000000, \"closed_ms\": 1003000, \"outcome\": \"done\","
	" \"core\": \"/x/<i>.core\", \"core_format\": \"elf\","
	" \"steps\": ["
	"  { \"step\": \"report\", \"begun_ms\": 1000100, \"ended_ms\": 1000600,"
	"    \"error\": 0, \"text\": \"\" },"
	"  { \"step\": \"destroy\", \"begun_ms\": 900, \"ended_ms\": 0,"
	"    \"error\": 5, \"text\": \"'><script>evil()\" } ],"
	" \"evidence\": ["
	"  { \"kind\": \"console\", \"source\": \"<a href=x>\","
	"    \"text\": \"one\\n</pre><script>alert(1)</script>\\n&amp;\","
	"    \"missing\": \"<u>\" },"
	"  { \"kind\": \"hv-log\", \"source\": \"s\", \"text\": \"\","
	"    \"missing\": \"<svg onload=b()>\" } ] }";

static char *page_of(const char *json, struct text *html)
{
	json_object *incident = json_tokener_parse(json);

	xenvigil_report_html(incident, html);
	json_object_put(incident);
	return html->at;
}

/* Every tag is one of those that we write, with attributes of ours. */
static bool has_only_our_tags(const char *page)
{
	static const char *const ours[] = {
		"!DOCTYPE html", "html lang=\"en\"", "head", "meta ", "title",
		"style", "body", "h1", "h2", "div class=\"soft\"",
		"div class=\"panic\"", "div", "table", "tr", "th", "td class=\"time\"", "td",
		"b class=\"failed\"", "b", "br", "p class=\"soft\"", "p",
		"span class=\"soft\"", "span class=\"bar\" style=\"margin-left:",
		"span", "details open", "details", "summary", "pre", "html",
	};

	for (page = strchr(page, '<'); page; page = strchr(page + 1, '<')) {
		const char *tag = page + 1 + (page[1] == '/');
		size_t i = 0;

		for (; i < sizeof(ours) / sizeof(*ours); i++) {
			size_t len = strlen(ours[i]);

			if (strncmp(tag, ours[i], len) == 0 &&
			    (tag[len] == '>' || ours[i][len - 1] == ' ' ||
			     ours[i][len - 1] == ':'))
				break;
		}
		if (i == sizeof(ours) / sizeof(*ours)) {
			printf("# %.40s\n", page);
			return false;
		}
	}
	return true;
}

static void test_hostile(void)
{
	struct text html = { 0 };
	const char *page = page_of(hostile, &html);

	ok(has_only_our_tags(page), "every tag is ours");
	ok(!strstr(page, "<script") && !strstr(page, "onload=\"x"),
	   "a script is text");
	ok(strstr(page, "one\n&lt;/pre&gt;&lt;script&gt;alert(1)&lt;/script&gt;"
			"\n&amp;amp;</pre>") != NULL,
	   "a console's lines are shown as they were");
	ok(strstr(page, "&lt;b&gt;web&lt;/b&gt;\\x07: incident 7</title>") !=
	   NULL, "so is a name, escaped");
	ok(strstr(page, "&quot; onload=&quot;x()") != NULL, "and quotes");
	ok(!strstr(page, "http://") && !strstr(page, "https://") &&
	   !strstr(page, "url("), "it names nothing outside itself");
	ok(strstr(page, "default-src 'none'") != NULL, "and forbids it");
	text_free(&html);
}

static void test_content(void)
{
	struct text html = { 0 };
	const char *page = page_of(hostile, &html);

	ok(strstr(page, "+0.100 s</td><td class=\"time\">0.500 s") != NULL,
	   "a step, when and how long");
	ok(strstr(page, "margin-left:3.3%;width:16.7%") != NULL,
	   "as a bar too");
	ok(strstr(page, "<b class=\"failed\">destroy failed</b>") != NULL,
	   "one that failed");
	ok(strstr(page, "margin-left:0.0%;width:0.0%") != NULL,
	   "a clock that jumped moves no bar out");
	ok(strstr(page, "<th>hv-log</th>") != NULL, "what is missing, and why");
	text_free(&html);
	page = page_of("{}", &html);
	ok(strstr(page, "No evidence was collected") && strstr(page, "</html>"),
	   "an answer without anything");
	text_free(&html);
	page = page_of("{\"steps\":[{}],\"evidence\":[{}]}", &html);
	ok(strstr(page, "</html>") != NULL, "or with nothing in what it has");
	text_free(&html);
}

int main(void)
{
	test_hostile();
	test_content();
	return done_testing();
}
