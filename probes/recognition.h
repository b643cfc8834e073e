/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which packet is this, if only tracepoints tell of it? The rules by which an skb keeps its id,
 * inherits one, or is recognised as another packet in recycled memory.
 *
 * Tracepoints do not tell births, and not all deaths: a sixth to a third of look-ups by address
 * meet a recycled skb. So nothing is believed because of an address: every look-up is validated
 * against the data head and the fingerprint, and against what cannot be (`recycled`).
 */
#ifndef TRAITRACE_RECOGNITION_H
#define TRAITRACE_RECOGNITION_H

#include "headers.h"
#include "identity.h"

static __always_inline bool same_payload(const struct fingerprint *a, const struct fingerprint *b)
{
	return !a->payload || !b->payload || a->payload == b->payload;
}

/* `now` is a datagram, `then` was its first fragment. */
static __always_inline bool reassembled(const struct fingerprint *then,
					const struct fingerprint *now)
{
	return then->fragment == MORE_FRAGMENTS && now->fragment == 0 && now->length > then->length;
}

/* The skb is where the packet of this entry cannot be: the memory is another packet's by now. */
static __always_inline bool recycled(struct sk_buff *skb, const struct skb_entry *e, __u32 hook,
				     __u32 netns, __u32 ifindex)
{
	bool here = e->netns == netns && e->ifindex == ifindex;

	switch (hook) {
	case HOOK_NET_DEV_QUEUE:
		if (e->state & SKB_DELIVERED)
			return true;
		/* A forwarded skb has no sending socket; what a socket sends was not received. */
		if (e->state & SKB_RECEIVED && skb->sk && !skb->skb_iif)
			return true;
		return here &&
		       (e->hook == HOOK_NET_DEV_QUEUE || e->hook == HOOK_NET_DEV_START_XMIT);
	case HOOK_NETIF_RX:
	case HOOK_NETIF_RECEIVE_SKB:
	case HOOK_NAPI_GRO_RECEIVE:
	case HOOK_NAPI_GRO_FRAGS:
		return e->state & SKB_DELIVERED || (here && e->hook == hook);
	case HOOK_NET_DEV_START_XMIT:
		/* From GRO, an skb comes to a driver only by way of the stack. */
		return e->state & SKB_DELIVERED || (here && e->hook == hook) ||
		       e->hook == HOOK_NAPI_GRO_RECEIVE || e->hook == HOOK_NAPI_GRO_FRAGS;
	case HOOK_CONSUME_SKB:
		/*
		 * Readers of datagrams free without a word, but those of TUN devices. Where nothing
		 * tells two of them from each other, this may be the end of a later one.
		 */
		return e->state & SKB_DELIVERED &&
		       (e->head != (__u64)skb->head ||
			!(e->print.distinct || e->state & SKB_READ_BY_TUN));
	default:
		/* Nothing in a socket's queue moves to other memory. */
		return e->state & SKB_DELIVERED && e->head != (__u64)skb->head;
	}
}

/* Whether the skb still is the one of the entry; sets flags for what has changed. */
static __always_inline bool validate(struct scratch *s, const struct skb_entry *e, __u64 head,
				     __u8 *flags)
{
	const struct fingerprint *then = &e->print;
	const struct fingerprint *now = &s->print;

	if (then->core != now->core || !same_payload(then, now))
		return false;
	if (then->fragment != now->fragment) {
		/* Reassembled in place, or the first fragment made from the datagram. */
		if (reassembled(then, now)) {
			*flags |= EVENT_MERGED;
			return true;
		}
		return reassembled(now, then);
	}
	if (then->length != now->length) {
		if (now->length > then->length && s->snapshot.gso_size)
			*flags |= EVENT_MERGED;
		else if (!now->distinct)
			return false;
	}
	if (then->address != now->address) {
		/* Both the buffer and the addresses differ, and nothing tells it from another. */
		if (e->head != head && !now->distinct && !now->payload)
			return false;
		*flags |= EVENT_REWRITTEN;
	}
	return true;
}

/* Whether there is any point in reading the headers of an skb that gets no id here. */
static __always_inline bool may_be_known(struct sk_buff *skb, __u32 wanted)
{
	__u64 address = (__u64)skb;
	__u64 head = (__u64)skb->head;

	return bpf_map_lookup_elem(&skbs, &address) ||
	       (wanted & CLONES && bpf_map_lookup_elem(&heads, &head));
}

/* The entry of a living skb, or NULL. */
static __always_inline struct skb_entry *recognise(struct sk_buff *skb, struct scratch *s,
						   __u32 hook, __u32 wanted, __u32 netns,
						   __u32 ifindex, __u8 *flags)
{
	__u64 address = (__u64)skb;
	__u64 head = (__u64)skb->head;
	struct skb_entry *e = bpf_map_lookup_elem(&skbs, &address);
	struct head_entry *known;
	struct skb_entry entry = {};
	struct head_entry of = {};
	__u64 joined = 0;

	if (e) {
		if (!recycled(skb, e, hook, netns, ifindex) && validate(s, e, head, flags)) {
			if (e->head != head) {
				/* pskb_expand_head and its like: the same skb, other memory. */
				leave_head(e->head, e->skb_id);
				e->head = head;
				of.packet_id = e->packet_id;
				of.skb_id = e->skb_id;
				of.skb = address;
				of.time = e->time;
				of.print = s->print;
				enter_head(head, &of);
			}
			return e;
		}
		if (e->print.fragment && e->print.core == s->print.core &&
		    (e->print.fragment & FRAGMENT_OFFSET) && !s->print.fragment) {
			/* The kernel reassembles in the skb of the fragment that came last. */
			joined = e->skb_id;
		} else {
			tell_gone(e, 0);
			/* Its memory is another's by now, or no clone of it is on its way. */
			if (e->head == head || e->state & SKB_DELIVERED)
				leave_head(e->head, e->skb_id);
		}
		bpf_map_delete_elem(&skbs, &address);
		*flags = 0;
	}
	if (!wanted)
		return 0;

	known = bpf_map_lookup_elem(&heads, &head);
	entry.skb_id = new_id();
	entry.head = head;
	if (known && known->print.core == s->print.core && same_payload(&known->print, &s->print)) {
		bool whole = reassembled(&known->print, &s->print);
		struct skb_entry *owner = bpf_map_lookup_elem(&skbs, &known->skb);
		/* At a device, an owner that was delivered is history, and so is its memory. */
		bool history = owner && owner->skb_id == known->skb_id &&
			       owner->state & SKB_DELIVERED && wanted & TAG &&
			       hook != HOOK_KFREE_SKB;

		if (!history && (whole || (known->print.fragment == s->print.fragment &&
					   known->print.address == s->print.address &&
					   BPF_CORE_READ_BITFIELD_PROBED(skb, cloned)))) {
			entry.packet_id = known->packet_id;
			tell_edge(entry.packet_id, known->skb_id, entry.skb_id,
				  whole ? EDGE_REASSEMBLE : EDGE_CLONE,
				  whole ? EVIDENCE_MATCHED : EVIDENCE_PROVED, 0);
		}
	}
	if (!entry.packet_id) {
		if (!(wanted & TAG))
			return 0;
		entry.packet_id = entry.skb_id;
		of.packet_id = entry.packet_id;
		of.skb_id = entry.skb_id;
		of.skb = address;
		of.time = bpf_ktime_get_ns();
		of.print = s->print;
		enter_head(head, &of);
	}
	if (joined)
		tell_edge(entry.packet_id, joined, entry.skb_id, EDGE_REASSEMBLE, EVIDENCE_MATCHED,
			  0);
	if (bpf_map_update_elem(&skbs, &address, &entry, BPF_ANY)) {
		count(COUNTER_UNTRACKED);
		return 0;
	}
	*flags |= EVENT_FIRST;
	return bpf_map_lookup_elem(&skbs, &address);
}

/* The skb ends here. Its data lives on while clones share it. */
static __always_inline void lose(struct sk_buff *skb, const struct skb_entry *e)
{
	__u64 address = (__u64)skb;
	__u64 head = e->head;
	struct skb_shared_info *shared = (void *)(skb->head + skb->end);
	int references = BPF_CORE_READ(shared, dataref.counter) & 0xffff;

	if (references <= 1)
		bpf_map_delete_elem(&heads, &head);
	bpf_map_delete_elem(&skbs, &address);
}

#endif
