package traitrace.lineage;

import com.carrotsearch.hppc.LongObjectHashMap;
import java.util.ArrayDeque;
import java.util.Iterator;

/**
 * The receive queues of UDP sockets, as far as they were seen to fill.
 *
 * <p>The kernel copies a datagram to its reader without a tracepoint, and says only that a socket gave some bytes and
 * which skb is now the first in its queue. The queue is first in, first out (net/ipv4/udp.c), so the datagram taken is
 * the one that stood before that.
 */
final class SocketQueues {
    private static final int LONGEST = 65_536;

    private final LongObjectHashMap<ArrayDeque<Skb>> queues = new LongObjectHashMap<>();

    /** What was taken, and whether the order of the queue left no other choice. */
    record Taken(Skb skb, boolean certain) {}

    void queued(long socket, Skb skb) {
        ArrayDeque<Skb> queue = queues.get(socket);
        if (queue == null) {
            queue = new ArrayDeque<>(2);
            queues.put(socket, queue);
        }
        if (queue.size() < LONGEST) {
            queue.add(skb);
        }
    }

    /**
     * A datagram was taken; {@code nextId} is the skb now first in the queue, 0 = none that is known. Null if none that
     * was seen to be queued can have been taken.
     */
    Taken taken(long socket, long nextId, long bytes) {
        ArrayDeque<Skb> queue = queues.get(socket);
        if (queue == null) {
            return null;
        }
        Taken taken = nextId == 0 ? oldest(queue, bytes) : before(queue, nextId, bytes);
        if (queue.isEmpty()) {
            queues.remove(socket);
        }
        return taken;
    }

    /** A datagram that was dropped in the queue is not read. */
    void dropped(Skb skb) {
        for (var entry : queues) {
            if (entry.value.remove(skb)) {
                if (entry.value.isEmpty()) {
                    queues.remove(entry.key);
                }
                return;
            }
        }
    }

    /** Sockets with something in their queue. */
    int size() {
        return queues.size();
    }

    private static Taken before(ArrayDeque<Skb> queue, long nextId, long bytes) {
        boolean there = false;
        for (Skb skb : queue) {
            there |= skb.id == nextId;
        }
        if (!there) {
            return oldest(queue, bytes);
        }
        Taken taken = null;
        for (Iterator<Skb> all = queue.iterator(); all.hasNext(); ) {
            Skb skb = all.next();
            if (skb.id == nextId) {
                break;
            }
            all.remove();
            // More than one before the next: the receipts of the earlier ones were not seen.
            taken = new Taken(skb, fits(skb, bytes));
        }
        return taken;
    }

    private static Taken oldest(ArrayDeque<Skb> queue, long bytes) {
        boolean only = queue.size() == 1;
        Skb skb = queue.poll();
        return skb == null ? null : new Taken(skb, only && fits(skb, bytes));
    }

    /** The reader may have a smaller buffer; it never gets more than there is. */
    private static boolean fits(Skb skb, long bytes) {
        return skb.udpLength == 0 || bytes <= Math.max(0, skb.udpLength - 8);
    }
}
