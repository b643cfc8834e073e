package traitrace.cli;

import java.io.InputStream;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
import traitrace.TracerException;
import traitrace.TracerException.Kind;
import traitrace.event.Flow;
import traitrace.event.Headers;
import traitrace.event.Hook;
import traitrace.event.Losses;
import traitrace.export.RecordingReader;
import traitrace.kernel.Btf;
import traitrace.kernel.CaptureOptions;
import traitrace.kernel.FamilyTrial;
import traitrace.kernel.HookAvailability;
import traitrace.kernel.Requirements;
import traitrace.lineage.Lineage.Limits;
import traitrace.lineage.Packet;
import traitrace.names.NetnsNames;
import traitrace.timeline.TimelineStream;

/** The tracer of this host. */
final class LocalTracer implements Tracer {
    private static final String DEMO = "demo.trec";
    /** Rings and side tables, for the doctor: 8 MiB for each CPU and about 300 bytes for each skb. */
    private static final long MEMORY =
            (long) CaptureOptions.DEFAULT.ringBytes() * Runtime.getRuntime().availableProcessors()
                    + 300L * CaptureOptions.DEFAULT.trackedSkbs();

    private final NetnsNames namespaces = new NetnsNames();

    @Override
    public TimelineSource live(Request request) {
        return open(request);
    }

    @Override
    public RecordSource records(Request request) {
        return open(request);
    }

    private Live open(Request request) {
        // What the user wrote comes first: a wrong filter needs no root to be told.
        Predicate<Packet> wanted = wanted(request);
        return Live.open(Btf.read(Btf.VMLINUX), namespaces, request.filter(), wanted, request.options());
    }

    private Predicate<Packet> wanted(Request request) {
        return PacketFilter.of(
                request.filter(),
                request.netns().stream().map(namespaces::resolve).toList());
    }

    @Override
    public TimelineSource replay(Path recording, Request request) {
        return new Replay(RecordingReader.open(recording), follow(wanted(request)));
    }

    @Override
    public TimelineSource demo() {
        InputStream in = LocalTracer.class.getResourceAsStream(DEMO);
        if (in == null) {
            throw new TracerException(Kind.FAILURE, "this build has no demo recording", "use a released one");
        }
        return new Replay(new RecordingReader("the demo", in), follow(packet -> true));
    }

    private static LineageFactory follow(Predicate<Packet> wanted) {
        return (info, names, sink) -> {
            TimelineStream stream = new TimelineStream(names, info.exact(), wanted, Limits.DEFAULT, sink);
            return new Lineage() {
                @Override
                public void accept(traitrace.event.EventView event) {
                    stream.accept(event);
                }

                @Override
                public void finish() {
                    stream.finish();
                }

                @Override
                public Losses count(Losses source) {
                    return stream.count(source);
                }
            };
        };
    }

    @Override
    public Requirements requirements() {
        return Requirements.probe(Requirements.Host.live(MEMORY), new FamilyTrial(CaptureOptions.DEFAULT));
    }

    @Override
    public Function<Hook, Optional<String>> unavailable() {
        return new HookAvailability(Btf.read(Btf.VMLINUX));
    }

    @Override
    public Function<Headers, String> tuple() {
        return Flow::summary;
    }
}
