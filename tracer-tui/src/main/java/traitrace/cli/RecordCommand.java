package traitrace.cli;

import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.BooleanSupplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import traitrace.TracerException;
import traitrace.TracerException.Kind;
import traitrace.cli.Tracer.RecordSource;
import traitrace.cli.Tracer.Request;
import traitrace.event.EventSink;
import traitrace.export.RecordingWriter;

@Command(
        name = "record",
        description = "Records packets into a file, to be shown later or elsewhere.",
        footerHeading = "%nExamples:%n",
        footer = {
            "  traitrace record -o slow.trec --duration 10s tcp port 443",
            "  traitrace trace --read slow.trec",
        })
final class RecordCommand implements Callable<Integer> {
    /** How much a crash may cost, ns. */
    private static final long FLUSH_NS = 1_000_000_000L;

    private final Context context;

    @Option(
            names = {"-o", "--output"},
            required = true,
            paramLabel = "FILE",
            description = "The file to create, readable by its owner only.")
    private Path output;

    @Option(names = "--force", description = "Replace the file if it is there.")
    private boolean force;

    @Option(
            names = "--duration",
            paramLabel = "TIME",
            converter = Converters.Span.class,
            description = "End after TIME: 500ms, 5s, 2m, 1h. Otherwise Ctrl-C ends.")
    private Duration duration;

    @Mixin
    private CaptureChoice choice = new CaptureChoice();

    @Parameters(paramLabel = "FILTER", arity = "0..*", description = "Which packets, in the syntax of pcap-filter(7).")
    private List<String> filter = List.of();

    RecordCommand(Context context) {
        this.context = context;
    }

    @Override
    public Integer call() {
        refuseWhatIsThere();
        Request request = choice.request(String.join(" ", filter).strip());
        // The capture first: if it cannot be made, there is no file to be left behind.
        try (RecordSource source = context.tracer().get().records(request);
                RecordingWriter writer = RecordingWriter.create(output, force, source.info(), source.names())) {
            long start = System.nanoTime();
            BooleanSupplier over = () -> duration != null && System.nanoTime() - start >= duration.toNanos();
            BooleanSupplier interrupted = context.outside().interrupted();
            source.run(flushing(writer), writer::flush, () -> over.getAsBoolean() || interrupted.getAsBoolean());
            boolean early = interrupted.getAsBoolean() && !over.getAsBoolean();
            writer.finish(source.losses());
            context.tell(writer.records() + " records in " + output);
            if (source.losses().any()) {
                context.tell("LOST: " + source.losses().events() + " events: narrow the filter to lose fewer");
            }
            source.remarks().forEach(context::tell);
            return early ? ExitCode.INTERRUPTED : ExitCode.OK;
        }
    }

    /** Before anything is attached, and so that --force never deletes a directory or a device. */
    private void refuseWhatIsThere() {
        if (Files.isDirectory(output)) {
            throw new TracerException(Kind.USAGE, output + " is a directory", "name a file to create");
        }
        boolean there = Files.exists(output, LinkOption.NOFOLLOW_LINKS);
        if (there && Files.exists(output) && !Files.isRegularFile(output)) {
            throw new TracerException(Kind.USAGE, output + " is not a regular file", "name a file to create");
        }
        if (there && !force) {
            throw new TracerException(
                    Kind.USAGE, output + " exists", "choose another name, or replace it with --force");
        }
    }

    /** Under load nothing is ever idle: then the clock decides. */
    private static EventSink flushing(RecordingWriter writer) {
        long[] last = {System.nanoTime()};
        return event -> {
            writer.accept(event);
            // The clock is read for one record in 1,024.
            if ((writer.records() & 1023) == 0 && System.nanoTime() - last[0] >= FLUSH_NS) {
                writer.flush();
                last[0] = System.nanoTime();
            }
        };
    }
}
