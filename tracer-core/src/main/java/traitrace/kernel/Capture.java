package traitrace.kernel;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;
import traitrace.TracerException;
import traitrace.event.EventOrder;
import traitrace.event.EventSink;
import traitrace.event.Family;
import traitrace.event.Losses;

/** A live capture: probes in the kernel, their rings, and the one order of time made of them. */
public final class Capture implements AutoCloseable {
    // probes/output.h, enum counter
    private static final int LOST_RECORDS = 0;
    private static final int UNTRACKED = 1;
    private static final int AGED = 2;

    /** Records younger than this are held back: a probe may have taken the time and not yet its place. */
    private static final long HOLD_NS = 2_000_000;

    private static final long SHORTEST_NAP_NS = 500_000;
    private static final long LONGEST_NAP_NS = 10_000_000;
    private static final long LOOK_FOR_MODULES_EVERY_NS = 1_000_000_000L;
    private static final long SWEEP_EVERY_NS = 5_000_000_000L;
    /** What was not seen for so long is forgotten, the sooner the fuller the tables are. */
    private static final long AGE_NS = 300_000_000_000L;

    private static final long AGE_WHEN_HALF_FULL_NS = 10_000_000_000L;

    private final Probes probes;
    private final List<RingReader> rings = new ArrayList<>();
    private final EventOrder order;
    private final CaptureOptions options;
    private long swept;
    private long looked;
    private boolean closed;
    private Losses lastLosses = Losses.NONE;
    private List<MissedRuns> lastMissed = List.of();

    private Capture(Probes probes, CaptureOptions options) {
        this.probes = probes;
        this.options = options;
        for (int fd : probes.rings()) {
            rings.add(new RingReader(Libc.load(), fd, options.ringBytes()));
        }
        this.order = new EventOrder(rings.size());
        this.swept = System.nanoTime();
        this.looked = swept;
    }

    /**
     * Loads and attaches the probes; events are kept from now on.
     *
     * @param kernel types of the running kernel: {@code Btf.read(Btf.VMLINUX)}
     * @throws TracerException (environment, permission, attach) saying what is missing
     */
    public static Capture open(Btf kernel, CaptureOptions options) {
        Probes probes = Probes.load(kernel, options);
        try {
            return new Capture(probes, options);
        } catch (RuntimeException e) {
            probes.close();
            throw e;
        }
    }

    /** The hooks that report, as the kernel names them. */
    public List<String> attached() {
        return probes.attached();
    }

    /** The hooks that this kernel does not have, with the reason. */
    public Map<String, String> unavailable() {
        return probes.unavailable();
    }

    /** What became of the tracepoints. */
    AttachPlan stagesPlan() {
        return probes.stagesPlan();
    }

    /** Why the lineage family is not used; empty if it is. */
    public Optional<String> lineageRefusal() {
        return probes.lineageRefusal();
    }

    /** What became of the lineage family; modules that come later change it. */
    public AttachPlan lineagePlan() {
        return probes.lineagePlan();
    }

    /**
     * The families that report: lineage only if it sees all that it must, for else what is at an address is recognised
     * as without it.
     */
    public Set<Family> families() {
        return exact() ? Set.of(Family.STAGES, Family.LINEAGE) : Set.of(Family.STAGES);
    }

    /** Whether births, deaths and copies of skbs are all seen, so that no skb is taken for another. */
    public boolean exact() {
        return probes.exact();
    }

    /** Runs of each probe that the kernel skipped; after closing, as they were then. */
    public List<MissedRuns> missedRuns() {
        if (!closed) {
            lastMissed = probes.missedRuns();
        }
        return lastMissed;
    }

    /**
     * Hands on records in order of time until {@code stop} answers true, then what is left.
     *
     * @param tick told the time (CLOCK_MONOTONIC, ns) up to which everything was handed on, at least every 10 ms
     */
    public void run(EventSink sink, LongConsumer tick, BooleanSupplier stop) {
        long nap = SHORTEST_NAP_NS;
        while (!stop.getAsBoolean()) {
            int read = poll(sink, tick, HOLD_NS);
            sweep();
            if (read > 0) {
                nap = SHORTEST_NAP_NS;
            } else {
                nap = Math.min(nap * 2, LONGEST_NAP_NS);
            }
            LockSupport.parkNanos(nap);
        }
        poll(sink, tick, HOLD_NS);
        LockSupport.parkNanos(HOLD_NS);
        poll(sink, tick, -1);
    }

    private int poll(EventSink sink, LongConsumer tick, long hold) {
        // Taken before the reading: everything older is in the rings by now, or will be late.
        long now = System.nanoTime();
        int read = 0;
        for (int i = 0; i < rings.size(); i++) {
            int lane = i;
            read += rings.get(i).drain((buffer, offset, length) -> order.add(lane, buffer, offset, length));
        }
        long until = hold < 0 ? Long.MAX_VALUE : now - hold;
        order.release(until, sink);
        tick.accept(Math.min(now, until));
        return read;
    }

    private void sweep() {
        long now = System.nanoTime();
        if (now - looked >= LOOK_FOR_MODULES_EVERY_NS) {
            looked = now;
            probes.pollModules();
        }
        if (now - swept < SWEEP_EVERY_NS) {
            return;
        }
        swept = now;
        long left = probes.sweep(now - AGE_NS);
        if (left > options.trackedSkbs() / 2) {
            probes.sweep(now - AGE_WHEN_HALF_FULL_NS);
        }
    }

    /** How many skbs are known at this moment. */
    public long tracked() {
        return probes.sweep(0);
    }

    /** What was lost so far; after closing, what was lost in all. */
    public Losses losses() {
        if (!closed) {
            lastLosses = new Losses(
                    probes.counterByCpu(LOST_RECORDS),
                    missedRuns().stream().mapToLong(MissedRuns::unseen).sum(),
                    probes.counter(UNTRACKED),
                    probes.counter(AGED),
                    0,
                    0);
        }
        return lastLosses;
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        losses();
        closed = true;
        rings.forEach(RingReader::close);
        probes.close();
    }
}
