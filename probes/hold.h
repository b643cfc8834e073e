/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Keeping the CPU for the time that a program of ours tells of something.
 *
 * Where the kernel preempts, another task may run in the middle of a program, and all that it does
 * on this CPU passes unseen: the kernel skips a program that is running there already. Its second
 * copy stands in once, not if that is preempted in turn; and helpers refuse themselves likewise
 * (kernel/bpf/bpf_local_storage.c, bpf_task_storage.c).
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
