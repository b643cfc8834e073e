/*
 * A TCP relay that leaves the work to the kernel: a BPF program sends what comes to one socket of a
 * pair to the other one, by a map of sockets (net/core/sock_map.c). Runs until it is ended.
 *
 * usage: relay-sockmap PORT ADDRESS PORT   each connection that is made to the port goes on to
 *                                          another; no byte comes into this program's memory
 *        relay-sockmap PORT                sends back what comes to the port: it is redirected to
 *                                          the reader of a socket that nobody sends to, and read
 * there
 */
#include <arpa/inet.h>
#include <linux/bpf.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { CONNECTIONS = 128, MOST = 65536 };

/* What the program knows of the socket that received: under it, the map has the other one. */
struct key {
	unsigned remote_port; /* as in struct __sk_buff: in network byte order */
	unsigned local_port;
};

static int map;

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static int bpf(int command, union bpf_attr *attr)
{
	int result = syscall(SYS_bpf, command, attr, sizeof(*attr));

	if (result < 0)
		fail("bpf");
	return result;
}

#define INSN(operation, to, from, at, value)                                                       \
	((struct bpf_insn){                                                                        \
	    .code = (operation), .dst_reg = (to), .src_reg = (from), .off = (at), .imm = (value)})
#define LOAD(field)                                                                                \
	INSN(BPF_LDX | BPF_MEM | BPF_W, BPF_REG_2, BPF_REG_1, offsetof(struct __sk_buff, field), 0)
#define STORE(at) INSN(BPF_STX | BPF_MEM | BPF_W, BPF_REG_10, BPF_REG_2, (at), 0)

/* return bpf_sk_redirect_hash(skb, &map, &key, flags); */
static void load_program(unsigned flags)
{
	struct bpf_insn program[] = {
	    LOAD(remote_port),
	    STORE(-8),
	    LOAD(local_port),
	    STORE(-4),
	    INSN(BPF_LD | BPF_IMM | BPF_DW, BPF_REG_2, BPF_PSEUDO_MAP_FD, 0, map),
	    INSN(0, 0, 0, 0, 0),
	    INSN(BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_3, BPF_REG_10, 0, 0),
	    INSN(BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_3, 0, 0, -8),
	    INSN(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_4, 0, 0, flags),
	    INSN(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_sk_redirect_hash),
	    INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0),
	};
	union bpf_attr load = {
	    .prog_type = BPF_PROG_TYPE_SK_SKB,
	    .expected_attach_type = BPF_SK_SKB_STREAM_VERDICT,
	    .insns = (unsigned long)program,
	    .insn_cnt = sizeof(program) / sizeof(*program),
	    .license = (unsigned long)"GPL",
	};
	union bpf_attr attach = {
	    .target_fd = map,
	    .attach_bpf_fd = bpf(BPF_PROG_LOAD, &load),
	    .attach_type = BPF_SK_SKB_STREAM_VERDICT,
	};

	bpf(BPF_PROG_ATTACH, &attach);
}

static void make_map(void)
{
	union bpf_attr create = {
	    .map_type = BPF_MAP_TYPE_SOCKHASH,
	    .key_size = sizeof(struct key),
	    .value_size = sizeof(int),
	    .max_entries = 2 * CONNECTIONS,
	};

	map = bpf(BPF_MAP_CREATE, &create);
}

/* What comes to `from` goes to `to`. */
static void enter(int from, int to)
{
	struct sockaddr_in here, there;
	socklen_t length = sizeof(here);
	struct key key;
	union bpf_attr update = {
	    .map_fd = map,
	    .key = (unsigned long)&key,
	    .value = (unsigned long)&to,
	};

	if (getsockname(from, (struct sockaddr *)&here, &length) < 0 ||
	    getpeername(from, (struct sockaddr *)&there, &length) < 0)
		fail("getsockname");
	key.remote_port = htonl(ntohs(there.sin_port));
	key.local_port = ntohs(here.sin_port);
	bpf(BPF_MAP_UPDATE_ELEM, &update);
}

/* Has the program look at what had come before the socket was in the map. */
static void look_again(int fd)
{
	int bytes = 1;

	/* net/ipv4/tcp.c, tcp_set_rcvlowat: tells that there is something to read. */
	setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &bytes, sizeof(bytes));
}

static void pair(int a, int b)
{
	int yes = 1;

	setsockopt(a, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
	setsockopt(b, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
	enter(a, b);
	enter(b, a);
	look_again(a);
	look_again(b);
}

static int listen_at(unsigned address, int port)
{
	struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(port)};
	int server = socket(AF_INET, SOCK_STREAM, 0), yes = 1;

	here.sin_addr.s_addr = htonl(address);
	setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (bind(server, (struct sockaddr *)&here, sizeof(here)) < 0 ||
	    listen(server, CONNECTIONS) < 0)
		fail("listen");
	return server;
}

static int accept_at(int server)
{
	int fd = accept(server, NULL, NULL);

	if (fd < 0)
		fail("accept");
	return fd;
}

static int connect_to(const struct sockaddr_in *to)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0 || connect(fd, (const struct sockaddr *)to, sizeof(*to)) < 0)
		fail("connect");
	return fd;
}

static void relay(int server, const struct sockaddr_in *to)
{
	for (;;) {
		int client = accept_at(server);

		pair(client, connect_to(to));
	}
}

/* A socket of this program's that a peer of this program's is connected to. */
static int idle_socket(void)
{
	static int server;
	struct sockaddr_in here;
	socklen_t length = sizeof(here);

	if (!server)
		server = listen_at(INADDR_LOOPBACK, 0);
	if (getsockname(server, (struct sockaddr *)&here, &length) < 0)
		fail("getsockname");
	connect_to(&here);
	return accept_at(server);
}

static void echo(int server)
{
	static char buffer[MOST];
	struct pollfd polls[CONNECTIONS + 1] = {{.fd = server, .events = POLLIN}};
	int clients[CONNECTIONS + 1];
	int n = 1;

	for (;;) {
		if (poll(polls, n, -1) < 0)
			fail("poll");
		for (int i = 1; i < n; i++) {
			ssize_t got;

			if (!polls[i].revents)
				continue;
			got = recv(polls[i].fd, buffer, MOST, 0);
			if (got > 0)
				send(clients[i], buffer, got, MSG_NOSIGNAL);
			else
				polls[i].fd = -1;
		}
		if (polls[0].revents && n <= CONNECTIONS) {
			clients[n] = accept_at(server);
			polls[n] = (struct pollfd){.fd = idle_socket(), .events = POLLIN};
			pair(clients[n], polls[n].fd);
			n++;
		}
	}
}

int main(int argc, char **argv)
{
	struct sockaddr_in to = {.sin_family = AF_INET};
	int server;

	if (argc != 2 && argc != 4) {
		fprintf(stderr, "usage: relay-sockmap PORT [ADDRESS PORT]\n");
		return 2;
	}
	make_map();
	load_program(argc == 4 ? 0 : BPF_F_INGRESS);
	server = listen_at(INADDR_ANY, atoi(argv[1]));
	if (argc == 2)
		echo(server);
	to.sin_port = htons(atoi(argv[3]));
	if (inet_pton(AF_INET, argv[2], &to.sin_addr) != 1)
		fail(argv[2]);
	relay(server, &to);
}
