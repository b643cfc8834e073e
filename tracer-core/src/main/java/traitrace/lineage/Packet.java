package traitrace.lineage;

import com.carrotsearch.hppc.LongArrayList;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import traitrace.event.EventLayout;
import traitrace.event.EventSink;
import traitrace.event.EventView;

/**
 * One packet's records, over all its skbs, and the edges between them.
 *
 * <p>Records are kept as the ABI's own bytes: a finished packet can be read, written to a file and turned into a
 * timeline by the code that does so for live events. In the kept copies the reserved 16-bit field holds the number of
 * events of that skb known to be lost just before (65,535 = that many or more). In those of transfers, packet id and
 * skb id stand in place of the socket and its cookie.
 *
 * <p>Owned by {@link Lineage} until it is finished; not changed afterwards.
 */
public final class Packet {
    /** Offset of the number of lost events in a kept record. */
    public static final int MISSING = 62;

    private static final int FIRST_BYTES = 1024;
    /** As many clients as a proxy may serve at a time, and some. */
    static final int MOST_CANDIDATES = 64;

    private final long id;
    private byte[] bytes = new byte[FIRST_BYTES];
    private int end;
    private int records;
    private final List<Edge> edges = new ArrayList<>(2);
    private final List<Skb> skbs = new ArrayList<>(1);
    private long firstTime = Long.MAX_VALUE;
    private long lastTime;

    /** Ids of packets that it may come from, where nothing tells from which. */
    private final LongArrayList candidates = new LongArrayList(0);

    boolean delivered;
    /** A process has taken it, or bytes of it, and did not only look at them. */
    boolean taken;
    /** The process that has; 0 = none that is known. */
    int reader;

    /** Something is about to be told, of what it was made or what is made of it. */
    boolean awaited;

    boolean transmitted;
    boolean dropped;
    boolean finished;
    /** Nothing of it was seen but its reader, and nothing tells what was read. */
    boolean orphan;

    /** Neighbours in the list that it waits in. */
    Packet previous;

    Packet next;
    PacketList list;

    Packet(long id) {
        this.id = id;
    }

    public long id() {
        return id;
    }

    /** CLOCK_MONOTONIC, ns. */
    public long firstTime() {
        return firstTime;
    }

    /** CLOCK_MONOTONIC, ns. */
    public long lastTime() {
        return lastTime;
    }

    public int records() {
        return records;
    }

    /** In order of time. */
    public List<Edge> edges() {
        return edges.stream().sorted(Comparator.comparingLong(Edge::timeNs)).toList();
    }

    /**
     * Where a process sent it and had received several packets of which nothing tells which it was because of: their
     * ids, newest first, at most {@value #MOST_CANDIDATES}. Empty where that is known, or there are none.
     */
    public List<Long> candidates() {
        return Arrays.stream(candidates.toArray()).boxed().toList();
    }

    void addCandidate(long packetId) {
        if (candidates.size() < MOST_CANDIDATES && packetId != id && !candidates.contains(packetId)) {
            candidates.add(packetId);
        }
    }

    void clearCandidates() {
        candidates.clear();
    }

    /** Hands on its records in order of time; the view is valid only during the call. */
    public void forEach(EventSink sink) {
        ByteBuffer buffer = ByteBuffer.wrap(bytes, 0, end).order(ByteOrder.LITTLE_ENDIAN);
        EventView view = new EventView();
        long[] order = new long[records];
        int[] offsets = new int[records];
        int at = 0;
        boolean sorted = true;
        for (int i = 0; i < records; i++) {
            view.wrap(buffer, at, end - at);
            order[i] = view.time();
            offsets[i] = at;
            sorted &= i == 0 || order[i - 1] <= order[i];
            at += length(view);
        }
        if (!sorted) {
            offsets = byTime(order, offsets);
        }
        for (int offset : offsets) {
            view.wrap(buffer, offset, end - offset);
            view.wrap(buffer, offset, length(view));
            sink.accept(view);
        }
    }

    /** Stable: records of the same time stay in the order in which they came. */
    private static int[] byTime(long[] times, int[] offsets) {
        Integer[] order = new Integer[times.length];
        Arrays.setAll(order, i -> i);
        Arrays.sort(order, (a, b) -> Long.compare(times[a], times[b]));
        int[] sorted = new int[offsets.length];
        for (int i = 0; i < order.length; i++) {
            sorted[i] = offsets[order[i]];
        }
        return sorted;
    }

    private static int length(EventView view) {
        return view.recordBytes();
    }

    /** Keeps a copy of a record; {@code skbId} replaces its own. */
    void add(EventView view, long skbId, int missing) {
        int length = length(view);
        makeRoom(length);
        view.buffer().get(view.offset(), bytes, end, length);
        ByteBuffer copy = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        copy.putLong(end + EventLayout.PACKET_ID, id);
        copy.putLong(end + EventLayout.SKB_ID, skbId);
        copy.putShort(end + MISSING, (short) Math.min(missing, 0xffff));
        end += length;
        records++;
        firstTime = Math.min(firstTime, view.time());
        lastTime = Math.max(lastTime, view.time());
    }

    void add(Edge edge) {
        edges.add(edge);
        lastTime = Math.max(lastTime, edge.timeNs());
    }

    void add(Skb skb) {
        skbs.add(skb);
    }

    List<Skb> skbs() {
        return skbs;
    }

    /** Takes over everything of another packet, which turned out to be this one. */
    void take(Packet other) {
        makeRoom(other.end);
        System.arraycopy(other.bytes, 0, bytes, end, other.end);
        relabel(end, end + other.end);
        end += other.end;
        records += other.records;
        edges.addAll(other.edges);
        for (Skb skb : other.skbs) {
            skb.packet = this;
            skbs.add(skb);
        }
        firstTime = Math.min(firstTime, other.firstTime);
        lastTime = Math.max(lastTime, other.lastTime);
        delivered |= other.delivered;
        transmitted |= other.transmitted;
        dropped |= other.dropped;
        taken |= other.taken;
        awaited |= other.awaited;
        reader = other.reader == 0 ? reader : other.reader;
        other.candidates().forEach(this::addCandidate);
    }

    /**
     * Takes over a packet that a process, or a map of sockets, made of this one: the story goes on there, and what came
     * of this one so far is not its end.
     */
    void goOnAs(Packet other) {
        boolean wasDelivered = other.delivered;
        boolean wasTransmitted = other.transmitted;
        boolean wasDropped = other.dropped;
        boolean wasTaken = other.taken;
        take(other);
        delivered = wasDelivered;
        transmitted = wasTransmitted;
        dropped = wasDropped;
        taken = wasTaken;
        awaited = false;
    }

    /** Writes this packet's id into the records from one offset to another. */
    private void relabel(int from, int to) {
        ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        EventView view = new EventView();
        for (int at = from; at < to; at += length(view.wrap(buffer, at, to - at))) {
            buffer.putLong(at + EventLayout.PACKET_ID, id);
        }
    }

    boolean anyOpen() {
        for (Skb skb : skbs) {
            if (skb.alive()) {
                return true;
            }
        }
        return false;
    }

    /** A TCP socket has data of it, which nobody has read. */
    boolean mayBeRead() {
        return !delivered && skbs.stream().anyMatch(Skb::mayBeRead);
    }

    /** It is in TCP's send queue still, to be sent again if it is lost. */
    boolean mayBeSentAgain() {
        return skbs.stream().anyMatch(skb -> skb.sendQueue && skb.open);
    }

    /** An skb of it is one of TCP's send queue. */
    boolean fromSendQueue() {
        return skbs.stream().anyMatch(skb -> skb.sendQueue);
    }

    boolean has(EdgeKind kind, long parent, long child) {
        return edges.stream()
                .anyMatch(edge -> edge.kind() == kind && edge.parentSkb() == parent && edge.childSkb() == child);
    }

    private void makeRoom(int length) {
        if (end + length > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.max(end + length, bytes.length * 2));
        }
    }
}
