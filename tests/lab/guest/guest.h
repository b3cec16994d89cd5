/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Owns what the tiny guest's two halves share: platform.c knows Xen's two ways
 * of starting a guest, main.c only what the command line asked for.
 */
#ifndef TINY_GUEST_H
#define TINY_GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xen/xen.h>
#include <xen/sched.h>

/* Assembly: start.S. */
extern char hypercall_page[];
extern struct shared_info shared_page;
void triple_fault(void) __attribute__((noreturn));
void guest_main(bool is_pv, void *start);

void platform_init(bool is_pv, void *start);
const char *platform_cmdline(void);
void platform_print(const char *text);
uint64_t platform_system_time_ns(void);
void platform_sleep_until(uint64_t system_time_ns);
void platform_wait_for_input(void);
void platform_idle(void) __attribute__((noreturn));
void platform_shutdown(unsigned int reason);
void platform_watchdog(unsigned int seconds);

#endif
