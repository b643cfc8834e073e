package traitrace.export;

import java.util.ArrayList;
import java.util.List;
import traitrace.event.Hook;
import traitrace.event.Stage;
import traitrace.timeline.Change;
import traitrace.timeline.Hop;

/**
 * Leaves out what an engineer reads over.
 *
 * <p>Hops that always come one after another at one device become one row, unless time passed or something changed
 * between them: then that is the story. Copies made for packet sockets, and the freeing of skbs before the end or after a
 * process took them, are left out.
 */
final class Folding {
    /** Longer than this between two hops is a wait worth a line of its own, ns. */
    static final long QUIET_NS = 50_000;

    private static final int NO_CHAIN = 0;
    private static final int SEND = 1;
    private static final int ARRIVE = 2;
    private static final int RECEIVE = 3;

    private Folding() {}

    static List<Row> rows(List<Hop> hops, boolean allEvents) {
        if (allEvents) {
            return hops.stream().map(h -> new Row(List.of(h))).toList();
        }
        List<Row> rows = new ArrayList<>();
        List<Hop> row = new ArrayList<>();
        for (int i = 0; i < hops.size(); i++) {
            Hop hop = hops.get(i);
            if (hidden(hop, i == hops.size() - 1, i == 0 ? null : hops.get(i - 1))) {
                continue;
            }
            if (!row.isEmpty() && !continues(row.get(row.size() - 1), hop)) {
                rows.add(new Row(row));
                row = new ArrayList<>();
            }
            row.add(hop);
        }
        if (row.isEmpty()) {
            return rows(hops, true);
        }
        rows.add(new Row(row));
        return rows;
    }

    /** Whether a change says something about the network, not about where the kernel's pointers stand. */
    static boolean telling(Change change, boolean allEvents) {
        return switch (change.field()) {
            case "netns", "dev" -> false;
            case "checksum" -> allEvents;
            default -> true;
        };
    }

    private static boolean hidden(Hop hop, boolean last, Hop before) {
        if (hop.missing() > 0) {
            return false;
        }
        if (hop.sent()) {
            // Told where the process received what it sent, or as the packet's sender.
            return true;
        }
        boolean free = hop.hook() == Hook.CONSUME_SKB && hop.changes().isEmpty();
        boolean expected = !last || (before != null && before.hook().stage() == Stage.USER);
        return hop.tap() || (free && expected);
    }

    private static boolean continues(Hop before, Hop hop) {
        return chain(hop.hook()) != NO_CHAIN
                && chain(hop.hook()) == chain(before.hook())
                && rank(hop.hook()) > rank(before.hook())
                && hop.skbId() == before.skbId()
                && hop.netns() == before.netns()
                && hop.ifindex() == before.ifindex()
                && hop.missing() == 0
                && hop.timeNs() - before.timeNs() < QUIET_NS
                && hop.changes().stream().noneMatch(c -> telling(c, false));
    }

    private static int chain(Hook hook) {
        return switch (hook) {
            case NET_DEV_QUEUE, QDISC_ENQUEUE, QDISC_DEQUEUE, NET_DEV_START_XMIT -> SEND;
            case NETIF_RX, NAPI_GRO_RECEIVE, NAPI_GRO_FRAGS, NETIF_RECEIVE_SKB -> ARRIVE;
            case SKB_COPY_DATAGRAM, SKB_SPLICE, SKB_CONSUME_UDP, SOCK_RECV_LENGTH -> RECEIVE;
            default -> NO_CHAIN;
        };
    }

    /** The order of the hops of a chain: a step back begins a new row. */
    private static int rank(Hook hook) {
        return switch (hook) {
            case QDISC_ENQUEUE -> 1;
            case QDISC_DEQUEUE -> 2;
            case NET_DEV_START_XMIT, NETIF_RECEIVE_SKB, SOCK_RECV_LENGTH -> 3;
            default -> 0;
        };
    }
}
