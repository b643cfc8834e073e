package traitrace.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import traitrace.kernel.NetnsThread;

/** Every scenario builds, its traffic does what it says, and nothing is left behind. Needs root. */
@Tag("scenario")
class ScenarioTest {
    /** Looks at the laboratory while it stands, as a tracer would. */
    private static final class Witness implements Observer {
        private String prefix = "";

        @Override
        public void start(Laboratory lab) {
            prefix = lab.prefix();
            for (String ns : lab.topology().namespaces()) {
                assertThat(lab.topologyName(lab.realName(ns))).contains(ns);
                assertThat(lab.inode(ns)).isPositive();
            }
        }

        @Override
        public void stop() {}
    }

    static Stream<String> names() {
        // SCENARIO=NAME runs one alone.
        String only = System.getenv("SCENARIO");
        return Scenarios.all().stream().map(Scenario::name).filter(name -> only == null || name.equals(only));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("names")
    void doesWhatItSaysAndLeavesNothingBehind(String name) {
        Witness witness = new Witness();
        List<ProcessHandle> before = ProcessHandle.current().descendants().toList();

        Outcome outcome = ScenarioRunner.run(Scenarios.named(name), witness);

        assumeTrue(outcome.skipped().isEmpty(), outcome::skipped);
        assertThat(outcome.broken()).isEmpty();
        assertThat(namespaces()).noneMatch(ns -> ns.startsWith(witness.prefix));
        assertThat(ProcessHandle.current().descendants().filter(p -> !before.contains(p)))
                .isEmpty();
    }

    @Test
    void everyScenarioExplainsItselfAndSaysWhatMustBeSeen() {
        for (Scenario scenario : Scenarios.all()) {
            assertThat(scenario.shows()).as(scenario.name()).endsWith(".");
            assertThat(scenario.legs()).as(scenario.name()).isNotEmpty();
            assertThat(scenario.proof()).as(scenario.name()).isNotEmpty();
            List<String> traffic =
                    scenario.traffic().stream().map(Traffic::name).toList();
            List<String> namespaces = scenario.topology().namespaces();
            scenario.legs().forEach(leg -> {
                assertThat(traffic).contains(leg.traffic());
                leg.path().forEach(step -> assertThat(step.ns()).isIn(withAny(namespaces)));
            });
            scenario.crossings().forEach(crossing -> {
                assertThat(traffic).contains(crossing.traffic());
                assertThat(crossing.from()).as(scenario.name()).isNotEmpty();
                assertThat(crossing.to()).as(scenario.name()).isNotEmpty();
                Stream.concat(crossing.from().stream(), crossing.to().stream())
                        .forEach(step -> assertThat(step.ns()).isIn(withAny(namespaces)));
            });
        }
    }

    private static List<String> withAny(List<String> namespaces) {
        return Stream.concat(Stream.of("*"), namespaces.stream()).toList();
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
}
