/*
 * A UDP relay that takes many datagrams with one call and sends them on with one: recvmmsg(2),
 * sendmmsg(2). One way. Runs until it is ended.
 *
 * usage: relay-mmsg PORT ADDRESS PORT
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum { BATCH = 32, SIZE = 2048, PAUSE_US = 2000 };

static char buffers[BATCH][SIZE];

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

int main(int argc, char **argv)
{
	struct sockaddr_in here = {.sin_family = AF_INET}, to = {.sin_family = AF_INET};
	struct mmsghdr messages[BATCH] = {0};
	struct iovec parts[BATCH];
	int in, out, room = 4 << 20;

	if (argc != 4) {
		fprintf(stderr, "usage: relay-mmsg PORT ADDRESS PORT\n");
		return 2;
	}
	here.sin_port = htons(atoi(argv[1]));
	to.sin_port = htons(atoi(argv[3]));
	if (inet_pton(AF_INET, argv[2], &to.sin_addr) != 1)
		fail(argv[2]);
	in = socket(AF_INET, SOCK_DGRAM, 0);
	out = socket(AF_INET, SOCK_DGRAM, 0);
	if (in < 0 || out < 0 || setsockopt(in, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room)) < 0 ||
	    bind(in, (struct sockaddr *)&here, sizeof(here)) < 0 ||
	    connect(out, (struct sockaddr *)&to, sizeof(to)) < 0)
		fail("relay-mmsg");
	for (;;) {
		int n, sent = 0;

		for (int i = 0; i < BATCH; i++) {
			parts[i] = (struct iovec){buffers[i], SIZE};
			messages[i] =
			    (struct mmsghdr){.msg_hdr = {.msg_iov = &parts[i], .msg_iovlen = 1}};
		}
		n = recvmmsg(in, messages, BATCH, MSG_WAITFORONE, NULL);
		if (n < 0)
			fail("recvmmsg");
		for (int i = 0; i < n; i++)
			parts[i].iov_len = messages[i].msg_len;
		while (sent < n) {
			int done = sendmmsg(out, messages + sent, n - sent, 0);

			if (done < 0)
				fail("sendmmsg");
			sent += done;
		}
		/* So that there is more than one the next time. */
		usleep(PAUSE_US);
	}
}
