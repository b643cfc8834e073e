package traitrace.cli;

import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import traitrace.cli.Tracer.RecordSource;
import traitrace.cli.Tracer.TimelineSink;
import traitrace.cli.Tracer.TimelineSource;
import traitrace.event.EventSink;
import traitrace.event.Losses;
import traitrace.export.CaptureInfo;
import traitrace.kernel.Btf;
import traitrace.kernel.Capture;
import traitrace.kernel.CaptureOptions;
import traitrace.kernel.Kallsyms;
import traitrace.lineage.Lineage.Limits;
import traitrace.lineage.Packet;
import traitrace.names.Containers;
import traitrace.names.DropReasons;
import traitrace.names.NameTable;
import traitrace.names.Names;
import traitrace.names.NetnsNames;
import traitrace.names.ProcessNames;
import traitrace.timeline.TimelineStream;

/** The running kernel as a source: of timelines, or of raw records. */
final class Live implements TimelineSource, RecordSource {
    private static final long IDLE_NS = 100_000_000;
    private static final Path PROC = Path.of("/proc");

    private final Capture capture;
    private final NameTable names;
    private final CaptureInfo info;
    private final Predicate<Packet> wanted;
    private TimelineStream stream;
    private long idle = System.nanoTime();

    private Live(Capture capture, NameTable names, CaptureInfo info, Predicate<Packet> wanted) {
        this.capture = capture;
        this.names = names;
        this.info = info;
        this.wanted = wanted;
    }

    /** Attaches the probes. */
    static Live open(Btf btf, NetnsNames namespaces, String filter, Predicate<Packet> wanted, CaptureOptions options) {
        Kallsyms symbols = Kallsyms.of(Kallsyms.LIVE);
        DropReasons reasons = DropReasons.live(btf);
        NameTable names = new NameTable(new NameTable.Sources(
                namespaces::name,
                namespaces::forget,
                pid -> ProcessNames.comm(PROC, pid),
                reasons::name,
                address -> symbols.symbol(symbols.widen((int) address)),
                pid -> Containers.of(PROC, pid)));
        Capture capture = Capture.open(btf, options);
        CaptureInfo info = new CaptureInfo(
                Main.version(),
                System.getProperty("os.version"),
                bootUnixNs(),
                filter,
                capture.families(),
                reasons.all());
        return new Live(capture, names, info, wanted);
    }

    /** System.nanoTime() is CLOCK_MONOTONIC on Linux, the clock of the events. */
    private static long bootUnixNs() {
        Instant now = Instant.now();
        return now.getEpochSecond() * 1_000_000_000L + now.getNano() - System.nanoTime();
    }

    @Override
    public CaptureInfo info() {
        return info;
    }

    @Override
    public Names names() {
        return names;
    }

    @Override
    public void run(TimelineSink sink, BooleanSupplier stop) {
        stream = new TimelineStream(names, info.exact(), wanted, Limits.DEFAULT, sink);
        EventSink both = event -> {
            names.accept(event);
            stream.accept(event);
        };
        capture.run(
                both,
                now -> {
                    stream.advance(now);
                    everySoOften(now, sink::idle);
                },
                stop);
        stream.finish();
    }

    @Override
    public void run(EventSink sink, Runnable idle, BooleanSupplier stop) {
        EventSink both = event -> {
            names.accept(event);
            sink.accept(event);
        };
        capture.run(both, now -> everySoOften(now, idle), stop);
    }

    private void everySoOften(long now, Runnable action) {
        if (now - idle > IDLE_NS) {
            idle = now;
            action.run();
        }
    }

    @Override
    public Losses losses() {
        return stream == null ? capture.losses() : stream.count(capture.losses());
    }

    @Override
    public Optional<String> notice() {
        return Optional.empty();
    }

    @Override
    public List<String> remarks() {
        return Summary.hooks(capture.lineageRefusal(), capture.lineagePlan(), capture.exact(), capture.missedRuns());
    }

    @Override
    public void close() {
        capture.close();
    }
}
