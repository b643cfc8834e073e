package traitrace.lineage;

import java.util.ArrayDeque;
import java.util.Deque;
import traitrace.event.Transfer;

/**
 * Which bytes of TCP streams were written at once, by a call for example, and which skbs carry them.
 *
 * <p>TCP sends when it may: in the call that wrote, before its end is told, or long after. So both are remembered for a while, and
 * each pair that has bytes in common is told once. Sequence numbers compare modulo 2^32.
 */
final class SentStreams {
    private static final int MOST_STREAMS = 4096;
    private static final int MOST_WRITES = 64;
    private static final int MOST_SKBS = 256;
    private static final long LIFETIME_NS = 30_000_000_000L;

    /** Takes bytes {@code [from, to)}, of those that were written, which an skb carries. */
    @FunctionalInterface
    interface Carried {
        void accept(Skb skb, long from, long to);
    }

    /**
     * Bytes that were written at once.
     *
     * @param sequence of the first
     */
    private record Written(long sequence, long bytes, Carried carried) {}

    private record Segment(Skb skb, long sequence, long length, long timeNs) {}

    private static final class Stream {
        private final Deque<Written> writes = new ArrayDeque<>(4);
        private final Deque<Segment> segments = new ArrayDeque<>(4);
        private long time;
    }

    private final Recent<Long, Stream> streams = new Recent<>(MOST_STREAMS);

    /** @param sequence number of the first byte in the stream that the socket sends */
    void written(long socket, long sequence, long bytes, long now, Carried carried) {
        Stream stream = stream(socket, now);
        Written written = new Written(sequence, bytes, carried);
        stream.writes.add(written);
        if (stream.writes.size() > MOST_WRITES) {
            stream.writes.poll();
        }
        stream.segments.forEach(segment -> pair(written, segment));
    }

    /** When the first bytes of a send, which is only told at its end, were handed on; MAX_VALUE = not yet. */
    long firstTransmitted(Transfer send) {
        Stream stream = streams.get(send.socket());
        if (stream == null) {
            return Long.MAX_VALUE;
        }
        return stream.segments.stream()
                .filter(segment -> carries(send, segment))
                .mapToLong(Segment::timeNs)
                .min()
                .orElse(Long.MAX_VALUE);
    }

    private static boolean carries(Transfer send, Segment segment) {
        int from = (int) (segment.sequence() - send.seq());
        return from < send.bytes() && from + segment.length() > 0;
    }

    /** The socket hands an skb with its headers on. */
    void transmitted(long socket, Skb skb, long now) {
        Stream stream = stream(socket, now);
        Segment segment = new Segment(skb, skb.sequence, skb.payloadLength, now);
        stream.segments.add(segment);
        if (stream.segments.size() > MOST_SKBS) {
            stream.segments.poll();
        }
        stream.writes.forEach(written -> pair(written, segment));
    }

    void expire(long now) {
        streams.values().removeIf(stream -> now - stream.time > LIFETIME_NS);
    }

    int size() {
        return streams.size();
    }

    private Stream stream(long socket, long now) {
        Stream stream = streams.computeIfAbsent(socket, s -> new Stream());
        stream.time = now;
        return stream;
    }

    private static void pair(Written written, Segment segment) {
        long from = Math.max(0, (int) (segment.sequence() - written.sequence()));
        long to = Math.min(written.bytes(), (int) (segment.sequence() + segment.length() - written.sequence()));
        if (from < to) {
            written.carried().accept(segment.skb(), from, to);
        }
    }
}
