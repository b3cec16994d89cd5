/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Maps the guest's description of its kernel to a file of this host.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "xenvigil_debug.h"
#include "xenvigil_json.h"

static const char *kernel_of(json_object *incident)
{
	json_object *list = json_object_object_get(incident, "evidence");

	for (size_t i = 0; list && i < json_object_array_length(list); i++) {
		json_object *at = json_object_array_get_idx(list, i);

		if (strcmp(text_of(at, "kind"), "kernel") == 0)
			return text_of(at, "text");
	}
	return "";
}

/* The word after KEY, up to a character that may not be in a path. */
static int read_word(const char *text, const char *key, const char *allowed,
		     char *ret_word)
{
	const char *at = strstr(text, key);
	size_t len = 0;

	if (!at)
		return -ENOENT;
	at += strlen(key);
	len = strcspn(at, ",\n ");
	if (!len || len >= XENVIGIL_DEBUG_WORD_BYTES ||
	    strspn(at, allowed) < len || *at == '.' || *at == '-')
		return -EINVAL;
	memcpy(ret_word, at, len);
	ret_word[len] = '\0';
	return 0;
}

int xenvigil_debug_read(json_object *incident,
			struct xenvigil_debug *ret_kernel)
{
	const char *text = kernel_of(incident);
	struct xenvigil_debug kernel = { 0 };
	int r;

	if (strncmp(text, "Linux ", 6) != 0)
		return -ENOENT;
	r = read_word(text, "Linux ", "abcdefghijklmnopqrstuvwxyz"
		      "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+~-",
		      kernel.release);
	if (r == 0 && read_word(text, "build id ", "0123456789abcdef",
				kernel.build_id))
		kernel.build_id[0] = '\0';
	if (r == 0)
		*ret_kernel = kernel;
	return r;
}

int xenvigil_debug_find(const char *root, const struct xenvigil_debug *kernel,
			char *ret_path, size_t size)
{
	static const char *const places[] = {
		"%s/usr/lib/debug/boot/vmlinux-%s",
		"%s/usr/lib/debug/lib/modules/%s/vmlinux",
		"%s/usr/lib/debug/usr/lib/modules/%s/vmlinux",
		"%s/lib/modules/%s/build/vmlinux",
		"%s/boot/vmlinux-%s.debug",
	};
	const char *id = kernel->build_id;

	if (strlen(id) > 2) {
		snprintf(ret_path, size, "%s/usr/lib/debug/.build-id/%.2s/"
			 "%s.debug", root, id, id + 2);
		if (access(ret_path, R_OK) == 0)
			return 0;
	}
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		snprintf(ret_path, size, places[i], root, kernel->release);
		if (access(ret_path, R_OK) == 0)
			return 0;
	}
	return -ENOENT;
}

static bool ends(const char *text, const char *end)
{
	size_t len = strlen(text), need = strlen(end);

	return len >= need && strcmp(text + len - need, end) == 0;
}

void xenvigil_debug_package(const struct xenvigil_debug *kernel,
			    char *ret_package, size_t size)
{
	const char *release = kernel->release;

	if (strstr(release, ".el") || strstr(release, ".fc"))
		snprintf(ret_package, size, "kernel-debuginfo-%s", release);
	else if (ends(release, "-generic") || ends(release, "-lowlatency"))
		snprintf(ret_package, size, "linux-image-%s-dbgsym", release);
	else if (ends(release, "-default"))
		snprintf(ret_package, size, "kernel-default-debuginfo");
	else
		snprintf(ret_package, size, "linux-image-%s-dbg", release);
}
