package traitrace.timeline;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import traitrace.lineage.Edge;
import traitrace.lineage.EdgeKind;

/**
 * The legs of a packet that processes passed on: from one process, or from where it was first seen, to the next.
 *
 * <p>An skb is of the leg of the skb that it was made from in the kernel; what a process made begins a leg.
 */
final class Legs {
    /** An skb is made from another, that from a third: more than there are in any kernel. */
    private static final int DEEPEST = 64;

    private final Map<Long, Long> parents = new HashMap<>();
    private final Map<Long, Long> began = new HashMap<>();

    private Legs(List<Hop> hops, List<Edge> edges) {
        hops.stream().filter(hop -> !hop.sent()).forEach(hop -> began.putIfAbsent(hop.skbId(), hop.timeNs()));
        Set<Long> sent = edges.stream()
                .filter(edge -> edge.kind() == EdgeKind.EMIT && began.containsKey(edge.parentSkb()))
                .map(Edge::childSkb)
                .collect(Collectors.toSet());
        for (Edge edge : edges) {
            boolean made = edge.kind() != EdgeKind.EMIT && edge.kind() != EdgeKind.DELIVER;
            // What was sent is the first of its leg, whatever was merged into it since.
            boolean begins = sent.contains(edge.childSkb()) || edge.parentSkb() == edge.childSkb();
            if (made && !begins && began.containsKey(edge.parentSkb())) {
                parents.putIfAbsent(edge.childSkb(), edge.parentSkb());
            }
        }
    }

    /** The hops of the leg that began last, without the ends of calls that sent; all where there is only one leg. */
    static List<Hop> last(List<Hop> hops, List<Edge> edges) {
        Legs legs = new Legs(hops, edges);
        long newest = 0;
        boolean several = false;
        for (Edge edge : edges) {
            Long time = legs.began.get(edge.childSkb());
            boolean crosses = edge.kind() == EdgeKind.EMIT && time != null && legs.began.containsKey(edge.parentSkb());
            if (crosses && (!several || time >= legs.began.get(newest))) {
                newest = edge.childSkb();
                several = true;
            }
        }
        List<Hop> onTheWay = hops.stream().filter(hop -> !hop.sent()).toList();
        if (!several) {
            return onTheWay.isEmpty() ? hops : onTheWay;
        }
        long leg = legs.root(newest);
        return onTheWay.stream()
                .filter(hop -> legs.root(hop.skbId()) == leg || legs.isLost(hop.skbId(), leg, edges))
                .toList();
    }

    private long root(long skb) {
        long root = skb;
        for (int depth = 0; parents.containsKey(root) && depth < DEEPEST; depth++) {
            root = parents.get(root);
        }
        return root;
    }

    /** Nothing tells where it came from, and it was first seen when this leg had begun. */
    private boolean isLost(long skb, long leg, List<Edge> edges) {
        return root(skb) == skb
                && began.get(skb) > began.get(leg)
                && edges.stream().noneMatch(edge -> edge.kind() == EdgeKind.EMIT && edge.childSkb() == skb);
    }
}
