/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whether the running task has anything to do with the packet at hand.
 *
 * In a softirq the current task is whoever was interrupted: receiving over veth even runs inside
 * the sender's system call. The kernel's own answer, preempt_count, is out of reach on kernels
 * without CONFIG_KALLSYMS_ALL (per-CPU variables have no address there), so the softirq tracepoints
 * of the stages family keep a flag. Hard interrupts are not told apart: no hook of ours runs in one
 * but netif_rx of old drivers.
 */
#ifndef TRAITRACE_CONTEXT_H
#define TRAITRACE_CONTEXT_H

/*
 * The skb that this CPU received last in the softirq that it is serving; the stack works on it
 * until the next one. What is known to happen "now" happens because of it.
 */
struct receiving {
	__u64 skb; /* address; 0 = none */
	__u64 skb_id;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct receiving);
} received SEC(".maps");

static __always_inline void set_receiving(__u64 skb, __u64 skb_id)
{
	__u32 zero = 0;
	struct receiving *last = bpf_map_lookup_elem(&received, &zero);

	if (!last)
		return;
	last->skb = skb;
	last->skb_id = skb_id;
}

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} softirqs SEC(".maps");

static __always_inline void set_softirq(__u32 serving)
{
	__u32 zero = 0;
	__u32 *flag = bpf_map_lookup_elem(&softirqs, &zero);

	if (flag)
		*flag = serving;
}

static __always_inline bool in_softirq(void)
{
	__u32 zero = 0;
	__u32 *flag = bpf_map_lookup_elem(&softirqs, &zero);

	return !flag || *flag;
}

#endif
