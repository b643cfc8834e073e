package traitrace.export;

import java.util.List;
import java.util.Map;
import java.util.Set;
import traitrace.event.Family;

/**
 * Where and how a capture was made: what the first line of every export says.
 *
 * @param version of traitrace that captured
 * @param kernel release of the kernel that was traced, as {@code uname -r} prints it
 * @param bootUnixNs wall-clock time at CLOCK_MONOTONIC zero, ns since 1970: what to add to an event's time
 * @param filter the capture filter; empty = every packet
 * @param families of hooks that were attached
 * @param dropReasons names of that kernel's {@code enum skb_drop_reason}; may be empty
 */
public record CaptureInfo(
        String version,
        String kernel,
        long bootUnixNs,
        String filter,
        Set<Family> families,
        Map<Integer, String> dropReasons) {
    public CaptureInfo {
        families = Set.copyOf(families);
        dropReasons = Map.copyOf(dropReasons);
    }

    /** Whether births, copies, ends and deliveries of skbs were all told. */
    public boolean exact() {
        return families.contains(Family.LINEAGE);
    }

    /** The words for the families, in the order of {@link Family}. */
    List<String> plan() {
        return families.stream().sorted().map(Family::label).toList();
    }
}
