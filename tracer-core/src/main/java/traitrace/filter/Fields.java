package traitrace.filter;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import traitrace.event.Flow;
import traitrace.event.Headers;
import traitrace.event.Hook;
import traitrace.event.IpAddress;
import traitrace.event.Layer;
import traitrace.event.Stage;
import traitrace.event.Transfer;
import traitrace.event.Tunnel;
import traitrace.lineage.Edge;
import traitrace.lineage.EdgeKind;
import traitrace.lineage.Evidence;
import traitrace.lineage.Relation;
import traitrace.names.DropReasons;
import traitrace.timeline.Change;
import traitrace.timeline.Changes;
import traitrace.timeline.Hop;
import traitrace.timeline.UserCall;
import traitrace.timeline.Verdict;

/** Every field of the display filter: the catalogue behind {@code traitrace fields} and docs/filters.md. */
public final class Fields {
    private static final int VLAN_ID = 0xfff;

    private static final Map<String, Field> BY_NAME = new LinkedHashMap<>();

    static {
        packets();
        events();
        edges();
    }

    private Fields() {}

    /** By level, and within each in the order in which people should read them. */
    public static List<Field> all() {
        return List.copyOf(BY_NAME.values());
    }

    /** Those of a level, in the order of {@link #all}. */
    public static List<Field> of(Level level) {
        return BY_NAME.values().stream().filter(f -> f.level() == level).toList();
    }

    /** By its name; empty if there is none. */
    public static Optional<Field> find(String name) {
        return Optional.ofNullable(BY_NAME.get(name));
    }

    private static void packets() {
        Level level = Level.PACKET;
        add(
                "packet.id",
                level,
                ValueType.ID,
                "id of the packet",
                s -> List.of(new Value.Id(s.timeline().packetId())));
        word(
                "verdict",
                level,
                Verdict.LABELS,
                "how its story ends",
                s -> Stream.of(s.timeline().verdict().label()));
        text(
                "verdict.text",
                level,
                "the same as a sentence",
                s -> Stream.of(s.timeline().verdictText()));
        text("drop.reason", level, "why it was dropped, with or without SKB_DROP_REASON_", Fields::dropReason);
        text("drop.symbol", level, "function that dropped it, and the offset in it", s -> dropped(s)
                .map(d -> s.names().symbol(d.location())));
        number("to.pid", level, "process that it was delivered to", Fields::deliveredTo);
        text("to.process", level, "name of that process", s -> deliveredTo(s)
                .mapToObj(pid -> s.timeline().process((int) pid, s.names())));
        duration("latency", level, "from the first event to the end of the story", s -> s.timeline()
                .totalNs());
        number(
                "events",
                level,
                "number of its events",
                s -> LongStream.of(s.timeline().hops().size()));
        number(
                "edges",
                level,
                "number of links between its skbs",
                s -> LongStream.of(s.timeline().edges().size()));
        number(
                "missing",
                level,
                "events known to be lost",
                s -> LongStream.of(s.timeline().missing()));
        text("netns", level, "names of the namespaces that it was in", s -> s.timeline().hops().stream()
                .map(Hop::netnsName)
                .distinct());
        flow("", level, "of the first headers that were seen", Subject::packetFlow);
        add(
                "candidates",
                level,
                ValueType.ID,
                "packets that a process may have sent it because of",
                s -> s.timeline().candidates().stream()
                        .<Value>map(Value.Id::new)
                        .toList());
    }

    private static void events() {
        Level level = Level.EVENT;
        List<String> hooks = Arrays.stream(Hook.values()).map(Hook::kernelName).toList();
        List<String> stages = Arrays.stream(Stage.values()).map(Stage::label).toList();
        List<String> calls =
                Arrays.stream(Transfer.Call.values()).map(Transfer.Call::label).toList();
        word(
                "event.hook",
                level,
                hooks,
                "tracepoint or function that reported it",
                s -> Stream.of(s.hop().hook().kernelName()));
        word(
                "event.stage",
                level,
                stages,
                "part of the network stack",
                s -> Stream.of(s.hop().hook().stage().label()));
        text(
                "event.netns",
                level,
                "name of the namespace",
                s -> Stream.of(s.hop().netnsName()));
        number(
                "event.netns.inode",
                level,
                "inode number of the namespace",
                s -> LongStream.of(s.hop().netns()));
        text("event.device", level, "name of the device", s -> Stream.of(s.hop().device()));
        number(
                "event.ifindex",
                level,
                "index of the device",
                s -> unless(0, s.hop().ifindex()));
        duration("event.delta", level, "since the event before; 0 for the first", Subject::delta);
        size(
                "event.len",
                level,
                "length of the skb, or bytes moved by a call",
                s -> LongStream.of(s.hop().lenBytes()));
        number(
                "event.mark",
                level,
                "mark of the skb",
                s -> LongStream.of(s.hop().mark()));
        number(
                "event.ethertype",
                level,
                "protocol of the skb",
                s -> LongStream.of(s.hop().protocol()));
        number(
                "event.cpu",
                level,
                "CPU that it happened on",
                s -> LongStream.of(s.hop().cpu()));
        number(
                "event.missing",
                level,
                "events lost just before it",
                s -> LongStream.of(s.hop().missing()));
        text(
                "event.detail",
                level,
                "what is special about it, in words",
                s -> Stream.of(s.hop().detail()));
        add(
                "event.tap",
                level,
                ValueType.BOOLEAN,
                "seen by a packet socket, not on the packet's way",
                s -> List.of(new Value.Flag(s.hop().tap())));
        word(
                "event.changed",
                level,
                Changes.FIELDS,
                "what is different from the event before",
                s -> s.hop().changes().stream().map(Change::field));
        number(
                "event.pid",
                level,
                "process that had to do with it",
                s -> unless(0, s.hop().pid()));
        text(
                "event.process",
                level,
                "name of that process",
                s -> Stream.of(s.hop().process()));
        text(
                "event.container",
                level,
                "container of that process",
                s -> Stream.of(s.hop().call().container()));
        number(
                "event.tid",
                level,
                "thread that called",
                s -> unless(0, s.hop().call().tid()));
        number(
                "event.fd",
                level,
                "file descriptor of the call",
                s -> unless(-1, s.hop().call().fd()));
        word("event.call", level, calls, "system call that moved the bytes", s -> Stream.of(
                        s.hop().call())
                .filter(UserCall::isCall)
                .map(call -> call.call().label()));
        flow("event.", level, "of the innermost header", Subject::hopFlow);
        number(
                "event.ttl",
                level,
                "TTL or hop limit of the innermost IP header",
                s -> ttl(s.hop().headers()));
        number("event.vlan", level, "VLAN ids of the packet", s -> vlans(s.hop().headers()));
        word("event.tunnel", level, Tunnel.KINDS, "kinds of the tunnels around it", s -> tunnels(s)
                .map(Tunnel::kind));
        number("event.tunnel.id", level, "their VNI, GRE keys and SPI", s -> tunnels(s)
                .mapToLong(Tunnel::id)
                .filter(id -> id >= 0));
        size(
                "event.gso.size",
                level,
                "payload of a segment of a GSO skb",
                s -> unless(0, s.hop().headers().gsoSize()));
        number(
                "event.gso.segments",
                level,
                "segments that a GSO skb stands for",
                s -> unless(0, s.hop().headers().gsoSegs()));
    }

    private static void edges() {
        Level level = Level.EDGE;
        List<String> kinds =
                Arrays.stream(EdgeKind.values()).map(EdgeKind::label).toList();
        List<String> evidence =
                Arrays.stream(Evidence.values()).map(Evidence::label).toList();
        List<String> relations =
                Arrays.stream(Relation.values()).map(Relation::label).toList();
        word(
                "edge.kind",
                level,
                kinds,
                "what made the one skb from the other",
                s -> Stream.of(s.edge().kind().label()));
        word(
                "edge.evidence",
                level,
                evidence,
                "how the link is known",
                s -> Stream.of(s.edge().evidence().label()));
        word("edge.relation", level, relations, "by which rule a process passed it on", s -> Stream.of(s.edge())
                .filter(edge -> edge.kind() == EdgeKind.EMIT)
                .map(Edge::why));
        text(
                "edge.why",
                level,
                "function that made the link, or rule that concluded it",
                s -> Stream.of(s.edge().why()));
        size(
                "edge.offset",
                level,
                "where in the child's payload the parent's begins",
                s -> unless(Edge.NO_OFFSET, s.edge().offset()));
    }

    /** Addresses, ports and protocol. */
    private static void flow(String prefix, Level level, String which, Function<Subject, Optional<Flow>> flow) {
        address(prefix + "src.ip", level, "source address " + which, s -> flow.apply(s)
                .map(Flow::source));
        address(prefix + "dst.ip", level, "destination address " + which, s -> flow.apply(s)
                .map(Flow::destination));
        number(
                prefix + "src.port",
                level,
                "source port " + which,
                s -> port(flow.apply(s).map(Flow::sourcePort)));
        number(
                prefix + "dst.port",
                level,
                "destination port " + which,
                s -> port(flow.apply(s).map(Flow::destinationPort)));
        word(
                prefix + "protocol",
                level,
                Flow.protocolNames(),
                "protocol " + which,
                s -> flow.apply(s).map(Flow::protocolText).stream());
    }

    private static LongStream port(Optional<Integer> port) {
        return port.stream().mapToLong(Integer::longValue).filter(number -> number >= 0);
    }

    private static Stream<String> dropReason(Subject s) {
        // As the kernel spells it, and as the text output does.
        return dropped(s).map(d -> s.names().dropReason(d.reason())).flatMap(n -> Stream.of(n, DropReasons.brief(n)));
    }

    private static Stream<Verdict.Dropped> dropped(Subject s) {
        return s.timeline().verdict() instanceof Verdict.Dropped dropped ? Stream.of(dropped) : Stream.empty();
    }

    private static LongStream deliveredTo(Subject s) {
        return s.timeline().verdict() instanceof Verdict.Delivered delivered
                ? unless(0, delivered.pid())
                : LongStream.empty();
    }

    private static Stream<Tunnel> tunnels(Subject s) {
        return Tunnel.of(s.hop().headers()).stream();
    }

    private static LongStream ttl(Headers headers) {
        LongStream ttl = LongStream.empty();
        for (Layer layer : headers.layers()) {
            if (layer instanceof Layer.Ipv4 ip) {
                ttl = LongStream.of(ip.ttl());
            } else if (layer instanceof Layer.Ipv6 ip) {
                ttl = LongStream.of(ip.hopLimit());
            }
        }
        return ttl;
    }

    /** The accelerated tag and those in the bytes, as no user knows which of them is which. */
    private static LongStream vlans(Headers headers) {
        LongStream inBytes = headers.layers().stream()
                .filter(Layer.Vlan.class::isInstance)
                .mapToLong(layer -> ((Layer.Vlan) layer).tci());
        return LongStream.concat(unless(-1, headers.vlanTci()), inBytes).map(tci -> tci & VLAN_ID);
    }

    private static LongStream unless(long nothing, long value) {
        return value == nothing ? LongStream.empty() : LongStream.of(value);
    }

    private static void number(String name, Level level, String description, Function<Subject, LongStream> get) {
        amounts(name, level, ValueType.NUMBER, "", description, get);
    }

    private static void size(String name, Level level, String description, Function<Subject, LongStream> get) {
        amounts(name, level, ValueType.SIZE, "bytes", description, get);
    }

    private static void duration(String name, Level level, String description, Function<Subject, Long> get) {
        amounts(name, level, ValueType.DURATION, "ns", description, s -> LongStream.of(get.apply(s)));
    }

    private static void amounts(
            String name,
            Level level,
            ValueType type,
            String unit,
            String description,
            Function<Subject, LongStream> get) {
        add(new Field(name, level, type, unit, description, List.of(), s -> get.apply(s)
                .<Value>mapToObj(Value.Amount::new)
                .toList()));
    }

    private static void text(String name, Level level, String description, Function<Subject, Stream<String>> get) {
        add(name, level, ValueType.TEXT, description, s -> texts(get.apply(s)));
    }

    private static void word(
            String name, Level level, List<String> words, String description, Function<Subject, Stream<String>> get) {
        // What has no word is missing: no expression could name it.
        Predicate<String> known = words::contains;
        add(new Field(
                name,
                level,
                ValueType.WORD,
                "",
                description,
                words,
                s -> texts(get.apply(s).filter(known))));
    }

    private static List<Value> texts(Stream<String> texts) {
        return texts.filter(text -> !text.isEmpty()).<Value>map(Value.Text::new).toList();
    }

    private static void address(
            String name, Level level, String description, Function<Subject, Optional<IpAddress>> get) {
        add(name, level, ValueType.ADDRESS, description, s -> get.apply(s).stream()
                .<Value>map(Value.Network::of)
                .toList());
    }

    private static void add(
            String name, Level level, ValueType type, String description, Function<Subject, List<Value>> values) {
        add(new Field(name, level, type, "", description, List.of(), values));
    }

    private static void add(Field field) {
        BY_NAME.put(field.name(), field);
    }
}
