package traitrace.cli;

import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import traitrace.TracerException;
import traitrace.TracerException.Kind;
import traitrace.event.Headers;
import traitrace.event.Hook;
import traitrace.export.FlowFields;
import traitrace.export.RecordingReader;

/** The tracer of this host. */
final class LocalTracer implements Tracer {
    private static final String DEMO = "demo.trec";

    @Override
    public TimelineSource live(Request request) {
        throw missing("capture");
    }

    @Override
    public RecordSource records(Request request) {
        throw missing("capture");
    }

    @Override
    public TimelineSource replay(Path recording) {
        return new Replay(RecordingReader.open(recording), lineage());
    }

    @Override
    public TimelineSource demo() {
        InputStream in = LocalTracer.class.getResourceAsStream(DEMO);
        if (in == null) {
            throw missing("a demo recording");
        }
        return new Replay(new RecordingReader("the demo", in), lineage());
    }

    @Override
    public List<Check> checks() {
        throw missing("checks");
    }

    @Override
    public Function<Hook, Optional<String>> unavailable() {
        return hook -> Optional.empty();
    }

    @Override
    public Function<Headers, String> tuple() {
        return headers -> {
            FlowFields f = FlowFields.innermost(headers);
            if (f.source() == null) {
                return "";
            }
            String protocol = f.protocol() == null ? "" : " " + f.protocol();
            return f.sourcePort() < 0
                    ? f.source() + " > " + f.destination() + protocol
                    : f.source() + ":" + f.sourcePort() + " > " + f.destination() + ":" + f.destinationPort()
                            + protocol;
        };
    }

    private static LineageFactory lineage() {
        return (info, names, sink) -> {
            throw missing("lineage");
        };
    }

    private static TracerException missing(String part) {
        return new TracerException(Kind.ENVIRONMENT, "this build has no " + part, "use a released one");
    }
}
