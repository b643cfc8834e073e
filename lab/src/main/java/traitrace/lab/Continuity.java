package traitrace.lab;

import java.util.ArrayList;
import java.util.List;

/**
 * The traffic of the benchmark of continuity: that of a scenario, such that a tracer which shows ports and no payload
 * can be judged as well.
 */
final class Continuity {
    /** Below the ports that the kernel gives out, above those of the scenarios' services. */
    private static final int FIRST_PORT = 12_000;
    /** For a tracer that reads some hundred rows for each packet, in an emulated machine. */
    private static final int GAP_MICROS = 20_000;

    private Continuity() {}

    /**
     * Gives each datagram a source port of its own, and slows the traffic down where no queue is meant to overflow.
     *
     * <p>Counters may rise further than the scenario says: more flows are more entries in tables.
     */
    static Scenario traffic(Scenario scenario) {
        boolean losses = scenario.legs().stream().anyMatch(leg -> leg.of() == Scenario.Which.LOST);
        List<Traffic> traffic = new ArrayList<>();
        int port = FIRST_PORT;
        for (Traffic t : scenario.traffic()) {
            if (t instanceof Traffic.Udp udp) {
                traffic.add(udp.fromPorts(udp.sourcePort() == 0 ? port : udp.sourcePort(), losses ? 0 : GAP_MICROS));
                port += udp.count();
            } else {
                traffic.add(t);
            }
        }
        return scenario.with(
                traffic,
                scenario.proof().stream()
                        .map(p -> new Scenario.Proof(
                                p.ns(), p.counter(), new Scenario.Range(p.rise().atLeast(), null)))
                        .toList());
    }
}
