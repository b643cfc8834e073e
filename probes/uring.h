/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The requests of io_urings: where the bytes lie that a call moved for which no registers speak.
 *
 * When a request is done, and by which thread, the kernel decides: at once, by the thread that
 * asked for it, or later, by that thread's work on its way back to the process, or by a worker. No
 * tracepoint is between its beginning and the bytes. So requests are noted when they are told (when
 * their file is looked up, or when the wait for it is over), by what they are about; and when bytes
 * have moved, that request is taken whose iterator has gone over so many. An iterator begins anew
 * with each request (Linux 6.10 on: io_uring/net.c, io_recvmsg_prep_setup, io_send_setup; rw.c,
 * io_prep_rw), so that of several requests for one socket it is the one that was done. If none or
 * more than one fit, nothing is said of the memory.
 */
#ifndef TRAITRACE_URING_H
#define TRAITRACE_URING_H

#include "memory.h"

/* include/uapi/linux/io_uring.h. Those with registered buffers are missing: their iterators are
 * over the kernel's pages. */
enum uring_op {
	URING_READV = 1,
	URING_WRITEV = 2,
	URING_SENDMSG = 9,
	URING_RECVMSG = 10,
	URING_READ = 22,
	URING_WRITE = 23,
	URING_SEND = 26,
	URING_RECV = 27,
	URING_SEND_ZC = 47,
	URING_SENDMSG_ZC = 48,
	URING_READ_MULTISHOT = 49,
	URING_OPS = 64,
};

#define OF_SOCKETS                                                                                 \
	(1ULL << URING_SENDMSG | 1ULL << URING_RECVMSG | 1ULL << URING_SEND | 1ULL << URING_RECV | \
	 1ULL << URING_SEND_ZC | 1ULL << URING_SENDMSG_ZC)
#define RECEIVING                                                                                  \
	(1ULL << URING_READV | 1ULL << URING_RECVMSG | 1ULL << URING_READ | 1ULL << URING_RECV |   \
	 1ULL << URING_READ_MULTISHOT)
#define OF_FILES                                                                                   \
	(1ULL << URING_READV | 1ULL << URING_WRITEV | 1ULL << URING_READ | 1ULL << URING_WRITE |   \
	 1ULL << URING_READ_MULTISHOT)

#define URING_FIXED_FILE     1 /* IOSQE_FIXED_FILE, in a request's flags too */
#define URING_RECV_MULTISHOT 2
#define URING_BUNDLE	     0x10

/* What requests are about. */
struct request_key {
	__u64 of; /* open file of a socket; of TUN devices the process, who may have several */
	__u32 receives; /* 0 = they send */
	__u32 tun;
};

/* Each request has an iterator from its beginning on: Linux 6.10. */
#define HAS_ITERATORS bpf_core_field_exists(struct io_async_rw, iter)

#define REQUESTS_KEPT 16

struct requests {
	__u64 address[REQUESTS_KEPT]; /* of the struct io_kiocb; 0 = none */
	__s32 fd[REQUESTS_KEPT];      /* by which it was asked for, -1 = not known, or none */
};

/* LRU: of a request that falls out the memory is not known. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, struct request_key);
	__type(value, struct requests);
} requests SEC(".maps");

static __always_inline bool is_op(__u32 opcode, __u64 set)
{
	return opcode < URING_OPS && set >> opcode & 1;
}

/* Its iterator is gone, or it is about something else by now: it is over. */
static __always_inline bool is_over(__u64 address, __u64 file)
{
	const struct io_kiocb *req = (void *)address;

	return (__u64)BPF_CORE_READ(req, file) != file || !BPF_CORE_READ(req, async_data);
}

static __always_inline void keep_request(const struct request_key *key, __u64 address, __u64 file,
					 __s32 fd)
{
	struct requests *kept = bpf_map_lookup_elem(&requests, key);
	__u32 at = REQUESTS_KEPT;

	if (!kept) {
		struct requests none = {};

		bpf_map_update_elem(&requests, key, &none, BPF_NOEXIST);
		kept = bpf_map_lookup_elem(&requests, key);
		if (!kept)
			return;
	}
	for (__u32 i = 0; i < REQUESTS_KEPT; i++) {
		if (kept->address[i] == address) {
			if (fd >= 0)
				kept->fd[i] = fd;
			return;
		}
		if (!kept->address[i] && at == REQUESTS_KEPT)
			at = i;
	}
	for (__u32 i = 0; i < REQUESTS_KEPT && at == REQUESTS_KEPT; i++)
		if (is_over(kept->address[i], file))
			at = i;
	if (at >= REQUESTS_KEPT)
		return;
	kept->fd[at] = fd;
	kept->address[at] = address;
}

/*
 * A request for this file is told of. With the lineage family the calls of sockets have iterators
 * of their own.
 */
static __always_inline void note_request(__u64 address, __u32 opcode, const struct file *file,
					 __s32 fd)
{
	struct request_key key = {.of = (__u64)file, .receives = is_op(opcode, RECEIVING)};

	if (!file)
		return;
	if (is_op(opcode, OF_FILES)) {
		key.tun = is_tun_file(file);
		if (key.tun)
			key.of = bpf_get_current_pid_tgid() >> 32;
		else if ((BPF_CORE_READ(file, f_inode, i_mode) & S_IFMT) != S_IFSOCK)
			return;
	}
	if (config.lineage && !key.tun)
		return;
	keep_request(&key, address, (__u64)file, fd);
}

/* The open file with this number in the table that a program registered with its io_uring. */
static __always_inline const struct file *fixed_file(const struct io_kiocb *req, __u32 index)
{
	const struct io_ring_ctx *ctx = BPF_CORE_READ(req, ctx);
	const struct io_ring_ctx___files *before = (void *)ctx;
	__u64 table, at, file = 0;

	if (bpf_core_field_exists(ctx->file_table.data)) {
		if (index >= BPF_CORE_READ(ctx, file_table.data.nr))
			return 0;
		table = (__u64)BPF_CORE_READ(ctx, file_table.data.nodes);
		if (bpf_probe_read_kernel(&at, sizeof(at), (void *)(table + index * sizeof(at))))
			return 0;
		file = BPF_CORE_READ((const struct io_rsrc_node *)at, file_ptr);
	} else if (bpf_core_field_exists(before->file_table.files)) {
		if (index >= BPF_CORE_READ(before, nr_user_files))
			return 0;
		table = (__u64)BPF_CORE_READ(before, file_table.files);
		bpf_probe_read_kernel(&file, sizeof(file), (void *)(table + index * sizeof(file)));
	}
	/* The lowest bits are flags (io_uring/filetable.h, FFS_MASK). */
	return (void *)(file & ~7ULL);
}

/* What was moved, and the request that fits. */
struct move {
	struct request_key key;
	__u64 source; /* the call's iterator, where it is known; else 0 */
	__s64 bytes;
	__u32 more;    /* of a datagram there may have been more than there was room for */
	__u32 lasting; /* the request may move more: it is not done with this */
	__u64 iter;    /* the request's */
	__s64 behind;  /* bytes that it has gone over in this move */
	__u64 packet;  /* TUN: address of its first byte in the kernel */
	__u64 linear;  /* how many bytes lie together there */
};

enum fit {
	FITS_NOT = 0,
	FITS_AHEAD,  /* the iterator is to go over the bytes yet: the call had a copy of it */
	FITS_BEHIND, /* the iterator has gone over the bytes */
};

/* The first of the iovecs that the kernel has copied for a message; 0 = there is none. */
static __always_inline __u64 first_of_message(__u64 data)
{
	const struct io_async_msghdr *message = (void *)data;
	const struct io_async_msghdr___free_iov *before = (void *)data;
	__u64 first = 0;

	if (bpf_core_field_exists(message->vec))
		first = (__u64)BPF_CORE_READ(message, vec.iovec);
	else if (bpf_core_field_exists(before->free_iov))
		first = (__u64)BPF_CORE_READ(before, free_iov);
	if (!first && bpf_core_field_exists(message->fast_iov))
		first = data + bpf_core_field_offset(struct io_async_msghdr, fast_iov);
	return first;
}

/* Likewise for reading or writing. */
static __always_inline __u64 first_of_file(__u64 data)
{
	const struct io_async_rw *rw = (void *)data;
	const struct io_async_rw___free_iovec *before = (void *)data;
	__u64 first = 0;

	if (bpf_core_field_exists(rw->vec))
		first = (__u64)BPF_CORE_READ(rw, vec.iovec);
	else if (bpf_core_field_exists(before->free_iovec))
		first = (__u64)BPF_CORE_READ(before, free_iovec);
	if (!first && bpf_core_field_exists(rw->fast_iov))
		first = data + bpf_core_field_offset(struct io_async_rw, fast_iov);
	return first;
}

/* A request to send or receive. What it moved before, for it waits for all, is in done_io. */
static __always_inline enum fit fits_message(struct thread *t, struct move *m, __u64 address,
					     __u64 data)
{
	const struct io_sr_msg *message = (void *)address;
	const struct iov_iter *iter;
	__u64 left;
	__s64 gone;

	m->iter = data + bpf_core_field_offset(struct io_async_msghdr, msg.msg_iter);
	iter = (void *)m->iter;
	left = BPF_CORE_READ(iter, count);
	m->behind = m->bytes;
	m->lasting = BPF_CORE_READ(message, flags) & (URING_RECV_MULTISHOT | URING_BUNDLE) ||
		     (BPF_CORE_READ(message, msg_flags) & MSG_WAITALL && left);
	if (m->source)
		return m->source == m->iter ? FITS_BEHIND : FITS_NOT;
	gone = gone_over(t, m->iter, first_of_message(data));
	if (gone <= 0)
		return FITS_NOT;
	if (m->more && !left && gone < m->bytes)
		m->behind = gone;
	return gone == m->behind || gone == m->behind + BPF_CORE_READ(message, done_io)
		   ? FITS_BEHIND
		   : FITS_NOT;
}

/* What tells packets apart: headers, and where there are so many, first bytes behind them. */
#define PACKET_BYTES	   48
#define PACKET_BYTES_LEAST 16
/* What may precede a packet: packet information and a header for offloads. */
#define TUN_HEADERS 32

/* Whether this memory of the process holds the packet: before Linux 6.10 nothing else tells. */
static __always_inline bool holds_packet(struct thread *t, const struct move *m, __u64 memory)
{
	__u64 packet[PACKET_BYTES / 8] = {};
	__u32 words = PACKET_BYTES / 8;

	if (m->linear < PACKET_BYTES_LEAST)
		return false;
	if (m->linear < PACKET_BYTES)
		words = PACKET_BYTES_LEAST / 8;
	if (bpf_probe_read_kernel(packet, words * 8, (void *)m->packet) ||
	    bpf_probe_read_user(t->bytes, TUN_HEADERS + PACKET_BYTES, (void *)memory))
		return false;
	for (__u32 at = 0; at <= TUN_HEADERS; at += 2) {
		__u64 differs = 0;

		for (__u32 w = 0; w < PACKET_BYTES / 8; w++)
			if (w < words)
				differs |= packet[w] ^ *(__u64 *)(t->bytes + at + w * 8);
		if (!differs)
			return true;
	}
	return false;
}

/* A request to read or write. */
static __always_inline enum fit fits_file(struct thread *t, struct move *m, __u64 address,
					  __u64 data, __u32 opcode)
{
	const struct iov_iter *iter;
	__s64 gone, left;

	m->lasting = opcode == URING_READ_MULTISHOT;
	if (!HAS_ITERATORS) {
		const struct io_rw *rw = (void *)address;

		if (!m->key.tun || (opcode != URING_READ && opcode != URING_WRITE))
			return FITS_NOT;
		return holds_packet(t, m, BPF_CORE_READ(rw, addr)) ? FITS_AHEAD : FITS_NOT;
	}
	m->iter = data + bpf_core_field_offset(struct io_async_rw, iter);
	gone = gone_over(t, m->iter, first_of_file(data));
	if (m->key.tun) {
		/* A packet at once; and what precedes it. */
		m->behind = gone;
		return gone >= m->bytes ? FITS_BEHIND : FITS_NOT;
	}
	/* net/socket.c, sock_read_iter and sock_write_iter work on a copy. */
	iter = (void *)m->iter;
	left = BPF_CORE_READ(iter, count);
	return gone == 0 && left >= m->bytes ? FITS_AHEAD : FITS_NOT;
}

/* How the request at this address fits to what was moved. */
__noinline int fit_of(struct thread *t, struct move *m, __u64 address)
{
	const struct io_kiocb *req = (void *)address;
	__u64 data;
	__u32 opcode;

	if (!t || !m)
		return FITS_NOT;
	data = (__u64)BPF_CORE_READ(req, async_data);
	opcode = BPF_CORE_READ(req, opcode);
	if (m->key.tun ? !is_tun_file(BPF_CORE_READ(req, file))
		       : (__u64)BPF_CORE_READ(req, file) != m->key.of)
		return FITS_NOT;
	if ((!data && HAS_ITERATORS) || is_op(opcode, RECEIVING) != m->key.receives)
		return FITS_NOT;
	return is_op(opcode, OF_FILES) ? fits_file(t, m, address, data, opcode)
				       : fits_message(t, m, address, data);
}

/*
 * Looks for the request that moved these bytes: what it is about goes to t->call, its iterator to
 * t->source. An iterator that has gone over the bytes tells more than one that could.
 *
 * What was found so far is kept in memory, of which the verifier knows nothing: else it would go
 * through the requests in each way that they may fit.
 */
__noinline int find_request(struct thread *t, struct move *m)
{
	const struct io_kiocb *req;
	struct request_key key;
	struct requests *kept;

	if (!t || !m)
		return FITS_NOT;
	key = m->key;
	kept = bpf_map_lookup_elem(&requests, &key);
	if (!kept)
		return FITS_NOT;
	t->fit = FITS_NOT;
	t->alike = 0;
	for (__u32 i = 0; i < REQUESTS_KEPT; i++) {
		__u64 address = kept->address[i];
		__u32 fit;

		if (!address)
			continue;
		fit = fit_of(t, m, address);
		if (!fit || fit < t->fit)
			continue;
		t->alike = fit == t->fit ? t->alike + 1 : 1;
		t->fit = fit;
		t->request = address;
	}
	if (t->alike != 1 || !fit_of(t, m, t->request))
		return FITS_NOT;
	for (__u32 i = 0; i < REQUESTS_KEPT; i++) {
		if (kept->address[i] != t->request)
			continue;
		t->call.fd = kept->fd[i];
		if (!m->lasting)
			kept->address[i] = 0;
		break;
	}
	req = (void *)t->request;
	if (!m->source)
		t->source = m->iter;
	t->call.file = (__u64)BPF_CORE_READ(req, file);
	if (is_op(BPF_CORE_READ(req, opcode), OF_FILES)) {
		t->call.memory = BPF_CORE_READ((const struct io_rw *)req, addr);
		t->call.count = BPF_CORE_READ((const struct io_rw *)req, len);
	} else {
		t->call.message = BPF_CORE_READ((const struct io_sr_msg *)req, msg_flags);
	}
	return t->fit;
}

/* The request by which an io_uring had the running thread move these bytes of a socket. */
static __always_inline int request_of_socket(struct thread *t, struct move *m)
{
	if (config.lineage || t->call.what != CALL_OTHER || !by_uring())
		return FITS_NOT;
	return find_request(t, m);
}

static __always_inline void lay_out_request(struct thread *t, int fit, const struct move *m)
{
	if (fit == FITS_BEHIND)
		lay_out_iterator(t, m->behind);
	else if (fit == FITS_AHEAD)
		lay_out_ahead(t, m->bytes);
	else
		no_parts(t);
}

#endif
