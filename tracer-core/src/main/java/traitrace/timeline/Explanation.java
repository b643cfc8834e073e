package traitrace.timeline;

/**
 * What a drop reason means to whoever has to mend it.
 *
 * @param sentence one sentence, printable ASCII, with its full stop
 * @param command the command to look at next; never empty
 */
public record Explanation(String sentence, String command) {}
