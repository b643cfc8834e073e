package traitrace.lab;

import com.carrotsearch.hppc.LongLongHashMap;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import traitrace.event.EventLayout;
import traitrace.event.EventSink;
import traitrace.event.EventView;
import traitrace.event.Hook;
import traitrace.event.Layer;
import traitrace.event.Losses;
import traitrace.lineage.Edge;
import traitrace.lineage.EdgeKind;
import traitrace.lineage.Evidence;
import traitrace.lineage.Lineage;
import traitrace.names.Names;
import traitrace.timeline.Hop;
import traitrace.timeline.Timeline;
import traitrace.timeline.TimelineStream;
import traitrace.timeline.Verdict;

/**
 * What traitrace says about a scenario: follows the packets in a stream of records, and tells where each number was
 * seen under which id. One thread.
 *
 * <p>The payload's number comes from payload records, which the probes add by option and which nothing that follows
 * packets ever reads.
 */
final class Sightings implements EventSink {
    /**
     * In an emulated machine, processes leave in their sockets for seconds what was sent to them, and the first requests
     * are passed on most of a second after they were taken.
     */
    private static final Lineage.Limits PATIENT = new Lineage.Limits(
            3_000_000_000L, Lineage.Limits.DEFAULT.retransmitNs(), 60_000_000_000L, Lineage.Limits.DEFAULT.packets());

    /** Payload bytes to ask for. */
    static final int PAYLOAD_BYTES = 24;

    private static final int FILLER_BEFORE = 8;
    private static final int UDP_HEADER = 8;
    private static final long FILLER = 0x5454545454545454L;

    private final Scenario scenario;
    private final Map<String, String> namespaces;
    private final Names names;
    private final LongLongHashMap numbers = new LongLongHashMap();
    private final List<Timeline> timelines = new ArrayList<>();
    private final TimelineStream stream;
    private long recordBytes;

    /**
     * @param namespaces the topology's names by the real ones
     * @param exact whether the capture saw every birth, copy and end of an skb
     * @param names has learnt from a record before it comes here
     */
    Sightings(Scenario scenario, Map<String, String> namespaces, boolean exact, Names names) {
        this.scenario = scenario;
        this.namespaces = namespaces;
        this.names = names;
        this.stream = new TimelineStream(names, exact, packet -> true, PATIENT, timelines::add);
    }

    /** The first payload byte to ask for: also where no packet has a number, so that one capture serves nearly all. */
    static int payloadOffset(Scenario scenario) {
        int offset = scenario.traffic().stream()
                .mapToInt(Traffic::numberOffset)
                .filter(known -> known != Numbering.NONE)
                .max()
                .orElse(Numbering.DEFAULT_OFFSET);
        return offset - FILLER_BEFORE;
    }

    @Override
    public void accept(EventView event) {
        if (event.kind() == EventLayout.KIND_PAYLOAD) {
            number(event);
            return;
        }
        recordBytes += event.length();
        stream.accept(event);
    }

    /** No record will follow. */
    void finish() {
        stream.finish();
    }

    /** All packets, in the order in which they were finished. */
    List<Timeline> timelines() {
        return timelines;
    }

    /** Those of the scenario's own network. */
    List<Timeline> ownTimelines() {
        return timelines.stream().filter(this::ours).toList();
    }

    /** What the stream of events takes for one packet, without payloads: bytes. */
    long bytesPerPacket() {
        return timelines.isEmpty() ? 0 : recordBytes / timelines.size();
    }

    private void number(EventView event) {
        ByteBuffer bytes = event.buffer().duplicate().order(ByteOrder.BIG_ENDIAN);
        int at = event.offset() + EventLayout.PAYLOAD_DATA;
        int length = event.buffer().getInt(event.offset() + EventLayout.PAYLOAD_LEN);
        int counter = Short.toUnsignedInt(event.buffer().getShort(event.offset() + EventLayout.PAYLOAD_COUNTER));
        long number = bytes.getLong(at + FILLER_BEFORE);
        if (length == PAYLOAD_BYTES
                && bytes.getLong(at) == FILLER
                && bytes.getLong(at + 16) == FILLER
                && number != FILLER) {
            numbers.put(key(event.skbId(), counter), number);
        } else if (length == PAYLOAD_BYTES && bytes.getLong(at) == FILLER) {
            long text = Numbering.textNumberOf(bytes.position(at), FILLER_BEFORE);
            if (text != Numbering.UNKNOWN) {
                numbers.put(key(event.skbId(), counter), text);
            }
        }
    }

    private static long key(long skb, int counter) {
        return skb << 16 ^ counter;
    }

    /** What was seen, in order of time. */
    Observation observation(Losses losses) {
        List<Timed> sightings = new ArrayList<>();
        List<Timeline> ours = ownTimelines();
        ours.forEach(timeline -> sightings(timeline, sightings));
        sightings.sort(Comparator.comparingLong(Timed::time));
        List<Link> links = ours.stream()
                .flatMap(timeline -> timeline.edges().stream())
                .filter(edge -> edge.kind() != EdgeKind.DELIVER)
                .sorted(Comparator.comparingLong(Edge::timeNs))
                .map(Sightings::link)
                .toList();
        return new Observation(sightings.stream().map(Timed::sighting).toList(), links, losses.events());
    }

    /**
     * The tracer sees the whole host, where another laboratory may stand and number its packets likewise, and the end of
     * what waited in the sockets of the last one, whose namespaces have ended and given their numbers to these.
     */
    private boolean ours(Timeline timeline) {
        boolean began = timeline.hops().stream().anyMatch(hop -> hop.counter() <= 0);
        return began && timeline.hops().stream().anyMatch(hop -> namespaces.containsKey(hop.netnsName()));
    }

    private static Link link(Edge edge) {
        boolean crossing = edge.kind() == EdgeKind.EMIT;
        return new Link(edge.parentSkb(), edge.childSkb(), edge.evidence(), crossing, edge.why());
    }

    private record Timed(long time, Sighting sighting) {}

    private void sightings(Timeline timeline, List<Timed> into) {
        Map<Long, Long> last = new HashMap<>();
        String reason = timeline.verdict() instanceof Verdict.Dropped dropped ? names.dropReason(dropped.reason()) : "";
        for (Hop hop : timeline.hops()) {
            if (hop.tap()) {
                continue;
            }
            // In a TCP receive queue an skb holds what was coalesced into it: its first number says nothing of them.
            boolean coalesced = hop.hook() == Hook.SKB_COPY_DATAGRAM && isTcp(hop);
            long number = coalesced
                    ? Numbering.UNKNOWN
                    : numbers.getOrDefault(key(hop.skbId(), hop.counter()), Numbering.UNKNOWN);
            number = number == Numbering.UNKNOWN ? echo(hop) : number;
            // The receipt of a datagram, and the copy of a queued one, have no payload record of their own.
            number = number == Numbering.UNKNOWN && hop.counter() < 0
                    ? last.getOrDefault(hop.skbId(), Numbering.UNKNOWN)
                    : number;
            last.put(hop.skbId(), number);
            Evidence of = hop.hook() == Hook.SOCK_RECV_LENGTH ? delivery(timeline, hop.skbId()) : Evidence.PROVED;
            into.add(new Timed(
                    hop.timeNs(),
                    new Sighting(
                            timeline.packetId(),
                            hop.skbId(),
                            hop.hook().kernelName(),
                            namespaces.getOrDefault(hop.netnsName(), hop.netnsName()),
                            hop.device(),
                            number,
                            span(hop, number),
                            timeline.verdict().label(),
                            reason,
                            of)));
        }
    }

    private static boolean isTcp(Hop hop) {
        return hop.headers().layers().stream().anyMatch(Layer.Tcp.class::isInstance);
    }

    private static Evidence delivery(Timeline timeline, long skb) {
        return timeline.edges().stream()
                .filter(e -> e.kind() == EdgeKind.DELIVER && e.parentSkb() == skb)
                .map(Edge::evidence)
                .findFirst()
                .orElse(Evidence.GUESSED);
    }

    private long echo(Hop hop) {
        if (scenario.traffic().stream().noneMatch(Traffic.Ping.class::isInstance)) {
            return Numbering.UNKNOWN;
        }
        return hop.headers().layers().stream()
                .filter(layer -> layer instanceof Layer.Icmp icmp && icmp.sequence() > 0)
                .mapToLong(layer -> ((Layer.Icmp) layer).sequence())
                .findFirst()
                .orElse(Numbering.UNKNOWN);
    }

    /** How many messages a packet carries: of a stream, or of datagrams that travel as one. */
    private int span(Hop hop, long number) {
        int message = scenario.traffic().stream()
                .filter(Traffic::stream)
                .mapToInt(Traffic::payloadBytes)
                .findFirst()
                .orElse(0);
        if (message == 0 || number == Numbering.UNKNOWN) {
            return 1;
        }
        int payload = 0;
        List<Layer> layers = hop.headers().layers();
        for (int i = 1; i < layers.size(); i++) {
            if (layers.get(i - 1) instanceof Layer.Ipv4 ip) {
                if (layers.get(i) instanceof Layer.Tcp tcp) {
                    payload = ip.totalLength() - 20 - tcp.headerLength();
                } else if (layers.get(i) instanceof Layer.Udp) {
                    payload = ip.totalLength() - 20 - UDP_HEADER;
                }
            }
        }
        return Math.max(1, payload / message);
    }
}
