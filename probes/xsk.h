/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * AF_XDP in copy mode: frames that the kernel copies into the memory that a process shares with it,
 * a umem, and out of it (net/xdp/xsk.c, Linux 6.1 to 7.2). The process makes no call for a frame,
 * so whoever is running tells of it.
 *
 * A umem is mapped into the kernel once, whichever sockets share it: an address there is a place in
 * a chunk of this umem and of no other.
 */
#ifndef TRAITRACE_XSK_H
#define TRAITRACE_XSK_H

#include "observe.h"

/* The process that was seen to use an AF_XDP socket, by the socket's address. LRU: it is seen
 * again. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, __u64);
	__type(value, __u32);
} xsk_owners SEC(".maps");

/* Room to look at a frame in, where no thread is concerned: bottom halves are off. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct thread);
} xsk_frames SEC(".maps");

/* Address of the skb that generic XDP redirected last on this CPU. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} xdp_redirected SEC(".maps");

/* The running process uses this socket. */
static __always_inline void own_xsk(const struct sock *sk)
{
	__u32 pid = bpf_get_current_pid_tgid() >> 32;
	__u64 address = (__u64)sk;
	__u32 *known;

	if (!address || !is_process())
		return;
	known = bpf_map_lookup_elem(&xsk_owners, &address);
	if (known && *known == pid)
		return;
	bpf_map_update_elem(&xsk_owners, &address, &pid, BPF_ANY);
	tell_task();
}

static __always_inline __u32 owner_of_xsk(const void *xs)
{
	__u64 address = (__u64)xs;
	__u32 *pid = bpf_map_lookup_elem(&xsk_owners, &address);

	return pid ? *pid : 0;
}

static __always_inline void set_redirected(const struct sk_buff *skb)
{
	__u32 zero = 0;
	__u64 *last = bpf_map_lookup_elem(&xdp_redirected, &zero);

	if (last)
		*last = (__u64)skb;
}

/* Where the socket is; as bare addresses. */
static __always_inline struct place place_of_xsk(const struct xdp_sock *xs)
{
	struct net_device *dev = BPF_CORE_READ(xs, dev);
	struct place place = {};

	place.dev = dev;
	place.netns = BPF_CORE_READ(dev, nd_net.net, ns.inum);
	place.ifindex = BPF_CORE_READ(dev, ifindex);
	return place;
}

static __always_inline __u32 mapped_byte(__u64 address)
{
	__u8 byte = 0;

	bpf_probe_read_kernel(&byte, sizeof(byte), (void *)address);
	return byte;
}

static __always_inline __u32 mapped_short(__u64 address)
{
	__be16 word = 0;

	bpf_probe_read_kernel(&word, sizeof(word), (void *)address);
	return bpf_ntohs(word);
}

/*
 * The parts of a frame that programs change each for itself: the Ethernet header, the IP header,
 * that of the transport, and the rest. The first is not hashed: it is the same in all frames
 * between two hosts.
 */
__noinline int lay_out_frame(struct thread *t, __u64 address, __u32 len)
{
	__u32 length[TRANSFER_PARTS - 1] = {ETHERNET_HEADER};
	__u32 type, protocol = 0, at = 0;

	if (!t)
		return 0;
	no_parts(t);
	t->mapped = 1;
	type = mapped_short(address + ETHERNET_HEADER - 2);
	for (int tags = 0; tags < 2; tags++) {
		if (type != ETH_P_8021Q && type != ETH_P_8021AD)
			break;
		type = mapped_short(address + length[0] + 2);
		length[0] += 4;
	}
	if (type == ETH_P_IP) {
		length[1] = (mapped_byte(address + length[0]) & 0xf) * 4;
		protocol = mapped_byte(address + length[0] + 9);
	} else if (type == ETH_P_IPV6) {
		length[1] = 40;
		protocol = mapped_byte(address + length[0] + 6);
	}
	if (protocol == IPPROTO_UDP || protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6)
		length[2] = 8;
	else if (protocol == IPPROTO_TCP)
		length[2] = (mapped_byte(address + length[0] + length[1] + 12) >> 4) * 4;
	for (int i = 0; i < TRANSFER_PARTS - 1; i++) {
		__u32 n = length[i] < len - at ? length[i] : len - at;

		add_part(t, address + at, n);
		at += n;
	}
	add_part(t, address + at, len - at);
	for (__u32 i = 1; i < TRANSFER_PARTS; i++)
		hash_part(t, i);
	return 0;
}

static __always_inline void begin_frame(struct transfer *x, const void *sk, __u64 skb_id,
					__u32 bytes, __u16 hook)
{
	const struct sock *socket = sk;

	x->socket = (__u64)sk;
	x->cookie = BPF_CORE_READ(socket, __sk_common.skc_cookie.counter);
	x->netns = BPF_CORE_READ(socket, __sk_common.skc_net.net, ns.inum);
	x->next = skb_id;
	x->fd = -1;
	x->bytes = bytes;
	x->hook = hook;
	x->family = AF_XDP;
}

/* What is known of a frame: of the skb that it is, or was. */
struct frame {
	__u64 packet_id;
	__u64 skb_id;
	__u16 counter;
};

/*
 * Whose frame this is. Generic XDP has it in an skb. Else its skb ended before (`end` of
 * lineage.h), and the frame ends now: either way, the other copy of the program finds nothing more
 * to tell.
 */
static __always_inline bool take_frame(const struct xdp_buff *xdp, struct frame *frame)
{
	__u64 place = (__u64)xdp->data_hard_start;
	__u32 zero = 0;
	__u64 *last = bpf_map_lookup_elem(&xdp_redirected, &zero);
	struct head_entry *was;

	if (last && *last) {
		const struct sk_buff *skb = (void *)*last;
		struct skb_entry *e = entry_of(skb);

		if (e && !(e->state & SKB_ENDED) && (__u64)BPF_CORE_READ(skb, head) == place) {
			if (told(e, HOOK_XSK_RCV))
				return false;
			frame->packet_id = e->packet_id;
			frame->skb_id = e->skb_id;
			frame->counter = e->counter++;
			e->time = bpf_ktime_get_ns();
			e->hook = HOOK_XSK_RCV;
			e->state |= SKB_DELIVERED;
			return true;
		}
	}
	was = bpf_map_lookup_elem(&heads, &place);
	if (!was)
		return false;
	frame->packet_id = was->packet_id;
	frame->skb_id = was->skb_id;
	frame->counter = was->counter;
	bpf_map_delete_elem(&heads, &place);
	return true;
}

/* The newest entry of the receive ring, which the process does not see yet; 0 = it is no such
 * frame.
 */
static __always_inline __u64 newest_chunk(const struct xdp_sock *xs, __u32 len)
{
	const struct xsk_queue *rx = BPF_CORE_READ(xs, rx);
	const struct xsk_buff_pool *pool = BPF_CORE_READ(xs, pool);
	__u32 index = (BPF_CORE_READ(rx, cached_prod) - 1) & BPF_CORE_READ(rx, ring_mask);
	struct xdp_rxtx_ring *ring = BPF_CORE_READ(rx, ring);
	__u64 entries = (__u64)ring + bpf_core_field_offset(ring->desc);
	struct xdp_desc newest = {};
	__u64 at;

	if (bpf_probe_read_kernel(&newest, sizeof(newest),
				  (void *)(entries + index * sizeof(newest))))
		return 0;
	at = newest.addr;
	/* include/uapi/linux/if_xdp.h: XSK_UNALIGNED_BUF_OFFSET_SHIFT */
	if (BPF_CORE_READ(pool, unaligned))
		at = (at & ((1ULL << 48) - 1)) + (at >> 48);
	if (newest.len != len || at + len > BPF_CORE_READ(pool, addrs_cnt))
		return 0;
	return (__u64)BPF_CORE_READ(pool, addrs) + at;
}

/* The kernel copied a frame into a umem, or could not. */
static __always_inline void received_by_xsk(const struct xdp_sock *xs, const struct xdp_buff *xdp,
					    int error)
{
	__u32 len = (__u32)((__u64)xdp->data_end - (__u64)xdp->data);
	struct place place = place_of_xsk(xs);
	struct frame frame = {};
	struct transfer x = {};
	struct event *event;
	struct thread *t;
	__u32 zero = 0;
	__u64 chunk;

	if (!take_frame(xdp, &frame))
		return;
	tell_device(place.dev, place.netns, place.ifindex);
	event = reserve_event(RECORD_EVENT);
	if (event) {
		event->packet_id = frame.packet_id;
		event->skb_id = frame.skb_id;
		if (error)
			event->arg = bpf_core_enum_value(enum skb_drop_reason, SKB_DROP_REASON_XDP)
					 << 32 |
				     (__u32)-error;
		event->netns = place.netns;
		event->ifindex = place.ifindex;
		event->len = len;
		event->counter = frame.counter;
		event->hook = HOOK_XSK_RCV;
		event->protocol = mapped_short((__u64)xdp->data + ETHERNET_HEADER - 2);
		event->flags = EVENT_SOFTIRQ;
		submit(event);
	}
	if (error || !config.user_space)
		return;
	t = bpf_map_lookup_elem(&xsk_frames, &zero);
	if (!t)
		return;
	chunk = newest_chunk(xs, len);
	if (chunk) {
		lay_out_frame(t, chunk, len);
	} else {
		no_parts(t);
		t->partly = 1;
	}
	begin_frame(&x, xs, frame.skb_id, len, HOOK_SOCK_RECV_LENGTH);
	tell_transfer_of((__u64)owner_of_xsk(xs) << 32, t, &x);
}

/*
 * The kernel copied `len` bytes of a umem to a new skb, in a call of the process. More chunks may
 * follow in the same packet.
 */
static __always_inline void sent_from_xsk(const struct sock *sk, __u64 skb_id, __u64 address,
					  __u32 len)
{
	struct thread *t = this_thread();
	struct transfer x = {};

	if (!t || told_by(t, TOLD_BY_UMEM))
		return;
	own_xsk(sk);
	read_call(&t->call);
	begin_frame(&x, sk, skb_id, len, HOOK_SOCK_SEND_LENGTH);
	if (t->call.what == CALL_SENDTO && file_of(t->call.fd) == file_of_socket(sk)) {
		x.call = t->call.what;
		x.fd = t->call.fd;
		x.message = t->call.message;
	}
	lay_out_frame(t, address, len);
	tell_transfer(t, &x);
}

#endif
