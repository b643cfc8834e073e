/*
 * A relay with a pool of threads: one takes what comes, from all clients and from the far end, and
 * puts it on a queue; others take it from there and send it on. What one thread receives another
 * sends. Runs until it is ended.
 *
 * usage: relay-threads udp|tcp PORT ADDRESS PORT
 *
 * The parts of a stream must not overtake each other: each socket has one thread that writes to it.
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { WORKERS = 4, CLIENTS = 128, SIZE = 65536 };

struct job {
	struct job *next;
	int fd;
	struct sockaddr_in to; /* family 0 = the socket is connected */
	ssize_t length;	       /* 0 = the stream ends */
	char bytes[];
};

struct queue {
	pthread_mutex_t lock;
	pthread_cond_t filled;
	struct job *first, **last;
};

/* Where what comes in at a socket goes. */
struct link {
	int to;
	struct sockaddr_in client;
};

static struct queue queues[WORKERS];
static struct pollfd polls[2 * CLIENTS + 1];
static struct link links[2 * CLIENTS + 1];
static int used;
static struct sockaddr_in far_end = {.sin_family = AF_INET};

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static void *work(void *argument)
{
	struct queue *q = argument;

	for (;;) {
		struct job *job;

		pthread_mutex_lock(&q->lock);
		while (!q->first)
			pthread_cond_wait(&q->filled, &q->lock);
		job = q->first;
		q->first = job->next;
		if (!q->first)
			q->last = &q->first;
		pthread_mutex_unlock(&q->lock);
		if (job->length == 0)
			shutdown(job->fd, SHUT_WR);
		for (ssize_t at = 0; at < job->length;) {
			ssize_t n =
			    job->to.sin_family
				? sendto(job->fd, job->bytes, job->length, 0,
					 (struct sockaddr *)&job->to, sizeof(job->to))
				: send(job->fd, job->bytes + at, job->length - at, MSG_NOSIGNAL);

			if (n <= 0)
				break;
			at += n;
		}
		free(job);
	}
	return NULL;
}

static void put(struct job *job)
{
	struct queue *q = &queues[job->fd % WORKERS];

	job->next = NULL;
	pthread_mutex_lock(&q->lock);
	*q->last = job;
	q->last = &job->next;
	pthread_cond_signal(&q->filled);
	pthread_mutex_unlock(&q->lock);
}

static int add(int fd, int to, const struct sockaddr_in *client)
{
	if (used == 2 * CLIENTS + 1) {
		fprintf(stderr, "too many clients\n");
		exit(1);
	}
	polls[used] = (struct pollfd){.fd = fd, .events = POLLIN};
	links[used] = (struct link){.to = to};
	if (client)
		links[used].client = *client;
	return used++;
}

static int towards(int type)
{
	int fd = socket(AF_INET, type, 0), yes = 1;

	if (fd < 0 || connect(fd, (struct sockaddr *)&far_end, sizeof(far_end)) < 0)
		fail("connect");
	if (type == SOCK_STREAM)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
	return fd;
}

/* The socket towards the far end of who asks at the server's one. */
static int of_client(const struct sockaddr_in *client)
{
	for (int i = 1; i < used; i++)
		if (links[i].client.sin_port == client->sin_port &&
		    links[i].client.sin_addr.s_addr == client->sin_addr.s_addr)
			return polls[i].fd;
	return polls[add(towards(SOCK_DGRAM), polls[0].fd, client)].fd;
}

static void take_connection(void)
{
	int client = accept(polls[0].fd, NULL, NULL), out, yes = 1;

	if (client < 0)
		return;
	out = towards(SOCK_STREAM);
	setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
	add(client, out, NULL);
	add(out, client, NULL);
}

static void take(int i, bool datagrams)
{
	struct job *job = malloc(sizeof(*job) + SIZE);
	struct sockaddr_in from;
	socklen_t size = sizeof(from);

	if (!job)
		fail("malloc");
	job->length =
	    recvfrom(polls[i].fd, job->bytes, SIZE, MSG_DONTWAIT, (struct sockaddr *)&from, &size);
	if (job->length < 0) {
		free(job);
		return;
	}
	if (!datagrams && job->length == 0)
		polls[i].fd = -1;
	job->fd = datagrams && i == 0 ? of_client(&from) : links[i].to;
	job->to = links[i].client;
	put(job);
}

int main(int argc, char **argv)
{
	struct sockaddr_in here = {.sin_family = AF_INET};
	int server, yes = 1;
	bool datagrams;

	if (argc != 5) {
		fprintf(stderr, "usage: relay-threads udp|tcp PORT ADDRESS PORT\n");
		return 2;
	}
	datagrams = strcmp(argv[1], "udp") == 0;
	here.sin_port = htons(atoi(argv[2]));
	far_end.sin_port = htons(atoi(argv[4]));
	if (inet_pton(AF_INET, argv[3], &far_end.sin_addr) != 1)
		fail(argv[3]);
	server = socket(AF_INET, datagrams ? SOCK_DGRAM : SOCK_STREAM, 0);
	setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (bind(server, (struct sockaddr *)&here, sizeof(here)) < 0 ||
	    (!datagrams && listen(server, CLIENTS) < 0))
		fail("bind");
	add(server, -1, NULL);
	for (int i = 0; i < WORKERS; i++) {
		pthread_t thread;

		pthread_mutex_init(&queues[i].lock, NULL);
		pthread_cond_init(&queues[i].filled, NULL);
		queues[i].last = &queues[i].first;
		if (pthread_create(&thread, NULL, work, &queues[i]) != 0)
			fail("pthread_create");
	}
	for (;;) {
		int n = used;

		if (poll(polls, n, -1) < 0)
			continue;
		for (int i = 0; i < n; i++) {
			if (!polls[i].revents)
				continue;
			if (i == 0 && !datagrams)
				take_connection();
			else
				take(i, datagrams);
		}
	}
}
