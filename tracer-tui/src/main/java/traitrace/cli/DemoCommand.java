package traitrace.cli;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import traitrace.TracerException;
import traitrace.cli.Tracer.TimelineSink;
import traitrace.cli.Tracer.TimelineSource;
import traitrace.export.CaptureInfo;
import traitrace.export.JsonLines;
import traitrace.export.RecordingWriter;
import traitrace.export.Tally;
import traitrace.export.TextTimelines;
import traitrace.export.WallClock;
import traitrace.kernel.Requirement;
import traitrace.lab.Scenario;
import traitrace.timeline.Timeline;

@Command(
        name = "demo",
        description = {
            "Builds a small network of its own, follows the packets that it sends there, and removes it again.",
            "Where that cannot be done, shows a recording of it that comes with traitrace."
        })
final class DemoCommand implements Callable<Integer> {
    /** By when a signal that ended one of our children has reached us, too, ns. */
    private static final long SIGNAL_NS = 100_000_000L;

    private final Context context;

    @Option(names = "--recorded", description = "Show the recording: no root, no kernel support needed.")
    private boolean recorded;

    @Option(
            names = "--record",
            paramLabel = "FILE",
            hidden = true,
            description = "Write the recording, replacing the file, and show nothing: for lab/record-demo.")
    private Path record;

    @Mixin
    private OutputOptions output = new OutputOptions();

    private boolean begun;

    DemoCommand(Context context) {
        this.context = context;
    }

    @Override
    public Integer call() {
        if (record != null) {
            return record();
        }
        DemoText text = new DemoText(output.style(context.outside()));
        if (!recorded) {
            try {
                return live(text);
            } catch (RuntimeException e) {
                // Whatever failed then failed because the network was being removed.
                if (interrupted()) {
                    return ExitCode.INTERRUPTED;
                }
                if (!(e instanceof TracerException lacking)) {
                    throw e;
                }
                context.tell(lack(lacking));
                context.tell("replaying the recording that comes with traitrace instead:");
            }
        }
        TimelineSource recording = context.tracer().get().demo();
        say(text.recorded(recording.info(), begun));
        return show(recording, text);
    }

    private int live(DemoText text) {
        Scenario scenario = DemoTraffic.scenario();
        // Said first, as it takes some seconds.
        say(text.live());
        begun = true;
        return show(DemoTraffic.open(scenario, context.tracer().get()), text);
    }

    /** What is missing and the command that mends it, as the doctor says it if the doctor knows. */
    private String lack(TracerException e) {
        return context.tracer().get().requirements().list().stream()
                .filter(requirement -> requirement.status() == Requirement.Status.FAIL)
                .map(r -> r.name() + ": " + r.found() + ", " + r.cost() + ": " + r.mend())
                .findFirst()
                .orElse(e.getMessage() + (e.hint().isEmpty() ? "" : ": " + e.hint()));
    }

    private int record() {
        try (DemoTraffic traffic = DemoTraffic.open(
                        DemoTraffic.scenario(), context.tracer().get());
                RecordingWriter writer =
                        RecordingWriter.create(record, true, published(traffic.info()), traffic.names())) {
            traffic.run(writer, () -> {}, context.outside().interrupted());
            writer.finish(traffic.losses());
            context.tell(writer.records() + " records in " + record);
        }
        return context.outside().interrupted().getAsBoolean() ? ExitCode.INTERRUPTED : ExitCode.OK;
    }

    /** Behind the numbers of a kernel's release stands who built it, which is nobody's business. */
    private static CaptureInfo published(CaptureInfo info) {
        return new CaptureInfo(
                info.version(),
                info.kernel().replaceFirst("[^0-9.].*", ""),
                info.bootUnixNs(),
                info.filter(),
                info.families(),
                info.dropReasons());
    }

    private int show(TimelineSource source, DemoText text) {
        List<Timeline> packets = packets(source);
        if (context.outside().interrupted().getAsBoolean()) {
            return ExitCode.INTERRUPTED;
        }
        List<DemoStory> stories = DemoStory.of(packets);
        try (OutputStream out = new BufferedOutputStream(context.out())) {
            if (output.json) {
                json(out, source, stories);
            } else {
                text(out, source, stories, packets, text);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        boolean complete = stories.stream().noneMatch(s -> s.timelines().isEmpty());
        return complete ? ExitCode.OK : ExitCode.FAILURE;
    }

    /** Those of the traffic. Closes the source: nobody who reads at leisure keeps the network standing. */
    private List<Timeline> packets(TimelineSource source) {
        List<Timeline> packets = new ArrayList<>();
        try (source) {
            source.run(
                    new TimelineSink() {
                        @Override
                        public void accept(Timeline timeline) {
                            if (DemoStory.traffic(timeline)) {
                                packets.add(timeline);
                            }
                        }

                        @Override
                        public void idle() {
                            // Nothing is shown before the end.
                        }
                    },
                    context.outside().interrupted());
        }
        return packets;
    }

    private void text(
            OutputStream out, TimelineSource source, List<DemoStory> stories, List<Timeline> packets, DemoText text)
            throws IOException {
        TextTimelines timelines = new TextTimelines(
                source.names(),
                context.tracer().get().tuple(),
                new WallClock(source.info().bootUnixNs(), ZoneId.systemDefault()),
                output.style(context.outside()));
        int number = 1;
        for (DemoStory story : stories) {
            out.write(text.story(number++, story, timelines).getBytes(StandardCharsets.US_ASCII));
        }
        Tally tally = new Tally();
        packets.forEach(tally::count);
        out.write(text.end(tally, source.losses()).getBytes(StandardCharsets.US_ASCII));
    }

    private static void json(OutputStream out, TimelineSource source, List<DemoStory> stories) throws IOException {
        try (JsonLines lines = new JsonLines(out, source.info(), source.names())) {
            for (DemoStory story : stories) {
                for (Timeline timeline : story.timelines()) {
                    lines.timeline(timeline);
                }
            }
            lines.stats(source.losses(), 0, source.notice().isPresent());
        }
    }

    private void say(String text) {
        if (!output.json) {
            byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
            context.out().write(bytes, 0, bytes.length);
            context.out().flush();
        }
    }

    /** After Ctrl-C our children fail, which is no lack of this host; they may be told before we are. */
    private boolean interrupted() {
        long end = System.nanoTime() + SIGNAL_NS;
        while (!context.outside().interrupted().getAsBoolean() && System.nanoTime() < end) {
            LockSupport.parkNanos(1_000_000);
        }
        return context.outside().interrupted().getAsBoolean();
    }
}
