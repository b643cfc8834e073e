package traitrace.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class ContinuityTest {
    @Test
    void noTwoDatagramsOfAScenarioHaveOnePort() {
        for (Scenario scenario : Continuity.scenarios()) {
            Set<Integer> ports = new HashSet<>();
            for (Traffic traffic : scenario.traffic()) {
                if (traffic instanceof Traffic.Udp udp && udp.portPerDatagram()) {
                    for (int i = 0; i < udp.count(); i++) {
                        assertThat(ports.add(udp.sourcePort() + i))
                                .as(scenario.name())
                                .isTrue();
                    }
                }
            }
        }
    }

    @Test
    void theReferencesComeFirst() {
        List<Scenario> references = Continuity.scenarios().subList(0, 2);

        assertThat(references)
                .extracting(Scenario::name)
                .containsExactly("reference-vxlan", "reference-vxlan-fragments");
        assertThat(references)
                .allSatisfy(s -> assertThat(s.traffic()).singleElement().satisfies(t -> assertThat(t.count())
                        .isEqualTo(50)));
        assertThat(references.get(1).traffic().get(0).payloadBytes()).isEqualTo(4000);
    }

    @Test
    void whatMustArriveShrinksWithTheTraffic() {
        Scenario router = Continuity.traffic(Scenarios.named("router"));

        assertThat(router.traffic().get(0).count()).isEqualTo(25);
        assertThat(router.arrivals().get(0).received().atLeast()).isEqualTo(25);
        Scenario overflow = Continuity.traffic(Scenarios.named("drop-qdisc"));
        assertThat(overflow.traffic().get(0).count())
                .isEqualTo(Scenarios.named("drop-qdisc").traffic().get(0).count());
    }

    @Test
    void portsMustExist() {
        Traffic.Udp udp = (Traffic.Udp) Scenarios.named("vxlan").traffic().get(0);

        assertThatThrownBy(() -> udp.fromPorts(65_500, 0))
                .hasMessage("no 200 ports for as many datagrams from port 65500 on");
    }

    @Test
    @Tag("scenario")
    void bigDatagramsFromManyPortsArriveThroughTheTunnel() {
        Scenario scenario = Continuity.scenarios().get(1);

        Outcome outcome = ScenarioRunner.run(scenario, Observer.NONE);

        assumeTrue(outcome.skipped().isEmpty(), outcome::skipped);
        assertThat(outcome.failed()).isEmpty();
        assertThat(outcome.broken()).isEmpty();
    }
}
