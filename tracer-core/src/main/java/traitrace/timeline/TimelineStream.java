package traitrace.timeline;

import java.util.function.Consumer;
import java.util.function.Predicate;
import traitrace.event.EventSink;
import traitrace.event.EventView;
import traitrace.event.Losses;
import traitrace.lineage.Lineage;
import traitrace.lineage.Packet;
import traitrace.names.Names;

/**
 * From records to timelines: the one path of live captures, recordings and tests.
 *
 * <p>Packets are followed whole and chosen when they are finished: a packet that a filter matches only behind NAT or
 * inside a tunnel is shown from its beginning.
 */
public final class TimelineStream implements EventSink {
    private static final long ADVANCE_NS = 10_000_000;

    private final Lineage lineage;
    private long advanced = Long.MIN_VALUE;
    private long refused;

    /**
     * @param names learns as records come, before they are seen here
     * @param exact the lineage family ran: see {@link Lineage.Sources}
     * @param wanted which packets to build timelines of
     */
    public TimelineStream(
            Names names, boolean exact, Predicate<Packet> wanted, Lineage.Limits limits, Consumer<Timeline> sink) {
        TimelineBuilder builder = new TimelineBuilder(names, Explanations::load);
        this.lineage = new Lineage(
                packet -> {
                    if (wanted.test(packet)) {
                        builder.build(packet).ifPresent(sink);
                    } else {
                        refused++;
                    }
                },
                new Lineage.Sources(device -> names.physical(device >>> 32, (int) device), names::symbol, exact),
                limits);
    }

    /** Takes a record; a malformed one is passed over. */
    @Override
    public void accept(EventView event) {
        if (!event.wellFormed()) {
            return;
        }
        lineage.accept(event);
        // In a recording, the records are the clock.
        if (event.time() > advanced + ADVANCE_NS) {
            advance(event.time());
        }
    }

    /** Time has come so far (CLOCK_MONOTONIC, ns), also where no record says so. */
    public void advance(long now) {
        if (now > advanced) {
            advanced = now;
            lineage.advance(now);
        }
    }

    /** No record will follow: delivers the packets that are under way. */
    public void finish() {
        lineage.finish();
    }

    /** Adds to what a source lost what was left out here. */
    public Losses count(Losses source) {
        return source.with(lineage.evicted(), refused);
    }
}
