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

/* Each form as it is, and with one value that arithmetic trips over. */
static void save_logs(void)
{
	static const uint64_t odd[] = { 0, 0x7f, UINT32_MAX, 1ull << 61,
					3ull << 62, UINT64_MAX };
	char name[32];

	for (unsigned int form = 0; form < 6; form++)
		for (size_t i = 0; i < sizeof(odd) / sizeof(*odd); i++) {
			/* One of the first words of the log's own structures. */
			unsigned char out[12] = { (unsigned char)form,
						  (unsigned char)(i * 4 + 0x80),
						  0, 7 };

			memcpy(out + 4, &odd[i], 8);
			snprintf(name, sizeof(name), "%u-%zu", form, i);
			save("log", name, out, i ? sizeof(out) : 1);
		}
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
	save_logs();
	save_note();
	save_walk();
	save_packets();
	return failed;
}
