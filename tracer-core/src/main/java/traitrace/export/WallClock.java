package traitrace.export;

import java.time.Instant;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;

/**
 * Wall-clock time of CLOCK_MONOTONIC times.
 *
 * @param bootUnixNs wall-clock time at CLOCK_MONOTONIC zero, ns since 1970
 */
public record WallClock(long bootUnixNs, ZoneId zone) {
    private static final long NS_PER_S = 1_000_000_000L;

    /** RFC 3339 in UTC with nine digits: {@code 2026-03-01T14:02:11.123456789Z}. Always 30 characters. */
    public String rfc3339(long monoNs) {
        OffsetDateTime t = instant(monoNs).atOffset(ZoneOffset.UTC);
        StringBuilder b = new StringBuilder(30);
        digits(b, t.getYear(), 4).append('-');
        digits(b, t.getMonthValue(), 2).append('-');
        digits(b, t.getDayOfMonth(), 2).append('T');
        return timeOfDay(b, t.toLocalTime())
                .append('.')
                .append(fraction(t.getNano(), 9))
                .append('Z')
                .toString();
    }

    /** Time of day in the zone, with 3 to 9 digits of a second: {@code 14:02:11.123456}. */
    public String timeOfDay(long monoNs, int fractionDigits) {
        LocalTime t = instant(monoNs).atZone(zone).toLocalTime();
        return timeOfDay(new StringBuilder(18), t)
                .append('.')
                .append(fraction(t.getNano(), fractionDigits))
                .toString();
    }

    private Instant instant(long monoNs) {
        long ns = bootUnixNs + monoNs;
        return Instant.ofEpochSecond(Math.floorDiv(ns, NS_PER_S), Math.floorMod(ns, NS_PER_S));
    }

    private static StringBuilder timeOfDay(StringBuilder b, LocalTime t) {
        digits(b, t.getHour(), 2).append(':');
        digits(b, t.getMinute(), 2).append(':');
        return digits(b, t.getSecond(), 2);
    }

    private static String fraction(int nano, int count) {
        return digits(new StringBuilder(9), nano, 9).substring(0, count);
    }

    private static StringBuilder digits(StringBuilder b, int value, int count) {
        String s = Integer.toString(value);
        return b.append("0".repeat(Math.max(0, count - s.length()))).append(s);
    }
}
