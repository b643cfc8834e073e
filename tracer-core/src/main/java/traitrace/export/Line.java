package traitrace.export;

import traitrace.export.Palette.Role;

/**
 * A line of text under construction that never grows beyond its width. What does not fit is cut and marked with two
 * dots, so that no terminal ever breaks a line.
 */
final class Line {
    private static final String CUT = "..";

    private final int columns;
    private final Palette palette;
    private final StringBuilder text = new StringBuilder(128);
    private int used;
    private int pending;

    Line(int columns, Palette palette) {
        this.columns = columns;
        this.palette = palette;
    }

    /** How many columns are left. */
    int room() {
        return columns - used - pending;
    }

    Line add(Role role, String raw) {
        String s = fit(printable(raw), room());
        if (!s.isEmpty()) {
            text.append(" ".repeat(pending)).append(palette.paint(role, s));
            used += pending + s.length();
            pending = 0;
        }
        return this;
    }

    /** Cuts or pads to exactly {@code width} columns. */
    Line cell(Role role, String raw, int width) {
        String s = fit(printable(raw), width);
        add(role, s);
        return gap(width - s.length());
    }

    /** Blanks, which are left out at the end of the line. */
    Line gap(int width) {
        pending += Math.max(0, Math.min(width, room()));
        return this;
    }

    @Override
    public String toString() {
        return text.toString();
    }

    /** Names in events were chosen by others: a control character in one of them must not reach a terminal. */
    static String printable(String raw) {
        StringBuilder b = null;
        for (int i = 0; i < raw.length(); i++) {
            char c = raw.charAt(i);
            if (c < ' ' || c > '~') {
                b = b == null ? new StringBuilder(raw) : b;
                b.setCharAt(i, '?');
            }
        }
        return b == null ? raw : b.toString();
    }

    static String fit(String s, int width) {
        if (s.length() <= width) {
            return s;
        }
        return width <= CUT.length() ? s.substring(0, Math.max(0, width)) : s.substring(0, width - CUT.length()) + CUT;
    }
}
