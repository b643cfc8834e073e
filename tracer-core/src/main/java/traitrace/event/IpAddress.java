package traitrace.event;

/**
 * An IPv4 or IPv6 address.
 *
 * @param high the first 8 bytes of an IPv6 address as a number; 0 for IPv4
 * @param low the last 8 bytes, or the 4 bytes of an IPv4 address, as a number
 */
public record IpAddress(boolean v6, long high, long low) implements Comparable<IpAddress> {

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
