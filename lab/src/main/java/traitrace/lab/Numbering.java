package traitrace.lab;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * How a message carries its number.
 *
 * <pre>
 *   0            offset       offset+8       bytes
 *   +-------------+--------------+-------------+
 *   | 54 54 54 .. | number (BE)  | .. 54 54 54 |
 *   +-------------+--------------+-------------+
 * </pre>
 *
 * Numbers are less than 2^56, so that the first byte of one is never filler.
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

    private static final int NUMBER_BYTES = 8;
    private static final long ALL_FILLER = 0x5454545454545454L;
    /** The last bytes of a header that may happen to look like filler. */
    private static final int LOOKALIKES = 4;
    /** With less filler before it, a number would be found in any packet. */
    private static final int LEAST_FILLER = 16;

    private Numbering() {}

    /** A message of {@code bytes} with this number. */
    public static byte[] message(long number, int bytes, int offset) {
        byte[] message = new byte[bytes];
        Arrays.fill(message, FILLER);
        ByteBuffer.wrap(message).putLong(offset, number);
        return message;
    }

    /** The number in a message; {@link #UNKNOWN} if it is too short or not one of ours. */
    public static long numberOf(ByteBuffer message, int offset) {
        int at = message.position() + offset;
        if (offset < 0 || message.remaining() < offset + NUMBER_BYTES || message.get(message.position()) != FILLER) {
            return UNKNOWN;
        }
        long number = message.getLong(at);
        // A stream may be cut anywhere: then there is filler where the number should be.
        return number == ALL_FILLER ? UNKNOWN : number;
    }

    /**
     * Finds the number in the bytes of a packet, headers before the payload included: it is where the filler ends.
     *
     * @param packet big-endian, from its position to its limit
     * @return {@link #UNKNOWN} if the payload does not begin in these bytes or ends before the number
     */
    public static long find(ByteBuffer packet, int offset) {
        int filler = 0;
        for (int i = packet.position(); i < packet.limit(); i++) {
            if (packet.get(i) == FILLER) {
                filler++;
                continue;
            }
            // The header before it may end in bytes of the same value: a checksum, say.
            if (filler >= offset && filler <= offset + LOOKALIKES && packet.limit() - i >= NUMBER_BYTES) {
                return packet.getLong(i);
            }
            filler = 0;
        }
        return UNKNOWN;
    }

    /** The offset to use: the default for 0. Fails if the number would not fit into the payload. */
    static int check(int offset, int payloadBytes) {
        int used = offset == 0 ? DEFAULT_OFFSET : offset;
        if (used < LEAST_FILLER || payloadBytes < used + NUMBER_BYTES) {
            throw new IllegalArgumentException("a payload of " + payloadBytes + " bytes cannot hold a number at "
                    + used + ": needs an offset of at least " + LEAST_FILLER + " and " + NUMBER_BYTES
                    + " bytes behind it");
        }
        return used;
    }
}
