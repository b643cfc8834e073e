package traitrace.timeline;

import java.util.Locale;

/** Times between events as people read them: three digits and a unit. */
public final class Durations {
    private static final String[] UNITS = {"ns", "us", "ms", "s", "ks", "Ms", "Gs"};

    private Durations() {}

    /** For running text: {@code 0 ns}, {@code 1.23 us}, {@code 45.6 ms}, {@code 789 s}. */
    public static String text(long ns) {
        // Truncated, not rounded: 999.9 us must not become "1000 us", and a wait is never shown as longer than it was.
        long value = ns == Long.MIN_VALUE ? Long.MAX_VALUE : Math.abs(ns);
        String sign = ns < 0 ? "-" : "";
        int unit = 0;
        long rest = 0;
        while (value >= 1000) {
            rest = value % 1000;
            value /= 1000;
            unit++;
        }
        if (unit == 0 || value >= 100) {
            return sign + value + " " + UNITS[unit];
        }
        return value >= 10
                ? String.format(Locale.ROOT, "%s%d.%d %s", sign, value, rest / 100, UNITS[unit])
                : String.format(Locale.ROOT, "%s%d.%02d %s", sign, value, rest / 10, UNITS[unit]);
    }

    /** For a column, the units below each other: {@code " 1.23 us"}, {@code "  789 s "}. Always 8 characters. */
    public static String column(long ns) {
        String text = text(ns);
        return String.format(Locale.ROOT, "%8s", text.endsWith(" s") ? text + " " : text);
    }
}
