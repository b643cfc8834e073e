package traitrace.timeline;

/**
 * What a drop reason means to whoever has to mend it.
 *
 * @param sentence one sentence, printable ASCII, with its full stop
 * @param command the command to look at next, never empty; several are joined by {@code "; "}. Words in capitals stand for
 *     what the timeline knows: DEV, SOURCE, DESTINATION, NEXTHOP, PID, PACKET, and for Open vSwitch BRIDGE and FLOW. It
 *     is meant to be run in the namespace of the drop
 */
public record Explanation(String sentence, String command) {}
