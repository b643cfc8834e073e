package traitrace.export;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import traitrace.lineage.Edge;
import traitrace.lineage.EdgeKind;
import traitrace.lineage.Evidence;
import traitrace.timeline.Hop;

/** Where in the text each lineage link is told, and in which words. */
final class EdgeNotes {
    /** A link as a few words. */
    record Note(String text, boolean guessed) {}

    private static final int MOST_NAMED = 4;

    private record Phrase(EdgeKind kind, Evidence evidence, String why) {}

    private final Map<Integer, List<Edge>> byRow = new HashMap<>();
    private final SkbLabels labels;

    private EdgeNotes(SkbLabels labels) {
        this.labels = labels;
    }

    /** Places each link at the row of its child where it shows; links to skbs that have no row are left out. */
    static EdgeNotes place(List<Edge> edges, List<Row> rows, SkbLabels labels, boolean allEvents) {
        EdgeNotes notes = new EdgeNotes(labels);
        for (Edge edge : edges) {
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
        for (Edge edge : byRow.getOrDefault(row, List.of())) {
            phrases.computeIfAbsent(new Phrase(edge.kind(), edge.evidence(), edge.why()), p -> new ArrayList<>())
                    .add(edge);
        }
        List<Note> notes = new ArrayList<>();
        phrases.forEach((phrase, edges) -> notes.add(new Note(
                (words(phrase.kind()) + " " + parents(edges)).strip() + suffix(phrase),
                phrase.evidence() == Evidence.GUESSED)));
        return notes;
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

    private static int rowOf(Edge edge, List<Row> rows) {
        int last = -1;
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
            case EMIT -> "sent because of";
            case ENCRYPT -> "encrypted from";
            case DECRYPT -> "decrypted from";
            case RETRANSMIT -> "retransmit of";
            case DUPLICATE -> "duplicate of";
            case WIRE -> "on the other host:";
        };
    }
}
