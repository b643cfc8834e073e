package traitrace.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import traitrace.event.EventSink;
import traitrace.event.EventView;
import traitrace.event.Losses;
import traitrace.names.Names;

class PlaybackTest {
    /** Follows packets while they are recorded. */
    private static final class Live implements EventSink {
        private final Map<String, String> namespaces = new HashMap<>();
        private Sightings sightings;

        EventSink start(Scenario scenario, Names names, boolean exact) {
            sightings = new Sightings(scenario, namespaces, exact, names);
            return this;
        }

        @Override
        public void accept(EventView event) {
            sightings.accept(event);
        }
    }

    @Test
    @Tag("scenario")
    void aRecordedScenarioIsSeenAsItWasLive(@TempDir Path folder) {
        assumeTrue("root".equals(System.getProperty("user.name")), "namespaces and probes need root");
        Scenario scenario = Scenarios.named("nat");
        Live live = new Live();
        try (TracedKernel kernel = new TracedKernel()) {
            RecordingObserver observer = new RecordingObserver(
                    scenario,
                    ScenarioRecorder.recording(folder, scenario.name()),
                    kernel,
                    (names, exact) -> live.start(scenario, names, exact));
            Outcome outcome = ScenarioRunner.run(scenario, observer);
            Path file = ScenarioRecorder.outcome(folder, scenario.name());
            outcome.write(file);
            live.sightings.finish();
            live.namespaces.putAll(outcome.namespaces());

            assertThat(Outcome.read(file)).isEqualTo(outcome);
            Playback playback = Playback.of(scenario, Outcome.read(file), folder);

            Observation seen = playback.observation();
            assertThat(seen.sightings()).hasSizeGreaterThan(1000);
            assertThat(live.sightings.observation(Losses.NONE).sightings()).isEqualTo(seen.sightings());
            assertThat(playback.judge().legs()).allMatch(leg -> leg.sent() == 100);
        }
    }

    @Test
    void whatCannotBeRunIsAnOutcomeThatComesBackFromItsFile(@TempDir Path folder) {
        Scenario scenario = Scenarios.named("geneve");
        Outcome outcome = Outcome.skipped(scenario, "this kernel has no devices of type geneve");
        Path file = ScenarioRecorder.outcome(folder, scenario.name());
        outcome.write(file);
        assertThat(Outcome.read(file)).isEqualTo(outcome);
        assertThat(folder).isDirectoryContaining(path -> path.equals(file));
    }

    @Test
    void aFileThatIsNoOutcomeIsOneClearSentence(@TempDir Path folder) throws Exception {
        Path file = Files.writeString(folder.resolve("x.json"), "{\"scenario\":");
        assertThatThrownBy(() -> Outcome.read(file)).hasMessageStartingWith(file + " is not an outcome: ");
    }

    @Test
    @Tag("scenario")
    void aScenarioThatHangsIsGivenUpAndTheOthersAreLeftForTheNextStart(@TempDir Path folder) throws Exception {
        assumeTrue("root".equals(System.getProperty("user.name")), "namespaces and probes need root");
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                        RecordScenarios.class.getName(),
                        folder.toString(),
                        "2",
                        "recycling",
                        "router")
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("log").toFile())
                .start();

        assertThat(process.waitFor()).isEqualTo(1);

        assertThat(Outcome.read(ScenarioRecorder.outcome(folder, "recycling")).failed())
                .startsWith("not done after 2 s, it was in");
        assertThat(ScenarioRecorder.outcome(folder, "router")).doesNotExist();
    }

    @Test
    void theLineageFamilyMustProveEveryLink() {
        Scenario scenario = Scenarios.named("direct-udp");
        assertThat(List.of(scenario.minimumFor("lineage"), scenario.minimumFor("stages")))
                .containsExactly(Scenario.LINEAGE_MINIMUM, Scenario.DEFAULT_MINIMUM);
    }
}
