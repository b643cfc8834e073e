package traitrace.lineage;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.Predicate;

/**
 * What a thread has received and, as far as is known, not passed on: what it may be sending because of.
 *
 * <p>The last one received is not chosen among several: that is wrong more often than right.
 */
final class ThreadReceives {
    private static final int MOST = 64;
    private static final long LIFETIME_NS = 10_000_000_000L;
    /** One receive may have a program send several times, at once. */
    private static final long AGAIN_NS = 100_000_000L;

    private final Deque<Receive> unconsumed = new ArrayDeque<>(2);
    /** What the thread's last send was guessed to pass on; null = it has received something since, or none was. */
    private Receive guessed;

    private long guessedAt;

    void received(Receive receive) {
        guessed = null;
        unconsumed.add(receive);
        if (unconsumed.size() > MOST) {
            // There are several still: nothing will be chosen.
            unconsumed.poll();
        }
    }

    /** The one receive that a send may be because of; null if there is none, or more than one. */
    Receive only(Predicate<Receive> possible, long now) {
        List<Receive> open = unconsumed(now);
        if (open.size() == 1) {
            return possible.test(open.get(0)) ? open.get(0) : null;
        }
        boolean again = open.isEmpty() && guessed != null && now - guessedAt <= AGAIN_NS;
        return again && possible.test(guessed) ? guessed : null;
    }

    /** The thread's send was guessed to be because of this one. */
    void guessed(Receive receive, long now) {
        guessed = receive;
        guessedAt = now;
    }

    /** Oldest first. */
    List<Receive> unconsumed(long now) {
        unconsumed.removeIf(receive -> receive.consumed() || now - receive.time() > LIFETIME_NS);
        return new ArrayList<>(unconsumed);
    }
}
