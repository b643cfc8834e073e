package traitrace.lineage;

import java.util.ArrayList;
import java.util.List;
import traitrace.event.Transfer;

/**
 * A call by which a process got bytes, and the skbs that they were in. Owned by {@link UserSpace}.
 *
 * <p>Whose bytes they were may be told later than the call: whoever needs to know asks {@link #whenKnown}.
 */
final class Receive {
    /** More skbs than a call takes bytes of at a time, but for the largest reads. */
    private static final int MOST_SHARES = 4096;

    private static final int MOST_WAITING = 64;

    /**
     * The bytes of one skb.
     *
     * @param from offset in the bytes of the call, of the first
     * @param to behind the last
     * @param certain it is known that they were this skb's
     */
    record Share(Skb skb, long from, long to, boolean certain) {
        boolean holds(long offset) {
            return from <= offset && offset < to;
        }
    }

    private final Transfer transfer;
    private final List<Share> shares = new ArrayList<>(1);
    private List<Runnable> waiting = List.of();
    /** Something that was sent is linked to it. */
    private boolean consumed;

    Receive(Transfer transfer) {
        this.transfer = transfer;
    }

    Transfer transfer() {
        return transfer;
    }

    long time() {
        return transfer.timeNs();
    }

    boolean consumed() {
        return consumed;
    }

    void consume() {
        consumed = true;
    }

    List<Share> shares() {
        return shares;
    }

    /** Tells whose bytes they were. */
    void know(List<Share> all) {
        shares.addAll(all.subList(0, Math.min(all.size(), MOST_SHARES - shares.size())));
        List<Runnable> ready = waiting;
        waiting = List.of();
        ready.forEach(Runnable::run);
    }

    /** Runs this now, or when it is told whose bytes they were. */
    void whenKnown(Runnable action) {
        if (!shares.isEmpty()) {
            action.run();
            return;
        }
        waiting = waiting.isEmpty() ? new ArrayList<>(1) : waiting;
        if (waiting.size() < MOST_WAITING) {
            waiting.add(action);
        }
    }

    /** The skbs that bytes {@code [from, to)} were in, that of the first byte first, each once. */
    List<Share> of(long from, long to) {
        return of(shares, from, to);
    }

    static List<Share> of(List<Share> shares, long from, long to) {
        List<Share> found = new ArrayList<>(1);
        Share first = null;
        for (Share share : shares) {
            if (share.from < to && from < share.to) {
                found.add(share);
                // Of one in another that took it in, the bytes are the inner one's.
                boolean narrower = first == null || share.to - share.from < first.to - first.from;
                first = share.holds(from) && narrower ? share : first;
            }
        }
        if (first != null) {
            found.remove(first);
            found.add(0, first);
        }
        return found;
    }
}
