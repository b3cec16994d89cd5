/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writes what the fuzzed readers begin with: one good input of each form, a
 * file each in DIR/TARGET.  It fuzzes nothing.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "../unit/kernel_fake.h"
#include "core/kernel_note.h"
#include "role/wire.h"

static const char *dir;
static int failed;

static void save(const char *target, const char *name, const void *bytes,
		 size_t len)
{
	char path[512];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", dir, target);
	if (mkdir(path, 0700) && errno != EEXIST)
		failed = 1;
	snprintf(path, sizeof(path), "%s/%s/%s", dir, target, name);
	file = fopen(path, "w");
	if (!file || fwrite(bytes, 1, len, file) != len || fclose(file))
		failed = 1;
}

static void save_log(const char *name, const struct kernel_fake *fake,
		     unsigned int levels)
{
	static unsigned char out[3 + sizeof(fake->note) + sizeof(fake->bytes)];
	size_t len = fake->note_len;

	out[0] = (unsigned char)(levels - 4);
	out[1] = (unsigned char)len;
	out[2] = (unsigned char)(len >> 8);
	memcpy(out + 3, fake->note, len);
	/* The pages that hold anything, from the first table on. */
	memcpy(out + 3 + len, fake->bytes + GUEST_MEM_PAGE_BYTES,
	       15 * GUEST_MEM_PAGE_BYTES);
	save("log", name, out, 3 + len + 15 * GUEST_MEM_PAGE_BYTES);
}

static void save_logs(unsigned int levels)
{
	static struct kernel_fake fake;
	struct guest_mem mem;
	uint64_t at = 0;

	kernel_fake_begin(&fake, &mem);
	kernel_fake_map(&fake, &mem, levels);
	kernel_fake_prb(&fake, 3, 10);
	for (uint64_t id = 3; id <= 10; id++)
		at = kernel_fake_say(&fake, id, at, "Kernel panic - not syncing");
	save_log(levels == 4 ? "ring" : "ring5", &fake, levels);
	kernel_fake_begin(&fake, &mem);
	kernel_fake_map(&fake, &mem, levels);
	at = 0;
	for (unsigned int i = 0; i < 6; i++)
		at = kernel_fake_record(&fake, (uint32_t)at, "BUG: record");
	kernel_fake_records(&fake, 0, (uint32_t)at);
	save_log(levels == 4 ? "records" : "records5", &fake, levels);
	kernel_fake_begin(&fake, &mem);
	kernel_fake_map(&fake, &mem, levels);
	kernel_fake_flat(&fake, 500, 200);
	save_log(levels == 4 ? "flat" : "flat5", &fake, levels);
}

static void save_note(void)
{
	static struct kernel_fake fake;
	struct guest_mem mem;
	unsigned char out[KERNEL_NOTE_HEAD_BYTES + sizeof(fake.note)] = { 0 };
	uint32_t head[3] = { sizeof("VMCOREINFO"), 0, 0 };

	kernel_fake_begin(&fake, &mem);
	kernel_fake_note(&fake, "PAGESIZE=4096\nNUMBER(phys_base)=-4096\n"
			 "BUILD-ID=0123456789abcdef\n");
	kernel_fake_prb_note(&fake);
	head[1] = (uint32_t)fake.note_len;
	memcpy(out, head, sizeof(head));
	memcpy(out + sizeof(head), "VMCOREINFO", sizeof("VMCOREINFO"));
	memcpy(out + KERNEL_NOTE_HEAD_BYTES, fake.note, fake.note_len);
	save("note", "linux", out, KERNEL_NOTE_HEAD_BYTES + fake.note_len);
}

/* Four tables that lead to a page, and to a large one. */
static void save_walk(void)
{
	unsigned char out[11 + 5 * 128] = { 4 };

	for (uint64_t i = 0; i < 5; i++)
		for (size_t entry = 0; entry < 16; entry++) {
			uint64_t next = ((i + 1) % 5) << 12 | 1;

			memcpy(out + 11 + i * 128 + entry * 8, &next, 8);
		}
	out[9] = 200;
	save("walk", "small", out, sizeof(out));
	out[0] = 5;
	out[11 + 2 * 128] |= 0x80;
	save("walk", "large", out, sizeof(out));
}

static void save_packet(const char *name, const struct wire_msg *msg)
{
	static char packet[65536];
	int fd[2];
	ssize_t len = -1;

	if (wire_pair(fd) == 0 && wire_send(fd[0], msg) == 0)
		len = recv(fd[1], packet, sizeof(packet), 0);
	if (len > 0)
		save("wire", name, packet, (size_t)len);
	else
		failed = 1;
}

static void save_packets(void)
{
	struct wire_msg msg = { .kind = WIRE_EVIDENCE, .step = STEP_REPORT,
				.order = 5, .blob = (char *)"a line\n",
				.blob_len = 7 };

	strcpy(msg.text, "the guest's memory");
	save_packet("evidence", &msg);
	msg.kind = WIRE_RESULT;
	save_packet("result", &msg);
	save_packet("beat", &(struct wire_msg){ .kind = WIRE_BEAT });
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 100;
	dir = argv[1];
	save_logs(4);
	save_logs(5);
	save_note();
	save_walk();
	save_packets();
	return failed;
}
