package traitrace.lab;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import traitrace.lineage.Evidence;

/**
 * Compares what a tracer says of ways through processes with the numbers that went through them.
 *
 * <p>All skbs that hang together without such a way are a <b>part</b>. A number has crossed rightly if links lead from a
 * part that carries it and has made the steps before the process to each part that carries it and makes those behind it,
 * be it over other processes, whose packets need not show the number. Its rule is that of the weakest link on the best
 * such way. Links that are matched count only if they brought both parts under one packet id, unless the scenario says
 * that several messages become one packet.
 *
 * <p>A tracer may know a packet again behind a process without saying anything of the process: by its headers, where a VPN
 * hands on what it got. Then both sides are one part; that is the rule {@value #HEADERS}.
 *
 * <p>A link is <b>right</b> if its two parts have a number in common. A part that shows none is judged by those that its
 * own links lead to or from; where nothing shows one, the link is not judged.
 */
final class CrossingJudge {
    /** Rules by strength; others come behind those of the same evidence. */
    static final List<String> RULES =
            List.of("sockmap", "memory", "bytes", CrossingJudge.HEADERS, "thread", "pair", CrossingJudge.RECEIPT);

    /** Memory or bytes are those of the receipt, but which packet that was of is a guess. */
    static final String RECEIPT = "receipt";

    /** The kernel's own links join the two sides. */
    static final String HEADERS = "headers";

    private static final Comparator<Link> STRONGEST_FIRST =
            Comparator.comparing(Link::evidence).thenComparing(link -> rank(link.why()));

    private final Strength strength;
    private final Strength.Groups parts = new Strength.Groups();
    private final Map<Long, Part> byPart = new LinkedHashMap<>();
    private final Map<Link, Boolean> right = new LinkedHashMap<>();

    /** What hangs together without a process between. */
    private static final class Part {
        final List<Sighting> sightings = new ArrayList<>();
        final Set<Long> numbers = new HashSet<>();
        final List<Link> in = new ArrayList<>();
        final List<Link> out = new ArrayList<>();
    }

    /**
     * How a crossing's numbers were followed.
     *
     * @param sent numbers that went through
     * @param joined by the rule of the weakest link
     * @param evidence likewise
     * @param apart matched, but under two ids
     * @param none not joined at all
     * @param wrong of all, those to which a link leads from a packet of other numbers
     * @param example a number that was not joined, and why; empty if there is none
     */
    record Score(
            Scenario.Crossing crossing,
            int sent,
            Map<String, Integer> joined,
            Map<Evidence, Integer> evidence,
            int apart,
            int none,
            int wrong,
            String example) {
        Score {
            joined = Map.copyOf(joined);
            evidence = Map.copyOf(evidence);
        }

        /** By links at least as strong as this. */
        int joinedBy(Evidence atLeast) {
            return evidence.entrySet().stream()
                    .filter(e -> e.getKey().compareTo(atLeast) <= 0)
                    .mapToInt(Map.Entry::getValue)
                    .sum();
        }
    }

    /**
     * How many links of one kind are right.
     *
     * @param unjudged nothing shows which numbers they join
     */
    record Count(int right, int wrong, int unjudged) {
        static final Count NONE = new Count(0, 0, 0);

        static Count of(Boolean right) {
            return right == null ? new Count(0, 0, 1) : right ? new Count(1, 0, 0) : new Count(0, 1, 0);
        }

        Count plus(Count other) {
            return new Count(right + other.right, wrong + other.wrong, unjudged + other.unjudged);
        }

        /** Of those judged, the share that is right; 1 if there is none. */
        double precision() {
            return right + wrong == 0 ? 1 : (double) right / (right + wrong);
        }
    }

    CrossingJudge(Observation observation) {
        List<Link> inKernel =
                observation.links().stream().filter(link -> !link.crossing()).toList();
        strength = new Strength(inKernel);
        inKernel.forEach(link -> parts.join(link.parent(), link.child()));
        for (Sighting s : observation.sightings()) {
            Part part = part(s.skb());
            part.sightings.add(s);
            for (long n = s.number(); s.number() != Numbering.UNKNOWN && n < s.number() + s.span(); n++) {
                part.numbers.add(n);
            }
        }
        // A guessed link is told by both of the packets that it joins.
        for (Link link : new HashSet<>(observation.links())) {
            if (link.crossing() && known(link.parent()) && known(link.child()) && !within(link)) {
                part(link.parent()).out.add(link);
                part(link.child()).in.add(link);
                right.put(link, null);
            }
        }
        for (Part part : byPart.values()) {
            part.in.sort(STRONGEST_FIRST);
            part.out.sort(STRONGEST_FIRST);
        }
        right.replaceAll((link, unknown) -> judge(link));
    }

    private static String rule(Link link) {
        boolean shown = List.of("memory", "bytes").contains(link.why());
        return shown && link.evidence() == Evidence.GUESSED ? RECEIPT : link.why();
    }

    private static int rank(String why) {
        int rank = RULES.indexOf(why);
        return rank < 0 ? RULES.size() : rank;
    }

    private Part part(long skb) {
        return byPart.computeIfAbsent(parts.of(skb), id -> new Part());
    }

    /** Of the scenario's own network. */
    private boolean known(long skb) {
        return byPart.containsKey(parts.of(skb));
    }

    private boolean within(Link link) {
        return parts.of(link.parent()) == parts.of(link.child());
    }

    /** Null if nothing shows it. */
    private Boolean judge(Link link) {
        Set<Long> before = numbers(part(link.parent()), part -> part.in, Link::parent);
        Set<Long> after = numbers(part(link.child()), part -> part.out, Link::child);
        if (before.isEmpty() || after.isEmpty()) {
            return null;
        }
        return before.stream().anyMatch(after::contains);
    }

    /** A part's own; else those of the nearest parts that have some, in one direction. */
    private Set<Long> numbers(Part from, Function<Part, List<Link>> links, Function<Link, Long> end) {
        Set<Long> numbers = new HashSet<>();
        Set<Part> seen = new HashSet<>(List.of(from));
        Deque<Part> open = new ArrayDeque<>(seen);
        while (!open.isEmpty()) {
            Part part = open.remove();
            if (!part.numbers.isEmpty()) {
                numbers.addAll(part.numbers);
                continue;
            }
            for (Link link : links.apply(part)) {
                Part next = part(end.apply(link));
                if (seen.add(next)) {
                    open.add(next);
                }
            }
        }
        return numbers;
    }

    /** All links through processes, by evidence. */
    Map<Evidence, Count> counts() {
        Map<Evidence, Count> counts = new EnumMap<>(Evidence.class);
        right.forEach((link, is) -> counts.merge(link.evidence(), Count.of(is), Count::plus));
        return counts;
    }

    /** A number that is on the wrong side of a link of this evidence, in words; empty if there is none. */
    String wrongExample(Evidence evidence) {
        return right.entrySet().stream()
                .filter(e -> e.getKey().evidence() == evidence && Boolean.FALSE.equals(e.getValue()))
                .map(Map.Entry::getKey)
                .findFirst()
                .map(link -> "by " + link.why() + " from number "
                        + numbers(part(link.parent()), part -> part.in, Link::parent) + " to "
                        + numbers(part(link.child()), part -> part.out, Link::child))
                .orElse("");
    }

    /** @param numbers those that went through */
    Score score(Scenario.Crossing crossing, List<Long> numbers) {
        Map<Long, List<Part>> carriers = new HashMap<>();
        byPart.values()
                .forEach(part -> part.numbers.forEach(n ->
                        carriers.computeIfAbsent(n, number -> new ArrayList<>()).add(part)));
        Map<String, Integer> joined = new HashMap<>();
        Map<Evidence, Integer> evidence = new HashMap<>();
        int apart = 0;
        int none = 0;
        int wrong = 0;
        String example = "";
        for (long number : numbers) {
            List<Part> carrying = carriers.getOrDefault(number, List.of());
            List<Part> from = making(crossing.from(), carrying, number);
            List<Part> to = making(crossing.to(), carrying, number);
            Link weakest = weakest(crossing, from, to, number);
            boolean oneId = crossing.merging() || to.stream().allMatch(part -> sharesId(part, from));
            wrong += to.stream().flatMap(p -> p.in.stream()).anyMatch(link -> Boolean.FALSE.equals(right.get(link)))
                    ? 1
                    : 0;
            if (weakest != null && (weakest.evidence() == Evidence.GUESSED || oneId)) {
                joined.merge(rule(weakest), 1, Integer::sum);
                evidence.merge(weakest.evidence(), 1, Integer::sum);
                continue;
            }
            String why;
            if (weakest != null) {
                apart++;
                why = " is under different ids on the two sides, joined by " + weakest.why();
            } else {
                none++;
                why = from.isEmpty()
                        ? " was not seen to come to the process"
                        : to.isEmpty() ? " was not seen to leave the process" : " is joined by nothing";
            }
            example = example.isEmpty() ? "number " + number + why : example;
        }
        return new Score(crossing, numbers.size(), joined, evidence, apart, none, wrong, example);
    }

    private static List<Part> making(List<Scenario.Step> steps, List<Part> parts, long number) {
        return parts.stream()
                .filter(part -> Sighting.makes(part.sightings, steps, number))
                .toList();
    }

    /** What joins the two sides if they are one part. */
    private Link inKernel(Scenario.Crossing crossing, Part part, long number) {
        Scenario.Step last = crossing.from().get(crossing.from().size() - 1);
        Scenario.Step next = crossing.to().get(0);
        long before = skb(part, last, number);
        long after = skb(part, next, number);
        return new Link(before, after, strength.between(before, after), false, HEADERS);
    }

    private static long skb(Part part, Scenario.Step step, long number) {
        return part.sightings.stream()
                .filter(s -> s.fits(step, number))
                .findFirst()
                .orElseThrow()
                .skb();
    }

    private static boolean sharesId(Part part, List<Part> others) {
        return others.stream().anyMatch(other -> ids(other).stream().anyMatch(ids(part)::contains));
    }

    private static Set<Long> ids(Part part) {
        Set<Long> ids = new HashSet<>();
        part.sightings.forEach(s -> ids.add(s.packetId()));
        return ids;
    }

    /** The weakest link on the best ways to all of these; null if one of them is not reached, or there is none. */
    private Link weakest(Scenario.Crossing crossing, List<Part> from, List<Part> to, long number) {
        Map<Part, Link> reached = best(from);
        Link weakest = null;
        for (Part part : to) {
            Link link = from.contains(part) ? inKernel(crossing, part, number) : reached.get(part);
            if (link == null) {
                return null;
            }
            weakest = weakest == null || STRONGEST_FIRST.compare(link, weakest) > 0 ? link : weakest;
        }
        return weakest;
    }

    /** For each part that links lead to, the weakest link on the way whose weakest link is strongest. */
    private Map<Part, Link> best(List<Part> from) {
        Map<Part, Link> best = new HashMap<>();
        Deque<Part> open = new ArrayDeque<>(from);
        while (!open.isEmpty()) {
            Part part = open.remove();
            Link until = best.get(part);
            for (Link link : part.out) {
                Part next = part(link.child());
                Link weakest = until == null || STRONGEST_FIRST.compare(link, until) > 0 ? link : until;
                Link known = best.get(next);
                if (!from.contains(next) && (known == null || STRONGEST_FIRST.compare(weakest, known) < 0)) {
                    best.put(next, weakest);
                    open.add(next);
                }
            }
        }
        return best;
    }
}
