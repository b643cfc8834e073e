// SPDX-License-Identifier: GPL-2.0-only
/*
 * The lineage family: the functions that make, merge and free skbs, on kernels that allow
 * trampolines.
 *
 * Nearly every copy passes __copy_skb_header, ip_copy_metadata or ip6_copy_metadata; births and
 * deaths are those of net/core/skbuff.c, checked on Linux 6.1, 6.12 and 7.2. Which functions exist
 * and are not inlined differs, so more are named here than any kernel has: the loader takes what is
 * there and knows what may be missing.
 *
 * The kernel skips a program that is running on this CPU already, because an interrupt came or
 * another task did (kernel/bpf/trampoline.c, __bpf_prog_enter_recur). So all of this is loaded
 * and attached twice: what one copy does not get to do, the other one does. Arguments that a
 * kernel may have fewer or more of are not read by their number: bpf_get_func_ret tells the result.
 */
#include "kernel.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include "config.h"

/*
 * Of two programs at one function the kernel runs that first which was attached last
 * (kernel/bpf/trampoline.c, __bpf_trampoline_link_prog): the twin.
 */
#define FIRST_COPY (config.twin)

#include "hooks.h"
#include "event.h"
#include "output.h"
#include "nfqueue.h"
#include "observe.h"
#include "sockmap.h"
#include "xsk.h"

char LICENSE[] SEC("license") = "GPL";

/* The result of the function that this fexit program is attached to. */
static __always_inline __u64 result_of(void *ctx)
{
	__u64 result = 0;

	bpf_get_func_ret(ctx, &result);
	return result;
}

/* Births. */

#define BIRTH_BY_RESULT(function)                                                                  \
	SEC("fexit/" #function)                                                                    \
	int function(__u64 *ctx)                                                                   \
	{                                                                                          \
		born((void *)result_of(ctx));                                                      \
		return 0;                                                                          \
	}

#define BIRTH_BY_ARGUMENT(function, n)                                                             \
	SEC("fentry/" #function)                                                                   \
	int function(__u64 *ctx)                                                                   \
	{                                                                                          \
		born((void *)ctx[n]);                                                              \
		return 0;                                                                          \
	}

BIRTH_BY_RESULT(__alloc_skb)
BIRTH_BY_ARGUMENT(__build_skb_around, 0)
/* gcc may inline __build_skb_around into these (Debian's 7.2). */
BIRTH_BY_RESULT(build_skb_around)
BIRTH_BY_RESULT(napi_build_skb)
BIRTH_BY_RESULT(napi_alloc_skb)
BIRTH_BY_RESULT(__napi_alloc_skb) /* its name before Linux 6.10 */
BIRTH_BY_RESULT(slab_build_skb)

/* The skb that a driver gave back is its next packet. */
BIRTH_BY_ARGUMENT(napi_reuse_skb, 1)

/* dst goes on as src: __copy_skb_header(dst, src) follows. */
SEC("fentry/skb_morph")
int skb_morph(__u64 *ctx)
{
	died((void *)ctx[0]);
	return 0;
}

/* Deaths that kfree_skb and consume_skb do not tell. */

#define DEATH(function)                                                                            \
	SEC("fentry/" #function)                                                                   \
	int function(__u64 *ctx)                                                                   \
	{                                                                                          \
		died((void *)ctx[0]);                                                              \
		return 0;                                                                          \
	}

DEATH(kfree_skbmem)
DEATH(napi_skb_cache_put)
/* Linux 6.1, where napi_skb_cache_put is inlined into them. */
DEATH(__kfree_skb_defer)
DEATH(napi_skb_free_stolen_head)

SEC("fentry/kfree_skb_partial")
int kfree_skb_partial(__u64 *ctx)
{
	bool head_stolen = ctx[1] & 1;

	/* Otherwise its data is freed too, in a way that is told. */
	if (head_stolen)
		died((void *)ctx[0]);
	return 0;
}

/* Copies. */

SEC("fentry/__copy_skb_header")
int __copy_skb_header(__u64 *ctx)
{
	derive(ctx, (void *)ctx[0], (void *)ctx[1], EDGE_COPY, false);
	return 0;
}

/* What __copy_skb_header copies to from now on is new, and not to be taken for what was there. */
SEC("fentry/skb_clone")
int skb_clone_begins(__u64 *ctx)
{
	struct skb_entry *e = entry_of((void *)ctx[0]);

	if (e)
		e->state |= SKB_CLONING;
	return 0;
}

/*
 * __copy_skb_header has told it already, but for an old entry of the other half of a pair of skbs
 * that is used again without a birth (net/core/skbuff.c, struct sk_buff_fclones).
 */
SEC("fexit/skb_clone")
int skb_clone(__u64 *ctx)
{
	void *clone = (void *)result_of(ctx);
	struct skb_entry *e = entry_of((void *)ctx[0]);

	if (clone)
		derive(ctx, clone, (void *)ctx[0], EDGE_CLONE, true);
	if (e)
		e->state &= ~SKB_CLONING;
	return 0;
}

SEC("fentry/ip_copy_metadata")
int ip_copy_metadata(__u64 *ctx)
{
	derive(ctx, (void *)ctx[0], (void *)ctx[1], EDGE_FRAGMENT, false);
	return 0;
}

SEC("fentry/ip6_copy_metadata")
int ip6_copy_metadata(__u64 *ctx)
{
	derive(ctx, (void *)ctx[0], (void *)ctx[1], EDGE_FRAGMENT, false);
	return 0;
}

/* Merges. */

SEC("fexit/skb_gro_receive")
int skb_gro_receive(__u64 *ctx)
{
	if ((int)result_of(ctx) == 0)
		merge(ctx, (void *)ctx[0], (void *)ctx[1]);
	return 0;
}

SEC("fexit/skb_gro_receive_list")
int skb_gro_receive_list(__u64 *ctx)
{
	if ((int)result_of(ctx) == 0)
		merge(ctx, (void *)ctx[0], (void *)ctx[1]);
	return 0;
}

/* In the receive queue of a TCP socket, and of fragments. */
SEC("fexit/skb_try_coalesce")
int skb_try_coalesce(__u64 *ctx)
{
	if (result_of(ctx) & 0xff)
		merge(ctx, (void *)ctx[0], (void *)ctx[1]);
	return 0;
}

/* A fragment was put into a queue; 0 = IPFRAG_OK (net/ipv4/inet_fragment.c). */
SEC("fexit/inet_frag_queue_insert")
int inet_frag_queue_insert(__u64 *ctx)
{
	struct sk_buff *skb = (void *)ctx[1];
	struct skb_entry *e = entry_of(skb);

	if (e && (int)result_of(ctx) == 0 && !told(e, HOOK_FRAG_QUEUE_INSERT))
		MENTION(skb, e, (struct place){}, .hook = HOOK_FRAG_QUEUE_INSERT, .arg = ctx[0]);
	return 0;
}

SEC("fexit/inet_frag_reasm_finish")
int inet_frag_reasm_finish(__u64 *ctx)
{
	struct sk_buff *skb = (void *)ctx[1];
	struct skb_entry *e = entry_of(skb);

	if (e && !told(e, HOOK_FRAG_REASM_FINISH))
		MENTION(skb, e, (struct place){}, .hook = HOOK_FRAG_REASM_FINISH, .arg = ctx[0]);
	return 0;
}

/* XDP. */

/* struct xdp_frame lies at the start of the memory that it is about. */
SEC("fexit/__xdp_build_skb_from_frame")
int __xdp_build_skb_from_frame(__u64 *ctx)
{
	unframe((void *)result_of(ctx), (void *)ctx[0]);
	return 0;
}

SEC("fexit/xdpf_clone")
int xdpf_clone(__u64 *ctx)
{
	copy_frame((void *)result_of(ctx), (void *)ctx[0]);
	return 0;
}

SEC("fentry/veth_xdp_rcv_skb")
int veth_xdp_rcv_skb(__u64 *ctx)
{
	struct skb_entry *e = entry_of((void *)ctx[1]);

	if (e)
		e->state |= SKB_IN_XDP;
	return 0;
}

/* AF_XDP. */

/* The other way to a socket than a frame's: net/core/filter.c, xdp_do_generic_redirect_map. */
SEC("fentry/xdp_do_generic_redirect")
int xdp_do_generic_redirect(__u64 *ctx)
{
	set_redirected((void *)ctx[1]);
	return 0;
}

/* Before the process is told that there is something in the ring. */
SEC("fexit/__xsk_rcv")
int __xsk_rcv(__u64 *ctx)
{
	hold_cpu();
	received_by_xsk((void *)ctx[0], (void *)ctx[1], (int)result_of(ctx));
	release_cpu();
	return 0;
}

/*
 * xsk_build_skb fills an skb with what a process sends; it goes straight to the driver, where no
 * tracepoint is (net/core/dev.c, __dev_direct_xmit). Others call this function with other sockets.
 */
SEC("fexit/skb_store_bits")
int skb_store_bits(__u64 *ctx)
{
	struct sk_buff *skb = (void *)ctx[0];
	struct sock *sk = skb->sk;
	__u64 from = 0;
	__u64 id;

	if (!sk || sk->__sk_common.skc_family != AF_XDP || (int)ctx[1] != 0 ||
	    (int)result_of(ctx) != 0)
		return 0;
	id = OBSERVE(skb, place_of_xsk((void *)sk), .hook = HOOK_XSK_XMIT, .wanted = TAG,
		     .arg = (__u64)sk, .queued = true);
	if (!id || !config.user_space)
		return 0;
	/* Linux 6.1 gives programs no pointer to constant bytes (kernel/bpf/btf.c, btf_ctx_access).
	 */
	bpf_get_func_arg(ctx, 2, &from);
	hold_cpu();
	sent_from_xsk(sk, id, from, (__u32)ctx[3]);
	release_cpu();
	return 0;
}

/* Sockets. */

/* What IP sends for a socket of this host, before it is fragmented. */
SEC("fentry/__ip_local_out")
int __ip_local_out(__u64 *ctx)
{
	struct net *net = (void *)ctx[0];

	OBSERVE((void *)ctx[2], ((struct place){.netns = net->ns.inum}), .hook = HOOK_IP_LOCAL_OUT,
		.wanted = TAG, .queued = true, .arg = sender_of((void *)ctx[2]), .leaves = true);
	return 0;
}

SEC("fentry/__ip6_local_out")
int __ip6_local_out(__u64 *ctx)
{
	struct net *net = (void *)ctx[0];

	OBSERVE((void *)ctx[2], ((struct place){.netns = net->ns.inum}), .hook = HOOK_IP6_LOCAL_OUT,
		.wanted = TAG, .queued = true, .arg = sender_of((void *)ctx[2]), .leaves = true);
	return 0;
}

/* The sequence numbers of an skb that is TCP's (include/net/tcp.h, struct tcp_skb_cb). */
static __always_inline void sequence_of(const struct sk_buff *skb, __u32 *seq, __u32 *end_seq)
{
	struct tcp_skb_cb *cb = (void *)skb->cb;

	*seq = BPF_CORE_READ(cb, seq);
	*end_seq = BPF_CORE_READ(cb, end_seq);
}

/*
 * TCP sends a clone of what it has in its queue, or the skb itself if it is not to be sent again.
 * The queue's skb stays until its data is acknowledged, so what is sent again is the same packet.
 * TCP may have changed what the skb holds meanwhile: if nothing is left of it, it is another one.
 */
SEC("fentry/__tcp_transmit_skb")
int __tcp_transmit_skb(__u64 *ctx)
{
	struct sock *sk = (void *)ctx[0];
	struct sk_buff *skb = (void *)ctx[1];
	bool clone_it = (int)ctx[2] != 0;
	struct skb_entry *e = entry_of(skb);
	__u32 seq, end_seq;

	sequence_of(skb, &seq, &end_seq);
	if (e && told(e, HOOK_TCP_TRANSMIT))
		return 0;
	if (e && e->state & SKB_TCP_QUEUE) {
		if ((__s32)(end_seq - e->seq) <= 0 || (__s32)(e->end_seq - seq) <= 0) {
			died(skb);
			e = 0;
		} else if (e->state & SKB_TCP_SENT) {
			e->state |= SKB_TCP_RESENT;
		}
	}
	if (!e) {
		e = begin(skb);
		if (!e)
			return 0;
		tell_once(e, HOOK_TCP_TRANSMIT);
	}
	e->seq = seq;
	e->end_seq = end_seq;
	MENTION(skb, e, place_of_socket(sk), .hook = HOOK_TCP_TRANSMIT,
		.arg = (__u64)seq << 32 | end_seq,
		.state = clone_it ? SKB_TCP_QUEUE | SKB_TCP_SENDING : 0);
	return 0;
}

/* A segment came to its connection; from the backlog too. */
static __always_inline void tcp_do_rcv(struct sock *sk, struct sk_buff *skb)
{
	struct skb_entry *e = entry_of(skb);
	__u32 seq, end_seq;

	if (!e || told(e, HOOK_TCP_DO_RCV))
		return;
	sequence_of(skb, &seq, &end_seq);
	MENTION(skb, e, place_of_socket(sk), .hook = HOOK_TCP_DO_RCV,
		.arg = (__u64)seq << 32 | end_seq, .state = SKB_DELIVERED);
}

SEC("fentry/tcp_v4_do_rcv")
int tcp_v4_do_rcv(__u64 *ctx)
{
	tcp_do_rcv((void *)ctx[0], (void *)ctx[1]);
	return 0;
}

SEC("fentry/tcp_v6_do_rcv")
int tcp_v6_do_rcv(__u64 *ctx)
{
	tcp_do_rcv((void *)ctx[0], (void *)ctx[1]);
	return 0;
}

/*
 * A datagram comes to the receive queue of its socket. Told before it is put there, for then a
 * reader on another CPU may free it at once; whether there was room for it, its drop tells.
 */
SEC("fentry/__udp_enqueue_schedule_skb")
int __udp_enqueue_schedule_skb(__u64 *ctx)
{
	struct sock *sk = (void *)ctx[0];

	OBSERVE((void *)ctx[1], place_of_socket(sk), .hook = HOOK_UDP_ENQUEUE, .arg = (__u64)sk,
		.state = SKB_DELIVERED, .elsewhere = true, .queued = true);
	return 0;
}

/* A reader has got a datagram, or a look at it: len < 0 with MSG_PEEK (net/ipv4/udp.c). */
SEC("fentry/skb_consume_udp")
int skb_consume_udp(__u64 *ctx)
{
	struct sock *sk = (void *)ctx[0];
	int len = (int)ctx[2];

	OBSERVE((void *)ctx[1], place_of_socket(sk), .hook = HOOK_SKB_CONSUME_UDP,
		.arg = (__s64)len, .state = SKB_DELIVERED, .elsewhere = true, .queued = true,
		.delivered = config.user_space && len > 0 && is_process() ? len : 0);
	return 0;
}

/*
 * A TCP reader had bytes moved to a pipe (net/ipv4/tcp.c, tcp_splice_data_recv): `offset` counts
 * from the first sequence number of the skb.
 */
SEC("fexit/skb_splice_bits")
int skb_splice_bits(__u64 *ctx)
{
	struct sk_buff *skb = (void *)ctx[0];
	struct sock *sk = (void *)ctx[1];
	__u32 offset = (__u32)ctx[2];
	int bytes = (int)result_of(ctx);
	struct skb_entry *e = entry_of(skb);
	__u32 seq, end_seq;

	if (!e || bytes <= 0 || sk->sk_protocol != IPPROTO_TCP || told(e, HOOK_SKB_SPLICE))
		return 0;
	sequence_of(skb, &seq, &end_seq);
	MENTION(skb, e, place_of_socket(sk), .hook = HOOK_SKB_SPLICE,
		.arg = (__u64)(seq + offset) << 32 | (__u32)bytes, .state = SKB_DELIVERED);
	if (config.user_space && is_process())
		tell_delivery(e, bytes);
	return 0;
}

/* Netfilter. */

/*
 * A packet is handed to an nfnetlink queue. Told before it is there, for then a process on another
 * CPU may have its verdict given at once.
 */
SEC("fentry/nfqnl_enqueue_packet")
int nfqnl_enqueue_packet(__u64 *ctx)
{
	struct nf_queue_entry *entry = (void *)ctx[0];

	OBSERVE(entry->skb, (struct place){}, .hook = HOOK_NFQUEUE_ENQUEUE, .arg = (__u32)ctx[1],
		.elsewhere = true, .queued = true);
	return 0;
}

/* It was not taken: then it is still the caller's, who drops it or goes on with it (nf_queue). */
SEC("fexit/nfqnl_enqueue_packet")
int nfqnl_enqueue_packet_refused(__u64 *ctx)
{
	struct nf_queue_entry *entry = (void *)ctx[0];
	int result = (int)result_of(ctx);

	if (result < 0)
		OBSERVE(entry->skb, (struct place){}, .hook = HOOK_NFQUEUE_ENQUEUE,
			.arg = (__u64)-result << 32 | (__u32)ctx[1], .elsewhere = true,
			.queued = true);
	return 0;
}

SEC("fentry/nfqnl_recv_verdict")
int nfqnl_recv_verdict(void *ctx)
{
	begin_to_judge(ctx, JUDGES_ONE);
	return 0;
}

SEC("fentry/nfqnl_recv_verdict_batch")
int nfqnl_recv_verdict_batch(void *ctx)
{
	begin_to_judge(ctx, JUDGES_UP_TO);
	return 0;
}

/* A packet leaves its queue: the verdict on it is carried out. */
SEC("fentry/nfqnl_reinject")
int nfqnl_reinject(__u64 *ctx)
{
	struct nf_queue_entry *entry = (void *)ctx[0];
	__u64 judgement;

	hold_cpu();
	judgement = judgement_of(entry);
	release_cpu();
	OBSERVE(entry->skb, (struct place){}, .hook = HOOK_NFQUEUE_VERDICT,
		.arg = judgement << 32 | (__u32)ctx[1], .elsewhere = true, .queued = true);
	return 0;
}

/* Sockets that BPF programs join; sockmap.h. */

/* A program has judged what its socket received. */
SEC("fentry/sk_psock_verdict_apply")
int sk_psock_verdict_apply(__u64 *ctx)
{
	struct sk_buff *skb = (void *)ctx[1];
	struct skb_entry *e = entry_of(skb);

	if (e && (int)ctx[2] == SK_ACTION_REDIRECT && !told(e, HOOK_SOCKMAP_REDIRECT))
		MENTION(skb, e, (struct place){}, .hook = HOOK_SOCKMAP_REDIRECT,
			.arg = skb->_sk_redir & ~SK_REDIR_STRPARSER, .state = SKB_DELIVERED);
	return 0;
}

SEC("fentry/skb_send_sock")
int skb_send_sock_begins(__u64 *ctx)
{
	struct sock *sk = (void *)ctx[0];
	struct sk_buff *skb = (void *)ctx[1];
	struct skb_entry *e = entry_of(skb);

	if (!e)
		return 0;
	begin_redirect(e, sk);
	if (!told(e, HOOK_SOCKMAP_SEND))
		MENTION(skb, e, (struct place){}, .hook = HOOK_SOCKMAP_SEND, .arg = (__u64)sk);
	return 0;
}

SEC("fexit/skb_send_sock")
int skb_send_sock(__u64 *ctx)
{
	struct sock *sk = (void *)ctx[0];
	struct sk_buff *skb = (void *)ctx[1];
	int bytes = (int)result_of(ctx);
	struct skb_entry *e = entry_of(skb);

	if (e && bytes > 0 && of_tcp(sk) && !told(e, HOOK_SOCKMAP_SEND))
		end_redirect(e, skb, sk, (__u32)ctx[2], bytes);
	return 0;
}

/* Before what is read whole is freed. */
SEC("fentry/__sk_msg_recvmsg")
int __sk_msg_recvmsg(__u64 *ctx)
{
	struct thread *t;

	if (!config.user_space)
		return 0;
	hold_cpu();
	t = this_thread();
	if (t && !told_by(t, TOLD_BY_SOCKMAP))
		read_redirected((void *)ctx[1], (int)ctx[3]);
	release_cpu();
	return 0;
}

/*
 * Processes: what each call moved, seen when it is done and its iterator shows where the bytes went
 * or came from. These are the families' own functions, not those of TCP or UDP: the latter run
 * inside of them and are more.
 */

/* sock->ops->recvmsg(sock, msg, size, flags) */
static __always_inline void received_by(__u64 *ctx, struct sock *sk)
{
	struct msghdr *msg = (void *)ctx[1];
	__u64 left = msg->msg_iter.count;
	struct thread *t = this_thread();

	if (!t || told_by(t, TOLD_BY_RECEIVE))
		return;
	t->source = (__u64)&msg->msg_iter;
	got(t, sk, (int)result_of(ctx), (__u32)ctx[3], true, ctx[2] - left);
}

/* sock->ops->sendmsg(sock, msg, size) */
static __always_inline void sent_by(__u64 *ctx, struct sock *sk)
{
	struct msghdr *msg = (void *)ctx[1];
	struct thread *t = this_thread();

	if (!t || told_by(t, TOLD_BY_SEND))
		return;
	t->source = (__u64)&msg->msg_iter;
	gave(t, sk, (int)result_of(ctx), true);
}

/* TCP's bytes of a pipe, or of a file, on Linux before 6.5; of other protocols it calls sendmsg. */
static __always_inline void sent_page_by(__u64 *ctx, struct sock *sk)
{
	struct thread *t = this_thread();

	if (t && of_tcp(sk) && !told_by(t, TOLD_BY_SENDPAGE))
		gave(t, sk, (int)result_of(ctx), false);
}

static __always_inline void spliced_by(__u64 *ctx, struct sock *sk)
{
	int bytes = (int)result_of(ctx);
	struct thread *t;

	if (bytes <= 0)
		return;
	t = this_thread();
	if (!t || told_by(t, TOLD_BY_SPLICE))
		return;
	read_call(&t->call);
	if (t->call.what != CALL_SPLICE || file_of(t->call.fd) != file_of_socket(sk)) {
		t->call.what = CALL_OTHER;
		t->call.fd = -1;
	}
	got_by_pipe(t, sk, bytes, ctx[2]);
}

/* Their first argument is a struct socket. */
#define MOVES(function, how)                                                                       \
	SEC("fexit/" #function)                                                                    \
	int function(__u64 *ctx)                                                                   \
	{                                                                                          \
		struct socket *socket = (void *)ctx[0];                                            \
		struct sock *sk = socket->sk;                                                      \
                                                                                                   \
		if (!config.user_space || !of_process(sk))                                         \
			return 0;                                                                  \
		hold_cpu();                                                                        \
		how(ctx, sk);                                                                      \
		release_cpu();                                                                     \
		return 0;                                                                          \
	}

MOVES(inet_recvmsg, received_by)
MOVES(inet6_recvmsg, received_by)
MOVES(packet_recvmsg, received_by)
MOVES(inet_sendmsg, sent_by)
MOVES(inet6_sendmsg, sent_by)
MOVES(packet_sendmsg, sent_by)
MOVES(inet_sendpage, sent_page_by)
MOVES(tcp_splice_read, spliced_by)

/* Which process an AF_XDP socket belongs to: one that only receives need not call anything else. */
SEC("fentry/xsk_bind")
int xsk_bind(__u64 *ctx)
{
	struct socket *socket = (void *)ctx[0];

	if (config.user_space)
		own_xsk(socket->sk);
	return 0;
}

SEC("fentry/xsk_poll")
int xsk_poll(__u64 *ctx)
{
	struct socket *socket = (void *)ctx[1];

	if (config.user_space)
		own_xsk(socket->sk);
	return 0;
}

/* The socket is still locked: these bytes are the last that were written. The length follows. */
SEC("fexit/tcp_sendmsg_locked")
int tcp_sendmsg_locked(__u64 *ctx)
{
	struct sock *sk = (void *)ctx[0];
	int bytes = (int)result_of(ctx);
	struct thread *t;

	if (!config.user_space || bytes <= 0 || !of_process(sk))
		return 0;
	hold_cpu();
	t = this_thread();
	if (t)
		begin_to_send(t, sk, BPF_CORE_READ((struct tcp_sock *)sk, write_seq) - bytes, 0);
	release_cpu();
	return 0;
}
