package traitrace.event;

import java.util.HashMap;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * Writes records into a sink as the probes would: time goes on, each skb counts its events and stays where it was last,
 * and its packet is the one that it was given first (its own, if none was named).
 */
public final class RecordFeed {
    public static final long START = 5_000_000_000L;
    public static final long MS = 1_000_000L;

    private final EventSink sink;
    private final Map<Long, Integer> counters = new HashMap<>();
    private final Map<Long, Long> packets = new HashMap<>();
    private final Map<Long, EventView> last = new HashMap<>();
    private long now = START;

    public RecordFeed(EventSink sink) {
        this.sink = sink;
    }

    /** The time of the last record. */
    public long now() {
        return now;
    }

    public RecordFeed pass(long ns) {
        now += ns;
        return this;
    }

    /** The next records of this skb never arrive. */
    public RecordFeed lose(long skb, int records) {
        counters.merge(skb, records, Integer::sum);
        return this;
    }

    /** The kernel made {@code child} of {@code parent} and gave it the packet id. */
    public RecordFeed edge(long packet, long parent, long child, int kind, int evidence) {
        return edge(packet, parent, child, kind, evidence, record -> record);
    }

    public RecordFeed edge(
            long packet, long parent, long child, int kind, int evidence, UnaryOperator<RecordBytes> more) {
        packets.put(child, packet);
        now += 1000;
        return raw(more.apply(RecordBytes.edge(now, packet, parent, child, kind, evidence)));
    }

    public RecordFeed see(Hook hook, long skb) {
        return see(hook, skb, record -> record);
    }

    public RecordFeed see(Hook hook, long skb, UnaryOperator<RecordBytes> more) {
        now += 1000;
        int counter = counters.merge(skb, 1, Integer::sum) - 1;
        RecordBytes record = RecordBytes.event(hook, now, packets.getOrDefault(skb, skb), skb, counter);
        EventView before = last.get(skb);
        if (before != null) {
            record.at(before.netns(), before.ifindex()).protocol(before.protocol());
        }
        RecordBytes whole = more.apply(record);
        last.put(skb, whole.view());
        return raw(whole);
    }

    public RecordFeed gone(long skb) {
        now += 1000;
        return raw(RecordBytes.gone(now, packets.getOrDefault(skb, skb), skb));
    }

    /** The kernel was seen to free this skb, where no event tells it. */
    public RecordFeed freed(long skb) {
        now += 1000;
        return raw(RecordBytes.gone(now, packets.getOrDefault(skb, skb), skb).flag(EventLayout.GONE_FREED));
    }

    /** As {@link RecordBytes#redirect}. */
    public RecordFeed redirect(long skb, long socket, long from, long to, int bytes, int evidence) {
        now += 1000;
        long packet = packets.getOrDefault(skb, skb);
        return raw(RecordBytes.redirect(now, packet, skb, socket, from, to, bytes, evidence));
    }

    /** @param nextSkb the skb now first in the socket's queue; 0 = none */
    public RecordFeed receive(long socket, long nextSkb, int bytes, int flags) {
        now += 1000;
        return raw(RecordBytes.receive(now, socket, nextSkb, bytes, flags));
    }

    public RecordFeed receiveLast(long socket, int bytes) {
        now += 1000;
        return raw(RecordBytes.receive(now, socket, 0, bytes, 0).emptied());
    }

    public RecordFeed raw(RecordBytes record) {
        sink.accept(record.view());
        return this;
    }
}
