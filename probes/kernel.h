/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel types that the probes read, and of them only the members that they read. CO-RE moves
 * every access to where the running kernel keeps the member, so neither order nor size matters
 * here. Members that live in anonymous structs and unions of the kernel are found by name.
 */
#ifndef TRAITRACE_KERNEL_H
#define TRAITRACE_KERNEL_H

typedef signed char __s8;
typedef unsigned char __u8;
typedef short __s16;
typedef unsigned short __u16;
typedef int __s32;
typedef unsigned int __u32;
typedef long long __s64;
typedef unsigned long long __u64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u64 __be64;
typedef __u32 __wsum;

typedef _Bool bool;
enum { false = 0, true = 1 };

enum bpf_map_type {
	BPF_MAP_TYPE_HASH = 1,
	BPF_MAP_TYPE_ARRAY = 2,
	BPF_MAP_TYPE_PERCPU_ARRAY = 6,
	BPF_MAP_TYPE_LRU_HASH = 9,
	BPF_MAP_TYPE_ARRAY_OF_MAPS = 12,
	BPF_MAP_TYPE_SK_STORAGE = 24,
	BPF_MAP_TYPE_RINGBUF = 27,
	BPF_MAP_TYPE_TASK_STORAGE = 29,
};

enum {
	BPF_ANY = 0,
	BPF_NOEXIST = 1,
	BPF_RB_NO_WAKEUP = 1,
	BPF_F_NO_PREALLOC = 1,
	BPF_LOCAL_STORAGE_GET_F_CREATE = 1,
};

/* Opaque to programs; the name is what the verifier knows (include/uapi/linux/bpf.h). */
struct bpf_dynptr {
	__u64 opaque[2];
} __attribute__((aligned(8)));

/* The name that kfuncs use for an skb (include/uapi/linux/bpf.h): a struct, or their types differ.
 */
struct __sk_buff {
	__u32 len;
};

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct ns_common {
	unsigned int inum;
};

struct net {
	struct ns_common ns;
	__u64 net_cookie;
};

typedef struct {
	struct net *net;
} possible_net_t;

struct device {
	struct device *parent;
};

struct rtnl_link_ops {
	const char *kind;
};

struct net_device {
	char name[16];
	const struct rtnl_link_ops *rtnl_link_ops;
	int ifindex;
	possible_net_t nd_net;
	struct device dev;
};

typedef struct {
	__s64 counter;
} atomic64_t;

struct sock_common {
	unsigned short skc_family;
	unsigned char skc_state;
	possible_net_t skc_net;
	atomic64_t skc_cookie;
	unsigned long skc_flags;
};

struct sk_buff_head {
	struct sk_buff *next;
	struct sk_buff *prev;
	__u32 qlen;
};

typedef struct {
	int counter;
} atomic_t;

struct inode {
	__u16 i_mode;
	__u32 i_rdev;
};

struct file {
	void *private_data;
	struct inode *f_inode;
};

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
};

struct files_struct {
	struct fdtable *fdt;
};

struct socket {
	struct file *file;
	struct sock *sk;
};

/* Its numbers differ between kernels: bpf_core_enum_value. */
enum sock_flags {
	SOCK_DONE = 1,
};

struct sock {
	struct sock_common __sk_common;
	struct sk_buff_head sk_receive_queue;
	struct socket *sk_socket;
	void *sk_user_data;
	int sk_peek_off;
	__u8 sk_shutdown;
	__u16 sk_protocol;
	__u16 sk_type;
	int sk_rcvbuf;
	/* sk_backlog.rmem_alloc: the bytes charged to the receive buffer. */
	struct {
		atomic_t rmem_alloc;
	} sk_backlog;
};

struct udp_sock {
	struct sk_buff_head reader_queue;
};

struct tcp_sock {
	__u32 copied_seq;
	__u32 rcv_nxt;
	__u32 write_seq;
};

struct tcp_ulp_ops;

struct inet_connection_sock {
	const struct tcp_ulp_ops *icsk_ulp_ops;
};

/* Likewise. */
enum skb_drop_reason {
	SKB_DROP_REASON_XDP = 1,
};

/* Its numbers differ between kernels: bpf_core_enum_value. */
enum iter_type {
	ITER_UBUF = 0,
	ITER_IOVEC = 1,
};

/* The layout is that of system calls, too: include/uapi/linux/uio.h. */
struct iovec {
	void *iov_base;
	unsigned long iov_len;
};

struct iov_iter {
	__u8 iter_type;
	unsigned long iov_offset;
	const struct iovec *__iov;
	void *ubuf;
	unsigned long count;
	unsigned long nr_segs;
};

struct msghdr {
	struct iov_iter msg_iter;
};

/* io_uring: a request, and what it is about, which lies at its beginning (io_kiocb_to_cmd). */
struct io_cqe {
	int fd; /* until there is a result */
};

struct io_rsrc_node {
	unsigned long file_ptr;
};

struct io_rsrc_data {
	unsigned int nr;
	struct io_rsrc_node **nodes;
};

struct io_file_table {
	struct io_rsrc_data data; /* Linux 6.13 on */
};

struct io_ring_ctx {
	struct io_file_table file_table;
};

struct io_kiocb {
	struct file *file;
	__u8 opcode;
	unsigned int flags;
	struct io_cqe cqe;
	struct io_ring_ctx *ctx;
	void *async_data;
};

struct io_sr_msg {
	unsigned int done_io;
	unsigned int msg_flags;
	__u16 flags;
};

struct io_rw {
	__u64 addr;
	__u32 len;
};

struct iou_vec {
	struct iovec *iovec;
};

struct io_async_msghdr {
	struct iou_vec vec; /* Linux 6.15 on */
	struct iovec fast_iov;
	struct msghdr msg;
};

struct io_async_rw {
	struct iou_vec vec;
	struct iovec fast_iov;
	struct iov_iter iter; /* Linux 6.9 on */
};

struct tcp_skb_cb {
	__u32 seq;
	__u32 end_seq;
};

struct list_head {
	struct list_head *next;
};

/* Bytes for the reader of a socket that a map has (include/linux/skmsg.h). */
struct sk_msg_sg {
	__u32 size;
};

struct sk_msg {
	struct sk_msg_sg sg;
	struct sk_buff *skb;
	struct list_head list;
};

struct sk_psock {
	struct list_head ingress_msg;
};

struct skb_shared_info {
	unsigned short gso_size;
	unsigned short gso_segs;
	atomic_t dataref;
};

struct sk_buff {
	struct sk_buff *next;
	struct sk_buff *prev;
	struct net_device *dev;
	struct sock *sk;
	unsigned long _sk_redir;
	char cb[48];
	unsigned int len;
	unsigned int data_len;
	__u8 cloned : 1;
	__u8 pkt_type : 3;
	__u8 ip_summed : 2;
	__u8 encapsulation : 1;
	int skb_iif;
	__u32 vlan_all;
	__be16 vlan_proto;
	__u16 vlan_tci;
	__u32 mark;
	__u16 inner_network_header;
	__be16 protocol;
	__u16 network_header;
	__u16 mac_header;
	unsigned int tail;
	unsigned int end;
	unsigned char *head;
	unsigned char *data;
};

/* AF_XDP: include/net/xdp.h, xdp_sock.h, xsk_buff_pool.h, net/xdp/xsk_queue.h. */
struct xdp_buff {
	void *data;
	void *data_end;
	void *data_hard_start;
};

struct xdp_desc {
	__u64 addr;
	__u32 len;
};

struct xdp_rxtx_ring {
	struct xdp_desc desc[0];
};

struct xsk_queue {
	__u32 ring_mask;
	__u32 cached_prod;
	void *ring;
};

struct xsk_buff_pool {
	__u64 addrs_cnt;
	bool unaligned;
	void *addrs;
};

struct xdp_sock {
	struct xsk_queue *rx;
	struct net_device *dev;
	struct xsk_buff_pool *pool;
};

struct Qdisc_queue {
	__u32 qlen;
};

struct Qdisc {
	__u32 handle;
	struct Qdisc_queue q;
};

struct nf_queue_entry {
	struct sk_buff *skb;
	unsigned int id;
};

struct netdev_queue;
struct request_sock;

struct kernfs_node {
	__u64 id;
};

struct cgroup {
	struct kernfs_node *kn;
};

struct css_set {
	struct cgroup *dfl_cgrp;
};

struct thread_info {
	__u32 status;
};

struct io_uring_task;

struct task_struct {
	struct thread_info thread_info;
	unsigned int flags;
	struct files_struct *files;
	struct io_uring_task *io_uring;
	int pid;
	int tgid;
	char comm[16];
	struct task_struct *group_leader;
	struct css_set *cgroups;
};

#pragma clang attribute pop

/* Linux before 6.2: the tag's validity is a bit of its own (include/linux/skbuff.h). */
struct sk_buff___vlan_present {
	__u8 vlan_present : 1;
} __attribute__((preserve_access_index));

/* Linux before 6.4. */
struct iov_iter___iov {
	const struct iovec *iov;
} __attribute__((preserve_access_index));

/* Before Linux 6.13. */
struct io_fixed_file {
	unsigned long file_ptr;
} __attribute__((preserve_access_index));

struct io_file_table___files {
	struct io_fixed_file *files;
} __attribute__((preserve_access_index));

struct io_ring_ctx___files {
	struct io_file_table___files file_table;
	unsigned int nr_user_files;
} __attribute__((preserve_access_index));

/* Before Linux 6.15. */
struct io_async_msghdr___free_iov {
	struct iovec *free_iov;
} __attribute__((preserve_access_index));

struct io_async_rw___free_iovec {
	struct iovec *free_iovec;
} __attribute__((preserve_access_index));

/* linux/stat.h */
#define S_IFMT	 0170000
#define S_IFSOCK 0140000
/* linux/sched.h */
#define PF_IO_WORKER 0x00000010
#define PF_KTHREAD   0x00200000
/* net/tcp_states.h */
#define TCP_ESTABLISHED	 1
#define TCP_TIME_WAIT	 6
#define TCP_NEW_SYN_RECV 12
/* net/sock.h */
#define RCV_SHUTDOWN	   1
#define SK_USER_DATA_PSOCK 4
/* linux/skmsg.h: a verdict, and the flag in _sk_redir beside BPF_F_INGRESS */
#define SK_ACTION_REDIRECT 2
#define SK_REDIR_STRPARSER 2
/* linux/net.h */
#define SOCK_STREAM 1
/* linux/socket.h, linux/if_ether.h, linux/in.h */
#define AF_INET	       2
#define AF_INET6       10
#define AF_PACKET      17
#define AF_XDP	       44
#define MSG_OOB	       1
#define MSG_PEEK       2
#define MSG_TRUNC      0x20
#define MSG_WAITALL    0x100
#define ETH_P_IP       0x0800
#define ETH_P_ARP      0x0806
#define ETH_P_8021Q    0x8100
#define ETH_P_IPV6     0x86dd
#define ETH_P_8021AD   0x88a8
#define ETH_P_TEB      0x6558
#define IPPROTO_ICMP   1
#define IPPROTO_IPIP   4
#define IPPROTO_TCP    6
#define IPPROTO_UDP    17
#define IPPROTO_IPV6   41
#define IPPROTO_GRE    47
#define IPPROTO_ESP    50
#define IPPROTO_ICMPV6 58
#define IPPROTO_MPTCP  262
#define NETDEV_TX_BUSY 0x10
/* linux/netfilter/nfnetlink_queue.h: attributes, and where in the first of them the id is */
#define NFQA_VERDICT_HDR    2
#define NFQA_PAYLOAD	    10
#define NFQA_VERDICT_HDR_ID 8

#endif
