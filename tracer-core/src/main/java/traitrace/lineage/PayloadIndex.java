package traitrace.lineage;

import java.util.ArrayList;
import java.util.List;
import traitrace.event.Transfer.Part;

/**
 * What one process got and gave lately, by hashes of the bytes.
 *
 * <p>Equal bytes tell where something came from only if there is one place that it can have come from: bytes that were
 * received twice, or sent before they were received, tell nothing.
 */
final class PayloadIndex {
    private static final int MOST = 8192;
    private static final long LIFETIME_NS = 10_000_000_000L;
    /** Of fewer bytes, two may be alike by chance: a counter, an acknowledgement. */
    private static final int LEAST_BYTES = 32;

    /**
     * @param several more than one receive had these bytes
     * @param scattered receives of more than one socket had
     */
    private record Received(Receive receive, long offset, boolean several, boolean scattered, long time) {}

    /** @param receive what was passed on; null = not one that is known */
    private record Sent(Receive receive, long time) {}

    /** The receive that had these bytes and no other. */
    record Source(Receive receive, long offset, Part part) {}

    private final Recent<Long, Received> received = new Recent<>(MOST);
    private final Recent<Long, Sent> sent = new Recent<>(MOST);

    void received(Receive receive) {
        long offset = 0;
        for (Part part : receive.transfer().parts()) {
            List<Long> keys = keys(part, true);
            if (!keys.isEmpty() && part.len() >= Part.EDGE_BYTES) {
                keys.add(tail(part));
            }
            for (long key : keys) {
                Received before = received.get(key);
                boolean several = before != null && receive.time() - before.time() <= LIFETIME_NS;
                boolean scattered = several
                        && (before.scattered()
                                || !ProcessSockets.same(before.receive().transfer(), receive.transfer()));
                received.put(key, new Received(receive, offset, several, scattered, receive.time()));
            }
            offset += part.len();
        }
    }

    /**
     * Where the bytes of a part that is sent were received; null if nowhere, or if that is not clear.
     *
     * @param stream one side is a stream, which may be cut elsewhere: the first bytes are enough
     */
    Source source(Part part, boolean stream, long now) {
        for (long key : keys(part, stream)) {
            Received found = received.get(key);
            Sent before = sent.get(key);
            boolean clear = found != null && !found.several() && now - found.time() <= LIFETIME_NS;
            boolean repeated = before != null
                    && now - before.time() <= LIFETIME_NS
                    && (found == null || before.receive() != found.receive());
            if (clear && !repeated) {
                Part there = partAt(found.receive(), found.offset());
                return Likeness.inFull(there, part) == Likeness.EQUAL
                        ? new Source(found.receive(), found.offset(), there)
                        : null;
            }
        }
        return null;
    }

    /** @param from what the part was found to pass on; null = nothing that is known */
    void sent(Part part, Receive from, long now) {
        for (long key : keys(part, true)) {
            Sent before = sent.get(key);
            boolean other = before != null && now - before.time() <= LIFETIME_NS && before.receive() != from;
            sent.put(key, new Sent(other ? null : from, now));
        }
    }

    /**
     * What a part that was received and one that is sent have in common at their beginning was received by one socket
     * only, lately: other streams have none such.
     */
    boolean beginsInOneStream(Part part, Part sent) {
        return part.len() == sent.len() && !scattered(whole(part))
                || part.len() >= Part.EDGE_BYTES && !scattered(head(part));
    }

    /** As {@link #beginsInOneStream}, at their end. */
    boolean endsInOneStream(Part part, Part sent) {
        boolean all = part.len() == sent.len() && part.len() <= Part.EDGE_BYTES;
        return all && !scattered(whole(part)) || part.len() >= Part.EDGE_BYTES && !scattered(tail(part));
    }

    /** Also of what is not remembered. */
    private boolean scattered(long key) {
        Received found = received.get(key);
        return found == null || found.scattered();
    }

    private static Part partAt(Receive receive, long offset) {
        long at = 0;
        for (Part part : receive.transfer().parts()) {
            if (at == offset) {
                return part;
            }
            at += part.len();
        }
        throw new IllegalStateException("no part at " + offset);
    }

    private static List<Long> keys(Part part, boolean heads) {
        List<Long> keys = new ArrayList<>(2);
        if (part.hashed() && !Likeness.dull(part) && part.len() >= LEAST_BYTES) {
            keys.add(whole(part));
            if (heads && !part.dull() && part.len() >= Part.EDGE_BYTES) {
                keys.add(head(part));
            }
        }
        return keys;
    }

    private static long whole(Part part) {
        return Fingerprint.mix(Fingerprint.mix(part.whole(), part.len()), 1);
    }

    private static long head(Part part) {
        return Fingerprint.mix(part.head(), 2);
    }

    private static long tail(Part part) {
        return Fingerprint.mix(part.tail(), 3);
    }
}
