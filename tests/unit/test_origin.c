/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The word beside a domain's files.  In a directory of its own.
 */
#include "port/origin.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tap.h"

static char dir[] = "/tmp/test-origin-XXXXXX";

int main(void)
{
	uint8_t uuid[UUID_BYTES] = { 0xab, 1 }, other[UUID_BYTES] = { 2 };
	char word[ORIGIN_BYTES], path[256];
	FILE *file;

	if (!mkdtemp(dir)) {
		perror(dir);
		return 1;
	}
	origin_get(dir, 7, uuid, word);
	is_text(word, "", "nobody said so");
	ok(origin_set(dir, 7, uuid, "xlv") == 0, "somebody does");
	origin_get(dir, 7, uuid, word);
	is_text(word, "xlv", "it is read back");
	origin_get(dir, 7, other, word);
	is_text(word, "", "another's domid is another domain");
	origin_get(dir, 8, uuid, word);
	is_text(word, "", "so is another life of the guest");
	ok(origin_set(dir, 7, uuid, "xenvigil") == 0 &&
	   origin_set(dir, 7, uuid, "xlv") == 0, "said again");
	origin_get(dir, 7, uuid, word);
	is_text(word, "xlv", "the last word holds");
	ok(origin_set(dir, 7, uuid, "") == -EINVAL, "not nothing");
	ok(origin_set("/nonexistent", 7, uuid, "xlv") == -ENOENT,
	   "a directory that is not there");
	snprintf(path, sizeof(path), "%s/userdata-d.7.ab010000-0000-0000-0000-"
		 "000000000000.xenvigil-origin", dir);
	file = fopen(path, "w");
	ok(file != NULL, "the name is of libxl's form");
	if (file) {
		fputs("\033[2Jxlv\n", file);
		fclose(file);
	}
	origin_get(dir, 7, uuid, word);
	is_text(word, "", "nothing but a word comes out");
	unlink(path);
	rmdir(dir);
	return done_testing();
}
