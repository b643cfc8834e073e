package traitrace.lab;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;

/**
 * Records the scenarios of {@link Continuity} under traitrace's eyes and, at the same time, pwru's. A program of its own,
 * for guests.
 *
 * <p>Arguments: the folder for the files; the limit for each scenario in seconds; pwru's program, {@code -} for none; names
 * of scenarios, none for all. Exit status as {@link RecordScenarios}.
 */
public final class RecordContinuity {
    private RecordContinuity() {}

    public static void main(String[] arguments) throws IOException, InterruptedException {
        Path folder = Files.createDirectories(Path.of(arguments[0]));
        long limitMs = 1000 * Long.parseLong(arguments[1]);
        List<String> names = Arrays.asList(arguments).subList(3, arguments.length);
        List<Scenario> scenarios = Continuity.scenarios().stream()
                .filter(scenario -> names.isEmpty() || names.contains(scenario.name()))
                .toList();
        names.stream()
                .filter(name -> scenarios.stream().noneMatch(s -> s.name().equals(name)))
                .forEach(Scenarios::named);
        Function<Scenario, Observer> besides =
                arguments[2].equals("-") ? scenario -> Observer.NONE : pwru(Path.of(arguments[2]), folder);
        try (ScenarioRecorder recorder = new ScenarioRecorder(folder, besides)) {
            RecordScenarios.record(recorder, folder, limitMs, scenarios);
        }
    }

    private static Function<Scenario, Observer> pwru(Path program, Path folder) {
        long start = System.nanoTime();
        Pwru pwru = Pwru.start(program);
        System.out.println("pwru has attached after " + (System.nanoTime() - start) / 1_000_000_000L + " s");
        return scenario -> pwru.observer(rows(folder, scenario.name()));
    }

    /** The file that holds what pwru printed of a scenario. */
    static Path rows(Path folder, String scenario) {
        return folder.resolve(scenario + ".pwru");
    }
}
