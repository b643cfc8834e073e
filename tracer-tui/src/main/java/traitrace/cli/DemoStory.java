package traitrace.cli;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import traitrace.event.Flow;
import traitrace.timeline.Hop;
import traitrace.timeline.Timeline;
import traitrace.timeline.Verdict;

/**
 * One thing that the demo shows.
 *
 * @param heading a few words
 * @param note one or two sentences
 * @param timelines in the order in which to read them; empty if the capture has none
 */
record DemoStory(String heading, String note, List<Timeline> timelines) {
    private static final int TCP = 6;
    private static final int UDP = 17;

    DemoStory {
        timelines = List.copyOf(timelines);
    }

    /** Whether a packet is of the demo's traffic, not of what hosts say to each other unasked. */
    static boolean traffic(Timeline timeline) {
        int protocol = protocol(timeline);
        return protocol == TCP || protocol == UDP;
    }

    /**
     * Chooses from the packets of scenario {@code demo}: of many alike the one whose journey took as long as most.
     *
     * @param timelines in any order
     */
    static List<DemoStory> of(List<Timeline> timelines) {
        List<Timeline> packets = timelines.stream()
                .filter(DemoStory::traffic)
                .sorted(Comparator.comparingLong(DemoStory::start))
                .toList();
        return List.of(
                new DemoStory(
                        "A request over UDP and what became of it: client to relay to server, and back",
                        "One packet, one id: through DNAT and masquerade at gate, the VXLAN tunnel, the relay process and"
                                + " the echoing server.",
                        typical(packets, delivered(UDP, "client", "client")).stream()
                                .toList()),
                new DemoStory(
                        "A segment of data over TCP: client to relay to server, and back",
                        "The same way for a stream.",
                        typical(packets, delivered(TCP, "client", "client")).stream()
                                .toList()),
                dropStory(packets));
    }

    private static DemoStory dropStory(List<Timeline> packets) {
        return new DemoStory(
                "A packet that is dropped, and why",
                "A rule on relay lets nobody ask the server on UDP port 53.",
                typical(packets, dropped(UDP, "client")).stream().toList());
    }

    private static Predicate<Timeline> delivered(int protocol, String from, String to) {
        return t -> t.verdict() instanceof Verdict.Delivered
                && protocol(t) == protocol
                && first(t).netnsName().equals(from)
                && last(t).netnsName().equals(to);
    }

    private static Predicate<Timeline> dropped(int protocol, String from) {
        return t -> t.verdict() instanceof Verdict.Dropped
                && protocol(t) == protocol
                && first(t).netnsName().equals(from);
    }

    private static Optional<Timeline> typical(List<Timeline> packets, Predicate<Timeline> wanted) {
        List<Timeline> alike = packets.stream()
                .filter(wanted.and(t -> t.missing() == 0))
                .sorted(Comparator.comparingLong(Timeline::totalNs))
                .toList();
        return alike.isEmpty() ? Optional.empty() : Optional.of(alike.get(alike.size() / 2));
    }

    private static int protocol(Timeline timeline) {
        for (Hop hop : timeline.hops()) {
            Optional<Flow> flow = Flow.innermost(hop.headers());
            if (flow.isPresent()) {
                return flow.get().protocol();
            }
        }
        return -1;
    }

    private static long start(Timeline timeline) {
        return first(timeline).timeNs();
    }

    private static Hop first(Timeline timeline) {
        return timeline.hops().get(0);
    }

    private static Hop last(Timeline timeline) {
        return timeline.hops().get(timeline.hops().size() - 1);
    }
}
