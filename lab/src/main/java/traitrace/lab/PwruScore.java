package traitrace.lab;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * How far the skb addresses that pwru prints follow packets along a leg. pwru shows no payload, so the source port tells
 * the number (see {@link Traffic.Udp#portPerDatagram}).
 *
 * <p>Of a number, let <i>first</i> be the first row in the leg's first namespace, and <i>last</i> the last row in its
 * last namespace, that show the number's port. The number is <b>whole</b> if both rows have the same address and no row
 * between them has this address and another number; it is <b>shared</b> if only that other number forbids it. Rows that
 * show no port, or the ports of a tunnel, say nothing.
 *
 * @param sent numbers that the leg is about
 * @param seen of them, those whose port any row shows
 * @param addresses that rows with a number have, in the whole scenario
 * @param addressesShared of them, those that more than one packet has, at whatever time
 * @param mostPackets that one address has
 */
record PwruScore(int sent, int seen, int whole, int shared, int addresses, int addressesShared, int mostPackets) {
    /** A datagram that was sent, or the reply to it. */
    private record Packet(long number, boolean reply) {}

    /** A row whose packet is known. */
    private record Known(PwruRows.Row row, Packet packet) {}

    /**
     * Counts.
     *
     * @param results of all the scenario's traffic
     * @return empty if the leg's packets cannot be told apart by ports, or its ends are not known
     */
    static Optional<PwruScore> of(Scenario.Leg leg, List<TrafficResult> results, PwruRows rows) {
        Optional<TrafficResult> result = results.stream()
                .filter(r -> r.traffic().name().equals(leg.traffic()))
                .filter(r -> r.traffic() instanceof Traffic.Udp udp && udp.portPerDatagram())
                .findFirst();
        List<String> ends = leg.path().stream()
                .map(Scenario.Step::ns)
                .filter(ns -> !ns.equals("*"))
                .toList();
        if (result.isEmpty() || ends.isEmpty()) {
            return Optional.empty();
        }
        long from = rows.namespaces().get(ends.get(0));
        long to = rows.namespaces().get(ends.get(ends.size() - 1));
        boolean reply = !ends.get(0).equals(result.get().traffic().from());
        List<Known> known = known(results, rows);
        Set<Packet> seen = new HashSet<>();
        Map<String, Set<Packet>> packetsOf = new HashMap<>();
        for (Known k : known) {
            seen.add(k.packet());
            packetsOf.computeIfAbsent(k.row().skb(), skb -> new HashSet<>()).add(k.packet());
        }
        List<Long> numbers = Judge.numbers(leg.of(), result.get());
        int seenHere = 0;
        int whole = 0;
        int shared = 0;
        for (long number : numbers) {
            Packet packet = new Packet(number, reply);
            seenHere += seen.contains(packet) ? 1 : 0;
            int first = first(known, packet, from);
            int last = last(known, packet, to);
            if (first >= 0 && last >= first && sameAddress(known, first, last)) {
                boolean alone = known.subList(first, last).stream()
                        .noneMatch(
                                k -> k.row().skb().equals(known.get(first).row().skb())
                                        && !k.packet().equals(packet));
                whole += alone ? 1 : 0;
                shared += alone ? 0 : 1;
            }
        }
        return Optional.of(new PwruScore(
                numbers.size(),
                seenHere,
                whole,
                shared,
                packetsOf.size(),
                (int) packetsOf.values().stream().filter(p -> p.size() > 1).count(),
                packetsOf.values().stream().mapToInt(Set::size).max().orElse(0)));
    }

    private static List<Known> known(List<TrafficResult> results, PwruRows rows) {
        List<Known> known = new ArrayList<>();
        for (PwruRows.Row row : rows.rows()) {
            packet(results, row).ifPresent(packet -> known.add(new Known(row, packet)));
        }
        return known;
    }

    private static Optional<Packet> packet(List<TrafficResult> results, PwruRows.Row row) {
        return number(results, row.sourcePort())
                .map(number -> new Packet(number, false))
                .or(() -> number(results, row.destinationPort()).map(number -> new Packet(number, true)));
    }

    private static Optional<Long> number(List<TrafficResult> results, int port) {
        for (TrafficResult result : results) {
            if (result.traffic() instanceof Traffic.Udp udp && udp.portPerDatagram()) {
                int index = port - udp.sourcePort();
                if (index >= 0 && index < result.sent().size()) {
                    return Optional.of(result.sent().get(index));
                }
            }
        }
        return Optional.empty();
    }

    private static int first(List<Known> known, Packet packet, long netns) {
        for (int i = 0; i < known.size(); i++) {
            if (known.get(i).packet().equals(packet) && known.get(i).row().netns() == netns) {
                return i;
            }
        }
        return -1;
    }

    private static int last(List<Known> known, Packet packet, long netns) {
        for (int i = known.size() - 1; i >= 0; i--) {
            if (known.get(i).packet().equals(packet) && known.get(i).row().netns() == netns) {
                return i;
            }
        }
        return -1;
    }

    private static boolean sameAddress(List<Known> known, int a, int b) {
        return known.get(a).row().skb().equals(known.get(b).row().skb());
    }
}
