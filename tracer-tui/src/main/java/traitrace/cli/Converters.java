package traitrace.cli;

import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;
import traitrace.export.TextTimelines.Style;
import traitrace.kernel.Hooks;

/** Option values: each says what is wrong and what is right. */
final class Converters {
    private Converters() {}

    /** {@code 500ms}, {@code 5s}, {@code 2m}, {@code 1h}: more than nothing, a year at most. */
    static final class Span implements ITypeConverter<Duration> {
        private static final Pattern SPAN = Pattern.compile("(\\d{1,9})(ms|s|m|h)");
        private static final Duration LONGEST = Duration.ofDays(366);

        @Override
        public Duration convert(String value) {
            Matcher m = SPAN.matcher(value);
            if (!m.matches()) {
                throw new TypeConversionException("'" + value + "' is not a duration: write 500ms, 5s, 2m or 1h");
            }
            long n = Long.parseLong(m.group(1));
            Duration span =
                    switch (m.group(2)) {
                        case "ms" -> Duration.ofMillis(n);
                        case "s" -> Duration.ofSeconds(n);
                        case "m" -> Duration.ofMinutes(n);
                        default -> Duration.ofHours(n);
                    };
            if (span.isZero() || span.compareTo(LONGEST) > 0) {
                throw new TypeConversionException("'" + value + "' is out of range: from 1ms to one year");
            }
            return span;
        }
    }

    static final class Count implements ITypeConverter<Long> {
        @Override
        public Long convert(String value) {
            if (!value.matches("\\d{1,18}") || Long.parseLong(value) == 0) {
                throw new TypeConversionException("'" + value + "' is not a count: write a whole number from 1 on");
            }
            return Long.valueOf(value);
        }
    }

    /** The label of a choice of hooks. */
    static final class HookFamilies implements ITypeConverter<Hooks> {
        @Override
        public Hooks convert(String value) {
            return Arrays.stream(Hooks.values())
                    .filter(hooks -> hooks.label().equals(value))
                    .findFirst()
                    .orElseThrow(() -> new TypeConversionException(
                            "'" + value + "' is no choice of hooks: write auto, stages or lineage"));
        }
    }

    /** {@code 64k} to {@code 512M}, a power of two: what the kernel's ring buffer takes. */
    static final class RingSize implements ITypeConverter<Integer> {
        private static final Pattern SIZE = Pattern.compile("(\\d{1,10})([kKmM]?)");
        private static final long SMALLEST = 64L << 10;
        private static final long LARGEST = 512L << 20;

        @Override
        public Integer convert(String value) {
            Matcher m = SIZE.matcher(value);
            if (!m.matches()) {
                throw new TypeConversionException("'" + value + "' is not a size: write 64k, 8M or 512M");
            }
            int shift =
                    switch (m.group(2).toLowerCase(Locale.ROOT)) {
                        case "k" -> 10;
                        case "m" -> 20;
                        default -> 0;
                    };
            long size = Long.parseLong(m.group(1)) << shift;
            if (size < SMALLEST || size > LARGEST) {
                throw new TypeConversionException("'" + value + "' is out of range: from 64k to 512M");
            }
            if (Long.bitCount(size) != 1) {
                long below = Long.highestOneBit(size);
                throw new TypeConversionException(
                        "'" + value + "' is not a power of two: write " + text(below) + " or " + text(2 * below));
            }
            return (int) size;
        }

        private static String text(long size) {
            return size >= 1 << 20 ? (size >> 20) + "M" : (size >> 10) + "k";
        }
    }

    static final class Width implements ITypeConverter<Integer> {
        private static final int WIDEST = 10_000;

        @Override
        public Integer convert(String value) {
            int width = value.matches("\\d{1,5}") ? Integer.parseInt(value) : 0;
            if (width < Style.MIN_COLUMNS || width > WIDEST) {
                throw new TypeConversionException(
                        "'" + value + "' is not a width: write a number from " + Style.MIN_COLUMNS + " to " + WIDEST);
            }
            return width;
        }
    }

    enum Colour {
        AUTO,
        ALWAYS,
        NEVER
    }

    static final class ColourName implements ITypeConverter<Colour> {
        @Override
        public Colour convert(String value) {
            for (Colour colour : Colour.values()) {
                if (colour.name().toLowerCase(Locale.ROOT).equals(value)) {
                    return colour;
                }
            }
            throw new TypeConversionException("'" + value + "' is not one of auto, always, never");
        }
    }

    /** {@code NAME}, {@code pid:N}, {@code inode:N}: kept as it is, once it can be meant. */
    static final class Namespace implements ITypeConverter<String> {
        @Override
        public String convert(String value) {
            if (value.isBlank()) {
                throw new TypeConversionException("the name of a namespace is empty: write NAME, pid:N or inode:N");
            }
            int colon = value.indexOf(':');
            String kind = colon < 0 ? "" : value.substring(0, colon);
            if ((kind.equals("pid") || kind.equals("inode"))
                    && !value.substring(colon + 1).matches("[1-9]\\d{0,9}")) {
                throw new TypeConversionException("'" + value + "' has no number after " + kind + ":");
            }
            return value;
        }
    }
}
