package traitrace.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;
import traitrace.event.EventSink;
import traitrace.event.Headers;
import traitrace.event.Hook;
import traitrace.event.Losses;
import traitrace.export.CaptureInfo;
import traitrace.kernel.CaptureOptions;
import traitrace.kernel.Hooks;
import traitrace.kernel.Requirements;
import traitrace.names.Names;
import traitrace.timeline.Timeline;

/**
 * What the commands need of the tracer behind them. Every method may throw a {@link traitrace.TracerException}, which
 * ends the command with its message and exit code.
 */
public interface Tracer {
    /**
     * What to capture.
     *
     * @param filter in libpcap's syntax; empty = every packet
     * @param netns as the user gave them: {@code NAME}, {@code pid:N}, {@code inode:N}; empty = all
     * @param ringBytes of each ring, as {@link CaptureOptions} takes it; null = as many as usual
     * @param hooks the families of hooks to use
     * @param userSpace whether to follow what goes through processes
     */
    record Request(String filter, List<String> netns, Integer ringBytes, Hooks hooks, boolean userSpace) {
        public Request {
            netns = List.copyOf(netns);
        }

        /** With rings as large as usual, and all hooks that the kernel allows. */
        public Request(String filter, List<String> netns) {
            this(filter, netns, null, Hooks.AUTO, true);
        }

        CaptureOptions options() {
            CaptureOptions options = CaptureOptions.DEFAULT.withHooks(hooks).withUserSpace(userSpace);
            return ringBytes == null ? options : options.withRingBytes(ringBytes);
        }
    }

    /** Takes timelines on the thread that calls {@link TimelineSource#run}. */
    interface TimelineSink extends Consumer<Timeline> {
        /** Nothing came for a while, 200 ms at most: what is buffered can go out. */
        void idle();
    }

    /** Something that captures or replays. */
    interface Source extends AutoCloseable {
        /** What the user has to know of the hooks behind what was captured, a sentence each. */
        default List<String> remarks() {
            return List.of();
        }

        @Override
        void close();
    }

    /** Where finished packets come from: a capture or a recording. Used once. */
    interface TimelineSource extends Source {
        CaptureInfo info();

        /** Knows what the source has seen so far. */
        Names names();

        /**
         * Delivers each packet when its story has ended, and at the end those that are still under way. Returns at the
         * end of a recording, or soon after {@code stop} says so, which is asked 5 times a second or more often.
         */
        void run(TimelineSink sink, BooleanSupplier stop);

        /** So far. */
        Losses losses();

        /** Something the user has to know of what was read, as a sentence: the recording was cut. */
        Optional<String> notice();
    }

    /** Where raw records come from, to be recorded. Used once. */
    interface RecordSource extends Source {
        CaptureInfo info();

        Names names();

        /** As {@link TimelineSource#run}; {@code idle} is called when nothing came for a while. */
        void run(EventSink sink, Runnable idle, BooleanSupplier stop);

        Losses losses();
    }

    /** Turns records into timelines. */
    interface Lineage extends EventSink {
        /** Delivers the packets still under way: no record will follow. */
        void finish();

        /** Adds to what a source lost what was left out here. */
        Losses count(Losses source);
    }

    /** Makes a lineage that delivers to {@code sink}; {@code names} learns as records come. */
    @FunctionalInterface
    interface LineageFactory {
        Lineage start(CaptureInfo info, Names names, Consumer<Timeline> sink);
    }

    TimelineSource live(Request request);

    /** Attaches, then records are there for {@link RecordSource#run}. */
    RecordSource records(Request request);

    /** A recording; {@code request} chooses among its packets. */
    TimelineSource replay(Path recording, Request request);

    /** The recording that comes with traitrace. */
    TimelineSource demo();

    /** What {@code traitrace doctor} shows. */
    Requirements requirements();

    /** Why the hook cannot be used here; empty if it can. */
    Function<Hook, Optional<String>> unavailable();

    /** Addresses, ports and protocol in a few words; empty where there are none. */
    Function<Headers, String> tuple();
}
