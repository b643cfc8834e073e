package traitrace.export;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import traitrace.event.Hook;
import traitrace.event.Stage;
import traitrace.lineage.Edge;
import traitrace.lineage.EdgeKind;
import traitrace.lineage.Evidence;
import traitrace.timeline.Hop;
import traitrace.timeline.Timeline;

/** Where in the text each lineage link is told, and in which words. */
final class EdgeNotes {
    /** A link as a few words. */
    record Note(String text, boolean guessed) {}

    private static final int MOST_NAMED = 4;
    private static final int MOST_CANDIDATES_NAMED = 8;

    private record Phrase(EdgeKind kind, Evidence evidence, String why) {}

    private final Map<Integer, List<Edge>> byRow = new HashMap<>();
    private final SkbLabels labels;

    private final Timeline timeline;

    private EdgeNotes(Timeline timeline, SkbLabels labels) {
        this.timeline = timeline;
        this.labels = labels;
    }

    /**
     * Places each link at the row of its child where it shows, one through a process at the call that received; links to
     * skbs that have no row are left out.
     */
    static EdgeNotes place(Timeline timeline, List<Row> rows, SkbLabels labels, boolean allEvents) {
        EdgeNotes notes = new EdgeNotes(timeline, labels);
        for (Edge edge : timeline.edges()) {
            // Every tunnel makes room for its headers so: that says something of the kernel, not of the packet.
            boolean telling = allEvents || edge.kind() != EdgeKind.EXPAND_HEAD;
            int row = rowOf(edge, rows);
            if (row >= 0 && telling) {
                notes.byRow.computeIfAbsent(row, r -> new ArrayList<>()).add(edge);
            }
        }
        return notes;
    }

    /** What to say at this row; links of one kind from many parents become one note. */
    List<Note> at(int row) {
        Map<Phrase, List<Edge>> phrases = new LinkedHashMap<>();
        List<Note> notes = new ArrayList<>();
        for (Edge edge : byRow.getOrDefault(row, List.of())) {
            if (edge.kind() == EdgeKind.EMIT) {
                notes.add(new Note(crossing(edge) + suffix(phrase(edge)), edge.evidence() == Evidence.GUESSED));
                continue;
            }
            phrases.computeIfAbsent(phrase(edge), p -> new ArrayList<>()).add(edge);
        }
        phrases.forEach((phrase, edges) -> notes.add(new Note(
                (words(phrase.kind()) + " " + parents(edges)).strip() + suffix(phrase),
                phrase.evidence() == Evidence.GUESSED)));
        return notes;
    }

    private static Phrase phrase(Edge edge) {
        return new Phrase(edge.kind(), edge.evidence(), edge.why());
    }

    /** A link through a process: what it sent, or the packet on the other side. */
    private String crossing(Edge edge) {
        if (edge.parentPacket() != 0 && edge.parentPacket() != timeline.packetId()) {
            return "because of packet " + Timeline.formatId(edge.parentPacket());
        }
        if (edge.childPacket() != 0 && edge.childPacket() != timeline.packetId()) {
            return "-> packet " + Timeline.formatId(edge.childPacket());
        }
        return timeline.hops().stream()
                .filter(hop -> hop.sent() && hop.skbId() == edge.childSkb() && hop.timeNs() == edge.timeNs())
                .findFirst()
                .map(hop -> "-> " + CallText.of(hop))
                .orElse("-> " + labels.name(edge.childSkb()));
    }

    /** {@code because of one of 2 packets, or none: 00000000000a3f21, 00000000000a3f22}; JSON names all of many. */
    static String candidates(List<Long> packets) {
        String ids = packets.stream()
                .limit(MOST_CANDIDATES_NAMED)
                .map(Timeline::formatId)
                .collect(Collectors.joining(", "));
        int more = packets.size() - MOST_CANDIDATES_NAMED;
        return packets.size() == 1
                ? "perhaps because of packet " + ids
                : "because of one of " + packets.size() + " packets, or none: " + ids
                        + (more > 0 ? " and " + more + " more" : "");
    }

    /** A few are named, of many the first: GRO merges dozens. */
    private String parents(List<Edge> edges) {
        // What happens to an skb itself has no parent to be named.
        List<String> names = edges.stream()
                .filter(edge -> edge.parentSkb() != edge.childSkb())
                .map(edge -> labels.name(edge.parentSkb()))
                .distinct()
                .toList();
        if (names.size() > MOST_NAMED) {
            return names.get(0) + " and " + (names.size() - 1) + " more";
        }
        long offset = edges.get(0).offset();
        boolean place = edges.size() == 1 && offset != Edge.NO_OFFSET;
        return String.join(", ", names) + (place ? " at byte " + offset : "");
    }

    /** Proved needs no word but the place; the others are never shown stronger than they are. */
    private static String suffix(Phrase phrase) {
        if (phrase.evidence() == Evidence.PROVED) {
            return phrase.why().startsWith(Edge.BY) ? " " + phrase.why() : "";
        }
        return " (" + phrase.evidence().label() + ": " + phrase.why() + ")";
    }

    /**
     * The call in which a process received what it then sent, or where the kernel began to send it on by itself: the last
     * one before the link; -1 if there is none.
     */
    private static int received(Edge edge, List<Row> rows) {
        int received = -1;
        for (int i = 0; i < rows.size(); i++) {
            Hop hop = rows.get(i).last();
            boolean takes = hop.hook().stage() == Stage.USER || hop.hook() == Hook.SOCKMAP_SEND;
            if (hop.skbId() == edge.parentSkb() && takes && hop.timeNs() <= edge.timeNs()) {
                received = i;
            }
        }
        return received;
    }

    private static int rowOf(Edge edge, List<Row> rows) {
        int last = edge.kind() == EdgeKind.EMIT ? received(edge, rows) : -1;
        if (last >= 0) {
            return last;
        }
        for (int i = 0; i < rows.size(); i++) {
            Row row = rows.get(i);
            if (row.first().skbId() == edge.childSkb()) {
                if (!joinsLater(edge.kind()) || anyAfter(row, edge)) {
                    return i;
                }
                last = i;
            }
        }
        return last;
    }

    private static boolean anyAfter(Row row, Edge edge) {
        return row.hops().stream().map(Hop::timeNs).anyMatch(t -> t >= edge.timeNs());
    }

    /** Whether the child was there before the link: then the link is told when it happened. */
    private static boolean joinsLater(EdgeKind kind) {
        return kind == EdgeKind.COALESCE || kind == EdgeKind.REASSEMBLE || kind == EdgeKind.EXPAND_HEAD;
    }

    private static String words(EdgeKind kind) {
        return switch (kind) {
            case CLONE -> "clone of";
            case COPY -> "copy of";
            case EXPAND_HEAD -> "moved to a new head";
            case SEGMENT -> "segment of";
            case COALESCE -> "merged with";
            case FRAGMENT -> "fragment of";
            case REASSEMBLE -> "reassembled from";
            case XDP -> "made from xdp frame";
            case DELIVER -> "delivered from";
            case EMIT -> "";
            case ENCRYPT -> "encrypted from";
            case DECRYPT -> "decrypted from";
            case RETRANSMIT -> "retransmit of";
            case DUPLICATE -> "duplicate of";
            case WIRE -> "on the other host:";
        };
    }
}
