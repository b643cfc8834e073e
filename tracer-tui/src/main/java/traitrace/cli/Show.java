package traitrace.cli;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.ZoneId;
import java.util.Optional;
import traitrace.cli.Tracer.TimelineSink;
import traitrace.cli.Tracer.TimelineSource;
import traitrace.event.Losses;
import traitrace.export.JsonLines;
import traitrace.export.Tally;
import traitrace.export.TextTimelines;
import traitrace.export.WallClock;
import traitrace.filter.DisplayFilter;
import traitrace.names.Names;
import traitrace.timeline.Timeline;

/** Shows what a source delivers, until it ends, a limit is reached or the user has seen enough. */
final class Show {
    private static final int BUFFER_BYTES = 1 << 16;

    private final Context context;
    private final OutputOptions options;
    private final DisplayFilter filter;
    private final long count;
    private final Duration duration;
    private final Tally tally = new Tally();

    /**
     * @param filter which packets to show; null = all
     * @param count of packets that are shown
     * @param duration null = no limit
     */
    Show(Context context, OutputOptions options, DisplayFilter filter, long count, Duration duration) {
        this.context = context;
        this.options = options;
        this.filter = filter;
        this.count = count;
        this.duration = duration;
    }

    /** Returns the exit code; closes the source. */
    int run(TimelineSource source) {
        long start = System.nanoTime();
        OutputStream out = new BufferedOutputStream(context.out(), BUFFER_BYTES);
        boolean interrupted = false;
        try (source;
                Output output = options.json ? new Json(out, source) : new Text(out, source)) {
            try {
                source.run(new Limited(output, source.names()), () -> done(start));
            } finally {
                interrupted = context.outside().interrupted().getAsBoolean() && !limitReached(start);
                output.end(source.losses(), source.notice());
            }
            if (!context.out().failed()) {
                summary(source.losses());
                source.remarks().forEach(context::tell);
                source.notice().ifPresent(context::tell);
            }
        } catch (IOException e) {
            // Standard output keeps its failures to itself: this is not one of them.
            throw new UncheckedIOException(e);
        }
        return interrupted ? ExitCode.INTERRUPTED : ExitCode.OK;
    }

    private boolean done(long start) {
        return limitReached(start)
                || context.out().failed()
                || context.outside().interrupted().getAsBoolean();
    }

    private boolean limitReached(long start) {
        return tally.packets() >= count || (duration != null && System.nanoTime() - start >= duration.toNanos());
    }

    private void summary(Losses losses) {
        context.tell(Summary.packets(tally));
        Summary.losses(losses).ifPresent(context::tell);
    }

    /** Ends at the count exactly, whatever the source still has in hand. */
    private final class Limited implements TimelineSink {
        private final Output output;
        private final Names names;

        Limited(Output output, Names names) {
            this.output = output;
            this.names = names;
        }

        @Override
        public void accept(Timeline timeline) {
            if (tally.packets() < count && !context.out().failed()) {
                if (filter != null && !filter.matches(timeline, names)) {
                    tally.hide();
                    return;
                }
                tally.count(timeline);
                try {
                    output.show(timeline);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        }

        @Override
        public void idle() {
            try {
                output.flush();
                // Where no packet comes, no write would show that head has seen enough.
                context.out().look();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private interface Output extends AutoCloseable {
        void show(Timeline timeline) throws IOException;

        void flush() throws IOException;

        void end(Losses losses, Optional<String> notice) throws IOException;

        @Override
        void close() throws IOException;
    }

    private final class Text implements Output {
        private final OutputStream out;
        private final TextTimelines timelines;
        private final boolean terminal = context.outside().outIsTerminal().getAsBoolean();
        private boolean first = true;

        Text(OutputStream out, TimelineSource source) {
            this.out = out;
            this.timelines = new TextTimelines(
                    source.names(),
                    context.tracer().get().tuple(),
                    new WallClock(source.info().bootUnixNs(), ZoneId.systemDefault()),
                    options.style(context.outside()));
        }

        @Override
        public void show(Timeline timeline) throws IOException {
            String text = (first ? "" : "\n") + timelines.render(timeline);
            first = false;
            out.write(text.getBytes(StandardCharsets.US_ASCII));
            if (terminal) {
                out.flush();
            }
        }

        @Override
        public void flush() throws IOException {
            out.flush();
        }

        @Override
        public void end(Losses losses, Optional<String> notice) throws IOException {
            out.flush();
        }

        @Override
        public void close() throws IOException {
            out.flush();
        }
    }

    private final class Json implements Output {
        private final OutputStream out;
        private final JsonLines lines;

        Json(OutputStream out, TimelineSource source) throws IOException {
            this.out = out;
            this.lines = new JsonLines(out, source.info(), source.names());
        }

        @Override
        public void show(Timeline timeline) throws IOException {
            lines.timeline(timeline);
        }

        @Override
        public void flush() throws IOException {
            lines.flush();
        }

        @Override
        public void end(Losses losses, Optional<String> notice) throws IOException {
            lines.stats(losses, tally.hidden(), notice.isPresent());
        }

        @Override
        public void close() throws IOException {
            lines.close();
            out.flush();
        }
    }
}
