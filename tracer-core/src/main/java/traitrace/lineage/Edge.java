package traitrace.lineage;

/**
 * A lineage link between two skbs.
 *
 * @param timeNs CLOCK_MONOTONIC, when the link was seen or concluded
 * @param why for a proved link the place that made it, {@code by br_flood}, where it is known; else the rule that
 *     concluded it. A few words, never empty
 * @param offset where in the child's payload the parent's begins, bytes; {@link #NO_OFFSET} where that is not known or
 *     says nothing
 */
public record Edge(
        long timeNs, long parentSkb, long childSkb, EdgeKind kind, Evidence evidence, String why, long offset) {
    /** How {@link #why} begins where it names the function that made the link. */
    public static final String BY = "by ";

    public static final long NO_OFFSET = -1;

    /** A link that takes the parent as a whole. */
    public Edge(long timeNs, long parentSkb, long childSkb, EdgeKind kind, Evidence evidence, String why) {
        this(timeNs, parentSkb, childSkb, kind, evidence, why, NO_OFFSET);
    }
}
