package traitrace.lineage;

import com.carrotsearch.hppc.LongLongHashMap;

/**
 * The last skb for a key, for a while: a bounded index for rules that look for the same bytes.
 *
 * <p>The oldest entries go first when it is full or when they are old.
 */
final class RecentSkbs {
    private final long[] keys;
    private final long[] times;
    private final Skb[] skbs;
    private final long lifetimeNs;
    /** The number of the last entry of each key; entry n is at n modulo the capacity. */
    private final LongLongHashMap byKey = new LongLongHashMap();

    private long head;
    private long tail;

    /** @param capacity a power of two */
    RecentSkbs(int capacity, long lifetimeNs) {
        this.keys = new long[capacity];
        this.times = new long[capacity];
        this.skbs = new Skb[capacity];
        this.lifetimeNs = lifetimeNs;
    }

    /** The skb put last under this key; null if there is none or it is too old. */
    Skb get(long key, long now) {
        expire(now);
        long entry = byKey.getOrDefault(key, -1);
        return entry < 0 ? null : skbs[(int) (entry & keys.length - 1)];
    }

    void put(long key, Skb skb, long now) {
        expire(now);
        int mask = keys.length - 1;
        if (tail - head == keys.length) {
            drop();
        }
        keys[(int) (tail & mask)] = key;
        times[(int) (tail & mask)] = now;
        skbs[(int) (tail & mask)] = skb;
        byKey.put(key, tail++);
    }

    private void expire(long now) {
        int mask = keys.length - 1;
        while (head < tail && now - times[(int) (head & mask)] > lifetimeNs) {
            drop();
        }
    }

    private void drop() {
        int at = (int) (head & keys.length - 1);
        // A later entry of the same key stays.
        if (byKey.getOrDefault(keys[at], -1) == head) {
            byKey.remove(keys[at]);
        }
        skbs[at] = null;
        head++;
    }
}
