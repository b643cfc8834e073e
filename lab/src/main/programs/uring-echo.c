/*
 * A TCP server that sends back what it receives, all of it through an io_uring: the system calls
 * that move bytes are none of the socket's. Runs until it is ended.
 *
 * usage: uring-echo PORT
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/io_uring.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { ENTRIES = 256, CONNECTIONS = 128, SIZE = 16384 };

static struct {
	int fd;
	_Atomic unsigned *tail, *done_head, *done_tail;
	unsigned mask, done_mask;
	unsigned *array;
	struct io_uring_sqe *entries;
	struct io_uring_cqe *done;
	unsigned queued;
} ring;

static char buffers[CONNECTIONS][SIZE];
static int connections[CONNECTIONS];

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

#define ACCEPT	(~0ULL)
#define SENDING (1ULL << 32)

static void done(int server, const struct io_uring_cqe *c)
{
	unsigned long long number = c->user_data;
	unsigned i = (unsigned)number;

	if (number == ACCEPT) {
		for (i = 0; i < CONNECTIONS && connections[i]; i++)
			;
		if (c->res >= 0 && i < CONNECTIONS) {
			connections[i] = c->res;
			ask(IORING_OP_RECV, c->res, buffers[i], SIZE, i);
		}
		ask(IORING_OP_ACCEPT, server, NULL, 0, ACCEPT);
	} else if (c->res <= 0) {
		close(connections[i]);
		connections[i] = 0;
	} else if (number & SENDING) {
		ask(IORING_OP_RECV, connections[i], buffers[i], SIZE, i);
	} else {
		/* All of it or nothing: the socket's buffer is larger. */
		ask(IORING_OP_SEND, connections[i], buffers[i], c->res, i | SENDING);
	}
}

int main(int argc, char **argv)
{
	struct sockaddr_in here = {.sin_family = AF_INET};
	int server, yes = 1;

	if (argc != 2) {
		fprintf(stderr, "usage: uring-echo PORT\n");
		return 2;
	}
	open_ring();
	here.sin_port = htons(atoi(argv[1]));
	server = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (bind(server, (struct sockaddr *)&here, sizeof(here)) < 0 ||
	    listen(server, CONNECTIONS) < 0)
		fail("listen");
	ask(IORING_OP_ACCEPT, server, NULL, 0, ACCEPT);
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
			done(server, &c);
		}
	}
}
