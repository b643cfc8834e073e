/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The headers of an skb: the bytes for a snapshot, and the fingerprint of the innermost IP header.
 *
 * The fingerprint is kept in parts, because each may change for reasons of its own:
 *   address   addresses and ports: NAT rewrites them
 *   core      protocol, IP id, TCP sequence numbers, ICMP type: nothing on the way changes them
 *   payload   the first 16 bytes behind the transport header; 0 = not known
 *   length    of the IP packet: grows when packets are coalesced or reassembled
 *   fragment  offset in units of 8 bytes, 0x2000 = more fragments
 */
#ifndef TRAITRACE_HEADERS_H
#define TRAITRACE_HEADERS_H

#include "config.h"
#include "event.h"

/* Ethernet + IPv6 + UDP + VXLAN + Ethernet + IPv6 + TCP without options + 16 bytes of payload. */
#define WINDOW_BYTES 160
/* An offset is masked to 8 bits, what is read there ends within 64 bytes. */
#define WINDOW_ROOM	(256 + 64)
#define MAX_TUNNELS	3
#define MORE_FRAGMENTS	0x2000
#define FRAGMENT_OFFSET 0x1fff

struct fingerprint {
	__u32 address;
	__u32 core;
	__u32 payload;
	__u16 length;
	__u16 fragment;
	__u8 known;	  /* an IP or ARP header was found */
	__u8 distinct;	  /* core is very likely different in any other packet of this flow */
	__u16 payload_at; /* of the transport payload, from the start of the window */
};

/* Per hook, twin and CPU: a program never runs inside itself, but another one may run inside it. */
struct scratch {
	struct fingerprint print;
	__u32 captured; /* bytes valid in window */
	__u32 network;	/* offset of the network header in window */
	__u32 start;	/* offset of the window in skb->head */
	__u32 tail;	/* end of the linear data in skb->head */
	__u32 changed;	/* hash of what a snapshot shows */
	__u32 nonlinear;
	struct snapshot snapshot; /* without its data, which is the window's first bytes */
	__u8 window[WINDOW_ROOM];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2 * HOOK_COUNT);
	__type(key, __u32);
	__type(value, struct scratch);
} scratches SEC(".maps");

static __always_inline __u32 mix(__u32 hash, __u32 word)
{
	hash ^= word;
	hash *= 0x9e3779b1;
	return hash ^ (hash >> 15);
}

static __always_inline __u32 byte_at(struct scratch *s, __u32 at)
{
	return s->window[at & 0xff];
}

static __always_inline __u32 short_at(struct scratch *s, __u32 at)
{
	return bpf_ntohs(*(__be16 *)(s->window + (at & 0xff)));
}

/* In network byte order: for hashing only. */
static __always_inline __u32 word_at(struct scratch *s, __u32 at)
{
	return *(__be32 *)(s->window + (at & 0xff));
}

static __always_inline __u32 hash_bytes16(struct scratch *s, __u32 at, __u32 hash)
{
	hash = mix(hash, word_at(s, at));
	hash = mix(hash, word_at(s, at + 4));
	hash = mix(hash, word_at(s, at + 8));
	return mix(hash, word_at(s, at + 12));
}

static __always_inline void fingerprint_payload(struct scratch *s, __u32 at)
{
	struct fingerprint *p = &s->print;
	__u32 hash;

	p->payload_at = at;
	/* Data may move between page fragments and the linear part: only a full reading counts. */
	if (at >= s->captured || (at + 16 > s->captured && s->nonlinear))
		return;
	hash = hash_bytes16(s, at, 0x7f4a7c15);
	p->payload = hash ? hash : 1;
}

/*
 * One IP header and what it carries. Returns the offset of an IP header inside it, or 0.
 *
 * Global, as fingerprint() is: the verifier then looks at it once, not for every path that leads
 * here.
 */
__noinline __u32 fingerprint_ip(struct scratch *s, __u32 at)
{
	__u32 version, protocol, l4, address, core, room, next, fragment = 0;
	struct fingerprint *p;

	if (!s)
		return 0;
	p = &s->print;
	version = byte_at(s, at) >> 4;
	room = s->captured;
	p->payload = 0;
	p->distinct = 0;
	if (version == 4 && at + 20 <= room) {
		__u32 id = short_at(s, at + 4);

		protocol = byte_at(s, at + 9);
		l4 = at + (byte_at(s, at) & 0xf) * 4;
		fragment = short_at(s, at + 6) & (MORE_FRAGMENTS | FRAGMENT_OFFSET);
		address = mix(mix(4, word_at(s, at + 12)), word_at(s, at + 16));
		core = mix(mix(4, protocol), id);
		p->distinct = id != 0;
		p->length = short_at(s, at + 2);
	} else if (version == 6 && at + 40 <= room) {
		protocol = byte_at(s, at + 6);
		l4 = at + 40;
		address = hash_bytes16(s, at + 24, hash_bytes16(s, at + 8, 6));
		p->length = short_at(s, at + 4) + 40;
		/* Hop-by-hop, routing or destination options: two of them are walked. */
		if (protocol == 0 || protocol == 43 || protocol == 60) {
			protocol = byte_at(s, l4);
			l4 += (byte_at(s, l4 + 1) + 1) * 8;
		}
		if (protocol == 43 || protocol == 60) {
			protocol = byte_at(s, l4);
			l4 += (byte_at(s, l4 + 1) + 1) * 8;
		}
		core = 6;
		if (protocol == 44) {
			__u32 word = short_at(s, l4 + 2);

			fragment = (word >> 3) | (word & 1 ? MORE_FRAGMENTS : 0);
			core = mix(core, word_at(s, l4 + 4));
			protocol = byte_at(s, l4);
			l4 += 8;
			p->distinct = 1;
		}
		core = mix(core, protocol);
	} else {
		return 0;
	}
	p->known = 1;
	p->fragment = fragment;
	p->address = address;
	p->core = core;
	if (fragment & FRAGMENT_OFFSET) {
		fingerprint_payload(s, l4);
		return 0;
	}

	switch (protocol) {
	case IPPROTO_TCP:
		if (l4 + 20 > room)
			return 0;
		p->address = mix(address, word_at(s, l4));
		p->core = mix(mix(core, word_at(s, l4 + 4)), word_at(s, l4 + 8));
		p->distinct = 1;
		/* Sequence numbers tell more than bytes, which may lie in page fragments. */
		p->payload_at = l4 + (byte_at(s, l4 + 12) >> 4) * 4;
		return 0;
	case IPPROTO_UDP:
		if (l4 + 8 > room)
			return 0;
		p->address = mix(address, word_at(s, l4));
		fingerprint_payload(s, l4 + 8);
		next = short_at(s, l4 + 2);
		if (next == 4789 || next == 8472) /* VXLAN: IANA's port and the kernel's first */
			next = l4 + 8 + 8 + 14;
		else if (next == 6081) /* Geneve */
			next = l4 + 8 + 8 + (byte_at(s, l4 + 8) & 0x3f) * 4 + 14;
		else
			return 0;
		return next + 20 <= room ? next : 0;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		if (l4 + 8 > room)
			return 0;
		/* Masquerading rewrites the id of an echo as it does a port. */
		p->address = mix(address, short_at(s, l4 + 4));
		p->core = mix(mix(core, short_at(s, l4)), short_at(s, l4 + 6));
		fingerprint_payload(s, l4 + 8);
		return 0;
	case IPPROTO_GRE: {
		__u32 flags = short_at(s, l4);
		__u32 type = short_at(s, l4 + 2);

		next = l4 + 4;
		next += flags & 0x8000 ? 4 : 0; /* checksum */
		next += flags & 0x2000 ? 4 : 0; /* key */
		next += flags & 0x1000 ? 4 : 0; /* sequence number */
		if (type == ETH_P_TEB)
			next += 14;
		else if (type != ETH_P_IP && type != ETH_P_IPV6)
			return 0;
		return next + 20 <= room ? next : 0;
	}
	case IPPROTO_IPIP:
	case IPPROTO_IPV6:
		return l4 + 20 <= room ? l4 : 0;
	case IPPROTO_ESP:
		p->core = mix(mix(core, word_at(s, l4)), word_at(s, l4 + 4));
		p->distinct = 1;
		return 0;
	default:
		fingerprint_payload(s, l4);
		return 0;
	}
}

__noinline int fingerprint(struct scratch *s, __u32 protocol)
{
	__u32 at;

	if (!s)
		return 0;
	at = s->network;
	__builtin_memset(&s->print, 0, sizeof(s->print));
	for (int tags = 0; tags < 2; tags++) {
		if (protocol != ETH_P_8021Q && protocol != ETH_P_8021AD)
			break;
		protocol = short_at(s, at + 2);
		at += 4;
	}
	if (protocol == ETH_P_ARP) {
		if (at + 28 > s->captured)
			return 0;
		s->print.known = 1;
		s->print.core = mix(ETH_P_ARP, short_at(s, at + 6));
		s->print.address = mix(word_at(s, at + 14), word_at(s, at + 24));
		return 0;
	}
	if (protocol != ETH_P_IP && protocol != ETH_P_IPV6)
		return 0;
	for (int depth = 0; depth <= MAX_TUNNELS; depth++) {
		at = fingerprint_ip(s, at);
		if (!at)
			return 0;
	}
	return 0;
}

/* Where a received skb's network header is: the stack has not set it yet at these hooks. */
static __always_inline bool network_is_data(__u32 hook)
{
	return hook == HOOK_NETIF_RX || hook == HOOK_NETIF_RECEIVE_SKB ||
	       hook == HOOK_NAPI_GRO_RECEIVE || hook == HOOK_NAPI_GRO_FRAGS;
}

/* AF_XDP fills in nothing but the bytes, which begin with an Ethernet header. */
#define ETHERNET_HEADER 14

static __always_inline __u32 ethertype_in(const struct sk_buff *skb)
{
	__be16 type = 0;

	bpf_probe_read_kernel(&type, sizeof(type), skb->data + ETHERNET_HEADER - sizeof(type));
	return bpf_ntohs(type);
}

/* Offset of the network header in skb->head. */
static __always_inline __u32 network_of(const struct sk_buff *skb, __u32 hook)
{
	__u32 data = (__u32)(skb->data - skb->head);

	if (hook == HOOK_XSK_XMIT)
		return data + ETHERNET_HEADER;
	return network_is_data(hook) ? data : skb->network_header;
}

/*
 * What the network header is. IP says so itself when a packet of this host leaves it, and fills in
 * the length at the same moment (net/ipv4/ip_output.c, __ip_local_out; net/ipv6/output_core.c,
 * __ip6_local_out): at these hooks both are still to come.
 */
static __always_inline __u32 protocol_of(const struct sk_buff *skb, __u32 hook)
{
	if (hook == HOOK_IP_LOCAL_OUT)
		return ETH_P_IP;
	if (hook == HOOK_IP6_LOCAL_OUT)
		return ETH_P_IPV6;
	if (hook == HOOK_XSK_XMIT)
		return ethertype_in(skb);
	return bpf_ntohs(skb->protocol);
}

static __always_inline void fill_in_length(struct scratch *s, __u32 len, __u32 hook)
{
	if (hook == HOOK_IP_LOCAL_OUT)
		*(__be16 *)(s->window + ((s->network + 2) & 0xff)) = bpf_htons(len);
	else if (hook == HOOK_IP6_LOCAL_OUT)
		*(__be16 *)(s->window + ((s->network + 4) & 0xff)) = bpf_htons(len - 40);
}

static __always_inline bool vlan_present(const struct sk_buff *skb)
{
	const struct sk_buff___vlan_present *old = (void *)skb;

	if (bpf_core_field_exists(skb->vlan_all))
		return skb->vlan_all != 0;
	if (bpf_core_field_exists(old->vlan_present))
		return BPF_CORE_READ_BITFIELD_PROBED(old, vlan_present);
	return false;
}

/*
 * Reads the headers of an skb into the scratch of this hook. NULL if it has none; whether identity
 * can hold on to them, the fingerprint says (`known`).
 */
static __always_inline struct scratch *read_headers(struct sk_buff *skb, __u32 hook)
{
	__u32 mine = config.twin ? HOOK_COUNT + hook : hook;
	struct scratch *s = bpf_map_lookup_elem(&scratches, &mine);
	unsigned char *head = skb->head;
	__u32 network = network_of(skb, hook);
	__u32 mac = hook == HOOK_XSK_XMIT ? network - ETHERNET_HEADER : skb->mac_header;
	__u32 tail = skb->tail;
	__u32 protocol = protocol_of(skb, hook);
	struct skb_shared_info *shared = (void *)(head + skb->end);
	__u32 start, captured, hash;

	if (!s || network == 0 || network == 0xffff || network >= tail)
		return 0;
	/* A plausible L2 header lies in front of the network header and is short. */
	start = mac != 0xffff && mac < network && network - mac <= 64 ? mac : network;
	captured = tail - start;
	if (captured > WINDOW_BYTES)
		captured = WINDOW_BYTES;
	/*
	 * For Linux 6.1, which does not see that a 32-bit copy of a register is as bounded as the
	 * register that was compared (kernel/bpf/verifier.c, check_alu_op: such a copy gets no id).
	 */
	barrier_var(captured);
	captured &= 0xff;
	__builtin_memset(s->window, 0, sizeof(s->window));
	if (bpf_probe_read_kernel(s->window, captured, head + start))
		return 0;
	s->captured = captured;
	s->network = network - start;
	s->start = start;
	s->tail = tail;
	s->nonlinear = skb->data_len;
	fill_in_length(s, skb->len, hook);
	fingerprint(s, protocol);

	s->snapshot.captured = captured < SNAPSHOT_BYTES ? captured : SNAPSHOT_BYTES;
	s->snapshot.network = s->network;
	s->snapshot.gso_size = BPF_CORE_READ(shared, gso_size);
	s->snapshot.gso_segs = BPF_CORE_READ(shared, gso_segs);
	s->snapshot.vlan_present = vlan_present(skb);
	s->snapshot.vlan_tci = skb->vlan_tci;
	s->snapshot.ip_summed = BPF_CORE_READ_BITFIELD_PROBED(skb, ip_summed);
	s->snapshot.pkt_type = BPF_CORE_READ_BITFIELD_PROBED(skb, pkt_type);
	s->snapshot.encapsulation = BPF_CORE_READ_BITFIELD_PROBED(skb, encapsulation);
	s->snapshot.reserved = 0;

	hash = mix(s->snapshot.gso_size, s->snapshot.ip_summed | s->snapshot.vlan_present << 8);
	hash = mix(hash, s->snapshot.vlan_tci);
	/* From the network header on: the L2 header of a receiver differs only in being pulled. */
	for (int i = 0; i < SNAPSHOT_BYTES / 4; i++)
		hash = mix(hash, word_at(s, s->network + i * 4));
	s->changed = hash;
	return s;
}

#endif
