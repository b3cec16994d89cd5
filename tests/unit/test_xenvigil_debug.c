/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which kernel a core is of, by a guest's word.  Starts no debugger.
 */
#include "cmd/xenvigil_debug.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "tap.h"

static int read_kernel(const char *text, struct xenvigil_debug *kernel)
{
	json_object *inc = json_object_new_object();
	json_object *list = json_object_new_array();
	json_object *at = json_object_new_object();
	int r;

	json_object_object_add(at, "kind", json_object_new_string("kernel"));
	json_object_object_add(at, "text", json_object_new_string(text));
	json_object_array_add(list, at);
	json_object_object_add(inc, "evidence", list);
	r = xenvigil_debug_read(inc, kernel);
	json_object_put(inc);
	return r;
}

static void test_words(void)
{
	struct xenvigil_debug kernel = { .release = "before" };

	ok(read_kernel("", &kernel) == -ENOENT, "no word");
	ok(read_kernel("Linux ../../etc/x\n", &kernel) == -EINVAL &&
	   read_kernel("Linux a/b\n", &kernel) == -EINVAL &&
	   read_kernel("Linux -x\n", &kernel) == -EINVAL &&
	   read_kernel("Linux $(x)\n", &kernel) == -EINVAL &&
	   read_kernel("Linux \\x1b\n", &kernel) == -EINVAL &&
	   read_kernel("Linux \n", &kernel) == -EINVAL,
	   "a word that leads elsewhere");
	is_text(kernel.release, "before", "changes nothing");
	ok(read_kernel("Linux 6.1.0-49-amd64, build id 0123abcd\n", &kernel)
	   == 0, "release and build id");
	is_text(kernel.release, "6.1.0-49-amd64", "the release");
	is_text(kernel.build_id, "0123abcd", "the build id");
	ok(read_kernel("Linux 6.1.0, build id ../x\n", &kernel) == 0 &&
	   !kernel.build_id[0], "a build id that is none is left out");
}

static void is_package(const char *release, const char *expected)
{
	struct xenvigil_debug kernel = { 0 };
	char package[256];

	snprintf(kernel.release, sizeof(kernel.release), "%s", release);
	xenvigil_debug_package(&kernel, package, sizeof(package));
	is_text(package, expected, "%s", expected);
}

static void test_packages(void)
{
	is_package("6.1.0-49-amd64", "linux-image-6.1.0-49-amd64-dbg");
	is_package("5.14.0-570.el9.x86_64",
		   "kernel-debuginfo-5.14.0-570.el9.x86_64");
	is_package("6.8.0-31-generic", "linux-image-6.8.0-31-generic-dbgsym");
	is_package("6.4.0-150600.21-default", "kernel-default-debuginfo");
}

static void test_find(void)
{
	static char root[] = "/tmp/xenvigil-debug-XXXXXX";
	struct xenvigil_debug kernel = { .release = "6.1.0-x",
					 .build_id = "abcdef" };
	char path[512], command[1024];

	ok(mkdtemp(root) != NULL, "a root of our own");
	ok(xenvigil_debug_find(root, &kernel, path, sizeof(path)) == -ENOENT,
	   "there is nothing");
	snprintf(command, sizeof(command), "cd %s && mkdir -p usr/lib/debug/"
		 "boot usr/lib/debug/.build-id/ab && "
		 ": > usr/lib/debug/boot/vmlinux-6.1.0-x", root);
	ok(system(command) == 0 &&
	   xenvigil_debug_find(root, &kernel, path, sizeof(path)) == 0 &&
	   strstr(path, "/usr/lib/debug/boot/vmlinux-6.1.0-x"),
	   "found by its release");
	snprintf(command, sizeof(command), ": > %s/usr/lib/debug/.build-id/ab/"
		 "cdef.debug", root);
	ok(system(command) == 0 &&
	   xenvigil_debug_find(root, &kernel, path, sizeof(path)) == 0 &&
	   strstr(path, "/.build-id/ab/cdef.debug"),
	   "by its build id before that, which is certain");
	snprintf(command, sizeof(command), "rm -r %s", root);
	ok(system(command) == 0, "all is removed");
}

int main(void)
{
	test_words();
	test_packages();
	test_find();
	return done_testing();
}
