/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Packets that wait in an nfnetlink queue until a process gives its verdict
 * (net/netfilter/nfnetlink_queue.c). What comes back is the same skb, or, where the process gave it
 * more bytes than there was room for, a copy of it.
 *
 * A verdict comes in a message of the process, in whose task it is then carried out. The kernel
 * carries out others by itself: it accepts what does not fit into a queue that is to fail open, and
 * drops what waits in one that is closed. So what the message says is kept with the thread until
 * its packet comes by.
 */
#ifndef TRAITRACE_NFQUEUE_H
#define TRAITRACE_NFQUEUE_H

#include "hold.h"
#include "hooks.h"
#include "kernel.h"
#include "thread.h"

/* Of a thread: what its message is about. */
enum judging {
	JUDGES_ONE = 1 << 0,
	JUDGES_UP_TO = 1 << 1, /* all that came before, too: a batch */
	JUDGES_REPLACED = 1 << 2,
};

/* One of a message's attributes, an address; 0 = it has none. */
static __always_inline __u64 attribute_of(__u64 attributes, __u32 number)
{
	__u64 attribute = 0;

	bpf_probe_read_kernel(&attribute, sizeof(attribute),
			      (void *)(attributes + number * sizeof(attribute)));
	return attribute;
}

/*
 * A message with a verdict comes. Its attributes are the third argument, as an array: before Linux
 * 6.18 the verifier lets nobody read a pointer to pointers as an argument (kernel/bpf/btf.c,
 * btf_ctx_access).
 */
static __always_inline void begin_to_judge(void *ctx, __u32 how)
{
	__u64 attributes = 0, header;
	struct thread *t;
	__be32 id = 0;

	if (bpf_get_func_arg(ctx, 2, &attributes))
		return;
	header = attribute_of(attributes, NFQA_VERDICT_HDR);
	if (!header ||
	    bpf_probe_read_kernel(&id, sizeof(id), (void *)(header + NFQA_VERDICT_HDR_ID)))
		return;
	if (how == JUDGES_ONE && attribute_of(attributes, NFQA_PAYLOAD))
		how |= JUDGES_REPLACED;
	hold_cpu();
	t = this_thread();
	if (t) {
		t->judging = how;
		t->judged = bpf_ntohl(id);
	}
	release_cpu();
}

/* What the running thread's message says of this packet, and that it has been said. */
static __always_inline __u32 judgement_of(const struct nf_queue_entry *entry)
{
	struct thread *t = this_thread();
	__u32 judging;

	if (!t)
		return 0;
	judging = t->judging;
	if (judging & JUDGES_ONE && t->judged == entry->id) {
		t->judging = 0;
		return NFQUEUE_DECIDED | (judging & JUDGES_REPLACED ? NFQUEUE_REPLACED : 0);
	}
	/* Ids wrap (nf_queue: nfq_id_after). */
	if (judging & JUDGES_UP_TO && (__s32)(entry->id - t->judged) <= 0)
		return NFQUEUE_DECIDED;
	return 0;
}

#endif
