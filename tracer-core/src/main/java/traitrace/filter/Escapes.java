package traitrace.filter;

/** The escapes of text in double quotes. */
final class Escapes {
    private Escapes() {}

    /** In double quotes, as the lexer reads it. */
    static String quoted(String text) {
        StringBuilder quoted = new StringBuilder(text.length() + 2).append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                quoted.append('\\').append(c);
            } else {
                visible(c, quoted);
            }
        }
        return quoted.append('"').toString();
    }

    /** As it is if it is printable ASCII, else as an escape. */
    static void visible(char c, StringBuilder to) {
        switch (c) {
            case '\n' -> to.append("\\n");
            case '\r' -> to.append("\\r");
            case '\t' -> to.append("\\t");
            default -> {
                if (c >= ' ' && c <= '~') {
                    to.append(c);
                } else {
                    to.append(String.format("\\u%04x", (int) c));
                }
            }
        }
    }
}
