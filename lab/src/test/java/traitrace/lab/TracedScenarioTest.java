package traitrace.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Each scenario, traced for real, and judged by the numbers in the payloads.
 *
 * <p>In the environment, SCENARIO=name runs one alone and TIMELINES=1 prints what was seen.
 */
@Tag("scenario")
class TracedScenarioTest {
    private static final List<Judge.Judgement> JUDGEMENTS = new ArrayList<>();
    private static final Path TABLE = Path.of("target", "scenarios.txt");
    private static final Path FOLDER = Path.of("target", "scenarios");

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

        Outcome outcome = new ScenarioRecorder(FOLDER).record(scenario);

        assumeTrue(outcome.skipped().isEmpty(), outcome::skipped);
        assertThat(outcome.failed()).isEmpty();
        assertThat(outcome.broken()).isEmpty();
        Playback playback = new Playback(scenario, outcome, FOLDER);
        Judge.Judgement judgement = playback.judge();
        JUDGEMENTS.add(judgement);
        System.out.print(ScoreTable.render(List.of(judgement)));
        System.out.println("bytes of events per packet: " + playback.bytesPerPacket());
        if (System.getenv("TIMELINES") != null) {
            playback.print(System.out);
        }
        assertThat(judgement.failures()).isEmpty();
    }

    @AfterAll
    static void writeTheTable() throws IOException {
        String table = ScoreTable.render(JUDGEMENTS);
        System.out.println(table);
        Files.writeString(TABLE, table);
    }
}
