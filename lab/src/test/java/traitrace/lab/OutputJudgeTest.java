package traitrace.lab;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import traitrace.lineage.Evidence;
import traitrace.timeline.Timeline;

class OutputJudgeTest {
    private static final long CAUSE = 7;
    private static final long OTHER = 8;
    private static final long SENT = 9;

    private final List<Sighting> seen = new ArrayList<>();
    private final List<Output> outputs = new ArrayList<>();

    private static JsonNode json(String text) {
        try {
            return new ObjectMapper().readTree(text.replace('\'', '"'));
        } catch (JsonProcessingException e) {
            throw new AssertionError(e);
        }
    }

    private void sees(long id, String device, String hook, long number) {
        seen.add(new Sighting(id, id, hook, "relay", device, number, 1, "delivered", "", Evidence.PROVED));
    }

    private void tells(long id, String text, String... json) {
        outputs.add(new Output(
                id, text, Arrays.stream(json).map(OutputJudgeTest::json).toList()));
    }

    private List<String> failures(int count, List<Scenario.Saying> sayings, Double candidates) {
        Traffic traffic = new Traffic.Requests(
                "t", "client", Traffic.Protocol.UDP, "10.1.0.254", 7000, 1, count, 200, 0, 0, null);
        TrafficResult result = new TrafficResult(
                traffic, LongStream.rangeClosed(1, count).boxed().toList(), 0, List.of(), List.of());
        Scenario.Crossing crossing = new Scenario.Crossing(
                "there",
                "t",
                null,
                List.of(Scenario.Step.of("relay lan netif_receive_skb")),
                List.of(Scenario.Step.of("relay wan net_dev_queue")),
                false,
                null,
                candidates == null ? null : Map.of("lineage", candidates));
        Scenario scenario = new Scenario(
                "test",
                "",
                null,
                null,
                List.of(traffic),
                false,
                null,
                null,
                null,
                List.of(crossing),
                null,
                null,
                sayings);
        assertThat(OutputJudge.isAsked(scenario, "stages")).isFalse();
        assertThat(OutputJudge.isAsked(scenario, "lineage")).isTrue();
        return new OutputJudge(new Observation(seen, List.of(), 0), outputs, "lineage", 0)
                .failures(scenario, List.of(result));
    }

    private List<String> said(int count) {
        return failures(
                count,
                List.of(new Scenario.Saying(
                        "who", "t", null, "by relay\\[\\d+\\]", Map.of("process", "relay"), Map.of("lineage", 1.0))),
                null);
    }

    @Test
    void whatMustBeToldMayBeToldByAnyPacketOfTheNumber() {
        sees(CAUSE, "lan", "netif_receive_skb", 1);
        sees(SENT, "wan", "net_dev_queue", 1);
        tells(CAUSE, "received", "{'type': 'packet'}");
        tells(SENT, "sent by relay[812]", "{'type': 'packet'}", "{'type': 'event', 'process': 'relay'}");

        assertThat(said(1)).isEmpty();
    }

    @Test
    void textAndJsonMustBothTellIt() {
        sees(CAUSE, "lan", "netif_receive_skb", 1);
        tells(CAUSE, "by relay[812]", "{'type': 'event', 'process': 'relayed'}");
        assertThat(said(1))
                .hasSize(1)
                .first()
                .asString()
                .contains("\"who\" is told of 0 of 1")
                .contains("its JSON");

        outputs.clear();
        tells(CAUSE, "by nobody", "{'type': 'event', 'process': 'relay'}");
        assertThat(said(1))
                .hasSize(1)
                .first()
                .asString()
                .contains("its text does not say")
                .contains("by nobody");
    }

    @Test
    void ofAPacketThatWasNeverSeenNothingIsTold() {
        assertThat(said(2)).hasSize(1).first().asString().contains("told of 0 of 2");
    }

    /** A packet that came, another one, and one behind the process of the first one's number. */
    private void relays() {
        sees(CAUSE, "lan", "netif_receive_skb", 1);
        sees(OTHER, "lan", "netif_receive_skb", 2);
        sees(SENT, "wan", "net_dev_queue", 1);
        tells(CAUSE, "", "{'type': 'packet', 'candidates': []}");
        tells(OTHER, "", "{'type': 'packet', 'candidates': []}");
    }

    private static String packet(Long... candidates) {
        return "{'type': 'packet', 'candidates': ["
                + String.join(
                        ", ",
                        Arrays.stream(candidates)
                                .map(id -> "'" + Timeline.formatId(id) + "'")
                                .toList())
                + "]}";
    }

    private static String because(Long... candidates) {
        return "because of one of " + candidates.length + " packets, or none: "
                + String.join(
                        ", ", Arrays.stream(candidates).map(Timeline::formatId).toList());
    }

    @Test
    void theTrueCauseMustBeAmongTheCandidates() {
        relays();
        tells(SENT, because(OTHER, CAUSE), packet(OTHER, CAUSE));
        assertThat(failures(1, null, 1.0)).isEmpty();
    }

    @Test
    void candidatesWithoutTheTrueCauseAreNone() {
        relays();
        tells(SENT, because(OTHER), packet(OTHER));
        assertThat(failures(1, null, 1.0))
                .hasSize(1)
                .first()
                .asString()
                .contains("of 1 packets that nothing joins, the true cause is among the candidates of 0")
                .contains("number 1 came of [" + Timeline.formatId(CAUSE) + "]");
    }

    @Test
    void theTextMustListThemToo() {
        relays();
        tells(SENT, because(CAUSE), packet(OTHER, CAUSE));
        assertThat(failures(1, null, 1.0)).hasSize(1);
    }

    @Test
    void whatALinkLeadsToNeedsNoCandidatesButSomePacketMustHaveThem() {
        relays();
        String link = "{'type': 'edge', 'kind': 'emit', 'parent_packet_id': '" + Timeline.formatId(OTHER)
                + "', 'child_packet_id': '" + Timeline.formatId(SENT) + "'}";
        tells(SENT, "", packet(), link);
        assertThat(failures(1, null, 1.0)).containsExactly("crossing \"there\": no packet was left with candidates");
    }
}
