/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sockets in maps of BPF programs (BPF_MAP_TYPE_SOCKMAP, BPF_MAP_TYPE_SOCKHASH): a program says of
 * what one of them receives that another one is to send it, or that it is to be read at another one
 * (Linux 6.1 to 7.2: net/core/skmsg.c).
 *
 * What is to be sent a worker thread sends, skb by skb, as a process would (sk_psock_backlog): the
 * skb that was received and those that leave have nothing in common but their bytes. What is to be
 * read is kept in its skb, and its reader gets it without the functions that tell of other readers.
 */
#ifndef TRAITRACE_SOCKMAP_H
#define TRAITRACE_SOCKMAP_H

#include "lineage.h"
#include "transfer.h"

/* How many skbs are told of that one call reads. */
#define READ_AT_ONCE 16

/* `bytes` bytes of the skb were written to a stream, the first of them as number `seq`. */
static __always_inline void tell_redirect(const struct skb_entry *e, const struct sk_buff *skb,
					  const struct sock *sk, __u32 offset, __u32 seq,
					  __u32 bytes, enum evidence evidence)
{
	struct tcp_skb_cb *cb = (void *)skb->cb;
	struct redirect_record *record = reserve(sizeof(*record));

	if (!record)
		return;
	__builtin_memset(record, 0, sizeof(*record));
	record->time = bpf_ktime_get_ns();
	record->packet_id = e->packet_id;
	record->skb_id = e->skb_id;
	record->socket = (__u64)sk;
	record->netns = BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
	record->seq = seq;
	record->bytes = bytes;
	record->from = BPF_CORE_READ(cb, seq) + offset;
	record->cpu = bpf_get_smp_processor_id();
	record->kind = RECORD_REDIRECT;
	record->evidence = evidence;
	submit(record);
}

static __always_inline __u32 write_seq_of(const struct sock *sk)
{
	return BPF_CORE_READ((const struct tcp_sock *)sk, write_seq);
}

/*
 * A worker is about to write the skb, which it only borrows, to this socket. What is read here of a
 * socket that is not TCP's means nothing, and is not used.
 */
static __always_inline void begin_redirect(struct skb_entry *e, const struct sock *sk)
{
	e->seq = write_seq_of(sk);
}

/*
 * It has written `bytes` bytes. The socket is not locked any more; but if no more was written since
 * the beginning, nobody else's are among them.
 */
static __always_inline void end_redirect(const struct skb_entry *e, const struct sk_buff *skb,
					 const struct sock *sk, __u32 offset, __u32 bytes)
{
	__u32 end = write_seq_of(sk);

	tell_redirect(e, skb, sk, offset, end - bytes, bytes,
		      end - e->seq == bytes ? EVIDENCE_PROVED : EVIDENCE_GUESSED);
}

/*
 * The running process is about to read `room` bytes at most of what waits in this order; its call's
 * transfer follows.
 */
static __always_inline void read_redirected(const struct sk_psock *psock, int room)
{
	__u64 queue = (__u64)psock + bpf_core_field_offset(struct sk_psock, ingress_msg);
	struct list_head *at = BPF_CORE_READ(psock, ingress_msg.next);

	for (int i = 0; i < READ_AT_ONCE && room > 0 && (__u64)at != queue; i++) {
		struct sk_msg *msg = (void *)at - bpf_core_field_offset(struct sk_msg, list);
		int size = BPF_CORE_READ(msg, sg.size);
		struct sk_buff *skb = BPF_CORE_READ(msg, skb);
		struct skb_entry *e = skb ? entry_of(skb) : 0;

		if (e) {
			e->state |= SKB_DELIVERED;
			tell_delivery(e, size < room ? size : room);
		}
		room -= size;
		at = BPF_CORE_READ(at, next);
	}
}

#endif
