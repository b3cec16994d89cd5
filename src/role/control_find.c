/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which guest a person means: by uuid, domid or name; of those that rest also
 * by the number of the incident.  Changes nothing.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control.h"
#include "keeper.h"

/* Digits only, unlike strtoull() by itself. */
static bool read_number(const char *text, uint64_t *ret_number)
{
	if (!text[0] || strlen(text) > 18 ||
	    strspn(text, "0123456789") != strlen(text))
		return false;
	*ret_number = strtoull(text, NULL, 10);
	return true;
}

static const struct guest *guest_by_domid(struct keeper *keeper,
					  const char *text)
{
	const struct domain *domain;
	uint64_t domid;

	if (!read_number(text, &domid) || domid > UINT16_MAX)
		return NULL;
	domain = engine_domain(keeper->engine, (uint32_t)domid);
	return domain ? domain->guest : NULL;
}

/* A name may have been used by several guests; the one that lives wins. */
const struct guest *control_find_name(struct keeper *keeper, const char *name)
{
	const struct guest *guest, *found = NULL;
	struct domain *const *domains;
	size_t count = engine_domains(keeper->engine, &domains);

	for (size_t i = 0; i < count; i++)
		if (strcmp(domains[i]->name, name) == 0)
			return domains[i]->guest;
	LIST_EACH(guest, (struct list *)engine_guests(keeper->engine),
		  const struct guest, node)
		if (strcmp(guest->name, name) == 0 &&
		    (!found || guest->incident))
			found = guest;
	return found;
}

const struct guest *control_find_guest(struct keeper *keeper, const char *text)
{
	const struct guest *guest = NULL;
	uint8_t uuid[UUID_BYTES];

	if (uuid_parse(text, uuid) == 0)
		guest = engine_guest(keeper->engine, uuid);
	if (!guest)
		guest = control_find_name(keeper, text);
	if (!guest)
		guest = guest_by_domid(keeper, text);
	return guest;
}

/* --- those that rest --- */

static const struct guest *guest_by_incident(struct keeper *keeper,
					     const char *text)
{
	const struct incident *incident;
	uint64_t number;

	if (!read_number(text, &number))
		return NULL;
	LIST_EACH(incident, (struct list *)engine_incidents(keeper->engine),
		  const struct incident, node)
		if (incident->number == number)
			return engine_guest(keeper->engine, incident->id.uuid);
	return NULL;
}

static bool is_called(const struct guest *guest, const char *name)
{
	return strcmp(guest->name, name) == 0 ||
	       (guest->incident && strcmp(guest->incident->name, name) == 0);
}

/*
 * A manual start of a guest whose file has no uuid gives it another one: the
 * held guest is then the earlier one, which no domain has any more.
 */
static int resting_by_name(struct keeper *keeper, const char *name,
			   bool (*rests)(const struct guest *guest),
			   const struct guest **ret_guest)
{
	const struct guest *guest;

	LIST_EACH(guest, (struct list *)engine_guests(keeper->engine),
		  const struct guest, node) {
		if (!is_called(guest, name) || !rests(guest))
			continue;
		if (*ret_guest)
			return -ENOTUNIQ;
		*ret_guest = guest;
	}
	return 0;
}

int control_find_resting(struct keeper *keeper, const char *text,
			 bool (*rests)(const struct guest *guest),
			 const struct guest **ret_guest)
{
	const struct guest *plain = control_find_guest(keeper, text);
	const struct guest *numbered = guest_by_incident(keeper, text);

	if (plain && !rests(plain))
		plain = NULL;
	if (numbered && plain && plain != numbered)
		return -ENOTUNIQ;
	*ret_guest = numbered ?: plain;
	if (!*ret_guest && resting_by_name(keeper, text, rests, ret_guest) < 0)
		return -ENOTUNIQ;
	if (!*ret_guest)
		*ret_guest = control_find_guest(keeper, text);
	return 0;
}
