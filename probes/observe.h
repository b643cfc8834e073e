/* SPDX-License-Identifier: GPL-2.0-only */
/* One packet at one hook: from the skb to the event in the ring. Common to all families. */
#ifndef TRAITRACE_OBSERVE_H
#define TRAITRACE_OBSERVE_H

#include "context.h"
#include "headers.h"
#include "hold.h"
#include "identity.h"
#include "lineage.h"
#include "names.h"
#include "payload.h"
#include "recognition.h"
#include "transfer.h"
#include "tun.h"

struct place {
	struct net_device *dev;
	__u32 netns;
	__u32 ifindex;
};

static __always_inline struct place place_of(struct net_device *dev)
{
	struct place place = {};

	if (!dev)
		return place;
	place.dev = dev;
	place.ifindex = dev->ifindex;
	place.netns = dev->nd_net.net->ns.inum;
	return place;
}

static __always_inline struct place place_of_socket(const struct sock *sk)
{
	struct place place = {};

	place.netns = sk->__sk_common.skc_net.net->ns.inum;
	return place;
}

/*
 * The place for a capture filter inside the kernel. Until it is built, Java filters by snapshots,
 * and every packet is wanted here.
 */
static __always_inline bool captured_by_filter(struct scratch *s)
{
	return s->print.known;
}

/* What a hook knows beside the skb. All of it is constant but `arg`, `state` and `delivered`. */
struct observation {
	__u32 hook;
	__u32 wanted;
	__u64 arg;
	__u8 flags;	 /* to begin with */
	__u16 state;	 /* what the skb becomes by this */
	bool elsewhere;	 /* not at a device: a known skb stays where it was seen last */
	bool ends;	 /* the skb is freed here */
	bool queued;	 /* the skb comes from a queue: the verifier does not trust the pointer */
	bool leaves;	 /* where a socket's packets are first seen */
	bool enters;	 /* where those that are written to a TUN device are */
	__u32 delivered; /* bytes of it that the running process got */
};

static __always_inline void fill_event(struct event *event, struct sk_buff *skb,
				       const struct skb_entry *e, const struct observation *o,
				       __u16 counter, __u32 pid, __u8 flags)
{
	event->time = e->time;
	event->packet_id = e->packet_id;
	event->skb_id = e->skb_id;
	event->arg = o->arg;
	event->netns = e->netns;
	event->ifindex = e->ifindex;
	event->len = skb->len;
	event->mark = skb->mark;
	event->pid = pid;
	event->counter = counter;
	event->hook = o->hook;
	event->protocol = o->hook == HOOK_XSK_XMIT ? ethertype_in(skb) : bpf_ntohs(skb->protocol);
	event->cpu = bpf_get_smp_processor_id();
	event->kind = RECORD_EVENT;
	event->flags = flags;
	event->reserved = 0;
}

/* Writes the event. `s` is what the headers are, NULL where they are not to be read. */
static __always_inline void report(struct sk_buff *skb, struct skb_entry *e, struct scratch *s,
				   const struct observation *o, __u8 flags)
{
	__u16 counter;
	__u32 pid = 0;

	if (in_softirq()) {
		flags |= EVENT_SOFTIRQ;
	} else {
		pid = bpf_get_current_pid_tgid() >> 32;
		if (pid)
			tell_task();
	}
	if (s && (flags & EVENT_FIRST || e->changed != s->changed))
		flags |= EVENT_SNAPSHOT;
	if (BPF_CORE_READ_BITFIELD_PROBED(skb, cloned))
		flags |= EVENT_CLONED;
	if (skb->data_len)
		flags |= EVENT_NONLINEAR;

	/* Counted before there is room for it: a gap in the numbers is a lost event. */
	counter = e->counter++;
	e->time = bpf_ktime_get_ns();
	e->hook = o->hook;
	e->state |= o->state | SKB_SEEN;
	if (!o->ends)
		e->state &= ~SKB_IN_XDP;
	if (s) {
		e->changed = s->changed;
		if (s->print.known)
			e->print = s->print;
	}

	if (flags & EVENT_SNAPSHOT) {
		struct pictured_event *record = reserve(sizeof(*record));

		if (record) {
			fill_event(&record->event, skb, e, o, counter, pid, flags);
			__builtin_memcpy(&record->snapshot, &s->snapshot,
					 sizeof(s->snapshot) - SNAPSHOT_BYTES);
			__builtin_memcpy(record->snapshot.data, s->window, SNAPSHOT_BYTES);
			submit(record);
		}
	} else {
		struct event *record = reserve(sizeof(*record));

		if (record) {
			fill_event(record, skb, e, o, counter, pid, flags);
			submit(record);
		}
	}
	if (s)
		tell_payload(skb, s, e, counter, !o->queued);
}

/* What this event says of packets that go into a process or come out of one. */
static __always_inline void cross(struct sk_buff *skb, const struct skb_entry *e,
				  const struct observation *o, __u8 flags)
{
	if (o->delivered)
		tell_delivery(e, o->delivered);
	if (o->hook == HOOK_CONSUME_SKB && e->state & SKB_READ_BY_TUN)
		got_from_tun(skb);
	if (!o->leaves && !o->enters)
		return;
	if (!(flags & EVENT_FIRST) || e->parent || e->packet_id != e->skb_id)
		return;
	if (o->leaves)
		emitted_by_socket(skb, e);
	if (o->enters)
		emitted_by_tun(skb, e);
}

static __always_inline __u64 look_at(struct sk_buff *skb, struct place place, struct observation o)
{
	struct scratch *s;
	struct skb_entry *e;
	__u8 flags = o.flags;
	__u64 id;

	/* Most skbs that are freed were never on a network: for them this is all. */
	if (config.lineage) {
		e = entry_of(skb);
		if (!e && !(o.wanted & TAG))
			return 0;
		if (e && told(e, o.hook)) {
			id = e->skb_id;
			if (o.ends)
				delete_entry(skb);
			return id;
		}
	} else if (!(o.wanted & TAG) && !may_be_known(skb, o.wanted)) {
		return 0;
	}
	s = read_headers(skb, o.hook);
	if (config.lineage) {
		e = follow(skb, s, o.wanted, &flags);
	} else {
		if (!s || !captured_by_filter(s))
			return 0;
		e = recognise(skb, s, o.hook, o.wanted, place.netns, place.ifindex, &flags);
	}
	if (!e)
		return 0;
	tell_once(e, o.hook);
	id = e->skb_id;

	if (flags & EVENT_FIRST ? place.netns != 0 : !o.elsewhere) {
		if (place.dev &&
		    (flags & EVENT_FIRST || e->netns != place.netns || e->ifindex != place.ifindex))
			tell_device(place.dev, place.netns, place.ifindex);
		e->netns = place.netns;
		e->ifindex = place.ifindex;
	}
	report(skb, e, s, &o, flags);
	if (config.user_space)
		cross(skb, e, &o, flags);
	if (o.ends) {
		if (config.lineage)
			end(skb, e, o.hook == HOOK_CONSUME_SKB);
		else
			lose(skb, e);
	}
	return id;
}

/* One packet at one hook. Returns the id of the skb, 0 if it is not traced. */
static __always_inline __u64 observe(struct sk_buff *skb, struct place place, struct observation o)
{
	__u64 id;

	hold_cpu();
	id = look_at(skb, place, o);
	release_cpu();
	return id;
}

#define OBSERVE(skb, place, ...) observe(skb, place, (struct observation){__VA_ARGS__})

/*
 * A followed skb at a hook where it has no headers yet, or none that changed. Only in the lineage
 * family: there the entry is what it says.
 */
static __always_inline void mention(struct sk_buff *skb, struct skb_entry *e, struct place place,
				    struct observation o)
{
	__u8 flags = o.flags;

	if (!(e->state & SKB_SEEN)) {
		flags |= EVENT_FIRST;
		if (place.netns) {
			e->netns = place.netns;
			e->ifindex = place.ifindex;
		}
	}
	hold_cpu();
	report(skb, e, 0, &o, flags);
	release_cpu();
}

#define MENTION(skb, e, place, ...) mention(skb, e, place, (struct observation){__VA_ARGS__})

#endif
