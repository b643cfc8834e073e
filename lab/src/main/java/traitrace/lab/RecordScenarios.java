package traitrace.lab;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
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
    private RecordScenarios() {}

    public static void main(String[] arguments) throws IOException, InterruptedException {
        Path folder = Files.createDirectories(Path.of(arguments[0]));
        long limitMs = 1000 * Long.parseLong(arguments[1]);
        List<String> names = Arrays.asList(arguments).subList(2, arguments.length);
        record(folder, limitMs, names.stream().map(Scenarios::named).toList(), new ScenarioRecorder(folder));
    }

    /** Records scenarios that have no outcome in the folder yet. Ends this process at one that takes too long. */
    static void record(Path folder, long limitMs, List<Scenario> scenarios, ScenarioRecorder recorder)
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
                // Without ceremony: what hangs would keep an orderly exit waiting, too.
                Runtime.getRuntime().halt(1);
            }
            System.out.println(line(Outcome.read(ScenarioRecorder.outcome(folder, name)), System.nanoTime() - start));
        }
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
