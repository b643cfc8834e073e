package traitrace.lineage;

import com.carrotsearch.hppc.LongHashSet;

/** Ids of what was told already, the newest of them: a record that comes late must not begin a story anew. */
final class FinishedIds {
    private static final int MOST = 1 << 18;

    private final LongHashSet ids = new LongHashSet();
    private final long[] order = new long[MOST];
    private long count;

    boolean contains(long id) {
        return ids.contains(id);
    }

    void add(long id) {
        if (!ids.add(id)) {
            return;
        }
        int at = (int) (count++ & MOST - 1);
        if (count > MOST) {
            ids.remove(order[at]);
        }
        order[at] = id;
    }
}
