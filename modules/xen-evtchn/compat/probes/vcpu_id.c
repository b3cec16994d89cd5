// SPDX-License-Identifier: GPL-2.0-only
/*
 * The number Xen knows the first CPU by, as a per-CPU variable: 4.8.
 * Alternatives: probes/vcpu_nr.c, or 0.
 */
#include <linux/percpu.h>
#include <linux/types.h>
#include <xen/xen-ops.h>

unsigned int probe(void);
unsigned int probe(void)
{
	return per_cpu(xen_vcpu_id, 0);
}
