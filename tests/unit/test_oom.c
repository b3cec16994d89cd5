/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The score is the kernel's afterwards.  Only upwards: that needs no
 * privilege.
 */
#include <errno.h>

#include "port/oom.h"
#include "tap.h"

static int score(void)
{
	FILE *file = fopen("/proc/self/oom_score_adj", "r");
	int number = -1;

	if (!file || fscanf(file, "%d", &number) != 1)
		perror("oom_score_adj");
	if (file)
		fclose(file);
	return number;
}

int main(void)
{
	int most = 1000;

	ok(oom_set(most - 1) == 0 && score() == most - 1, "the score is set");
	ok(oom_set(most) == 0 && score() == most, "and set again");
	ok(oom_set(most + 1) == -EINVAL && score() == most,
	   "one that cannot be is refused and changes nothing");
	return done_testing();
}
