package traitrace.event;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An IPv4 or IPv6 address.
 *
 * @param high the first 8 bytes of an IPv6 address as a number; 0 for IPv4
 * @param low the last 8 bytes, or the 4 bytes of an IPv4 address, as a number
 */
public record IpAddress(boolean v6, long high, long low) implements Comparable<IpAddress> {
    private static final Pattern DOTTED = Pattern.compile("(\\d{1,3})\\.(\\d{1,3})\\.(\\d{1,3})\\.(\\d{1,3})");
    private static final Pattern GROUP = Pattern.compile("[0-9a-fA-F]{1,4}");

    /**
     * @param bytes 4 or 16, as on the wire
     * @throws IllegalArgumentException if there are not 4 or 16
     */
    public static IpAddress of(byte[] bytes) {
        return switch (bytes.length) {
            case 4 -> new IpAddress(false, 0, number(bytes, 0, 4));
            case 16 -> new IpAddress(true, number(bytes, 0, 8), number(bytes, 8, 8));
            default -> throw new IllegalArgumentException("an address of " + bytes.length + " bytes");
        };
    }

    /**
     * The address that {@link #toString} writes so, and every other way to write it; no zone, no shortened IPv4. Empty
     * if the text is none.
     */
    public static Optional<IpAddress> parse(String text) {
        if (text.indexOf(':') < 0) {
            OptionalLong four = dottedNumber(text);
            return four.isEmpty() ? Optional.empty() : Optional.of(new IpAddress(false, 0, four.getAsLong()));
        }
        int gap = text.indexOf("::");
        List<Integer> head = groups(gap < 0 ? text : text.substring(0, gap), gap < 0);
        List<Integer> tail = gap < 0 ? List.of() : groups(text.substring(gap + 2), true);
        if (head == null || tail == null) {
            return Optional.empty();
        }
        int missing = 8 - head.size() - tail.size();
        if (gap < 0 ? missing != 0 : missing < 1) {
            return Optional.empty();
        }
        List<Integer> all = new ArrayList<>(head);
        all.addAll(Collections.nCopies(missing, 0));
        all.addAll(tail);
        return Optional.of(new IpAddress(true, number(all.subList(0, 4)), number(all.subList(4, 8))));
    }

    /** Null if the text is not groups of hex digits, the last two perhaps as an IPv4 address. */
    private static List<Integer> groups(String text, boolean last) {
        List<Integer> groups = new ArrayList<>();
        if (text.isEmpty()) {
            return groups;
        }
        String[] parts = text.split(":", -1);
        for (int i = 0; i < parts.length; i++) {
            OptionalLong four = last && i == parts.length - 1 ? dottedNumber(parts[i]) : OptionalLong.empty();
            if (four.isPresent()) {
                groups.add((int) (four.getAsLong() >>> 16));
                groups.add((int) four.getAsLong() & 0xffff);
            } else if (GROUP.matcher(parts[i]).matches()) {
                groups.add(Integer.parseInt(parts[i], 16));
            } else {
                return null;
            }
        }
        return groups;
    }

    private static OptionalLong dottedNumber(String text) {
        Matcher m = DOTTED.matcher(text);
        if (!m.matches()) {
            return OptionalLong.empty();
        }
        long number = 0;
        for (int i = 1; i <= 4; i++) {
            int part = Integer.parseInt(m.group(i));
            if (part > 255) {
                return OptionalLong.empty();
            }
            number = number << 8 | part;
        }
        return OptionalLong.of(number);
    }

    private static long number(List<Integer> groups) {
        long number = 0;
        for (int group : groups) {
            number = number << 16 | group;
        }
        return number;
    }

    /** 32 or 128. */
    public int bits() {
        return v6 ? 128 : 32;
    }

    /**
     * With all bits but the first zero.
     *
     * @param prefix 0 to {@link #bits}
     */
    public IpAddress network(int prefix) {
        if (!v6) {
            return new IpAddress(false, 0, low & -1L << 32 - prefix);
        }
        // A shift by 64 would be one by 0.
        long first = prefix == 0 ? 0 : prefix >= 64 ? -1 : -1L << 64 - prefix;
        long second = prefix <= 64 ? 0 : -1L << 128 - prefix;
        return new IpAddress(true, high & first, low & second);
    }

    private static long number(byte[] bytes, int from, int count) {
        long number = 0;
        for (int i = 0; i < count; i++) {
            number = number << 8 | Byte.toUnsignedLong(bytes[from + i]);
        }
        return number;
    }

    /** The address and a port as one word: {@code 10.0.0.1:53}, {@code [2001:db8::1]:53}; no port if it is negative. */
    public String withPort(int port) {
        if (port < 0) {
            return toString();
        }
        return v6 ? "[" + this + "]:" + port : this + ":" + port;
    }

    /** IPv4 before IPv6, then by number. */
    @Override
    public int compareTo(IpAddress other) {
        if (v6 != other.v6) {
            return v6 ? 1 : -1;
        }
        int order = Long.compareUnsigned(high, other.high);
        return order != 0 ? order : Long.compareUnsigned(low, other.low);
    }

    /** Dotted decimal, or the canonical form of RFC 5952. */
    @Override
    public String toString() {
        if (!v6) {
            return dotted(low);
        }
        if (high == 0 && low >>> 32 == 0xffff) {
            return "::ffff:" + dotted(low);
        }
        return groups();
    }

    private static String dotted(long address) {
        return (address >> 24 & 0xff) + "." + (address >> 16 & 0xff) + "." + (address >> 8 & 0xff) + "."
                + (address & 0xff);
    }

    private int group(int index) {
        long half = index < 4 ? high : low;
        return (int) (half >>> (48 - 16 * (index & 3))) & 0xffff;
    }

    private String groups() {
        // RFC 5952: the longest run of two or more zero groups, the first of equals.
        int bestStart = -1;
        int bestLength = 1;
        for (int i = 0; i < 8; i++) {
            int start = i;
            while (i < 8 && group(i) == 0) {
                i++;
            }
            if (i - start > bestLength) {
                bestStart = start;
                bestLength = i - start;
            }
        }
        StringBuilder text = new StringBuilder(39);
        for (int i = 0; i < 8; i++) {
            if (i == bestStart) {
                text.append("::");
                i += bestLength - 1;
                continue;
            }
            if (i > 0 && text.charAt(text.length() - 1) != ':') {
                text.append(':');
            }
            text.append(Integer.toHexString(group(i)));
        }
        return text.toString();
    }
}
