package traitrace.lineage;

import java.util.ArrayList;
import java.util.List;

/**
 * What the kernel told of calls that are under way: which skbs were copied to a thread, and which were made of its
 * bytes. The thread's next transfer in that direction closes the call.
 */
final class ThreadCalls {
    private static final int MOST_THREADS = 8192;
    private static final int MOST_SKBS = 4096;
    private static final long LIFETIME_NS = 10_000_000_000L;

    /** @param bytes copied of the skb */
    record Delivery(Skb skb, long bytes) {}

    /** @param timeNs when the skb was made, CLOCK_MONOTONIC */
    record Emission(long skbId, long timeNs) {}

    private static final class Call {
        private final List<Delivery> delivered = new ArrayList<>(1);
        private final List<Emission> emitted = new ArrayList<>(1);
        private long time;
    }

    private final Recent<Long, Call> calls = new Recent<>(MOST_THREADS);

    /** @param task {@code pid << 32 | tid} */
    void delivered(long task, Skb skb, long bytes, long now) {
        Call call = call(task, now);
        if (call.delivered.size() < MOST_SKBS) {
            call.delivered.add(new Delivery(skb, bytes));
        }
    }

    void emitted(long task, long skbId, long now) {
        Call call = call(task, now);
        if (call.emitted.size() < MOST_SKBS) {
            call.emitted.add(new Emission(skbId, now));
        }
    }

    /** The thread's receive is complete: what it got, in order. What it sent before is of a call that was not told. */
    List<Delivery> received(long task) {
        Call call = calls.get(task);
        if (call == null) {
            return List.of();
        }
        call.emitted.clear();
        List<Delivery> all = List.copyOf(call.delivered);
        call.delivered.clear();
        return all;
    }

    /** The thread's send is complete: the skbs that it made. */
    List<Emission> sent(long task) {
        Call call = calls.get(task);
        if (call == null) {
            return List.of();
        }
        call.delivered.clear();
        List<Emission> all = List.copyOf(call.emitted);
        call.emitted.clear();
        return all;
    }

    void expire(long now) {
        calls.values().removeIf(call -> now - call.time > LIFETIME_NS);
    }

    int size() {
        return calls.size();
    }

    private Call call(long task, long now) {
        Call call = calls.computeIfAbsent(task, t -> new Call());
        call.time = now;
        return call;
    }
}
