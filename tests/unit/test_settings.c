/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * core/settings: the table against the structures it points into, every
 * key's bounds, and that words mean what their owners say.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "core/settings.h"

#include "tap.h"

static char why[SETTINGS_WHY_BYTES];

static void *base_of(struct settings *settings, const struct setting_key *key)
{
	return key->per_guest ? (void *)&settings->guest : (void *)settings;
}

static int set(struct settings *settings, const struct setting_key *key,
	       const char *text)
{
	why[0] = '\0';
	return settings_set(key, base_of(settings, key), text, why, sizeof(why));
}

static size_t size_of(const struct setting_key *key)
{
	return key->kind == SETTING_PATH ? SETTINGS_PATH_BYTES : sizeof(int);
}

/* No two keys share a byte, and none lies outside its structure. */
static void test_table(void)
{
	unsigned int overlaps = 0, outside = 0, named_twice = 0;

	for (unsigned int i = 0; i < settings_keys_count; i++) {
		const struct setting_key *a = &settings_keys[i];

		outside += a->offset + size_of(a) >
			   (a->per_guest ? sizeof(struct guest_settings)
					 : sizeof(struct settings));
		outside += !a->per_guest &&
			   a->offset < sizeof(struct guest_settings);
		for (unsigned int j = 0; j < i; j++) {
			const struct setting_key *b = &settings_keys[j];

			named_twice += strcmp(a->name, b->name) == 0;
			overlaps += a->per_guest == b->per_guest &&
				    a->offset < b->offset + size_of(b) &&
				    b->offset < a->offset + size_of(a);
		}
	}
	ok(outside == 0, "each key lies inside its structure");
	ok(overlaps == 0, "no two keys share a place");
	ok(named_twice == 0, "no two keys share a name");
	ok(settings_keys_count == 59, "the table has every key that is known");
}

static bool is_key_name(const char *name)
{
	return name[0] >= 'a' && name[0] <= 'z' &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz_") == strlen(name);
}

static void test_key_texts(void)
{
	for (unsigned int i = 0; i < settings_keys_count; i++) {
		const struct setting_key *key = &settings_keys[i];

		ok(is_key_name(key->name) && settings_find_key(key->name) == key,
		   "%s is found by its name", key->name);
		ok(key->meaning && strlen(key->meaning) < 80 &&
		   strlen(key->meaning) > 10, "%s says what it means", key->name);
		ok((key->kind != SETTING_SECONDS) ==
		   !strstr(key->name, "_seconds"),
		   "%s has its unit in its name", key->name);
	}
	ok(!settings_find_key("on_suspend") && !settings_find_key(""),
	   "there is no other key");
}

static uint32_t number_at(struct settings *settings,
			  const struct setting_key *key)
{
	uint32_t number;

	memcpy(&number, (char *)base_of(settings, key) + key->offset,
	       sizeof(number));
	return number;
}

static bool takes(const struct setting_key *key, uint64_t number)
{
	struct settings *settings = settings_new();
	char text[24];
	bool taken;

	snprintf(text, sizeof(text), "%llu", (unsigned long long)number);
	taken = set(settings, key, text) == 0 &&
		number_at(settings, key) == number;
	settings_free(settings);
	return taken;
}

static bool refuses(const struct setting_key *key, const char *text)
{
	struct settings *settings = settings_new();
	uint32_t before = number_at(settings, key);
	bool refused = set(settings, key, text) == -EINVAL && why[0] &&
		       number_at(settings, key) == before;

	settings_free(settings);
	return refused;
}

static void test_number(const struct setting_key *key)
{
	static const char *const bad[] = { "", " 1", "1 ", "-1", "+1", "0x10",
		"1.5", "1s", "ten", "4294967296", "4294967297",
		"18446744073709551617", "99999999999999999999999999" };
	unsigned int wrong = 0;

	ok(takes(key, key->least) && takes(key, key->most),
	   "%s takes its bounds %u and %u", key->name, key->least, key->most);
	ok(!takes(key, (uint64_t)key->most + 1) &&
	   (key->least == 0 || !takes(key, key->least - 1)),
	   "%s takes nothing beyond", key->name);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		wrong += !refuses(key, bad[i]);
	ok(wrong == 0, "%s refuses what is no number", key->name);
}

/* Each word sets the value it stands for, and WHY lists each of them. */
static void test_words(const struct setting_key *key)
{
	struct settings *settings = settings_new();
	unsigned int wrong = 0;

	for (int i = 0; key->words[i]; i++)
		wrong += set(settings, key, key->words[i]) ||
			 number_at(settings, key) != key->least + i;
	ok(wrong == 0, "%s takes each of its words", key->name);
	ok(refuses(key, "") && refuses(key, "0") && refuses(key, "Info"),
	   "%s refuses others", key->name);
	for (int i = 0; key->words[i]; i++)
		wrong += !strstr(why, key->words[i]);
	ok(wrong == 0, "and says which it takes");
	settings_free(settings);
}

static void test_action_key(const struct setting_key *key)
{
	struct settings *settings = settings_new();
	unsigned int wrong = 0;

	for (unsigned int i = ACTION_NONE + 1; i < ACTION_COUNT; i++)
		wrong += set(settings, key, action_name(i)) ||
			 number_at(settings, key) != i;
	ok(wrong == 0, "%s takes each action", key->name);
	ok(set(settings, key, "toolstack") == 0 &&
	   number_at(settings, key) == ACTION_NONE,
	   "%s can be left to the toolstack", key->name);
	ok(refuses(key, "none") && refuses(key, "reboot") && refuses(key, ""),
	   "%s refuses what is no action", key->name);
	for (unsigned int i = ACTION_NONE + 1; i < ACTION_COUNT; i++)
		wrong += !strstr(why, action_name(i));
	ok(wrong == 0 && strstr(why, "\"toolstack\""), "and says which there are");
	settings_free(settings);
}

static void test_reason_key(const struct setting_key *key)
{
	static const char *const good[] = { "poweroff", "reboot", "crash",
					    "watchdog", "soft-reset" };
	struct settings *settings = settings_new();
	unsigned int wrong = 0;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		wrong += set(settings, key, good[i]) != 0;
	ok(wrong == 0, "%s takes each reason that has an action", key->name);
	ok(refuses(key, "suspend"), "%s cannot be left alone as a suspend",
	   key->name);
	ok(refuses(key, "unknown") && refuses(key, "3"),
	   "%s refuses what is no reason", key->name);
	settings_free(settings);
}

/* A path of LEN bytes. */
static bool takes_length(const struct setting_key *key, size_t len)
{
	struct settings *settings = settings_new();
	char path[SETTINGS_PATH_BYTES + 2];
	bool taken;

	memset(path, 'p', len);
	path[0] = '/';
	path[len] = '\0';
	taken = set(settings, key, path) == 0 &&
		strcmp((char *)settings + key->offset, path) == 0;
	settings_free(settings);
	return taken;
}

static void test_path(const struct setting_key *key)
{
	static const char *const bad[] = { "var", "./var", "/a/../b",
		"/..", "/a/..", "/a\nb", "/a\x7f" };
	unsigned int wrong = 0;

	ok(takes_length(key, key->most) && !takes_length(key, key->most + 1),
	   "%s takes %u bytes and no more", key->name, key->most);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		wrong += !refuses(key, bad[i]);
	ok(wrong == 0, "%s refuses other than plain absolute paths", key->name);
	ok(refuses(key, "") == (key->least == 1), "%s may%s be empty",
	   key->name, key->least ? " not" : "");
	ok(!refuses(key, "/a..b/..c"), "%s takes dots in a name", key->name);
}

static void test_each_key(void)
{
	for (unsigned int i = 0; i < settings_keys_count; i++) {
		const struct setting_key *key = &settings_keys[i];

		switch (key->kind) {
		case SETTING_SECONDS:
		case SETTING_COUNT:
			test_number(key);
			break;
		case SETTING_ACTION:
			test_action_key(key);
			break;
		case SETTING_REASON:
			test_reason_key(key);
			break;
		case SETTING_WORD:
			test_words(key);
			break;
		case SETTING_PATH:
			test_path(key);
			break;
		}
	}
}

/* The core cannot include the log's header: here both are compared. */
static void test_log_words(void)
{
	struct settings *settings = settings_new();
	const struct setting_key *level_key = settings_find_key("log_level");
	const struct setting_key *target_key = settings_find_key("log_target");
	enum log_target target = 99;
	unsigned int wrong = 0;

	for (int i = LOG_LEVEL_DEBUG; i <= LOG_LEVEL_CRITICAL; i++)
		wrong += set(settings, level_key, log_level_name(i)) ||
			 settings->log_level != i;
	ok(wrong == 0, "log_level has the log's own levels");
	for (int i = 0; target_key->words[i]; i++)
		wrong += log_target_parse(target_key->words[i], &target) ||
			 (int)target != i;
	ok(wrong == 0 && target == LOG_TARGET_JOURNAL,
	   "log_target has the log's own targets");
	settings_free(settings);
}

static void test_defaults(void)
{
	struct settings *s = settings_new();
	unsigned int given = 0;

	for (unsigned int i = 0; i < REASON_COUNT; i++)
		given += s->guest.on[i] != ACTION_NONE;
	ok(given == 0, "by default the toolstack's actions hold");
	ok(s->guest.restart_limit == 5 && s->guest.restart_window_s == 600 &&
	   s->guest.backoff_min_s == 1 && s->guest.backoff_max_s == 300 &&
	   s->guest.healthy_s == 600 && s->guest.loop_cores == 2 &&
	   s->guest.core_wait_s == 30 &&
	   s->guest.grace_s == 0, "the limits for a guest have their defaults");
	ok(s->log_level == LOG_LEVEL_INFO && s->log_target == LOG_TARGET_STDERR &&
	   s->adopt == SETTINGS_ADOPT_ORPHANS && s->sweep_s == 31 &&
	   s->unknown_reason == REASON_CRASH && s->workers_max == 0 &&
	   s->keep_incidents == 100000 && s->keep_days == 1000 &&
	   s->keep_guests == 1000 && s->records_total_mib == 512,
	   "so has the host");
	for (unsigned int i = STEP_END + 1; i < STEP_COUNT; i++)
		ok(s->deadline_s[i] > 0, "%s has a deadline", step_name(i));
	settings_free(s);
}

static void test_guests(void)
{
	struct settings *settings = settings_new();
	struct settings_guest *web, *long_named;
	char name[2 * DOMAIN_NAME_BYTES];

	settings->guest.restart_limit = 9;
	web = settings_add_guest(settings, "web");
	web->guest.grace_s = 30;
	ok(web->guest.restart_limit == 9, "a guest begins with the host's values");
	ok(settings_for(settings, "web")->grace_s == 30, "its own hold for it");
	ok(settings_for(settings, "Web") == &settings->guest &&
	   settings_for(settings, "web2") == &settings->guest &&
	   settings_for(settings, "") == &settings->guest,
	   "and for no other");
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	long_named = settings_add_guest(settings, name);
	ok(strlen(long_named->name) == DOMAIN_NAME_BYTES - 1,
	   "a name that is too long is cut");
	settings_free(settings);
	settings_free(NULL);
}

static void test_cross_check(void)
{
	struct settings *settings = settings_new();
	const char *keys[2] = { NULL, NULL };

	ok(settings_check_guest(&settings->guest, keys, why, sizeof(why)) == 0 &&
	   !keys[0], "the defaults fit each other");
	settings->guest.backoff_min_s = settings->guest.backoff_max_s;
	ok(settings_check_guest(&settings->guest, keys, why, sizeof(why)) == 0,
	   "both ends of the backoff may be the same");
	settings->guest.backoff_min_s++;
	ok(settings_check_guest(&settings->guest, keys, why, sizeof(why)) ==
	   -EINVAL && settings_find_key(keys[0]) &&
	   settings_find_key(keys[1]) && strstr(why, "300"),
	   "a backoff the wrong way round is refused");
	settings_free(settings);
}

/* Callers keep one buffer for many keys. */
static void test_why_again(void)
{
	static const char *const names[] = { "on_crash", "report" };
	struct settings *settings = settings_new();

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const struct setting_key *key = settings_find_key(names[i]);

		strcpy(why, "an older reason");
		settings_set(key, base_of(settings, key), "no such word", why,
			     sizeof(why));
		ok(strncmp(why, "must be one of ", 15) == 0,
		   "%s says why in the place of what was said before",
		   names[i]);
	}
	settings_free(settings);
}

int main(void)
{
	test_table();
	test_key_texts();
	test_each_key();
	test_log_words();
	test_defaults();
	test_guests();
	test_cross_check();
	test_why_again();
	return done_testing();
}
