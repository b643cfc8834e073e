package traitrace.lineage;

import com.carrotsearch.hppc.LongHashSet;
import com.carrotsearch.hppc.LongObjectHashMap;
import java.util.ArrayDeque;
import java.util.Iterator;
import traitrace.event.EventView;

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

    private static final long STALE_NS = 1_000_000_000;
    private static final int MOST_RECEIPTS = 16;
    /** A reader on another CPU overtakes the report by microseconds. */
    private static final long RECEIPT_WAITS_NS = 2_000_000;

    private final LongObjectHashMap<ArrayDeque<Receipt>> waiting = new LongObjectHashMap<>();

    /**
     * A task took a datagram.
     *
     * @param record the record of it, a copy
     */
    record Receipt(Receive receive, EventView record) {
        long time() {
            return receive.time();
        }

        long bytes() {
            return receive.transfer().bytes();
        }
    }

    /** The receipt of a datagram that was told to be queued later, and whether it can be no other's. */
    record Late(Receipt receipt, boolean certain) {}

    /** What was taken, and whether the order of the queue left no other choice. */
    record Taken(Skb skb, boolean certain) {}

    /** What is in these queues is not all known. */
    private final LongHashSet doubtful = new LongHashSet();
    /** In these, what is now first was not told to be queued: what is taken next is that one, and may be told yet. */
    private final LongHashSet untoldFirst = new LongHashSet();

    /**
     * An skb was told to be queued a second time: two were queued at once, and the other was not told.
     *
     * <p>sk_data_ready is called when the queue's lock is let go: whoever looks then for what was queued last may find
     * what another CPU has queued since.
     */
    void queuedAgain(long socket) {
        if (queues.containsKey(socket) && doubtful.size() < LONGEST) {
            doubtful.add(socket);
        }
    }

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
     * A datagram was taken. Null if none that was seen to be queued can have been it.
     *
     * @param nextId the skb now first in the queue; 0 = none, or none that is known
     * @param empty nothing is in the queue now
     */
    Taken taken(long socket, long nextId, boolean empty, long bytes) {
        boolean untold = untoldFirst.remove(socket);
        if (nextId == 0 && !empty && untoldFirst.size() < LONGEST) {
            untoldFirst.add(socket);
        }
        ArrayDeque<Skb> queue = queues.get(socket);
        if (queue == null) {
            return null;
        }
        Taken taken;
        if (empty) {
            taken = newest(queue, bytes);
        } else {
            taken = nextId == 0 ? oldest(queue, bytes) : before(queue, nextId, bytes);
        }
        // What is much older than one that was taken was taken before it: only the receipt was not seen.
        while (taken != null && !queue.isEmpty() && taken.skb().time - queue.peek().time > STALE_NS) {
            queue.poll();
        }
        boolean doubted = untold || doubtful.contains(socket);
        if (taken != null && !taken.certain()) {
            // With several readers, what is left may be what this one got.
            doubtful.add(socket);
        }
        if (queue.isEmpty()) {
            queues.remove(socket);
            doubtful.remove(socket);
        }
        return taken != null && doubted ? new Taken(taken.skb(), false) : taken;
    }

    /**
     * A datagram was in the queue so shortly that it was seen to be put there only after it had been taken.
     *
     * @return the receipt of it that waited, not certain if more than one did; null if the reader has not come back yet
     */
    Late queuedAndTaken(long socket, Skb skb, long now) {
        ArrayDeque<Receipt> receipts = waiting.get(socket);
        Receipt receipt = null;
        boolean only = receipts != null && receipts.size() == 1 && !queues.containsKey(socket);
        while (receipts != null && receipt == null && !receipts.isEmpty()) {
            Receipt oldest = receipts.poll();
            boolean possible = now - oldest.time() <= RECEIPT_WAITS_NS && oldest.time() >= skb.arrived;
            receipt = possible && fits(skb, oldest.bytes()) ? oldest : null;
        }
        if (receipts != null && receipts.isEmpty()) {
            waiting.remove(socket);
        }
        if (receipt == null) {
            queued(socket, skb);
        }
        return receipt == null ? null : new Late(receipt, only);
    }

    /** Nothing that was seen to be queued can have been taken: what was may still be told. */
    void waitForQueued(long socket, Receipt receipt) {
        ArrayDeque<Receipt> receipts = waiting.get(socket);
        if (receipts == null) {
            receipts = new ArrayDeque<>(2);
            waiting.put(socket, receipts);
        }
        if (receipts.size() == MOST_RECEIPTS) {
            receipts.poll();
        }
        receipts.add(receipt);
    }

    /** Forgets receipts that wait for nothing. */
    void expire(long now) {
        waiting.removeAll((socket, receipts) -> now - receipts.peekLast().time() > RECEIPT_WAITS_NS);
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
            // More than one before the next: the receipts of the earlier ones were not seen, or come yet.
            taken = new Taken(skb, taken == null && fits(skb, bytes));
        }
        return taken;
    }

    /** Of several, the one that came last: the queue would not be empty otherwise. */
    private static Taken newest(ArrayDeque<Skb> queue, long bytes) {
        boolean only = queue.size() == 1;
        Skb skb = queue.pollLast();
        return skb == null ? null : new Taken(skb, only && fits(skb, bytes));
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
