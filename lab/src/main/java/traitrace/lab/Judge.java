package traitrace.lab;

import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import traitrace.lineage.Evidence;

/**
 * Compares what a tracer said with what was sent.
 *
 * <p>A number is <b>followed</b> along a leg if one packet id has all the leg's steps, in order, at sightings that carry
 * this number or show none. Its evidence is that of the weakest link between the first and the last of them: what
 * brought the packet there, or what became of it afterwards, is no matter of the leg. A request and its answer may have
 * one id, where a process sends back what it got.
 *
 * <p>A <b>false join</b> is a number under a packet id to which it does not belong. For datagrams an id may have one
 * number; each further one counts. In a stream one packet lawfully carries several messages (GSO, GRO, TCP coalescing),
 * but only neighbours, and not more than two of the largest GSO packets hold; each gap between the numbers of an id
 * counts as one false join, and so does each number beyond that size.
 *
 * <p>Ways through processes are judged by {@link CrossingJudge}.
 */
public final class Judge {
    private static final int GSO_MAX_BYTES = 65_536;
    private static final String REASON_PREFIX = "SKB_DROP_REASON_";

    private Judge() {}

    /**
     * How one leg was followed.
     *
     * @param sent numbers that the leg is about
     * @param followed from end to end under one id, by the weakest evidence on the way
     * @param broken seen, but not from end to end under one id
     * @param unseen never seen at all
     * @param rightVerdict of those followed, how many ended as they must
     * @param example a number that was not followed or has a wrong verdict, and why; empty if there is none
     */
    public record LegScore(
            Scenario.Leg leg,
            int sent,
            Map<Evidence, Integer> followed,
            int broken,
            int unseen,
            int rightVerdict,
            String example) {
        public LegScore {
            followed = Map.copyOf(followed);
        }

        /** By links at least as strong as this. */
        public int followedBy(Evidence atLeast) {
            return followed.entrySet().stream()
                    .filter(e -> e.getKey().compareTo(atLeast) <= 0)
                    .mapToInt(Map.Entry::getValue)
                    .sum();
        }

        /** By any links. */
        public int followedInAll() {
            return followedBy(Evidence.GUESSED);
        }
    }

    /**
     * What a tracer reached in a scenario.
     *
     * @param links through processes, by evidence
     * @param failures what it should have reached and did not, one sentence each; empty = passed
     */
    public record Judgement(
            String scenario,
            List<LegScore> legs,
            List<CrossingJudge.Score> crossings,
            Map<Evidence, CrossingJudge.Count> links,
            long falseJoins,
            long lostEvents,
            List<String> failures) {
        public Judgement {
            legs = List.copyOf(legs);
            crossings = List.copyOf(crossings);
            links = Map.copyOf(links);
            failures = List.copyOf(failures);
        }

        /** Those of one evidence. */
        public CrossingJudge.Count links(Evidence evidence) {
            return links.getOrDefault(evidence, CrossingJudge.Count.NONE);
        }

        public boolean passed() {
            return failures.isEmpty();
        }

        /** The same with more failures. */
        Judgement and(List<String> more) {
            List<String> all = new ArrayList<>(failures);
            all.addAll(more);
            return new Judgement(scenario, legs, crossings, links, falseJoins, lostEvents, all);
        }
    }

    private static final double UNSEEN_SHARE = 0.01;
    private static final double FEW = 2;
    private static final double HIDDEN_SHARE = 0.05;

    /** One way in which a number was followed. */
    private record Way(Evidence evidence, String verdict, String reason) {}

    /**
     * Judges.
     *
     * @param results those of the scenario's traffic, in any order
     * @param observation with the topology's names of namespaces
     * @param plan which minimum holds
     */
    public static Judgement judge(
            Scenario scenario, Collection<TrafficResult> results, Observation observation, String plan) {
        return judge(scenario, results, observation, plan, 0);
    }

    /**
     * Judges where the kernel skipped probes, and said so: one number in a hundred, or two, need not have been
     * followed. None may be followed wrongly.
     *
     * @param skippedRuns of probes, as the tracer reports them
     */
    public static Judgement judge(
            Scenario scenario,
            Collection<TrafficResult> results,
            Observation observation,
            String plan,
            long skippedRuns) {
        Map<Long, List<Sighting>> byId = new LinkedHashMap<>();
        observation.sightings().forEach(s -> byId.computeIfAbsent(s.packetId(), id -> new ArrayList<>())
                .add(s));
        Map<Long, Set<Long>> idsByNumber = idsByNumber(observation.sightings());
        List<String> failures = new ArrayList<>();
        List<LegScore> scores = new ArrayList<>();
        Strength strength = new Strength(observation.links());
        for (Scenario.Leg leg : scenario.legs()) {
            Optional<TrafficResult> result = result(results, leg.traffic());
            if (result.isEmpty()) {
                failures.add("leg \"" + leg.name() + "\" is about traffic that there is not: " + leg.traffic());
                continue;
            }
            LegScore score = score(leg, numbers(leg.of(), result.get()), byId, idsByNumber, strength);
            scores.add(score);
            failures.addAll(failures(score, scenario.minimumFor(plan), skippedRuns));
        }
        CrossingJudge crossingJudge = new CrossingJudge(observation);
        List<CrossingJudge.Score> crossings = new ArrayList<>();
        for (Scenario.Crossing crossing : scenario.crossings()) {
            Optional<TrafficResult> result = result(results, crossing.traffic());
            if (result.isEmpty()) {
                failures.add("crossing \"" + crossing.name() + "\" is about traffic that there is not: "
                        + crossing.traffic());
                continue;
            }
            CrossingJudge.Score score = crossingJudge.score(crossing, numbers(crossing.of(), result.get()));
            crossings.add(score);
            failures.addAll(failures(score, crossing.minimumFor(plan), skippedRuns));
        }
        failures.addAll(wrongLinks(crossingJudge, scenario));
        long falseJoins = falseJoins(byId.values(), results);
        if (falseJoins > 0) {
            failures.add(falseJoins + " numbers are under the id of another packet");
        }
        return new Judgement(
                scenario.name(),
                scores,
                crossings,
                crossingJudge.counts(),
                falseJoins,
                observation.lostEvents(),
                failures);
    }

    static Optional<TrafficResult> result(Collection<TrafficResult> results, String traffic) {
        return results.stream().filter(r -> r.traffic().name().equals(traffic)).findFirst();
    }

    private static Map<Long, Set<Long>> idsByNumber(List<Sighting> sightings) {
        Map<Long, Set<Long>> ids = new HashMap<>();
        for (Sighting s : sightings) {
            if (s.number() != Numbering.UNKNOWN) {
                for (long n = s.number(); n < s.number() + s.span(); n++) {
                    ids.computeIfAbsent(n, number -> new HashSet<>()).add(s.packetId());
                }
            }
        }
        return ids;
    }

    /** Those of a traffic's numbers. */
    static List<Long> numbers(Scenario.Which of, TrafficResult result) {
        Set<Long> received = TrafficResult.counts(result.received()).keySet();
        return switch (of) {
            case ALL -> result.sent();
            case RECEIVED -> result.sent().stream().filter(received::contains).toList();
            case LOST ->
                result.sent().stream().filter(n -> !received.contains(n)).toList();
        };
    }

    private static LegScore score(
            Scenario.Leg leg,
            List<Long> numbers,
            Map<Long, List<Sighting>> byId,
            Map<Long, Set<Long>> idsByNumber,
            Strength strength) {
        Map<Evidence, Integer> followed = new EnumMap<>(Evidence.class);
        int broken = 0;
        int unseen = 0;
        int right = 0;
        String example = "";
        for (long number : numbers) {
            Set<Long> ids = idsByNumber.getOrDefault(number, Set.of());
            Optional<Way> best = Optional.empty();
            int furthest = 0;
            for (long id : ids) {
                List<Sighting> sightings = byId.get(id);
                furthest = Math.max(furthest, Sighting.stepsMade(sightings, leg.path(), number));
                best = better(leg, best, follow(leg.path(), sightings, number, strength));
            }
            if (best.isPresent()) {
                followed.merge(best.get().evidence(), 1, Integer::sum);
                if (rightVerdict(leg, best.get())) {
                    right++;
                } else if (example.isEmpty()) {
                    example = "number " + number + " has the verdict \""
                            + (best.get().verdict() + " " + best.get().reason()).strip() + "\"";
                }
            } else if (ids.isEmpty()) {
                unseen++;
                example = example.isEmpty() ? "number " + number + " was never seen" : example;
            } else {
                broken++;
                example = example.isEmpty()
                        ? "number " + number + " was lost before \""
                                + leg.path().get(Math.min(furthest, leg.path().size() - 1)) + "\""
                        : example;
            }
        }
        return new LegScore(leg, numbers.size(), followed, broken, unseen, right, example);
    }

    /** The way with the right verdict, then that with the stronger evidence. */
    private static Optional<Way> better(Scenario.Leg leg, Optional<Way> a, Optional<Way> b) {
        if (a.isEmpty() || b.isEmpty()) {
            return a.or(() -> b);
        }
        boolean rightA = rightVerdict(leg, a.get());
        boolean rightB = rightVerdict(leg, b.get());
        if (rightA != rightB) {
            return rightA ? a : b;
        }
        return a.get().evidence().compareTo(b.get().evidence()) <= 0 ? a : b;
    }

    private static Optional<Way> follow(
            List<Scenario.Step> path, List<Sighting> sightings, long number, Strength strength) {
        int made = 0;
        long first = 0;
        Evidence weakest = Evidence.PROVED;
        for (Sighting s : sightings) {
            if (made < path.size() && s.fits(path.get(made), number)) {
                first = made == 0 ? s.skb() : first;
                made++;
                weakest = Strength.weaker(weakest, s.evidence());
                weakest = Strength.weaker(weakest, strength.between(first, s.skb()));
            }
        }
        if (made < path.size()) {
            return Optional.empty();
        }
        Sighting last = sightings.get(sightings.size() - 1);
        return Optional.of(new Way(weakest, last.verdict(), bare(last.dropReason())));
    }

    private static boolean rightVerdict(Scenario.Leg leg, Way way) {
        return (leg.verdict().isEmpty() || leg.verdict().equals(way.verdict()))
                && (leg.reasons().isEmpty() || leg.reasons().contains(way.reason()));
    }

    private static String bare(String reason) {
        return reason.startsWith(REASON_PREFIX) ? reason.substring(REASON_PREFIX.length()) : reason;
    }

    /** Of so many numbers; one skb that was not seen may have had several. */
    static double unseen(long numbers, long skippedRuns) {
        return skippedRuns == 0 ? 0 : Math.max(FEW, numbers * UNSEEN_SHARE);
    }

    private static List<String> failures(LegScore score, Map<Evidence, Double> minimum, long skippedRuns) {
        List<String> failures = new ArrayList<>();
        double least = 1;
        for (Evidence evidence : Evidence.values()) {
            Double share = minimum.get(evidence);
            if (share != null) {
                least = Math.min(least, share);
                if (score.followedBy(evidence) < share * score.sent() - unseen(score.sent(), skippedRuns)) {
                    failures.add(String.format(
                            "leg \"%s\": %d of %d followed by %s links, at least %.1f %% must be; %s",
                            score.leg().name(),
                            score.followedBy(evidence),
                            score.sent(),
                            evidence.label(),
                            share * 100,
                            score.example()));
                }
            }
        }
        // Where tracepoints alone tell, one datagram or two may be hidden by others that came at the same moment.
        double hidden =
                Math.max(least < 1 ? Math.min(FEW, score.sent() * HIDDEN_SHARE) : 0, unseen(score.sent(), skippedRuns));
        double verdicts = least * score.followedInAll() - hidden;
        if (score.followedInAll() > 0 && score.rightVerdict() < verdicts) {
            failures.add(String.format(
                    "leg \"%s\": %d of %d followed have the verdict %s; %s",
                    score.leg().name(),
                    score.rightVerdict(),
                    score.followedInAll(),
                    (score.leg().verdict() + " "
                                    + String.join(" or ", score.leg().reasons()))
                            .strip(),
                    score.example()));
        }
        return failures;
    }

    private static List<String> failures(CrossingJudge.Score score, Map<Evidence, Double> minimum, long skippedRuns) {
        List<String> failures = new ArrayList<>();
        minimum.forEach((evidence, share) -> {
            if (score.joinedBy(evidence) < share * score.sent() - unseen(score.sent(), skippedRuns)) {
                failures.add(String.format(
                        "crossing \"%s\": %d of %d joined by %s links, at least %.1f %% must be; %s",
                        score.crossing().name(),
                        score.joinedBy(evidence),
                        score.sent(),
                        evidence.label(),
                        share * 100,
                        score.example()));
            }
        });
        return failures;
    }

    private static List<String> wrongLinks(CrossingJudge judge, Scenario scenario) {
        List<String> failures = new ArrayList<>();
        Map<Evidence, CrossingJudge.Count> counts = judge.counts();
        for (Evidence evidence : Evidence.values()) {
            CrossingJudge.Count count = counts.getOrDefault(evidence, CrossingJudge.Count.NONE);
            boolean guess = evidence == Evidence.GUESSED;
            // Where no process is the matter, what a guess makes of the laboratory's own ends is none either.
            double least = !guess ? 1 : scenario.crossings().isEmpty() ? 0 : scenario.precision();
            if (count.precision() < least) {
                failures.add(String.format(
                        "%d of %d %s links through processes are wrong: %s",
                        count.wrong(), count.right() + count.wrong(), evidence.label(), judge.wrongExample(evidence)));
            }
        }
        return failures;
    }

    private static long falseJoins(Collection<List<Sighting>> packets, Collection<TrafficResult> results) {
        Map<Long, Traffic> trafficOf = new HashMap<>();
        results.forEach(result -> result.sent().forEach(number -> trafficOf.put(number, result.traffic())));
        long joins = 0;
        for (List<Sighting> packet : packets) {
            TreeSet<Long> numbers = new TreeSet<>();
            for (Sighting s : packet) {
                if (s.number() != Numbering.UNKNOWN) {
                    for (long n = s.number(); n < s.number() + s.span(); n++) {
                        numbers.add(n);
                    }
                }
            }
            joins += falseJoins(numbers, trafficOf);
        }
        return joins;
    }

    private static long falseJoins(TreeSet<Long> numbers, Map<Long, Traffic> trafficOf) {
        if (numbers.size() < 2) {
            return 0;
        }
        Traffic traffic = trafficOf.get(numbers.first());
        if (traffic == null || !traffic.stream()) {
            return numbers.size() - 1;
        }
        long gaps = 0;
        long before = numbers.first() - 1;
        for (long number : numbers) {
            gaps += number == before + 1 ? 0 : 1;
            before = number;
        }
        // One more at either end: messages that the packet holds only in part.
        long most = 2L * GSO_MAX_BYTES / traffic.payloadBytes() + 2;
        return gaps + Math.max(0, numbers.size() - most);
    }
}
