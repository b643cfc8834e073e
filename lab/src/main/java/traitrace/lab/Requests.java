package traitrace.lab;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * How a request and its answer look on the wire: the same number in both, where {@link Numbering} wants it.
 *
 * <p>Payloads of text carry it in the part that a proxy leaves where it is: in HTTP the path and the reason of the
 * status line, in DNS the name that is asked for, which the answer repeats.
 */
final class Requests {
    private static final int MOST_HEAD = 8192;
    private static final String OK = "HTTP/1.1 200 ";
    /** Behind the number, so that filler is on either side of it. */
    private static final int BEHIND = 8;

    /** The bit that tells small letters from capitals. */
    private static final byte LOWER_CASE = 0x20;

    private static final int DNS_HEADER = 12;
    private static final int MOST_LABEL = 63;
    private static final int DNS_ANSWER_FLAGS = 0x8180;
    private static final int DNS_QUERY_FLAGS = 0x0100;

    private Requests() {}

    /** The bytes that ask. */
    static byte[] request(Traffic.Requests traffic, long number) {
        return switch (traffic.protocol()) {
            case UDP, TCP -> Numbering.message(number, traffic.payloadBytes(), traffic.numberOffset());
            case GET -> (requestHead(traffic, number) + "\r\n").getBytes(StandardCharsets.ISO_8859_1);
            case POST -> http(requestHead(traffic, number), body(traffic, number));
            case DNS -> query(number, traffic.numberOffset());
        };
    }

    /** The bytes that answer a request. */
    static byte[] answer(Traffic.Requests traffic, byte[] request) {
        return switch (traffic.protocol()) {
            case UDP, TCP -> otherwise(request, traffic.numberOffset());
            case GET, POST -> {
                long number = numberOf(traffic, request);
                yield http(OK + path(traffic, number, OK.length()) + "\r\n", body(traffic, number));
            }
            case DNS -> dnsAnswer(request);
        };
    }

    /** The number of a request or an answer; {@link Numbering#UNKNOWN} if it has none, or body and head differ. */
    static long numberOf(Traffic.Requests traffic, byte[] message) {
        ByteBuffer bytes = ByteBuffer.wrap(message);
        return switch (traffic.protocol()) {
            case UDP, TCP -> Numbering.numberOf(bytes, traffic.numberOffset());
            case GET, POST -> {
                // A proxy may add to the head, but not before the number.
                long head = Numbering.textNumberOf(bytes, traffic.numberOffset());
                byte[] body = body(message).getBytes(StandardCharsets.ISO_8859_1);
                long inBody = Numbering.textNumberOf(ByteBuffer.wrap(body), traffic.numberOffset());
                yield head == inBody || body.length == 0 ? head : Numbering.UNKNOWN;
            }
            case DNS -> Numbering.textNumberOf(bytes, traffic.numberOffset());
        };
    }

    /** Reads the next whole message of a stream; null at its end. */
    static byte[] read(Traffic.Requests traffic, InputStream in) throws IOException {
        if (!traffic.protocol().http()) {
            byte[] message = in.readNBytes(traffic.payloadBytes());
            return message.length == traffic.payloadBytes() ? message : null;
        }
        ByteArrayOutputStream message = new ByteArrayOutputStream();
        int ended = 0;
        while (ended < 4) {
            int next = in.read();
            if (next < 0) {
                return null;
            }
            if (message.size() > MOST_HEAD) {
                throw new IOException("a head of more than " + MOST_HEAD + " bytes");
            }
            message.write(next);
            ended = next == "\r\n\r\n".charAt(ended) ? ended + 1 : next == '\r' ? 1 : 0;
        }
        int length = contentLength(message.toString(StandardCharsets.ISO_8859_1));
        byte[] body = in.readNBytes(length);
        if (body.length < length) {
            throw new EOFException("the body ends too early");
        }
        message.writeBytes(body);
        return message.toByteArray();
    }

    /** Writes a message at once, so that it is not torn by us. */
    static void write(OutputStream out, byte[] message) throws IOException {
        out.write(message);
        out.flush();
    }

    /** In capitals: an answer that is the request again could be taken for it. The number stays. */
    private static byte[] otherwise(byte[] request, int offset) {
        byte[] answer = request.clone();
        for (int i = 0; i < answer.length; i++) {
            if (i < offset - BEHIND || i >= offset + Numbering.TEXT_BYTES) {
                answer[i] ^= LOWER_CASE;
            }
        }
        return answer;
    }

    private static String path(Traffic.Requests traffic, long number, int start) {
        int chars = traffic.numberOffset() - start + Numbering.TEXT_BYTES + BEHIND;
        return Numbering.text(number, start, chars, traffic.numberOffset());
    }

    private static String requestHead(Traffic.Requests traffic, long number) {
        String method = traffic.protocol() + " /";
        return method + path(traffic, number, method.length()) + " HTTP/1.1\r\nHost: lab\r\n";
    }

    private static String body(Traffic.Requests traffic, long number) {
        return Numbering.text(number, 0, traffic.payloadBytes(), traffic.numberOffset());
    }

    private static byte[] http(String head, String body) {
        String length = "Content-Length: " + body.length() + "\r\n\r\n";
        return (head + length + body).getBytes(StandardCharsets.ISO_8859_1);
    }

    private static String body(byte[] message) {
        String text = new String(message, StandardCharsets.ISO_8859_1);
        int head = text.indexOf("\r\n\r\n");
        return head < 0 ? "" : text.substring(head + 4);
    }

    /** What has no length has no body: a request. */
    private static int contentLength(String head) throws IOException {
        for (String line : head.split("\r\n")) {
            String[] field = line.split(":", 2);
            if (field.length == 2 && field[0].toLowerCase(Locale.ROOT).equals("content-length")) {
                try {
                    return Integer.parseUnsignedInt(field[1].strip(), 10) & Integer.MAX_VALUE;
                } catch (NumberFormatException e) {
                    throw new IOException("no length: " + line, e);
                }
            }
        }
        return 0;
    }

    /** A question for an address; the number is in the name's second label. */
    private static byte[] query(long number, int offset) {
        int second = DNS_HEADER + 1 + MOST_LABEL;
        ByteBuffer query = ByteBuffer.allocate(second + 1 + MOST_LABEL + 1 + 4);
        query.putShort((short) number)
                .putShort((short) DNS_QUERY_FLAGS)
                .putShort((short) 1)
                .putShort((short) 0)
                .putInt(0);
        query.put((byte) MOST_LABEL).put("T".repeat(MOST_LABEL).getBytes(StandardCharsets.US_ASCII));
        query.put((byte) MOST_LABEL)
                .put(Numbering.text(number, second + 1, MOST_LABEL, offset).getBytes(StandardCharsets.US_ASCII));
        return query.put((byte) 0).putShort((short) 1).putShort((short) 1).array();
    }

    /** The question again, and the address 192.0.2.9, not to be remembered. Without whatever came behind the question. */
    private static byte[] dnsAnswer(byte[] query) {
        int at = DNS_HEADER;
        while (at < query.length && query[at] != 0) {
            at += 1 + (query[at] & 0xff);
        }
        int end = at + 1 + 4;
        if (at >= query.length || end > query.length) {
            return new byte[0];
        }
        ByteBuffer answer = ByteBuffer.allocate(end + 16);
        answer.put(query, 0, end);
        answer.putShort(2, (short) DNS_ANSWER_FLAGS).putShort(6, (short) 1).putInt(8, 0);
        answer.putShort((short) (0xc000 | DNS_HEADER)).putShort((short) 1).putShort((short) 1);
        answer.putInt(0).putShort((short) 4).put(new byte[] {(byte) 192, 0, 2, 9});
        return answer.array();
    }
}
