package traitrace.cli;

import java.util.Optional;
import java.util.function.BooleanSupplier;
import traitrace.cli.Tracer.Lineage;
import traitrace.cli.Tracer.LineageFactory;
import traitrace.cli.Tracer.TimelineSink;
import traitrace.cli.Tracer.TimelineSource;
import traitrace.event.Losses;
import traitrace.export.CaptureInfo;
import traitrace.export.RecordingReader;
import traitrace.names.Names;

/** A recording as a source of timelines. */
public final class Replay implements TimelineSource {
    private final RecordingReader reader;
    private final LineageFactory lineage;
    private Lineage packets;

    public Replay(RecordingReader reader, LineageFactory lineage) {
        this.reader = reader;
        this.lineage = lineage;
    }

    @Override
    public CaptureInfo info() {
        return reader.info();
    }

    @Override
    public Names names() {
        return reader.names();
    }

    @Override
    public void run(TimelineSink sink, BooleanSupplier stop) {
        packets = lineage.start(reader.info(), reader.names(), sink);
        try {
            reader.replay(packets, stop);
        } finally {
            // What came before a damage is told, too.
            packets.finish();
        }
    }

    @Override
    public Losses losses() {
        return packets == null ? reader.losses() : packets.count(reader.losses());
    }

    @Override
    public Optional<String> notice() {
        return reader.cut();
    }

    @Override
    public void close() {
        reader.close();
    }
}
