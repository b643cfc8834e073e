package traitrace.export;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import traitrace.timeline.Timeline;

/** Short names for the skbs of one packet, in order of appearance: a, b, ..., z, aa, ab, ... */
final class SkbLabels {
    private final Map<Long, String> labels = new HashMap<>();

    /** Names the skbs of the rows; empty if there is only one. */
    static SkbLabels of(List<Row> rows) {
        SkbLabels all = new SkbLabels();
        for (Row row : rows) {
            all.labels.computeIfAbsent(row.first().skbId(), id -> letters(all.labels.size()));
        }
        if (all.labels.size() < 2) {
            all.labels.clear();
        }
        return all;
    }

    /** Width of the longest label; 0 if there are none. */
    int width() {
        return labels.isEmpty() ? 0 : letters(labels.size() - 1).length();
    }

    /** Empty for an skb without a label. */
    String get(long skb) {
        return labels.getOrDefault(skb, "");
    }

    /** As it is written in a sentence: the label, else the id. */
    String name(long skb) {
        String label = get(skb);
        return label.isEmpty() ? "skb " + Timeline.formatId(skb) : label;
    }

    private static String letters(int index) {
        String last = String.valueOf((char) ('a' + index % 26));
        return index < 26 ? last : letters(index / 26 - 1) + last;
    }
}
