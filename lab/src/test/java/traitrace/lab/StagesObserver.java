package traitrace.lab;

import com.carrotsearch.hppc.LongLongHashMap;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import traitrace.event.EventLayout;
import traitrace.event.EventView;
import traitrace.event.Flow;
import traitrace.event.Hook;
import traitrace.event.Layer;
import traitrace.export.Palette;
import traitrace.export.TextTimelines;
import traitrace.export.WallClock;
import traitrace.kernel.Btf;
import traitrace.kernel.Capture;
import traitrace.kernel.CaptureOptions;
import traitrace.kernel.Kallsyms;
import traitrace.lineage.Edge;
import traitrace.lineage.EdgeKind;
import traitrace.lineage.Evidence;
import traitrace.lineage.Lineage;
import traitrace.names.DropReasons;
import traitrace.names.NameTable;
import traitrace.names.NetnsNames;
import traitrace.names.ProcessNames;
import traitrace.timeline.Hop;
import traitrace.timeline.Timeline;
import traitrace.timeline.TimelineStream;
import traitrace.timeline.Verdict;

/**
 * traitrace itself, watching a scenario with its stages plan.
 *
 * <p>The payload's number comes from payload records, which the probes add by option and which nothing that follows
 * packets ever reads.
 */
final class StagesObserver implements Observer {
    private static final int PAYLOAD_BYTES = 24;
    private static final int FILLER_BEFORE = 8;
    private static final int UDP_HEADER = 8;
    private static final long FILLER = 0x5454545454545454L;
    /** What is still in rings and queues when the traffic has ended. */
    private static final long GRACE_MS = 300;

    private final Scenario scenario;
    private final LongLongHashMap numbers = new LongLongHashMap();
    private final List<Timeline> timelines = new ArrayList<>();
    private Capture capture;
    private NameTable names;
    private TimelineStream stream;
    private Thread reader;
    private volatile boolean stopped;
    private long recordBytes;

    StagesObserver(Scenario scenario) {
        this.scenario = scenario;
    }

    /** All that was seen, in the order in which the packets were finished. */
    List<Timeline> timelines() {
        return timelines;
    }

    /** What the stream of events takes for one packet, without payloads: bytes. */
    long bytesPerPacket() {
        return timelines.isEmpty() ? 0 : recordBytes / timelines.size();
    }

    @Override
    public void start(Laboratory lab) {
        Btf btf = Btf.read(Btf.VMLINUX);
        NetnsNames namespaces = new NetnsNames();
        DropReasons reasons = DropReasons.of(btf);
        Kallsyms symbols = Kallsyms.of(Kallsyms.LIVE);
        names = new NameTable(new NameTable.Sources(
                namespaces::name,
                namespaces::forget,
                pid -> ProcessNames.comm(Path.of("/proc"), pid),
                reasons::name,
                address -> symbols.symbol(symbols.widen((int) address))));
        stream = new TimelineStream(names, packet -> true, Lineage.Limits.DEFAULT, timelines::add);
        int offset = scenario.traffic().stream()
                .mapToInt(Traffic::numberOffset)
                .max()
                .orElse(Numbering.DEFAULT_OFFSET);
        CaptureOptions options = CaptureOptions.DEFAULT.withRingBytes(32 << 20);
        if (offset >= FILLER_BEFORE) {
            options = options.withPayload(PAYLOAD_BYTES, offset - FILLER_BEFORE);
        }
        capture = Capture.open(btf, options);
        reader = new Thread(() -> capture.run(this::record, stream::advance, () -> stopped), "capture");
        reader.start();
    }

    private void record(EventView event) {
        if (event.kind() == EventLayout.KIND_PAYLOAD) {
            number(event);
            return;
        }
        recordBytes += event.length();
        names.accept(event);
        stream.accept(event);
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
        }
    }

    private static long key(long skb, int counter) {
        return skb << 16 ^ counter;
    }

    @Override
    public Observation stop() {
        try {
            Thread.sleep(GRACE_MS);
            stopped = true;
            reader.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        stream.finish();
        capture.close();
        List<Timed> sightings = new ArrayList<>();
        timelines.forEach(timeline -> sightings(timeline, sightings));
        sightings.sort(Comparator.comparingLong(Timed::time));
        return new Observation(
                sightings.stream().map(Timed::sighting).toList(),
                capture.losses().events());
    }

    private record Timed(long time, Sighting sighting) {}

    private void sightings(Timeline timeline, List<Timed> into) {
        Map<Long, Evidence> evidence = evidence(timeline);
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
            Evidence of = hop.hook() == Hook.SOCK_RECV_LENGTH
                    ? delivery(timeline, hop.skbId())
                    : evidence.getOrDefault(hop.skbId(), Evidence.PROVED);
            into.add(new Timed(
                    hop.timeNs(),
                    new Sighting(
                            timeline.packetId(),
                            hop.hook().kernelName(),
                            hop.netnsName(),
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

    /** The weakest link by which each skb belongs to the packet. */
    private static Map<Long, Evidence> evidence(Timeline timeline) {
        Map<Long, Evidence> weakest = new HashMap<>();
        for (Edge edge : timeline.edges()) {
            if (edge.kind() != EdgeKind.DELIVER) {
                Evidence parent = weakest.getOrDefault(edge.parentSkb(), Evidence.PROVED);
                Evidence own = edge.evidence().compareTo(parent) > 0 ? edge.evidence() : parent;
                weakest.merge(edge.childSkb(), own, (a, b) -> a.compareTo(b) > 0 ? a : b);
            }
        }
        return weakest;
    }

    private static Evidence delivery(Timeline timeline, long skb) {
        return timeline.edges().stream()
                .filter(e -> e.kind() == EdgeKind.DELIVER && e.parentSkb() == skb)
                .map(Edge::evidence)
                .findFirst()
                .orElse(Evidence.GUESSED);
    }

    void print(PrintStream out) {
        TextTimelines text = new TextTimelines(
                names,
                Flow::summary,
                new WallClock(0, ZoneOffset.UTC),
                new TextTimelines.Style(160, true, Palette.auto(false, "", "dumb")));
        timelines.forEach(timeline -> out.println(text.render(timeline)));
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
