package traitrace.timeline;

import com.carrotsearch.hppc.LongHashSet;
import java.util.List;
import java.util.Set;
import traitrace.event.Hook;
import traitrace.event.Layer;
import traitrace.lineage.Edge;
import traitrace.lineage.EdgeKind;
import traitrace.names.Names;

/**
 * How a packet's story ended, concluded from its hops.
 *
 * <p>A packet may live in several skbs, and their ends differ: a flooded bridge drops all clones but one. The best end
 * is the packet's: delivered, then transmitted, then used by the kernel, then dropped.
 */
final class Verdicts {
    /**
     * Where the kernel frees what it was itself the receiver of (net/ipv4 and net/ipv6, Linux 6.1 to 7.2): then other
     * clones that were dropped, at the ports of a flooding bridge for example, do not matter.
     */
    private static final Set<String> PROTOCOL_ENDS = Set.of(
            "icmp_rcv", "icmpv6_rcv", "arp_process", "arp_rcv", "igmp_rcv", "ndisc_rcv", "tcp_rcv_state_process");

    /** Frees in batches what sockets have done with, on the CPU that allocated it (net/core/skbuff.c, Linux 6.0 on). */
    private static final String DEFERRED_FREE = "skb_defer_free_flush";

    private Verdicts() {}

    static Verdict of(List<Hop> hops, LongHashSet gone, List<Edge> edges, Names names) {
        Verdict delivered = null;
        Verdict transmitted = null;
        Verdict absorbed = null;
        Verdict dropped = null;
        boolean answered = false;
        LongHashSet parents = new LongHashSet();
        LongHashSet own = new LongHashSet();
        hops.forEach(hop -> own.add(hop.skbId()));
        Edge merged = null;
        for (Edge edge : edges) {
            if (edge.kind() == EdgeKind.COALESCE) {
                // The packet into which others were merged has the edge, too.
                merged = own.contains(edge.childSkb()) ? merged : edge;
            } else if (edge.kind() == EdgeKind.SEGMENT || edge.kind() == EdgeKind.FRAGMENT) {
                parents.add(edge.parentSkb());
            }
        }
        LongHashSet open = new LongHashSet();
        LongHashSet received = new LongHashSet();
        LongHashSet sockets = new LongHashSet();
        for (Hop hop : hops) {
            long skb = hop.skbId();
            if (hop.tap()) {
                continue;
            }
            open.add(skb);
            switch (hop.hook()) {
                case NETIF_RECEIVE_SKB, NETIF_RX, NAPI_GRO_RECEIVE, NAPI_GRO_FRAGS -> received.add(skb);
                case NET_DEV_QUEUE -> received.remove(skb);
                case NET_DEV_START_XMIT -> {
                    if (names.physical(hop.netns(), hop.ifindex())) {
                        transmitted = new Verdict.Transmitted(hop.netns(), hop.ifindex());
                        open.remove(skb);
                    }
                }
                case SK_DATA_READY -> sockets.add(skb);
                case TCP_PROBE, INET_SOCK_SET_STATE -> {
                    sockets.add(skb);
                    absorbed = new Verdict.Absorbed("processed by a TCP connection");
                }
                case SKB_COPY_DATAGRAM, SOCK_RECV_LENGTH -> {
                    delivered = new Verdict.Delivered(hop.pid());
                    open.remove(skb);
                }
                case KFREE_SKB -> {
                    if (sockets.contains(skb) && emptyTcpSegment(hop)) {
                        // TCP had taken it: what a closing socket purges of it is only the memory.
                        open.remove(skb);
                        continue;
                    }
                    dropped = new Verdict.Dropped((int) (hop.arg() >>> 32), hop.arg() & 0xffffffffL);
                    open.remove(skb);
                }
                case CONSUME_SKB -> {
                    open.remove(skb);
                    boolean taken = sockets.contains(skb) && absorbed != null;
                    answered |= received.contains(skb) && PROTOCOL_ENDS.contains(function(hop, names));
                    if (!parents.contains(skb) && !taken && (received.contains(skb) || absorbed == null)) {
                        absorbed = new Verdict.Absorbed(consumer(hop, names));
                    }
                }
                default -> {
                    // On its way.
                }
            }
        }
        if (delivered != null) {
            return delivered;
        }
        if (transmitted != null) {
            return transmitted;
        }
        if (merged != null) {
            return new Verdict.Absorbed("merged into another packet");
        }
        if (absorbed != null && (dropped == null || answered)) {
            return absorbed;
        }
        if (dropped != null) {
            return dropped;
        }
        Hop end = hops.get(hops.size() - 1);
        if (end.hook() == Hook.NETIF_RECEIVE_SKB && emptyTcpSegment(end)) {
            return new Verdict.LostSight("TCP frees a segment without data where no hook is");
        }
        if (hops.stream().anyMatch(hop -> gone.contains(hop.skbId()))) {
            return sockets.isEmpty()
                    ? new Verdict.LostSight("it ended after " + end.hook().kernelName() + ", where no hook is")
                    : new Verdict.Absorbed("used by a socket");
        }
        return open.isEmpty() ? new Verdict.LostSight("its end was not seen") : new Verdict.InFlight();
    }

    private static boolean emptyTcpSegment(Hop hop) {
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

    private static String consumer(Hop hop, Names names) {
        String function = function(hop, names);
        if (function.equals(DEFERRED_FREE)) {
            return "used; by whom was not seen, for it was freed later";
        }
        return function.isEmpty() ? "used by the kernel" : "used by the kernel in " + function;
    }

    private static String function(Hop hop, Names names) {
        String symbol = names.symbol(hop.arg() & 0xffffffffL);
        int offset = symbol.indexOf('+');
        return offset < 0 ? symbol : symbol.substring(0, offset);
    }
}
