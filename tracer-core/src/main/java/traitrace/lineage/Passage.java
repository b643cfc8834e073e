package traitrace.lineage;

/**
 * How what was received was passed on, and by whom.
 *
 * @param pid the process; 0 = the kernel by itself
 * @param timeNs CLOCK_MONOTONIC, when it was told
 */
record Passage(Relation relation, Evidence evidence, int pid, long timeNs) {
    static Passage of(Feed feed, Send send) {
        return new Passage(
                feed.relation(),
                feed.relation().evidence(),
                feed.receive().transfer().pid(),
                send.transfer().timeNs());
    }

    boolean guess() {
        return evidence == Evidence.GUESSED;
    }
}
