package traitrace.lab;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.List;
import java.util.Map;
import traitrace.TracerException;
import traitrace.lineage.Evidence;

/**
 * A network, traffic, and what must be seen of it.
 *
 * @param shows one sentence
 * @param needs what not every machine has: {@code link:TYPE} (a kind of device), {@code
 *     program:NAME}, {@code module:NAME} (a loadable part of the kernel), {@code qdisc:KIND}, {@code
 *     kernel:VERSION} (this or a newer one), {@code
 *     xfrm:gcm} and {@code xfrm:cbc} (IPsec with such an encryption), {@code cpu:real} (not an emulated one), {@code uring}
 *     (io_uring is not forbidden), {@code cgroup2} (control groups of the unified hierarchy can be made),
 *     {@code afxdp} (there are AF_XDP sockets)
 * @param together the traffics are sent at the same time, not one after another
 * @param arrivals what the far ends must have received: the scenario itself is wrong if they have not
 * @param proof kernel counters that must have moved: independent of any tracer
 * @param legs the journeys that a tracer must report
 * @param crossings the ways through processes that it must report
 * @param precision of links through processes that are no more than {@code guessed}, the share that must be right, 0 to 1;
 *     of those that are {@code matched} all must be
 * @param minimum by attach plan ({@code stages}, {@code lineage}, ...), then by evidence: the share of the packets, 0
 *     to 1, that must be followed from end to end by links at least as strong; for plans that are not named {@link
 *     #LINEAGE_MINIMUM} or {@link #DEFAULT_MINIMUM}
 * @param sayings what the user must be told
 */
public record Scenario(
        String name,
        String shows,
        List<String> needs,
        Topology topology,
        List<Traffic> traffic,
        boolean together,
        List<Arrival> arrivals,
        List<Proof> proof,
        List<Leg> legs,
        List<Crossing> crossings,
        Double precision,
        Map<String, Map<Evidence, Double>> minimum,
        List<Saying> sayings) {
    /** What a plan without births and deaths must reach. */
    public static final Map<Evidence, Double> DEFAULT_MINIMUM = Map.of(Evidence.MATCHED, 0.99);

    /** What is asked of guesses where the scenario says nothing: one request at a time. */
    public static final double DEFAULT_PRECISION = 0.95;

    /** The plan of tracepoints only. */
    public static final String STAGES = "stages";

    /** The plan that sees births, copies and deaths of skbs. */
    public static final String LINEAGE = "lineage";

    /** What that plan must reach. */
    public static final Map<Evidence, Double> LINEAGE_MINIMUM = Map.of(Evidence.PROVED, 1.0);

    private static final ObjectMapper JSON = JsonMapper.builder()
            .enable(MapperFeature.ACCEPT_CASE_INSENSITIVE_ENUMS)
            .build();

    public Scenario {
        needs = Topology.listOf(needs);
        traffic = Topology.listOf(traffic);
        arrivals = Topology.listOf(arrivals);
        proof = Topology.listOf(proof);
        legs = Topology.listOf(legs);
        crossings = Topology.listOf(crossings);
        precision = precision == null ? DEFAULT_PRECISION : precision;
        minimum = minimum == null ? Map.of() : Map.copyOf(minimum);
        sayings = Topology.listOf(sayings);
    }

    /**
     * What must arrive.
     *
     * @param traffic the name of the traffic
     * @param received how many different numbers the sink must have; null = not asked
     * @param replies how many different numbers must come back; null = not asked
     * @param duplicates how many must arrive at the sink beyond the first of each number; null = not asked
     * @param overtaken how many must arrive at the sink after one that was sent later; null = not asked
     */
    public record Arrival(String traffic, Range received, Range replies, Range duplicates, Range overtaken) {}

    /**
     * A range of whole numbers.
     *
     * @param atMost null = no limit
     */
    public record Range(long atLeast, Long atMost) {
        /** Whether a number lies in it. */
        public boolean holds(long n) {
            return n >= atLeast && (atMost == null || n <= atMost);
        }

        @Override
        public String toString() {
            return atMost == null ? "at least " + atLeast : atLeast == atMost ? "" + atLeast : atLeast + ".." + atMost;
        }
    }

    /**
     * A kernel counter and by how much the traffic must raise it.
     *
     * @param counter see {@link Counters}
     */
    public record Proof(String ns, String counter, Range rise) {}

    /** Which of a traffic's numbers a leg is about. */
    public enum Which {
        ALL,
        /** Those that the sink received. */
        RECEIVED,
        /** Those that it did not. */
        LOST
    }

    /**
     * One journey that every packet of a traffic makes: from end to end, a request without its answer, one branch of a
     * flood.
     *
     * @param of null = ALL
     * @param path what must be seen, in this order; other things may be seen between
     * @param verdict a label of {@link traitrace.timeline.Verdict}; empty = any
     * @param reasons acceptable drop reasons, without the kernel's SKB_DROP_REASON_; empty = any
     */
    public record Leg(String name, String traffic, Which of, List<Step> path, String verdict, List<String> reasons) {
        public Leg {
            of = of == null ? Which.ALL : of;
            path = Topology.listOf(path);
            verdict = verdict == null ? "" : verdict;
            reasons = Topology.listOf(reasons);
        }
    }

    /**
     * A way through one or several processes: what comes in there goes on as another packet.
     *
     * @param of null = ALL
     * @param from what must be seen, in this order, before
     * @param to likewise, behind
     * @param merging several messages become one packet, of which only one can have kept its id
     * @param minimum as the scenario's, but a rule for all plans is {@link #DEFAULT_MINIMUM}
     * @param candidates by attach plan, of the packets behind that nothing joins to one before, the share whose true
     *     cause must be among the candidates that the user is told; for plans that are not named nothing is asked
     */
    public record Crossing(
            String name,
            String traffic,
            Which of,
            List<Step> from,
            List<Step> to,
            boolean merging,
            Map<String, Map<Evidence, Double>> minimum,
            Map<String, Double> candidates) {
        public Crossing {
            of = of == null ? Which.ALL : of;
            from = Topology.listOf(from);
            to = Topology.listOf(to);
            minimum = minimum == null ? Map.of() : Map.copyOf(minimum);
            candidates = candidates == null ? Map.of() : Map.copyOf(candidates);
        }

        /** What a plan must reach. */
        public Map<Evidence, Double> minimumFor(String plan) {
            return minimum.getOrDefault(plan, DEFAULT_MINIMUM);
        }
    }

    /**
     * What the user must be told of the packets of a traffic, in text and in JSON.
     *
     * @param of null = ALL
     * @param text a regular expression, found in the packet's timeline; empty = any
     * @param json by key, regular expressions for the values of one of the packet's lines of JSON; empty = any
     * @param minimum by attach plan, the share of the numbers, 0 to 1, of which it must be told; for plans that are not
     *     named nothing is asked
     */
    public record Saying(
            String name, String traffic, Which of, String text, Map<String, String> json, Map<String, Double> minimum) {
        public Saying {
            of = of == null ? Which.ALL : of;
            text = text == null ? "" : text;
            json = json == null ? Map.of() : Map.copyOf(json);
            minimum = minimum == null ? Map.of() : Map.copyOf(minimum);
        }
    }

    /**
     * A hook at a device in a namespace; in JSON three words, {@code client eth0 net_dev_queue}.
     *
     * @param ns the topology's name; {@code *} = any, for hooks that may not know
     * @param dev {@code *} = any or none
     * @param hook as the kernel spells it
     */
    public record Step(String ns, String dev, String hook) {
        /** Reads the three words. */
        @JsonCreator
        public static Step of(String words) {
            String[] parts = words.strip().split("\\s+");
            if (parts.length != 3) {
                throw new IllegalArgumentException("a step is a namespace, a device and a hook, not: " + words);
            }
            return new Step(parts[0], parts[1], parts[2]);
        }

        /** Whether this is what was seen. */
        public boolean matches(Sighting sighting) {
            return (ns.equals("*") || ns.equals(sighting.netns()))
                    && (dev.equals("*") || dev.equals(sighting.device()))
                    && hook.equals(sighting.hook());
        }

        @Override
        @JsonValue
        public String toString() {
            return ns + " " + dev + " " + hook;
        }
    }

    /** The same network and journeys under another name, with other traffic and what must come of it. */
    Scenario with(String otherName, List<Traffic> otherTraffic, List<Arrival> otherArrivals, List<Proof> otherProof) {
        return new Scenario(
                otherName,
                shows,
                needs,
                topology,
                otherTraffic,
                together,
                otherArrivals,
                otherProof,
                legs,
                crossings,
                precision,
                minimum,
                sayings);
    }

    /** What a plan must reach. */
    public Map<Evidence, Double> minimumFor(String plan) {
        return minimum.getOrDefault(plan, plan.equals(LINEAGE) ? LINEAGE_MINIMUM : DEFAULT_MINIMUM);
    }

    /**
     * Reads a scenario.
     *
     * @param source its name in messages
     * @throws TracerException of kind USAGE if it is not one
     */
    public static Scenario parse(String json, String source) {
        try {
            return JSON.readValue(json, Scenario.class);
        } catch (JsonProcessingException e) {
            throw new TracerException(
                    TracerException.Kind.USAGE, source + " is not a scenario: " + e.getMessage(), "", e);
        }
    }
}
