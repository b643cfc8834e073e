package traitrace.filter;

/**
 * A piece of an expression.
 *
 * @param text of a {@link Kind#TEXT} what is between the quotes, without escapes; else as it stands there
 * @param start position of its first character
 */
record Token(Kind kind, String text, int start) {
    enum Kind {
        /** A keyword, a field, or a value without quotes: what it is depends on where it stands. */
        WORD,
        /** In double quotes. */
        TEXT,
        /** An operator or a bracket. */
        SIGN,
        /** Where the expression ends. */
        END
    }

    boolean isWord(String word) {
        return kind == Kind.WORD && text.equals(word);
    }

    boolean isSign(String sign) {
        return kind == Kind.SIGN && text.equals(sign);
    }

    /** For messages. */
    String shown() {
        return switch (kind) {
            case END -> "the end";
            case TEXT -> FilterException.shown(Escapes.quoted(text));
            default -> FilterException.shown(text);
        };
    }
}
