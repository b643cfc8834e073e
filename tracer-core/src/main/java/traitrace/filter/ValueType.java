package traitrace.filter;

import java.util.Locale;

/** What kind of value a field has, and how such a value is written. */
public enum ValueType {
    BOOLEAN("write true or false"),
    /** From 0 to 2^63-1. */
    NUMBER("write it as 80 or 0x50"),
    /** In bytes; k, M and G are powers of 1,024. */
    SIZE("write it as 1500, 64k or 1M"),
    /** In nanoseconds. */
    DURATION("write it as 250us, 2ms or 1.5s"),
    TEXT("write it in double quotes"),
    /** One of a closed set. */
    WORD("write it without quotes"),
    ADDRESS("write it as 10.0.0.1, 10.0.0.0/8 or 2001:db8::1"),
    ID("write up to 16 hex digits");

    private final String advice;

    ValueType(String advice) {
        this.advice = advice;
    }

    /** How a value is written, for whoever wrote something else. */
    String advice() {
        return advice;
    }

    /** Whether one value can be less than another. */
    boolean ordered() {
        return this == NUMBER || this == SIZE || this == DURATION || this == ADDRESS;
    }

    /** Whether a regular expression can be looked for in it. */
    boolean readable() {
        return this == TEXT || this == WORD;
    }

    /** The word for it in messages and lists. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
