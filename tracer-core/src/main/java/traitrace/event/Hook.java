package traitrace.event;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The places in the kernel that report packets: the catalogue behind {@code traitrace hooks}.
 *
 * <p>The ids are those of {@code probes/hooks.h} and of recordings; they are never reused.
 */
public enum Hook {
    NET_DEV_QUEUE(1, "net_dev_queue", Stage.DEVICE, "handed to a device for sending"),
    NET_DEV_START_XMIT(2, "net_dev_start_xmit", Stage.DRIVER, "given to the driver of a device"),
    NET_DEV_XMIT(3, "net_dev_xmit", Stage.DRIVER, "refused by the driver, to be tried again"),
    QDISC_ENQUEUE(4, "qdisc_enqueue", Stage.QDISC, "put into a queueing discipline"),
    QDISC_DEQUEUE(5, "qdisc_dequeue", Stage.QDISC, "taken out of a queueing discipline"),
    NETIF_RX(6, "netif_rx", Stage.DRIVER, "arrived at a virtual device, queued for this CPU"),
    NETIF_RECEIVE_SKB(7, "netif_receive_skb", Stage.DEVICE, "received by the network stack"),
    NAPI_GRO_RECEIVE(8, "napi_gro_receive_entry", Stage.DRIVER, "arrived at a device, before GRO"),
    NAPI_GRO_FRAGS(9, "napi_gro_frags_entry", Stage.DRIVER, "arrived at a device, before GRO"),
    CONSUME_SKB(10, "consume_skb", Stage.SOCKET, "freed after it was used"),
    KFREE_SKB(11, "kfree_skb", Stage.DROP, "dropped"),
    SKB_COPY_DATAGRAM(12, "skb_copy_datagram_iovec", Stage.USER, "copied to a process"),
    SK_DATA_READY(13, "sk_data_ready", Stage.SOCKET, "put into the receive queue of a socket"),
    SOCK_RECV_LENGTH(14, "sock_recv_length", Stage.USER, "received by a process"),
    TCP_PROBE(15, "tcp_probe", Stage.TRANSPORT, "processed by a TCP connection"),
    INET_SOCK_SET_STATE(16, "inet_sock_set_state", Stage.TRANSPORT, "taken by TCP, which changed its state"),
    TCP_BAD_CSUM(17, "tcp_bad_csum", Stage.TRANSPORT, "found to have a bad TCP checksum"),
    TCP_SEND_RESET(18, "tcp_send_reset", Stage.TRANSPORT, "answered with a TCP reset"),
    ICMP_SEND(19, "icmp_send", Stage.IP, "answered with an ICMP error"),
    UDP_FAIL_QUEUE(20, "udp_fail_queue_rcv_skb", Stage.SOCKET, "refused by the queue of a UDP socket"),
    SOCK_RCVQUEUE_FULL(21, "sock_rcvqueue_full", Stage.SOCKET, "found the receive buffer full"),
    SKB_CONSUME_UDP(22, "skb_consume_udp", Stage.USER, "received by a process", Family.LINEAGE),
    TCP_TRANSMIT(23, "__tcp_transmit_skb", Stage.TRANSPORT, "sent by a TCP connection", Family.LINEAGE),
    TCP_DO_RCV(24, "tcp_do_rcv", Stage.TRANSPORT, "taken by a TCP socket", Family.LINEAGE),
    FRAG_QUEUE_INSERT(
            25, "inet_frag_queue_insert", Stage.IP, "put aside until the other fragments come", Family.LINEAGE),
    FRAG_REASM_FINISH(26, "inet_frag_reasm_finish", Stage.IP, "reassembled from its fragments", Family.LINEAGE),
    IP_LOCAL_OUT(27, "__ip_local_out", Stage.IP, "sent by IPv4 of this host", Family.LINEAGE),
    IP6_LOCAL_OUT(28, "__ip6_local_out", Stage.IP, "sent by IPv6 of this host", Family.LINEAGE),
    SKB_SPLICE(29, "skb_splice_bits", Stage.USER, "moved to a pipe by a process", Family.LINEAGE),
    UDP_ENQUEUE(
            30, "__udp_enqueue_schedule_skb", Stage.SOCKET, "offered to the receive queue of a socket", Family.LINEAGE),
    SOCK_SEND_LENGTH(31, "sock_send_length", Stage.USER, "sent by a process"),
    SOCKMAP_REDIRECT(
            32,
            "sk_psock_verdict_apply",
            Stage.TRANSPORT,
            "given to another socket by a BPF program (sockmap redirect)",
            Family.LINEAGE),
    SOCKMAP_SEND(33, "skb_send_sock", Stage.TRANSPORT, "sent on by another socket (sockmap redirect)", Family.LINEAGE),
    NFQUEUE_ENQUEUE(
            34,
            "nfqnl_enqueue_packet",
            Stage.NETFILTER,
            "handed to an nfnetlink queue, to wait for a process's verdict",
            Family.LINEAGE),
    NFQUEUE_VERDICT(35, "nfqnl_reinject", Stage.USER, "given back by an nfnetlink queue", Family.LINEAGE),
    XSK_RCV(36, "__xsk_rcv", Stage.XDP, "handed to an AF_XDP socket", Family.LINEAGE),
    XSK_XMIT(37, "xsk_build_skb", Stage.XDP, "sent by an AF_XDP socket, straight to the driver", Family.LINEAGE);

    private static final Hook[] BY_ID = new Hook[64];

    static {
        for (Hook hook : values()) {
            BY_ID[hook.id] = hook;
        }
    }

    private final int id;
    private final String kernelName;
    private final Stage stage;
    private final String meaning;
    private final Family family;

    Hook(int id, String kernelName, Stage stage, String meaning) {
        this(id, kernelName, stage, meaning, Family.STAGES);
    }

    Hook(int id, String kernelName, Stage stage, String meaning, Family family) {
        this.family = family;
        this.id = id;
        this.kernelName = kernelName;
        this.stage = stage;
        this.meaning = meaning;
    }

    /** The number in the event ABI, 1 to 63. */
    public int id() {
        return id;
    }

    public Family family() {
        return family;
    }

    /** The name of the tracepoint or function, as the kernel spells it. */
    public String kernelName() {
        return kernelName;
    }

    public Stage stage() {
        return stage;
    }

    /** What happened to the packet there: completes the sentence "it was …". */
    public String meaning() {
        return meaning;
    }

    /** The hooks of a family, in order of their numbers. */
    public static List<Hook> of(Family family) {
        return Arrays.stream(values()).filter(hook -> hook.family == family).toList();
    }

    /** The hook with this number; empty for one that a newer probe wrote. */
    public static Optional<Hook> byId(int id) {
        return id > 0 && id < BY_ID.length ? Optional.ofNullable(BY_ID[id]) : Optional.empty();
    }
}
