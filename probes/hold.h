/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Keeping the CPU for the time that a program of ours tells of something: where the kernel
 * preempts, another task comes when all is told, and no helper of ours is left half way, which
 * would refuse itself to that task (kernel/bpf/bpf_local_storage.c).
 *
 * What the other task does here is skipped all the same, for this program has not ended: its second
 * copy stands in for it, and more where that is not enough (FIRST_COPY, settled_by).
 */
#ifndef TRAITRACE_HOLD_H
#define TRAITRACE_HOLD_H

#include "config.h"

extern void bpf_preempt_disable(void) __ksym __weak;
extern void bpf_preempt_enable(void) __ksym __weak;

static __always_inline void hold_cpu(void)
{
	if (config.holds_cpu)
		bpf_preempt_disable();
}

static __always_inline void release_cpu(void)
{
	if (config.holds_cpu)
		bpf_preempt_enable();
}

#endif
