package traitrace.export;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import traitrace.event.Family;
import traitrace.event.Headers;
import traitrace.event.Hook;
import traitrace.event.Layer;
import traitrace.event.Transfer;
import traitrace.lineage.Edge;
import traitrace.lineage.EdgeKind;
import traitrace.lineage.Evidence;
import traitrace.names.Names;
import traitrace.timeline.Change;
import traitrace.timeline.Hop;
import traitrace.timeline.Timeline;
import traitrace.timeline.UserCall;
import traitrace.timeline.Verdict;

/** Packets made up by hand: each is one of the things that a user comes to see. */
final class Stories {
    /** 2026-03-01T14:02:11Z, less the 5,000 s that the host has been up in every story. */
    static final CaptureInfo INFO = new CaptureInfo(
            "0.1.0",
            "6.18.2",
            1_772_373_731_000_000_000L - 5_000_000_000_000L,
            "tcp port 80",
            Set.of(Family.STAGES),
            Map.of());

    /** NF_ACCEPT, and a process said so. */
    private static final long ACCEPTED = 1L << 32 | 1;

    private static final long START = 5_000_000_123_456_789L / 1000;

    static final Names NAMES = new Names() {
        @Override
        public String netns(long inode) {
            return inode == 1 ? "host" : "net:[" + inode + "]";
        }

        @Override
        public String device(long netns, int ifindex) {
            return ifindex == 2 ? "eth0" : "";
        }

        @Override
        public boolean physical(long netns, int ifindex) {
            return ifindex == 2;
        }

        @Override
        public String process(int pid) {
            return pid == 812 ? "nginx" : "";
        }

        @Override
        public String dropReason(int reason) {
            return reason == 8 ? "SKB_DROP_REASON_NETFILTER_DROP" : "SKB_DROP_REASON_" + reason;
        }

        @Override
        public String symbol(long address) {
            return address == 0xffffffff81234567L ? "nf_hook_slow+0xb3" : "";
        }
    };

    private final List<Hop> hops = new ArrayList<>();
    private final List<Edge> edges = new ArrayList<>();
    private final List<Long> candidates = new ArrayList<>();
    private String container = "";
    private long now = START;
    private long skb = 0xa3f21;
    private long netns = 1;
    private String netnsName = "host";
    private int ifindex;
    private String device = "";
    private int pid;
    private String process = "";
    private Headers headers = tcp("10.0.1.2", 51234, "10.0.2.3", 80);
    private int missing;
    private boolean tap;

    static Headers tcp(String from, int sourcePort, String to, int destinationPort) {
        return new Headers(
                List.of(
                        new Layer.Ipv4(ip(from), ip(to), 6, 60, 1, 64, 0, true, false, 0, 0),
                        new Layer.Tcp(sourcePort, destinationPort, 1, 0, 2, 1000, 40, 0)),
                false,
                0,
                0,
                -1,
                0,
                0);
    }

    private static byte[] ip(String dotted) {
        byte[] bytes = new byte[4];
        String[] parts = dotted.split("\\.");
        for (int i = 0; i < 4; i++) {
            bytes[i] = (byte) Integer.parseInt(parts[i]);
        }
        return bytes;
    }

    /** What the renderer is given in place of the real describer of headers. */
    static String tuple(Headers headers) {
        FlowFields f = FlowFields.innermost(headers);
        return f.source() == null
                ? ""
                : f.source() + ":" + f.sourcePort() + " > " + f.destination() + ":" + f.destinationPort() + " "
                        + f.protocol();
    }

    private Stories in(long inode, String name) {
        netns = inode;
        netnsName = name;
        return this;
    }

    private Stories at(int index, String name) {
        ifindex = index;
        device = name;
        return this;
    }

    private Stories by(int id, String name) {
        pid = id;
        process = name;
        return this;
    }

    private Stories skb(long id) {
        skb = id;
        return this;
    }

    private Stories tap(boolean on) {
        tap = on;
        return this;
    }

    private Stories lose(int events) {
        missing = events;
        return this;
    }

    private Stories hop(long afterNs, Hook hook, Change... changes) {
        return hop(afterNs, hook, "", changes);
    }

    private Stories hop(long afterNs, Hook hook, String detail, Change... changes) {
        now += afterNs;
        long own = skb;
        int counter = (int) hops.stream().filter(h -> h.skbId() == own).count();
        hops.add(new Hop(
                now,
                skb,
                counter,
                missing,
                hook,
                1,
                netns,
                netnsName,
                ifindex,
                device,
                60,
                0,
                pid,
                process,
                0x0800,
                0,
                detail,
                tap,
                headers,
                List.of(changes),
                UserCall.NONE));
        missing = 0;
        return this;
    }

    /** A call of the process got or gave the bytes. */
    private Stories called(long afterNs, Hook hook, int fd, long bytes) {
        now += afterNs;
        boolean sent = hook == Hook.SOCK_SEND_LENGTH;
        hops.add(new Hop(
                now,
                skb,
                -1,
                0,
                hook,
                1,
                netns,
                netnsName,
                sent ? 0 : ifindex,
                sent ? "" : device,
                bytes,
                0,
                pid,
                process,
                0x0800,
                0,
                bytes + " B",
                false,
                headers,
                List.of(),
                new UserCall(pid, fd, sent ? Transfer.Call.SENDMSG : Transfer.Call.RECVFROM, false, container)));
        return this;
    }

    /** The process gave its verdict on the packet, which waited in a queue. */
    private Stories decided(long afterNs, String detail, Change... changes) {
        now += afterNs;
        hops.add(new Hop(
                now,
                skb,
                hops.size(),
                0,
                Hook.NFQUEUE_VERDICT,
                1,
                netns,
                netnsName,
                ifindex,
                device,
                60,
                0,
                pid,
                process,
                0x0800,
                ACCEPTED,
                detail,
                false,
                headers,
                List.of(changes),
                UserCall.none(container)));
        return this;
    }

    private Stories emit(
            long afterNs, long parent, long child, Evidence evidence, String why, long parentPacket, long childPacket) {
        edges.add(new Edge(
                now + afterNs, parent, child, EdgeKind.EMIT, evidence, why, Edge.NO_OFFSET, parentPacket, childPacket));
        return this;
    }

    private Stories candidates(Long... packets) {
        candidates.addAll(List.of(packets));
        return this;
    }

    private Stories in(String id) {
        container = id;
        return this;
    }

    private Stories edge(long parent, long child, EdgeKind kind, Evidence evidence, String why) {
        edges.add(new Edge(now, parent, child, kind, evidence, why));
        return this;
    }

    private Timeline end(Verdict verdict, String text, String advice) {
        return new Timeline(0xa3f21, hops, edges, verdict, text, advice, candidates);
    }

    private static Change was(String field, String before, String after) {
        return new Change(field, before, after);
    }

    /** Client to service address, translated, through a VXLAN to a server. */
    static Timeline natAndVxlan() {
        return new Stories()
                .in(3, "client")
                .at(2, "eth0")
                .by(700, "curl")
                .hop(0, Hook.NET_DEV_QUEUE)
                .hop(800, Hook.NET_DEV_START_XMIT)
                .by(0, "")
                .in(1, "host")
                .at(7, "veth-client")
                .hop(900, Hook.NETIF_RX, was("netns", "client", "host"), was("dev", "eth0", "veth-client"))
                .hop(2_100, Hook.NETIF_RECEIVE_SKB)
                .at(9, "vxlan42")
                .hop(
                        18_700,
                        Hook.NET_DEV_QUEUE,
                        was("dev", "veth-client", "vxlan42"),
                        was("dst", "10.0.2.3:80", "10.244.1.7:8080"),
                        was("ttl", "64", "63"),
                        was("mark", "", "0x4000"))
                .hop(400, Hook.NET_DEV_START_XMIT)
                .at(4, "eth1")
                .hop(5_200, Hook.NET_DEV_QUEUE, was("encapsulation", "", "vxlan 42 192.168.0.1 > 192.168.0.2"))
                .hop(100, Hook.QDISC_ENQUEUE)
                .hop(1_240_000, Hook.QDISC_DEQUEUE)
                .hop(300, Hook.NET_DEV_START_XMIT)
                .in(5, "server")
                .at(2, "eth0")
                .hop(
                        4_000,
                        Hook.NETIF_RECEIVE_SKB,
                        was("netns", "host", "server"),
                        was("encapsulation", "vxlan 42 192.168.0.1 > 192.168.0.2", ""))
                .hop(9_000, Hook.SK_DATA_READY)
                .by(812, "nginx")
                .hop(31_000, Hook.SKB_COPY_DATAGRAM)
                .hop(500, Hook.SOCK_RECV_LENGTH)
                .hop(200, Hook.CONSUME_SKB)
                .end(new Verdict.Delivered(812), "process nginx[812] received it", "");
    }

    static Timeline dropped() {
        return new Stories()
                .in(3, "client")
                .at(2, "eth0")
                .hop(0, Hook.NET_DEV_QUEUE)
                .hop(800, Hook.NET_DEV_START_XMIT)
                .in(1, "host")
                .at(7, "veth-client")
                .hop(900, Hook.NETIF_RX)
                .hop(2_100, Hook.NETIF_RECEIVE_SKB)
                .hop(6_400, Hook.KFREE_SKB, "NETFILTER_DROP in nf_hook_slow+0xb3")
                .end(
                        new Verdict.Dropped(8, 0xffffffff81234567L),
                        "A netfilter rule, of nftables or iptables, in the namespace host decided to drop the packet.",
                        "nft list ruleset | grep -n drop");
    }

    /** A bridge that floods to three ports; a packet socket sees one of them. */
    static Timeline flooded() {
        Stories s = new Stories()
                .at(7, "veth1")
                .hop(0, Hook.NETIF_RECEIVE_SKB)
                .edge(0xa3f21, 0xa3f22, EdgeKind.CLONE, Evidence.PROVED, "by br_flood")
                .skb(0xa3f22)
                .at(8, "veth2")
                .hop(3_000, Hook.NET_DEV_QUEUE)
                .hop(400, Hook.NET_DEV_START_XMIT)
                .edge(0xa3f21, 0xa3f23, EdgeKind.CLONE, Evidence.MATCHED, "same data head")
                .skb(0xa3f23)
                .at(9, "veth3")
                .hop(700, Hook.NET_DEV_QUEUE)
                .hop(400, Hook.NET_DEV_START_XMIT);
        s.edge(0xa3f23, 0xa3f24, EdgeKind.CLONE, Evidence.PROVED, "by br_flood");
        return s.skb(0xa3f24)
                .tap(true)
                .hop(100, Hook.NETIF_RECEIVE_SKB)
                .tap(false)
                .skb(0xa3f21)
                .at(2, "eth0")
                .hop(900, Hook.NET_DEV_QUEUE)
                .hop(200, Hook.NET_DEV_START_XMIT)
                .end(new Verdict.Transmitted(1, 2), "left by eth0", "");
    }

    static Timeline withLossAndGuess() {
        return new Stories()
                .in(3, "client")
                .at(2, "eth0")
                .hop(0, Hook.NET_DEV_QUEUE)
                .in(1, "host")
                .at(7, "veth-client")
                .lose(3)
                .hop(12_000, Hook.NETIF_RECEIVE_SKB)
                .lose(1)
                .hop(4_000, Hook.SK_DATA_READY)
                .by(900, "haproxy")
                .called(20_000, Hook.SOCK_RECV_LENGTH, 9, 517)
                .emit(52_000, 0xa3f21, 0xb0001, Evidence.GUESSED, "thread", 0xa3f21, 0xb0001)
                .end(new Verdict.Delivered(900), "delivered to haproxy[900]", "");
    }

    /** What a proxy received goes on as another skb, in the same packet; a part of it went elsewhere. */
    static Timeline passedOn() {
        return new Stories()
                .in(3, "client")
                .at(2, "eth0")
                .by(700, "curl")
                .hop(0, Hook.NET_DEV_QUEUE)
                .hop(800, Hook.NET_DEV_START_XMIT)
                .by(0, "")
                .in(1, "host")
                .at(7, "veth-client")
                .hop(900, Hook.NETIF_RECEIVE_SKB)
                .by(812, "nginx")
                .in("3f2a9c81d0b4")
                .hop(31_000, Hook.SKB_COPY_DATAGRAM)
                .called(500, Hook.SOCK_RECV_LENGTH, 9, 517)
                .skb(0xb0001)
                .headers(tcp("10.0.2.3", 41000, "10.9.9.9", 8080))
                .at(8, "veth-server")
                .hop(8_000, Hook.NET_DEV_QUEUE, was("dst", "10.0.2.3:80", "10.9.9.9:8080"))
                .hop(400, Hook.NET_DEV_START_XMIT)
                .called(700, Hook.SOCK_SEND_LENGTH, 12, 517)
                .emit(0, 0xa3f21, 0xb0001, Evidence.MATCHED, "bytes", 0, 0)
                .emit(100, 0xa3f21, 0xb0002, Evidence.MATCHED, "memory", 0xa3f21, 0xc0001)
                .by(0, "")
                .in(5, "server")
                .at(2, "eth0")
                .hop(4_000, Hook.NETIF_RECEIVE_SKB, was("netns", "host", "server"))
                .by(950, "python3")
                .called(31_000, Hook.SOCK_RECV_LENGTH, 5, 517)
                .end(new Verdict.Delivered(950), "process python3[950] received it", "");
    }

    /** A router asks a program in a container about it, which gives back other bytes. */
    static Timeline queuedForAVerdict() {
        return new Stories()
                .at(7, "lan")
                .hop(0, Hook.NETIF_RECEIVE_SKB)
                .hop(9_000, Hook.NFQUEUE_ENQUEUE, "queue 3")
                .by(812, "suricata")
                .in("3f2a9c41d0be")
                .decided(3_200_000, "queue 3: accepted after 3.20 ms, payload replaced", was("mark", "", "0x1"))
                .at(8, "wan")
                .hop(6_000, Hook.NET_DEV_QUEUE, was("dev", "lan", "wan"), was("ttl", "64", "63"))
                .hop(400, Hook.NET_DEV_START_XMIT)
                .end(new Verdict.Transmitted(1, 2), "left by eth0", "");
    }

    /** The kernel had another socket send it, by a map of sockets. */
    static Timeline redirected() {
        return new Stories()
                .in(1, "host")
                .at(7, "veth-client")
                .hop(0, Hook.NETIF_RECEIVE_SKB)
                .hop(3_000, Hook.TCP_DO_RCV, "seq 1000, 517 B")
                .hop(2_000, Hook.SOCKMAP_REDIRECT, "to be sent")
                .by(77, "kworker/1:2")
                .hop(21_000, Hook.SOCKMAP_SEND, "517 B")
                .skb(0xb0001)
                .headers(tcp("10.0.2.3", 41000, "10.9.9.9", 8080))
                .at(8, "veth-server")
                .hop(8_000, Hook.NET_DEV_QUEUE, was("dst", "10.0.2.3:80", "10.9.9.9:8080"))
                .hop(400, Hook.NET_DEV_START_XMIT)
                .emit(700, 0xa3f21, 0xb0001, Evidence.PROVED, "sockmap", 0, 0)
                .by(0, "")
                .in(5, "server")
                .at(2, "eth0")
                .hop(4_000, Hook.NETIF_RECEIVE_SKB, was("netns", "host", "server"))
                .by(950, "python3")
                .called(31_000, Hook.SOCK_RECV_LENGTH, 5, 517)
                .end(new Verdict.Delivered(950), "process python3[950] received it", "");
    }

    /** A proxy sent it because of one of two packets, or of a third. */
    static Timeline becauseOfOneOfSeveral() {
        return new Stories()
                .at(8, "veth-server")
                .by(812, "nginx")
                .emit(0, 0xb0001, 0xa3f21, Evidence.GUESSED, "pair", 0xb0001, 0xa3f21)
                .hop(0, Hook.NET_DEV_QUEUE)
                .called(700, Hook.SOCK_SEND_LENGTH, 12, 90)
                .candidates(0xc0001L, 0xc0002L)
                .end(new Verdict.LostSight("events were lost"), "The last events of the packet were lost.", "");
    }

    /**
     * A segment with the lineage family: it is lost, sent again from TCP's queue, and at the server five others are
     * merged into it by GRO and a sixth in the receive queue.
     */
    static Timeline sentAgain() {
        long queue = 0xa3f21;
        long first = 0xa3f22;
        long again = 0xa3f23;
        Stories s = new Stories().in(3, "client").by(700, "curl").headers(Headers.NONE);
        s.hop(0, Hook.TCP_TRANSMIT, "seq 1000, 1448 B")
                .headers(tcp("10.0.1.2", 51234, "10.0.2.3", 80))
                .skb(first)
                .edge(queue, first, EdgeKind.CLONE, Evidence.PROVED, "by __tcp_transmit_skb")
                .at(2, "eth0")
                .hop(2_000, Hook.NET_DEV_QUEUE)
                .edge(first, first, EdgeKind.EXPAND_HEAD, Evidence.PROVED, "shares its data")
                .hop(300, Hook.NET_DEV_START_XMIT)
                .hop(700, Hook.KFREE_SKB, "NETFILTER_DROP in nf_hook_slow+0xb3")
                .skb(queue)
                .by(0, "")
                .at(0, "")
                .headers(Headers.NONE)
                .hop(204_000_000, Hook.TCP_TRANSMIT, "seq 1000, 1448 B")
                .headers(tcp("10.0.1.2", 51234, "10.0.2.3", 80))
                .skb(again)
                .edge(queue, again, EdgeKind.RETRANSMIT, Evidence.PROVED, "by __tcp_transmit_skb")
                .at(2, "eth0")
                .hop(2_000, Hook.NET_DEV_QUEUE)
                .hop(300, Hook.NET_DEV_START_XMIT)
                .in(5, "server")
                .hop(900, Hook.NAPI_GRO_RECEIVE);
        for (int i = 1; i <= 5; i++) {
            s.coalesced(0xb0000 + i, again, 1448L * i, "by skb_gro_receive");
        }
        return s.hop(2_100, Hook.NETIF_RECEIVE_SKB, was("gso", "", "2 x 1448"))
                .hop(3_000, Hook.TCP_DO_RCV, "seq 1000, 8688 B")
                .coalesced(0xb0006, again, 8688, "by tcp_queue_rcv")
                .by(812, "nginx")
                .hop(31_000, Hook.SKB_COPY_DATAGRAM, "8688 B")
                .end(new Verdict.Delivered(812), "process nginx[812] received it", "");
    }

    private Stories coalesced(long parent, long child, long offset, String why) {
        edges.add(new Edge(now, parent, child, EdgeKind.COALESCE, Evidence.PROVED, why, offset));
        return this;
    }

    private Stories headers(Headers now) {
        headers = now;
        return this;
    }

    /** Names that somebody chose in order to harm the reader's terminal or the layout. */
    static Timeline hostile() {
        return new Stories()
                .in(77, "\u001b[2J\u0007pod-with-a-very-long-name-0123456789")
                .at(2, "eth\u0000\u009b0-and-more-than-fits")
                .by(4_194_304, "\u001b]0;x\u0007process-name")
                .hop(0, Hook.SOCK_RECV_LENGTH, was("vlan", "\n100", "\r200"))
                .hop(Long.MAX_VALUE / 2, Hook.KFREE_SKB, "detail \u00e9\u4e2d")
                .end(new Verdict.Dropped(-1, 0), "text with \n a newline and a-very-long-word".repeat(5), "");
    }

    static List<Timeline> all() {
        return List.of(
                natAndVxlan(),
                dropped(),
                flooded(),
                withLossAndGuess(),
                sentAgain(),
                passedOn(),
                redirected(),
                becauseOfOneOfSeveral(),
                queuedForAVerdict(),
                hostile());
    }
}
