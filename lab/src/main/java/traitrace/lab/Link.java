package traitrace.lab;

import traitrace.lineage.Evidence;

/**
 * That one skb comes of another, as a tracer says.
 *
 * @param parent skb id
 * @param child skb id
 * @param crossing between them the bytes were in a process
 * @param why the rule that concluded it, or the place that made it
 */
public record Link(long parent, long child, Evidence evidence, boolean crossing, String why) {}
