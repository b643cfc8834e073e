package traitrace.cli;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;
import traitrace.TracerException;
import traitrace.event.EventLayout;
import traitrace.event.EventSink;
import traitrace.event.EventView;
import traitrace.event.Family;
import traitrace.event.Headers;
import traitrace.event.Hook;
import traitrace.event.Losses;
import traitrace.export.CaptureInfo;
import traitrace.export.RecordingReader;
import traitrace.kernel.Requirement;
import traitrace.kernel.Requirements;
import traitrace.names.Names;
import traitrace.timeline.Hop;
import traitrace.timeline.Timeline;
import traitrace.timeline.UserCall;
import traitrace.timeline.Verdict;

/** A tracer that sees {@code packets} packets, one every {@code millis}, each with one event. */
class FakeTracer implements Tracer {
    static final CaptureInfo INFO =
            new CaptureInfo("test", "6.18.2", 1_700_000_000_000_000_000L, "", Set.of(Family.STAGES), Map.of());

    int packets = 3;
    int millis;
    Losses losses = Losses.NONE;
    RuntimeException failure;
    Request request;
    List<Requirement> requirements =
            List.of(new Requirement("BTF", Requirement.Status.OK, "/sys/kernel/btf/vmlinux", "", ""));

    @Override
    public TimelineSource live(Request request) {
        this.request = request;
        if (failure != null && failure instanceof TracerException) {
            throw failure;
        }
        return new TimelineSource() {
            @Override
            public CaptureInfo info() {
                return INFO;
            }

            @Override
            public Names names() {
                return NAMES;
            }

            @Override
            public void run(TimelineSink sink, BooleanSupplier stop) {
                if (failure != null) {
                    throw failure;
                }
                for (int i = 0; i < packets && !stop.getAsBoolean(); i++) {
                    pause();
                    sink.accept(packet(i));
                    sink.idle();
                }
            }

            @Override
            public Losses losses() {
                return losses;
            }

            @Override
            public Optional<String> notice() {
                return Optional.empty();
            }

            @Override
            public void close() {}
        };
    }

    @Override
    public RecordSource records(Request request) {
        this.request = request;
        return new RecordSource() {
            @Override
            public CaptureInfo info() {
                return INFO;
            }

            @Override
            public Names names() {
                return NAMES;
            }

            @Override
            public void run(EventSink sink, Runnable idle, BooleanSupplier stop) {
                for (int i = 0; i < packets && !stop.getAsBoolean(); i++) {
                    pause();
                    sink.accept(record(i));
                    idle.run();
                }
            }

            @Override
            public Losses losses() {
                return losses;
            }

            @Override
            public void close() {}
        };
    }

    @Override
    public TimelineSource replay(Path recording, Request request) {
        this.request = request;
        return new Replay(RecordingReader.open(recording), FakeTracer::lineage);
    }

    @Override
    public TimelineSource demo() {
        return live(new Request("", List.of()));
    }

    @Override
    public Requirements requirements() {
        return new Requirements(requirements);
    }

    @Override
    public Function<Hook, Optional<String>> unavailable() {
        return hook -> hook == Hook.TCP_PROBE ? Optional.of("no tracepoint tcp_probe") : Optional.empty();
    }

    @Override
    public Function<Headers, String> tuple() {
        return headers -> "10.0.0.1 > 10.0.0.2 icmp";
    }

    private void pause() {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static Lineage lineage(CaptureInfo info, Names names, Consumer<Timeline> sink) {
        List<Timeline> open = new ArrayList<>();
        return new Lineage() {
            @Override
            public void accept(EventView event) {
                open.add(packet((int) event.packetId()));
            }

            @Override
            public void finish() {
                open.forEach(sink);
            }

            @Override
            public Losses count(Losses source) {
                return source;
            }
        };
    }

    private static EventView record(int i) {
        ByteBuffer b = ByteBuffer.allocate(EventLayout.EVENT_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        b.putLong(EventLayout.PACKET_ID, i).put(EventLayout.KIND, (byte) EventLayout.KIND_EVENT);
        return new EventView().wrap(b, 0, EventLayout.EVENT_BYTES);
    }

    static Timeline packet(int i) {
        Hop hop = new Hop(
                i,
                1,
                0,
                0,
                Hook.NET_DEV_QUEUE,
                0,
                1,
                "host",
                2,
                "eth0",
                84,
                0,
                0,
                "",
                0x0800,
                0,
                "",
                false,
                Headers.NONE,
                List.of(),
                UserCall.NONE);
        return new Timeline(i, List.of(hop), List.of(), new Verdict.InFlight(), "under way", "");
    }

    private static final Names NAMES = new Names() {
        @Override
        public String netns(long inode) {
            return "host";
        }

        @Override
        public String device(long netns, int ifindex) {
            return "eth0";
        }

        @Override
        public boolean physical(long netns, int ifindex) {
            return true;
        }

        @Override
        public String process(int pid) {
            return "";
        }

        @Override
        public String dropReason(int reason) {
            return "SKB_DROP_REASON_" + reason;
        }

        @Override
        public String symbol(long address) {
            return "";
        }
    };
}
