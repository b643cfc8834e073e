/*
 * A bridge in user space: each frame that a device receives goes out of the other, both by packet
 * sockets. Runs until it is ended.
 *
 * usage: relay-packet DEVICE DEVICE
 */
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

enum { SIZE = 65536 };

static char frame[SIZE];

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static int tap(const char *device)
{
	struct sockaddr_ll at = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};
	int fd = socket(AF_PACKET, SOCK_RAW, 0), yes = 1;

	at.sll_ifindex = if_nametoindex(device);
	if (fd < 0 || !at.sll_ifindex || bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0)
		fail(device);
	if (setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &yes, sizeof(yes)) < 0)
		fail("PACKET_IGNORE_OUTGOING");
	return fd;
}

int main(int argc, char **argv)
{
	struct pollfd taps[2];

	if (argc != 3) {
		fprintf(stderr, "usage: relay-packet DEVICE DEVICE\n");
		return 2;
	}
	for (int i = 0; i < 2; i++)
		taps[i] = (struct pollfd){.fd = tap(argv[i + 1]), .events = POLLIN};
	for (;;) {
		poll(taps, 2, -1);
		for (int i = 0; i < 2; i++) {
			ssize_t n =
			    taps[i].revents ? recv(taps[i].fd, frame, SIZE, MSG_DONTWAIT) : -1;

			if (n > 0 && send(taps[!i].fd, frame, n, 0) < 0)
				perror("send");
		}
	}
}
