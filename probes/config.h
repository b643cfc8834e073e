/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the loader decides before the programs are loaded. It is the only read-only data of the
 * object; the verifier removes what it switches off, so an option that is not used costs nothing.
 */
#ifndef TRAITRACE_CONFIG_H
#define TRAITRACE_CONFIG_H

#include "event.h"
#include "hooks.h"

/*
 * No bytes: names the types of the ABI, which clang would otherwise leave out of BTF, where the
 * loader's tests look them up.
 */
struct abi {
	struct event event[0];
	struct edge_record edge_record[0];
	struct snapshot snapshot[0];
	struct pictured_event pictured_event[0];
	struct device_record device_record[0];
	struct task_record task_record[0];
	struct payload_record payload_record[0];
	struct transfer_record transfer_record[0];
	struct transfer_part transfer_part[0];
	struct redirect_record redirect_record[0];
	enum hook hook[0];
	enum nfqueue_judgement nfqueue_judgement[0];
	enum edge_kind edge_kind[0];
	enum gone_flag gone_flag[0];
	enum evidence evidence[0];
	enum transfer_flag transfer_flag[0];
	enum transfer_call transfer_call[0];
	enum part_flag part_flag[0];
};

struct config {
	__u32 ring_mask;	   /* number of rings - 1; the number is a power of two */
	__u32 payload_bytes;	   /* 0 = no payload records */
	__u32 payload_offset;	   /* in the innermost transport payload */
	__u8 has_consume_location; /* consume_skb tells where: Linux 6.4 on */
	__u8 has_reset_reason;	   /* tcp_send_reset tells why: Linux 6.10 on */
	__u8 has_udp_fail_skb;	   /* udp_fail_queue_rcv_skb tells the skb: Linux 6.10 on */
	/* Births, deaths and copies of skbs are all seen: an entry at an address is that skb's.
	 * Then all programs but those that look at a queue are attached twice. */
	__u8 lineage;
	/*
	 * This is the second copy of the programs. The one that runs first, FIRST_COPY of each
	 * family, always tells; the other one tells what that did not get to do, because the
	 * kernel skipped it.
	 */
	__u8 twin;
	__u8 user_space; /* tell which bytes go into processes and come out of them */
	/*
	 * Keep the CPU in programs that tell. Where the verifier knows which functions may sleep
	 * (Linux 6.15, kernel/bpf/verifier.c): before, it lets nobody call any while holding it.
	 */
	__u8 holds_cpu;
	__u8 reserved[1];
	/* Addresses of the kernel's variables of these names; 0 = not known. */
	__u64 vmemmap_base_at;
	__u64 page_offset_base_at;
	struct abi abi;
};

const volatile struct config config = {};

#endif
