package traitrace.lab;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * How a message carries its number.
 *
 * <pre>
 *   0          offset-8        offset        offset+8                  bytes
 *   +-------------+-------------+--------------+-------------+-----------+
 *   | abcdefgh .. | 54 54 .. 54 | number (BE)  | 54 54 .. 54 | .. uvwxyz |
 *   +-------------+-------------+--------------+-------------+-----------+
 * </pre>
 *
 * Numbers are less than 2^56, so that the first byte of one is never filler. Around it there is text that is the same in
 * all messages of a size: bytes that are all alike would be no matter to compare.
 *
 * <p>Where a protocol wants text, the number is 16 hex digits, with filler, which is the letter T, before and behind.
 *
 * <p>The default offset is behind everything that a header snapshot or a fingerprint reads, so that what a tracer finds out
 * about numbered packets it did not find out by their numbers.
 */
public final class Numbering {
    public static final byte FILLER = 0x54;
    public static final int DEFAULT_OFFSET = 96;
    /** The offset of traffic that has no number in its payload. */
    public static final int NONE = -1;
    /** What stands for no number. */
    public static final long UNKNOWN = -1;

    /** Hex digits. */
    static final int TEXT_BYTES = 16;

    private static final int NUMBER_BYTES = 8;
    private static final long ALL_FILLER = 0x5454545454545454L;
    /** On either side of a number, bytes. */
    private static final int FILLER_BYTES = 8;

    /** What is before a number: filler, and something of the text. */
    private static final int LEAST_OFFSET = 16;

    private static final int LETTERS = 26;

    private Numbering() {}

    /** A message of {@code bytes} with this number. */
    public static byte[] message(long number, int bytes, int offset) {
        byte[] message = new byte[bytes];
        for (int i = 0; i < bytes; i++) {
            message[i] = (byte) ('a' + i % LETTERS);
        }
        int end = Math.min(offset + NUMBER_BYTES + FILLER_BYTES, bytes);
        Arrays.fill(message, offset - FILLER_BYTES, end, FILLER);
        ByteBuffer.wrap(message).putLong(offset, number);
        return message;
    }

    /** The number in a message; {@link #UNKNOWN} if it is too short or not one of ours. */
    public static long numberOf(ByteBuffer message, int offset) {
        int at = message.position() + offset;
        if (offset < FILLER_BYTES
                || message.remaining() < offset + NUMBER_BYTES
                || message.getLong(at - FILLER_BYTES) != ALL_FILLER) {
            return UNKNOWN;
        }
        return message.getLong(at);
    }

    /**
     * Text of {@code chars} characters with this number, for a message in which it begins at {@code start}; there must be
     * room for filler on either side of the number.
     */
    static String text(long number, int start, int chars, int offset) {
        byte[] text = new byte[chars];
        for (int i = 0; i < chars; i++) {
            text[i] = (byte) ('a' + i % LETTERS);
        }
        int at = offset - start;
        byte[] digits = String.format("%0" + TEXT_BYTES + "x", number).getBytes(StandardCharsets.US_ASCII);
        Arrays.fill(text, at - FILLER_BYTES, at + TEXT_BYTES + FILLER_BYTES, FILLER);
        System.arraycopy(digits, 0, text, at, TEXT_BYTES);
        return new String(text, StandardCharsets.US_ASCII);
    }

    /** The number in a message of text; {@link #UNKNOWN} if it is too short or not one of ours. */
    static long textNumberOf(ByteBuffer message, int offset) {
        int at = message.position() + offset;
        if (message.limit() < at + TEXT_BYTES || at == 0 || message.get(at - 1) != FILLER) {
            return UNKNOWN;
        }
        long number = 0;
        for (int i = at; i < at + TEXT_BYTES; i++) {
            byte digit = message.get(i);
            boolean decimal = digit >= '0' && digit <= '9';
            if (!decimal && (digit < 'a' || digit > 'f')) {
                return UNKNOWN;
            }
            number = number << 4 | (decimal ? digit - '0' : digit - 'a' + 10);
        }
        return number;
    }

    /** The offset to use: the default for 0. Fails if the number would not fit into the payload. */
    static int check(int offset, int payloadBytes) {
        int used = offset == 0 ? DEFAULT_OFFSET : offset;
        if (used < LEAST_OFFSET || payloadBytes < used + NUMBER_BYTES) {
            throw new IllegalArgumentException("a payload of " + payloadBytes + " bytes cannot hold a number at "
                    + used + ": needs an offset of at least " + LEAST_OFFSET + " and " + NUMBER_BYTES
                    + " bytes behind it");
        }
        return used;
    }
}
