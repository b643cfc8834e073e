/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What sockmap.h tells, where only tracepoints are to be had: a worker thread writes to a socket
 * that a map has, and frees an skb of just as many bytes, which a socket of a map had received; or
 * a process that reads from such a socket frees one.
 */
#ifndef TRAITRACE_WORKER_H
#define TRAITRACE_WORKER_H

#include "sockmap.h"

/* What a worker has written since it freed the last skb of a socket in a map. */
struct worker {
	__u64 socket; /* 0 = nothing */
	__u32 seq;    /* of the first byte */
	__u32 reserved;
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct worker);
} workers SEC(".maps");

/* Whether a thread of the kernel's is running, and no interrupt of it. */
static __always_inline bool is_worker(void)
{
	return bpf_get_current_task_btf()->flags & PF_KTHREAD && !in_softirq();
}

/* A worker is about to write to this socket; said again whenever TCP goes on to another skb. */
static __always_inline void begin_work(const struct sock *sk)
{
	struct worker *w;

	if (!in_sockmap(sk))
		return;
	w = bpf_task_storage_get(&workers, bpf_get_current_task_btf(), 0,
				 BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (w && w->socket != (__u64)sk) {
		w->socket = (__u64)sk;
		w->seq = write_seq_of(sk);
	}
}

/* A worker is done with an skb that this socket had received. */
static __always_inline void end_work(const struct sk_buff *skb, const struct sock *sk)
{
	struct skb_entry *e = entry_of(skb);
	const struct sock *to;
	struct worker *w;
	__u32 bytes;

	if (!is_whole(sk) || !of_tcp(sk) || !in_sockmap(sk))
		return;
	w = bpf_task_storage_get(&workers, bpf_get_current_task_btf(), 0, 0);
	if (!w || !w->socket)
		return;
	to = (void *)w->socket;
	w->socket = 0;
	bytes = write_seq_of(to) - w->seq;
	/* As everywhere, an address alone tells nothing. */
	if (e && e->head == (__u64)skb->head && bytes == skb->len && bytes)
		tell_redirect(e, skb, to, 0, w->seq, bytes, EVIDENCE_MATCHED);
}

/* How many bytes of an skb that is freed the running process has read at a socket in a map. */
static __always_inline __u32 read_from_map(const struct sk_buff *skb)
{
	const struct sock *sk = skb->sk;

	if (config.lineage || !config.user_space || !sk || !is_process())
		return 0;
	return is_whole(sk) && of_tcp(sk) && in_sockmap(sk) ? skb->len : 0;
}

#endif
