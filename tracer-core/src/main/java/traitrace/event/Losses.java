package traitrace.event;

/**
 * What a capture could not see, counted from its start.
 *
 * @param events records for which a ring had no room
 * @param missedRuns runs of probes that the kernel skipped because the same program was running on that CPU
 * @param untracked packets that found the side tables full and got no id
 * @param aged side-table entries that were removed because nothing was seen of them for a long time
 * @param filtered packets that the capture filter refused
 */
public record Losses(long events, long missedRuns, long untracked, long aged, long filtered) {
    public static final Losses NONE = new Losses(0, 0, 0, 0, 0);

    public boolean any() {
        return events + missedRuns + untracked > 0;
    }
}
