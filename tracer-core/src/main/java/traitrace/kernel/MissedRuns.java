package traitrace.kernel;

/**
 * Runs of a probe that the kernel skipped because that program was running on the CPU already
 * ({@code bpf_prog_info.recursion_misses}).
 *
 * @param target the tracepoint or function
 * @param first how often the first copy was skipped
 * @param second how often the second copy was; -1 if there is only one
 */
public record MissedRuns(String target, long first, long second) {
    /**
     * How often both copies may have been skipped at once, so that nothing was seen. The kernel counts each copy by
     * itself: it is this many at most, and usually none.
     */
    public long unseen() {
        return second < 0 ? first : Math.min(first, second);
    }

    /** How often one copy certainly acted for the other. */
    public long covered() {
        return second < 0 ? 0 : Math.abs(first - second);
    }
}
