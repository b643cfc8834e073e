package traitrace.lineage;

import java.util.List;
import traitrace.event.Transfer;

/**
 * Which socket a process passes on through which, learned from links that were found otherwise, and what it does to the
 * bytes: a relay sends as many as it got, a VPN daemon a few more or fewer each time.
 */
final class Pairs {
    private static final int MOST = 1024;
    private static final int TWICE = 2;

    /**
     * @param in what is passed on
     * @param more bytes sent than received
     * @param times one after another that it was so
     * @param distance of a TCP stream: from a sequence number sent to the one received of the same byte, modulo 2^32
     */
    private record Pair(long in, long more, int times, int distance) {}

    private final Recent<Long, Pair> pairs = new Recent<>(MOST);

    /** A send was found to pass on a receive. */
    void learn(Transfer send, Receive receive) {
        Transfer from = receive.transfer();
        if (ProcessSockets.same(send, from)) {
            return;
        }
        long more = send.bytes() - from.bytes();
        int distance = (int) (from.seq() - send.seq());
        Pair before = pairs.get(ProcessSockets.key(send));
        boolean same = before != null && before.in() == ProcessSockets.key(from) && before.more() == more;
        pairs.put(
                ProcessSockets.key(send),
                new Pair(ProcessSockets.key(from), more, same ? before.times() + 1 : 1, distance));
    }

    /**
     * What a send passes on, if the process goes on as it did; null if that is not clear.
     *
     * @param unconsumed of the process, oldest first
     */
    Receive next(Transfer send, List<Receive> unconsumed) {
        Pair pair = pairs.get(ProcessSockets.key(send));
        if (pair == null || pair.times() < TWICE) {
            return null;
        }
        for (Receive receive : unconsumed) {
            Transfer from = receive.transfer();
            if (ProcessSockets.key(from) == pair.in()) {
                boolean fits = from.bytes() + pair.more() == send.bytes();
                boolean inPlace = !send.stream()
                        || !from.stream()
                        || (int) (from.seq() - send.seq()) == pair.distance() && pair.more() == 0;
                // The next in order or none: what does not fit ends the order.
                return fits && inPlace ? receive : null;
            }
        }
        return null;
    }
}
