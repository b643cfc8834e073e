package traitrace.lineage;

import com.carrotsearch.hppc.LongObjectHashMap;

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
    private final LongObjectHashMap<Skb> byKey;
    private long head;
    private long tail;

    /** @param capacity a power of two */
    RecentSkbs(int capacity, long lifetimeNs) {
        this.keys = new long[capacity];
        this.times = new long[capacity];
        this.skbs = new Skb[capacity];
        this.lifetimeNs = lifetimeNs;
        this.byKey = new LongObjectHashMap<>();
    }

    /** The skb put last under this key; null if there is none or it is too old. */
    Skb get(long key, long now) {
        expire(now);
        return byKey.get(key);
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
        tail++;
        byKey.put(key, skb);
    }

    private void expire(long now) {
        int mask = keys.length - 1;
        while (head < tail && now - times[(int) (head & mask)] > lifetimeNs) {
            drop();
        }
    }

    private void drop() {
        int at = (int) (head & keys.length - 1);
        // A later skb under the same key stays.
        if (byKey.get(keys[at]) == skbs[at]) {
            byKey.remove(keys[at]);
        }
        skbs[at] = null;
        head++;
    }
}
