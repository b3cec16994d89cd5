/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Defaults, and setting one key from its text.  Pure: opens no file, and
 * knows no path but the defaults.
 */
#include "core/settings.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* The indices of log_target and log_level: stderr, info (base/log.h). */
#define DEFAULT_LOG_TARGET 0
#define DEFAULT_LOG_LEVEL 5

static const struct settings defaults = {
	.guest = {
		.report = SETTINGS_REPORT_REBOOT,
		.restart_limit = 5,
		.restart_window_s = 600,
		.backoff_min_s = 1,
		.backoff_max_s = 300,
		.healthy_s = 600,
		.loop_cores = 2,
		.core_wait_s = 30,
		.capture = {
			.format = CAPTURE_FORMAT_KDUMP_ZSTD,
			.largest_mib = 32768,
			.per_guest = 10,
		},
	},
	.log_target = DEFAULT_LOG_TARGET,
	.log_level = DEFAULT_LOG_LEVEL,
	.adopt = SETTINGS_ADOPT_ORPHANS,
	.unknown_reason = REASON_CRASH,
	.sweep_s = 31,
	.keep_incidents = 100000,
	.keep_days = 1000,
	.keep_guests = 1000,
	.records_total_mib = 512,
	.deadline_s = {
		[STEP_REPORT] = 5,
		[STEP_DUMP] = 1800,
		[STEP_SAVE] = 30,
		[STEP_ROOM] = 30,
		[STEP_RENAME] = 60,
		[STEP_RELEASE] = 60,
		[STEP_DESTROY] = 120,
		[STEP_CREATE] = 300,
		[STEP_SOFT_RESET] = 300,
		[STEP_PAUSE] = 10,
		[STEP_EJECT] = 60,
		[STEP_REATTACH] = 120,
	},
	.hook_s = 30,
	.core_total_mib = 65536,
	.core_free_percent = 10,
	.ports_percent = 50,
	.retreat_s = 180,
	.state_dir = "/var/lib/xenvigil",
	.core_dir = "/var/lib/xenvigil/cores",
	.run_dir = "/run/xenvigil",
	.metrics_file = "/run/xenvigil/xenvigil.prom",
};

struct settings *settings_new(void)
{
	struct settings *settings = malloc(sizeof(*settings));

	if (!settings)
		return NULL;
	*settings = defaults;
	list_init(&settings->guests);
	return settings;
}

void settings_free(struct settings *settings)
{
	struct settings_guest *guest;

	if (!settings)
		return;
	LIST_EACH(guest, &settings->guests, struct settings_guest, node)
		free(guest);
	free(settings);
}

struct settings_guest *settings_add_guest(struct settings *settings,
					  const char *name)
{
	struct settings_guest *guest = calloc(1, sizeof(*guest));

	if (!guest)
		return NULL;
	strncpy(guest->name, name, sizeof(guest->name) - 1);
	guest->guest = settings->guest;
	list_append(&settings->guests, &guest->node);
	return guest;
}

const struct guest_settings *settings_for(const struct settings *settings,
					  const char *name)
{
	struct settings_guest *guest;

	LIST_EACH(guest, &settings->guests, struct settings_guest, node)
		if (strcmp(guest->name, name) == 0)
			return &guest->guest;
	return &settings->guest;
}

const struct setting_key *settings_find_key(const char *name)
{
	for (unsigned int i = 0; i < settings_keys_count; i++)
		if (strcmp(settings_keys[i].name, name) == 0)
			return &settings_keys[i];
	return NULL;
}

/* Decimal digits only: strtoul() would take " 7", "-1" and "0x7" as well. */
static int parse_number(const char *text, uint32_t most, uint32_t *ret_number)
{
	uint32_t number = 0;

	if (!*text)
		return -EINVAL;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return -EINVAL;
		if (number > (UINT32_MAX - 9) / 10)
			return -ERANGE;
		number = number * 10 + (*text - '0');
	}
	if (number > most)
		return -ERANGE;
	*ret_number = number;
	return 0;
}

static int set_number(const struct setting_key *key, void *place,
		      const char *text, char *ret_why, size_t why_size)
{
	uint32_t number;

	if (parse_number(text, key->most, &number) || number < key->least) {
		snprintf(ret_why, why_size,
			 "must be a whole number%s from %u to %u",
			 key->kind == SETTING_SECONDS ? " of seconds" : "",
			 key->least, key->most);
		return -EINVAL;
	}
	memcpy(place, &number, sizeof(number));
	return 0;
}

/* Appends one more of the accepted words to WHY. */
static void add_choice(char *why, size_t why_size, const char *word)
{
	size_t len = strlen(why);

	snprintf(why + len, why_size - len, "%s\"%s\"",
		 len ? ", " : "must be one of ", word);
}

/*
 * "none" would read as "do nothing", which is "log"; what it stands for is
 * "as the toolstack has it", so that is its word here.
 */
static int set_action(void *place, const char *text, char *ret_why,
		      size_t why_size)
{
	enum action action = ACTION_NONE;

	if (strcmp(text, "toolstack") != 0 &&
	    (action_parse(text, &action) || action == ACTION_NONE)) {
		ret_why[0] = '\0';
		for (unsigned int i = ACTION_NONE + 1; i < ACTION_COUNT; i++)
			add_choice(ret_why, why_size, action_name(i));
		add_choice(ret_why, why_size, "toolstack");
		return -EINVAL;
	}
	memcpy(place, &action, sizeof(action));
	return 0;
}

/* A suspended domain is left alone: that would be to ignore the code. */
static bool may_stand_for_unknown(enum reason reason)
{
	return reason != REASON_SUSPEND && reason != REASON_UNKNOWN;
}

static int set_reason(void *place, const char *text, char *ret_why,
		      size_t why_size)
{
	enum reason reason;

	if (reason_parse(text, &reason) || !may_stand_for_unknown(reason)) {
		ret_why[0] = '\0';
		for (unsigned int i = 0; i < REASON_COUNT; i++)
			if (may_stand_for_unknown(i))
				add_choice(ret_why, why_size, reason_name(i));
		return -EINVAL;
	}
	memcpy(place, &reason, sizeof(reason));
	return 0;
}

static int set_word(const struct setting_key *key, void *place,
		    const char *text, char *ret_why, size_t why_size)
{
	unsigned int at;

	if (text_find(key->words, TEXT_FIND_ALL, text, &at) == 0) {
		int value = (int)(key->least + at);

		memcpy(place, &value, sizeof(value));
		return 0;
	}
	ret_why[0] = '\0';
	for (int i = 0; key->words[i]; i++)
		add_choice(ret_why, why_size, key->words[i]);
	return -EINVAL;
}

/* Absolute, printable, and without a component that leads back up. */
static bool is_plain_path(const char *text)
{
	if (text[0] != '/')
		return false;
	for (const char *at = text; *at; at++) {
		if ((unsigned char)*at < 0x20 || *at == 0x7f)
			return false;
		if (strncmp(at, "/..", 3) == 0 && (at[3] == '/' || !at[3]))
			return false;
	}
	return true;
}

static int set_path(const struct setting_key *key, char *place,
		    const char *text, char *ret_why, size_t why_size)
{
	size_t len = strlen(text);

	if (len == 0 && key->least == 0) {
		place[0] = '\0';
		return 0;
	}
	if (!is_plain_path(text) || len > key->most) {
		snprintf(ret_why, why_size,
			 "must be an absolute path without \"..\" of at most %u bytes",
			 key->most);
		return -EINVAL;
	}
	memcpy(place, text, len + 1);
	return 0;
}

int settings_set(const struct setting_key *key, void *base, const char *text,
		 char *ret_why, size_t why_size)
{
	char *place = (char *)base + key->offset;

	switch (key->kind) {
	case SETTING_SECONDS:
	case SETTING_COUNT:
		return set_number(key, place, text, ret_why, why_size);
	case SETTING_ACTION:
		return set_action(place, text, ret_why, why_size);
	case SETTING_REASON:
		return set_reason(place, text, ret_why, why_size);
	case SETTING_WORD:
		return set_word(key, place, text, ret_why, why_size);
	case SETTING_PATH:
		return set_path(key, place, text, ret_why, why_size);
	}
	return -EINVAL;
}

int settings_check_guest(const struct guest_settings *guest,
			 const char *ret_keys[2], char *ret_why,
			 size_t why_size)
{
	if (guest->backoff_min_s > guest->backoff_max_s) {
		snprintf(ret_why, why_size,
			 "backoff_min_seconds (%u) is more than backoff_max_seconds (%u)",
			 guest->backoff_min_s, guest->backoff_max_s);
		ret_keys[0] = "backoff_min_seconds";
		ret_keys[1] = "backoff_max_seconds";
		return -EINVAL;
	}
	return 0;
}
