package traitrace.lineage;

import com.carrotsearch.hppc.LongObjectHashMap;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Which skbs carried which sequence numbers of a TCP flow, lately.
 *
 * <p>The key is the flow in one direction as it stands in one network namespace, so that NAT and the same addresses in
 * two namespaces do not meet. Sequence numbers compare modulo 2^32.
 */
final class TcpFlows {
    /** Of a flow at first, and as many as a reader may leave in its queue. */
    private static final int FEW_SEGMENTS = 32;

    private static final int SEGMENTS = 4096;
    private static final long IDLE_NS = 30_000_000_000L;

    private final LongObjectHashMap<Segments> flows = new LongObjectHashMap<>();

    static long key(long flow, long netns) {
        return Fingerprint.mix(flow, netns);
    }

    void put(Skb skb, long now) {
        long key = key(skb.flow, skb.netns);
        Segments segments = flows.get(key);
        if (segments == null) {
            segments = new Segments();
            flows.put(key, segments);
        }
        segments.put(skb, now);
    }

    /** The last skb, other than this one, whose sequence numbers hold all of {@code [from, to)}; or null. */
    Skb holding(long flow, long netns, long from, long to, Skb except) {
        Segments segments = flows.get(key(flow, netns));
        return segments == null ? null : segments.holding(from, to, except);
    }

    /** Every skb, other than this one, with sequence numbers in {@code [from, to)}. */
    void overlapping(long flow, long netns, long from, long to, Skb except, Consumer<Skb> each) {
        Segments segments = flows.get(key(flow, netns));
        if (segments != null) {
            segments.overlapping(from, to, except, each);
        }
    }

    /**
     * The skbs with data in {@code [from, to)} that sockets of a namespace took, of whatever flow: for where the kernel
     * does not tell the flow. None if there is more than one that it can be.
     */
    List<Skb> accepted(long netns, long from, long to) {
        List<Skb> found = new ArrayList<>();
        long flow = 0;
        for (var entry : flows) {
            int before = found.size();
            entry.value.overlapping(from, to, null, skb -> {
                if (skb.netns == netns && skb.accepted && !skb.dropped && !found.contains(skb)) {
                    found.add(skb);
                }
            });
            if (found.size() > before) {
                if (flow != 0) {
                    return List.of();
                }
                flow = entry.key;
            }
        }
        return found;
    }

    void expire(long now) {
        flows.removeAll((key, segments) -> now - segments.time > IDLE_NS);
    }

    int size() {
        return flows.size();
    }

    /** a < b, modulo 2^32. */
    static boolean before(long a, long b) {
        return (int) (a - b) < 0;
    }

    private static final class Segments {
        private Skb[] skbs = new Skb[FEW_SEGMENTS];
        private long count;
        private long time;

        void put(Skb skb, long now) {
            time = now;
            if (count > 0 && skbs[slot(count - 1)] == skb) {
                return;
            }
            if (count >= skbs.length && skbs.length < SEGMENTS) {
                grow();
            }
            skbs[slot(count++)] = skb;
        }

        private int slot(long number) {
            return (int) (number % skbs.length);
        }

        private void grow() {
            Skb[] few = skbs;
            skbs = new Skb[few.length * 2];
            for (long i = count - few.length; i < count; i++) {
                skbs[slot(i)] = few[(int) (i % few.length)];
            }
        }

        Skb holding(long from, long to, Skb except) {
            for (long i = count - 1; i >= Math.max(0, count - skbs.length); i--) {
                Skb skb = skbs[slot(i)];
                if (skb != except && !before(from, skb.sequence) && !before(skb.sequenceEnd(), to)) {
                    return skb;
                }
            }
            return null;
        }

        void overlapping(long from, long to, Skb except, Consumer<Skb> each) {
            for (long i = Math.max(0, count - skbs.length); i < count; i++) {
                Skb skb = skbs[slot(i)];
                if (skb != except
                        && skb.payloadLength > 0
                        && before(skb.sequence, to)
                        && before(from, skb.sequence + skb.payloadLength)) {
                    each.accept(skb);
                }
            }
        }
    }
}
