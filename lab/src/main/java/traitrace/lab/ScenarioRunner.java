package traitrace.lab;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Function;
import java.util.stream.Collectors;
import traitrace.TracerException;

/** Builds a scenario and sends its traffic before an observer. */
public final class ScenarioRunner {
    /** Numbers of one traffic lie this far from those of the next, so that no two packets share one. */
    private static final long NUMBERS_PER_TRAFFIC = 1_000_000;

    private static final long SETTLE_NS = 3_000_000_000L;
    private static final int SETTLE_STEP_MICROS = 50_000;

    private ScenarioRunner() {}

    /**
     * Runs a scenario, or says why this machine cannot.
     *
     * @throws traitrace.TracerException if it cannot be built or sent; nothing is left behind
     */
    public static Outcome run(Scenario scenario, Observer observer) {
        Optional<String> missing = Needs.missing(scenario);
        if (missing.isPresent()) {
            return Outcome.skipped(scenario, missing.get());
        }
        try (Laboratory lab = Laboratory.build(scenario.topology())) {
            observer.start(lab);
            List<TrafficResult> results;
            List<String> broken;
            try {
                List<Long> before = counters(lab, scenario);
                results = send(lab, scenario);
                broken = settled(lab, scenario, results, before);
            } finally {
                // Also after a failure: a tracer must not go on tracing a network that is about to vanish.
                observer.stop();
            }
            return Outcome.ran(scenario, results, broken, names(lab));
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

    private static Map<String, String> names(Laboratory lab) {
        return lab.topology().namespaces().stream().collect(Collectors.toMap(lab::realName, Function.identity()));
    }

    private static List<Long> counters(Laboratory lab, Scenario scenario) {
        return scenario.proof().stream()
                .map(proof -> Counters.read(lab, proof.ns(), proof.counter()))
                .toList();
    }

    /** What is wrong with the network, once its daemons have had time to take what waits for them. */
    private static List<String> settled(
            Laboratory lab, Scenario scenario, List<TrafficResult> results, List<Long> before) {
        long end = System.nanoTime() + SETTLE_NS;
        List<String> broken = broken(scenario, results, before, counters(lab, scenario));
        while (!broken.isEmpty() && System.nanoTime() < end) {
            Exchange.gap(SETTLE_STEP_MICROS);
            broken = broken(scenario, results, before, counters(lab, scenario));
        }
        return broken;
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
