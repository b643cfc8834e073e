package traitrace.timeline;

import com.carrotsearch.hppc.LongHashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import traitrace.event.Hook;
import traitrace.lineage.Edge;
import traitrace.lineage.EdgeKind;
import traitrace.names.Names;

/**
 * How a packet's story ended, concluded from the fates of its skbs.
 *
 * <p>A packet may live in several skbs, and their ends differ: a flooded bridge drops all clones but one. The best end
 * is the packet's: delivered, then transmitted, then used by the kernel, then dropped. One that a process passed on ends
 * as what it sent last ends: {@link Legs}.
 */
final class Verdicts {
    /**
     * Skbs that ended where no event tells it.
     *
     * @param unseen the kernel has used their addresses for others since
     * @param freed the kernel was seen to free them
     */
    record Gone(LongHashSet unseen, LongHashSet freed) {
        Gone() {
            this(new LongHashSet(), new LongHashSet());
        }
    }

    private final List<Hop> hops;
    private final Gone gone;
    private final List<Edge> edges;
    private final Map<Long, SkbFate> fates = new LinkedHashMap<>();

    private Verdicts(List<Hop> all, Gone gone, List<Edge> edges, Names names) {
        this.hops = Legs.last(all, edges);
        this.gone = gone;
        this.edges = edges;
        hops.forEach(hop -> fates.computeIfAbsent(hop.skbId(), skb -> new SkbFate(names)));
        for (Edge edge : edges) {
            if (fates.containsKey(edge.parentSkb()) && edge.parentSkb() != edge.childSkb()) {
                fates.get(edge.parentSkb()).made(edge);
            }
            if (fates.containsKey(edge.childSkb())) {
                fates.get(edge.childSkb()).madeBy(edge);
            }
        }
        hops.forEach(hop -> fates.get(hop.skbId()).at(hop));
        fates.forEach((skb, fate) -> {
            if (gone.unseen().contains(skb) || gone.freed().contains(skb)) {
                fate.freed();
            }
        });
    }

    static Verdict of(List<Hop> hops, Gone gone, List<Edge> edges, Names names) {
        return new Verdicts(hops, gone, edges, names).conclude();
    }

    private Verdict conclude() {
        SkbFate.End delivered = null;
        SkbFate.End transmitted = null;
        SkbFate.End used = null;
        SkbFate.End spent = null;
        SkbFate.End dropped = null;
        for (SkbFate fate : fates.values()) {
            delivered = SkbFate.End.later(delivered, fate.delivered());
            transmitted = SkbFate.End.later(transmitted, fate.transmitted());
            used = SkbFate.End.later(used, fate.used());
            spent = SkbFate.End.earlier(spent, fate.spent());
            dropped = SkbFate.End.later(dropped, fate.dropped());
        }
        if (delivered != null) {
            return delivered.verdict();
        }
        if (transmitted != null) {
            return transmitted.verdict();
        }
        EdgeKind merged = mergedIntoAnother();
        if (merged != null) {
            return new Verdict.Absorbed(
                    merged == EdgeKind.REASSEMBLE ? "reassembled into another packet" : "merged into another packet");
        }
        if (fates.values().stream().anyMatch(SkbFate::unread)) {
            return new Verdict.InFlight();
        }
        used = used == null ? spent : used;
        if (used != null && (dropped == null || fates.values().stream().anyMatch(SkbFate::answered))) {
            return used.verdict();
        }
        return dropped == null ? withoutAnEnd() : dropped.verdict();
    }

    /** How the last link to an skb of another packet was made that ended one of ours; null if there is none. */
    private EdgeKind mergedIntoAnother() {
        EdgeKind merged = null;
        for (Edge edge : edges) {
            boolean merges = edge.kind() == EdgeKind.COALESCE || edge.kind() == EdgeKind.REASSEMBLE;
            SkbFate parent = fates.get(edge.parentSkb());
            // The packet into which others were merged has the edge, too.
            if (merges && !fates.containsKey(edge.childSkb()) && (parent == null || parent.merged())) {
                merged = edge.kind();
            }
        }
        return merged;
    }

    private Verdict withoutAnEnd() {
        Hop end = hops.get(hops.size() - 1);
        boolean atSocket = fates.values().stream().anyMatch(SkbFate::atSocket);
        if (end.hook() == Hook.NETIF_RECEIVE_SKB && SkbFate.emptyTcpSegment(end)) {
            return new Verdict.LostSight("TCP frees a segment without data where no hook is");
        }
        if (any(gone.unseen())) {
            return atSocket
                    ? new Verdict.Absorbed("used by a socket")
                    : new Verdict.LostSight("it ended after " + end.hook().kernelName() + ", where no hook is");
        }
        boolean sent = fates.values().stream().anyMatch(fate -> !fate.onlyQueued());
        if (fates.values().stream().anyMatch(fate -> fate.alive() && !(sent && fate.onlyQueued()))) {
            return new Verdict.InFlight();
        }
        if (any(gone.freed())) {
            return atSocket
                    ? new Verdict.Absorbed("used by a socket")
                    : new Verdict.LostSight(
                            "it was freed after " + end.hook().kernelName() + ", and no hook tells what for");
        }
        return new Verdict.LostSight("its end was not seen");
    }

    private boolean any(LongHashSet skbs) {
        return fates.keySet().stream().anyMatch(skbs::contains);
    }
}
