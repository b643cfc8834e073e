package traitrace.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import traitrace.kernel.NetnsThread;

/**
 * Each scenario, traced for real, and judged by the numbers in the payloads.
 *
 * <p>They go as they say, and nothing of them is left behind.
 *
 * <p>In the environment, SCENARIO=name runs one alone and TIMELINES=1 prints what was seen.
 */
@Tag("scenario")
class TracedScenarioTest {
    private static final Path FOLDER = Path.of("target", "scenarios");
    private static final ScenarioRecorder RECORDER = new ScenarioRecorder(FOLDER);
    private static final Scores SCORES = new Scores();

    @BeforeAll
    static void needsRoot() throws IOException {
        Files.createDirectories(FOLDER);
        assumeTrue("root".equals(System.getProperty("user.name")), "namespaces and probes need root");
    }

    static Stream<String> names() {
        String only = System.getenv("SCENARIO");
        return Scenarios.all().stream()
                .filter(scenario -> !scenario.legs().isEmpty())
                .map(Scenario::name)
                .filter(name -> only == null || name.equals(only));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("names")
    void isFollowedUnderOneId(String name) {
        Scenario scenario = Scenarios.named(name);
        List<String> namespaces = namespaces();
        List<ProcessHandle> processes = processes();

        Outcome outcome = RECORDER.record(scenario);

        assertThat(namespaces()).as("namespaces left behind").isSubsetOf(namespaces);
        assertThat(processes()).as("processes left behind").isSubsetOf(processes);
        SCORES.judge(scenario, outcome, FOLDER);
    }

    private static List<ProcessHandle> processes() {
        return ProcessHandle.current().descendants().toList();
    }

    private static List<String> namespaces() {
        if (!Files.isDirectory(NetnsThread.NAMED)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(NetnsThread.NAMED)) {
            return files.map(file -> file.getFileName().toString()).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @AfterAll
    static void writeTheTable() throws IOException {
        RECORDER.close();
        SCORES.write(Path.of("target", "scenarios.txt"));
    }
}
