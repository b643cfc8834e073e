/*
 * A TCP server that sends back what it receives, all of it through an io_uring: the system calls
 * that move bytes are none of the socket's. Runs until it is ended.
 *
 * usage: uring-echo PORT
 */
#include <arpa/inet.h>
#include <sys/socket.h>
#include "uring.h"

enum { CONNECTIONS = 128, SIZE = 16384 };

static char buffers[CONNECTIONS][SIZE];
static int connections[CONNECTIONS];
static int server;

#define ACCEPT	(~0ULL)
#define SENDING (1ULL << 32)

static void done(const struct io_uring_cqe *c)
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
	int yes = 1;

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
	run(done);
}
