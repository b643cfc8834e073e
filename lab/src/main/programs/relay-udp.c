/*
 * A UDP relay of one thread: what comes to a port goes on to another, and what that answers comes
 * back to whoever asked. Each client has a socket of its own towards the far end. Runs until it is
 * ended.
 *
 * usage: relay-udp MODE PORT ADDRESS PORT
 *   plain   one datagram at a time, received and sent from one buffer
 *   copy    reads all that is there before it sends any of it, from copies in other buffers
 *   late    like copy, but the copies are changed, as by xor
 *   xor     like plain, but changes all bytes on either way except those from KEPT to KEPT_END
 *   peek    looks at a datagram for its length before it takes it
 *   trunc   takes no more than SHORT bytes of a datagram; the rest is lost
 *   fan     sends each datagram to the given port and to the two after it; one way
 *   cork    makes one datagram of GROUP: all but the last are sent with MSG_MORE; one way
 *   gso     hands GROUP datagrams to the kernel at once, to be sent as so many (UDP_SEGMENT); one
 * way
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/udp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif

enum {
	MOST = 65535,
	CLIENTS = 256,
	BATCH = 64,
	SMALL = 2048, /* of the datagrams of a batch or group */
	SHORT = 128,
	GROUP = 4,
	FAN = 3,
	/* A laboratory reads here which message it is. */
	KEPT = 88,
	KEPT_END = 112,
	KEY = 0x2a,
};

static struct sockaddr_in far_end;
static struct sockaddr_in clients[CLIENTS];
static struct pollfd sockets[CLIENTS + 1]; /* the first is where clients ask, then one per client */
static int known;
static char buffer[MOST];
static char batch[BATCH][SMALL];
static char copies[BATCH][SMALL];

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static int udp_socket(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0), room = 4 << 20;

	if (fd < 0)
		fail("socket");
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	return fd;
}

static int towards(const struct sockaddr_in *to)
{
	int fd = udp_socket();

	if (connect(fd, (const struct sockaddr *)to, sizeof(*to)) < 0)
		fail("connect");
	return fd;
}

/* Its index in the tables; a new one if it was not known. */
static int client(const struct sockaddr_in *from)
{
	for (int i = 0; i < known; i++)
		if (clients[i].sin_port == from->sin_port &&
		    clients[i].sin_addr.s_addr == from->sin_addr.s_addr)
			return i;
	if (known == CLIENTS) {
		fprintf(stderr, "too many clients\n");
		exit(1);
	}
	clients[known] = *from;
	sockets[known + 1] = (struct pollfd){.fd = towards(&far_end), .events = POLLIN};
	return known++;
}

static void change(char *bytes, ssize_t length)
{
	for (ssize_t i = 0; i < length; i++)
		if (i < KEPT || i >= KEPT_END)
			bytes[i] ^= KEY;
}

/* Takes a datagram of the i-th socket; negative if there is none. */
static ssize_t take(int i, char *into, size_t room, int flags, struct sockaddr_in *from)
{
	socklen_t size = sizeof(*from);

	return recvfrom(sockets[i].fd, into, room, flags | MSG_DONTWAIT, (struct sockaddr *)from,
			&size);
}

/* Sends on what came in at the i-th socket. */
static void pass_on(int i, const struct sockaddr_in *from, const char *bytes, size_t length)
{
	if (i == 0)
		send(sockets[client(from) + 1].fd, bytes, length, 0);
	else
		sendto(sockets[0].fd, bytes, length, 0, (const struct sockaddr *)&clients[i - 1],
		       sizeof(clients[0]));
}

static void one(const char *mode, int i)
{
	struct sockaddr_in from;
	size_t room = strcmp(mode, "trunc") == 0 ? SHORT : MOST;
	ssize_t n;

	if (strcmp(mode, "peek") == 0) {
		n = take(i, buffer, MOST, MSG_PEEK | MSG_TRUNC, &from);
		if (n < 0)
			return;
		room = n;
	}
	n = take(i, buffer, room, strcmp(mode, "trunc") == 0 ? MSG_TRUNC : 0, &from);
	if (n < 0)
		return;
	if ((size_t)n > room)
		n = room;
	if (strcmp(mode, "xor") == 0)
		change(buffer, n);
	pass_on(i, &from, buffer, n);
}

static void all(const char *mode)
{
	struct {
		int i;
		struct sockaddr_in from;
		ssize_t length;
	} taken[BATCH];
	int n = 0, sockets_now = known + 1;

	for (int i = 0; i < sockets_now; i++)
		while (n < BATCH) {
			taken[n].i = i;
			taken[n].length = take(i, batch[n], SMALL, 0, &taken[n].from);
			if (taken[n].length < 0)
				break;
			n++;
		}
	for (int k = 0; k < n; k++) {
		memcpy(copies[k], batch[k], taken[k].length);
		if (strcmp(mode, "late") == 0)
			change(copies[k], taken[k].length);
	}
	for (int k = 0; k < n; k++)
		pass_on(taken[k].i, &taken[k].from, copies[k], taken[k].length);
}

static void one_way(const char *mode)
{
	int out[FAN], waiting = 0;
	struct sockaddr_in from;
	bool gso = strcmp(mode, "gso") == 0;

	for (int k = 0; k < FAN; k++) {
		struct sockaddr_in to = far_end;

		to.sin_port = htons(ntohs(to.sin_port) + k);
		out[k] = towards(&to);
	}
	for (;;) {
		ssize_t n = recvfrom(sockets[0].fd, gso ? buffer + waiting : buffer, SMALL, 0,
				     (struct sockaddr *)&from, &(socklen_t){sizeof(from)});

		if (n < 0)
			continue;
		if (strcmp(mode, "fan") == 0) {
			for (int k = 0; k < FAN; k++)
				send(out[k], buffer, n, 0);
		} else if (gso) {
			int segment = n;

			waiting += n;
			if (waiting < GROUP * n)
				continue;
			if (setsockopt(out[0], SOL_UDP, UDP_SEGMENT, &segment, sizeof(segment)) < 0)
				fail("UDP_SEGMENT");
			send(out[0], buffer, waiting, 0);
			waiting = 0;
		} else {
			waiting = (waiting + 1) % GROUP;
			send(out[0], buffer, n, waiting == 0 ? 0 : MSG_MORE);
		}
	}
}

int main(int argc, char **argv)
{
	struct sockaddr_in here = {.sin_family = AF_INET};
	const char *mode;

	if (argc != 5) {
		fprintf(stderr, "usage: relay-udp MODE PORT ADDRESS PORT\n");
		return 2;
	}
	mode = argv[1];
	here.sin_port = htons(atoi(argv[2]));
	far_end.sin_family = AF_INET;
	far_end.sin_port = htons(atoi(argv[4]));
	if (inet_pton(AF_INET, argv[3], &far_end.sin_addr) != 1)
		fail(argv[3]);
	sockets[0] = (struct pollfd){.fd = udp_socket(), .events = POLLIN};
	if (bind(sockets[0].fd, (struct sockaddr *)&here, sizeof(here)) < 0)
		fail("bind");
	if (strcmp(mode, "fan") == 0 || strcmp(mode, "cork") == 0 || strcmp(mode, "gso") == 0)
		one_way(mode);
	for (;;) {
		int sockets_now = known + 1;

		if (poll(sockets, sockets_now, -1) < 0 && errno != EINTR)
			fail("poll");
		if (strcmp(mode, "copy") == 0 || strcmp(mode, "late") == 0) {
			all(mode);
			continue;
		}
		for (int i = 0; i < sockets_now; i++)
			if (sockets[i].revents)
				one(mode, i);
	}
}
