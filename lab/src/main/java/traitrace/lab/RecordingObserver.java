package traitrace.lab;

import java.nio.file.Path;
import java.time.Instant;
import java.util.function.BiFunction;
import traitrace.event.EventSink;
import traitrace.event.EventView;
import traitrace.export.CaptureInfo;
import traitrace.export.RecordingWriter;
import traitrace.kernel.CaptureOptions;
import traitrace.names.NameTable;
import traitrace.names.Names;

/**
 * traitrace, recording a scenario into a file: every record, and for each event the payload bytes where the scenario's
 * messages have their number. The file is one of {@code traitrace record} but for these bytes.
 */
final class RecordingObserver implements Observer {
    /** What is still in rings and queues when the traffic has ended. */
    private static final long GRACE_MS = 300;

    private static final int RING_BYTES = 64 << 20;

    private final Scenario scenario;
    private final Path file;
    private final TracedKernel kernel;
    private final BiFunction<Names, Boolean, EventSink> besides;
    private SharedCapture capture;
    private NameTable names;
    private RecordingWriter writer;
    private EventSink also;
    private Thread reader;
    private long tracked = -1;
    private volatile boolean stopped;
    private volatile RuntimeException trouble;

    RecordingObserver(Scenario scenario, Path file, TracedKernel kernel) {
        this(scenario, file, kernel, (live, exact) -> event -> {});
    }

    /** @param besides given the live names and whether all births and ends are told, makes who is shown each record when it has been written */
    RecordingObserver(
            Scenario scenario, Path file, TracedKernel kernel, BiFunction<Names, Boolean, EventSink> besides) {
        this.scenario = scenario;
        this.file = file;
        this.kernel = kernel;
        this.besides = besides;
    }

    @Override
    public void start(Laboratory lab) {
        names = kernel.names();
        capture = kernel.capture();
        capture.start(CaptureOptions.DEFAULT
                .withRingBytes(RING_BYTES)
                .withPayload(Sightings.PAYLOAD_BYTES, Sightings.payloadOffset(scenario)));
        also = besides.apply(names, capture.exact());
        writer = RecordingWriter.create(file, true, info(), names);
        capture.names(this::accept);
        reader = new Thread(this::read, "capture");
        reader.start();
    }

    /** See {@link Outcome#tracked}. */
    long tracked() {
        return tracked;
    }

    private CaptureInfo info() {
        Instant now = Instant.now();
        return new CaptureInfo(
                "laboratory",
                System.getProperty("os.version"),
                now.getEpochSecond() * 1_000_000_000L + now.getNano() - System.nanoTime(),
                "",
                capture.families(),
                kernel.reasons().all());
    }

    private void read() {
        try {
            capture.run(this::accept, () -> stopped);
        } catch (RuntimeException e) {
            trouble = e;
        }
    }

    private void accept(EventView event) {
        names.accept(event);
        writer.accept(event);
        also.accept(event);
    }

    @Override
    public void stop() {
        try {
            Thread.sleep(GRACE_MS);
            stopped = true;
            reader.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        tracked = capture.exact() ? capture.tracked() : -1;
        try (RecordingWriter closing = writer) {
            closing.finish(capture.losses());
        }
        if (trouble != null) {
            throw trouble;
        }
    }
}
