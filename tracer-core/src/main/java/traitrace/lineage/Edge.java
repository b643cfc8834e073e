package traitrace.lineage;

/**
 * A lineage link between two skbs.
 *
 * @param timeNs CLOCK_MONOTONIC, when the link was seen or concluded
 * @param why for a proved link the place that made it, {@code by br_flood}, where it is known; else the rule that
 *     concluded it: through a process {@code memory}, {@code bytes}, {@code thread} or {@code pair}. A few words, never
 *     empty
 * @param offset where in the child's payload the parent's begins, bytes; {@link #NO_OFFSET} where that is not known or
 *     says nothing
 * @param parentPacket id of the packet of the parent where that is another than that of the child; else 0
 * @param childPacket likewise of the child
 */
public record Edge(
        long timeNs,
        long parentSkb,
        long childSkb,
        EdgeKind kind,
        Evidence evidence,
        String why,
        long offset,
        long parentPacket,
        long childPacket) {
    /** How {@link #why} begins where it names the function that made the link. */
    public static final String BY = "by ";

    public static final long NO_OFFSET = -1;

    /** A link that takes the parent as a whole. */
    public Edge(long timeNs, long parentSkb, long childSkb, EdgeKind kind, Evidence evidence, String why) {
        this(timeNs, parentSkb, childSkb, kind, evidence, why, NO_OFFSET);
    }

    /** A link of which the packets do not matter. */
    public Edge(long timeNs, long parentSkb, long childSkb, EdgeKind kind, Evidence evidence, String why, long offset) {
        this(timeNs, parentSkb, childSkb, kind, evidence, why, offset, 0, 0);
    }
}
