package traitrace.export;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.util.MinimalPrettyPrinter;
import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.time.ZoneOffset;
import traitrace.event.Headers;
import traitrace.event.Losses;
import traitrace.lineage.Edge;
import traitrace.lineage.EdgeKind;
import traitrace.names.Names;
import traitrace.timeline.Change;
import traitrace.timeline.Hop;
import traitrace.timeline.Timeline;
import traitrace.timeline.UserCall;
import traitrace.timeline.Verdict;

/**
 * Timelines as JSON Lines, schema 1: {@code docs/schema/v1.json}, explained in {@code docs/json.md}.
 *
 * <p>First a {@code meta} line, then for each packet a {@code packet} line and its {@code event} and {@code edge} lines,
 * last a {@code stats} line. Every line of a type has the same keys in the same order. Numbers that can exceed 2^53,
 * where jq and JavaScript lose digits, are strings; so are times since boot and ids.
 */
public final class JsonLines implements Closeable {
    public static final int SCHEMA = 1;

    /** A call of a process is none of the events that are counted. */
    private static final int NO_COUNTER = -1;

    /** The largest integer that every JSON reader keeps: longer durations are cut to it. */
    private static final long MAX_EXACT = (1L << 53) - 1;

    private final JsonGenerator json;
    private final Names names;
    private final WallClock clock;
    private final Tally tally = new Tally();

    /**
     * Writes the {@code meta} line.
     *
     * @param out written in large pieces; {@link #flush} when nothing comes for a while
     */
    public JsonLines(OutputStream out, CaptureInfo info, Names names) throws IOException {
        this.names = names;
        this.clock = new WallClock(info.bootUnixNs(), ZoneOffset.UTC);
        // The generator's own flushing would cost a write per line; callers flush when they are idle.
        this.json = new JsonFactory()
                .createGenerator(out)
                .disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET)
                .setPrettyPrinter(new MinimalPrettyPrinter(""));
        begin("meta");
        json.writeNumberField("schema", SCHEMA);
        json.writeStringField("tool", "traitrace");
        json.writeStringField("version", info.version());
        json.writeStringField("kernel", info.kernel());
        json.writeStringField("clock", "monotonic");
        json.writeStringField("boot_unix_ns", Long.toString(info.bootUnixNs()));
        text("filter", info.filter());
        json.writeArrayFieldStart("families");
        for (String family : info.plan()) {
            json.writeString(family);
        }
        json.writeEndArray();
        end();
    }

    public void timeline(Timeline t) throws IOException {
        tally.count(t);
        packet(t);
        long before = t.hops().get(0).timeNs();
        int index = 0;
        for (Hop hop : t.hops()) {
            event(t.packetId(), index++, hop, hop.timeNs() - before);
            before = hop.timeNs();
        }
        for (Edge edge : t.edges()) {
            edge(t.packetId(), edge);
        }
    }

    /**
     * Writes the {@code stats} line.
     *
     * @param hidden packets that a display filter left out
     * @param cut the recording that was read ends in the middle
     */
    public void stats(Losses losses, long hidden, boolean cut) throws IOException {
        begin("stats");
        json.writeNumberField("packets", tally.packets());
        json.writeNumberField("events", tally.events());
        for (String label : Verdict.LABELS) {
            json.writeNumberField(label.replace('-', '_'), tally.verdict(label));
        }
        json.writeNumberField("missing_events", tally.missing());
        json.writeNumberField("lost_events", losses.events());
        json.writeArrayFieldStart("lost_events_by_cpu");
        for (long events : losses.eventsByCpu()) {
            json.writeNumber(events);
        }
        json.writeEndArray();
        json.writeNumberField("missed_runs", losses.missedRuns());
        json.writeNumberField("untracked_packets", losses.untracked());
        json.writeNumberField("aged_entries", losses.aged());
        json.writeNumberField("evicted_packets", losses.evicted());
        json.writeNumberField("filtered_packets", losses.filtered());
        json.writeNumberField("hidden_packets", hidden);
        json.writeBooleanField("cut", cut);
        end();
    }

    public void flush() throws IOException {
        json.flush();
    }

    /** Flushes; does not close the stream. */
    @Override
    public void close() throws IOException {
        json.close();
    }

    private void packet(Timeline t) throws IOException {
        Hop first = t.hops().get(0);
        Hop last = t.hops().get(t.hops().size() - 1);
        begin("packet");
        id("packet_id", t.packetId());
        times(first.timeNs());
        json.writeNumberField("total_ns", exact(t.totalNs()));
        json.writeNumberField("event_count", t.hops().size());
        json.writeNumberField("missing_events", t.missing());
        json.writeStringField("verdict", t.verdict().label());
        json.writeStringField("verdict_text", t.verdictText());
        text("advice", t.advice());
        Verdict.Dropped dropped = t.verdict() instanceof Verdict.Dropped d ? d : null;
        text("drop_reason", dropped == null ? "" : names.dropReason(dropped.reason()));
        text("drop_symbol", dropped == null ? "" : names.symbol(dropped.location()));
        text("drop_address", dropped == null ? "" : hex(dropped.location()));
        int pid = t.verdict() instanceof Verdict.Delivered d ? d.pid() : 0;
        number("to_pid", pid, 0);
        text("to_process", pid == 0 ? "" : names.process(pid));
        json.writeNumberField("first_netns", first.netns());
        json.writeStringField("first_netns_name", first.netnsName());
        json.writeNumberField("last_netns", last.netns());
        json.writeStringField("last_netns_name", last.netnsName());
        text("first_device", first.device());
        text("last_device", last.device());
        flow(t.firstHeaders());
        json.writeArrayFieldStart("candidates");
        for (long candidate : t.candidates()) {
            json.writeString(Timeline.formatId(candidate));
        }
        json.writeEndArray();
        end();
    }

    private void event(long packetId, int index, Hop hop, long deltaNs) throws IOException {
        begin("event");
        id("packet_id", packetId);
        json.writeNumberField("index", index);
        times(hop.timeNs());
        json.writeNumberField("delta_ns", exact(deltaNs));
        id("skb_id", hop.skbId());
        number("counter", hop.counter(), NO_COUNTER);
        json.writeNumberField("missing_events", hop.missing());
        json.writeStringField("hook", hop.hook().kernelName());
        json.writeStringField("stage", hop.hook().stage().label());
        json.writeNumberField("cpu", hop.cpu());
        json.writeNumberField("netns", hop.netns());
        json.writeStringField("netns_name", hop.netnsName());
        number("ifindex", hop.ifindex(), 0);
        text("device", hop.device());
        json.writeNumberField("len_bytes", hop.lenBytes());
        json.writeNumberField("mark", hop.mark());
        number("pid", hop.pid(), 0);
        text("process", hop.process());
        json.writeNumberField("ethertype", hop.protocol());
        json.writeStringField("arg", hex(hop.arg()));
        text("detail", hop.detail());
        json.writeBooleanField("tap", hop.tap());
        flow(hop.headers());
        json.writeNumberField("gso_size_bytes", hop.headers().gsoSize());
        json.writeNumberField("gso_segments", hop.headers().gsoSegs());
        number("vlan_tci", hop.headers().vlanTci(), -1);
        json.writeArrayFieldStart("changes");
        for (Change change : hop.changes()) {
            json.writeStartObject();
            json.writeStringField("field", change.field());
            text("before", change.before());
            text("after", change.after());
            json.writeEndObject();
        }
        json.writeEndArray();
        UserCall call = hop.call();
        number("tid", call.tid(), 0);
        number("fd", call.fd(), -1);
        text("call", call.isCall() ? call.call().label() : "");
        json.writeBooleanField("peeked", call.peeked());
        text("container", call.container());
        end();
    }

    private void edge(long packetId, Edge edge) throws IOException {
        begin("edge");
        id("packet_id", packetId);
        times(edge.timeNs());
        id("parent_skb_id", edge.parentSkb());
        id("child_skb_id", edge.childSkb());
        json.writeStringField("kind", edge.kind().label());
        json.writeStringField("evidence", edge.evidence().label());
        json.writeStringField("why", edge.why());
        if (edge.offset() == Edge.NO_OFFSET) {
            json.writeNullField("offset_bytes");
        } else {
            json.writeNumberField("offset_bytes", edge.offset());
        }
        text("relation", edge.kind() == EdgeKind.EMIT ? edge.why() : "");
        id("parent_packet_id", edge.parentPacket() == 0 ? packetId : edge.parentPacket());
        id("child_packet_id", edge.childPacket() == 0 ? packetId : edge.childPacket());
        end();
    }

    private void flow(Headers headers) throws IOException {
        FlowFields f = FlowFields.innermost(headers);
        text("src_ip", f.source() == null ? "" : f.source());
        text("dst_ip", f.destination() == null ? "" : f.destination());
        text("ip_protocol", f.protocol() == null ? "" : f.protocol());
        number("src_port", f.sourcePort(), -1);
        number("dst_port", f.destinationPort(), -1);
        text("tunnel", f.tunnel() == null ? "" : f.tunnel());
    }

    private void begin(String type) throws IOException {
        json.writeStartObject();
        json.writeStringField("type", type);
    }

    /** Ends the line at once: a reader of a quiet stream must not wait for the next. */
    private void end() throws IOException {
        json.writeEndObject();
        json.writeRaw('\n');
    }

    private void times(long monoNs) throws IOException {
        json.writeStringField("ts", clock.rfc3339(monoNs));
        json.writeStringField("mono_ns", Long.toUnsignedString(monoNs));
    }

    private void id(String key, long id) throws IOException {
        json.writeStringField(key, Timeline.formatId(id));
    }

    /** Empty becomes null: a reader must not have to know two ways of saying nothing. */
    private void text(String key, String value) throws IOException {
        if (value.isEmpty()) {
            json.writeNullField(key);
        } else {
            json.writeStringField(key, value);
        }
    }

    private void number(String key, int value, int nothing) throws IOException {
        if (value == nothing) {
            json.writeNullField(key);
        } else {
            json.writeNumberField(key, value);
        }
    }

    private static String hex(long value) {
        return "0x" + Long.toHexString(value);
    }

    private static long exact(long ns) {
        return Math.max(-MAX_EXACT, Math.min(MAX_EXACT, ns));
    }
}
