package traitrace.filter;

import java.util.ArrayList;
import java.util.List;

/** Takes an expression apart into words, texts and signs. */
final class Lexer {
    /** Longer ones first, lest a part of them be taken. */
    private static final List<String> SIGNS =
            List.of("==", "!=", "<=", ">=", "&&", "||", "..", "<", ">", "~", "!", "(", ")", "{", "}", ",");

    private static final int HEX_DIGITS = 4;

    private final String text;
    private int at;

    private Lexer(String text) {
        this.text = text;
    }

    /**
     * The last token is the only {@link Token.Kind#END}.
     *
     * @throws FilterException for a character that has no place in an expression, and a text that does not end
     */
    static List<Token> tokens(String text) {
        Lexer lexer = new Lexer(text);
        List<Token> tokens = new ArrayList<>();
        do {
            tokens.add(lexer.next());
        } while (tokens.get(tokens.size() - 1).kind() != Token.Kind.END);
        return tokens;
    }

    /** Whether the word is one token: then it can stand without quotes where a word is expected. */
    static boolean isWord(String word) {
        return !word.isEmpty() && wordEnd(word, 0) == word.length();
    }

    private Token next() {
        while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
        int start = at;
        if (at == text.length()) {
            return new Token(Token.Kind.END, "", start);
        }
        if (text.charAt(at) == '"') {
            return new Token(Token.Kind.TEXT, quoted(), start);
        }
        at = wordEnd(text, at);
        if (at > start) {
            return new Token(Token.Kind.WORD, text.substring(start, at), start);
        }
        for (String sign : SIGNS) {
            if (text.startsWith(sign, at)) {
                at += sign.length();
                return new Token(Token.Kind.SIGN, sign, start);
            }
        }
        throw unexpected();
    }

    /** Where the word that begins here ends: addresses, times and dotted names are words, ranges are not. */
    private static int wordEnd(String text, int start) {
        int end = start;
        while (end < text.length() && isWordPart(text.charAt(end)) && !text.startsWith("..", end)) {
            end++;
        }
        return end;
    }

    private static boolean isWordPart(char c) {
        return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || "_.:/-".indexOf(c) >= 0;
    }

    private FilterException unexpected() {
        char c = text.charAt(at);
        String advice =
                switch (c) {
                    case '=' -> "write ==";
                    case '&' -> "write &&";
                    case '|' -> "write ||";
                    case '\'' -> "text stands in double quotes";
                    default -> "";
                };
        return new FilterException(text, at, FilterException.shown(String.valueOf(c)) + " has no meaning here", advice);
    }

    private String quoted() {
        int start = at++;
        StringBuilder value = new StringBuilder();
        while (at < text.length()) {
            char c = text.charAt(at);
            if (c == '"') {
                at++;
                return value.toString();
            }
            value.append(c == '\\' ? escape() : c);
            at++;
        }
        throw new FilterException(text, start, "this text does not end", "a \" is missing");
    }

    /** Leaves {@link #at} at the last character of the escape. */
    private char escape() {
        int start = at++;
        char c = at < text.length() ? text.charAt(at) : 0;
        switch (c) {
            case '"', '\\':
                return c;
            case 'n':
                return '\n';
            case 'r':
                return '\r';
            case 't':
                return '\t';
            case 'u':
                String digits = text.substring(at + 1, Math.min(text.length(), at + 1 + HEX_DIGITS));
                if (digits.matches("[0-9a-fA-F]{" + HEX_DIGITS + "}")) {
                    at += HEX_DIGITS;
                    return (char) Integer.parseInt(digits, 16);
                }
                throw new FilterException(text, start, "\\u needs four hex digits", "");
            default:
                throw new FilterException(
                        text,
                        start,
                        "there is no such escape",
                        "write \\\\ for a backslash, in a regular expression too");
        }
    }
}
