/*
 * A TCP proxy of one thread: each connection that is made to a port goes on to another. Runs until
 * it is ended.
 *
 * usage: relay-tcp MODE PORT ADDRESS PORT
 *   splice  through a pipe for each direction: no byte comes into this program's memory
 *   chunk   reads at most CHUNK bytes at a time and sends them at once
 *   gather  sends when GATHER bytes have come, or when nothing more comes for a while
 *   file    writes what it reads into a file in memory and has the kernel send it from there
 *           (sendfile)
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	CONNECTIONS = 128,
	MOST = 65536,
	CHUNK = 300,
	GATHER = 8000,
	QUIET_MS = 20,
	PAGE = 4096,
};

/* One direction of a connection. */
struct way {
	int from, to;
	int pipe[2];
	int file;
	off_t end;   /* of the file */
	char *bytes; /* gathered */
	size_t gathered;
};

static struct way ways[2 * CONNECTIONS];
static int used;
static const char *mode;
static char buffer[MOST];

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static void send_all(int fd, const char *bytes, size_t length)
{
	while (length > 0) {
		ssize_t n = send(fd, bytes, length, MSG_NOSIGNAL);

		if (n <= 0)
			return;
		bytes += n;
		length -= n;
	}
}

static void flush(struct way *w)
{
	if (w->gathered > 0)
		send_all(w->to, w->bytes, w->gathered);
	w->gathered = 0;
}

/* How many bytes came; 0 at the end of the stream. */
static ssize_t move(struct way *w)
{
	ssize_t n, rest;

	if (strcmp(mode, "splice") == 0) {
		n = splice(w->from, NULL, w->pipe[1], NULL, MOST, SPLICE_F_MOVE);
		for (rest = n; rest > 0;) {
			ssize_t sent = splice(w->pipe[0], NULL, w->to, NULL, rest, SPLICE_F_MOVE);

			if (sent <= 0)
				return 0;
			rest -= sent;
		}
		return n;
	}
	if (strcmp(mode, "gather") == 0) {
		n = recv(w->from, w->bytes + w->gathered, MOST - w->gathered, 0);
		if (n > 0)
			w->gathered += n;
		if (n <= 0 || w->gathered >= GATHER)
			flush(w);
		return n;
	}
	n = recv(w->from, buffer, strcmp(mode, "chunk") == 0 ? CHUNK : MOST, 0);
	if (n <= 0)
		return n;
	if (strcmp(mode, "file") == 0) {
		off_t at = w->end;

		/* Behind what was sent before: that is not copied, and may be under way still. */
		if (pwrite(w->file, buffer, n, at) != n)
			fail("write");
		w->end += n;
		while (at < w->end)
			if (sendfile(w->to, w->file, &at, w->end - at) <= 0)
				return 0;
		/* Each read begins a page: what is sent is not cut by the end of one. */
		w->end = (w->end + PAGE - 1) / PAGE * PAGE;
	} else {
		send_all(w->to, buffer, n);
	}
	return n;
}

static void open_way(int from, int to)
{
	struct way *w = &ways[used++];

	*w = (struct way){.from = from, .to = to, .bytes = malloc(MOST)};
	w->file = memfd_create("relay", 0);
	if (!w->bytes || w->file < 0 || pipe(w->pipe) < 0)
		fail("relay-tcp");
}

static void stop_delaying(int fd)
{
	int yes = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
}

int main(int argc, char **argv)
{
	struct sockaddr_in here = {.sin_family = AF_INET}, to = {.sin_family = AF_INET};
	struct pollfd polls[2 * CONNECTIONS + 1];
	int server, yes = 1;

	if (argc != 5) {
		fprintf(stderr, "usage: relay-tcp MODE PORT ADDRESS PORT\n");
		return 2;
	}
	mode = argv[1];
	here.sin_port = htons(atoi(argv[2]));
	to.sin_port = htons(atoi(argv[4]));
	if (inet_pton(AF_INET, argv[3], &to.sin_addr) != 1)
		fail(argv[3]);
	server = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (bind(server, (struct sockaddr *)&here, sizeof(here)) < 0 ||
	    listen(server, CONNECTIONS) < 0)
		fail("listen");
	for (;;) {
		int n = used;

		polls[0] =
		    (struct pollfd){.fd = used < 2 * CONNECTIONS ? server : -1, .events = POLLIN};
		for (int i = 0; i < n; i++)
			polls[i + 1] = (struct pollfd){.fd = ways[i].from, .events = POLLIN};
		if (poll(polls, n + 1, QUIET_MS) == 0)
			for (int i = 0; i < n; i++)
				flush(&ways[i]);
		for (int i = 0; i < n; i++)
			if (polls[i + 1].revents && move(&ways[i]) <= 0) {
				shutdown(ways[i].to, SHUT_WR);
				ways[i].from = -1;
			}
		if (polls[0].revents) {
			int client = accept(server, NULL, NULL),
			    out = socket(AF_INET, SOCK_STREAM, 0);

			if (client < 0 || out < 0 ||
			    connect(out, (struct sockaddr *)&to, sizeof(to)) < 0)
				fail("connect");
			stop_delaying(client);
			stop_delaying(out);
			open_way(client, out);
			open_way(out, client);
		}
	}
}
