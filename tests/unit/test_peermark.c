/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * peermark_find() upon directories built here: what libvirt leaves, and what
 * others would like to have taken for it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "port/peermark.h"
#include "tap.h"

#define UUID "01020304-0506-0708-090a-0b0c0d0e0f10"
#define MARK "lib/userdata-d.7." UUID ".libvirt-xml"
#define STATUS                                                              \
	"<!--\nWARNING: THIS IS AN AUTO-GENERATED FILE.\n-->\n\n"           \
	"<domstatus state='running' reason='booted' pid='7'>\n"             \
	"  <domain type='xen' id='7'>\n    <name>web</name>\n    <uuid>"

static char root[] = "/tmp/test-peermark-XXXXXX";
static char lib[64], status[64], qubes[64];
static const struct peermark_places places = { lib, status, qubes };

static const char *path(const char *tail)
{
	static char buf[256];

	snprintf(buf, sizeof(buf), "%s/%s", root, tail);
	return buf;
}

static void make_file(const char *name, const char *text, mode_t mode,
		      uid_t owner)
{
	int fd = open(path(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || write(fd, text, strlen(text)) < 0 ||
	    fchown(fd, owner, 0) || fchmod(fd, mode)) {
		perror(name);
		exit(1);
	}
	close(fd);
}

static void expect(enum peer want, const char *what)
{
	struct domain_id id = { .domid = 7 };
	enum peer peer = PEER_COUNT;
	int r;

	uuid_parse(UUID, id.uuid);
	r = peermark_find(&places, &id, "web", &peer);
	ok(r == 0 && peer == want, "%s", what);
	unlink(path(MARK));
	unlink(path("run/web.xml"));
}

static void test_userdata(void)
{
	expect(PEER_NONE, "no mark");
	make_file(MARK, "<domain/>", 0600, 0);
	expect(PEER_LIBVIRT, "libvirt's user data");
	make_file("lib/userdata-d.7." UUID ".libxl-json", "{}", 0600, 0);
	make_file("lib/userdata-d.8." UUID ".libvirt-xml", "", 0600, 0);
	expect(PEER_NONE, "libxl's own, and another domain's");
	make_file(MARK, "", 0600, 1000);
	expect(PEER_NONE, "another user's file");
	make_file(MARK, "", 0602, 0);
	expect(PEER_NONE, "a file that others may write");
	(void)!symlink("/etc/passwd", path(MARK));
	expect(PEER_NONE, "a link");
	make_file(MARK, "", 0600, 0);
	chmod(lib, 0777);
	expect(PEER_NONE, "in a directory that others may write");
	chmod(lib, 0755);
	make_file(MARK, "", 0600, 0);
	(void)!chown(lib, 1000, 0);
	expect(PEER_NONE, "in another user's directory");
	(void)!chown(lib, 0, 0);
}

static void expect_status(const char *text, enum peer want, const char *what)
{
	make_file("run/web.xml", text, 0600, 0);
	expect(want, what);
}

static void test_status(void)
{
	expect_status(STATUS UUID "</uuid>", PEER_LIBVIRT, "libvirt's status");
	expect_status("<domstatus><domain type='xen'><uuid>" UUID "</uuid>",
		      PEER_NONE, "of a guest that does not run");
	expect_status("<domain type='xen' id='8'><uuid>" UUID "</uuid>",
		      PEER_NONE, "of another domain of the guest");
	expect_status(STATUS "11020304-0506-0708-090a-0b0c0d0e0f10</uuid>",
		      PEER_NONE, "of another guest");
	expect_status("<domain type='xen'><name id='7'/><uuid>" UUID "</uuid>",
		      PEER_NONE, "an id elsewhere");
	expect_status("", PEER_NONE, "nothing in it");
	expect_status("<domain id='7'", PEER_NONE, "cut short");
	expect_status(STATUS "0102", PEER_NONE, "within the uuid");
	make_file("run/web.xml", STATUS UUID, 0600, 1000);
	expect(PEER_NONE, "another user's");
	(void)!mkfifo(path("run/web.xml"), 0600);
	expect(PEER_NONE, "a pipe is not waited for");
	(void)!symlink("/etc/passwd", path("run/web.xml"));
	expect(PEER_NONE, "a link is not followed");
}

static void test_names(void)
{
	struct domain_id id = { .domid = 7 };
	enum peer peer = PEER_COUNT;
	char name[DOMAIN_NAME_BYTES];

	uuid_parse(UUID, id.uuid);
	make_file("web.xml", STATUS UUID, 0600, 0);
	ok(!peermark_find(&places, &id, "../web", &peer) && !peer,
	   "a name leads nowhere else");
	ok(!peermark_find(&places, &id, "", &peer) && !peer, "no name");
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	ok(!peermark_find(&places, &id, name, &peer) && !peer, "a long one");
}

static void test_qubes(void)
{
	make_file("qubes.xml", "", 0660, 0);
	make_file(MARK, "", 0600, 0);
	expect(PEER_QUBES, "Qubes uses libvirt");
	unlink(path("qubes.xml"));
}

/* With no descriptor left nobody knows. */
static void test_no_descriptors(void)
{
	struct rlimit limit, none;
	struct domain_id id = { .domid = 7 };
	enum peer peer = PEER_COUNT;
	int r;

	getrlimit(RLIMIT_NOFILE, &limit);
	none = limit;
	none.rlim_cur = 0;
	make_file(MARK, "", 0600, 0);
	setrlimit(RLIMIT_NOFILE, &none);
	r = peermark_find(&places, &id, "web", &peer);
	setrlimit(RLIMIT_NOFILE, &limit);
	ok(r == -EMFILE && peer == PEER_COUNT, "no descriptor: not known");
	unlink(path(MARK));
}

static void test_nothing_there(void)
{
	static const struct peermark_places none = { "/nowhere/x", "/etc/passwd/x",
						     "/nowhere/y" };
	struct domain_id id = { .domid = 7 };
	enum peer peer = PEER_COUNT;

	ok(!peermark_find(&none, &id, "web", &peer) && !peer,
	   "a host without any of it");
}

int main(void)
{
	char rm[128];

	if (geteuid()) {
		ok(true, "files of other users # SKIP not root");
		return done_testing();
	}
	if (!mkdtemp(root))
		return 1;
	snprintf(lib, sizeof(lib), "%s/lib", root);
	snprintf(status, sizeof(status), "%s/run", root);
	snprintf(qubes, sizeof(qubes), "%s/qubes.xml", root);
	mkdir(lib, 0755);
	mkdir(status, 0755);
	test_userdata();
	test_status();
	test_names();
	test_qubes();
	test_no_descriptors();
	test_nothing_there();
	snprintf(rm, sizeof(rm), "rm -rf %s", root);
	(void)!system(rm);
	return done_testing();
}
