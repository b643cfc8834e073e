package traitrace.filter;

import java.util.List;

/** A display filter that is wrong, and where. */
public final class FilterException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** Fewer columns leave nothing to see. */
    public static final int MIN_COLUMNS = 20;

    private static final String CUT = "...";
    private static final String INDENT = "  ";
    private static final int LONGEST_WORD = 40;

    private final String expression;
    private final int position;

    /**
     * @param position of the first wrong character; the length of the expression = something is missing at its end
     * @param wrong what is wrong: half a sentence
     * @param advice what to do, likewise; empty if there is nothing to say
     */
    FilterException(String expression, int position, String wrong, String advice) {
        super(advice.isEmpty() ? wrong : wrong + ": " + advice);
        this.expression = expression;
        this.position = position;
    }

    /** Of the first wrong character, from 0; the length of the expression = something is missing at its end. */
    public int position() {
        return position;
    }

    /**
     * Three lines in printable ASCII: the message, the expression and a caret under the wrong character. A long
     * expression is cut to what is around that; what is not printable is shown as an escape.
     *
     * @param columns for the second and the third line, {@link #MIN_COLUMNS} or more
     */
    public List<String> lines(int columns) {
        int room = columns - INDENT.length();
        int from = 0;
        int to = expression.length();
        if (width(from, to) + 1 > room) {
            int used = 1;
            from = position;
            to = position;
            boolean grown = true;
            while (grown) {
                grown = false;
                if (to < expression.length() && used + width(to, to + 1) <= room - 2 * CUT.length()) {
                    used += width(to, to + 1);
                    to++;
                    grown = true;
                }
                if (from > 0 && used + width(from - 1, from) <= room - 2 * CUT.length()) {
                    used += width(from - 1, from);
                    from--;
                    grown = true;
                }
            }
        }
        String before = (from > 0 ? CUT : "") + visible(expression.substring(from, position));
        String after = visible(expression.substring(position, to)) + (to < expression.length() ? CUT : "");
        return List.of(getMessage(), INDENT + before + after, INDENT + " ".repeat(before.length()) + "^");
    }

    private int width(int from, int to) {
        return visible(expression.substring(from, to)).length();
    }

    /** A part of an expression as it can stand in a message. */
    static String shown(String part) {
        String visible = visible(part.length() > LONGEST_WORD ? part.substring(0, LONGEST_WORD) : part);
        return part.length() > LONGEST_WORD || visible.length() > LONGEST_WORD
                ? visible.substring(0, Math.min(visible.length(), LONGEST_WORD)) + CUT
                : visible;
    }

    private static String visible(String text) {
        StringBuilder visible = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            Escapes.visible(text.charAt(i), visible);
        }
        return visible.toString();
    }
}
