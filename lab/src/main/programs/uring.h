/*
 * An io_uring, with the least that a program needs of it: it asks for things, and is told what
 * became of each.
 */
#include <errno.h>
#include <linux/io_uring.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { ENTRIES = 256 };

static struct {
	int fd;
	_Atomic unsigned *tail, *done_head, *done_tail;
	unsigned mask, done_mask;
	unsigned *array;
	struct io_uring_sqe *entries;
	struct io_uring_cqe *done;
	unsigned queued;
} ring;

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static char *map(size_t size, off_t what)
{
	char *at =
	    mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring.fd, what);

	if (at == MAP_FAILED)
		fail("mmap");
	return at;
}

static void open_ring(void)
{
	struct io_uring_params p = {0};
	char *sq, *cq;

	ring.fd = syscall(SYS_io_uring_setup, ENTRIES, &p);
	if (ring.fd < 0)
		fail("io_uring_setup");
	sq = map(p.sq_off.array + p.sq_entries * sizeof(unsigned), IORING_OFF_SQ_RING);
	cq = map(p.cq_off.cqes + p.cq_entries * sizeof(struct io_uring_cqe), IORING_OFF_CQ_RING);
	ring.entries = (void *)map(p.sq_entries * sizeof(struct io_uring_sqe), IORING_OFF_SQES);
	ring.tail = (void *)(sq + p.sq_off.tail);
	ring.mask = *(unsigned *)(sq + p.sq_off.ring_mask);
	ring.array = (void *)(sq + p.sq_off.array);
	ring.done_head = (void *)(cq + p.cq_off.head);
	ring.done_tail = (void *)(cq + p.cq_off.tail);
	ring.done_mask = *(unsigned *)(cq + p.cq_off.ring_mask);
	ring.done = (void *)(cq + p.cq_off.cqes);
}

/* What becomes of it comes with the number: the connection's, and whether it was a sending. */
static void ask(int operation, int fd, void *at, unsigned length, unsigned long long number)
{
	unsigned tail = atomic_load_explicit(ring.tail, memory_order_relaxed);
	struct io_uring_sqe *e = &ring.entries[tail & ring.mask];

	memset(e, 0, sizeof(*e));
	e->opcode = operation;
	e->fd = fd;
	e->addr = (unsigned long)at;
	e->len = length;
	e->user_data = number;
	ring.array[tail & ring.mask] = tail & ring.mask;
	atomic_store_explicit(ring.tail, tail + 1, memory_order_release);
	ring.queued++;
}

/* Has all of it done, and tells `done` of each, for ever. */
static void run(void (*done)(const struct io_uring_cqe *))
{
	for (;;) {
		unsigned head;
		int n = syscall(SYS_io_uring_enter, ring.fd, ring.queued, 1, IORING_ENTER_GETEVENTS,
				NULL, 0);

		if (n < 0 && errno != EINTR)
			fail("io_uring_enter");
		if (n > 0)
			ring.queued -= n;
		head = atomic_load_explicit(ring.done_head, memory_order_relaxed);
		while (head != atomic_load_explicit(ring.done_tail, memory_order_acquire)) {
			struct io_uring_cqe c = ring.done[head++ & ring.done_mask];

			atomic_store_explicit(ring.done_head, head, memory_order_release);
			done(&c);
		}
	}
}
