/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which packet is this, where the births, copies and deaths of skbs are all seen? What an skb is
 * made from is known when it is made, and an entry at an address is that skb's until its death
 * deletes it.
 *
 * Births alone exclude that recycled memory is taken for a living packet; deaths bound the tables.
 * All of this is run twice for one happening, or once if the kernel skipped one of the two, so
 * nothing here depends on how often.
 */
#ifndef TRAITRACE_LINEAGE_H
#define TRAITRACE_LINEAGE_H

#include "headers.h"
#include "identity.h"

/* A stack begins with the program, its trampoline and the function that it is attached to. */
#define OWN_FRAMES  3
#define STACK_DEPTH (OWN_FRAMES + EDGE_CALLERS)

static __always_inline struct skb_entry *entry_of(const struct sk_buff *skb)
{
	__u64 address = (__u64)skb;

	return bpf_map_lookup_elem(&skbs, &address);
}

static __always_inline void delete_entry(const struct sk_buff *skb)
{
	__u64 address = (__u64)skb;

	bpf_map_delete_elem(&skbs, &address);
}

/* This happening has been told of, if anybody asks: only the copy that runs second does. */
static __always_inline void tell_once(struct skb_entry *e, __u8 hook)
{
	e->told = FIRST_COPY ? hook : 0;
}

/* Whether the other copy of this program has told of what happens now. See FIRST_COPY. */
static __always_inline bool told(struct skb_entry *e, __u8 hook)
{
	bool before = !FIRST_COPY && e->told == hook;

	tell_once(e, hook);
	return before;
}

/* Whoever was known to be at this address is not any more. */
static __always_inline void forget(const struct sk_buff *skb, enum gone_flag flags)
{
	struct skb_entry *e = entry_of(skb);

	if (!e)
		return;
	if (!(e->state & SKB_ENDED))
		tell_gone(e, flags);
	delete_entry(skb);
}

/* A new skb at this address. */
static __always_inline void born(const struct sk_buff *skb)
{
	forget(skb, 0);
}

/* The skb at this address is freed. Where a tracepoint told it before, nothing is known any more.
 */
static __always_inline void died(const struct sk_buff *skb)
{
	forget(skb, GONE_FREED);
}

/* A new entry, of an skb that no event told of yet. */
static __always_inline void enter(const struct sk_buff *skb, const struct skb_entry *entry)
{
	__u64 address = (__u64)skb;

	if (bpf_map_update_elem(&skbs, &address, entry, BPF_ANY))
		count(COUNTER_UNTRACKED);
}

/* A packet begins with this skb. NULL if there is no room for its entry. */
static __always_inline struct skb_entry *begin(const struct sk_buff *skb)
{
	struct skb_entry entry = {};

	entry.packet_id = entry.skb_id = new_id();
	enter(skb, &entry);
	return entry_of(skb);
}

/* What a child has of its parent: all but what is an skb's own. */
static __always_inline void inherit(struct skb_entry *child, const struct skb_entry *parent)
{
	child->packet_id = parent->packet_id;
	child->skb_id = new_id();
	child->parent = parent->skb_id;
	child->time = bpf_ktime_get_ns();
	child->print = parent->print;
	child->netns = parent->netns;
	child->ifindex = parent->ifindex;
	child->state = parent->state & (SKB_RECEIVED | SKB_IN_XDP);
}

/*
 * `child` was made from `old`. One that has an entry already is kept, with one more parent: members
 * of a fragment list are packets of their own before and after they were one. Unless `surely`: then
 * the entry cannot be the child's, or is by the twin of this program.
 */
static __always_inline void derive(void *ctx, const struct sk_buff *child_skb,
				   const struct sk_buff *old, enum edge_kind kind, bool surely)
{
	struct skb_entry *parent = entry_of(old);
	struct skb_entry *child = entry_of(child_skb);
	__u64 stack[STACK_DEPTH] = {};
	struct skb_entry entry = {};

	/* The other copy of this program was here. */
	if (child && parent && child->parent == parent->skb_id)
		return;
	/* A clone has no birth but this. If its address is known, an end was missed. */
	if (parent && parent->state & (SKB_CLONING | SKB_TCP_SENDING))
		surely = true;
	if (child && surely) {
		born(child_skb);
		child = 0;
	}
	if (!parent)
		return;
	if (parent->state & SKB_TCP_SENDING) {
		kind = parent->state & SKB_TCP_RESENT ? EDGE_RETRANSMIT : EDGE_CLONE;
		parent->state = (parent->state & ~SKB_TCP_SENDING) | SKB_TCP_SENT;
	}
	bpf_get_stack(ctx, stack, sizeof(stack), 0);
	if (child) {
		child->parent = parent->skb_id;
		tell_edge(child->packet_id, parent->skb_id, child->skb_id, kind, EVIDENCE_PROVED,
			  stack + OWN_FRAMES);
		return;
	}
	inherit(&entry, parent);
	enter(child_skb, &entry);
	tell_edge(entry.packet_id, entry.parent, entry.skb_id, kind, EVIDENCE_PROVED,
		  stack + OWN_FRAMES);
}

/* `from` was merged into `into`, and ends. Both have ids that stay. */
static __always_inline void merge(void *ctx, const struct sk_buff *into, const struct sk_buff *from)
{
	struct skb_entry *parent = entry_of(from);
	struct skb_entry *child = entry_of(into);
	__u64 stack[STACK_DEPTH] = {};

	if (!parent || !child || parent->state & SKB_MERGED)
		return;
	parent->state |= SKB_MERGED;
	bpf_get_stack(ctx, stack, sizeof(stack), 0);
	tell_edge(child->packet_id, parent->skb_id, child->skb_id, EDGE_COALESCE, EVIDENCE_PROVED,
		  stack + OWN_FRAMES);
}

/* The entry of an skb at a hook: its own, or at a tag point a new one. */
static __always_inline struct skb_entry *follow(struct sk_buff *skb, struct scratch *s,
						__u32 wanted, __u8 *flags)
{
	__u64 head = (__u64)skb->head;
	struct skb_entry *e = entry_of(skb);

	if (!e) {
		if (!(wanted & TAG) || !s || !s->print.known)
			return 0;
		e = begin(skb);
		if (e)
			e->head = head;
		*flags |= EVENT_FIRST;
		return e;
	}
	if (e->head != head) {
		/* pskb_expand_head and its like: the same skb, other memory. */
		if (e->head)
			tell_edge(e->packet_id, e->skb_id, e->skb_id, EDGE_EXPAND_HEAD,
				  EVIDENCE_PROVED, 0);
		e->head = head;
	}
	if (!(e->state & SKB_SEEN)) {
		*flags |= EVENT_FIRST;
	} else if (s && s->print.known && e->print.core == s->print.core) {
		if (e->print.address != s->print.address)
			*flags |= EVENT_REWRITTEN;
		if (s->print.length > e->print.length &&
		    (s->snapshot.gso_size || e->print.fragment))
			*flags |= EVENT_MERGED;
	}
	return e;
}

/*
 * TCP reads from an skb that nobody knows: it made it from others that waited in the receive queue,
 * byte by byte (net/ipv4/tcp_input.c, tcp_collapse). Java knows by the sequence numbers which.
 */
static __always_inline void follow_collapsed(const struct sk_buff *skb)
{
	if (!entry_of(skb))
		begin(skb);
}

/*
 * The skb ends here: its entry is deleted when the other copy of the program comes, or else by the
 * death that follows. If an XDP program has its data, that goes on as a frame, whose place is the
 * skb's head (Linux 6.1 to 7.2: drivers/net/veth.c, veth_xdp_rcv_skb; include/net/xdp.h,
 * xdp_convert_buff_to_frame).
 */
static __always_inline void end(struct sk_buff *skb, struct skb_entry *e, bool consumed)
{
	struct head_entry frame = {};

	if (consumed && e->state & SKB_IN_XDP) {
		frame.packet_id = e->packet_id;
		frame.skb_id = e->skb_id;
		frame.time = e->time;
		frame.print = e->print;
		frame.counter = e->counter;
		enter_head((__u64)skb->head, &frame);
	}
	e->state |= SKB_ENDED;
}

/* The skb was built around a frame. */
static __always_inline void unframe(const struct sk_buff *skb, const void *frame)
{
	__u64 place = (__u64)frame;
	struct head_entry *was = bpf_map_lookup_elem(&heads, &place);
	struct skb_entry entry = {};

	if (!was || !skb)
		return;
	entry.packet_id = was->packet_id;
	entry.skb_id = new_id();
	entry.parent = was->skb_id;
	entry.time = bpf_ktime_get_ns();
	entry.print = was->print;
	bpf_map_delete_elem(&heads, &place);
	enter(skb, &entry);
	tell_edge(entry.packet_id, entry.parent, entry.skb_id, EDGE_XDP, EVIDENCE_PROVED, 0);
}

/* A frame was copied: the copy is the same packet. */
static __always_inline void copy_frame(const void *copy, const void *frame)
{
	__u64 from = (__u64)frame;
	struct head_entry *was = bpf_map_lookup_elem(&heads, &from);

	if (was && copy)
		enter_head((__u64)copy, was);
}

#endif
