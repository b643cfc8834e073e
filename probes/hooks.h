/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hooks and what `arg` of their events means. The numbers are shared with
 * traitrace.event.Hook and with recordings: append, never renumber.
 */
#ifndef TRAITRACE_HOOKS_H
#define TRAITRACE_HOOKS_H

enum hook {
	HOOK_NONE = 0,
	HOOK_NET_DEV_QUEUE = 1,	     /* socket that sends it, address; 0 = none */
	HOOK_NET_DEV_START_XMIT = 2, /* - */
	HOOK_NET_DEV_XMIT = 3,	     /* netdev_tx_t: only refusals are reported */
	HOOK_QDISC_ENQUEUE = 4,	     /* handle << 32 | packets queued */
	HOOK_QDISC_DEQUEUE = 5,	     /* handle << 32 | packets queued */
	HOOK_NETIF_RX = 6,	     /* - */
	HOOK_NETIF_RECEIVE_SKB = 7,  /* - */
	HOOK_NAPI_GRO_RECEIVE = 8,   /* - */
	HOOK_NAPI_GRO_FRAGS = 9,     /* - */
	HOOK_CONSUME_SKB = 10,	     /* low half of the caller's address */
	HOOK_KFREE_SKB = 11,	     /* drop reason << 32 | low half of the caller's address */
	HOOK_SKB_COPY_DATAGRAM =
	    12,			 /* TCP: first sequence number copied << 32 | bytes; else bytes */
	HOOK_SK_DATA_READY = 13, /* socket address */
	HOOK_SOCK_RECV_LENGTH = 14,    /* no event: RECORD_TRANSFER */
	HOOK_TCP_PROBE = 15,	       /* socket address */
	HOOK_INET_SOCK_SET_STATE = 16, /* old state << 32 | new state */
	HOOK_TCP_BAD_CSUM = 17,	       /* - */
	HOOK_TCP_SEND_RESET = 18,      /* enum sk_rst_reason, 0 where the kernel does not tell */
	HOOK_ICMP_SEND = 19,	       /* type << 8 | code */
	HOOK_UDP_FAIL_QUEUE = 20,      /* negative errno */
	HOOK_SOCK_RCVQUEUE_FULL = 21,  /* bytes allocated << 32 | limit */
	/* Of the lineage family. */
	HOOK_SKB_CONSUME_UDP = 22,   /* bytes taken; negative = only looked at (MSG_PEEK) */
	HOOK_TCP_TRANSMIT = 23,	     /* first sequence number << 32 | the one behind the last */
	HOOK_TCP_DO_RCV = 24,	     /* first sequence number << 32 | the one behind the last */
	HOOK_FRAG_QUEUE_INSERT = 25, /* fragment queue, address */
	HOOK_FRAG_REASM_FINISH = 26, /* fragment queue, address */
	HOOK_IP_LOCAL_OUT = 27,	     /* socket that sends it, address; 0 = none */
	HOOK_IP6_LOCAL_OUT = 28,     /* likewise */
	HOOK_SKB_SPLICE = 29,	     /* first sequence number << 32 | bytes */
	HOOK_UDP_ENQUEUE = 30,	     /* socket address */
	HOOK_SOCK_SEND_LENGTH = 31,  /* no event: RECORD_TRANSFER */
	/* Of the lineage family. */
	HOOK_SOCKMAP_REDIRECT =
	    32,			/* socket that gets it, address; + 1 = to be read there, not sent */
	HOOK_SOCKMAP_SEND = 33, /* socket that begins to send it, address */
	HOOK_NFQUEUE_ENQUEUE = 34, /* errno by which it was refused, 0 = none << 32 | queue */
	HOOK_NFQUEUE_VERDICT = 35, /* enum nfqueue_judgement << 32 | NF_*, as the kernel has it */
	/* 0 = taken; else drop reason << 32 | errno */
	HOOK_XSK_RCV = 36,
	HOOK_XSK_XMIT = 37, /* socket address */
	HOOK_COUNT,
};

/* Of a verdict on what waited in an nfnetlink queue. */
enum nfqueue_judgement {
	NFQUEUE_DECIDED = 1 << 0,  /* the running process gave it; else the kernel itself did */
	NFQUEUE_REPLACED = 1 << 1, /* and other bytes */
};

#endif
