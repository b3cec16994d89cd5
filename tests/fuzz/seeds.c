/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writes what the fuzzed readers begin with: one good input of each form, a
 * file each in DIR/TARGET.  It fuzzes nothing.
 */
#include <elf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <zlib.h>
#include <zstd.h>

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

/* Each form as it is, and with a count, a length or a pointer gone wrong. */
static void save_traces(void)
{
	static const uint16_t places[] = { 0xc000, 0xc040, 0xc100, 0xc800,
					   0x8010, 0x4000, 0x4008, 0x4010 };
	char name[32];

	for (unsigned int form = 0; form < 32; form++) {
		unsigned char out[12] = { (unsigned char)form };

		snprintf(name, sizeof(name), "%u", form);
		save("trace", name, out, 1);
		for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
			memcpy(out + 1, &places[i], 2);
			out[3] = 7;
			memset(out + 4, 0xff, 8);
			snprintf(name, sizeof(name), "%u-%zu", form, i);
			save("trace", name, out, sizeof(out));
		}
	}
}

/* --- guests --- */

/* A change of fuzz_guest's: VALUE at AT, behind the form and the size. */
static void save_guest(const char *name, unsigned char form, uint16_t at,
		       uint64_t value)
{
	unsigned char out[13] = { form, 16 };

	memcpy(out + 2, &at, sizeof(at));
	out[4] = 7;
	memcpy(out + 5, &value, sizeof(value));
	save("guest", name, out, value ? sizeof(out) : 2);
}

/* Each form as it is, and with a table that leads to itself, to nothing, or to
 * large pages, and a note that goes on for long. */
static void save_guests(void)
{
	static const struct { uint16_t at; uint64_t value; } changes[] = {
		{ 0, 0 }, { 0x2000, 0x2067 }, { 0x3ff8, 0x2067 },
		{ 0x5ff8, 0x40000000e7 }, { 0x5ff8, 0xfffffff000067 },
		{ 0x6000, UINT64_MAX }, { 0xf000, 0x0000ffff0000000b },
	};
	char name[32];

	for (unsigned int form = 0; form < 128; form++)
		for (size_t i = 0; i < sizeof(changes) / sizeof(*changes);
		     i++) {
			snprintf(name, sizeof(name), "%u-%zu", form, i);
			save_guest(name, (unsigned char)form, changes[i].at,
				   changes[i].value);
		}
}

/* --- cores --- */

#define PAGE 4096u

static unsigned char core[8 * PAGE];

static void put(size_t at, uint64_t value, size_t width)
{
	memcpy(core + at, &value, width);
}

/* Two pages, as xl lays them out. */
static void save_elf(const char *name, bool p2m)
{
	static const char names[] = "\0.xen_prstatus\0.xen_p2m\0.xen_pfn"
				    "\0.xen_pages\0.shstrtab";
	const size_t entry = p2m ? 16 : 8;
	Elf64_Ehdr header = { .e_ident = ELFMAG, .e_shoff = sizeof(header),
			      .e_shentsize = sizeof(Elf64_Shdr), .e_shnum = 5,
			      .e_shstrndx = 1 };
	const Elf64_Shdr sections[5] = {
		[1] = { .sh_name = 44, .sh_offset = 512,
			.sh_size = sizeof(names) },
		[2] = { .sh_name = 1, .sh_offset = 768, .sh_size = 256,
			.sh_entsize = 128 },
		[3] = { .sh_name = p2m ? 15 : 24, .sh_offset = 1024,
			.sh_size = 2 * entry, .sh_entsize = entry },
		[4] = { .sh_name = 33, .sh_offset = PAGE,
			.sh_size = 2 * PAGE, .sh_entsize = PAGE },
	};

	memset(core, 0, sizeof(core));
	memcpy(core, &header, sizeof(header));
	memcpy(core + sizeof(header), sections, sizeof(sections));
	memcpy(core + 512, names, sizeof(names));
	put(1024, 7, 8);
	put(1024 + entry, 3, 8);
	save("core", name, core, 3 * PAGE);
}

/* Three pages: as it is, by zlib, by zstd. */
static void save_kdump(void)
{
	static const unsigned char page[PAGE] = "a page";
	uLongf zlib_len = PAGE;
	size_t at = 5 * PAGE, len;

	memset(core, 0, sizeof(core));
	memcpy(core, "KDUMP   ", 8);
	put(8, 6, 4);		/* version */
	put(428, PAGE, 4);	/* of a block */
	put(432, 1, 4);		/* blocks of the second head */
	put(436, 2, 4);		/* of the bitmaps */
	put(PAGE + 32, 3000, 8); /* the note */
	put(PAGE + 40, 16, 8);
	put(PAGE + 48, 3100, 8); /* registers */
	put(PAGE + 56, 64, 8);
	put(PAGE + 96, 64, 8);	/* frames at most */
	put(3 * PAGE, 0x15, 1);
	for (size_t i = 0; i < 3; i++) {
		static const uint64_t flags[] = { 0, 1, 0x20 };

		len = PAGE;
		if (i == 0)
			memcpy(core + at, page, PAGE);
		else if (i == 1 && compress(core + at, &zlib_len, page, PAGE) == Z_OK)
			len = zlib_len;
		else
			len = ZSTD_compress(core + at, PAGE, page, PAGE, 1);
		put(4 * PAGE + i * 24, at, 8);
		put(4 * PAGE + i * 24 + 8, len, 4);
		put(4 * PAGE + i * 24 + 12, flags[i], 4);
		at += len;
	}
	save("core", "kdump", core, at);
	save("core", "kdump-short", core, PAGE);
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

/* What systems print at their end; the last bytes are the ring's index. */
static void save_consoles(void)
{
	static const char *const printed[] = {
		"<0>[    1.5] Kernel panic - not syncing: x\n",
		"[2026-01-31 12:00:00] Oops: 0002 [#1] SMP\n",
		"panic: x\ncpuid = 0\n", "panic: x\nStopped at y\n",
		"panic: x\ncpu0: Begin traceback...\n",
		"\x1b[31mCRIT:\x1b[0m Unhandled x\nCRIT: Unikraft crash - y\n",
		"xen|BUGCHECK: 0000003B: 1 2 3 4\n",
		"<err> os: >>> ZEPHYR FATAL ERROR 4: x\n",
	};
	char out[128], name[32];

	for (size_t i = 0; i < sizeof(printed) / sizeof(*printed); i++) {
		int len = snprintf(out, sizeof(out), "%s", printed[i]);

		memcpy(out + len, "\x40\0\0\0", 4);
		snprintf(name, sizeof(name), "printed-%zu", i);
		save("console", name, out, (size_t)len + 4);
	}
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 100;
	dir = argv[1];
	save_consoles();
	save_logs();
	save_note();
	save_walk();
	save_traces();
	save_guests();
	save_elf("pv", true);
	save_elf("pvh", false);
	save_kdump();
	save_packets();
	return failed;
}
