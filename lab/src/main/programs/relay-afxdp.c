/*
 * A forwarder with AF_XDP sockets in copy mode: each frame that a device receives goes out of the
 * other, to the host whose address is given with that one. Both sockets share one umem. Runs until
 * it is ended.
 *
 * usage: relay-afxdp native|generic same|other DEVICE MAC DEVICE MAC
 *
 *   native, generic   how XDP hands the frames on
 *   same              a frame is sent from the chunk that it was received into
 *   other             it is copied to another chunk first
 *
 * When it is at work, the UDP port 9 is open.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <linux/if_xdp.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ether.h>
#include <netinet/in.h>
#include <poll.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef AF_XDP
#define AF_XDP 44
#endif
#ifndef SOL_XDP
#define SOL_XDP 283
#endif

enum {
	CHUNK = 2048,
	/* Entries of a ring, and chunks that each device receives into; a power of two. */
	ENTRIES = 256,
	CHUNKS = 3 * ENTRIES,
	POLL_MS = 20,
	READY_PORT = 9,
};

struct ring {
	uint32_t *producer;
	uint32_t *consumer;
	void *entries;
};

struct port {
	int fd;
	uint32_t ifindex;
	struct ring fill, completion, rx, tx;
	unsigned char own[ETH_ALEN];
	unsigned char next[ETH_ALEN];
};

static char *umem;
static struct port ports[2];
/* Chunks that nobody receives into. */
static uint64_t spare[ENTRIES];
static int spares;

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static uint32_t filled(const struct ring *ring)
{
	return __atomic_load_n(ring->producer, __ATOMIC_ACQUIRE) - *ring->consumer;
}

static void consume(struct ring *ring)
{
	__atomic_store_n(ring->consumer, *ring->consumer + 1, __ATOMIC_RELEASE);
}

static void produce(struct ring *ring)
{
	__atomic_store_n(ring->producer, *ring->producer + 1, __ATOMIC_RELEASE);
}

/* The entry that is consumed next, and the one that is produced next. */
#define FIRST(ring, type) (&((type *)(ring)->entries)[*(ring)->consumer & (ENTRIES - 1)])
#define NEXT(ring, type)  (&((type *)(ring)->entries)[*(ring)->producer & (ENTRIES - 1)])

static void give_to_fill(struct port *port, uint64_t chunk)
{
	*NEXT(&port->fill, uint64_t) = chunk;
	produce(&port->fill);
}

static void map_ring(int fd, struct ring *ring, const struct xdp_ring_offset *at, size_t entry,
		     uint64_t page)
{
	char *memory = mmap(NULL, at->desc + ENTRIES * entry, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_POPULATE, fd, (off_t)page);

	if (memory == MAP_FAILED)
		fail("mmap of a ring");
	ring->producer = (void *)(memory + at->producer);
	ring->consumer = (void *)(memory + at->consumer);
	ring->entries = memory + at->desc;
}

static void open_rings(struct port *port)
{
	static const int sizes[] = {XDP_UMEM_FILL_RING, XDP_UMEM_COMPLETION_RING, XDP_RX_RING,
				    XDP_TX_RING};
	struct xdp_mmap_offsets at;
	socklen_t length = sizeof(at);
	int entries = ENTRIES;

	for (int i = 0; i < 4; i++)
		if (setsockopt(port->fd, SOL_XDP, sizes[i], &entries, sizeof(entries)) < 0)
			fail("the size of a ring");
	if (getsockopt(port->fd, SOL_XDP, XDP_MMAP_OFFSETS, &at, &length) < 0)
		fail("XDP_MMAP_OFFSETS");
	map_ring(port->fd, &port->fill, &at.fr, sizeof(uint64_t), XDP_UMEM_PGOFF_FILL_RING);
	map_ring(port->fd, &port->completion, &at.cr, sizeof(uint64_t),
		 XDP_UMEM_PGOFF_COMPLETION_RING);
	map_ring(port->fd, &port->rx, &at.rx, sizeof(struct xdp_desc), XDP_PGOFF_RX_RING);
	map_ring(port->fd, &port->tx, &at.tx, sizeof(struct xdp_desc), XDP_PGOFF_TX_RING);
}

/* The second socket shares what the first one registered. */
static void bind_to(struct port *port, int shared)
{
	struct sockaddr_xdp at = {.sxdp_family = AF_XDP, .sxdp_ifindex = port->ifindex};

	if (shared < 0) {
		at.sxdp_flags = XDP_COPY;
	} else {
		at.sxdp_flags = XDP_SHARED_UMEM;
		at.sxdp_shared_umem_fd = (uint32_t)shared;
	}
	if (bind(port->fd, (struct sockaddr *)&at, sizeof(at)) < 0)
		fail("bind");
}

static int bpf(int command, union bpf_attr *attr)
{
	return (int)syscall(SYS_bpf, command, attr, sizeof(*attr));
}

/* All that queue 0 of the device receives is the socket's. */
static void redirect(struct port *port, uint32_t flags)
{
	union bpf_attr map = {.map_type = BPF_MAP_TYPE_XSKMAP,
			      .key_size = sizeof(int),
			      .value_size = sizeof(int),
			      .max_entries = 1};
	int key = 0, map_fd = bpf(BPF_MAP_CREATE, &map);
	union bpf_attr entry = {
	    .map_fd = (uint32_t)map_fd, .key = (uintptr_t)&key, .value = (uintptr_t)&port->fd};
	struct bpf_insn code[] = {
	    /* return bpf_redirect_map(&map, ctx->rx_queue_index, XDP_PASS); */
	    {.code = BPF_LDX | BPF_MEM | BPF_W,
	     .dst_reg = BPF_REG_2,
	     .src_reg = BPF_REG_1,
	     .off = offsetof(struct xdp_md, rx_queue_index)},
	    {.code = BPF_LD | BPF_DW | BPF_IMM,
	     .dst_reg = BPF_REG_1,
	     .src_reg = BPF_PSEUDO_MAP_FD,
	     .imm = map_fd},
	    {0},
	    {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_3, .imm = XDP_PASS},
	    {.code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_redirect_map},
	    {.code = BPF_JMP | BPF_EXIT},
	};
	union bpf_attr program = {.prog_type = BPF_PROG_TYPE_XDP,
				  .insns = (uintptr_t)code,
				  .insn_cnt = sizeof(code) / sizeof(code[0]),
				  .license = (uintptr_t) "GPL"};
	union bpf_attr link = {0};

	if (map_fd < 0 || bpf(BPF_MAP_UPDATE_ELEM, &entry) < 0)
		fail("the map of the socket");
	link.link_create.prog_fd = (uint32_t)bpf(BPF_PROG_LOAD, &program);
	if ((int)link.link_create.prog_fd < 0)
		fail("the XDP program");
	link.link_create.target_ifindex = port->ifindex;
	link.link_create.attach_type = BPF_XDP;
	link.link_create.flags = flags;
	/* It is attached for as long as this process lives. */
	if (bpf(BPF_LINK_CREATE, &link) < 0)
		fail("to attach the XDP program");
}

static void find_device(struct port *port, const char *name, const char *next)
{
	struct ifreq request = {0};
	struct ether_addr *address = ether_aton(next);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	port->ifindex = if_nametoindex(name);
	if (!address || !port->ifindex || ioctl(fd, SIOCGIFHWADDR, &request) < 0)
		fail(name);
	memcpy(port->next, address, ETH_ALEN);
	memcpy(port->own, request.ifr_hwaddr.sa_data, ETH_ALEN);
	close(fd);
}

static void open_ports(char **names, uint32_t flags)
{
	struct xdp_umem_reg region = {.len = (uint64_t)CHUNKS * CHUNK, .chunk_size = CHUNK};

	umem = mmap(NULL, region.len, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (umem == MAP_FAILED)
		fail("mmap of the umem");
	region.addr = (uintptr_t)umem;
	for (int i = 0; i < 2; i++) {
		find_device(&ports[i], names[2 * i], names[2 * i + 1]);
		ports[i].fd = socket(AF_XDP, SOCK_RAW, 0);
		if (ports[i].fd < 0)
			fail("AF_XDP");
	}
	if (setsockopt(ports[0].fd, SOL_XDP, XDP_UMEM_REG, &region, sizeof(region)) < 0)
		fail("XDP_UMEM_REG");
	for (int i = 0; i < 2; i++) {
		open_rings(&ports[i]);
		for (int n = 0; n < ENTRIES; n++)
			give_to_fill(&ports[i], (uint64_t)(i * ENTRIES + n) * CHUNK);
		bind_to(&ports[i], i == 0 ? -1 : ports[0].fd);
		redirect(&ports[i], flags);
	}
	while (spares < ENTRIES) {
		spare[spares] = (uint64_t)(2 * ENTRIES + spares) * CHUNK;
		spares++;
	}
}

/* What was sent is free again: each device gets back its own, the rest is spare. */
static void collect(struct port *port)
{
	while (filled(&port->completion)) {
		uint64_t chunk = *FIRST(&port->completion, uint64_t) / CHUNK;

		consume(&port->completion);
		if (chunk < 2 * ENTRIES)
			give_to_fill(&ports[chunk / ENTRIES], chunk * CHUNK);
		else
			spare[spares++] = chunk * CHUNK;
	}
}

/* The chunk that a frame is sent from; the frame's own is given back if that is another. */
static uint64_t move(struct port *from, const struct xdp_desc *frame)
{
	uint64_t to = spare[--spares];

	memcpy(umem + to, umem + frame->addr, frame->len);
	give_to_fill(from, frame->addr / CHUNK * CHUNK);
	return to;
}

static void forward(struct port *from, struct port *to, int other)
{
	int sent = 0;

	while (filled(&from->rx) && filled(&to->tx) < ENTRIES && (!other || spares > 0)) {
		struct xdp_desc frame = *FIRST(&from->rx, struct xdp_desc);
		struct ether_header *header;

		consume(&from->rx);
		if (other)
			frame.addr = move(from, &frame);
		header = (void *)(umem + frame.addr);
		memcpy(header->ether_dhost, to->next, ETH_ALEN);
		memcpy(header->ether_shost, to->own, ETH_ALEN);
		frame.options = 0;
		*NEXT(&to->tx, struct xdp_desc) = frame;
		produce(&to->tx);
		sent++;
	}
	if (sent && sendto(to->fd, NULL, 0, MSG_DONTWAIT, NULL, 0) < 0 && errno != EAGAIN &&
	    errno != EBUSY && errno != ENOBUFS)
		fail("sendto");
}

static void say_ready(void)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(READY_PORT)};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0)
		fail("the port that says it is ready");
}

int main(int argc, char **argv)
{
	int generic, other;

	if (argc != 7) {
		fprintf(stderr, "usage: relay-afxdp native|generic same|other DEVICE MAC DEVICE "
				"MAC\n");
		return 2;
	}
	generic = strcmp(argv[1], "generic") == 0;
	other = strcmp(argv[2], "other") == 0;
	open_ports(argv + 3, generic ? XDP_FLAGS_SKB_MODE : XDP_FLAGS_DRV_MODE);
	say_ready();
	for (;;) {
		struct pollfd both[2] = {{.fd = ports[0].fd, .events = POLLIN},
					 {.fd = ports[1].fd, .events = POLLIN}};

		poll(both, 2, POLL_MS);
		for (int i = 0; i < 2; i++) {
			collect(&ports[i]);
			forward(&ports[i], &ports[!i], other);
		}
	}
}
