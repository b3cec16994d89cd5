/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How long a step or an xl command may take: a base, and more for each GiB of
 * the guest's memory where all of it is touched.
 */
#ifndef CORE_DEADLINE_H
#define CORE_DEADLINE_H

#include <stdint.h>

#include "core/incident.h"

/* Seconds that each full GiB of memory adds to the base. */
#define DEADLINE_DUMP_GIB_S 20u		/* written at some 50 MiB/s */
#define DEADLINE_BUILD_GIB_S 4u		/* create, soft reset */
#define DEADLINE_DESTROY_GIB_S 2u

/* Seconds that STEP may take with MEMORY_KIB (0: not known); at least BASE_S. */
uint32_t deadline_step(enum step step, uint32_t base_s, uint64_t memory_kib);

/* The same for xl's subcommand NAME; BASE_S 0, no deadline, stays 0. */
uint32_t deadline_xl(const char *name, uint32_t base_s, uint64_t memory_kib);

/* The most memory that CONFIG, libxl's JSON, gives to its guest, in KiB; 0: it
 * does not say.  CONFIG may be NULL. */
uint64_t deadline_config_kib(const char *config);

/* The same of SETTINGS, the text of an xl.cfg(5) file or one NAME=VALUE word.
 * UINT64_MAX: a number that is too large. */
uint64_t deadline_xl_kib(const char *settings);

#endif
