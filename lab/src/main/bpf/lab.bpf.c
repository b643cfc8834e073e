/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What BPF datapaths do to packets, one program per section, for scenarios to attach with tc or ip.
 *
 * Scenarios make the two devices between which packets are moved one right after the other, so that
 * the index of the second is that of the first plus 1: no map has to be filled.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>
#include <linux/udp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

/* The traffic of a scenario, as opposed to ARP and the warm-up. */
#define PORT 9000

static __always_inline struct udphdr *datagram(void *data, void *end)
{
	struct ethhdr *eth = data;
	struct iphdr *ip = (void *)(eth + 1);
	struct udphdr *udp = (void *)(ip + 1);

	if ((void *)(udp + 1) > end || eth->h_proto != bpf_htons(ETH_P_IP) || ip->ihl != 5 ||
	    ip->protocol != IPPROTO_UDP || udp->dest != bpf_htons(PORT))
		return 0;
	return udp;
}

SEC("tc/next")
int tc_redirect_to_next(struct __sk_buff *skb)
{
	return bpf_redirect(skb->ifindex + 1, 0);
}

SEC("tc/previous")
int tc_redirect_to_previous(struct __sk_buff *skb)
{
	return bpf_redirect(skb->ifindex - 1, 0);
}

/* Straight into the namespace of the next device's peer, without its queues. */
SEC("tc/peer")
int tc_redirect_to_peer(struct __sk_buff *skb)
{
	return bpf_redirect_peer(skb->ifindex + 1, 0);
}

SEC("tc/clone")
int tc_clone_to_next(struct __sk_buff *skb)
{
	if (datagram((void *)(long)skb->data, (void *)(long)skb->data_end))
		bpf_clone_redirect(skb, skb->ifindex + 1, 0);
	return TC_ACT_OK;
}

/* Writes to a packet whose bytes a clone shares: the kernel must give it a head of its own. */
SEC("tc/unclone")
int tc_write_after_clone(struct __sk_buff *skb)
{
	const int at = ETH_HLEN + (int)__builtin_offsetof(struct iphdr, tos);
	const int check = ETH_HLEN + (int)__builtin_offsetof(struct iphdr, check);
	__u8 tos = 0x20;

	if (!datagram((void *)(long)skb->data, (void *)(long)skb->data_end))
		return TC_ACT_OK;
	bpf_clone_redirect(skb, skb->ifindex + 1, 0);
	bpf_skb_store_bytes(skb, at, &tos, sizeof(tos), 0);
	bpf_l3_csum_replace(skb, check, 0, bpf_htons(tos), sizeof(__u16));
	return TC_ACT_OK;
}

SEC("tc/drop")
int tc_drop(struct __sk_buff *skb)
{
	return datagram((void *)(long)skb->data, (void *)(long)skb->data_end) ? TC_ACT_SHOT
									      : TC_ACT_OK;
}

SEC("xdp/pass")
int xdp_pass(struct xdp_md *ctx)
{
	return XDP_PASS;
}

SEC("xdp/drop")
int xdp_drop(struct xdp_md *ctx)
{
	return datagram((void *)(long)ctx->data, (void *)(long)ctx->data_end) ? XDP_DROP : XDP_PASS;
}

/* Sends a datagram back to where it came from; swapped fields leave checksums as they are. */
SEC("xdp/reflect")
int xdp_reflect(struct xdp_md *ctx)
{
	struct ethhdr *eth = (void *)(long)ctx->data;
	struct iphdr *ip = (void *)(eth + 1);
	struct udphdr *udp = datagram((void *)(long)ctx->data, (void *)(long)ctx->data_end);
	__u8 mac[ETH_ALEN];
	__be32 address;
	__be16 port;

	if (!udp)
		return XDP_PASS;
	__builtin_memcpy(mac, eth->h_source, ETH_ALEN);
	__builtin_memcpy(eth->h_source, eth->h_dest, ETH_ALEN);
	__builtin_memcpy(eth->h_dest, mac, ETH_ALEN);
	address = ip->saddr;
	ip->saddr = ip->daddr;
	ip->daddr = address;
	port = udp->source;
	udp->source = udp->dest;
	udp->dest = port;
	return XDP_TX;
}

SEC("xdp/next")
int xdp_redirect_to_next(struct xdp_md *ctx)
{
	return bpf_redirect(ctx->ingress_ifindex + 1, 0);
}

SEC("xdp/previous")
int xdp_redirect_to_previous(struct xdp_md *ctx)
{
	return bpf_redirect(ctx->ingress_ifindex - 1, 0);
}

char LICENSE[] SEC("license") = "GPL";
