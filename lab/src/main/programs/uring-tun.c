/*
 * One end of a tunnel: what it reads from a TUN device it sends to the other end, and the other way
 * round, all of it through an io_uring, several packets at a time. Runs until it is ended.
 *
 * usage: uring-tun DEVICE PORT HERE THERE
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include "uring.h"

enum { AT_ONCE = 4, SIZE = 2048, OUTWARD = 0, INWARD = 1 };

/* Each buffer goes one way: filled from `from`, emptied to `to`. */
static struct {
	int from, to, read, write;
	char buffers[AT_ONCE][SIZE];
} ways[2];

/* What becomes of it comes with the number: the buffer's, its way's, and whether it is full. */
#define NUMBER(way, buffer, full) ((buffer) << 2 | (way) << 1 | (full))

static void fill(int way, int buffer)
{
	ask(ways[way].read, ways[way].from, ways[way].buffers[buffer], SIZE,
	    NUMBER(way, buffer, 0));
}

static void done(const struct io_uring_cqe *c)
{
	int full = c->user_data & 1, way = c->user_data >> 1 & 1, buffer = c->user_data >> 2;

	/* A packet that the other end does not take is lost, as in any network. */
	if (full || c->res <= 0)
		fill(way, buffer);
	else
		ask(ways[way].write, ways[way].to, ways[way].buffers[buffer], c->res,
		    NUMBER(way, buffer, 1));
}

static int tun_device(const char *name)
{
	struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK);

	strncpy(request.ifr_name, name, IFNAMSIZ - 1);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &request) < 0)
		fail(name);
	return fd;
}

static int tunnel(const char *port, const char *here, const char *there)
{
	struct sockaddr_in end = {.sin_family = AF_INET, .sin_port = htons(atoi(port))};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	inet_pton(AF_INET, here, &end.sin_addr);
	if (bind(fd, (struct sockaddr *)&end, sizeof(end)) < 0)
		fail(here);
	inet_pton(AF_INET, there, &end.sin_addr);
	if (connect(fd, (struct sockaddr *)&end, sizeof(end)) < 0)
		fail(there);
	return fd;
}

int main(int argc, char **argv)
{
	int tun, udp;

	if (argc != 5) {
		fprintf(stderr, "usage: uring-tun DEVICE PORT HERE THERE\n");
		return 2;
	}
	open_ring();
	tun = tun_device(argv[1]);
	udp = tunnel(argv[2], argv[3], argv[4]);
	ways[OUTWARD].from = ways[INWARD].to = tun;
	ways[INWARD].from = ways[OUTWARD].to = udp;
	ways[OUTWARD].read = IORING_OP_READ;
	ways[OUTWARD].write = IORING_OP_SEND;
	ways[INWARD].read = IORING_OP_RECV;
	ways[INWARD].write = IORING_OP_WRITE;
	for (int buffer = 0; buffer < AT_ONCE; buffer++) {
		fill(OUTWARD, buffer);
		fill(INWARD, buffer);
	}
	run(done);
}
