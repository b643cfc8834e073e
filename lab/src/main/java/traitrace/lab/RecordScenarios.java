package traitrace.lab;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;

/**
 * Records scenarios, one after another, each within a time. A program of its own, for kernels on which Java is too slow
 * for everything else.
 *
 * <p>Arguments: the folder for the files, the limit for each scenario in seconds, names of scenarios. Those that have an
 * outcome there already are passed over: called again after a crash or a hang, it goes on behind the scenario that
 * caused it. Exit status: 0 all have an outcome, 1 one took too long and others are left.
 */
public final class RecordScenarios {
    private static final long ORDERLY_NS = 20_000_000_000L;

    private RecordScenarios() {}

    public static void main(String[] arguments) throws IOException, InterruptedException {
        Path folder = Files.createDirectories(Path.of(arguments[0]));
        long limitMs = 1000 * Long.parseLong(arguments[1]);
        List<String> names = Arrays.asList(arguments).subList(2, arguments.length);
        // Those that want the same of the probes together: these stay attached between them.
        List<Scenario> scenarios = names.stream()
                .map(Scenarios::named)
                .sorted(Comparator.comparingInt(Sightings::payloadOffset))
                .toList();
        Needs.loadModules(scenarios);
        try (ScenarioRecorder recorder = new ScenarioRecorder(folder)) {
            record(recorder, folder, limitMs, scenarios);
        }
    }

    /** Records scenarios that have no outcome in the folder yet. Ends this process at one that takes too long. */
    static void record(ScenarioRecorder recorder, Path folder, long limitMs, List<Scenario> scenarios)
            throws InterruptedException {
        for (Scenario scenario : scenarios) {
            String name = scenario.name();
            if (Files.exists(ScenarioRecorder.outcome(folder, name))) {
                continue;
            }
            // Stands if this process does not come back.
            unfinished(scenario, folder, "the kernel or the process went down in it");
            long start = System.nanoTime();
            Thread thread = new Thread(() -> recorder.record(scenario), name);
            thread.start();
            thread.join(limitMs);
            if (thread.isAlive()) {
                unfinished(scenario, folder, "not done after " + limitMs / 1000 + " s, it was in\n" + stack(thread));
                System.out.println(name + " takes too long");
                giveUp();
            }
            System.out.println(line(Outcome.read(ScenarioRecorder.outcome(folder, name)), System.nanoTime() - start));
        }
    }

    /** In order, so that the laboratory is removed; but what hangs may keep that waiting, too. */
    private static void giveUp() {
        Thread impatience = new Thread(() -> {
            LockSupport.parkNanos(ORDERLY_NS);
            Runtime.getRuntime().halt(1);
        });
        impatience.setDaemon(true);
        impatience.start();
        System.exit(1);
    }

    private static void unfinished(Scenario scenario, Path folder, String why) {
        try {
            Files.deleteIfExists(ScenarioRecorder.recording(folder, scenario.name()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Outcome.failed(scenario, why).write(ScenarioRecorder.outcome(folder, scenario.name()));
    }

    private static String stack(Thread thread) {
        return Arrays.stream(thread.getStackTrace())
                .map(frame -> "    at " + frame)
                .collect(Collectors.joining("\n"));
    }

    private static String line(Outcome outcome, long tookNs) {
        String how = !outcome.skipped().isEmpty()
                ? "skipped: " + outcome.skipped()
                : !outcome.failed().isEmpty() ? "failed: " + outcome.failed() : "recorded";
        return String.format(Locale.ROOT, "%-24s %5.1f s  %s", outcome.scenario(), tookNs / 1e9, how);
    }
}
