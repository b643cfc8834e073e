/* SPDX-License-Identifier: GPL-2.0-only */
/* An io_uring, with the least that it needs: as many requests at a time as RING_ENTRIES. */
#ifndef RING_H
#define RING_H

#include <err.h>
#include <linux/io_uring.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define RING_ENTRIES 8

struct ring {
	int fd;
	struct io_uring_params p;
	char *sq, *cq;
	struct io_uring_sqe *entries;
	unsigned queued; /* not yet told to the kernel */
};

static int open_ring(struct ring *r)
{
	memset(r, 0, sizeof(*r));
	r->fd = syscall(SYS_io_uring_setup, RING_ENTRIES, &r->p);
	/* A host may forbid it. */
	if (r->fd < 0)
		return -1;
	r->sq = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, r->fd, IORING_OFF_SQ_RING);
	r->cq = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, r->fd, IORING_OFF_CQ_RING);
	r->entries = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, r->fd, IORING_OFF_SQES);
	return 0;
}

/* The answer will have this number. */
static struct io_uring_sqe *ask(struct ring *r, int operation, int fd, const void *at,
				size_t length, int number)
{
	unsigned *tail = (void *)(r->sq + r->p.sq_off.tail);
	unsigned slot = *tail & *(unsigned *)(r->sq + r->p.sq_off.ring_mask);
	struct io_uring_sqe *e = &r->entries[slot];

	memset(e, 0, sizeof(*e));
	e->opcode = operation;
	e->fd = fd;
	e->addr = (unsigned long)at;
	e->len = length;
	e->user_data = number;
	((unsigned *)(r->sq + r->p.sq_off.array))[slot] = slot;
	__atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
	r->queued++;
	return e;
}

/* Has the ring begin what was asked of it, and waits until there are this many answers. */
static void enter(struct ring *r, unsigned answers)
{
	if (syscall(SYS_io_uring_enter, r->fd, r->queued, answers, IORING_ENTER_GETEVENTS, 0, 0) <
	    0)
		err(1, "io_uring_enter");
	r->queued = 0;
}

/* The next answer: its result; its number goes to *number, its flags to *flags. */
static int answer(struct ring *r, int *number, unsigned *flags)
{
	unsigned *head = (void *)(r->cq + r->p.cq_off.head);
	unsigned *tail = (void *)(r->cq + r->p.cq_off.tail);
	unsigned mask = *(unsigned *)(r->cq + r->p.cq_off.ring_mask);
	struct io_uring_cqe *done = (void *)(r->cq + r->p.cq_off.cqes);
	int result;

	if (*head == __atomic_load_n(tail, __ATOMIC_ACQUIRE))
		enter(r, 1);
	done += *head & mask;
	*number = done->user_data;
	*flags = done->flags;
	result = done->res;
	__atomic_store_n(head, *head + 1, __ATOMIC_RELEASE);
	if (result < 0)
		errx(1, "io_uring, request %d: %s", *number, strerror(-result));
	return result;
}

#endif
