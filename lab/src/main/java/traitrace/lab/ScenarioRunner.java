package traitrace.lab;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import traitrace.TracerException;

/** Builds a scenario, sends its traffic before an observer, and has the outcome judged. */
public final class ScenarioRunner {
    /** Numbers of one traffic lie this far from those of the next, so that no two packets share one. */
    private static final long NUMBERS_PER_TRAFFIC = 1_000_000;

    private ScenarioRunner() {}

    /**
     * What happened.
     *
     * @param skipped why it was not run; then everything else is empty
     * @param broken what the network itself did not do as the scenario says, one sentence each: if there is anything,
     *     no judgement about the tracer holds
     */
    public record Outcome(
            Scenario scenario,
            Optional<String> skipped,
            List<TrafficResult> results,
            List<String> broken,
            Judge.Judgement judgement) {
        public Outcome {
            results = List.copyOf(results);
            broken = List.copyOf(broken);
        }
    }

    /**
     * Runs a scenario.
     *
     * @param plan the observer's attach plan, by which the minimum is chosen
     * @throws traitrace.TracerException if it cannot be built or sent; nothing is left behind
     */
    public static Outcome run(Scenario scenario, Observer observer, String plan) {
        Optional<String> missing = Needs.missing(scenario);
        if (missing.isPresent()) {
            return new Outcome(
                    scenario,
                    missing,
                    List.of(),
                    List.of(),
                    new Judge.Judgement(scenario.name(), List.of(), 0, 0, List.of()));
        }
        try (Laboratory lab = Laboratory.build(scenario.topology())) {
            observer.start(lab);
            List<TrafficResult> results;
            List<String> broken;
            Observation observation;
            try {
                List<Long> before = counters(lab, scenario);
                results = send(lab, scenario);
                broken = broken(scenario, results, before, counters(lab, scenario));
            } finally {
                // Also after a failure: a tracer must not go on tracing a network that is about to vanish.
                observation = observer.stop();
            }
            return new Outcome(
                    scenario,
                    Optional.empty(),
                    results,
                    broken,
                    Judge.judge(scenario, results, inTopology(observation, lab), plan));
        }
    }

    private static List<TrafficResult> send(Laboratory lab, Scenario scenario) {
        List<CompletableFuture<TrafficResult>> sent = new ArrayList<>();
        for (Traffic traffic : scenario.traffic()) {
            long first = sent.size() * NUMBERS_PER_TRAFFIC + 1;
            CompletableFuture<TrafficResult> result = new CompletableFuture<>();
            sent.add(result);
            Thread thread = new Thread(
                    () -> {
                        try {
                            result.complete(Exchange.run(lab, traffic, first));
                        } catch (RuntimeException | Error e) {
                            result.completeExceptionally(e);
                        }
                    },
                    "lab-traffic");
            thread.start();
            if (!scenario.together()) {
                awaitEnd(thread);
            }
        }
        try {
            return sent.stream().map(CompletableFuture::join).toList();
        } catch (CompletionException e) {
            throw e.getCause() instanceof TracerException cause ? cause : e;
        }
    }

    private static void awaitEnd(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new TracerException(TracerException.Kind.FAILURE, "interrupted", "", e);
        }
    }

    private static Observation inTopology(Observation observation, Laboratory lab) {
        List<Sighting> sightings = observation.sightings().stream()
                .map(s -> s.in(lab.topologyName(s.netns()).orElse(s.netns())))
                .toList();
        return new Observation(sightings, observation.lostEvents());
    }

    private static List<Long> counters(Laboratory lab, Scenario scenario) {
        return scenario.proof().stream()
                .map(proof -> Counters.read(lab, proof.ns(), proof.counter()))
                .toList();
    }

    private static List<String> broken(
            Scenario scenario, List<TrafficResult> results, List<Long> before, List<Long> after) {
        List<String> broken = new ArrayList<>();
        for (Scenario.Arrival arrival : scenario.arrivals()) {
            for (TrafficResult result : results) {
                if (result.traffic().name().equals(arrival.traffic())) {
                    check(broken, result, "received", arrival.received(), result.received());
                    check(broken, result, "replies", arrival.replies(), result.replies());
                }
            }
        }
        for (int i = 0; i < scenario.proof().size(); i++) {
            Scenario.Proof proof = scenario.proof().get(i);
            long rise = after.get(i) - before.get(i);
            if (!proof.rise().holds(rise)) {
                broken.add(proof.ns() + " " + proof.counter() + " rose by " + rise + ", not by " + proof.rise());
            }
        }
        return broken;
    }

    private static void check(
            List<String> broken,
            TrafficResult result,
            String what,
            Scenario.Range range,
            List<TrafficResult.Receipt> receipts) {
        long arrived = result.arrived(receipts);
        if (range != null && !range.holds(arrived)) {
            broken.add(result.traffic().name() + ": " + arrived + " " + what + ", not " + range + " ("
                    + result.refused() + " refused by the sender's kernel)");
        }
    }
}
