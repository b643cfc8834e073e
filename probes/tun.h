/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Processes that are a network's other end: reads from and writes to TUN and TAP devices
 * (drivers/net/tun.c). A read takes one packet, a write makes one.
 */
#ifndef TRAITRACE_TUN_H
#define TRAITRACE_TUN_H

#include "transfer.h"

/* Documentation/admin-guide/devices.txt: /dev/net/tun, as the kernel keeps it. */
#define TUN_DEVICE (10u << 20 | 200)
/* What may precede a packet: packet information and a header for offloads. */
#define TUN_HEADERS 32

static __always_inline bool is_tun(const struct net_device *dev)
{
	__u32 kind = 0;

	bpf_probe_read_kernel(&kind, sizeof(kind), dev->rtnl_link_ops->kind);
	return kind == 0x006e7574; /* "tun", of TAP devices too */
}

/* Whether the running call reads from (or writes to) /dev/net/tun. */
static __always_inline bool call_is_on_tun(struct thread *t, bool receives)
{
	struct call *c = &t->call;
	struct file *file;

	read_call(c);
	if (receives ? c->what != CALL_READ && c->what != CALL_READV
		     : c->what != CALL_WRITE && c->what != CALL_WRITEV)
		return false;
	file = (void *)file_of(c->fd);
	return file && BPF_CORE_READ(file, f_inode, i_rdev) == TUN_DEVICE;
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
	struct file *file = (void *)file_of(t->call.fd);
	struct transfer x = {};

	x.socket = (__u64)BPF_CORE_READ(file, private_data);
	x.netns = skb->dev->nd_net.net->ns.inum;
	x.fd = t->call.fd;
	x.bytes = bytes;
	x.hook = hook;
	x.call = t->call.what;
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
 * The packet that the running process reads is done with: its bytes are in the process's memory by
 * now. What the call answers is not known here, so how long the headers before the packet are is
 * seen by looking for it.
 */
static __always_inline void got_from_tun(const struct sk_buff *skb)
{
	struct thread *t = this_thread();
	__u32 len = skb->len;
	int headers;

	if (!t || !call_is_on_tun(t, true))
		return;
	lay_out_call(t, ~0ULL, 0, 1);
	headers = headers_before(t, skb);
	if (headers >= 0) {
		len += headers;
		if (vlan_present(skb))
			len += 4;
		lay_out_call(t, len, 0, 1);
	} else {
		no_parts(t);
	}
	tell_tun(t, skb, len, HOOK_SOCK_RECV_LENGTH);
}

/* A packet that nobody knew came from a TUN device, in a task. It belongs to the device's queue. */
static __always_inline void emitted_by_tun(const struct sk_buff *skb, const struct skb_entry *e)
{
	struct thread *t;

	if (!is_tun(skb->dev))
		return;
	t = this_thread();
	if (!t || !call_is_on_tun(t, false))
		return;
	tell_emission(t, e);
	lay_out_call(t, ~0ULL, 0, 1);
	tell_tun(t, skb, t->room, HOOK_SOCK_SEND_LENGTH);
	t->emitted = 0;
}

#endif
