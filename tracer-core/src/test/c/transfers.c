// SPDX-License-Identifier: GPL-2.0-only
/*
 * Moves bytes in every way that a process can, in a network of its own, and prints what it did: of
 * each call, or of each message of a call, one line
 *
 *     recv|send CALL FD BYTES STREAM PIPED ADDRESS+LENGTH,...
 *
 * STREAM is 1 for TCP; PIPED is 1 for splice. Lines that begin with # name what follows.
 * TransfersTest compares this with what the probes told. With the argument "early", it asks an
 * io_uring for bytes, says so, and goes on when it has got a line.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>
#include "ring.h"

#define TRY(call)                                                                                  \
	({                                                                                         \
		__typeof__(call) result_ = (call);                                                 \
		if (result_ < 0)                                                                   \
			err(1, "line %d: %s", __LINE__, #call);                                    \
		result_;                                                                           \
	})

static char out[8192], in[8192], in2[8192];

static void fill(char *to, size_t length)
{
	static uint32_t seed = 12345;

	for (size_t i = 0; i < length; i++) {
		seed = seed * 1103515245 + 12345;
		to[i] = seed >> 16;
	}
}

/* One transfer with these parts; those that are empty are left out. */
static void say_parts(const char *way, const char *call, int fd, long bytes, int stream, int piped,
		      const struct iovec *parts, int count)
{
	const char *comma = "";

	printf("%s %s %d %ld %d %d ", way, call, fd, bytes, stream, piped);
	for (int i = 0; i < count; i++) {
		if (!parts[i].iov_len)
			continue;
		printf("%s%lx+%zu", comma, (long)parts[i].iov_base, parts[i].iov_len);
		comma = ",";
	}
	puts(*comma ? "" : "-");
}

static void say(const char *way, const char *call, int fd, long bytes, int stream, void *at,
		size_t length)
{
	struct iovec part = {at, length};

	say_parts(way, call, fd, bytes, stream, 0, &part, 1);
}

static struct sockaddr_in address_of(int fd)
{
	struct sockaddr_in address;
	socklen_t length = sizeof(address);

	TRY(getsockname(fd, (void *)&address, &length));
	return address;
}

static int bound(int type)
{
	struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = TRY(socket(AF_INET, type, 0));

	TRY(bind(fd, (void *)&any, sizeof(any)));
	return fd;
}

static void up(const char *name)
{
	struct ifreq request = {.ifr_flags = IFF_UP | IFF_RUNNING};
	int fd = TRY(socket(AF_INET, SOCK_DGRAM, 0));

	strcpy(request.ifr_name, name);
	TRY(ioctl(fd, SIOCSIFFLAGS, &request));
	close(fd);
}

static void datagrams(void)
{
	int a = bound(SOCK_DGRAM), b = bound(SOCK_DGRAM);
	struct sockaddr_in to_b = address_of(b), to_a = address_of(a);
	struct iovec two[2] = {{in, 100}, {in2, 500}};
	struct iovec three[3] = {{out, 10}, {out + 50, 0}, {out + 100, 300}};
	struct iovec six[6] = {{out, 70},	 {out + 100, 80},  {out + 200, 90},
			       {out + 300, 100}, {out + 400, 110}, {out + 500, 120}};
	struct msghdr message = {.msg_iov = two, .msg_iovlen = 2};
	ssize_t n;

	puts("# udp sendto recvfrom");
	n = TRY(sendto(a, out, 1400, 0, (void *)&to_b, sizeof(to_b)));
	say("send", "SENDTO", a, n, 0, out, n);
	n = TRY(recvfrom(b, in, sizeof(in), 0, 0, 0));
	say("recv", "RECVFROM", b, n, 0, in, n);
	puts("# relayed unchanged");
	n = TRY(sendto(b, in, n, 0, (void *)&to_a, sizeof(to_a)));
	say("send", "SENDTO", b, n, 0, in, n);
	n = TRY(recvfrom(a, in2, sizeof(in2), 0, 0, 0));
	say("recv", "RECVFROM", a, n, 0, in2, n);
	puts("# changed in its last byte");
	in2[n - 1] ^= 1;
	n = TRY(sendto(a, in2, n, 0, (void *)&to_b, sizeof(to_b)));
	say("send", "SENDTO", a, n, 0, in2, n);
	n = TRY(recvfrom(b, in, sizeof(in), 0, 0, 0));
	say("recv", "RECVFROM", b, n, 0, in, n);

	TRY(connect(a, (void *)&to_b, sizeof(to_b)));
	TRY(connect(b, (void *)&to_a, sizeof(to_a)));
	puts("# udp write read, dull");
	memset(in2, 7, 100);
	n = TRY(write(a, in2, 100));
	say("send", "WRITE", a, n, 0, in2, n);
	n = TRY(read(b, in, 200));
	say("recv", "READ", b, n, 0, in, n);
	puts("# udp short");
	n = TRY(write(a, out, 13));
	say("send", "WRITE", a, n, 0, out, n);
	n = TRY(read(b, in, 200));
	say("recv", "READ", b, n, 0, in, n);
	puts("# udp empty");
	TRY(send(a, out, 0, 0));
	say("send", "SENDTO", a, 0, 0, out, 0);
	TRY(recv(b, in, 200, 0));
	say("recv", "RECVFROM", b, 0, 0, in, 0);
	puts("# udp writev readv");
	n = TRY(writev(a, three, 3));
	say_parts("send", "WRITEV", a, n, 0, 0, three, 3);
	n = TRY(readv(b, two, 2));
	say_parts("recv", "READV", b, n, 0, 0, (struct iovec[]){{in, 100}, {in2, 210}}, 2);
	puts("# udp sendmsg recvmsg");
	message.msg_iov = three;
	message.msg_iovlen = 3;
	n = TRY(sendmsg(a, &message, 0));
	say_parts("send", "SENDMSG", a, n, 0, 0, three, 3);
	message.msg_iov = two;
	message.msg_iovlen = 2;
	n = TRY(recvmsg(b, &message, 0));
	say_parts("recv", "RECVMSG", b, n, 0, 0, (struct iovec[]){{in, 100}, {in2, 210}}, 2);
	puts("# udp partly");
	message.msg_iov = six;
	message.msg_iovlen = 6;
	n = TRY(sendmsg(a, &message, 0));
	say_parts("send", "SENDMSG", a, n, 0, 0, six, 4);
	n = TRY(recv(b, in, sizeof(in), 0));
	say("recv", "RECVFROM", b, n, 0, in, n);
	puts("# udp peek");
	n = TRY(send(a, out, 333, 0));
	say("send", "SENDTO", a, n, 0, out, n);
	n = TRY(recv(b, in, sizeof(in), MSG_PEEK));
	say("recv", "RECVFROM", b, n, 0, in, n);
	n = TRY(recv(b, in2, sizeof(in2), 0));
	say("recv", "RECVFROM", b, n, 0, in2, n);
	puts("# udp trunc");
	n = TRY(send(a, out, 1000, 0));
	say("send", "SENDTO", a, n, 0, out, n);
	n = TRY(recv(b, in, 100, MSG_TRUNC));
	say("recv", "RECVFROM", b, n, 0, in, 100);
	close(a);
	close(b);
}

static void many(void)
{
	int a = bound(SOCK_DGRAM), b = bound(SOCK_DGRAM);
	struct sockaddr_in to_b = address_of(b);
	struct mmsghdr outgoing[3] = {}, incoming[8] = {};
	struct iovec pieces[3][2], rooms[8];
	int n;

	TRY(connect(a, (void *)&to_b, sizeof(to_b)));
	for (int i = 0; i < 3; i++) {
		pieces[i][0] = (struct iovec){out + 1000 * i, 100 + i};
		pieces[i][1] = (struct iovec){out + 1000 * i + 500, 200 + i};
		outgoing[i].msg_hdr.msg_iov = pieces[i];
		outgoing[i].msg_hdr.msg_iovlen = 2;
	}
	for (int i = 0; i < 8; i++) {
		rooms[i] = (struct iovec){in + 1000 * i, 1000};
		incoming[i].msg_hdr.msg_iov = &rooms[i];
		incoming[i].msg_hdr.msg_iovlen = 1;
	}
	/* The second round begins where the first one's counting must have ended. */
	for (int round = 0; round < 2; round++) {
		printf("# udp sendmmsg %d\n", round);
		n = TRY(sendmmsg(a, outgoing, 3, 0));
		for (int i = 0; i < n; i++)
			say_parts("send", "SENDMMSG", a, 300 + 2 * i, 0, 0, pieces[i], 2);
		printf("# udp recvmmsg %d\n", round);
		n = TRY(recvmmsg(b, incoming, 2, 0, 0));
		for (int i = 0; i < n; i++)
			say("recv", "RECVMMSG", b, 300 + 2 * i, 0, in + 1000 * i, 300 + 2 * i);
		n = TRY(recvmmsg(b, incoming, 8, MSG_DONTWAIT, 0));
		for (int i = 0; i < n; i++)
			say("recv", "RECVMMSG", b, 304, 0, in + 1000 * i, 304);
	}
	close(a);
	close(b);
}

/* A connected pair: [0] called, [1] was called. */
static void connection(int pair[2])
{
	int listener = bound(SOCK_STREAM);
	struct sockaddr_in to = address_of(listener);

	TRY(listen(listener, 1));
	pair[0] = TRY(socket(AF_INET, SOCK_STREAM, 0));
	TRY(connect(pair[0], (void *)&to, sizeof(to)));
	pair[1] = TRY(accept(listener, 0, 0));
	close(listener);
}

static void streams(void)
{
	int c[2], d[2], pipes[2], file;
	struct iovec three[3] = {{out, 10}, {out + 50, 0}, {out + 100, 300}};
	loff_t from = 0;
	ssize_t n;

	connection(c);
	puts("# tcp write read");
	n = TRY(write(c[0], out, 5000));
	say("send", "WRITE", c[0], n, 1, out, n);
	n = TRY(recv(c[1], in, 1000, MSG_PEEK));
	say("recv", "RECVFROM", c[1], n, 1, in, n);
	n = TRY(read(c[1], in, 2000));
	say("recv", "READ", c[1], n, 1, in, n);
	n = TRY(recv(c[1], in2, 3000, MSG_WAITALL));
	say("recv", "RECVFROM", c[1], n, 1, in2, n);
	puts("# tcp writev");
	n = TRY(writev(c[1], three, 3));
	say_parts("send", "WRITEV", c[1], n, 1, 0, three, 3);
	n = TRY(recv(c[0], in, 100, MSG_TRUNC));
	say("recv", "RECVFROM", c[0], n, 1, in, 0);
	n = TRY(read(c[0], in, sizeof(in)));
	say("recv", "READ", c[0], n, 1, in, n);

	puts("# tcp splice");
	connection(d);
	TRY(pipe(pipes));
	n = TRY(write(c[0], out, 700));
	say("send", "WRITE", c[0], n, 1, out, n);
	for (int i = 0; i < 2; i++) {
		n = TRY(splice(c[1], 0, pipes[1], 0, i ? 4096 : 300, 0));
		say_parts("recv", "SPLICE", c[1], n, 1, 1, 0, 0);
		n = TRY(splice(pipes[0], 0, d[0], 0, n, 0));
		say_parts("send", "SPLICE", d[0], n, 1, 1, 0, 0);
		n = TRY(recv(d[1], in, n, MSG_WAITALL));
		say("recv", "RECVFROM", d[1], n, 1, in, n);
	}
	/* Of a connection that was never read but by splice. */
	n = TRY(write(d[1], out, 400));
	say("send", "WRITE", d[1], n, 1, out, n);
	n = TRY(splice(d[0], 0, pipes[1], 0, 4096, 0));
	say_parts("recv", "SPLICE", d[0], n, 1, 1, 0, 0);
	puts("# tcp sendfile");
	file = TRY(memfd_create("file", 0));
	TRY(write(file, out, 600));
	n = TRY(sendfile(d[0], file, &from, 600));
	say("send", "SENDFILE", d[0], n, 1, 0, 0);
	n = TRY(recv(d[1], in, n, MSG_WAITALL));
	say("recv", "RECVFROM", d[1], n, 1, in, n);

	puts("# tcp fin");
	n = TRY(write(c[0], out, 500));
	say("send", "WRITE", c[0], n, 1, out, n);
	close(c[0]);
	usleep(50000);
	n = TRY(read(c[1], in, sizeof(in)));
	say("recv", "READ", c[1], n, 1, in, n);
	TRY(read(c[1], in, sizeof(in)));
	close(c[1]);
	close(d[0]);
	close(d[1]);
	close(pipes[0]);
	close(pipes[1]);
	close(file);
}

static int bpf(int command, union bpf_attr *attr)
{
	return syscall(SYS_bpf, command, attr, sizeof(*attr));
}

/* A map of two sockets with a program that redirects everything to the second; -1 = not to be had.
 */
static int redirecting(int type, int attach_type, int helper, int flags)
{
	union bpf_attr create = {
	    .map_type = BPF_MAP_TYPE_SOCKMAP, .key_size = 4, .value_size = 4, .max_entries = 2};
	int map = bpf(BPF_MAP_CREATE, &create);
	struct bpf_insn program[] = {
	    {.code = BPF_LD | BPF_IMM | BPF_DW,
	     .dst_reg = 2,
	     .src_reg = BPF_PSEUDO_MAP_FD,
	     .imm = map},
	    {},
	    {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 3, .imm = 1},
	    {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 4, .imm = flags},
	    {.code = BPF_JMP | BPF_CALL, .imm = helper},
	    {.code = BPF_JMP | BPF_EXIT},
	};
	union bpf_attr load = {.prog_type = type,
			       .expected_attach_type = attach_type,
			       .insns = (long)program,
			       .insn_cnt = sizeof(program) / sizeof(*program),
			       .license = (long)"GPL"};
	union bpf_attr attach = {.target_fd = map, .attach_type = attach_type};

	if (map < 0)
		return -1;
	attach.attach_bpf_fd = TRY(bpf(BPF_PROG_LOAD, &load));
	TRY(bpf(BPF_PROG_ATTACH, &attach));
	close(attach.attach_bpf_fd);
	return map;
}

static void put(int map, int index, int fd)
{
	union bpf_attr update = {.map_fd = map, .key = (long)&index, .value = (long)&fd};

	TRY(bpf(BPF_MAP_UPDATE_ELEM, &update));
}

/* Bytes that are read, or were written, are not always those of the socket's own stream. */
static void sockmaps(void)
{
	int skbs = redirecting(BPF_PROG_TYPE_SK_SKB, BPF_SK_SKB_STREAM_VERDICT,
			       BPF_FUNC_sk_redirect_map, BPF_F_INGRESS);
	int messages =
	    redirecting(BPF_PROG_TYPE_SK_MSG, BPF_SK_MSG_VERDICT, BPF_FUNC_msg_redirect_map, 0);
	int c[2], d[2];
	ssize_t n;

	if (skbs < 0 || messages < 0)
		return;
	connection(c);
	connection(d);
	put(skbs, 1, d[1]);
	put(skbs, 0, c[1]);
	puts("# sockmap redirects what is received");
	n = TRY(write(c[0], out, 300));
	say("send", "WRITE", c[0], n, 1, out, n);
	n = TRY(read(d[1], in, 200));
	say("recv", "READ", d[1], n, 0, in, n);
	n = TRY(read(d[1], in2, 200));
	say("recv", "READ", d[1], n, 0, in2, n);
	close(skbs);
	close(c[0]);
	close(c[1]);
	close(d[0]);
	close(d[1]);

	connection(c);
	connection(d);
	puts("# sockmap redirects what is sent");
	n = TRY(write(c[0], out, 200));
	say("send", "WRITE", c[0], n, 1, out, n);
	put(messages, 1, d[0]);
	put(messages, 0, c[0]);
	n = TRY(write(c[0], out, 100));
	say("send", "WRITE", c[0], n, 0, out, n);
	n = TRY(read(d[1], in, 200));
	say("recv", "READ", d[1], n, 1, in, n);
	close(messages);
	close(c[0]);
	close(c[1]);
	close(d[0]);
	close(d[1]);
}

/* What a packet socket sends to the loopback device comes back to it. */
static void frames(void)
{
	int fd = TRY(socket(AF_PACKET, SOCK_RAW, htons(ETH_P_IP)));
	struct sockaddr_ll lo = {.sll_family = AF_PACKET,
				 .sll_protocol = htons(ETH_P_IP),
				 .sll_ifindex = if_nametoindex("lo")};
	ssize_t n;

	TRY(bind(fd, (void *)&lo, sizeof(lo)));
	memset(in, 0, 34);
	in[12] = 0x08;
	in[14] = 0x45;
	in[17] = 86;
	in[22] = 64;
	in[23] = (char)253;
	in[26] = in[30] = 127;
	in[29] = in[33] = 1;
	fill(in + 34, 66);
	puts("# packet");
	n = TRY(send(fd, in, 100, 0));
	say("send", "SENDTO", fd, n, 0, in, n);
	n = TRY(recv(fd, in2, sizeof(in2), 0));
	say("recv", "RECVFROM", fd, n, 0, in2, n);
	close(fd);
}

static void raw(void)
{
	int fd = TRY(socket(AF_INET, SOCK_RAW, 253));
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	ssize_t n;

	puts("# raw");
	n = TRY(sendto(fd, out, 222, 0, (void *)&to, sizeof(to)));
	say("send", "SENDTO", fd, n, 0, out, n);
	n = TRY(recv(fd, in, sizeof(in), 0));
	say("recv", "RECVFROM", fd, n, 0, in, n);
	close(fd);
}

/* What came of the requests, by their numbers. */
static int results[8];
static unsigned result_flags[8];

static void collect(struct ring *r, int answers)
{
	enter(r, 0);
	while (answers--) {
		unsigned flags;
		int number, result = answer(r, &number, &flags);

		results[number] = result;
		result_flags[number] = flags;
	}
}

static void other(const char *way, int fd, int stream, void *at, size_t length)
{
	say(way, "OTHER", fd, length, stream, at, length);
}

/* One sends, one receives; `flags` are of the requests. */
static void uring_pair(struct ring *r, int from, int to, int stream, int length, int flags)
{
	ask(r, IORING_OP_SEND, from, out, length, 1)->flags = flags;
	collect(r, 1);
	other("send", from, stream, out, results[1]);
	ask(r, IORING_OP_RECV, to, in, 5000, 2)->flags = flags;
	collect(r, 1);
	other("recv", to, stream, in, results[2]);
}

/* Requests that wait for bytes, and are done by other code than those that find some. */
static void uring_waits(struct ring *r, const int c[2], int a, int b)
{
	puts("# uring waits");
	ask(r, IORING_OP_RECV, c[1], in, 5000, 1);
	enter(r, 0);
	ask(r, IORING_OP_SEND, c[0], out, 321, 2);
	collect(r, 2);
	other("send", c[0], 1, out, results[2]);
	other("recv", c[1], 1, in, results[1]);

	/* Which of them gets the first datagram, the kernel decides. */
	puts("# uring two at once");
	memset(results, 0, sizeof(results));
	ask(r, IORING_OP_RECV, b, in, 1000, 1);
	ask(r, IORING_OP_RECV, b, in2, 2000, 2);
	enter(r, 0);
	for (int i = 0; i < 2; i++) {
		int first = results[1];

		ask(r, IORING_OP_SEND, a, out + 500 * i, 400, 3);
		collect(r, 2);
		other("send", a, 0, out + 500 * i, 400);
		other("recv", b, 0, results[1] && !first ? in : in2, 400);
	}

	puts("# uring waits for all");
	ask(r, IORING_OP_RECV, c[1], in, 500, 1)->msg_flags = MSG_WAITALL;
	enter(r, 0);
	ask(r, IORING_OP_SEND, c[0], out, 100, 2);
	collect(r, 1);
	other("send", c[0], 1, out, 100);
	other("recv", c[1], 1, in, 100);
	ask(r, IORING_OP_SEND, c[0], out + 100, 400, 2);
	collect(r, 2);
	other("send", c[0], 1, out + 100, 400);
	other("recv", c[1], 1, in + 100, 400);

	puts("# uring one after the other");
	ask(r, IORING_OP_RECV, c[1], in, 5000, 1)->flags = IOSQE_IO_LINK;
	ask(r, IORING_OP_SEND, c[1], in, 100, 2);
	enter(r, 0);
	ask(r, IORING_OP_SEND, c[0], out, 100, 3);
	collect(r, 3);
	other("send", c[0], 1, out, 100);
	other("recv", c[1], 1, in, 100);
	other("send", c[1], 1, in, 100);
	ask(r, IORING_OP_RECV, c[0], in2, 5000, 1);
	collect(r, 1);
	other("recv", c[0], 1, in2, results[1]);
}

/* One request for many messages, in memory that the kernel chooses. */
static void uring_many(struct ring *r, int a, int b)
{
	struct io_uring_sqe *e;

	puts("# uring many");
	ask(r, IORING_OP_PROVIDE_BUFFERS, 4, in, 1000, 1);
	collect(r, 1);
	e = ask(r, IORING_OP_RECV, b, 0, 0, 2);
	e->flags = IOSQE_BUFFER_SELECT;
	e->ioprio = IORING_RECV_MULTISHOT;
	enter(r, 0);
	for (int i = 0; i < 3; i++) {
		ask(r, IORING_OP_SEND, a, out + i, 250, 3);
		collect(r, 2);
		other("send", a, 0, out + i, 250);
		other("recv", b, 0, in + 1000 * (result_flags[2] >> IORING_CQE_BUFFER_SHIFT), 250);
	}
}

static void uring_vectors(struct ring *r, const int c[2], int a, int b)
{
	struct iovec from[3] = {{out, 10}, {out + 50, 0}, {out + 100, 300}};
	struct iovec to[2] = {{in, 100}, {in2, 500}}, got[2] = {{in, 100}, {in2, 210}};
	struct msghdr outgoing = {.msg_iov = from, .msg_iovlen = 3};
	struct msghdr incoming = {.msg_iov = to, .msg_iovlen = 2};

	puts("# uring sendmsg recvmsg");
	ask(r, IORING_OP_SENDMSG, a, &outgoing, 1, 1);
	collect(r, 1);
	say_parts("send", "OTHER", a, 310, 0, 0, from, 3);
	ask(r, IORING_OP_RECVMSG, b, &incoming, 1, 2);
	collect(r, 1);
	say_parts("recv", "OTHER", b, results[2], 0, 0, got, 2);
	for (int tcp = 0; tcp < 2; tcp++) {
		int source = tcp ? c[0] : a, target = tcp ? c[1] : b;

		printf("# uring %s write read\n", tcp ? "tcp" : "udp");
		ask(r, IORING_OP_WRITE, source, out, 600, 1);
		collect(r, 1);
		other("send", source, tcp, out, 600);
		ask(r, IORING_OP_READ, target, in, 5000, 2);
		collect(r, 1);
		other("recv", target, tcp, in, results[2]);
		printf("# uring %s writev readv\n", tcp ? "tcp" : "udp");
		ask(r, IORING_OP_WRITEV, source, from, 3, 1);
		collect(r, 1);
		say_parts("send", "OTHER", source, 310, tcp, 0, from, 3);
		ask(r, IORING_OP_READV, target, to, 2, 2);
		collect(r, 1);
		say_parts("recv", "OTHER", target, results[2], tcp, 0, got, 2);
	}
}

static void uring(struct ring *r)
{
	int c[2], a = bound(SOCK_DGRAM), b = bound(SOCK_DGRAM);
	struct sockaddr_in to_b = address_of(b);

	connection(c);
	TRY(connect(a, (void *)&to_b, sizeof(to_b)));
	puts("# uring udp");
	uring_pair(r, a, b, 0, 555, 0);
	puts("# uring tcp");
	uring_pair(r, c[0], c[1], 1, 555, 0);
	puts("# uring worker");
	uring_pair(r, c[0], c[1], 1, 556, IOSQE_ASYNC);
	uring_waits(r, c, a, b);
	uring_vectors(r, c, a, b);
	/* What is registered has no descriptor, but for us a number. */
	puts("# uring registered");
	TRY(syscall(SYS_io_uring_register, r->fd, IORING_REGISTER_FILES, c, 2));
	ask(r, IORING_OP_SEND, 0, out, 557, 1)->flags = IOSQE_FIXED_FILE;
	ask(r, IORING_OP_RECV, 1, in, 5000, 2)->flags = IOSQE_FIXED_FILE;
	collect(r, 2);
	other("send", -1, 1, out, 557);
	other("recv", -1, 1, in, 557);
	uring_many(r, a, b);
	close(a);
	close(b);
	close(c[0]);
	close(c[1]);
}

/* Asks for what comes only after there is a line to read. */
static void uring_early(struct ring *r)
{
	int a = bound(SOCK_DGRAM), to[2] = {bound(SOCK_DGRAM), bound(SOCK_DGRAM)};
	struct io_uring_sqe *e;

	ask(r, IORING_OP_PROVIDE_BUFFERS, 2, in2, 1000, 3);
	collect(r, 1);
	ask(r, IORING_OP_RECV, to[0], in, 1000, 0);
	e = ask(r, IORING_OP_RECV, to[1], 0, 0, 1);
	e->flags = IOSQE_BUFFER_SELECT;
	e->ioprio = IORING_RECV_MULTISHOT;
	enter(r, 0);
	puts("ready");
	fflush(stdout);
	getchar();
	for (int i = 0; i < 3; i++) {
		int many = i > 0;
		struct sockaddr_in target = address_of(to[many]);
		char *at = in;

		TRY(sendto(a, out, 400 + i, 0, (void *)&target, sizeof(target)));
		collect(r, 1);
		if (many)
			at = in2 + 1000 * (result_flags[1] >> IORING_CQE_BUFFER_SHIFT);
		other("recv", -1, 0, at, 400 + i);
	}
}

/* By an io_uring, if there is one, or by a system call. */
static long read_or_write(struct ring *r, int operation, int fd, void *at, size_t length)
{
	const char *way = operation == IORING_OP_READ ? "recv" : "send";
	long n;

	if (r) {
		ask(r, operation, fd, at, length, 1);
		collect(r, 1);
		n = results[1];
		other(way, fd, 0, at, n);
	} else if (operation == IORING_OP_READ) {
		n = TRY(read(fd, at, length));
		say(way, "READ", fd, n, 0, at, n);
	} else {
		n = TRY(write(fd, at, length));
		say(way, "WRITE", fd, n, 0, at, n);
	}
	return n;
}

/* A datagram of the socket, through the device into `in`; answers how many bytes that are. */
static long out_of_tun(struct ring *r, int s, const struct sockaddr_in *to, int fd, int header)
{
	long n = TRY(sendto(s, out, 500, 0, (void *)to, sizeof(*to)));

	say("send", "SENDTO", s, n, 0, out, n);
	do {
		/* The kernel's own come out, too. */
		n = read_or_write(r, IORING_OP_READ, fd, in, sizeof(in));
	} while (n != 528 + header);
	return n;
}

/*
 * Two datagrams out of the device, of which nothing in the headers tells the first one from another
 * (its IP id is 0), and the other one back with its ends exchanged.
 */
static void tun(const char *name, int flags, struct ring *r)
{
	struct ifreq request = {.ifr_flags = IFF_TUN | flags};
	struct sockaddr_in *address = (void *)&request.ifr_addr;
	struct sockaddr_in here = {.sin_family = AF_INET}, there;
	int fd = open("/dev/net/tun", O_RDWR);
	int s = TRY(socket(AF_INET, SOCK_DGRAM, 0));
	int header = flags & IFF_NO_PI ? 0 : 4;
	uint32_t mine;
	ssize_t n;

	if (fd < 0)
		return;
	strcpy(request.ifr_name, name);
	TRY(ioctl(fd, TUNSETIFF, &request));
	mine = 0x0a630001 + 0x100 * (name[3] - '0');
	memset(&request.ifr_addr, 0, sizeof(request.ifr_addr));
	address->sin_family = AF_INET;
	address->sin_addr.s_addr = htonl(mine);
	TRY(ioctl(s, SIOCSIFADDR, &request));
	address->sin_addr.s_addr = htonl(0xffffff00);
	TRY(ioctl(s, SIOCSIFNETMASK, &request));
	up(name);
	here.sin_addr.s_addr = htonl(mine);
	here.sin_port = htons(4000);
	TRY(bind(s, (void *)&here, sizeof(here)));
	there = here;
	there.sin_addr.s_addr = htonl(mine + 1);
	printf("# tun %s%s\n", header ? "with packet information" : "plain", r ? " by uring" : "");
	TRY(setsockopt(s, IPPROTO_IP, IP_MTU_DISCOVER, &(int){IP_PMTUDISC_DO}, sizeof(int)));
	out_of_tun(r, s, &there, fd, header);
	TRY(setsockopt(s, IPPROTO_IP, IP_MTU_DISCOVER, &(int){IP_PMTUDISC_WANT}, sizeof(int)));
	n = out_of_tun(r, s, &there, fd, header);
	for (int i = 0; i < 4; i++) {
		char *ip = in + header, spare = ip[12 + i];

		ip[12 + i] = ip[16 + i];
		ip[16 + i] = spare;
	}
	read_or_write(r, IORING_OP_WRITE, fd, in, n);
	n = TRY(recv(s, in2, sizeof(in2), 0));
	say("recv", "RECVFROM", s, n, 0, in2, n);
	close(s);
	close(fd);
}

int main(int argc, char **argv)
{
	struct ring ring;

	TRY(unshare(CLONE_NEWNET));
	up("lo");
	fill(out, sizeof(out));
	if (argc > 1 && !strcmp(argv[1], "early")) {
		if (open_ring(&ring) == 0)
			uring_early(&ring);
		return 0;
	}
	datagrams();
	many();
	streams();
	sockmaps();
	frames();
	raw();
	tun("tun0", IFF_NO_PI, NULL);
	tun("tun1", 0, NULL);
	if (open_ring(&ring) < 0)
		return 0;
	tun("tun2", IFF_NO_PI, &ring);
	tun("tun3", 0, &ring);
	uring(&ring);
	return 0;
}
