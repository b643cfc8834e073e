/* SPDX-License-Identifier: GPL-2.0-only */
/* Telling that a process got or gave bytes: RECORD_TRANSFER, and what of it sockets know. */
#ifndef TRAITRACE_TRANSFER_H
#define TRAITRACE_TRANSFER_H

#include "identity.h"
#include "memory.h"
#include "names.h"
#include "uring.h"

/* One transfer, but for where its bytes lie. */
struct transfer {
	__u64 socket;
	__u64 cookie;
	__u64 next;
	__u64 pipe;
	__u32 netns;
	__s32 fd;
	__s32 bytes;
	__u32 message;
	__u32 seq;
	__u16 flags;
	__u16 hook;
	__u16 call;
	__u8 protocol;
	__u8 family;
};

/* `task` is pid << 32 | tid. */
static __always_inline void tell_transfer_of(__u64 task, const struct thread *t,
					     const struct transfer *transfer)
{
	struct transfer_record *record = reserve(sizeof(*record));

	if (!record)
		return;
	__builtin_memset(record, 0, sizeof(*record));
	record->time = bpf_ktime_get_ns();
	record->socket = transfer->socket;
	record->cookie = transfer->cookie;
	record->next = transfer->next;
	record->netns = transfer->netns;
	record->fd = transfer->fd;
	record->bytes = transfer->bytes;
	record->message = transfer->message;
	record->pid = task >> 32;
	record->flags = transfer->flags | (t->partly ? TRANSFER_PARTLY : 0);
	record->hook = transfer->hook;
	record->call = transfer->call;
	record->cpu = bpf_get_smp_processor_id();
	record->kind = RECORD_TRANSFER;
	record->parts = t->parts;
	record->pipe = transfer->pipe;
	record->seq = transfer->seq;
	record->tid = task;
	record->protocol = transfer->protocol;
	record->family = transfer->family;
	__builtin_memcpy(record->part, t->part, sizeof(record->part));
	submit(record);
}

/* Of the running task. */
static __always_inline void tell_transfer(const struct thread *t, const struct transfer *transfer)
{
	tell_task();
	tell_transfer_of(bpf_get_current_pid_tgid(), t, transfer);
}

/* Sockets. */

static __always_inline __u64 file_of_socket(const struct sock *sk)
{
	return (__u64)sk->sk_socket->file;
}

/*
 * A socket that a process has, of the families that are followed. The kernel's own have no file.
 * MPTCP has packets only by way of sockets of its own.
 */
static __always_inline bool of_process(const struct sock *sk)
{
	__u16 family = sk->__sk_common.skc_family;

	if (family != AF_INET && family != AF_INET6 && family != AF_PACKET)
		return false;
	if (family != AF_PACKET && sk->sk_protocol == IPPROTO_MPTCP)
		return false;
	return file_of_socket(sk) != 0;
}

static __always_inline bool of_tcp(const struct sock *sk)
{
	return sk->__sk_common.skc_family != AF_PACKET && sk->sk_protocol == IPPROTO_TCP;
}

/*
 * Whether a byte that the process sees is one sequence number: not so if the kernel encrypts (TLS),
 * nor if bytes are taken out of order.
 */
static __always_inline bool numbered(const struct sock *sk, __u32 message)
{
	return of_tcp(sk) && !(message & MSG_OOB) &&
	       !BPF_CORE_READ((struct inet_connection_sock *)sk, icsk_ulp_ops);
}

/*
 * The end of what was read: where the next reader begins, less the number that a FIN takes. Whoever
 * gets bytes from a socket whose last number was the FIN's took it with them: the next one gets
 * none (Linux 6.1 to 7.2: net/ipv4/tcp.c, tcp_recvmsg_locked, tcp_read_sock).
 */
static __always_inline __u32 end_of_read(const struct sock *sk)
{
	const struct tcp_sock *tcp = (void *)sk;
	__u32 copied = BPF_CORE_READ(tcp, copied_seq);
	bool ended =
	    sk->sk_shutdown & RCV_SHUTDOWN &&
	    sk->__sk_common.skc_flags >> bpf_core_enum_value(enum sock_flags, SOCK_DONE) & 1;

	return ended && copied == BPF_CORE_READ(tcp, rcv_nxt) ? copied - 1 : copied;
}

/*
 * Whether a map of BPF programs has this socket (include/linux/skmsg.h, sk_psock): then what is
 * read here may have been another one's.
 */
static __always_inline bool in_sockmap(const struct sock *sk)
{
	return (__u64)sk->sk_user_data & SK_USER_DATA_PSOCK;
}

/* The number of the first of `bytes` bytes that were read just now. Exact with one reader at a
 * time: the socket is not locked any more. */
static __always_inline void number_read(const struct sock *sk, struct transfer *x)
{
	if (!numbered(sk, x->message) || in_sockmap(sk))
		return;
	if (!(x->message & MSG_PEEK)) {
		x->seq = end_of_read(sk) - x->bytes;
	} else {
		/* Looks from elsewhere (SO_PEEK_OFF) are not numbered. */
		if (sk->sk_peek_off >= 0)
			return;
		x->seq = BPF_CORE_READ((const struct tcp_sock *)sk, copied_seq);
	}
	x->flags |= TRANSFER_STREAM;
}

/*
 * How far each TCP socket was read, as far as is known: splice tells no more than where it ended.
 * Known from the connection's beginning, or from the first read.
 */
struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, __u32);
} readers SEC(".maps");

static __always_inline void read_up_to(struct sock *sk)
{
	__u32 *end = bpf_sk_storage_get(&readers, sk, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);

	if (end)
		*end = BPF_CORE_READ((struct tcp_sock *)sk, copied_seq);
}

/* The address of the pipe that the running process knows by this number. */
static __always_inline __u64 pipe_of(__s32 fd)
{
	return (__u64)BPF_CORE_READ((struct file *)file_of(fd), private_data);
}

/* What the running call has to do with this socket goes to t->call, CALL_OTHER if nothing. */
static __always_inline bool call_is_on(struct thread *t, const struct sock *sk, bool receives)
{
	struct call *c = &t->call;

	read_call(c);
	if (c->what != CALL_OTHER && (c->receives != 0) == receives) {
		bool passes = c->what == CALL_SPLICE || c->what == CALL_SENDFILE;

		if (file_of(passes ? c->output : c->fd) == file_of_socket(sk))
			return true;
	}
	c->what = CALL_OTHER;
	c->fd = -1;
	c->message = 0;
	return false;
}

static __always_inline void begin_transfer(struct transfer *x, const struct thread *t,
					   const struct sock *sk, int bytes, __u16 hook)
{
	x->socket = (__u64)sk;
	x->cookie = sk->__sk_common.skc_cookie.counter;
	x->netns = sk->__sk_common.skc_net.net->ns.inum;
	x->bytes = bytes;
	x->fd = t->call.fd;
	x->call = t->call.what;
	x->hook = hook;
	x->family = sk->__sk_common.skc_family;
	x->protocol = x->family == AF_PACKET ? 0 : sk->sk_protocol;
	if (t->call.what == CALL_OTHER && by_uring())
		x->flags |= TRANSFER_URING;
}

/* The end of the queue from which a UDP socket's readers take, as it stands in its members' links.
 */
static __always_inline __u64 reader_queue_of(const struct sock *sk)
{
	return (__u64)sk + bpf_core_field_offset(struct udp_sock, reader_queue);
}

/* What is now first in the receive queue of a UDP socket: see sock_recv_length. */
static __always_inline void look_at_queue(const struct sock *sk, struct transfer *x)
{
	__u64 reader_queue = reader_queue_of(sk);
	struct sk_buff *next = BPF_CORE_READ((struct udp_sock *)sk, reader_queue.next);
	struct skb_entry *e;
	__u64 address;

	if ((__u64)next == reader_queue)
		next = sk->sk_receive_queue.next;
	address = (__u64)next;
	e = bpf_map_lookup_elem(&skbs, &address);
	x->next = e && e->state & SKB_DELIVERED ? e->skb_id : 0;
	if (address == (__u64)&sk->sk_receive_queue)
		x->flags |= TRANSFER_EMPTIED;
}

/*
 * The running thread was handed `ret` bytes, or got an error. If it is `shown`, t->source is the
 * iterator that went over the memory, `moved` bytes of it; else the call's registers tell, or the
 * request of an io_uring.
 */
static __always_inline void got(struct thread *t, struct sock *sk, int ret, __u32 message,
				bool shown, __u64 moved)
{
	struct transfer x = {};
	__u32 index;
	bool tcp = of_tcp(sk);
	bool fits = call_is_on(t, sk, true);
	struct move m = {};
	int fit = FITS_NOT;

	index = message_of(t, ret < 0);
	/* An empty datagram is one; no bytes of a stream are its end. */
	if (ret < 0 || (ret == 0 && tcp))
		return;
	x.message = message;
	if (config.user_space && !shown && !fits) {
		m.key.of = file_of_socket(sk);
		m.key.receives = 1;
		m.bytes = ret;
		m.more = message & MSG_TRUNC;
		fit = request_of_socket(t, &m);
	}
	begin_transfer(&x, t, sk, ret, HOOK_SOCK_RECV_LENGTH);
	if (tcp)
		number_read(sk, &x);
	else if (!config.lineage && sk->sk_protocol == IPPROTO_UDP && x.family != AF_PACKET)
		look_at_queue(sk, &x);
	if (!config.user_space)
		no_parts(t);
	else if (shown)
		lay_out_iterator(t, moved);
	else if (fits && !(tcp && message & MSG_TRUNC))
		lay_out_call(t, ret, index, message & MSG_TRUNC);
	else
		lay_out_request(t, fit, &m);
	hash_parts(t);
	tell_transfer(t, &x);
}

/*
 * Whether what the running thread gave to a socket became part of its stream: a program of a map
 * may have had it read at another one, or sent by it (net/ipv4/tcp_bpf.c, tcp_bpf_sendmsg).
 */
static __always_inline bool was_written(const struct thread *t, const struct sock *sk, bool begun,
					int bytes)
{
	__u32 written = BPF_CORE_READ((const struct tcp_sock *)sk, write_seq) - t->write_seq;

	return !in_sockmap(sk) || (begun && (__s32)(written - bytes) >= 0);
}

/*
 * The running thread handed over `ret` bytes, or tried to. Of TCP, where in the stream they are is
 * known exactly if its beginning was seen (t->sending); else they are taken for the last that were
 * written, which is wrong if another thread writes to the socket at this moment.
 */
static __always_inline void gave(struct thread *t, struct sock *sk, int ret, bool shown)
{
	struct transfer x = {};
	bool tcp = of_tcp(sk);
	bool fits = call_is_on(t, sk, false);
	__u32 index = message_of(t, ret < 0);
	bool begun = t->sending == (__u64)sk;
	bool passes = t->call.what == CALL_SPLICE || t->call.what == CALL_SENDFILE;
	bool emitted = t->emitted;
	struct move m = {};
	int fit = FITS_NOT;

	t->sending = 0;
	t->emitted = 0;
	/* A packet that came out of a call that failed is not the next call's. */
	if ((ret < 0 && !emitted) || (ret == 0 && tcp))
		return;
	if (begun && t->source)
		shown = true;
	if (!fits && ret > 0) {
		m.key.of = file_of_socket(sk);
		m.source = begun ? t->source : 0;
		m.bytes = ret;
		fit = request_of_socket(t, &m);
	}
	x.message = t->call.message;
	begin_transfer(&x, t, sk, ret, HOOK_SOCK_SEND_LENGTH);
	if (passes)
		x.fd = t->call.output;
	if (t->call.what == CALL_SPLICE)
		x.pipe = pipe_of(t->call.fd);
	if (ret > 0 && numbered(sk, x.message) && was_written(t, sk, begun, ret)) {
		x.flags |= TRANSFER_STREAM;
		x.seq =
		    begun ? t->write_seq : BPF_CORE_READ((struct tcp_sock *)sk, write_seq) - ret;
	}
	if (ret <= 0 || passes) {
		no_parts(t);
	} else if (shown) {
		lay_out_iterator(t, ret);
	} else if (fits) {
		lay_out_call(t, ret, index, 0);
		/* It ends with a message that was sent in part; and a datagram never is. */
		if (t->call.what == CALL_SENDMMSG && !t->partly && t->room != (__u64)ret) {
			forget_messages(t);
			if (!tcp)
				no_parts(t);
		}
	} else {
		lay_out_request(t, fit, &m);
	}
	hash_parts(t);
	tell_transfer(t, &x);
}

/* A send over TCP begins; its first byte has this number. */
static __always_inline void begin_to_send(struct thread *t, const struct sock *sk, __u32 seq,
					  __u64 source)
{
	t->sending = (__u64)sk;
	t->write_seq = seq;
	t->source = source;
}

/* The running thread had TCP move bytes to a pipe. */
static __always_inline void got_by_pipe(struct thread *t, struct sock *sk, __s32 bytes, __u64 pipe)
{
	struct transfer x = {};

	begin_transfer(&x, t, sk, bytes, HOOK_SOCK_RECV_LENGTH);
	x.pipe = pipe;
	number_read(sk, &x);
	no_parts(t);
	tell_transfer(t, &x);
}

/* Packets and tasks. */

/* As sk_fullsock() of include/net/sock.h: less than that has no owner. */
static __always_inline bool is_whole(const struct sock *sk)
{
	__u8 state = sk->__sk_common.skc_state;

	return state != TCP_TIME_WAIT && state != TCP_NEW_SYN_RECV;
}

/* The address of the socket that sends this, 0 if none does. */
static __always_inline __u64 sender_of(const struct sk_buff *skb)
{
	const struct sock *sk = skb->sk;

	return sk && is_whole(sk) ? (__u64)sk : 0;
}

/* The running process got this many bytes of the skb; the call's transfer follows. */
static __always_inline void tell_delivery(const struct skb_entry *e, __u32 bytes)
{
	tell_edge_at(e->packet_id, e->skb_id, bpf_get_current_pid_tgid(), EDGE_DELIVER,
		     EVIDENCE_PROVED, 0, bytes);
}

static __always_inline void tell_emission(struct thread *t, const struct skb_entry *e)
{
	t->emitted = 1;
	tell_edge(e->packet_id, bpf_get_current_pid_tgid(), e->skb_id, EDGE_EMIT, EVIDENCE_PROVED,
		  0);
}

/*
 * A packet that nobody knew is on its way out: is it the running process's? Of TCP, sequence
 * numbers tell.
 */
static __always_inline void emitted_by_socket(const struct sk_buff *skb, const struct skb_entry *e)
{
	const struct sock *sk = skb->sk;
	struct thread *t;

	if (!sk || !is_whole(sk) || of_tcp(sk) || !of_process(sk))
		return;
	t = this_thread();
	if (t)
		tell_emission(t, e);
}

#endif
