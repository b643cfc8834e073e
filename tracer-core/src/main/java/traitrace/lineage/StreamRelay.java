package traitrace.lineage;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.function.LongPredicate;
import traitrace.event.Transfer;
import traitrace.event.Transfer.Part;

/**
 * Which byte of one TCP stream is which of another, for the streams of one process.
 *
 * <p>Once a byte that was sent is known to be one that was received, those that follow it in the one stream are those
 * that follow it in the other, until hashes of the same bytes say otherwise. Where no hash can tell, that is believed of
 * a relay that has passed on everything from the first byte seen, while no third stream may be meant, and within bytes of a receive that were shown to be
 * the same; a proxy that puts headers of its own between bodies gets no such credit.
 */
final class StreamRelay {
    private static final int MOST_STREAMS = 1024;
    private static final int MOST_RECEIVES = 256;
    private static final long LIFETIME_NS = 10_000_000_000L;

    /** What came in by a stream. */
    private static final class Incoming {
        private final long first;
        private final Deque<Receive> receives = new ArrayDeque<>(4);

        Incoming(long first) {
            this.first = first;
        }
    }

    /**
     * @param in the stream that is passed on
     * @param distance from a sequence number sent to that received of the same byte, modulo 2^32
     * @param end the sequence number behind the last byte that was followed
     * @param shown the last receive of which bytes were shown to be the same
     */
    private record Anchor(long in, int distance, long end, Receive shown, boolean transparent) {}

    private final PayloadIndex payloads;
    private final Recent<Long, Incoming> incoming = new Recent<>(MOST_STREAMS);
    private final Recent<Long, Long> firstSent = new Recent<>(MOST_STREAMS);
    private final Recent<Long, Anchor> anchors = new Recent<>(MOST_STREAMS);

    /** @param payloads what the process has received: bytes that many streams have say nothing of any of them */
    StreamRelay(PayloadIndex payloads) {
        this.payloads = payloads;
    }

    void received(Receive receive) {
        Transfer transfer = receive.transfer();
        if (!transfer.stream()) {
            return;
        }
        Incoming in = incoming.computeIfAbsent(ProcessSockets.key(transfer), key -> new Incoming(transfer.seq()));
        in.receives.add(receive);
        while (in.receives.size() > MOST_RECEIVES
                || receive.time() - in.receives.peek().time() > LIFETIME_NS) {
            in.receives.poll();
        }
    }

    /** The process sends: from where on its stream is known is remembered. */
    void sends(Transfer send) {
        if (send.stream()) {
            firstSent.putIfAbsent(ProcessSockets.key(send), send.seq());
        }
    }

    /** These bytes of a send were shown to be ones that were received. */
    void anchor(Transfer send, Feed feed) {
        Transfer from = feed.receive().transfer();
        if (!send.stream() || !from.stream() || ProcessSockets.same(send, from)) {
            return;
        }
        long out = send.seq() + feed.at();
        int distance = (int) (from.seq() + feed.offset() - out);
        Incoming in = incoming.get(ProcessSockets.key(from));
        Long first = firstSent.get(ProcessSockets.key(send));
        boolean transparent = in != null && first != null && (int) (in.first - first) == distance;
        anchors.put(
                ProcessSockets.key(send),
                new Anchor(
                        ProcessSockets.key(from),
                        distance,
                        out + feed.length() & 0xffffffffL,
                        feed.receive(),
                        transparent));
    }

    /**
     * What bytes of a part that is sent are, by where they stand in their stream.
     *
     * @param skip bytes of the part of which that is known already
     * @param at offset of the part in the bytes of the send
     * @param alone of the receives that were not passed on, none is of a third stream
     */
    List<Feed> follow(Transfer send, Part part, long at, long skip, LongPredicate alone) {
        Anchor anchor = send.stream() ? anchors.get(ProcessSockets.key(send)) : null;
        long start = send.seq() + at;
        if (anchor == null || skip >= part.len() || (int) (start + skip - anchor.end()) != 0) {
            return List.of();
        }
        List<Feed> feeds = feeds(anchor, start, at, skip, part.len());
        if (feeds.isEmpty()) {
            return feeds;
        }
        Likeness likeness = likeness(feeds, part, at);
        boolean shown = feeds.stream().allMatch(feed -> feed.receive() == anchor.shown());
        boolean believed = shown || anchor.transparent() && alone.test(anchor.in());
        if (likeness == Likeness.UNEQUAL || likeness == Likeness.UNKNOWN && !believed) {
            anchors.remove(ProcessSockets.key(send));
            return List.of();
        }
        Receive last = likeness == Likeness.EQUAL ? feeds.get(feeds.size() - 1).receive() : anchor.shown();
        anchors.put(
                ProcessSockets.key(send),
                new Anchor(
                        anchor.in(), anchor.distance(), start + part.len() & 0xffffffffL, last, anchor.transparent()));
        return feeds;
    }

    /** All bytes from {@code skip} on, if all of them were received and that is remembered. */
    private List<Feed> feeds(Anchor anchor, long start, long at, long skip, long length) {
        Incoming in = incoming.get(anchor.in());
        List<Feed> feeds = new ArrayList<>(1);
        if (in == null) {
            return feeds;
        }
        long done = skip;
        for (Iterator<Receive> all = in.receives.iterator(); all.hasNext() && done < length; ) {
            Receive receive = all.next();
            int offset =
                    (int) (start + done + anchor.distance() - receive.transfer().seq());
            if (offset >= 0 && offset < receive.transfer().bytes()) {
                long taken = Math.min(receive.transfer().bytes() - offset, length - done);
                feeds.add(new Feed(at + done, taken, receive, offset, Relation.BYTES));
                done += taken;
            }
        }
        return done < length ? List.of() : feeds;
    }

    private static Likeness telling(Likeness likeness, boolean oneStream) {
        return likeness == Likeness.EQUAL && !oneStream ? Likeness.UNKNOWN : likeness;
    }

    /** What hashes say where a part that was received begins or ends with the part that is sent. */
    private Likeness likeness(List<Feed> feeds, Part sent, long at) {
        Likeness likeness = Likeness.UNKNOWN;
        for (Feed feed : feeds) {
            long offset = 0;
            for (Part part : feed.receive().transfer().parts()) {
                long from = feed.at() - at - feed.offset() + offset;
                if (from == 0) {
                    likeness =
                            likeness.and(telling(Likeness.inFull(part, sent), payloads.beginsInOneStream(part, sent)));
                }
                if (from + part.len() == sent.len()) {
                    likeness =
                            likeness.and(telling(Likeness.fromEnd(part, sent), payloads.endsInOneStream(part, sent)));
                }
                offset += part.len();
            }
        }
        return likeness;
    }
}
