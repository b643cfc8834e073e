package traitrace.lineage;

/**
 * A lineage link between two skbs.
 *
 * @param timeNs CLOCK_MONOTONIC, when the link was seen or concluded
 * @param why for a proved link the place that made it, {@code by br_flood}, where it is known; else the rule that
 *     concluded it. A few words, never empty
 */
public record Edge(long timeNs, long parentSkb, long childSkb, EdgeKind kind, Evidence evidence, String why) {
    /** How {@link #why} begins where it names the function that made the link. */
    public static final String BY = "by ";
}
