package traitrace.timeline;

import com.carrotsearch.hppc.LongObjectHashMap;
import java.util.function.LongUnaryOperator;
import traitrace.event.Nfqueue;
import traitrace.event.Nfqueue.Kind;

/** What is said of a packet's way through nfnetlink queues: which, for how long, and with what verdict. */
final class QueueWaits {
    /** A segment that was queued for itself; and a copy of it, where the process gave it more bytes. */
    private static final int MOST_ANCESTORS = 4;

    private record Wait(int queue, long sinceNs) {}

    private final LongObjectHashMap<Wait> waits = new LongObjectHashMap<>(0);
    private final LongUnaryOperator parent;

    /** @param parent of an skb, the one that it was made from; 0 = none is known */
    QueueWaits(LongUnaryOperator parent) {
        this.parent = parent;
    }

    /** {@code queue 3}, {@code queue 3: no process listens}. */
    String enqueued(long skb, Nfqueue.Enqueue enqueue, long timeNs) {
        if (!enqueue.refused()) {
            waits.put(skb, new Wait(enqueue.queue(), timeNs));
        }
        return text(enqueue);
    }

    /** {@code queue 3: accepted after 3.20 ms, payload replaced}; without what is not known. */
    String verdict(long skb, Nfqueue.Verdict verdict, long timeNs) {
        Wait wait = waitOf(skb);
        if (wait == null) {
            return text(verdict);
        }
        // The kernel accepts at once what does not fit.
        boolean waited = verdict.decided() || verdict.kind() != Kind.ACCEPT;
        return queue(wait.queue()) + ": "
                + text(verdict, waited ? " after " + Durations.text(timeNs - wait.sinceNs()) : "");
    }

    private Wait waitOf(long skb) {
        long at = skb;
        for (int depth = 0; at != 0 && depth <= MOST_ANCESTORS; depth++) {
            Wait wait = waits.get(at);
            if (wait != null) {
                return wait;
            }
            at = parent.applyAsLong(at);
        }
        return null;
    }

    static String text(Nfqueue.Enqueue enqueue) {
        String queue = queue(enqueue.queue());
        return enqueue.refused() ? queue + ": " + refusal(enqueue.errno()) : queue;
    }

    static String text(Nfqueue.Verdict verdict) {
        return text(verdict, "");
    }

    /** The verdict first, and behind a comma what there is to say of it. */
    private static String text(Nfqueue.Verdict verdict, String after) {
        String did = words(verdict) + after;
        if (verdict.decided()) {
            return verdict.replaced() && verdict.kind() != Kind.DROP ? did + ", payload replaced" : did;
        }
        return verdict.kind() == Kind.DROP
                ? did + ", as the queue was emptied"
                : verdict.kind() == Kind.ACCEPT ? did + ", as there was no room" : did;
    }

    private static String words(Nfqueue.Verdict verdict) {
        if (verdict.kind() == null) {
            return "given an unknown verdict";
        }
        return switch (verdict.kind()) {
            case DROP -> "dropped";
            case ACCEPT -> "accepted";
            case STOLEN -> "stolen";
            case QUEUE -> "sent to " + queue(verdict.number());
            case REPEAT -> "repeated";
            case STOP -> "accepted for good";
        };
    }

    private static String queue(int number) {
        return "queue " + Integer.toUnsignedString(number);
    }

    /** net/netfilter/nfnetlink_queue.c, nfqnl_enqueue_packet; nfnetlink_unicast says ECONNREFUSED. */
    private static String refusal(int errno) {
        return switch (errno) {
            case Nfqueue.Enqueue.NO_LISTENER -> "no process listens";
            case 12 -> "no memory";
            case 22 -> "its process takes no packets yet";
            case Nfqueue.Enqueue.NO_ROOM -> "no room";
            case 111 -> "its process is gone";
            default -> "error " + errno;
        };
    }
}
