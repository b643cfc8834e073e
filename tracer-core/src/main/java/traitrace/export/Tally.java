package traitrace.export;

import java.util.Map;
import java.util.TreeMap;
import traitrace.timeline.Timeline;

/** Counts what went by: one thread. */
public final class Tally {
    private final Map<String, Long> verdicts = new TreeMap<>();
    private long packets;
    private long events;
    private long missing;
    private long hidden;

    public void count(Timeline timeline) {
        packets++;
        events += timeline.hops().size();
        missing += timeline.missing();
        verdicts.merge(timeline.verdict().label(), 1L, Long::sum);
    }

    /** One more that a display filter left out: it is counted nowhere else. */
    public void hide() {
        hidden++;
    }

    /** Packets that a display filter left out. */
    public long hidden() {
        return hidden;
    }

    public long packets() {
        return packets;
    }

    /** Hops of the packets counted. */
    public long events() {
        return events;
    }

    /** Events that the packets counted are known to lack. */
    public long missing() {
        return missing;
    }

    /** @param label as {@code Verdict.label()} gives it */
    public long verdict(String label) {
        return verdicts.getOrDefault(label, 0L);
    }

    /** Label and number of every verdict that occurred, in order of the alphabet. */
    public Map<String, Long> verdicts() {
        return new TreeMap<>(verdicts);
    }
}
