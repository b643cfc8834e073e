package traitrace.timeline;

import java.util.List;
import java.util.Optional;
import traitrace.event.Hook;
import traitrace.event.Nfqueue;
import traitrace.event.Nfqueue.Kind;
import traitrace.names.Names;

/**
 * Why a packet was dropped at an nfnetlink queue: the kernel names no reason there (net/netfilter/nf_queue.c,
 * nfnetlink_queue.c, Linux 6.1 to 7.2).
 */
final class QueueDrop {
    private static final String QUEUES = "cat /proc/net/netfilter/nfnetlink_queue";
    private static final String RULES = QUEUES + "; nft list ruleset | grep -n queue";

    private QueueDrop() {}

    /** In words; empty if it was dropped elsewhere. */
    static Optional<VerdictText> of(Verdict.Dropped dropped, List<Hop> hops, Names names) {
        int drop = indexOf(dropped, hops);
        Hop before = drop < 0 ? null : before(hops, drop);
        if (before != null && before.hook() == Hook.NFQUEUE_ENQUEUE) {
            Nfqueue.Enqueue enqueue = Nfqueue.Enqueue.of(before.arg());
            if (enqueue.refused()) {
                return Optional.of(refused(enqueue));
            }
        }
        if (before != null && before.hook() == Hook.NFQUEUE_VERDICT) {
            Nfqueue.Verdict verdict = Nfqueue.Verdict.of(before.arg());
            if (verdict.kind() == Kind.DROP) {
                return Optional.of(verdict.decided() ? decided(before, queue(hops, drop)) : emptied(queue(hops, drop)));
            }
        }
        String symbol = names.symbol(dropped.location());
        if (symbol.startsWith("nf_queue+")) {
            return Optional.of(new VerdictText(
                    "The packet was to wait in an nfnetlink queue for a process's verdict, but no process listens"
                            + " there, or there is no room.",
                    RULES));
        }
        if (symbol.startsWith("nf_reinject+") || symbol.startsWith("nfqnl_reinject+")) {
            return Optional.of(new VerdictText(
                    "The packet had waited in an nfnetlink queue and was dropped then: by the verdict of the process"
                            + " that decides there, or by a rule behind it.",
                    RULES));
        }
        return Optional.empty();
    }

    private static VerdictText refused(Nfqueue.Enqueue enqueue) {
        String queue = "nfnetlink queue " + enqueue.queue();
        return switch (enqueue.errno()) {
            case Nfqueue.Enqueue.NO_LISTENER ->
                new VerdictText(
                        "No process listens at " + queue
                                + ", and the rule that hands packets to it does not let them bypass it.",
                        RULES);
            case Nfqueue.Enqueue.NO_ROOM ->
                new VerdictText(
                        "There was no room for the packet in " + queue
                                + " or in the socket of its process, which decides more slowly than packets come.",
                        QUEUES);
            default ->
                new VerdictText("The kernel did not put the packet into " + QueueWaits.text(enqueue) + ".", QUEUES);
        };
    }

    private static VerdictText decided(Hop verdict, String queue) {
        String process = verdict.process().isEmpty() ? "process" : verdict.process();
        return new VerdictText(
                "The packet waited in " + queue + " for the verdict of " + process + "[" + verdict.pid()
                        + "], which was to drop it.",
                RULES);
    }

    private static VerdictText emptied(String queue) {
        return new VerdictText(
                "The packet waited in " + queue
                        + " for a verdict when that was emptied: its process ended or let go of it, or the rule or"
                        + " the device went away.",
                QUEUES);
    }

    private static int indexOf(Verdict.Dropped dropped, List<Hop> hops) {
        long arg = (long) dropped.reason() << 32 | dropped.location() & 0xffffffffL;
        for (int i = hops.size() - 1; i >= 0; i--) {
            if (hops.get(i).hook() == Hook.KFREE_SKB && hops.get(i).arg() == arg) {
                return i;
            }
        }
        return -1;
    }

    /** The hop of the same skb before this one; null if there is none. */
    private static Hop before(List<Hop> hops, int drop) {
        for (int i = drop - 1; i >= 0; i--) {
            if (hops.get(i).skbId() == hops.get(drop).skbId()) {
                return hops.get(i);
            }
        }
        return null;
    }

    private static String queue(List<Hop> hops, int drop) {
        for (int i = drop - 1; i >= 0; i--) {
            if (hops.get(i).hook() == Hook.NFQUEUE_ENQUEUE) {
                return "nfnetlink queue "
                        + Nfqueue.Enqueue.of(hops.get(i).arg()).queue();
            }
        }
        return "an nfnetlink queue";
    }
}
