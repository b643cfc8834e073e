/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where in a process's memory a call's bytes lie, and hashes of them. The bytes stay here.
 *
 * Memory that cannot be read now (swapped out, or gone) is not hashed: nothing here waits for it.
 */
#ifndef TRAITRACE_MEMORY_H
#define TRAITRACE_MEMORY_H

#include "thread.h"

/* include/linux/socket.h: struct user_msghdr, its msg_iov and msg_iovlen, and struct mmsghdr. */
#define MSGHDR_IOV    16
#define MMSGHDR_BYTES 64

static __always_inline void no_parts(struct thread *t)
{
	__builtin_memset(t->part, 0, sizeof(t->part));
	t->parts = 0;
	t->partly = 0;
	t->room = 0;
	t->mapped = 0;
}

/* Reads bytes of a part; false if they cannot be read now. */
static __always_inline bool read_part(const struct thread *t, void *to, __u32 bytes, __u64 from)
{
	return !(t->mapped ? bpf_probe_read_kernel(to, bytes, (void *)from)
			   : bpf_probe_read_user(to, bytes, (void *)from));
}

/* Bytes that lie together, behind those that are known already. */
static __always_inline void add_part(struct thread *t, __u64 address, __u64 len)
{
	__u32 at = t->parts;

	if (!len)
		return;
	if (at >= TRANSFER_PARTS) {
		t->partly = 1;
		return;
	}
	/* Linux 6.1 looks at a copy of `at` above and forgets what that told of this one. */
	barrier_var(at);
	at &= TRANSFER_PARTS - 1;
	t->part[at].address = address;
	t->part[at].len = len;
	t->parts = at + 1;
}

/*
 * Lays `bytes` out over the first `count` of t->iovecs, from `skip` on; what is left over is the
 * answer.
 */
__noinline __u64 lay_out(struct thread *t, __u32 count, __u64 skip, __u64 bytes)
{
	if (!t)
		return bytes;
	for (__u32 i = 0; i < IOVECS_READ; i++) {
		__u64 base, len, n;

		if (i >= count)
			break;
		base = (__u64)t->iovecs[i].iov_base + skip;
		len = t->iovecs[i].iov_len;
		len = len > skip ? len - skip : 0;
		skip = 0;
		t->room += len;
		n = len < bytes ? len : bytes;
		bytes -= n;
		add_part(t, base, n);
	}
	return bytes;
}

/*
 * The parts of the running call that `bytes` bytes take; of a call for several messages, in the one
 * with this index. None if they cannot be read, or if so many have no room there: then the call is
 * not what it seems. `more` says that there may be more than there is room for (MSG_TRUNC).
 */
__noinline int lay_out_call(struct thread *t, __u64 bytes, __u32 index, __u32 more)
{
	struct iovec array = {};
	__u64 memory, count, read;

	if (!t)
		return 0;
	no_parts(t);
	memory = t->call.memory;
	count = t->call.count;
	switch (t->call.what) {
	case CALL_READ:
	case CALL_RECVFROM:
	case CALL_WRITE:
	case CALL_SENDTO:
		t->iovecs[0].iov_base = (void *)memory;
		t->iovecs[0].iov_len = count;
		count = 1;
		memory = 0;
		break;
	case CALL_READV:
	case CALL_WRITEV:
		break;
	case CALL_RECVMMSG:
	case CALL_SENDMMSG:
		if (t->call.timed && count > 1)
			return 0;
		memory += (__u64)index * MMSGHDR_BYTES;
		/* fallthrough */
	case CALL_RECVMSG:
	case CALL_SENDMSG:
		if (bpf_probe_read_user(&array, sizeof(array), (void *)(memory + MSGHDR_IOV)))
			return 0;
		memory = (__u64)array.iov_base;
		count = array.iov_len;
		break;
	default:
		return 0;
	}
	read = count < IOVECS_READ ? count : IOVECS_READ;
	barrier_var(read);
	if (read > IOVECS_READ)
		return 0;
	if (memory && bpf_probe_read_user(t->iovecs, read * sizeof(struct iovec), (void *)memory))
		return 0;
	if (lay_out(t, read, 0, bytes)) {
		if (count > IOVECS_READ)
			t->partly = 1;
		else if (!more)
			no_parts(t);
	}
	return 0;
}

static __always_inline const struct iovec *iovecs_of(const struct iov_iter *iter)
{
	const struct iov_iter___iov *before = (void *)iter;

	if (bpf_core_field_exists(before->iov))
		return BPF_CORE_READ(before, iov);
	return BPF_CORE_READ(iter, __iov);
}

/* Whether an iterator of this type is over one buffer: Linux 6.0 on. */
static __always_inline bool is_ubuf(__u32 type)
{
	return bpf_core_enum_value_exists(enum iter_type, ITER_UBUF) &&
	       type == bpf_core_enum_value(enum iter_type, ITER_UBUF);
}

/*
 * The parts of the last `bytes` bytes that the iterator t->source has gone over. None if they are
 * the kernel's: of a pipe, or of a caller in the kernel.
 */
__noinline int lay_out_iterator(struct thread *t, __u64 bytes)
{
	const struct iov_iter *iter;
	__u64 offset, array, skip, count = 1;
	__u32 type;

	if (!t)
		return 0;
	iter = (void *)t->source;
	no_parts(t);
	if (!bytes)
		return 0;
	type = BPF_CORE_READ(iter, iter_type);
	offset = BPF_CORE_READ(iter, iov_offset);
	if (is_ubuf(type)) {
		if (offset < bytes)
			return 0;
		t->iovecs[0].iov_base = (void *)((__u64)BPF_CORE_READ(iter, ubuf) + offset - bytes);
		t->iovecs[0].iov_len = bytes;
		lay_out(t, 1, 0, bytes);
		return 0;
	}
	if (type != bpf_core_enum_value(enum iter_type, ITER_IOVEC))
		return 0;
	/* Back to where it began: what it has gone over lies before it. */
	array = (__u64)iovecs_of(iter);
	skip = offset;
	for (int i = 0; i < IOVECS_READ && skip < bytes; i++) {
		struct iovec before = {};

		array -= sizeof(before);
		if (bpf_probe_read_kernel(&before, sizeof(before), (void *)array))
			return 0;
		skip += before.iov_len;
		count++;
	}
	if (skip < bytes)
		return 0;
	if (count > IOVECS_READ)
		count = IOVECS_READ;
	barrier_var(count);
	if (count > IOVECS_READ)
		return 0;
	if (bpf_probe_read_kernel(t->iovecs, count * sizeof(struct iovec), (void *)array))
		return 0;
	if (lay_out(t, count, skip - bytes, bytes))
		t->partly = 1;
	return 0;
}

/* The parts of the next `bytes` bytes that the iterator t->source will go over. */
__noinline int lay_out_ahead(struct thread *t, __u64 bytes)
{
	const struct iov_iter *iter;
	__u64 offset, count;
	__u32 type;

	if (!t)
		return 0;
	iter = (void *)t->source;
	no_parts(t);
	type = BPF_CORE_READ(iter, iter_type);
	offset = BPF_CORE_READ(iter, iov_offset);
	if (is_ubuf(type)) {
		t->iovecs[0].iov_base = (void *)((__u64)BPF_CORE_READ(iter, ubuf) + offset);
		t->iovecs[0].iov_len = bytes;
		lay_out(t, 1, 0, bytes);
		return 0;
	}
	if (type != bpf_core_enum_value(enum iter_type, ITER_IOVEC))
		return 0;
	count = BPF_CORE_READ(iter, nr_segs);
	if (count > IOVECS_READ)
		count = IOVECS_READ;
	barrier_var(count);
	if (count > IOVECS_READ)
		return 0;
	if (bpf_probe_read_kernel(t->iovecs, count * sizeof(struct iovec), iovecs_of(iter)))
		return 0;
	if (lay_out(t, count, offset, bytes))
		t->partly = 1;
	return 0;
}

/*
 * How many bytes the iterator at this address has gone over since it was at its first iovec;
 * negative = not known, or the memory is the kernel's.
 */
__noinline __s64 gone_over(struct thread *t, __u64 address, __u64 first)
{
	const struct iov_iter *iter = (void *)address;
	__u64 n, sum;
	__u32 type;

	if (!t)
		return -1;
	type = BPF_CORE_READ(iter, iter_type);
	sum = BPF_CORE_READ(iter, iov_offset);
	if (is_ubuf(type))
		return sum;
	if (type != bpf_core_enum_value(enum iter_type, ITER_IOVEC) || !first)
		return -1;
	n = ((__u64)iovecs_of(iter) - first) / sizeof(struct iovec);
	barrier_var(n);
	if (n > IOVECS_READ)
		return -1;
	if (bpf_probe_read_kernel(t->iovecs, n * sizeof(struct iovec), (void *)first))
		return -1;
	for (__u32 i = 0; i < IOVECS_READ; i++) {
		if (i >= n)
			break;
		sum += t->iovecs[i].iov_len;
	}
	return sum;
}

/* Hashes: each step can be undone, so that no two different words give the same. */
#define HASH_START  0x9ae16a3b2f90404fULL
#define HASH_FACTOR 0x9e3779b97f4a7c15ULL
#define HASH_LENGTH 0xc2b2ae3d27d4eb4fULL

static __always_inline __u64 stir(__u64 hash, __u64 word)
{
	hash = (hash ^ word) * HASH_FACTOR;
	return hash ^ hash >> 29;
}

static __always_inline __u64 finish(__u64 hash, __u64 length)
{
	hash = (hash ^ length) * HASH_LENGTH;
	hash = (hash ^ hash >> 32) * HASH_FACTOR;
	return hash ^ hash >> 29;
}

/* Reads the part's memory and hashes it. */
__noinline int hash_part(struct thread *t, __u32 i)
{
	struct transfer_part *part;
	__u64 hash = HASH_START, head = 0, tail, alike, differs = 0;
	__u64 len, n, words;

	if (!t || i >= TRANSFER_PARTS)
		return 0;
	part = &t->part[i];
	len = part->len;
	n = len < PART_WHOLE_BYTES ? len : PART_WHOLE_BYTES;
	/* Looked at once more where it is used: Linux 6.1 forgets it over a copy. */
	barrier_var(n);
	if (!n || n > PART_WHOLE_BYTES)
		return 0;
	if (!read_part(t, t->bytes, n, part->address))
		return 0;
	/* The last word may go beyond. */
	*(__u64 *)(t->bytes + n) = 0;
	words = (n + 7) / 8;
	alike = t->bytes[0] * 0x0101010101010101ULL;
	for (__u32 w = 0; w < PART_EDGE_BYTES / 8; w++) {
		__u64 word;

		if (w >= words)
			break;
		word = *(__u64 *)(t->bytes + w * 8);
		hash = stir(hash, word);
		word ^= alike;
		/* Little-endian: what is beyond are the upper bytes. */
		if (n - w * 8 < 8)
			word <<= 64 - 8 * (n - w * 8);
		differs |= word;
	}
	head = finish(hash, n < PART_EDGE_BYTES ? n : PART_EDGE_BYTES);
	for (__u32 w = PART_EDGE_BYTES / 8; w < PART_WHOLE_BYTES / 8; w++) {
		if (w >= words)
			break;
		hash = stir(hash, *(__u64 *)(t->bytes + w * 8));
	}
	tail = head;
	if (len > PART_EDGE_BYTES) {
		if (!read_part(t, t->tail, PART_EDGE_BYTES, part->address + len - PART_EDGE_BYTES))
			return 0;
		tail = HASH_START;
		for (__u32 w = 0; w < PART_EDGE_BYTES / 8; w++)
			tail = stir(tail, *(__u64 *)(t->tail + w * 8));
		tail = finish(tail, PART_EDGE_BYTES);
	}
	part->head = head;
	part->tail = tail;
	part->whole = finish(hash, n);
	part->flags = PART_HASHED | (differs ? 0 : PART_DULL);
	return 0;
}

static __always_inline void hash_parts(struct thread *t)
{
	for (__u32 i = 0; i < TRANSFER_PARTS; i++) {
		if (i >= t->parts)
			break;
		hash_part(t, i);
	}
}

#endif
