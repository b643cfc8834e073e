package traitrace.export;

import java.util.Map;

/**
 * Where and how a capture was made: what the first line of every export says.
 *
 * @param version of traitrace that captured
 * @param kernel release of the kernel that was traced, as {@code uname -r} prints it
 * @param bootUnixNs wall-clock time at CLOCK_MONOTONIC zero, ns since 1970: what to add to an event's time
 * @param filter the capture filter; empty = every packet
 * @param dropReasons names of that kernel's {@code enum skb_drop_reason}; may be empty
 */
public record CaptureInfo(
        String version, String kernel, long bootUnixNs, String filter, Map<Integer, String> dropReasons) {
    public CaptureInfo {
        dropReasons = Map.copyOf(dropReasons);
    }
}
