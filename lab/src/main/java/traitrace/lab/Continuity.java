package traitrace.lab;

import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/**
 * The scenarios of the benchmark of continuity: those of the laboratory, and two references, with traffic in which a
 * tracer that shows ports and no payload can be judged as well.
 */
final class Continuity {
    /** Below the ports that the kernel gives out, above those of the scenarios' services. */
    private static final int FIRST_PORT = 12_000;
    /** Each takes a socket; with more datagrams, a scenario is about their number, and stays as it is. */
    private static final int MOST_PORTS = 1000;
    /**
     * Slow enough for pwru in an emulated machine: it has some hundred rows for each packet, in a queue of 10,000 in
     * which new rows overwrite those that it has not read.
     */
    private static final int GAP_MICROS = 100_000;

    /** Datagrams of a scenario that is not about their number: at this pace, more would take hours. */
    private static final int MOST_DATAGRAMS = 25;

    private static final String REFERENCE = "reference-";
    private static final String TUNNEL = "vxlan";
    private static final int REFERENCE_COUNT = 50;
    private static final int REFERENCE_BYTES = 200;
    private static final int REFERENCE_BIG_BYTES = 4000;

    private Continuity() {}

    /** All that can be judged, the references first. */
    static List<Scenario> scenarios() {
        Scenario tunnel = Scenarios.named(TUNNEL);
        Stream<Scenario> references = Stream.of(
                reference(REFERENCE + "vxlan", tunnel, REFERENCE_BYTES),
                reference(REFERENCE + "vxlan-fragments", tunnel, REFERENCE_BIG_BYTES));
        return Stream.concat(references, Scenarios.all().stream())
                .filter(scenario -> !scenario.legs().isEmpty())
                // What a process sends on has no port by which pwru could know it.
                .map(scenario -> scenario.crossings().isEmpty() ? traffic(scenario) : scenario)
                .toList();
    }

    private static Scenario reference(String name, Scenario of, int bytes) {
        Scenario.Range all = new Scenario.Range(REFERENCE_COUNT, (long) REFERENCE_COUNT);
        return of.with(
                name,
                of.traffic().stream()
                        .map(t -> (Traffic) ((Traffic.Udp) t).of(REFERENCE_COUNT, bytes))
                        .toList(),
                of.arrivals().stream()
                        .map(a -> new Scenario.Arrival(a.traffic(), all, null, null, null))
                        .toList(),
                of.proof().stream()
                        .map(p -> new Scenario.Proof(p.ns(), p.counter(), all))
                        .toList());
    }

    /**
     * Gives each datagram a source port of its own, and slows the traffic down where no queue is meant to overflow.
     *
     * <p>Counters may rise further than the scenario says: more flows are more entries in tables.
     */
    static Scenario traffic(Scenario scenario) {
        boolean losses = scenario.legs().stream().anyMatch(leg -> leg.of() == Scenario.Which.LOST);
        boolean reference = scenario.name().startsWith(REFERENCE);
        return slow(losses || reference ? scenario : fewer(scenario), losses);
    }

    /** The same with fewer datagrams; what must arrive and be counted shrinks likewise. */
    private static Scenario fewer(Scenario scenario) {
        int most = scenario.traffic().stream()
                .filter(t -> t instanceof Traffic.Udp udp && udp.count() <= MOST_PORTS)
                .mapToInt(Traffic::count)
                .max()
                .orElse(0);
        if (most <= MOST_DATAGRAMS) {
            return scenario;
        }
        UnaryOperator<Scenario.Range> shrunk =
                range -> range == null ? null : new Scenario.Range(range.atLeast() * MOST_DATAGRAMS / most, null);
        return scenario.with(
                scenario.name(),
                scenario.traffic().stream()
                        .map(t -> t instanceof Traffic.Udp udp && udp.count() <= MOST_PORTS
                                ? udp.of(Math.min(udp.count(), MOST_DATAGRAMS), udp.payloadBytes())
                                : t)
                        .toList(),
                scenario.arrivals().stream()
                        .map(a -> new Scenario.Arrival(
                                a.traffic(), shrunk.apply(a.received()), shrunk.apply(a.replies()), null, null))
                        .toList(),
                scenario.proof().stream()
                        .map(p -> new Scenario.Proof(p.ns(), p.counter(), shrunk.apply(p.rise())))
                        .toList());
    }

    private static Scenario slow(Scenario scenario, boolean losses) {
        List<Traffic> traffic = new ArrayList<>();
        int port = FIRST_PORT;
        for (Traffic t : scenario.traffic()) {
            if (t instanceof Traffic.Udp udp && udp.count() <= MOST_PORTS) {
                traffic.add(udp.fromPorts(udp.sourcePort() == 0 ? port : udp.sourcePort(), losses ? 0 : GAP_MICROS));
                port += udp.count();
            } else {
                traffic.add(t);
            }
        }
        List<Scenario.Proof> proof = scenario.proof().stream()
                .map(p -> new Scenario.Proof(
                        p.ns(), p.counter(), new Scenario.Range(p.rise().atLeast(), null)))
                .toList();
        return scenario.with(scenario.name(), traffic, scenario.arrivals(), proof);
    }
}
