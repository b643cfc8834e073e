package traitrace.lineage;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import traitrace.event.Transfer;

/**
 * What sockets put into pipes by splice(2), and in which order it comes out: a pipe is first in, first out (fs/pipe.c).
 *
 * <p>What a program writes into a pipe itself is not told. If more comes out than was seen to go in, it did: then what
 * is in the pipe is unknown.
 */
final class Pipes {
    private static final int MOST_PIPES = 4096;
    private static final int MOST_WAITING = 1024;
    private static final long LIFETIME_NS = 10_000_000_000L;

    /** @param taken bytes that have come out */
    private record Filling(Receive receive, long taken) {
        long left() {
            return receive.transfer().bytes() - taken;
        }
    }

    private final Recent<Long, Deque<Filling>> pipes = new Recent<>(MOST_PIPES);

    void received(Receive receive) {
        Deque<Filling> filling = pipes.computeIfAbsent(receive.transfer().pipe(), pipe -> new ArrayDeque<>(2));
        // What stays for so long is a closed pipe's, whose address is another's now, or its send was not seen.
        if (filling.size() >= MOST_WAITING || !filling.isEmpty() && old(filling.peek(), receive.time())) {
            filling.clear();
        }
        filling.add(new Filling(receive, 0));
    }

    /** What was sent out of a pipe. */
    List<Feed> sent(Transfer send) {
        List<Feed> feeds = new ArrayList<>(1);
        Deque<Filling> filling = pipes.get(send.pipe());
        if (filling == null || old(filling.peek(), send.timeNs())) {
            pipes.remove(send.pipe());
            return feeds;
        }
        long at = 0;
        while (at < send.bytes() && !filling.isEmpty()) {
            Filling next = filling.poll();
            long length = Math.min(next.left(), send.bytes() - at);
            feeds.add(new Feed(at, length, next.receive(), next.taken(), Relation.MEMORY));
            if (length < next.left()) {
                filling.addFirst(new Filling(next.receive(), next.taken() + length));
            }
            at += length;
        }
        if (filling.isEmpty()) {
            pipes.remove(send.pipe());
        }
        return at < send.bytes() ? List.of() : feeds;
    }

    private static boolean old(Filling filling, long now) {
        return now - filling.receive().time() > LIFETIME_NS;
    }
}
