package traitrace.lineage;

import com.carrotsearch.hppc.LongObjectHashMap;
import java.util.ArrayList;
import java.util.List;

/**
 * The fragments that wait in the kernel's queues for the rest of their datagram (net/ipv4/inet_fragment.c).
 *
 * <p>A queue goes by its address, which is another queue's later: it is closed when its datagram is whole, and what a
 * queue held that was given up is told by the ends of its fragments.
 */
final class FragmentQueues {
    /** The kernel gives a datagram up after 30 s, a reassembling firewall after 60 s. */
    private static final long IDLE_NS = 120_000_000_000L;
    /** A datagram of 64 KiB in the smallest fragments. */
    private static final int LONGEST = 8192;

    private static final class Queue {
        private final List<Skb> fragments = new ArrayList<>(4);
        private long time;
    }

    private final LongObjectHashMap<Queue> queues = new LongObjectHashMap<>();

    void insert(long address, Skb fragment, long now) {
        Queue queue = queues.get(address);
        if (queue == null) {
            queue = new Queue();
            queues.put(address, queue);
        }
        // While a queue lives, so do its fragments: those of the one that was here before do not.
        if (!queue.fragments.isEmpty() && !queue.fragments.get(0).open) {
            queue.fragments.removeIf(skb -> !skb.open);
        }
        if (queue.fragments.size() < LONGEST) {
            queue.fragments.add(fragment);
        }
        queue.time = now;
    }

    /** The fragments of the datagram that is whole now; the queue is forgotten. */
    List<Skb> finish(long address) {
        Queue queue = queues.remove(address);
        return queue == null ? List.of() : queue.fragments;
    }

    /** Forgets queues that the kernel has given up. */
    void expire(long now) {
        queues.removeAll((address, queue) -> now - queue.time > IDLE_NS);
    }

    int size() {
        return queues.size();
    }
}
