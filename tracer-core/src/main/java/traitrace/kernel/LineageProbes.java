package traitrace.kernel;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import traitrace.kernel.Probe.Kind;
import traitrace.kernel.Probe.Need;

/**
 * The programs of {@code probes/lineage.bpf.c}: the functions of the kernel that make, copy, merge and free skbs.
 *
 * <p>Which functions these are was read in Linux 6.1, 6.12 and 7.2 (net/core/skbuff.c, gro.c, inet_fragment.c,
 * ip_output.c) and tried there.
 */
final class LineageProbes {
    private static final List<Probe> PROCESSES = processes();

    static final List<Probe> ALL = all();

    /** The targets of those that tell what processes got and gave, and do nothing else. */
    static final Set<String> USER_SPACE = PROCESSES.stream().map(Probe::target).collect(Collectors.toUnmodifiableSet());

    private LineageProbes() {}

    private static List<Probe> all() {
        List<Probe> probes = new ArrayList<>();
        births(probes);
        deaths(probes);
        edges(probes);
        rest(probes);
        probes.addAll(PROCESSES);
        return List.copyOf(probes);
    }

    /** An address that is born again is another skb: without all of these, no entry at an address can be believed. */
    private static void births(List<Probe> to) {
        String cost = "skbs made there are not seen to be new";
        to.add(birth(Kind.FEXIT, "__alloc_skb", Need.ALWAYS, cost));
        to.add(birth(Kind.FEXIT, "skb_clone", Need.ALWAYS, "clones are not proved"));
        to.add(birth(
                Kind.FENTRY, "napi_reuse_skb", Need.ALWAYS, "skbs that a driver uses again are not seen to be new"));
        to.add(birth(Kind.FENTRY, "skb_morph", Need.ALWAYS, "skbs reassembled in place keep the id of a fragment"));
        // Static: a compiler may inline it into some of its callers (7.2: build_skb_around, napi_alloc_skb), all of
        // which are exported. So each that this kernel has is needed, whether or not it calls the one before it there.
        to.add(new Probe(
                Kind.FENTRY,
                "__build_skb_around",
                Probe.VMLINUX,
                Need.ALWAYS,
                true,
                List.of("__build_skb", "build_skb"),
                cost));
        for (String exported :
                List.of("build_skb_around", "napi_build_skb", "napi_alloc_skb", "__napi_alloc_skb", "slab_build_skb")) {
            to.add(birth(Kind.FEXIT, exported, Need.WHERE_IT_EXISTS, cost));
        }
    }

    private static Probe birth(Kind kind, String function, Need need, String cost) {
        return new Probe(kind, function, Probe.VMLINUX, need, true, List.of(), cost);
    }

    private static void deaths(List<Probe> to) {
        to.add(new Probe(
                Kind.FENTRY,
                "kfree_skbmem",
                Probe.VMLINUX,
                Need.ALWAYS,
                true,
                List.of(),
                "most skbs are not seen to end, and tables fill up"));
        // Static: inlined in 6.1, where the next two see what it would.
        to.add(death("napi_skb_cache_put", List.of("__kfree_skb_defer", "napi_skb_free_stolen_head")));
        to.add(death("__kfree_skb_defer", List.of("napi_skb_cache_put")));
        to.add(death("napi_skb_free_stolen_head", List.of("napi_skb_cache_put")));
        to.add(death("kfree_skb_partial", List.of()));
    }

    private static Probe death(String function, List<String> fallback) {
        return new Probe(
                Kind.FENTRY,
                function,
                Probe.VMLINUX,
                Need.DETAIL,
                true,
                fallback,
                "skbs that " + function + " frees are not seen to end");
    }

    private static void edges(List<Probe> to) {
        to.add(new Probe(
                Kind.FENTRY,
                "__copy_skb_header",
                Probe.VMLINUX,
                Need.ALWAYS,
                true,
                List.of(),
                "copies and segments are not proved"));
        to.add(edge(Kind.FENTRY, "skb_clone", "a clone is taken for the skb before it whose end was missed"));
        to.add(edge(Kind.FENTRY, "ip_copy_metadata", "IPv4 fragments are matched by their bytes"));
        to.add(edge(Kind.FENTRY, "ip6_copy_metadata", "IPv6 fragments are matched by their bytes"));
        to.add(edge(Kind.FEXIT, "skb_gro_receive", "what GRO merges is not proved"));
        to.add(edge(Kind.FEXIT, "skb_gro_receive_list", "what GRO puts into lists is not proved"));
        to.add(edge(Kind.FEXIT, "skb_try_coalesce", "what TCP merges in its receive queue is not proved"));
        to.add(edge(Kind.FEXIT, "inet_frag_queue_insert", "which fragments were reassembled is matched"));
        to.add(edge(Kind.FEXIT, "inet_frag_reasm_finish", "what was made of fragments is matched"));
    }

    private static Probe edge(Kind kind, String function, String cost) {
        return new Probe(kind, function, Probe.VMLINUX, Need.DETAIL, true, List.of(), cost);
    }

    private static void rest(List<Probe> to) {
        to.add(edge(Kind.FEXIT, "__xdp_build_skb_from_frame", "packets that XDP redirects are new packets"));
        to.add(edge(Kind.FEXIT, "xdpf_clone", "what XDP sends to several devices is a new packet at each"));
        to.add(new Probe(
                Kind.FENTRY,
                "veth_xdp_rcv_skb",
                "veth",
                Need.DETAIL,
                true,
                List.of(),
                "packets that XDP on a veth sends on are new packets"));
        to.add(edge(Kind.FENTRY, "xdp_do_generic_redirect", "what generic XDP hands to AF_XDP sockets ends there"));
        to.add(edge(Kind.FEXIT, "__xsk_rcv", "what AF_XDP sockets receive is not seen to be delivered"));
        to.add(edge(Kind.FEXIT, "skb_store_bits", "what AF_XDP sockets send is first seen where it arrives"));
        to.add(edge(Kind.FENTRY, "__tcp_transmit_skb", "retransmissions are matched by their bytes"));
        to.add(edge(Kind.FENTRY, "tcp_v4_do_rcv", "what TCP over IPv4 accepts is matched by sequence numbers"));
        to.add(edge(Kind.FENTRY, "tcp_v6_do_rcv", "what TCP over IPv6 accepts is matched by sequence numbers"));
        to.add(edge(Kind.FEXIT, "skb_splice_bits", "what is spliced out of TCP sockets is not seen to be received"));
        sockmaps(to);
        to.add(edge(
                Kind.FENTRY,
                "__udp_enqueue_schedule_skb",
                "that a datagram waits in the queue of a socket is not seen"));
        to.add(edge(Kind.FENTRY, "__ip_local_out", "IPv4 packets of this host are first seen at a device"));
        to.add(edge(Kind.FENTRY, "__ip6_local_out", "IPv6 packets of this host are first seen at a device"));
        queues(to);
        // The stages family leaves it to this one to tell which datagram was received.
        to.add(new Probe(
                Kind.FENTRY,
                "skb_consume_udp",
                Probe.VMLINUX,
                Need.ALWAYS,
                true,
                List.of(),
                "which datagram a process received is matched"));
    }

    /** Packets that wait for a process's verdict; net/netfilter/nfnetlink_queue.c. */
    private static void queues(List<Probe> to) {
        to.add(queue(Kind.FENTRY, "nfqnl_enqueue_packet", "that a packet waits for a process's verdict is not seen"));
        to.add(queue(Kind.FEXIT, "nfqnl_enqueue_packet", "why an nfnetlink queue refuses a packet is not seen"));
        to.add(queue(Kind.FENTRY, "nfqnl_reinject", "the verdict of a process on a packet is not seen"));
        to.add(queue(Kind.FENTRY, "nfqnl_recv_verdict", "that a process gave a verdict, and other bytes, is not seen"));
        to.add(queue(Kind.FENTRY, "nfqnl_recv_verdict_batch", "that a process gave a verdict on several is not seen"));
    }

    private static Probe queue(Kind kind, String function, String cost) {
        return new Probe(kind, function, "nfnetlink_queue", Need.DETAIL, true, List.of(), cost);
    }

    /** net/core/skmsg.c, skbuff.c */
    private static void sockmaps(List<Probe> to) {
        to.add(edge(Kind.FENTRY, "sk_psock_verdict_apply", "that a sockmap redirected a packet is not told"));
        to.add(edge(Kind.FENTRY, "skb_send_sock", "what a sockmap has another socket send is taken for a guess"));
        to.add(edge(Kind.FEXIT, "skb_send_sock", "what a sockmap has another socket send has no cause"));
    }

    /**
     * What processes got and gave; net/ipv4/af_inet.c, tcp.c, net/ipv6/af_inet6.c, net/packet/af_packet.c, net/core/skmsg.c,
     * net/xdp/xsk.c.
     */
    private static List<Probe> processes() {
        List<Probe> to = new ArrayList<>();
        to.add(edge(Kind.FEXIT, "inet_recvmsg", "what processes receive over IPv4 is not followed further"));
        to.add(edge(Kind.FEXIT, "inet6_recvmsg", "what processes receive over IPv6 is not followed further"));
        to.add(edge(Kind.FEXIT, "packet_recvmsg", "what processes receive at packet sockets is not followed further"));
        to.add(edge(Kind.FEXIT, "inet_sendmsg", "what processes send over IPv4 has no cause"));
        to.add(edge(Kind.FEXIT, "inet6_sendmsg", "what processes send over IPv6 has no cause"));
        to.add(edge(Kind.FEXIT, "packet_sendmsg", "what processes send by packet sockets has no cause"));
        to.add(edge(
                Kind.FEXIT,
                "tcp_sendmsg_locked",
                "where in a TCP stream a process's bytes are is wrong if two threads send at once"));
        // Before Linux 6.5; later ones call sendmsg.
        to.add(edge(Kind.FEXIT, "inet_sendpage", "what is spliced into TCP sockets has no cause"));
        to.add(edge(
                Kind.FENTRY,
                "__sk_msg_recvmsg",
                "what a sockmap has the reader of another socket read is not seen to be received"));
        to.add(edge(Kind.FEXIT, "tcp_splice_read", "what is spliced out of TCP sockets is not followed further"));
        to.add(edge(
                Kind.FENTRY, "xsk_bind", "which process has an AF_XDP socket is not known before it waits or sends"));
        to.add(edge(Kind.FENTRY, "xsk_poll", "which process has an AF_XDP socket is not known before it sends"));
        return List.copyOf(to);
    }
}
