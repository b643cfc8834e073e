package traitrace.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What scenarios say of themselves. That they go so, and are followed, is {@link TracedScenarioTest}. */
class ScenarioTest {
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
}
