package traitrace.filter;

import java.util.Locale;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * A regular expression of {@link Pattern} with a bound on what it tries.
 *
 * <p>A few characters suffice for an expression that tries every way to split a text. It may therefore look at
 * characters {@value #MAX_STEPS} times; what is not found by then is not there. Of long texts the first
 * {@value #MAX_SUBJECT} characters count. The bound does not reach an expression made of dozens of alternatives that
 * match nothing, {@code ($|^)($|^)...}: at the end of a text no character is looked at.
 *
 * <p>Two with the same text are equal.
 */
public final class Regex {
    /** Characters of an expression. */
    static final int MAX_LENGTH = 1_000;
    /** Characters of a text: more than any name or sentence has. */
    static final int MAX_SUBJECT = 1_000;

    static final int MAX_STEPS = 1_000_000;

    private final String text;
    private final Pattern pattern;

    private Regex(String text, Pattern pattern) {
        this.text = text;
        this.pattern = pattern;
    }

    /** @throws IllegalArgumentException if it is wrong or too long, with a message that says so in half a sentence */
    public static Regex of(String text) {
        if (text.length() > MAX_LENGTH) {
            throw new IllegalArgumentException("the regular expression is longer than " + MAX_LENGTH + " characters");
        }
        try {
            return new Regex(text, Pattern.compile(text));
        } catch (PatternSyntaxException e) {
            throw new IllegalArgumentException("the regular expression is wrong: " + reason(e), e);
        } catch (RuntimeException | StackOverflowError e) {
            // What Pattern does with some malformed expressions; it should say what is wrong instead.
            throw new IllegalArgumentException("the regular expression is wrong", e);
        }
    }

    private static String reason(PatternSyntaxException e) {
        String reason = e.getDescription();
        String lower = reason.isEmpty() ? "" : reason.substring(0, 1).toLowerCase(Locale.ROOT) + reason.substring(1);
        return lower + (e.getIndex() < 0 ? "" : " at character " + (e.getIndex() + 1));
    }

    /** Whether some part of the subject matches. */
    boolean foundIn(String subject) {
        String looked = subject.length() > MAX_SUBJECT ? subject.substring(0, MAX_SUBJECT) : subject;
        try {
            return pattern.matcher(new Counted(looked)).find();
        } catch (OutOfSteps | StackOverflowError e) {
            // Pattern recurses with each repetition of a group.
            return false;
        }
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Regex regex && regex.text.equals(text);
    }

    @Override
    public int hashCode() {
        return text.hashCode();
    }

    @Override
    public String toString() {
        return text;
    }

    private static final class OutOfSteps extends RuntimeException {
        private static final long serialVersionUID = 1L;

        OutOfSteps() {
            super("too many steps", null, false, false);
        }
    }

    /** Pattern looks at its subject through this, and there is no other place at which it could be stopped. */
    private static final class Counted implements CharSequence {
        private final String text;
        private int left = MAX_STEPS;

        Counted(String text) {
            this.text = text;
        }

        @Override
        public char charAt(int index) {
            if (left-- == 0) {
                throw new OutOfSteps();
            }
            return text.charAt(index);
        }

        @Override
        public int length() {
            return text.length();
        }

        @Override
        public CharSequence subSequence(int start, int end) {
            return text.substring(start, end);
        }

        @Override
        public String toString() {
            return text;
        }
    }
}
