package traitrace.lab;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What became of one traffic: the truth against which a tracer is judged.
 *
 * @param sent the numbers handed to the kernel, in order
 * @param refused of these, how many the sender's kernel refused at once (an error of the send call)
 * @param received by the sink, in order; empty where a daemon is the far end
 * @param replies that came back to the sender, in order
 */
public record TrafficResult(
        Traffic traffic, List<Long> sent, int refused, List<Receipt> received, List<Receipt> replies) {
    /**
     * A message that arrived.
     *
     * @param number {@link Numbering#UNKNOWN} if it was not one of ours
     * @param timeNs CLOCK_MONOTONIC, as in events
     */
    public record Receipt(long number, long timeNs) {}

    public TrafficResult {
        sent = List.copyOf(sent);
        received = List.copyOf(received);
        replies = List.copyOf(replies);
    }

    /** How often each number arrived. */
    public static Map<Long, Integer> counts(List<Receipt> receipts) {
        Map<Long, Integer> counts = new TreeMap<>();
        receipts.forEach(receipt -> counts.merge(receipt.number(), 1, Integer::sum));
        return counts;
    }

    /** How many of the numbers sent arrived, duplicates counted once. */
    public long arrived(List<Receipt> receipts) {
        return receipts.stream()
                .map(Receipt::number)
                .distinct()
                .filter(new HashSet<>(sent)::contains)
                .count();
    }

    /** Arrivals after one that was sent later: numbers rise in the order of sending. */
    public static long overtaken(List<Receipt> receipts) {
        long latest = Long.MIN_VALUE;
        long overtaken = 0;
        for (Receipt receipt : receipts) {
            overtaken += receipt.number() < latest ? 1 : 0;
            latest = Math.max(latest, receipt.number());
        }
        return overtaken;
    }

    /** Arrivals beyond the first of each number. */
    public static long duplicates(List<Receipt> receipts) {
        return receipts.size()
                - receipts.stream().map(Receipt::number).distinct().count();
    }
}
