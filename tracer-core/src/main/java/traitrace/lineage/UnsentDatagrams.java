package traitrace.lineage;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * Calls that gave bytes to a UDP socket of which no packet was seen yet: the socket is corked and waits for more, or the
 * packet waits for its neighbour's address (net/core/neighbour.c) and goes out in an interrupt.
 */
final class UnsentDatagrams {
    private static final int MOST_SOCKETS = 4096;
    private static final int MOST_SENDS = 64;
    private static final long LIFETIME_NS = 3_000_000_000L;

    private final Recent<Long, Deque<Send>> sockets = new Recent<>(MOST_SOCKETS);

    void add(Send send) {
        Deque<Send> sends = sockets.computeIfAbsent(send.transfer().socket(), s -> new ArrayDeque<>(2));
        sends.add(send);
        if (sends.size() > MOST_SENDS) {
            sends.poll();
        }
    }

    /**
     * The calls whose bytes a packet of the socket begins with, in order; empty if that is not clear.
     *
     * @param length payload bytes of the packet
     * @param late it comes out of an interrupt: the call that made it is over
     */
    List<Send> take(long socket, long length, boolean late, long now) {
        Deque<Send> sends = sockets.get(socket);
        if (sends == null) {
            return List.of();
        }
        sends.removeIf(send -> now - send.transfer().timeNs() > LIFETIME_NS);
        List<Send> taken = late ? message(sends, length) : corked(sends, length);
        sends.removeAll(taken);
        if (sends.isEmpty()) {
            sockets.remove(socket);
        }
        return taken;
    }

    void expire(long now) {
        sockets.values().removeIf(sends -> now - sends.peekLast().transfer().timeNs() > LIFETIME_NS);
    }

    int size() {
        return sockets.size();
    }

    /** Of what waits, the first message of this length: packets for one neighbour keep their order. */
    private static List<Send> message(Deque<Send> sends, long length) {
        List<Send> message = new ArrayList<>(1);
        long total = 0;
        for (Send send : sends) {
            message.add(send);
            total += send.transfer().bytes();
            if (!send.more()) {
                if (total == length) {
                    return message;
                }
                message.clear();
                total = 0;
            }
        }
        return List.of();
    }

    /** The packet goes out in a call, which will be told: what waits is its beginning, or all of it if it was uncorked. */
    private static List<Send> corked(Deque<Send> sends, long length) {
        List<Send> all = List.copyOf(sends);
        long total = all.stream().mapToLong(send -> send.transfer().bytes()).sum();
        boolean open = !all.isEmpty() && all.stream().allMatch(Send::more) && total <= length;
        return open || all.size() > 1 && total == length ? all : List.of();
    }
}
