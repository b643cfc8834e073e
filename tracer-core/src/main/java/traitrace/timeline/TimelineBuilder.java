package traitrace.timeline;

import com.carrotsearch.hppc.LongLongHashMap;
import com.carrotsearch.hppc.LongObjectHashMap;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import traitrace.event.EventLayout;
import traitrace.event.EventView;
import traitrace.event.HeaderParser;
import traitrace.event.Headers;
import traitrace.event.Hook;
import traitrace.event.Nfqueue;
import traitrace.event.Transfer;
import traitrace.lineage.Edge;
import traitrace.lineage.Packet;
import traitrace.names.Names;

/** Turns a finished packet into its timeline: names, changes from hop to hop, the verdict. */
public final class TimelineBuilder {
    private final Names names;
    private final Supplier<Explanations> source;
    private Explanations explanations;

    /** @param explanations asked for once, when the first verdict needs them: reading them takes a while */
    public TimelineBuilder(Names names, Supplier<Explanations> explanations) {
        this.names = names;
        this.source = explanations;
    }

    /** Empty if the packet has no hop: only the end of something that was not seen. */
    public Optional<Timeline> build(Packet packet) {
        Reading reading = new Reading(packet.edges());
        packet.forEach(reading::record);
        if (reading.hops.isEmpty()) {
            return Optional.empty();
        }
        Verdict verdict = Verdicts.of(reading.hops, reading.gone, packet.edges(), names);
        if (explanations == null) {
            explanations = source.get();
        }
        VerdictText text = VerdictText.of(verdict, reading.hops, names, explanations);
        return Optional.of(new Timeline(
                packet.id(),
                reading.hops,
                packet.edges(),
                verdict,
                text.sentence(),
                text.advice(),
                packet.candidates()));
    }

    /** One pass over the records, in order of time. */
    private final class Reading {
        private final List<Hop> hops = new ArrayList<>();
        private final Verdicts.Gone gone = new Verdicts.Gone();

        private final LongObjectHashMap<Headers> headers = new LongObjectHashMap<>();
        private final LongObjectHashMap<Hop> lastOfSkb = new LongObjectHashMap<>();
        private final LongLongHashMap parents = new LongLongHashMap();
        private final QueueWaits waits = new QueueWaits(parents::get);
        /** Null if there is none. */
        private Hop last;

        Reading(List<Edge> edges) {
            for (Edge edge : edges) {
                // What happens to an skb itself gives it no other parent.
                if (edge.parentSkb() != edge.childSkb()) {
                    parents.put(edge.childSkb(), edge.parentSkb());
                }
            }
        }

        /** What a hop is compared with: the last of this skb, or of the skb that it was made from. */
        private Hop before(long skb) {
            Hop own = lastOfSkb.get(skb);
            Hop parent = own == null ? lastOfSkb.get(parents.get(skb)) : own;
            return parent == null ? last : parent;
        }

        void record(EventView event) {
            if (event.kind() == EventLayout.KIND_GONE) {
                (event.has(EventLayout.GONE_FREED) ? gone.freed() : gone.unseen()).add(event.skbId());
                return;
            }
            if (event.isTransfer()) {
                transfer(event.skbId(), Transfer.of(event));
                return;
            }
            Optional<Hook> known = Hook.byId(event.hook());
            if (known.isEmpty()) {
                return;
            }
            if (event.hasSnapshot()) {
                headers.put(event.skbId(), HeaderParser.parse(event));
            }
            Hook hook = known.get();
            Hop before = before(event.skbId());
            Headers now = headers.get(event.skbId());
            if (now == null) {
                now = before == null ? Headers.NONE : before.headers();
            }
            long mark = Integer.toUnsignedLong(event.mark());
            // In a socket's queue skb->dev is not to be read: the packet is where it was.
            int ifindex = event.ifindex() == 0 && before != null ? before.ifindex() : event.ifindex();
            long netns = event.netns() == 0 && before != null ? before.netns() : event.netns();
            String device = ifindex == 0 ? "" : names.device(netns, ifindex);
            List<Change> changes = new ArrayList<>();
            if (before != null) {
                compare(changes, "netns", names.netns(before.netns()), names.netns(netns));
                compare(changes, "dev", before.device(), device);
                compare(changes, "mark", mark(before.mark()), mark(mark));
                changes.addAll(Changes.between(before.headers(), now));
            }
            last = new Hop(
                    event.time(),
                    event.skbId(),
                    event.counter(),
                    missing(event),
                    hook,
                    event.cpu(),
                    netns,
                    names.netns(netns),
                    ifindex,
                    device,
                    event.len(),
                    mark,
                    event.pid(),
                    event.pid() == 0 ? "" : names.process(event.pid()),
                    event.protocol(),
                    event.arg(),
                    detail(hook, event),
                    event.has(EventLayout.FLAG_TAP),
                    now,
                    changes,
                    hook == Hook.NFQUEUE_VERDICT ? decision(event) : UserCall.NONE);
            hops.add(last);
            lastOfSkb.put(event.skbId(), last);
        }

        private String detail(Hook hook, EventView event) {
            return switch (hook) {
                case NFQUEUE_ENQUEUE -> waits.enqueued(event.skbId(), Nfqueue.Enqueue.of(event.arg()), event.time());
                case NFQUEUE_VERDICT -> waits.verdict(event.skbId(), Nfqueue.Verdict.of(event.arg()), event.time());
                default -> ArgText.of(hook, event.arg(), event.len(), names);
            };
        }

        /** Where the process is that gave the verdict on a queued packet, if one did. */
        private UserCall decision(EventView event) {
            return Nfqueue.Verdict.of(event.arg()).decided()
                    ? UserCall.none(names.container(event.pid()))
                    : UserCall.NONE;
        }

        /** A transfer is about the socket: what it says of the packet is what was known before. */
        private void transfer(long skb, Transfer transfer) {
            Hop before = before(skb);
            Hook hook = transfer.sent() ? Hook.SOCK_SEND_LENGTH : Hook.SOCK_RECV_LENGTH;
            // A call that sends ends when the packet may be far on its way.
            boolean elsewhere = before == null || transfer.sent();
            int ifindex = elsewhere ? 0 : before.ifindex();
            String device = elsewhere ? "" : before.device();
            List<Change> changes = new ArrayList<>();
            if (!elsewhere) {
                compare(changes, "netns", names.netns(before.netns()), names.netns(transfer.netns()));
            }
            Hop hop = new Hop(
                    transfer.timeNs(),
                    skb,
                    -1,
                    0,
                    hook,
                    transfer.cpu(),
                    transfer.netns(),
                    names.netns(transfer.netns()),
                    ifindex,
                    device,
                    transfer.bytes(),
                    before == null ? 0 : before.mark(),
                    transfer.pid(),
                    names.process(transfer.pid()),
                    before == null ? 0 : before.protocol(),
                    0,
                    ArgText.of(hook, 0, transfer.bytes(), names),
                    false,
                    before == null ? Headers.NONE : before.headers(),
                    changes,
                    UserCall.of(transfer, names.container(transfer.pid())));
            hops.add(hop);
            if (!hop.sent()) {
                lastOfSkb.put(skb, hop);
                last = hop;
            }
        }

        private static int missing(EventView event) {
            return Short.toUnsignedInt(event.buffer().getShort(event.offset() + Packet.MISSING));
        }
    }

    private static String mark(long mark) {
        return mark == 0 ? "" : "0x" + Long.toHexString(mark);
    }

    private static void compare(List<Change> changes, String field, String before, String after) {
        if (!before.equals(after)) {
            changes.add(new Change(field, before, after));
        }
    }
}
