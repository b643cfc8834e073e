package traitrace.timeline;

import java.util.List;
import java.util.Set;
import traitrace.event.Layer;
import traitrace.lineage.Edge;
import traitrace.names.Names;

/** What befell one skb of a packet, as its hops and links tell it in order of time. */
final class SkbFate {
    /**
     * Where the kernel frees what it was itself the receiver of (net/ipv4 and net/ipv6, Linux 6.1 to 7.2): then other
     * clones that were dropped, at the ports of a flooding bridge for example, do not matter.
     */
    private static final Set<String> PROTOCOL_ENDS = Set.of(
            "icmp_rcv", "icmpv6_rcv", "arp_process", "arp_rcv", "igmp_rcv", "ndisc_rcv", "tcp_rcv_state_process");

    /** Where a reader frees the datagram that it took (net/ipv4/udp.c). */
    private static final String UDP_READER = "skb_consume_udp";

    /** Frees in batches what sockets have done with, on the CPU that allocated it (net/core/skbuff.c, Linux 6.0 on). */
    private static final String DEFERRED_FREE = "skb_defer_free_flush";

    /** Frees what a map of sockets has had another socket send, when that is done (net/core/skmsg.c). */
    private static final String SENT_ON = "sk_psock_backlog";

    /** They clone what they show to packet sockets (net/core/dev.c, net/packet/af_packet.c). */
    private static final Set<String> TAPS = Set.of(
            Edge.BY + "dev_queue_xmit_nit",
            Edge.BY + "packet_rcv",
            Edge.BY + "tpacket_rcv",
            Edge.BY + "packet_rcv_spkt",
            Edge.BY + "packet_rcv_fanout");

    private static final Verdict BY_TCP = new Verdict.Absorbed("processed by a TCP connection");

    /** An end, and when. */
    record End(long timeNs, Verdict verdict) {
        /** The later of two; each may be null. */
        static End later(End a, End b) {
            return a == null || (b != null && b.timeNs >= a.timeNs) ? b : a;
        }

        /** The earlier of two; each may be null. */
        static End earlier(End a, End b) {
            return a == null || (b != null && b.timeNs < a.timeNs) ? b : a;
        }
    }

    private final Names names;

    /** Came in by a device, and was not sent since. */
    private boolean received;

    private boolean atSocket;
    /** A socket took data of it that a process has not read. */
    private boolean unread;

    private boolean tap;
    private boolean peeked;
    /** It was copied in a call that is not over: what it was before, if that turns out to be for a look only. */
    private boolean copying;

    private End deliveredBefore;

    private boolean endedBefore;
    /** TCP sent clones of it. */
    private boolean inSendQueue;
    /** Was anywhere but in TCP's send queue. */
    private boolean onItsWay;
    /** Its bytes go on in others. */
    private boolean cut;
    /** Its bytes are another's from then on, ns; 0 = they are not. */
    private long mergedNs;

    private boolean ended;
    private boolean answered;

    private End delivered;
    private End taken;
    private End transmitted;
    private End processed;
    private End consumed;
    private End dropped;

    SkbFate(Names names) {
        this.names = names;
    }

    /** Takes a link of which this skb is the child. */
    void madeBy(Edge edge) {
        tap |= TAPS.contains(edge.why());
    }

    /** Takes a link of which this skb is the parent. */
    void made(Edge edge) {
        switch (edge.kind()) {
            case SEGMENT, FRAGMENT, COPY, XDP -> cut = true;
            case COALESCE, REASSEMBLE -> mergedNs = edge.timeNs();
            default -> {
                // A clone has a fate of its own.
            }
        }
    }

    void at(Hop hop) {
        tap |= hop.tap();
        if (tap) {
            return;
        }
        switch (hop.hook()) {
            case KFREE_SKB -> free(hop);
            case CONSUME_SKB -> consume(hop);
            case SOCK_SEND_LENGTH -> {
                // It was made in that call: what came of it is told by its events.
            }
            case SKB_COPY_DATAGRAM, SKB_SPLICE -> {
                if (!copying) {
                    deliveredBefore = delivered;
                    endedBefore = ended;
                    copying = true;
                }
                deliver(hop);
            }
            case SOCK_RECV_LENGTH -> {
                if (!hop.call().peeked()) {
                    deliver(hop);
                } else if (copying) {
                    delivered = deliveredBefore;
                    ended = endedBefore;
                }
                copying = false;
            }
            case TCP_TRANSMIT -> inSendQueue = true;
            default -> {
                onItsWay = true;
                if (merged() && hop.timeNs() > mergedNs) {
                    // What was coalesced or reassembled was taken apart again.
                    mergedNs = 0;
                    ended = false;
                }
                pass(hop);
            }
        }
    }

    private void deliver(Hop hop) {
        delivered = new End(hop.timeNs(), new Verdict.Delivered(hop.pid()));
        ended = true;
    }

    private void pass(Hop hop) {
        switch (hop.hook()) {
            case NETIF_RECEIVE_SKB, NETIF_RX, NAPI_GRO_RECEIVE, NAPI_GRO_FRAGS -> received = true;
            case NET_DEV_QUEUE -> received = false;
            case NET_DEV_START_XMIT -> {
                if (names.physical(hop.netns(), hop.ifindex())) {
                    transmitted = new End(hop.timeNs(), new Verdict.Transmitted(hop.netns(), hop.ifindex()));
                    ended = true;
                }
            }
            case SK_DATA_READY, UDP_ENQUEUE -> atSocket = true;
            case XSK_RCV -> {
                atSocket = true;
                if (hop.arg() != 0) {
                    // A frame's skb ended before.
                    dropped = new End(hop.timeNs(), new Verdict.Dropped((int) (hop.arg() >>> 32), 0));
                    ended = true;
                }
            }
            case XSK_XMIT -> {
                received = false;
                if (names.physical(hop.netns(), hop.ifindex())) {
                    transmitted = new End(hop.timeNs(), new Verdict.Transmitted(hop.netns(), hop.ifindex()));
                    ended = true;
                }
            }
            case TCP_PROBE, INET_SOCK_SET_STATE -> process(hop);
            case TCP_DO_RCV -> {
                process(hop);
                unread = !emptyTcpSegment(hop);
            }
            case SKB_CONSUME_UDP -> {
                if ((int) hop.arg() < 0) {
                    peeked = true;
                } else {
                    taken = new End(hop.timeNs(), new Verdict.Delivered(hop.pid()));
                    ended = true;
                }
            }
            default -> {
                // On its way.
            }
        }
    }

    private void process(Hop hop) {
        atSocket = true;
        processed = new End(hop.timeNs(), BY_TCP);
    }

    private void free(Hop hop) {
        // TCP had taken it: what a closing socket purges of it is only the memory.
        boolean memory = atSocket && emptyTcpSegment(hop);
        // Linux 6.1 tells a drop of each fragment of a datagram that was used (kfree_skb_list, net/core/skbuff.c).
        boolean member = merged() && hop.timeNs() >= mergedNs;
        if (function(hop).equals(SENT_ON)) {
            processed = new End(hop.timeNs(), new Verdict.Absorbed("sent on by another socket"));
        } else if (!memory && !member && !onlyQueued()) {
            dropped = new End(hop.timeNs(), new Verdict.Dropped((int) (hop.arg() >>> 32), hop.arg() & 0xffffffffL));
        }
        ended = true;
    }

    private void consume(Hop hop) {
        String function = function(hop);
        ended = true;
        answered |= received && PROTOCOL_ENDS.contains(function);
        if (hop.pid() != 0 && received && readsDatagram(hop, function)) {
            delivered = new End(hop.timeNs(), new Verdict.Delivered(hop.pid()));
        } else if (!cut && !merged() && processed == null && !onlyQueued()) {
            consumed = new End(hop.timeNs(), new Verdict.Absorbed(consumer(function)));
        }
    }

    /**
     * Whether the task that frees a datagram is its reader. Linux 6.1 does not say where: but in a task, and not while
     * something is sent, only a reader does.
     */
    private static boolean readsDatagram(Hop hop, String function) {
        boolean unknown = (hop.arg() & 0xffffffffL) == 0;
        return function.equals(UDP_READER) || unknown && isUdp(hop);
    }

    /** A process took it, or bytes of it. A look is none, whatever was copied for it. */
    End delivered() {
        return taken != null || peeked ? taken : delivered;
    }

    End transmitted() {
        return transmitted;
    }

    /** A TCP connection took it, or the kernel used what it had received. */
    End used() {
        return End.later(processed, received ? consumed : null);
    }

    /** Freed after use by who sent it on: less of an end than {@link #used}. */
    End spent() {
        return received ? null : consumed;
    }

    End dropped() {
        return dropped;
    }

    /** The kernel itself was the receiver. */
    boolean answered() {
        return answered;
    }

    /** Reached a socket. */
    boolean atSocket() {
        return atSocket;
    }

    /** Its bytes went on in another skb, and it ended so. */
    boolean merged() {
        return mergedNs != 0;
    }

    /** Something may still happen to it. */
    boolean alive() {
        return !tap && !ended && !merged();
    }

    /** Was never anywhere but in TCP's send queue: what is on its way are its clones. */
    boolean onlyQueued() {
        return inSendQueue && !onItsWay;
    }

    /** A process may still read it. */
    boolean unread() {
        return unread && alive();
    }

    /** The kernel was seen to free it. */
    void freed() {
        ended = true;
    }

    private static boolean isUdp(Hop hop) {
        return hop.headers().layers().stream().anyMatch(Layer.Udp.class::isInstance);
    }

    /** Whether a TCP segment carries no data, as its headers say. */
    static boolean emptyTcpSegment(Hop hop) {
        List<Layer> layers = hop.headers().layers();
        for (int i = layers.size() - 1; i > 0; i--) {
            if (layers.get(i) instanceof Layer.Tcp tcp) {
                return payload(layers.get(i - 1)) <= tcp.headerLength();
            }
        }
        return false;
    }

    /** Bytes that this IP header says are behind it; without a length, more than any. */
    private static int payload(Layer layer) {
        if (layer instanceof Layer.Ipv4 ip) {
            return ip.totalLength() - 20;
        }
        return layer instanceof Layer.Ipv6 ip ? ip.payloadLength() : Integer.MAX_VALUE;
    }

    private static String consumer(String function) {
        if (function.equals(DEFERRED_FREE)) {
            return "used; by whom was not seen, for it was freed later";
        }
        return function.isEmpty() ? "used by the kernel" : "used by the kernel in " + function;
    }

    private String function(Hop hop) {
        String symbol = names.symbol(hop.arg() & 0xffffffffL);
        int offset = symbol.indexOf('+');
        return offset < 0 ? symbol : symbol.substring(0, offset);
    }
}
