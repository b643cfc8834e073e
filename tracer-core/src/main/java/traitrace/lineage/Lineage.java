package traitrace.lineage;

import com.carrotsearch.hppc.LongObjectHashMap;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.LongFunction;
import java.util.function.LongPredicate;
import traitrace.event.EventLayout;
import traitrace.event.EventSink;
import traitrace.event.EventView;
import traitrace.event.Hook;
import traitrace.event.Transfer;

/**
 * Makes packets of events: which skb belongs to which packet, and what was made from what.
 *
 * <p>The kernel gives each record a packet id and an skb id, and tells the edges that it saw ({@code proved}). Here are
 * the rules that need more memory than a probe has: edges by the same bytes or sequence numbers ({@code matched}).
 * Over both, the child's packet becomes the parent's. A rule for which two parents are open finds none.
 *
 * <p>Where the probes saw every birth, copy and end ({@link Sources#exact}), an skb without a parent has none: no rule
 * looks for one among other skbs, however alike. What remains are the two things that TCP does without a copy that a
 * probe could see, to split what it sends again and to collapse what waits for its reader.
 *
 * <p>Records come in order of time, with small exceptions. A packet is finished when its story has ended and nothing
 * more came for a while; what is kept at a time is bounded, the packet that was quiet for longest goes first.
 */
public final class Lineage implements EventSink {
    /**
     * What is known of the host that was traced.
     *
     * @param physical whether the device {@code netns << 32 | ifindex} sends off the host
     * @param symbol the function and offset at an address of which the low half is given, {@code skb_clone+0x5c};
     *     empty if it is not known
     * @param exact the lineage family ran: births, copies, ends and deliveries of skbs are all told
     */
    public record Sources(LongPredicate physical, LongFunction<String> symbol, boolean exact) {}

    /**
     * How long to wait, and how much to keep.
     *
     * @param settleNs after the end of a packet's story, for clones and for reports that come late
     * @param retransmitNs after a TCP segment was dropped, for its retransmission
     * @param patienceNs for a packet whose story has not ended
     * @param packets kept at a time, at least 1
     */
    public record Limits(long settleNs, long retransmitNs, long patienceNs, int packets) {
        /** A relay needs longer than the kernel. */
        private static final int CROSSING = 10;

        public static final Limits DEFAULT = new Limits(200_000_000L, 1_300_000_000L, 5_000_000_000L, 200_000);

        /** After a process took a packet that has passed on others lately, for it to pass on this one, ns. */
        public long crossingNs() {
            return CROSSING * settleNs;
        }
    }

    private static final int NET_DEV_QUEUE = Hook.NET_DEV_QUEUE.id();
    private static final int START_XMIT = Hook.NET_DEV_START_XMIT.id();
    private static final int RECEIVE = Hook.NETIF_RECEIVE_SKB.id();
    private static final int GRO_RECEIVE = Hook.NAPI_GRO_RECEIVE.id();
    private static final int KFREE_SKB = Hook.KFREE_SKB.id();
    private static final int CONSUME_SKB = Hook.CONSUME_SKB.id();
    private static final int SPLICE = Hook.SKB_SPLICE.id();
    private static final int COPY_DATAGRAM = Hook.SKB_COPY_DATAGRAM.id();
    private static final int UDP_ENQUEUE = Hook.UDP_ENQUEUE.id();
    private static final int DATA_READY = Hook.SK_DATA_READY.id();
    private static final int TCP_PROBE = Hook.TCP_PROBE.id();
    private static final int SET_STATE = Hook.INET_SOCK_SET_STATE.id();
    private static final int CONSUME_UDP = Hook.SKB_CONSUME_UDP.id();
    private static final int TCP_TRANSMIT = Hook.TCP_TRANSMIT.id();
    private static final int TCP_DO_RCV = Hook.TCP_DO_RCV.id();
    private static final int IP_LOCAL_OUT = Hook.IP_LOCAL_OUT.id();
    private static final int IP6_LOCAL_OUT = Hook.IP6_LOCAL_OUT.id();
    private static final int SOCKMAP_SEND = Hook.SOCKMAP_SEND.id();
    private static final int FRAG_INSERT = Hook.FRAG_QUEUE_INSERT.id();
    private static final int FRAG_FINISH = Hook.FRAG_REASM_FINISH.id();
    private static final int XSK_RCV = Hook.XSK_RCV.id();
    private static final int XSK_XMIT = Hook.XSK_XMIT.id();
    private static final int UDP = 17;
    /** In the argument of sk_data_ready. */
    private static final long ALREADY_TAKEN = 1;

    private static final int MOST_MERGES = 16;
    private static final int MOST_GUESSES = 16;
    private static final int MOST_PARENTS = 64;
    private static final int MOST_REDIRECTING = 4096;
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
    /** Taken by processes that pass on what they get. */
    private final PacketList crossing = new PacketList();

    private final PacketList retrying = new PacketList();
    private final TcpFlows tcp = new TcpFlows();
    private final SocketQueues queues = new SocketQueues();
    private final UnreadDatagrams unread = new UnreadDatagrams();
    private final RecentSkbs fragments = new RecentSkbs(1 << 14, 2 * SECOND);
    private final RecentSkbs datagrams = new RecentSkbs(1 << 14, 2 * SECOND);
    private final RecentSkbs bytes = new RecentSkbs(1 << 16, 2 * SECOND);
    private final FragmentQueues reassembly = new FragmentQueues();
    private final Origins origins;
    private final Shares shares;
    private final UserSpace userSpace = new UserSpace(new Crossed());
    private final Relays relays = new Relays();
    /** When a worker began to send on by a socket, by its address: what it made it of is told when it is done. */
    private final Recent<Long, Long> redirecting = new Recent<>(MOST_REDIRECTING);

    private final FinishedIds done = new FinishedIds();
    private final Fingerprint print = new Fingerprint();
    private final Sources sources;
    private long expired;
    private long evicted;
    private long late;

    /** @param finished takes each packet once */
    public Lineage(Consumer<Packet> finished, Sources sources, Limits limits) {
        this.finished = finished;
        this.sources = sources;
        this.limits = limits;
        this.origins = new Origins(sources.symbol());
        this.shares = new Shares(tcp, sources.exact());
    }

    @Override
    public void accept(EventView event) {
        switch (event.kind()) {
            case EventLayout.KIND_EVENT -> event(event);
            case EventLayout.KIND_EDGE -> edge(event);
            case EventLayout.KIND_GONE -> gone(event);
            case EventLayout.KIND_TRANSFER -> transfer(event);
            case EventLayout.KIND_REDIRECT -> redirect(event);
            default -> {
                // Names, payloads, and kinds that a newer probe writes.
            }
        }
    }

    /** Packets that are followed. */
    public int size() {
        return waiting.size() + settling.size() + crossing.size() + retrying.size();
    }

    /** Packets that had to be finished early because there were too many. */
    public long evicted() {
        return evicted;
    }

    /** Records that came after their packet was finished, or of which nothing tells whose they are. */
    public long late() {
        return late;
    }

    /** Time has come so far (CLOCK_MONOTONIC, ns): finishes what has been quiet for long enough. */
    public void advance(long now) {
        finishBefore(settling, now - limits.settleNs);
        finishBefore(crossing, now - limits.crossingNs());
        finishBefore(retrying, now - limits.retransmitNs);
        finishBefore(waiting, now - limits.patienceNs);
        if (now - expired > SECOND) {
            expired = now;
            tcp.expire(now);
            queues.expire(now);
            unread.expire(now);
            reassembly.expire(now);
            userSpace.expire(now);
        }
    }

    /** Finishes everything. */
    public void finish() {
        // With one packet's end the wait of others may end: they move from list to list.
        while (size() > 0) {
            finish(oldest());
        }
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
        done.add(packet.id());
        for (Skb skb : packet.skbs()) {
            skbs.remove(skb.id);
            // A packet that was merged into this one went by the id of its first skb; one that was not still does.
            Packet named = packets.get(skb.id);
            if (named == null || named == packet) {
                packets.remove(skb.id);
                done.add(skb.id);
            }
            skb.toldAs = packet.id();
            // The indexes hold skbs for a while: they must not hold all that was recorded of them.
            skb.packet = FINISHED;
            close(skb);
        }
        if (packet.orphan) {
            late += packet.records();
        } else {
            finished.accept(packet);
        }
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
                headers(skb, event, fresh);
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
        if ((hook == NET_DEV_QUEUE || hook == IP_LOCAL_OUT || hook == IP6_LOCAL_OUT) && event.arg() != 0) {
            transmitted(skb, event);
        } else if (hook == XSK_XMIT) {
            skb.socket = event.arg();
            skb.sentTo = skb.destination;
        }
        schedule(skb.packet);
    }

    /** A socket of this host sends it. A tunnel's devices see it again, with the same socket. */
    private void transmitted(Skb skb, EventView event) {
        if (skb.socket == 0 && skb.known()) {
            Long began = redirecting.isEmpty() ? null : redirecting.get(event.arg());
            skb.packet.awaited |= began != null && event.time() - began < limits.crossingNs();
            skb.socket = event.arg();
            skb.sentTo = skb.destination;
            userSpace.transmitted(event.arg(), skb, event.has(EventLayout.FLAG_SOFTIRQ), event.time());
        }
    }

    /** What an skb's headers tell of where it came from. */
    private void headers(Skb skb, EventView event, boolean fresh) {
        boolean first = !skb.known();
        boolean grown = event.has(EventLayout.FLAG_MERGED);
        if (sources.exact() && grown && !first) {
            // The members that it took in were told, and are counted for themselves.
            skb.rememberGrown(print, event.gsoSize(), event.gsoSegs());
        } else {
            skb.remember(print, event.gsoSize(), event.gsoSegs());
        }
        place(skb, event);
        if (sources.exact()) {
            if (first) {
                skb.sendQueue = false;
                skb.sentByTcp = skb.packet.fromSendQueue();
                splitFromSent(skb, event.time());
            }
        } else if (fresh && skb.packet.id() == skb.id) {
            join(skb, event);
        }
        index(skb, event.time());
        if (grown && skb.tcp && !sources.exact()) {
            coalesced(skb, event.time());
        }
    }

    private static void place(Skb skb, EventView event) {
        if (skb.netns != event.netns()) {
            skb.received = false;
            skb.sent = false;
        }
        skb.sent |= event.hook() == NET_DEV_QUEUE || event.hook() == START_XMIT || event.hook() == XSK_XMIT;
        skb.received |= !skb.sent;
        skb.netns = event.netns();
        skb.ifindex = event.ifindex();
        skb.time = event.time();
        if (event.hook() == RECEIVE) {
            skb.arrived = event.time();
        }
        skb.hook = event.hook();
    }

    /** What this hook means for the end of the story. */
    private void end(Skb skb, EventView event, int hook) {
        Packet packet = skb.packet;
        boolean tap = event.has(EventLayout.FLAG_TAP);
        if (hook == KFREE_SKB) {
            // Linux 6.1 frees so what was delivered as part of another, each kernel what a map of sockets has had sent.
            boolean used = skb.into != null || skb.redirected;
            skb.dropped = !used;
            packet.dropped |= !used;
            close(skb);
            if (skb.atSocket && !skb.tcp) {
                queues.dropped(skb);
                unread.left(skb);
            }
        } else if (hook == CONSUME_SKB) {
            close(skb);
        } else if (tap) {
            // A packet socket's copy: not on the way.
            close(skb);
        } else if (hook == SPLICE) {
            packet.delivered = true;
            read(skb, event);
        } else if (hook == COPY_DATAGRAM) {
            // What is copied of a datagram may be for a look only; that it was taken is told.
            packet.delivered |= !sources.exact() || skb.protocol != UDP;
            if (sources.exact() && skb.protocol != UDP) {
                read(skb, event);
            } else if (skb.tcp) {
                copied(skb, event);
            }
        } else {
            skb.leave();
            passes(skb, event, hook);
        }
    }

    /** A hook at which the skb lives on, or is handed over. */
    private void passes(Skb skb, EventView event, int hook) {
        if ((hook == START_XMIT || hook == XSK_XMIT)
                && sources.physical().test(event.netns() << 32 | event.ifindex())) {
            skb.packet.transmitted = true;
        } else if (hook == UDP_ENQUEUE) {
            skb.atSocket = true;
            unread.queued(event.arg(), skb);
        } else if (hook == DATA_READY) {
            boolean again = skb.atSocket;
            skb.atSocket = true;
            // A datagram that was a fragment last has no ports in sight. Nobody takes a segment so: it would stay.
            if (skb.protocol == UDP && !sources.exact()) {
                if (again) {
                    queues.queuedAgain(event.arg() & ~ALREADY_TAKEN);
                } else {
                    queued(skb, event);
                }
            } else if (skb.tcp) {
                shares.reads(event.arg() & ~ALREADY_TAKEN, skb);
            }
        } else if (hook == TCP_PROBE || hook == SET_STATE || hook == TCP_DO_RCV) {
            skb.atSocket = true;
            if (hook == TCP_PROBE && skb.tcp) {
                shares.reads(event.arg(), skb);
            }
            if (hook == TCP_DO_RCV && skb.tcp) {
                skb.accepted = true;
                tcp.put(skb, event.time());
            }
            if (skb.payloadLength == 0 && !sources.exact()) {
                // An acknowledgement ends here; the kernel frees it without a word.
                close(skb);
            }
        } else if (hook == CONSUME_UDP && (int) event.arg() >= 0) {
            taken(skb, event);
        } else if (hook == TCP_TRANSMIT) {
            skb.sendQueue = !skb.known();
        } else if (hook == SOCKMAP_SEND) {
            redirecting.put(event.arg(), event.time());
        } else if (hook == XSK_RCV) {
            skb.atSocket = true;
            skb.dropped |= event.arg() != 0;
            skb.packet.dropped |= event.arg() != 0;
        } else if (hook == FRAG_INSERT) {
            reassembly.insert(event.arg(), skb, event.time());
        } else if (hook == FRAG_FINISH) {
            reassembled(skb, event);
        }
    }

    /** Ends an skb, and with it those that ended in it. */
    private void close(Skb skb) {
        skb.open = false;
        for (Skb member : skb.members()) {
            if (!member.packet.finished) {
                schedule(member.packet);
            }
        }
    }

    /** A reader has taken this very datagram, and those that GRO merged into it. */
    private void taken(Skb skb, EventView event) {
        Packet packet = skb.packet;
        packet.delivered = true;
        packet.taken = true;
        packet.reader = event.pid();
        packet.add(new Edge(
                event.time(),
                skb.id,
                0,
                EdgeKind.DELIVER,
                Evidence.PROVED,
                Edge.BY + Hook.SKB_CONSUME_UDP.kernelName()));
        if (skb.atSocket) {
            queues.dropped(skb);
            unread.left(skb);
        }
        for (Skb member : skb.members()) {
            credit(member, skb, event);
        }
        close(skb);
    }

    /** The fragments of a queue became this datagram. */
    private void reassembled(Skb whole, EventView event) {
        for (Skb fragment : reassembly.finish(event.arg())) {
            if (fragment == whole) {
                continue;
            }
            fragment.endIn(whole, false);
            if (whole.packet.has(EdgeKind.REASSEMBLE, fragment.id, whole.id)) {
                // The first of them, whose headers the whole has, was told by a record.
                continue;
            }
            Edge edge = new Edge(
                    event.time(),
                    fragment.id,
                    whole.id,
                    EdgeKind.REASSEMBLE,
                    Evidence.PROVED,
                    Edge.BY + Hook.FRAG_REASM_FINISH.kernelName());
            whole.packet.add(edge);
            tell(fragment, edge, whole.packet);
        }
    }

    /** Adds an edge to the packet of its parent, too, where that is another. */
    private void tell(Skb parent, Edge edge, Packet known) {
        Packet packet = parent.packet;
        if (packet != known && !packet.finished) {
            packet.add(edge);
            schedule(packet);
        }
    }

    private void queued(Skb skb, EventView event) {
        if ((event.arg() & ALREADY_TAKEN) == 0) {
            queues.queued(event.arg(), skb);
        } else {
            SocketQueues.Late late = queues.queuedAndTaken(event.arg() & ~ALREADY_TAKEN, skb, event.time());
            if (late != null) {
                delivered(skb, late.receipt().receive(), late.receipt().record(), late.certain());
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
        if (packet != null && packet.finished) {
            // It went by this id because another did that was joined to it, and whose first skb it never had.
            packets.remove(id);
            done.add(id);
            return null;
        }
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
        if (crossing.head() != null) {
            return crossing.head();
        }
        return retrying.head() != null ? retrying.head() : waiting.head();
    }

    private void schedule(Packet packet) {
        boolean sent = packet.transmitted && !packet.mayBeSentAgain();
        if (packet.delivered || sent || !packet.anyOpen() && !packet.mayBeRead()) {
            boolean retry = packet.dropped && !packet.delivered && !packet.transmitted && isTcp(packet);
            boolean relayed = packet.awaited || packet.delivered && relays.contains(packet.reader, packet.lastTime());
            (retry ? retrying : relayed ? crossing : settling).touch(packet);
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

    /**
     * TCP may split what it sends again (tcp_fragment, net/ipv4/tcp_output.c): the second half has a new skb in the
     * queue, and nothing but its sequence numbers says that they were sent before.
     */
    private void splitFromSent(Skb skb, long now) {
        Packet packet = skb.packet;
        if (!skb.sentByTcp || !skb.tcp || skb.sequenceLength == 0) {
            return;
        }
        for (Skb other : packet.skbs()) {
            if (other != skb && other.known()) {
                return;
            }
        }
        long end = skb.sequence + skb.sequenceLength & 0xffffffffL;
        Skb before = tcp.holding(skb.flow, skb.netns, skb.sequence, end, skb);
        if (before != null && before.sentByTcp && before.packet != packet) {
            merge(before, packet.skbs().get(0), EdgeKind.RETRANSMIT, "sequence numbers sent before", now);
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
        rename(into, from);
        into.take(from);
    }

    /** From now on what goes by the id of one is the other. */
    private void rename(Packet into, Packet from) {
        from.list.remove(from);
        packets.put(from.id(), into);
        for (Skb skb : from.skbs()) {
            // Others may have been joined to it before, and go by their own ids still.
            if (packets.get(skb.id) == from) {
                packets.put(skb.id, into);
            }
        }
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

    /**
     * A reader got bytes from this skb: they are those of the packets that were coalesced into it, of some of them
     * several times.
     */
    private void read(Skb from, EventView event) {
        long sequence = event.arg() >>> 32;
        long end = sequence + (event.arg() & 0xffffffffL);
        if (!from.known()) {
            collapsed(from, event, sequence, end);
        }
        credit(from, from, event, sequence, end, 0);
    }

    private void credit(Skb carrier, Skb from, EventView event, long sequence, long end, int depth) {
        for (Skb member : from.members()) {
            boolean copied = !member.tcp
                    || TcpFlows.before(member.sequence, end)
                            && TcpFlows.before(sequence, member.sequence + member.payloadLength);
            if (copied) {
                credit(member, carrier, event);
            }
            if (depth < MOST_MERGES) {
                credit(carrier, member, event, sequence, end, depth + 1);
            }
        }
    }

    /** What the reader got of the carrier was this member's. */
    private void credit(Skb member, Skb carrier, EventView event) {
        Packet packet = member.packet;
        if (!packet.finished && packet != carrier.packet) {
            packet.add(event, carrier.id, 0);
            packet.delivered = true;
            schedule(packet);
        }
    }

    /**
     * An skb of which nothing but its sequence numbers is known: one that tcp_collapse (net/ipv4/tcp_input.c) filled
     * with what waited in a receive queue. It is no packet of its own.
     */
    private void collapsed(Skb from, EventView event, long sequence, long end) {
        List<Skb> segments = new ArrayList<>(tcp.accepted(event.netns(), sequence, end));
        segments.removeIf(skb -> skb.packet.finished);
        List<Skb> merged = segments.stream().filter(skb -> skb.into != null).toList();
        segments.removeAll(merged);
        if (segments.isEmpty() && merged.isEmpty()) {
            from.packet.orphan |= from.packet.id() == from.id;
            return;
        }
        Packet first = (segments.isEmpty() ? merged : segments).get(0).packet;
        if (from.packet.id() == from.id && from.packet != first) {
            unite(first, from.packet);
        }
        for (Skb segment : segments) {
            Edge edge = new Edge(
                    event.time(),
                    segment.id,
                    from.id,
                    EdgeKind.COALESCE,
                    Evidence.MATCHED,
                    "sequence numbers within, in the receive queue");
            segment.endIn(from, true);
            from.packet.add(edge);
            tell(segment, edge, from.packet);
        }
        // They ended in others before; of those that straddle two collapsed skbs, either has a part.
        merged.forEach(skb -> credit(skb, from, event));
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
        EdgeKind told = EDGE_KINDS[event.hook()];
        if (told == EdgeKind.DELIVER || told == EdgeKind.EMIT) {
            ofTask(event, told);
            return;
        }
        Packet packet = packet(event.packetId());
        if (packet == null) {
            return;
        }
        Evidence evidence = EVIDENCE[event.flags()];
        EdgeKinds.Origin origin = evidence == Evidence.PROVED
                ? origins.of(event, told)
                : new EdgeKinds.Origin(told, "same headers and first bytes");
        EdgeKind kind = origin.kind();
        String why = origin.place().isEmpty() ? "shares its data" : origin.place();
        Skb parent = skbs.get(event.parent());
        Skb child = skbs.get(event.skbId());
        long offset = kind == EdgeKind.COALESCE ? offset(parent, child, event.edgeOffset()) : Edge.NO_OFFSET;
        Edge edge = new Edge(event.time(), event.parent(), event.skbId(), kind, evidence, why, offset);
        packet.add(edge);
        if (child == null && !done.contains(event.skbId())) {
            child = new Skb(event.skbId(), packet);
            skbs.put(child.id, child);
            packet.add(child);
            if (parent != null && sources.exact()) {
                child.inherit(parent);
                child.from = parent.sendQueue ? parent : null;
            }
        }
        schedule(parent == null || parent == child ? packet : related(parent, child, edge, packet));
    }

    /** Where the bytes of one begin in the other, which has bytes of its own before them. */
    private static long offset(Skb from, Skb into, long told) {
        if (told != 0) {
            return told;
        }
        boolean known = from != null && into != null && from.tcp && into.tcp;
        int distance = known ? (int) (from.sequence - into.sequence) : 0;
        return distance > 0 ? distance : Edge.NO_OFFSET;
    }

    /** What an edge of the kernel means for its parent. Returns the packet that the child's has become. */
    private Packet related(Skb parent, Skb child, Edge edge, Packet packet) {
        if (edge.kind() == EdgeKind.COALESCE) {
            if (child != null) {
                parent.endIn(child, true);
            }
            tell(parent, edge, packet);
            return packet;
        }
        if (edge.kind() == EdgeKind.REASSEMBLE) {
            parent.open = false;
        }
        if (sources.exact()) {
            // Two that were each known for themselves stay two packets: members of a fragment list, for example.
            tell(parent, edge, packet);
            return packet;
        }
        // A packet goes by the ids of its skbs, and is forgotten by them: its first must be among them.
        Skb first = skbs.get(packet.id());
        if (parent.packet != packet && edge.evidence() != Evidence.GUESSED && first != null && first.packet == packet) {
            unite(parent.packet, packet);
            return parent.packet;
        }
        return packet;
    }

    /** The skb was freed, or another was found at its address: it ended where no event tells it. */
    private void gone(EventView event) {
        Skb skb = skbs.get(event.skbId());
        if (skb == null) {
            return;
        }
        close(skb);
        skb.packet.add(event, skb.id, 0);
        schedule(skb.packet);
    }

    /** An skb was copied to a thread, or made of its bytes: the call's transfer will follow. */
    private void ofTask(EventView event, EdgeKind kind) {
        if (kind == EdgeKind.EMIT) {
            userSpace.emitted(event.parent(), event.skbId(), event.time());
            return;
        }
        Skb skb = skbs.get(event.parent());
        if (skb != null) {
            userSpace.delivered(event.skbId(), skb, event.edgeOffset(), event.time());
        }
    }

    /** A call moved bytes between a process and a socket or TUN device. */
    private void transfer(EventView event) {
        Transfer transfer = Transfer.of(event);
        if (transfer.sent()) {
            userSpace.sent(transfer, event);
            return;
        }
        List<ThreadCalls.Delivery> copied = userSpace.copied(transfer);
        if (transfer.bytes() < 0) {
            return;
        }
        if (transfer.peeked()) {
            copied.forEach(delivery -> lookedAt(delivery.skb(), event));
            return;
        }
        Receive receive = new Receive(transfer);
        if (transfer.protocol() == UDP && !sources.exact()) {
            takeFromQueue(receive, event);
        } else if (transfer.protocol() == UDP && copied.isEmpty() && transfer.bytes() > 0) {
            takeUntold(receive, event);
        } else {
            take(receive, copied, event);
        }
        if (transfer.bytes() > 0) {
            userSpace.received(receive);
        }
    }

    /** A map of sockets had a socket send what another one had received. */
    private void redirect(EventView event) {
        Skb skb = skbs.get(event.skbId());
        if (skb == null || event.flags() >= EVIDENCE.length) {
            return;
        }
        redirecting.remove(event.arg());
        List<Receive.Share> own = shares.of(skb, event.redirectedFrom(), event.len());
        List<Receive.Share> others = shares.others(own, skb, event.redirectedFrom(), event.len());
        redirect(own, EVIDENCE[event.flags()], event);
        if (!others.isEmpty()) {
            boolean guess = event.flags() == Evidence.GUESSED.ordinal();
            redirect(others, guess ? Evidence.GUESSED : Evidence.MATCHED, event);
        }
        // Its story may have been told, for the worker that sends it on is late.
        if (!skb.packet.finished) {
            schedule(skb.packet);
        }
    }

    private void redirect(List<Receive.Share> received, Evidence evidence, EventView event) {
        for (Receive.Share share : received) {
            share.skb().redirected = true;
            share.skb().packet.awaited |= !share.skb().packet.finished;
        }
        Passage passage = new Passage(Relation.SOCKMAP, evidence, 0, event.time());
        userSpace.redirected(event.arg(), event.redirectedTo(), event.len(), received, passage);
    }

    /** Which datagram it was, the order of the socket's queue says. */
    private void takeFromQueue(Receive receive, EventView event) {
        Transfer transfer = receive.transfer();
        SocketQueues.Taken taken =
                queues.taken(transfer.socket(), transfer.next(), transfer.emptied(), transfer.bytes());
        if (taken == null) {
            queues.waitForQueued(transfer.socket(), new SocketQueues.Receipt(receive, event.copy()));
        } else {
            delivered(taken.skb(), receive, event, taken.certain());
        }
    }

    /** Which datagram it was should have been told, and was not. */
    private void takeUntold(Receive receive, EventView event) {
        SocketQueues.Taken taken = unread.taken(receive.transfer().socket());
        if (taken == null) {
            take(receive, List.of(), event);
            return;
        }
        delivered(taken.skb(), receive, event, taken.certain());
        for (Skb member : taken.skb().members()) {
            credit(member, taken.skb(), event);
        }
    }

    private void delivered(Skb skb, Receive receive, EventView receipt, boolean certain) {
        receive.know(List.of(new Receive.Share(skb, 0, receive.transfer().bytes(), certain)));
        Packet packet = skb.packet;
        if (packet.finished) {
            return;
        }
        skb.open = false;
        read(packet, skb, receipt);
        packet.add(new Edge(
                receipt.time(),
                skb.id,
                0,
                EdgeKind.DELIVER,
                certain ? Evidence.MATCHED : Evidence.GUESSED,
                certain ? "next in the socket's queue" : "one of several in the socket's queue"));
        schedule(packet);
    }

    /** The kernel told which skbs it were, or TCP's sequence numbers do. */
    private void take(Receive receive, List<ThreadCalls.Delivery> copied, EventView event) {
        List<Receive.Share> all = shares.of(receive.transfer(), copied);
        receive.know(all);
        Set<Packet> readers = new LinkedHashSet<>();
        for (Receive.Share share : all) {
            Skb skb = share.skb();
            Packet packet = skb.packet;
            if (packet.finished) {
                continue;
            }
            if (readers.add(packet)) {
                read(packet, skb, event);
            }
            boolean told = copied.stream().anyMatch(delivery -> delivery.skb() == skb);
            Transfer transfer = receive.transfer();
            if (told && !packet.has(EdgeKind.DELIVER, skb.id, 0)) {
                packet.add(new Edge(
                        event.time(),
                        skb.id,
                        0,
                        EdgeKind.DELIVER,
                        Evidence.PROVED,
                        Edge.BY
                                + (transfer.umem()
                                        ? Hook.XSK_RCV.kernelName()
                                        : transfer.call().label())));
            }
        }
        readers.forEach(this::schedule);
    }

    /** A process has taken bytes of it. */
    private static void read(Packet packet, Skb skb, EventView receipt) {
        packet.add(receipt, skb.id, 0);
        packet.delivered = true;
        packet.taken = true;
        packet.reader = receipt.pid();
    }

    /** It was copied to a process, and is there still. */
    private void lookedAt(Skb skb, EventView receipt) {
        Packet packet = skb.packet;
        if (!packet.finished) {
            packet.add(receipt, skb.id, 0);
            packet.delivered = packet.taken;
            schedule(packet);
        }
    }

    /** What becomes of packets that go through a process. */
    private final class Crossed implements UserSpace.Packets {
        @Override
        public Skb skb(long id) {
            return skbs.get(id);
        }

        @Override
        public void sent(Send send, Skb child) {
            Packet packet = child.packet;
            if (packet.finished) {
                return;
            }
            packet.add(send.record(), first(child).id, 0);
            for (Receive receive : send.candidates()) {
                receive.whenKnown(() -> {
                    Packet sent = child.packet;
                    if (!sent.finished && !child.crossed) {
                        receive.shares().forEach(share -> sent.addCandidate(idOf(share.skb())));
                    }
                });
            }
            schedule(packet);
        }

        @Override
        public void cross(List<Receive.Share> parents, Skb child, Passage passage) {
            if (passage.pid() != 0) {
                relays.crossed(passage.pid(), passage.timeNs());
            }
            Set<Packet> seen = new LinkedHashSet<>();
            int most = passage.guess() ? MOST_GUESSES : MOST_PARENTS;
            for (Receive.Share share : parents) {
                Packet from = share.skb().packet;
                if ((from == FINISHED || seen.add(from)) && most-- > 0) {
                    Evidence evidence = share.certain() ? passage.evidence() : Evidence.GUESSED;
                    cross(share.skb(), child, passage.relation(), evidence, passage.timeNs());
                }
            }
        }

        private void cross(Skb parent, Skb child, Relation relation, Evidence evidence, long now) {
            Packet before = parent.packet;
            Packet after = child.packet;
            boolean goesOn = evidence != Evidence.GUESSED && !child.crossed && !before.finished && !after.finished;
            boolean one = before == after || goesOn;
            Edge edge = new Edge(
                    now,
                    parent.id,
                    first(child).id,
                    EdgeKind.EMIT,
                    evidence,
                    relation.label(),
                    Edge.NO_OFFSET,
                    one ? 0 : idOf(parent),
                    one ? 0 : idOf(child));
            if (goesOn && before != after) {
                after.clearCandidates();
                parent.open = false;
                rename(before, after);
                before.goOnAs(after);
            }
            child.crossed |= evidence != Evidence.GUESSED;
            add(edge, before);
            if (!one) {
                add(edge, after);
            }
        }

        private void add(Edge edge, Packet packet) {
            if (!packet.finished && !packet.has(edge.kind(), edge.parentSkb(), edge.childSkb())) {
                packet.add(edge);
                schedule(packet);
            }
        }

        /** What TCP sends begins in its queue. */
        private Skb first(Skb child) {
            return child.from == null ? child : child.from;
        }

        private long idOf(Skb skb) {
            return skb.packet.finished ? skb.toldAs : skb.packet.id();
        }
    }
}
