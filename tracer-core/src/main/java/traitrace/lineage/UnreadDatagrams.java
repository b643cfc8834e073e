package traitrace.lineage;

import com.carrotsearch.hppc.LongObjectHashMap;
import java.util.ArrayDeque;

/**
 * Datagrams that were put into the receive queues of UDP sockets, where the kernel tells who takes them. It may fail to:
 * a program that another task holds up is skipped. Then the call of the reader tells that there was one.
 */
final class UnreadDatagrams {
    private static final int LONGEST = 65_536;
    /** A call ends microseconds after it has taken a datagram, unless another task holds it up. */
    private static final long CALL_NS = 1_000_000_000;

    private final LongObjectHashMap<ArrayDeque<Skb>> queues = new LongObjectHashMap<>();

    void queued(long socket, Skb skb) {
        ArrayDeque<Skb> queue = queues.get(socket);
        if (queue == null) {
            queue = new ArrayDeque<>(2);
            queues.put(socket, queue);
        }
        if (queue.size() == LONGEST) {
            queue.poll();
        }
        queue.add(skb);
        skb.queue = socket;
    }

    /** It was told that this skb was taken, or dropped. */
    void left(Skb skb) {
        ArrayDeque<Skb> queue = queues.get(skb.queue);
        if (queue != null) {
            queue.remove(skb);
            if (queue.isEmpty()) {
                queues.remove(skb.queue);
            }
        }
        skb.queue = 0;
    }

    /**
     * A reader got a datagram, and it was not told which: one that is freed by now, else the first.
     *
     * @return certain if no other is possible; null if none is
     */
    SocketQueues.Taken taken(long socket) {
        ArrayDeque<Skb> queue = queues.get(socket);
        if (queue == null) {
            return null;
        }
        long freed = queue.stream().filter(skb -> !skb.open).count();
        Skb skb = queue.stream().filter(s -> freed == 0 || !s.open).findFirst().orElseThrow();
        boolean only = freed == 1 || queue.size() == 1;
        left(skb);
        return new SocketQueues.Taken(skb, only);
    }

    /** Forgets what was freed so long ago that no reader will tell of it: not all are processes. */
    void expire(long now) {
        queues.removeAll((socket, queue) -> {
            queue.removeIf(skb -> skb.packet.finished || !skb.open && now - skb.time > CALL_NS);
            return queue.isEmpty();
        });
    }

    /** Sockets with something in their queue. */
    int size() {
        return queues.size();
    }
}
