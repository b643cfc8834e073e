/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Processes that are a network's other end: reads from and writes to TUN and TAP devices
 * (drivers/net/tun.c). A read takes one packet, a write makes one.
 */
#ifndef TRAITRACE_TUN_H
#define TRAITRACE_TUN_H

#include "transfer.h"

static __always_inline bool is_tun(const struct net_device *dev)
{
	__u32 kind = 0;

	bpf_probe_read_kernel(&kind, sizeof(kind), dev->rtnl_link_ops->kind);
	return kind == 0x006e7574; /* "tun", of TAP devices too */
}

/* The requests of io_urings for the TUN devices of the running process. */
static __always_inline struct request_key requests_for_tun(bool receives)
{
	return (struct request_key){
	    .of = bpf_get_current_pid_tgid() >> 32, .receives = receives, .tun = 1};
}

/*
 * Whether the running call reads from (or writes to) /dev/net/tun, or an io_uring may have it do
 * that.
 */
static __always_inline bool call_is_on_tun(struct thread *t, bool receives)
{
	struct call *c = &t->call;

	read_call(c);
	if (c->what == CALL_OTHER) {
		struct request_key key = requests_for_tun(receives);

		return by_uring() && bpf_map_lookup_elem(&requests, &key);
	}
	if (receives ? c->what != CALL_READ && c->what != CALL_READV
		     : c->what != CALL_WRITE && c->what != CALL_WRITEV)
		return false;
	c->file = file_of(c->fd);
	return is_tun_file((void *)c->file);
}

/* The device keeps its packets' place, unlike the queue of a UDP socket. */
static __always_inline bool is_read_from_tun(const struct sk_buff *skb)
{
	struct thread *t;

	if (!config.user_space || skb->sk)
		return false;
	t = this_thread();
	return t && call_is_on_tun(t, true) && is_tun(skb->dev);
}

static __always_inline void tell_tun(struct thread *t, const struct sk_buff *skb, __s32 bytes,
				     __u16 hook)
{
	struct file *file = (void *)t->call.file;
	struct transfer x = {};

	x.socket = (__u64)BPF_CORE_READ(file, private_data);
	x.netns = skb->dev->nd_net.net->ns.inum;
	x.fd = t->call.fd;
	x.bytes = bytes;
	x.hook = hook;
	x.call = t->call.what;
	if (t->call.what == CALL_OTHER)
		x.flags |= TRANSFER_URING;
	hash_parts(t);
	tell_transfer(t, &x);
}

/* How many bytes precede this packet in memory that was read from the device; negative = unknown.
 */
static __always_inline int headers_before(struct thread *t, const struct sk_buff *skb)
{
	__u64 first = 0;

	if (bpf_probe_read_kernel(&first, sizeof(first), skb->data) ||
	    bpf_probe_read_user(t->bytes, TUN_HEADERS + sizeof(first), (void *)t->part[0].address))
		return -1;
	for (__u32 at = 0; at <= TUN_HEADERS; at += 2)
		if (*(__u64 *)(t->bytes + at) == first)
			return at;
	return -1;
}

/*
 * Lays out what the running call reads, by what it says, and answers how many bytes that are. What
 * the call will answer is not known, so how long the headers before the packet are is seen by
 * looking for it.
 */
static __always_inline __u32 lay_out_read(struct thread *t, const struct sk_buff *skb)
{
	__u32 len = skb->len;
	int headers;

	lay_out_call(t, ~0ULL, 0, 1);
	headers = headers_before(t, skb);
	if (headers < 0) {
		no_parts(t);
		return len;
	}
	len += headers;
	if (vlan_present(skb))
		len += 4;
	lay_out_call(t, len, 0, 1);
	return len;
}

static __always_inline __u32 lay_out_write(struct thread *t)
{
	lay_out_call(t, ~0ULL, 0, 1);
	return t->room;
}

/* Likewise where an io_uring moves it: only its request knows. */
static __always_inline __u32 lay_out_tun_request(struct thread *t, const struct sk_buff *skb,
						 bool receives)
{
	struct move m = {
	    .key = requests_for_tun(receives),
	    .bytes = skb->len,
	    .packet = (__u64)skb->data,
	    .linear = skb->len - skb->data_len,
	};
	__u32 len = skb->len;

	no_parts(t);
	switch (find_request(t, &m)) {
	case FITS_BEHIND:
		len = m.behind;
		lay_out_iterator(t, len);
		break;
	case FITS_AHEAD:
		/* Linux before 6.10: the request says as much as a call. */
		t->call.what = receives ? CALL_READ : CALL_WRITE;
		len = receives ? lay_out_read(t, skb) : lay_out_write(t);
		t->call.what = CALL_OTHER;
		break;
	}
	return len;
}

/*
 * The packet that the running process reads is done with: its bytes are in the process's memory by
 * now.
 */
static __always_inline void got_from_tun(const struct sk_buff *skb)
{
	struct thread *t = this_thread();
	__u32 len;

	if (!t || !call_is_on_tun(t, true))
		return;
	len = t->call.what == CALL_OTHER ? lay_out_tun_request(t, skb, true) : lay_out_read(t, skb);
	tell_tun(t, skb, len, HOOK_SOCK_RECV_LENGTH);
}

/* A packet that nobody knew came from a TUN device, in a task. It belongs to the device's queue. */
static __always_inline void emitted_by_tun(const struct sk_buff *skb, const struct skb_entry *e)
{
	struct thread *t;
	__u32 len;

	if (!is_tun(skb->dev))
		return;
	t = this_thread();
	if (!t || !call_is_on_tun(t, false))
		return;
	tell_emission(t, e);
	len = t->call.what == CALL_OTHER ? lay_out_tun_request(t, skb, false) : lay_out_write(t);
	tell_tun(t, skb, len, HOOK_SOCK_SEND_LENGTH);
	t->emitted = 0;
}

#endif
