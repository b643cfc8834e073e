package traitrace.lab;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;
import traitrace.event.EventLayout;
import traitrace.event.EventSink;
import traitrace.event.EventView;
import traitrace.event.Family;
import traitrace.event.Losses;
import traitrace.kernel.Btf;
import traitrace.kernel.Capture;
import traitrace.kernel.CaptureOptions;

/**
 * One capture for scenario after scenario, as long as they want the same of it: to have the programs verified, attached
 * and detached takes an emulated machine longer than most scenarios. One thread at a time.
 */
final class SharedCapture implements AutoCloseable {
    private final Btf kernel;
    /** What the probes have told about devices and processes, which they tell only once: the last record of each. */
    private final Map<String, EventView> names = new LinkedHashMap<>();

    private Capture capture;
    private CaptureOptions options;
    private Losses before = Losses.NONE;

    SharedCapture(Btf kernel) {
        this.kernel = kernel;
    }

    /** Attaches the probes, or goes on with those that are attached. Records are kept from now on. */
    void start(CaptureOptions wanted) {
        if (capture == null || !wanted.equals(options)) {
            close();
            capture = Capture.open(kernel, wanted);
            options = wanted;
        }
        // What happened since the last scenario is nobody's.
        capture.run(this::remember, now -> {}, () -> true);
        before = capture.losses();
    }

    /** Whether every birth, copy and end of an skb is seen. */
    boolean exact() {
        return capture.exact();
    }

    /** See {@link Capture#tracked}. */
    long tracked() {
        return capture.tracked();
    }

    /** See {@link Capture#families}. */
    Set<Family> families() {
        return capture.families();
    }

    /** Records of the names that are known at the start. */
    void names(EventSink sink) {
        names.values().forEach(sink::accept);
    }

    /** Hands on records in order of time until {@code stop} answers true, then what is left. */
    void run(EventSink sink, BooleanSupplier stop) {
        capture.run(
                event -> {
                    remember(event);
                    sink.accept(event);
                },
                now -> {},
                stop);
    }

    private void remember(EventView event) {
        if (event.kind() == EventLayout.KIND_DEVICE) {
            int at = event.offset();
            int netns = event.buffer().getInt(at + EventLayout.DEVICE_NETNS);
            int ifindex = event.buffer().getInt(at + EventLayout.DEVICE_IFINDEX);
            names.put("device " + netns + " " + ifindex, event.copy());
        } else if (event.kind() == EventLayout.KIND_TASK) {
            names.put("task " + event.buffer().getInt(event.offset() + EventLayout.TASK_PID), event.copy());
        }
    }

    /** What was lost since the start. */
    Losses losses() {
        Losses now = capture.losses();
        List<Long> events = new ArrayList<>();
        for (int cpu = 0; cpu < now.eventsByCpu().size(); cpu++) {
            long earlier =
                    cpu < before.eventsByCpu().size() ? before.eventsByCpu().get(cpu) : 0;
            events.add(now.eventsByCpu().get(cpu) - earlier);
        }
        return new Losses(
                events,
                now.missedRuns() - before.missedRuns(),
                now.untracked() - before.untracked(),
                now.aged() - before.aged(),
                0,
                0);
    }

    @Override
    public void close() {
        if (capture != null) {
            capture.close();
            capture = null;
            names.clear();
        }
    }
}
