/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The timeout of a step or of an xl command: a base, plus a time for each GiB of the
 * guest's memory if the step touches all of it.
 */
#ifndef CORE_DEADLINE_H
#define CORE_DEADLINE_H

#include <stdint.h>

#include "core/incident.h"

/* Seconds that each full GiB of memory adds to the base. */
#define DEADLINE_DUMP_GIB_S 20u		/* written at some 50 MiB/s */
#define DEADLINE_BUILD_GIB_S 4u		/* create, soft reset */
#define DEADLINE_DESTROY_GIB_S 2u

/* Seconds that STEP may take with MEMORY_KIB (0: unknown); at least BASE_S. */
uint32_t deadline_step(enum step step, uint32_t base_s, uint64_t memory_kib);

/* The same for xl's subcommand NAME; BASE_S 0, no deadline, stays 0. */
uint32_t deadline_xl(const char *name, uint32_t base_s, uint64_t memory_kib);

/* The largest memory of the guest with CONFIG, libxl's JSON, in KiB; 0: CONFIG does
 * not have it.  CONFIG may be NULL. */
uint64_t deadline_config_kib(const char *config);

/* The same of SETTINGS, the text of an xl.cfg(5) file or one NAME=VALUE word.
 * UINT64_MAX: a number that is too large. */
uint64_t deadline_xl_kib(const char *settings);

#endif
