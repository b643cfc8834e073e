package traitrace.export;

/**
 * Colours of text output, from the Okabe-Ito set, which the colour-blind can tell apart. A colour only repeats what a
 * word or a sign says: nothing is lost without it.
 */
public enum Palette {
    PLAIN,
    COLOURED;

    /** What a piece of text is, not how it looks. */
    public enum Role {
        NORMAL(""),
        STRONG("1"),
        FAINT("2"),
        /** A packet that came where it was going. */
        GOOD("1;38;5;32"),
        /** A drop. */
        BAD("1;38;5;166"),
        /** Something to look at: a wait, a guess, a loss. */
        CAUTION("38;5;172"),
        CHANGE("38;5;37");

        private final String sgr;

        Role(String sgr) {
            this.sgr = sgr;
        }
    }

    /** Of the three words that {@code --color} takes, {@code auto} is decided here. */
    public static Palette auto(boolean terminal, String noColor, String term) {
        boolean refused = noColor != null && !noColor.isEmpty();
        return terminal && !refused && !"dumb".equals(term) ? COLOURED : PLAIN;
    }

    public String paint(Role role, String text) {
        return this == PLAIN || role.sgr.isEmpty() || text.isBlank()
                ? text
                : "\u001b[" + role.sgr + "m" + text + "\u001b[0m";
    }
}
