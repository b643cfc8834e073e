package traitrace.timeline;

import java.util.List;
import traitrace.event.Headers;
import traitrace.event.Hook;
import traitrace.event.Stage;
import traitrace.lineage.Edge;
import traitrace.names.Names;

/**
 * One packet's story: its hops in order of time, over all its skbs.
 *
 * @param packetId printed as 16 hex digits
 * @param hops never empty
 * @param edges the links between its skbs, in order of time
 * @param verdictText the verdict in an engineer's words: to which process, dropped why and where
 * @param advice the command to look at next; empty if there is none
 * @param candidates ids of the packets that a process may have sent it because of, newest first, where nothing tells of
 *     which; see {@link traitrace.lineage.Packet#candidates}
 */
public record Timeline(
        long packetId,
        List<Hop> hops,
        List<Edge> edges,
        Verdict verdict,
        String verdictText,
        String advice,
        List<Long> candidates) {
    public Timeline {
        hops = List.copyOf(hops);
        edges = List.copyOf(edges);
        candidates = List.copyOf(candidates);
    }

    /** Without candidates. */
    public Timeline(
            long packetId, List<Hop> hops, List<Edge> edges, Verdict verdict, String verdictText, String advice) {
        this(packetId, hops, edges, verdict, verdictText, advice, List.of());
    }

    /** The packet id as users see it: 16 hex digits. */
    public static String formatId(long id) {
        return String.format("%016x", id);
    }

    /**
     * From the first hop to the end of the story, ns. The kernel may free what a process took long after it was
     * taken: that is no part of the way.
     */
    public long totalNs() {
        return hops.get(end()).timeNs() - hops.get(0).timeNs();
    }

    private int end() {
        int end = hops.size() - 1;
        Stage story = verdict instanceof Verdict.Delivered ? Stage.USER : Stage.TRANSPORT;
        if (verdict instanceof Verdict.Dropped) {
            return end;
        }
        for (int i = end; i >= 0; i--) {
            // What TCP sends has its way before it.
            boolean begins =
                    hops.get(i).hook() == Hook.TCP_TRANSMIT || hops.get(i).sent();
            if (hops.get(i).hook().stage() == story && !begins && !hops.get(i).tap()) {
                return i;
            }
        }
        return end;
    }

    /** The first headers that were seen of it; {@link Headers#NONE} if none were. */
    public Headers firstHeaders() {
        return hops.stream()
                .map(Hop::headers)
                .filter(h -> !h.layers().isEmpty())
                .findFirst()
                .orElse(Headers.NONE);
    }

    /** The name under which a process was last seen at a hop, else what else is known; empty if that is nothing. */
    public String process(int pid, Names names) {
        return hops.stream()
                .filter(h -> h.pid() == pid && !h.process().isEmpty())
                .map(Hop::process)
                .reduce((a, b) -> b)
                .orElseGet(() -> names.process(pid));
    }

    /** Events known to be lost. */
    public long missing() {
        return hops.stream().mapToLong(Hop::missing).sum();
    }
}
