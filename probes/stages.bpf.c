// SPDX-License-Identifier: GPL-2.0-only
/*
 * The stages family: tracepoints, which any kernel with BTF lets us attach, a locked-down one too.
 *
 * Arguments that older kernels do not pass are read only where the loader found them in BTF: the
 * verifier removes the rest.
 */
#include "kernel.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include "config.h"

/*
 * Of two programs at one tracepoint the kernel runs that first which was attached first
 * (kernel/tracepoint.c, func_add): not the twin.
 */
#define FIRST_COPY (!config.twin)

#include "hooks.h"
#include "event.h"
#include "output.h"
#include "context.h"
#include "observe.h"
#include "worker.h"

char LICENSE[] SEC("license") = "GPL";

/* Where the CPU is. */

SEC("tp_btf/softirq_entry")
int softirq_entry(__u64 *ctx)
{
	set_softirq(1);
	return 0;
}

SEC("tp_btf/softirq_exit")
int softirq_exit(__u64 *ctx)
{
	set_softirq(0);
	set_receiving(0, 0);
	return 0;
}

/* Sending. */

SEC("tp_btf/net_dev_queue")
int net_dev_queue(__u64 *ctx)
{
	struct sk_buff *skb = (void *)ctx[0];

	OBSERVE(skb, place_of(skb->dev), .hook = HOOK_NET_DEV_QUEUE, .wanted = TAG | CLONES,
		.arg = sender_of(skb), .leaves = true);
	return 0;
}

SEC("tp_btf/qdisc_enqueue")
int qdisc_enqueue(__u64 *ctx)
{
	struct Qdisc *qdisc = (void *)ctx[0];
	struct sk_buff *skb = (void *)ctx[2];

	OBSERVE(skb, place_of(skb->dev), .hook = HOOK_QDISC_ENQUEUE,
		.arg = (__u64)qdisc->handle << 32 | qdisc->q.qlen);
	return 0;
}

/* How many of a bulk are told of (net/sched/sch_generic.c, try_bulk_dequeue_skb: as many as fit).
 */
#define DEQUEUED_AT_ONCE 16

SEC("tp_btf/qdisc_dequeue")
int qdisc_dequeue(__u64 *ctx)
{
	struct Qdisc *qdisc = (void *)ctx[0];
	struct sk_buff *skb = (void *)ctx[3];

	/* NULL when the queue is empty. */
	if (!skb)
		return 0;
	OBSERVE(skb, place_of(skb->dev), .hook = HOOK_QDISC_DEQUEUE, .queued = true,
		.arg = (__u64)qdisc->handle << 32 | qdisc->q.qlen);
	/* Of a bulk, recognition looks at the first only. */
	for (int i = 1; config.lineage && i < DEQUEUED_AT_ONCE; i++) {
		struct skb_entry *e;

		skb = skb->next;
		if (!skb)
			break;
		e = entry_of(skb);
		if (e && !told(e, HOOK_QDISC_DEQUEUE))
			MENTION(skb, e, (struct place){}, .hook = HOOK_QDISC_DEQUEUE,
				.arg = (__u64)qdisc->handle << 32 | qdisc->q.qlen);
	}
	return 0;
}

SEC("tp_btf/net_dev_start_xmit")
int net_dev_start_xmit(__u64 *ctx)
{
	struct sk_buff *skb = (void *)ctx[0];
	struct net_device *dev = (void *)ctx[1];

	OBSERVE(skb, place_of(dev), .hook = HOOK_NET_DEV_START_XMIT, .wanted = TAG | CLONES);
	return 0;
}

SEC("tp_btf/net_dev_xmit")
int net_dev_xmit(__u64 *ctx)
{
	struct sk_buff *skb = (void *)ctx[0];
	int rc = (int)ctx[1];
	struct net_device *dev = (void *)ctx[2];

	/* With any other answer the skb is the driver's, or nobody's, by now. */
	if (rc == NETDEV_TX_BUSY)
		OBSERVE(skb, place_of(dev), .hook = HOOK_NET_DEV_XMIT, .arg = rc);
	return 0;
}

/* Receiving. */

static __always_inline __u64 receive(struct sk_buff *skb, enum hook hook)
{
	return OBSERVE(skb, place_of(skb->dev), .hook = hook, .wanted = TAG | CLONES,
		       .state = SKB_RECEIVED, .enters = true);
}

SEC("tp_btf/netif_rx")
int netif_rx(__u64 *ctx)
{
	receive((void *)ctx[0], HOOK_NETIF_RX);
	return 0;
}

SEC("tp_btf/netif_receive_skb")
int netif_receive_skb(__u64 *ctx)
{
	struct sk_buff *skb = (void *)ctx[0];

	set_receiving((__u64)skb, receive(skb, HOOK_NETIF_RECEIVE_SKB));
	return 0;
}

SEC("tp_btf/napi_gro_receive_entry")
int napi_gro_receive_entry(__u64 *ctx)
{
	receive((void *)ctx[0], HOOK_NAPI_GRO_RECEIVE);
	return 0;
}

SEC("tp_btf/napi_gro_frags_entry")
int napi_gro_frags_entry(__u64 *ctx)
{
	receive((void *)ctx[0], HOOK_NAPI_GRO_FRAGS);
	return 0;
}

/* Sockets. skb->dev is not to be trusted from here on: its place holds other things. */

/*
 * Something happened because of the skb that this CPU is receiving, which may be another's by now:
 * said without looking at it, once.
 */
static __always_inline void observe_received(enum hook hook, __u64 arg)
{
	__u32 zero = 0;
	struct receiving *last = bpf_map_lookup_elem(&received, &zero);
	struct skb_entry *e;
	struct event *record;

	if (!last || !last->skb || !in_softirq())
		return;
	e = bpf_map_lookup_elem(&skbs, &last->skb);
	if (!e || e->skb_id != last->skb_id ||
	    (e->hook != HOOK_NETIF_RECEIVE_SKB && e->hook != HOOK_TCP_DO_RCV))
		return;
	e->state |= SKB_DELIVERED;
	e->hook = hook;
	e->time = bpf_ktime_get_ns();
	e->counter++;
	record = reserve_event(RECORD_EVENT);
	if (!record)
		return;
	record->packet_id = e->packet_id;
	record->skb_id = e->skb_id;
	record->arg = arg;
	record->netns = e->netns;
	record->ifindex = e->ifindex;
	record->len = e->print.length;
	record->counter = e->counter - 1;
	record->hook = hook;
	record->flags = EVENT_SOFTIRQ;
	submit(record);
}

/*
 * A socket got something to read: what is last in its queue. Several may have been put there before
 * it is said once for each, so the oldest that was not reported yet is taken.
 */
SEC("tp_btf/sk_data_ready")
int sk_data_ready(__u64 *ctx)
{
	const struct sock *sk = (void *)ctx[0];
	__u16 family = sk->__sk_common.skc_family;
	__u64 reader_queue = reader_queue_of(sk);
	struct sk_buff *skb, *oldest = 0;
	__u64 seen = 0;

	/* The lineage family is told with the skb in hand: here a reader may free it meanwhile. */
	if (config.lineage)
		return 0;
	if (family != AF_INET && family != AF_INET6 && family != AF_PACKET)
		return 0;
	skb = sk->sk_receive_queue.prev;
	for (int i = 0; i < 8; i++) {
		__u64 address = (__u64)skb;
		struct skb_entry *e;

		/* A reader may move the whole queue to its own just now (net/ipv4/udp.c). */
		if (!address || address == (__u64)&sk->sk_receive_queue || address == reader_queue)
			break;
		e = bpf_map_lookup_elem(&skbs, &address);
		if (e && e->state & SKB_DELIVERED && e->head == (__u64)skb->head)
			break;
		oldest = skb;
		skb = skb->prev;
	}
	if (oldest)
		seen = OBSERVE(oldest, place_of_socket(sk), .hook = HOOK_SK_DATA_READY,
			       .wanted = CLONES, .arg = (__u64)sk,
			       .flags = family == AF_PACKET ? EVENT_TAP : 0, .state = SKB_DELIVERED,
			       .elsewhere = true, .queued = true);
	if (!seen && sk->sk_protocol == IPPROTO_UDP)
		/* A reader on another CPU was faster. */
		observe_received(HOOK_SK_DATA_READY, (__u64)sk + 1);
	return 0;
}

SEC("tp_btf/tcp_probe")
int tcp_probe(__u64 *ctx)
{
	struct sock *sk = (void *)ctx[0];
	struct sk_buff *skb = (void *)ctx[1];

	OBSERVE(skb, place_of_socket(sk), .hook = HOOK_TCP_PROBE, .arg = (__u64)sk,
		.state = SKB_DELIVERED, .elsewhere = true);
	return 0;
}

/*
 * A connection changed its state because of the segment that this CPU is receiving: outside of the
 * established state nothing else tells that TCP took it. A segment that waited in a backlog is not
 * found here.
 */
SEC("tp_btf/inet_sock_set_state")
int inet_sock_set_state(__u64 *ctx)
{
	struct sock *sk = (void *)ctx[0];

	if (config.user_space && !config.lineage && (int)ctx[2] == TCP_ESTABLISHED && of_tcp(sk))
		read_up_to(sk);
	observe_received(HOOK_INET_SOCK_SET_STATE, (__u64)(__u32)ctx[1] << 32 | (__u32)ctx[2]);
	return 0;
}

/*
 * Bytes of an skb are about to be copied to the reader of a socket or TUN device. UDP's skbs have
 * no socket any more: of these, other hooks tell that they were delivered.
 */
SEC("tp_btf/skb_copy_datagram_iovec")
int skb_copy_datagram_iovec(__u64 *ctx)
{
	struct sk_buff *skb = (void *)ctx[0];
	__u32 len = (__u32)ctx[1];
	struct sock *sk = skb->sk;
	bool by_tun = is_read_from_tun(skb);
	bool by_process = by_tun;
	struct place place = {};
	__u64 arg = len;
	__u8 flags = 0;

	if (sk) {
		place = place_of_socket(sk);
		by_process = config.user_space && is_process() && of_process(sk);
		if (sk->__sk_common.skc_family == AF_PACKET)
			flags = EVENT_TAP;
		else if (sk->sk_protocol == IPPROTO_TCP) {
			/*
			 * The copy begins where the reader is (net/ipv4/tcp.c,
			 * tcp_recvmsg_locked).
			 */
			arg |= (__u64)BPF_CORE_READ((struct tcp_sock *)sk, copied_seq) << 32;
			if (config.lineage)
				follow_collapsed(skb);
		}
	}
	OBSERVE(skb, place, .hook = HOOK_SKB_COPY_DATAGRAM, .wanted = CLONES, .arg = arg,
		.flags = flags, .state = SKB_DELIVERED | (by_tun ? SKB_READ_BY_TUN : 0),
		.elsewhere = true, .delivered = by_process ? len : 0);
	return 0;
}

/*
 * Something was taken from a socket. Of UDP the kernel copies it without a tracepoint, and frees it
 * without one where the CPU is the same: which skb it was, Java concludes from the order of the
 * queue.
 */
SEC("tp_btf/sock_recv_length")
int sock_recv_length(__u64 *ctx)
{
	struct sock *sk = (void *)ctx[0];
	int ret = (int)ctx[1];
	int flags = (int)ctx[2];
	struct thread *t;

	if (!of_process(sk))
		return 0;
	/* The lineage family knows more, and tells. */
	if (!config.user_space && (config.lineage || sk->sk_protocol != IPPROTO_UDP))
		return 0;
	hold_cpu();
	t = this_thread();
	if (t && !(config.lineage && settled_by(t, TOLD_BY_RECEIVE))) {
		got(t, sk, ret, flags, false, 0);
		if (config.user_space && !config.lineage && ret > 0 && of_tcp(sk))
			read_up_to(sk);
	}
	release_cpu();
	return 0;
}

/* Something was given to a socket. */
SEC("tp_btf/sock_send_length")
int sock_send_length(__u64 *ctx)
{
	struct sock *sk = (void *)ctx[0];
	struct thread *t;

	if (!config.user_space || !of_process(sk))
		return 0;
	hold_cpu();
	t = this_thread();
	if (t && !(config.lineage && settled_by(t, TOLD_BY_SEND)))
		gave(t, sk, (int)ctx[1], false);
	release_cpu();
	return 0;
}

/*
 * TCP is about to take bytes from a sender, who holds the socket's lock; said again whenever it
 * goes on to another skb. The message that they are in stays until the length is told.
 */
SEC("tp_btf/tcp_sendmsg_locked")
int tcp_sendmsg_locked(__u64 *ctx)
{
	struct sock *sk = (void *)ctx[0];
	struct msghdr *msg = (void *)ctx[1];
	struct thread *t;

	if (config.lineage)
		return 0;
	if (is_worker()) {
		begin_work(sk);
		return 0;
	}
	if (!config.user_space || !of_process(sk))
		return 0;
	t = this_thread();
	if (t && t->sending != (__u64)sk)
		begin_to_send(t, sk, BPF_CORE_READ((struct tcp_sock *)sk, write_seq),
			      (__u64)&msg->msg_iter);
	return 0;
}

/*
 * An io_uring is about to do what it was asked for: it looks up the file by its number, in the
 * thread that does it, once for each request.
 */
SEC("tp_btf/io_uring_file_get")
int io_uring_file_get(__u64 *ctx)
{
	struct io_kiocb *req = (void *)ctx[0];
	__s32 fd = (__s32)ctx[1];

	if (config.user_space && is_op(req->opcode, OF_SOCKETS | OF_FILES))
		note_request((__u64)req, req->opcode, (void *)file_of(fd), fd);
	return 0;
}

/* An io_uring is asked for something. Files that are registered with it are not looked up. */
SEC("tp_btf/io_uring_submit_req")
int io_uring_submit_req(__u64 *ctx)
{
	struct io_kiocb *req = (void *)ctx[0];

	if (config.user_space && req->flags & URING_FIXED_FILE &&
	    is_op(req->opcode, OF_SOCKETS | OF_FILES))
		note_request((__u64)req, req->opcode, fixed_file(req, req->cqe.fd), -1);
	return 0;
}

/*
 * What a request waits for is there: it will be done soon. Most were noted before, but not those
 * that are older than the trace. Whoever runs here is not the process.
 */
SEC("tp_btf/io_uring_task_add")
int io_uring_task_add(__u64 *ctx)
{
	struct io_kiocb *req = (void *)ctx[0];

	if (config.user_space && !config.lineage && is_op(req->opcode, OF_SOCKETS))
		note_request((__u64)req, req->opcode, req->file, -1);
	return 0;
}

/*
 * A TCP reader goes on, among others one that has bytes moved to a pipe (net/ipv4/tcp.c,
 * tcp_read_sock), of which nothing else tells. How many these were, the socket tells by what was
 * read before.
 */
SEC("tp_btf/tcp_rcv_space_adjust")
int tcp_rcv_space_adjust(__u64 *ctx)
{
	struct sock *sk = (void *)ctx[0];
	struct thread *t;
	__u32 *before;

	if (!config.user_space || config.lineage)
		return 0;
	if (entry_of_task(bpf_get_current_task_btf()).number != NR_SPLICE || !of_process(sk))
		return 0;
	t = this_thread();
	if (!t)
		return 0;
	read_call(&t->call);
	if (file_of(t->call.fd) != file_of_socket(sk))
		return 0;
	before = bpf_sk_storage_get(&readers, sk, 0, 0);
	if (before) {
		__s32 bytes = end_of_read(sk) - *before;

		if (bytes > 0)
			got_by_pipe(t, sk, bytes, pipe_of(t->call.output));
	}
	read_up_to(sk);
	return 0;
}

SEC("tp_btf/udp_fail_queue_rcv_skb")
int udp_fail_queue_rcv_skb(__u64 *ctx)
{
	int rc = (int)ctx[0];
	struct sock *sk = (void *)ctx[1];
	struct sk_buff *skb;

	if (!config.has_udp_fail_skb)
		return 0;
	skb = (void *)ctx[2];
	OBSERVE(skb, place_of_socket(sk), .hook = HOOK_UDP_FAIL_QUEUE, .arg = (__s64)rc,
		.elsewhere = true);
	return 0;
}

SEC("tp_btf/sock_rcvqueue_full")
int sock_rcvqueue_full(__u64 *ctx)
{
	struct sock *sk = (void *)ctx[0];
	struct sk_buff *skb = (void *)ctx[1];

	OBSERVE(skb, place_of_socket(sk), .hook = HOOK_SOCK_RCVQUEUE_FULL, .elsewhere = true,
		.arg = (__u64)sk->sk_backlog.rmem_alloc.counter << 32 | (__u32)sk->sk_rcvbuf);
	return 0;
}

/* Trouble. */

SEC("tp_btf/tcp_bad_csum")
int tcp_bad_csum(__u64 *ctx)
{
	struct sk_buff *skb = (void *)ctx[0];

	OBSERVE(skb, (struct place){}, .hook = HOOK_TCP_BAD_CSUM, .elsewhere = true);
	return 0;
}

SEC("tp_btf/tcp_send_reset")
int tcp_send_reset(__u64 *ctx)
{
	struct sk_buff *skb = (void *)ctx[1];
	__u64 reason = 0;

	if (config.has_reset_reason)
		reason = (__u32)ctx[2];
	/* NULL when a connection is reset for another reason than a segment. */
	if (skb)
		OBSERVE(skb, (struct place){}, .hook = HOOK_TCP_SEND_RESET, .arg = reason,
			.elsewhere = true, .queued = true);
	return 0;
}

SEC("tp_btf/icmp_send")
int icmp_send(__u64 *ctx)
{
	struct sk_buff *skb = (void *)ctx[0];
	__u32 type = (__u32)ctx[1];
	__u32 code = (__u32)ctx[2];

	OBSERVE(skb, (struct place){}, .hook = HOOK_ICMP_SEND, .arg = type << 8 | (code & 0xff),
		.elsewhere = true);
	return 0;
}

/* The end. Both fire only when the last reference is gone. */

SEC("tp_btf/kfree_skb")
int kfree_skb(__u64 *ctx)
{
	struct sk_buff *skb = (void *)ctx[0];
	__u32 location = (__u32)ctx[1];
	__u32 reason = (__u32)ctx[2];
	struct sock *sk = skb->sk;
	struct place place = sk ? place_of_socket(sk) : place_of(skb->dev);

	if (!config.lineage && sk && is_worker())
		end_work(skb, sk);
	OBSERVE(skb, place, .hook = HOOK_KFREE_SKB, .wanted = TAG | CLONES,
		.arg = (__u64)reason << 32 | location, .elsewhere = true, .ends = true);
	return 0;
}

SEC("tp_btf/consume_skb")
int consume_skb(__u64 *ctx)
{
	struct sk_buff *skb = (void *)ctx[0];
	__u64 location = 0;

	if (config.has_consume_location)
		location = (__u32)ctx[1];
	OBSERVE(skb, (struct place){}, .hook = HOOK_CONSUME_SKB, .arg = location, .elsewhere = true,
		.ends = true, .delivered = read_from_map(skb));
	return 0;
}

/*
 * Removes what was not seen for long: deaths are not all told. Run by the loader from time to time;
 * answers how many skbs are left.
 */
struct sweep {
	__u64 before; /* time, ns */
	__u64 left;
};

static long sweep_skb(void *map, const __u64 *address, struct skb_entry *e, struct sweep *sweep)
{
	if (e->time >= sweep->before) {
		sweep->left++;
		return 0;
	}
	if (!(e->state & SKB_ENDED)) {
		tell_gone(e, 0);
		count(COUNTER_AGED);
	}
	bpf_map_delete_elem(map, address);
	return 0;
}

static long sweep_head(void *map, const __u64 *head, struct head_entry *e, struct sweep *sweep)
{
	if (e->time < sweep->before)
		bpf_map_delete_elem(map, head);
	return 0;
}

SEC("syscall")
int sweep(struct sweep *ctx)
{
	struct sweep local = {.before = ctx->before};

	bpf_for_each_map_elem(&skbs, sweep_skb, &local, 0);
	bpf_for_each_map_elem(&heads, sweep_head, &local, 0);
	ctx->left = local.left;
	return 0;
}
