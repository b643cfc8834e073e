package traitrace.lineage;

import com.carrotsearch.hppc.LongHashSet;
import com.carrotsearch.hppc.LongObjectHashMap;
import java.util.function.Consumer;
import java.util.function.LongPredicate;
import traitrace.event.EventLayout;
import traitrace.event.EventSink;
import traitrace.event.EventView;
import traitrace.event.Hook;

/**
 * Makes packets of events: which skb belongs to which packet, and what was made from what.
 *
 * <p>The kernel gives each record a packet id and an skb id, and tells the edges that it saw ({@code proved}). Here are
 * the rules that need more memory than a probe has: edges by the same bytes or sequence numbers ({@code matched}).
 * Over both, the child's packet becomes the parent's. A rule for which two parents are open finds none.
 *
 * <p>Records come in order of time, with small exceptions. A packet is finished when its story has ended and nothing
 * more came for a while; what is kept at a time is bounded, the packet that was quiet for longest goes first.
 */
public final class Lineage implements EventSink {
    /**
     * How long to wait, and how much to keep.
     *
     * @param settleNs after the end of a packet's story, for clones and for reports that come late
     * @param retransmitNs after a TCP segment was dropped, for its retransmission
     * @param patienceNs for a packet whose story has not ended
     * @param packets kept at a time, at least 1
     */
    public record Limits(long settleNs, long retransmitNs, long patienceNs, int packets) {
        public static final Limits DEFAULT = new Limits(200_000_000L, 1_300_000_000L, 5_000_000_000L, 200_000);
    }

    private static final int NET_DEV_QUEUE = Hook.NET_DEV_QUEUE.id();
    private static final int START_XMIT = Hook.NET_DEV_START_XMIT.id();
    private static final int GRO_RECEIVE = Hook.NAPI_GRO_RECEIVE.id();
    private static final int KFREE_SKB = Hook.KFREE_SKB.id();
    private static final int CONSUME_SKB = Hook.CONSUME_SKB.id();
    private static final int COPY_DATAGRAM = Hook.SKB_COPY_DATAGRAM.id();
    private static final int DATA_READY = Hook.SK_DATA_READY.id();
    private static final int TCP_PROBE = Hook.TCP_PROBE.id();
    private static final int SET_STATE = Hook.INET_SOCK_SET_STATE.id();
    private static final int UDP = 17;
    private static final int MSG_PEEK = 2;
    /** In the argument of sk_data_ready. */
    private static final long ALREADY_TAKEN = 1;

    private static final int FINISHED_IDS = 1 << 18;
    private static final EdgeKind[] EDGE_KINDS = EdgeKind.values();
    private static final Evidence[] EVIDENCE = Evidence.values();
    /** Stands for every packet whose story was told. */
    private static final Packet FINISHED = new Packet(0);

    static {
        FINISHED.finished = true;
    }

    private static final long SECOND = 1_000_000_000L;

    private final Consumer<Packet> finished;
    private final Limits limits;
    private final LongObjectHashMap<Packet> packets = new LongObjectHashMap<>();
    private final LongObjectHashMap<Skb> skbs = new LongObjectHashMap<>();
    private final PacketList waiting = new PacketList();
    private final PacketList settling = new PacketList();
    private final PacketList retrying = new PacketList();
    private final TcpFlows tcp = new TcpFlows();
    private final SocketQueues queues = new SocketQueues();
    private final RecentSkbs fragments = new RecentSkbs(1 << 14, 2 * SECOND);
    private final RecentSkbs datagrams = new RecentSkbs(1 << 14, 2 * SECOND);
    private final RecentSkbs bytes = new RecentSkbs(1 << 16, 2 * SECOND);
    private final LongHashSet done = new LongHashSet();
    private final long[] doneOrder = new long[FINISHED_IDS];
    private long doneCount;
    private final Fingerprint print = new Fingerprint();
    private final LongPredicate physical;
    private long expired;
    private long evicted;
    private long late;

    /**
     * @param finished takes each packet once
     * @param physical whether the device {@code netns << 32 | ifindex} sends off the host
     */
    public Lineage(Consumer<Packet> finished, LongPredicate physical, Limits limits) {
        this.finished = finished;
        this.physical = physical;
        this.limits = limits;
    }

    @Override
    public void accept(EventView event) {
        switch (event.kind()) {
            case EventLayout.KIND_EVENT -> event(event);
            case EventLayout.KIND_EDGE -> edge(event);
            case EventLayout.KIND_GONE -> gone(event);
            case EventLayout.KIND_RECEIVE -> receive(event);
            default -> {
                // Names, payloads, and kinds that a newer probe writes.
            }
        }
    }

    /** Packets that are followed. */
    public int size() {
        return waiting.size() + settling.size() + retrying.size();
    }

    /** Packets that had to be finished early because there were too many. */
    public long evicted() {
        return evicted;
    }

    /** Records that came after their packet was finished. */
    public long late() {
        return late;
    }

    /** Time has come so far (CLOCK_MONOTONIC, ns): finishes what has been quiet for long enough. */
    public void advance(long now) {
        finishBefore(settling, now - limits.settleNs);
        finishBefore(retrying, now - limits.retransmitNs);
        finishBefore(waiting, now - limits.patienceNs);
        if (now - expired > SECOND) {
            expired = now;
            tcp.expire(now);
            queues.expire(now);
        }
    }

    /** Finishes everything. */
    public void finish() {
        finishBefore(settling, Long.MAX_VALUE);
        finishBefore(retrying, Long.MAX_VALUE);
        finishBefore(waiting, Long.MAX_VALUE);
    }

    private void finishBefore(PacketList list, long time) {
        for (Packet packet = list.head(); packet != null && packet.lastTime() < time; packet = list.head()) {
            finish(packet);
        }
    }

    private void finish(Packet packet) {
        packet.list.remove(packet);
        packet.finished = true;
        packets.remove(packet.id());
        remember(packet.id());
        for (Skb skb : packet.skbs()) {
            skbs.remove(skb.id);
            // A packet that was merged into this one went by the id of its first skb.
            packets.remove(skb.id);
            remember(skb.id);
            // The indexes hold skbs for a while: they must not hold all that was recorded of them.
            skb.packet = FINISHED;
            skb.open = false;
        }
        finished.accept(packet);
    }

    private void remember(long skbId) {
        if (!done.add(skbId)) {
            return;
        }
        int at = (int) (doneCount++ & FINISHED_IDS - 1);
        if (doneCount > FINISHED_IDS) {
            done.remove(doneOrder[at]);
        }
        doneOrder[at] = skbId;
    }

    private void event(EventView event) {
        Skb skb = skb(event);
        if (skb == null) {
            late++;
            return;
        }
        // What comes after a later one was counted as missing then.
        boolean overtaken = event.time() < skb.time;
        int missing = overtaken ? 0 : event.counter() - skb.counter & 0xffff;
        skb.counter = overtaken ? skb.counter : event.counter() + 1 & 0xffff;
        boolean fresh = skb.hook == 0;
        boolean moved = skb.netns != event.netns();
        int hook = event.hook();
        if (event.hasSnapshot()) {
            print.read(event);
            if (print.known) {
                boolean grown = event.has(EventLayout.FLAG_MERGED);
                skb.remember(print, event.gsoSize(), event.gsoSegs());
                place(skb, event);
                if (fresh && skb.packet.id() == skb.id) {
                    join(skb, event);
                }
                index(skb, event.time());
                if (grown && skb.tcp) {
                    coalesced(skb, event.time());
                }
            }
        } else {
            place(skb, event);
            if (moved && skb.tcp) {
                tcp.put(skb, event.time());
            } else if (moved && skb.datagram != 0) {
                fragments.put(fragmentKey(skb), skb, event.time());
            }
        }
        Packet packet = skb.packet;
        packet.add(event, skb.id, missing);
        end(skb, event, hook);
        schedule(packet);
    }

    private static void place(Skb skb, EventView event) {
        if (skb.netns != event.netns()) {
            skb.received = false;
            skb.sent = false;
        }
        skb.sent |= event.hook() == NET_DEV_QUEUE || event.hook() == START_XMIT;
        skb.received |= !skb.sent;
        skb.netns = event.netns();
        skb.ifindex = event.ifindex();
        skb.time = event.time();
        skb.hook = event.hook();
    }

    /** What this hook means for the end of the story. */
    private void end(Skb skb, EventView event, int hook) {
        Packet packet = skb.packet;
        boolean tap = event.has(EventLayout.FLAG_TAP);
        if (hook == KFREE_SKB) {
            skb.open = false;
            packet.dropped = true;
            if (skb.atSocket && !skb.tcp) {
                queues.dropped(skb);
            }
        } else if (hook == CONSUME_SKB) {
            skb.open = false;
        } else if (tap) {
            // A packet socket's copy: not on the way.
            skb.open = false;
        } else if (hook == START_XMIT && physical.test(event.netns() << 32 | event.ifindex())) {
            packet.transmitted = true;
        } else if (hook == DATA_READY) {
            skb.atSocket = true;
            // A datagram that was a fragment last has no ports in sight. Nobody takes a segment so: it would stay.
            if (skb.protocol == UDP) {
                queued(skb, event);
            }
        } else if (hook == TCP_PROBE || hook == SET_STATE) {
            skb.atSocket = true;
            if (skb.payloadLength == 0) {
                // An acknowledgement ends here; the kernel frees it without a word.
                skb.open = false;
            }
        } else if (hook == COPY_DATAGRAM) {
            packet.delivered = true;
            if (skb.tcp) {
                copied(skb, event);
            }
        }
    }

    private void queued(Skb skb, EventView event) {
        if ((event.arg() & ALREADY_TAKEN) == 0) {
            queues.queued(event.arg(), skb);
        } else {
            SocketQueues.Receipt receipt = queues.queuedAndTaken(event.arg() & ~ALREADY_TAKEN, skb, event.time());
            if (receipt != null) {
                delivered(skb, receipt.record(), true);
            }
        }
    }

    /** The state in which a record of this skb finds it; null if its packet is finished. */
    private Skb skb(EventView event) {
        long id = event.skbId();
        Skb skb = skbs.get(id);
        if (skb != null) {
            return skb;
        }
        if (done.contains(id)) {
            return null;
        }
        Packet packet = packet(event.packetId());
        if (packet == null) {
            return null;
        }
        skb = new Skb(id, packet);
        skb.open = event.kind() == EventLayout.KIND_EVENT;
        skbs.put(id, skb);
        packet.add(skb);
        return skb;
    }

    /** The packet that goes by this id now; null if it is finished. */
    private Packet packet(long id) {
        Packet packet = packets.get(id);
        if (packet == null && !done.contains(id)) {
            packet = new Packet(id);
            packets.put(id, packet);
            waiting.touch(packet);
            if (size() > limits.packets) {
                evicted++;
                finish(oldest());
            }
        }
        return packet;
    }

    private Packet oldest() {
        if (settling.head() != null) {
            return settling.head();
        }
        return retrying.head() != null ? retrying.head() : waiting.head();
    }

    private void schedule(Packet packet) {
        if (packet.delivered || packet.transmitted || !packet.anyOpen()) {
            boolean retry = packet.dropped && !packet.delivered && !packet.transmitted && isTcp(packet);
            (retry ? retrying : settling).touch(packet);
        } else {
            waiting.touch(packet);
        }
    }

    private static boolean isTcp(Packet packet) {
        for (Skb skb : packet.skbs()) {
            if (skb.tcp && skb.sequenceLength > 0) {
                return true;
            }
        }
        return false;
    }

    private void index(Skb skb, long now) {
        if (skb.tcp) {
            tcp.put(skb, now);
        } else if (print.isUdp() && skb.gsoSize > 0) {
            datagrams.put(Fingerprint.mix(print.flow, skb.netns), skb, now);
        }
        if (skb.datagram != 0) {
            fragments.put(fragmentKey(skb), skb, now);
        }
        if (print.distinct() && skb.sequenceLength > 0) {
            bytes.put(print.whole(), skb, now);
        }
    }

    private static long fragmentKey(Skb skb) {
        return Fingerprint.mix(skb.datagram, skb.netns);
    }

    /** A packet that no probe could tie to another: is it made of one that we know? */
    private void join(Skb skb, EventView event) {
        long now = event.time();
        int hook = event.hook();
        if (print.isFragment()) {
            Skb sibling = fragments.get(fragmentKey(skb), now);
            if (sibling != null && sibling != skb) {
                merge(sibling, skb, EdgeKind.FRAGMENT, "same IP id " + print.id, now);
            }
            return;
        }
        if (skb.tcp && skb.sequenceLength > 0) {
            long end = skb.sequence + skb.sequenceLength & 0xffffffffL;
            Skb parent = tcp.holding(skb.flow, skb.netns, skb.sequence, end, skb);
            boolean forwarded = parent != null && parent.received;
            if (parent != null && hook == NET_DEV_QUEUE && !forwarded) {
                merge(parent, skb, EdgeKind.RETRANSMIT, "same sequence numbers sent again", now);
                return;
            }
            if (parent != null && parent.gsoSize > 0 && parent.sequenceLength > skb.sequenceLength) {
                merge(parent, skb, EdgeKind.SEGMENT, "sequence numbers within the parent's", now);
                return;
            }
        } else if (print.isUdp() && hook == START_XMIT) {
            Skb parent = datagrams.get(Fingerprint.mix(print.flow, skb.netns), now);
            // Ids that begin at 0 are the same for every datagram: then nothing tells whose segment it is.
            if (parent != null
                    && parent != skb
                    && parent.ipId != 0
                    && (skb.ipId - parent.ipId & 0xffff) < parent.gsoSegs
                    && skb.payloadLength <= parent.gsoSize) {
                merge(parent, skb, EdgeKind.SEGMENT, "IP id within the parent's segments", now);
                return;
            }
        }
        if (hook != NET_DEV_QUEUE && print.distinct() && skb.sequenceLength > 0) {
            Skb same = bytes.get(print.whole(), now);
            if (same != null && same != skb && !same.atSocket && same.packet != skb.packet) {
                merge(same, skb, EdgeKind.COPY, "same headers and length", now);
            }
        }
    }

    private void merge(Skb parent, Skb child, EdgeKind kind, String why, long now) {
        Edge edge = new Edge(now, parent.id, child.id, kind, Evidence.MATCHED, why);
        Packet into = parent.packet;
        Packet from = child.packet;
        if (into.finished || into == from) {
            from.add(edge);
            return;
        }
        unite(into, from);
        into.add(edge);
        parent.open = parent.open && kind != EdgeKind.SEGMENT;
    }

    private void unite(Packet into, Packet from) {
        from.list.remove(from);
        packets.put(from.id(), into);
        for (Skb skb : from.skbs()) {
            // Others may have been joined to it before, and go by their own ids still.
            if (packets.get(skb.id) == from) {
                packets.put(skb.id, into);
            }
        }
        into.take(from);
    }

    /** GRO grew this skb: those whose bytes it has now ended in it. */
    private void coalesced(Skb into, long now) {
        tcp.overlapping(into.flow, into.netns, into.sequence, into.sequenceEnd(), into, skb -> {
            if (skb.hook == GRO_RECEIVE && skb.open && skb.ifindex == into.ifindex) {
                skb.open = false;
                ends(skb, into, "sequence numbers within", now);
            }
        });
    }

    /** A TCP reader got bytes from this skb, which holds those of others that were coalesced into it. */
    private void copied(Skb from, EventView event) {
        long bytesCopied = event.arg() & 0xffffffffL;
        long sequence = event.arg() >>> 32;
        tcp.overlapping(from.flow, from.netns, sequence, sequence + bytesCopied, from, skb -> {
            Packet packet = skb.packet;
            if (packet.finished || packet == from.packet) {
                return;
            }
            if (skb.open) {
                skb.open = false;
                ends(skb, from, "sequence numbers within, in the receive queue", event.time());
            }
            packet.add(event, from.id, 0);
            packet.delivered = true;
            schedule(packet);
        });
    }

    private void ends(Skb skb, Skb into, String why, long now) {
        Edge edge = new Edge(now, skb.id, into.id, EdgeKind.COALESCE, Evidence.MATCHED, why);
        if (into.packet != skb.packet) {
            into.packet.add(edge);
        }
        skb.packet.add(edge);
        schedule(skb.packet);
    }

    private void edge(EventView event) {
        if (event.hook() >= EDGE_KINDS.length || event.flags() >= EVIDENCE.length) {
            return;
        }
        Packet packet = packet(event.packetId());
        if (packet == null) {
            return;
        }
        EdgeKind kind = EDGE_KINDS[event.hook()];
        Evidence evidence = EVIDENCE[event.flags()];
        String why = evidence == Evidence.PROVED ? "shares its data" : "same headers and first bytes";
        packet.add(new Edge(event.time(), event.arg(), event.skbId(), kind, evidence, why));
        if (skbs.get(event.skbId()) == null && !done.contains(event.skbId())) {
            Skb child = new Skb(event.skbId(), packet);
            skbs.put(child.id, child);
            packet.add(child);
        }
        Skb parent = skbs.get(event.arg());
        if (parent != null && kind == EdgeKind.REASSEMBLE) {
            parent.open = false;
        }
        // A packet goes by the ids of its skbs, and is forgotten by them: its first must be among them.
        Skb first = skbs.get(packet.id());
        if (parent != null
                && parent.packet != packet
                && evidence != Evidence.GUESSED
                && first != null
                && first.packet == packet) {
            unite(parent.packet, packet);
            packet = parent.packet;
        }
        schedule(packet);
    }

    /** The kernel's side table found another packet at this skb's address: it ended where no hook is. */
    private void gone(EventView event) {
        Skb skb = skbs.get(event.skbId());
        if (skb == null) {
            return;
        }
        skb.open = false;
        skb.packet.add(event, skb.id, 0);
        schedule(skb.packet);
    }

    /** A task took a datagram. */
    private void receive(EventView event) {
        if ((event.mark() & MSG_PEEK) != 0) {
            return;
        }
        SocketQueues.Taken taken = queues.taken(event.arg(), event.skbId(), event.counter() != 0, event.len());
        if (taken == null) {
            queues.waitForQueued(event.arg(), new SocketQueues.Receipt(event.time(), event.len(), event.copy()));
        } else {
            delivered(taken.skb(), event, taken.certain());
        }
    }

    private void delivered(Skb skb, EventView receipt, boolean certain) {
        Packet packet = skb.packet;
        if (packet.finished) {
            return;
        }
        skb.open = false;
        packet.add(receipt, skb.id, 0);
        packet.add(new Edge(
                receipt.time(),
                skb.id,
                0,
                EdgeKind.DELIVER,
                certain ? Evidence.MATCHED : Evidence.GUESSED,
                certain ? "next in the socket's queue" : "one of several in the socket's queue"));
        packet.delivered = true;
        schedule(packet);
    }
}
