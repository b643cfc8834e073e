/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which packet is this? The side tables that hold identity, and the records that tell its changes.
 *
 * Two sets of rules work on them. lineage.h: where the births, copies and deaths of skbs are all
 * seen, an entry is what it says. recognition.h: where only tracepoints are to be had, it has to be
 * recognised.
 */
#ifndef TRAITRACE_IDENTITY_H
#define TRAITRACE_IDENTITY_H

#include "headers.h"
#include "names.h"

enum skb_state {
	SKB_RECEIVED = 1 << 0,	   /* came in by a device: if it is sent, it is forwarded */
	SKB_DELIVERED = 1 << 1,	   /* reached a socket: it goes nowhere else */
	SKB_SEEN = 1 << 2,	   /* an event told of it; else only an edge did */
	SKB_TCP_QUEUE = 1 << 3,	   /* in TCP's send queue: clones of it are sent */
	SKB_TCP_SENDING = 1 << 4,  /* one is being made */
	SKB_TCP_SENT = 1 << 5,	   /* one was made */
	SKB_TCP_RESENT = 1 << 6,   /* one was made before, and now another one */
	SKB_IN_XDP = 1 << 7,	   /* an XDP program has its data: that may outlive the skb */
	SKB_MERGED = 1 << 8,	   /* its data went into another skb */
	SKB_ENDED = 1 << 9,	   /* and that was told */
	SKB_READ_BY_TUN = 1 << 10, /* a process is reading it from a TUN device */
	SKB_CLONING = 1 << 11,	   /* skb_clone is making a clone of it */
};

struct skb_entry {
	__u64 packet_id;
	__u64 skb_id;
	__u64 parent; /* skb id, 0 = none is known */
	__u64 head;   /* 0 = not looked at yet */
	__u64 time;   /* of the last event, ns */
	struct fingerprint print;
	__u32 seq; /* of the data in TCP's send queue; see sockmap.h, begin_redirect */
	__u32 end_seq;
	__u32 changed; /* hash of the last snapshot */
	__u32 netns;
	__u32 ifindex;
	__u16 counter;
	__u16 state;
	__u8 hook; /* of the last event */
	__u8
	    told; /* hook of which the first of two copies of a program told; see lineage.h, told */
};

/*
 * Who last had this data: how a clone finds its packet in recognition.h, and an XDP frame in
 * lineage.h.
 */
struct head_entry {
	__u64 packet_id;
	__u64 skb_id;
	__u64 skb; /* address */
	__u64 time;
	struct fingerprint print;
	__u32 counter; /* of the skb's events so far, where it has ended */
};

#define ENTRIES 131072

/*
 * Preallocated hashes, not LRU, which would evict packets that are alive. The loader may resize
 * them. Nor the resizable ones of Linux 7.2 (BPF_MAP_TYPE_RHASH): these refuse entries while they
 * grow, and a burst of segments lost a fifth of its links.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, ENTRIES);
	__type(key, __u64);
	__type(value, struct skb_entry);
} skbs SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, ENTRIES);
	__type(key, __u64);
	__type(value, struct head_entry);
} heads SEC(".maps");

/* Number of skbs seen per CPU: with the CPU's number it makes ids that are never reused. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} births SEC(".maps");

static __always_inline __u64 new_id(void)
{
	__u32 zero = 0;
	__u64 *born = bpf_map_lookup_elem(&births, &zero);

	if (!born)
		return 0;
	/* Atomic: an interrupt may run another program here between the reading and the writing. */
	return (__sync_fetch_and_add(born, 1) + 1) << 12 | (bpf_get_smp_processor_id() & 0xfff);
}

/* A link. `callers` are full return addresses, or NULL; what `offset` is, the kind says. */
static __always_inline void tell_edge_at(__u64 packet, __u64 parent, __u64 child,
					 enum edge_kind kind, enum evidence evidence,
					 const __u64 *callers, __u32 offset)
{
	struct edge_record *record = reserve(sizeof(*record));

	if (!record)
		return;
	__builtin_memset(record, 0, sizeof(*record));
	record->time = bpf_ktime_get_ns();
	record->packet_id = packet;
	record->skb_id = child;
	record->parent = parent;
	if (callers)
		for (int i = 0; i < EDGE_CALLERS; i++)
			record->callers[i] = callers[i];
	record->offset = offset;
	record->edge = kind;
	record->cpu = bpf_get_smp_processor_id();
	record->kind = RECORD_EDGE;
	record->evidence = evidence;
	submit(record);
}

static __always_inline void tell_edge(__u64 packet, __u64 parent, __u64 child, enum edge_kind kind,
				      enum evidence evidence, const __u64 *callers)
{
	tell_edge_at(packet, parent, child, kind, evidence, callers, 0);
}

static __always_inline void tell_gone(const struct skb_entry *e, enum gone_flag flags)
{
	struct event *record = reserve_event(RECORD_GONE);

	if (!record)
		return;
	record->packet_id = e->packet_id;
	record->skb_id = e->skb_id;
	record->arg = e->time;
	record->netns = e->netns;
	record->ifindex = e->ifindex;
	record->counter = e->counter;
	record->hook = e->hook;
	record->flags = flags;
	submit(record);
}

static __always_inline void enter_head(__u64 head, const struct head_entry *entry)
{
	if (bpf_map_update_elem(&heads, &head, entry, BPF_ANY))
		count(COUNTER_UNTRACKED);
}

/* Forgets who had this memory, unless it is another's by now. */
static __always_inline void leave_head(__u64 head, __u64 skb_id)
{
	struct head_entry *known = bpf_map_lookup_elem(&heads, &head);

	if (known && known->skb_id == skb_id)
		bpf_map_delete_elem(&heads, &head);
}

/*
 * What may be done for an skb that is not known: give it a new id (at tag points), look for the
 * packet that it is a clone of, or nothing.
 */
enum wanted {
	KNOWN = 0,
	CLONES = 1 << 0,
	TAG = 1 << 1,
};

#endif
