/** A packet's story told from its events: hops, what changed, how long it took and how it ended. */
package traitrace.timeline;
