package traitrace.event;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * What a capture could not see or did not keep, counted from its start.
 *
 * @param eventsByCpu records for which a ring had no room, by the number of the CPU that wrote them
 * @param missedRuns runs of probes that the kernel skipped because the same program was running on that CPU
 * @param untracked packets that found the side tables full and got no id
 * @param aged side-table entries that were removed because nothing was seen of them for a long time
 * @param evicted packets whose story was ended early because too many were followed at a time
 * @param filtered packets that the capture filter refused
 */
public record Losses(List<Long> eventsByCpu, long missedRuns, long untracked, long aged, long evicted, long filtered) {
    public static final Losses NONE = new Losses(List.of(), 0, 0, 0, 0, 0);

    public Losses {
        eventsByCpu = List.copyOf(eventsByCpu);
    }

    /** Records for which a ring had no room. */
    public long events() {
        return eventsByCpu.stream().mapToLong(Long::longValue).sum();
    }

    /** Whether a timeline may lack something because of it. */
    public boolean any() {
        return events() + missedRuns + untracked + evicted > 0;
    }

    /** With what the side that follows packets left out. */
    public Losses with(long evicted, long filtered) {
        return new Losses(eventsByCpu, missedRuns, untracked, aged, evicted, filtered);
    }

    /** {@code cpu0 120, cpu3 7}; empty if no event was lost. */
    public String byCpu() {
        return IntStream.range(0, eventsByCpu.size())
                .filter(cpu -> eventsByCpu.get(cpu) > 0)
                .mapToObj(cpu -> "cpu" + cpu + " " + eventsByCpu.get(cpu))
                .collect(Collectors.joining(", "));
    }
}
