/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The event ABI: what the probes write into the rings and Java reads.
 *
 * Host byte order, natural alignment, no padding that is not named. The Java side keeps the offsets
 * in traitrace.event.EventLayout; a test compares them with the BTF of the compiled object, so a
 * change here that is not made there fails the build.
 *
 * A ring record is one `struct event`; if EVENT_SNAPSHOT is set in its flags, one `struct snapshot`
 * follows at once in the same ring record. The other kinds of record have the size of their struct.
 * `kind` is at the same offset in all of them.
 */
#ifndef TRAITRACE_EVENT_H
#define TRAITRACE_EVENT_H

/* How many header bytes a snapshot holds: Ethernet + IPv6 + UDP + VXLAN + Ethernet + IPv6 + ports.
 */
#define SNAPSHOT_BYTES 128
#define NAME_BYTES     16

enum record_kind {
	RECORD_EVENT = 1, /* a packet at a hook: struct event */
	RECORD_EDGE = 2,  /* skb_id was made from, or took in, skb `parent`: struct edge_record */
	RECORD_GONE = 3,  /* skb_id ended where no event tells it: struct event; arg = time it was
			   * last seen, ns; flags = GONE_FREED or 0; hook = its last */
	/* 4 was a receipt, which RECORD_TRANSFER tells more of. */
	RECORD_DEVICE = 5, /* name of a device: struct device_record */
	RECORD_TASK = 6,   /* name of a process: struct task_record */
	RECORD_PAYLOAD =
	    7, /* payload bytes of the event before it, by option: struct payload_record */
	RECORD_TRANSFER = 8, /* a process got or gave bytes: struct transfer_record */
	RECORD_REDIRECT = 9, /* a sockmap had a socket send bytes: struct redirect_record */
};

enum event_flag {
	EVENT_SNAPSHOT = 1 << 0,  /* struct snapshot follows */
	EVENT_FIRST = 1 << 1,	  /* first event of this skb */
	EVENT_SOFTIRQ = 1 << 2,	  /* in interrupt context: `pid` is not the packet's and is 0 */
	EVENT_CLONED = 1 << 3,	  /* its data is shared with another skb */
	EVENT_NONLINEAR = 1 << 4, /* part of its data is in page fragments */
	EVENT_REWRITTEN = 1 << 5, /* addresses or ports differ from the last event: NAT */
	EVENT_MERGED = 1 << 6,	  /* grew since the last event: others were coalesced into it */
	EVENT_TAP = 1 << 7,	  /* seen by a packet socket, not on its way */
};

/* In `flags` of RECORD_GONE. */
enum gone_flag {
	/* The kernel was seen to free it. Without: its address was found to be another packet's. */
	GONE_FREED = 1 << 0,
};

/* Numbers are shared with traitrace.lineage.EdgeKind (ordinal). */
enum edge_kind {
	EDGE_CLONE = 0,
	EDGE_COPY =
	    1, /* by __copy_skb_header: the callers tell whether it is clone, segment, ... */
	EDGE_EXPAND_HEAD = 2, /* child = parent */
	EDGE_SEGMENT = 3,
	EDGE_COALESCE = 4, /* the parent ended in the child, at `offset` of its data */
	EDGE_FRAGMENT = 5,
	EDGE_REASSEMBLE = 6,
	EDGE_XDP = 7,
	/* `parent` was copied to a task: skb_id = pid << 32 | tid, offset = bytes. The task's next
	 * RECORD_TRANSFER is of the call that did it. */
	EDGE_DELIVER = 8,
	/* skb_id was made of a task's bytes: parent = pid << 32 | tid. As above. Not told of TCP:
	 * there, sequence numbers tell. */
	EDGE_EMIT = 9,
	EDGE_RETRANSMIT = 12,
};

/* Numbers are shared with traitrace.lineage.Evidence (ordinal). */
enum evidence {
	EVIDENCE_PROVED = 0,
	EVIDENCE_MATCHED = 1,
	EVIDENCE_GUESSED = 2,
};

struct event {
	__u64 time;	 /* CLOCK_MONOTONIC, ns */
	__u64 packet_id; /* the packet id trait; equals the skb_id of the packet's first skb */
	__u64 skb_id;	 /* never reused, unlike an address */
	__u64 arg;	 /* by hook, see hooks.h */
	__u32 netns;	 /* inode number of the network namespace */
	__u32 ifindex;	 /* in that namespace; 0 = none */
	__u32 len;	 /* skb->len, bytes */
	__u32 mark;	 /* skb->mark */
	__u32 pid;	 /* thread group of the running task; 0 = not the packet's */
	__u16 counter;	/* of events of this skb, from 0, wraps: a missing number is a lost event */
	__u16 hook;	/* enum hook */
	__u16 protocol; /* skb->protocol, host byte order (an Ethertype) */
	__u16 cpu;
	__u8 kind;  /* enum record_kind */
	__u8 flags; /* enum event_flag */
	__u16 reserved;
};

#define EDGE_CALLERS 4

/* A link between two skbs. */
struct edge_record {
	__u64 time;
	__u64 packet_id; /* the child's */
	__u64 skb_id;	 /* the child */
	__u64 parent;	 /* skb id */
	/* Low halves of return addresses, innermost first: who made the child. 0 = not recorded. */
	__u32 callers[EDGE_CALLERS];
	/* EDGE_COALESCE: where in the child's payload the parent's begins; EDGE_DELIVER: how many
	 * were copied. Bytes. */
	__u32 offset;
	__u16 reserved16;
	__u16 edge; /* enum edge_kind */
	__u16 reserved;
	__u16 cpu;
	__u8 kind;
	__u8 evidence; /* enum evidence */
	__u16 pad;
};

/* The first header bytes of an skb, sent when they differ from the last ones of that skb. */
struct snapshot {
	__u16 captured;	    /* bytes valid in data, 0 to SNAPSHOT_BYTES */
	__u16 network;	    /* offset of the network header in data; 0 = there is no L2 header */
	__u16 gso_size;	    /* payload bytes of a segment; 0 = not a GSO skb */
	__u16 gso_segs;	    /* as the kernel keeps it: 0 or 1 = not a GSO skb */
	__u16 vlan_tci;	    /* hardware-accelerated tag, host byte order */
	__u8 vlan_present;  /* 1 = vlan_tci is valid */
	__u8 ip_summed;	    /* CHECKSUM_NONE 0, UNNECESSARY 1, COMPLETE 2, PARTIAL 3 */
	__u8 pkt_type;	    /* PACKET_HOST 0, BROADCAST 1, MULTICAST 2, OTHERHOST 3, OUTGOING 4 */
	__u8 encapsulation; /* skb->encapsulation: inner headers are set */
	__u16 reserved;
	__u8 data[SNAPSHOT_BYTES]; /* network byte order, as on the wire */
};

struct pictured_event {
	struct event event;
	struct snapshot snapshot;
};

struct device_record {
	__u64 time;
	__u64 cookie; /* of the network namespace: never reused, unlike its inode number */
	__u32 netns;
	__u32 ifindex;
	__u32 physical; /* 1 = has a parent on a bus: what it sends leaves the host */
	__u32 reserved32;
	char name[NAME_BYTES]; /* NUL-terminated, any bytes but '/' and white space */
	__u32 pad[3];
	__u8 kind;
	__u8 reserved8;
	__u16 reserved16;
};

struct task_record {
	__u64 time;
	__u64 cgroup; /* id in the unified hierarchy */
	__u32 pid;    /* thread group */
	__u32 tid;
	__u64 reserved64;
	char name[NAME_BYTES]; /* NUL-terminated, any bytes: a process chooses its own name */
	__u32 pad[3];
	__u8 kind;
	__u8 reserved8;
	__u16 reserved16;
};

enum transfer_flag {
	TRANSFER_STREAM = 1 << 0,  /* `seq` is valid: TCP */
	TRANSFER_EMPTIED = 1 << 1, /* the socket's receive queue is empty now */
	TRANSFER_PARTLY = 1 << 2,  /* there are more parts than are told */
	TRANSFER_URING = 1 << 3, /* on behalf of an io_uring: pid is the process, tid may be any */
};

/* What moves bytes; see `call` of transfer_record. */
enum transfer_call {
	CALL_OTHER = 0, /* none of these, io_uring for example */
	CALL_READ = 1,
	CALL_WRITE = 2,
	CALL_READV = 3,
	CALL_WRITEV = 4,
	CALL_RECVFROM = 5,
	CALL_SENDTO = 6,
	CALL_RECVMSG = 7,
	CALL_SENDMSG = 8,
	CALL_RECVMMSG = 9,
	CALL_SENDMMSG = 10,
	CALL_SPLICE = 11,
	CALL_SENDFILE = 12,
};

enum part_flag {
	PART_HASHED = 1 << 0, /* the hashes are valid: the memory could be read */
	PART_DULL = 1 << 1,   /* its first bytes are all alike: they tell nothing */
};

/* How much of a part its hashes are of. */
#define PART_EDGE_BYTES	 64
#define PART_WHOLE_BYTES 1024
#define TRANSFER_PARTS	 4

/* Bytes that lie together in the memory of a process. */
struct transfer_part {
	__u64 address; /* there; of AF_XDP in the kernel's map of the umem; 0 = not known */
	__u64 head;    /* hash of the first PART_EDGE_BYTES, of all if there are fewer */
	__u64 tail;    /* hash of the last PART_EDGE_BYTES, of all if there are fewer */
	__u64 whole;   /* hash of the first PART_WHOLE_BYTES, of all if there are fewer */
	__u32 len;     /* bytes moved, not the room that there was */
	__u32 flags;   /* enum part_flag */
};

/*
 * A call moved bytes between a process and a socket or a TUN device, or between a socket and a
 * pipe. Written when they have been moved, by the task that made the call; of a call for several
 * messages, one record for each. Of an AF_XDP socket, one for each frame that the kernel copied
 * into or out of its umem, whoever was running.
 */
struct transfer_record {
	__u64 time;
	__u64 socket; /* address of the struct sock; of a TUN device that of its queue. Valid while
		       * it is open */
	__u64 cookie; /* of the socket: never reused; 0 = it has none */
	__u64 next;   /* UDP, stages only: skb id of what is now first in the receive queue, 0 = not
		       * tracked; AF_XDP: skb id of the frame, of which no edge tells */
	__u32 netns;
	__s32 fd;      /* of the socket or device, -1 = not known */
	__s32 bytes;   /* negative errno = nothing was moved */
	__u32 message; /* MSG_* flags of the call */
	__u32 pid;
	__u16 flags; /* enum transfer_flag */
	__u16 hook;  /* HOOK_SOCK_SEND_LENGTH or HOOK_SOCK_RECV_LENGTH, wherever it was seen */
	__u16 call;  /* enum transfer_call */
	__u16 cpu;
	__u8 kind;
	__u8 parts; /* valid in `part` */
	__u16 reserved;
	__u64 pipe;    /* address of the pipe on the other side; 0 = memory is */
	__u32 seq;     /* TRANSFER_STREAM: of the first byte, host byte order */
	__u32 tid;     /* 0 = of none: what AF_XDP received */
	__u8 protocol; /* IPPROTO_*; 0 = of a packet socket, an AF_XDP socket or a TUN device */
	__u8 family;   /* AF_*; 0 = TUN device */
	__u16 reserved16;
	__u32 reserved32;
	struct transfer_part part[TRANSFER_PARTS];
};

/* The kernel had one TCP socket send what another one had received, by a map of sockets. */
struct redirect_record {
	__u64 time; /* when they had been written */
	__u64 packet_id;
	__u64 skb_id; /* in which they were received */
	__u64 socket; /* address of the one that sends them */
	__u32 netns;  /* that socket's */
	__u32 seq;    /* of the first byte as it is sent, host byte order */
	__u32 bytes;
	__u32 from; /* sequence number of the first byte as it was received */
	__u32 pad[2];
	__u16 reserved16;
	__u16 cpu;
	__u8 kind;
	__u8 evidence; /* enum evidence: that they are these bytes, there */
	__u16 reserved;
};

struct payload_record {
	__u64 time;
	__u64 packet_id;
	__u64 skb_id;
	__u64 data[3]; /* bytes as in the packet */
	__u32 len;     /* bytes valid in data; fewer if the packet ends there */
	__u32 offset;  /* of the first, counted from the end of the innermost transport header */
	__u32 pad;
	__u8 kind;
	__u8 reserved8;
	__u16 counter; /* of the event it belongs to */
};

#endif
