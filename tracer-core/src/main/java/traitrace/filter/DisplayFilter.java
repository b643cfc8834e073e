package traitrace.filter;

import traitrace.names.Names;
import traitrace.timeline.Timeline;

/**
 * A display filter: which packets to show, by an expression over a packet's timeline. The language is told in
 * docs/filters.md.
 *
 * @param expression about the packet
 */
public record DisplayFilter(Expression expression) {
    /** Characters of an expression that is parsed. */
    public static final int MAX_LENGTH = 100_000;

    /** Brackets, negations, {@code any()} and {@code all()} within each other. */
    public static final int MAX_DEPTH = 200;

    /** @throws IllegalArgumentException if the expression is about events or edges */
    public DisplayFilter {
        if (expression.level() != Level.PACKET) {
            throw new IllegalArgumentException(expression + " is not about the packet");
        }
    }

    /** @throws FilterException if it is wrong, longer than {@link #MAX_LENGTH} or deeper than {@link #MAX_DEPTH} */
    public static DisplayFilter parse(String text) {
        return new DisplayFilter(Parser.parse(text));
    }

    /**
     * Whether the packet is to be shown. Never throws, and takes time in proportion to the events of the packet.
     *
     * @param names resolves drop reasons and symbols
     */
    public boolean matches(Timeline timeline, Names names) {
        return Evaluation.holds(expression, new Subject(timeline, names, 0));
    }

    /**
     * The canonical form, in printable ASCII on one line. It parses to the same filter, unless that makes it longer than
     * {@link #MAX_LENGTH}.
     */
    public String text() {
        return Printer.print(expression);
    }
}
