package traitrace.lineage;

/**
 * A lineage link between two skbs.
 *
 * @param timeNs CLOCK_MONOTONIC, when the link was seen or concluded
 * @param why the rule that made it, in a few words; never empty
 */
public record Edge(long timeNs, long parentSkb, long childSkb, EdgeKind kind, Evidence evidence, String why) {}
