package traitrace.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import traitrace.lineage.Evidence;

class JudgeTest {
    private static final List<Scenario.Step> PATH = List.of(
            Scenario.Step.of("client eth0 net_dev_queue"),
            Scenario.Step.of("server eth0 netif_receive_skb"),
            Scenario.Step.of("* * kfree_skb"));

    @Test
    void everyPacketFollowedUnderItsOwnIdPasses() {
        List<Sighting> seen = new ArrayList<>();
        seen.addAll(journey(11, 1));
        seen.addAll(journey(12, 2));

        Judge.Judgement judgement = judge(datagrams(2), seen);

        assertThat(judgement.failures()).isEmpty();
        assertThat(judgement.falseJoins()).isZero();
        Judge.LegScore leg = judgement.legs().get(0);
        assertThat(leg.followed()).isEqualTo(Map.of(Evidence.PROVED, 2));
        assertThat(leg.rightVerdict()).isEqualTo(2);
    }

    @Test
    void stepsCountOnlyInTheirOrder() {
        List<Sighting> seen = new ArrayList<>(journey(11, 1));
        Collections.swap(seen, 0, 1);

        Judge.LegScore leg = judge(datagrams(1), seen).legs().get(0);

        assertThat(leg.followedInAll()).isZero();
        assertThat(leg.broken()).isEqualTo(1);
        assertThat(leg.example()).isEqualTo("number 1 was lost before \"server eth0 netif_receive_skb\"");
    }

    @Test
    void aPacketThatChangesItsIdOnTheWayIsBroken() {
        List<Sighting> seen = new ArrayList<>(journey(11, 1).subList(0, 2));
        seen.add(journey(12, 1).get(2));

        Judge.Judgement judgement = judge(datagrams(1), seen);

        assertThat(judgement.legs().get(0).broken()).isEqualTo(1);
        assertThat(judgement.falseJoins()).isZero();
        assertThat(judgement.passed()).isFalse();
    }

    @Test
    void whatTheKernelSkippedMayBeMissingButNoMore() {
        List<Sighting> seen = new ArrayList<>();
        for (int number = 1; number <= 8; number++) {
            seen.addAll(journey(10 + number, number));
        }
        Observation observation = new Observation(seen, List.of(), 0);

        assertThat(judge(datagrams(10), observation, 1).failures()).isEmpty();
        assertThat(judge(datagrams(10), observation, 0).failures()).hasSize(1);
        assertThat(judge(datagrams(11), observation, 100).failures())
                .as("of a few, two")
                .hasSize(1);
    }

    @Test
    void ofManyDatagramsTheEndOfOneOrTwoMayBeHiddenFromTracepoints() {
        assertThat(judge(datagrams(50), withEndsHidden(50, 2)).failures()).isEmpty();
        assertThat(judge(datagrams(50), withEndsHidden(50, 3)).failures()).hasSize(1);
        assertThat(judge(datagrams(50), new Observation(withEndsHidden(50, 1), List.of(), 0), 0)
                        .failures())
                .as("with lineage, none")
                .hasSize(1);
        assertThat(judge(datagrams(10), withEndsHidden(10, 1)).failures())
                .as("of few, none")
                .hasSize(1);
    }

    private static List<Sighting> withEndsHidden(int count, int hidden) {
        List<Sighting> seen = new ArrayList<>();
        for (int number = 1; number <= count; number++) {
            List<Sighting> journey = journey(10 + number, number);
            boolean whole = number > hidden;
            journey.forEach(s -> seen.add(whole ? s : ended(s, "absorbed")));
        }
        return seen;
    }

    @Test
    void whatTheKernelSkippedExcusesNoFalseJoin() {
        List<Sighting> seen = new ArrayList<>(journey(11, 1));
        seen.addAll(journey(11, 2));

        assertThat(judge(datagrams(2), new Observation(seen, List.of(), 0), 100).failures())
                .containsExactly("1 numbers are under the id of another packet");
    }

    @Test
    void aPacketNeverSeenIsUnseen() {
        Judge.LegScore leg = judge(datagrams(2), journey(11, 1)).legs().get(0);

        assertThat(leg.followedInAll()).isEqualTo(1);
        assertThat(leg.unseen()).isEqualTo(1);
        assertThat(leg.example()).isEqualTo("number 2 was never seen");
    }

    @Test
    void aRecycledAddressThatJoinsTwoDatagramsIsAFalseJoin() {
        List<Sighting> seen = new ArrayList<>(journey(11, 1));
        seen.addAll(journey(11, 2));

        Judge.Judgement judgement = judge(datagrams(2), seen);

        assertThat(judgement.falseJoins()).isEqualTo(1);
        assertThat(judgement.failures()).containsExactly("1 numbers are under the id of another packet");
    }

    @Test
    void aStepOfAnotherNumberDoesNotCount() {
        List<Sighting> seen = new ArrayList<>(journey(11, 1).subList(0, 2));
        seen.add(journey(11, 2).get(2));

        Judge.LegScore leg = judge(datagrams(1), seen).legs().get(0);

        assertThat(leg.broken()).isEqualTo(1);
    }

    @Test
    void aSightingWithoutANumberCountsForItsId() {
        List<Sighting> seen = new ArrayList<>(journey(11, 1));
        seen.set(1, with(seen.get(1), Numbering.UNKNOWN, 1, Evidence.PROVED));

        assertThat(judge(datagrams(1), seen).passed()).isTrue();
    }

    @Test
    void aPacketThatIsReadableOnlyAtItsEndsIsFollowedThrough() {
        List<Sighting> seen = List.of(
                sighting(11, "net_dev_queue", "client", "eth0", 1),
                sighting(11, "netif_receive_skb", "server", "eth0", Numbering.UNKNOWN),
                sighting(11, "kfree_skb", "", "", 1));

        Judge.Judgement judgement = judge(datagrams(1), seen);

        assertThat(judgement.passed()).isTrue();
        assertThat(judgement.legs().get(0).followed()).isEqualTo(Map.of(Evidence.PROVED, 1));
    }

    @Test
    void aPacketThatIsReadableOnlyAtItsLastSightingIsFollowedThrough() {
        List<Sighting> seen = List.of(
                sighting(11, "net_dev_queue", "client", "eth0", Numbering.UNKNOWN),
                sighting(11, "netif_receive_skb", "server", "eth0", Numbering.UNKNOWN),
                sighting(11, "kfree_skb", "", "", 1));

        assertThat(judge(datagrams(1), seen).passed()).isTrue();
    }

    @Test
    void aPacketThatIsNowhereReadableIsNotTakenForAnyNumber() {
        List<Sighting> seen = List.of(
                sighting(11, "net_dev_queue", "client", "eth0", Numbering.UNKNOWN),
                sighting(11, "netif_receive_skb", "server", "eth0", Numbering.UNKNOWN),
                sighting(11, "kfree_skb", "", "", Numbering.UNKNOWN));

        Judge.LegScore leg = judge(datagrams(1), seen).legs().get(0);

        assertThat(leg.followedInAll()).isZero();
        assertThat(leg.unseen()).isEqualTo(1);
    }

    @Test
    void idsExchangedWhileNothingIsReadableAreFalseJoinsOnceSomethingIs() {
        List<Sighting> seen = List.of(
                sighting(11, "net_dev_queue", "client", "eth0", 1),
                sighting(12, "net_dev_queue", "client", "eth0", 2),
                sighting(12, "netif_receive_skb", "server", "eth0", Numbering.UNKNOWN),
                sighting(11, "netif_receive_skb", "server", "eth0", Numbering.UNKNOWN),
                sighting(12, "kfree_skb", "", "", 1),
                sighting(11, "kfree_skb", "", "", 2));

        Judge.Judgement judgement = judge(datagrams(2), seen);

        assertThat(judgement.falseJoins()).isEqualTo(2);
        assertThat(judgement.legs().get(0).followedInAll()).isZero();
    }

    @Test
    void theWeakestLinkIsTheEvidence() {
        List<Sighting> seen = new ArrayList<>(journey(11, 1));
        seen.set(1, with(seen.get(1), 1, 1, Evidence.GUESSED));
        seen.set(2, with(seen.get(2), 1, 1, Evidence.MATCHED));

        Judge.Judgement judgement = judge(datagrams(1), seen);

        assertThat(judgement.legs().get(0).followed()).isEqualTo(Map.of(Evidence.GUESSED, 1));
        assertThat(judgement.legs().get(0).followedBy(Evidence.MATCHED)).isZero();
        // The default minimum asks for matched links.
        assertThat(judgement.failures()).hasSize(1).first().asString().contains("0 of 1 followed by matched links");
    }

    @Test
    void aWrongDropReasonFails() {
        List<Sighting> seen = journey(11, 1).stream()
                .map(s -> new Sighting(
                        s.packetId(),
                        s.skb(),
                        s.hook(),
                        s.netns(),
                        s.device(),
                        1,
                        1,
                        "dropped",
                        "NETFILTER_DROP",
                        Evidence.PROVED))
                .toList();

        Judge.Judgement judgement = judge(datagrams(1), seen);

        assertThat(judgement.legs().get(0).rightVerdict()).isZero();
        assertThat(judgement.failures())
                .first()
                .asString()
                .contains("dropped NO_SOCKET")
                .contains("NETFILTER_DROP");
    }

    @Test
    void neighbouringMessagesOfAStreamMayShareAnId() {
        List<Sighting> seen = journey(11, 1).stream()
                .map(s -> with(s, 1, 40, Evidence.PROVED))
                .toList();

        Judge.Judgement judgement = judge(stream(40), seen);

        assertThat(judgement.falseJoins()).isZero();
        assertThat(judgement.legs().get(0).followedInAll()).isEqualTo(40);
    }

    @Test
    void distantMessagesOfAStreamUnderOneIdAreAFalseJoin() {
        List<Sighting> seen = new ArrayList<>(journey(11, 1));
        seen.addAll(journey(11, 30));

        assertThat(judge(stream(40), seen).falseJoins()).isEqualTo(1);
    }

    @Test
    void moreMessagesThanAnyPacketHoldsAreFalseJoins() {
        // 2 * 65536 / 1448 + 2 = 92
        List<Sighting> seen = journey(11, 1).stream()
                .map(s -> with(s, 1, 100, Evidence.PROVED))
                .toList();

        assertThat(judge(stream(100), seen).falseJoins()).isEqualTo(8);
    }

    @Test
    void aLegMayBeAboutThoseThatWereLost() {
        TrafficResult result = new TrafficResult(
                datagrams(2).traffic(), List.of(1L, 2L), 0, List.of(new TrafficResult.Receipt(1, 5)), List.of());
        Scenario scenario = scenario(result, Scenario.Which.LOST);

        Judge.LegScore leg = Judge.judge(
                        scenario, List.of(result), new Observation(journey(12, 2), List.of(), 0), "stages")
                .legs()
                .get(0);

        assertThat(leg.sent()).isEqualTo(1);
        assertThat(leg.followedInAll()).isEqualTo(1);
    }

    @Test
    void theTableHasALinePerLegAndTheFailuresBelow() {
        List<Sighting> seen = new ArrayList<>(journey(11, 1));
        seen.addAll(journey(11, 2));

        String table = ScoreTable.render(List.of(judge(datagrams(2), seen)));

        assertThat(table)
                .isEqualTo(String.join(
                        "\n",
                        "scenario  leg         sent  whole  proved  matched  guessed  broken  unseen  verdict  false  result",
                        "test      to the end     2      2       2        0        0       0       0        2      1  FAILED",
                        "test: 1 numbers are under the id of another packet",
                        ""));
    }

    @Test
    void anEmptyObservationFailsWithoutAnException() {
        assertThat(judge(datagrams(3), List.of()).passed()).isFalse();
    }

    private static Judge.Judgement judge(TrafficResult result, List<Sighting> seen) {
        return Judge.judge(
                scenario(result, Scenario.Which.ALL), List.of(result), new Observation(seen, List.of(), 0), "stages");
    }

    private static Judge.Judgement judge(TrafficResult result, Observation observation, long skippedRuns) {
        return Judge.judge(scenario(result, Scenario.Which.ALL), List.of(result), observation, "lineage", skippedRuns);
    }

    private static Scenario scenario(TrafficResult result, Scenario.Which of) {
        Scenario.Leg leg =
                new Scenario.Leg("to the end", result.traffic().name(), of, PATH, "dropped", List.of("NO_SOCKET"));
        return new Scenario(
                "test",
                "",
                null,
                null,
                List.of(result.traffic()),
                false,
                null,
                null,
                List.of(leg),
                null,
                null,
                null,
                null);
    }

    private static TrafficResult datagrams(int count) {
        Traffic traffic = new Traffic.Udp(
                "t", "client", "", 0, false, "10.1.0.2", 9000, count, 200, 0, 0, false, false, 1, 0, null);
        return new TrafficResult(
                traffic, LongStream.rangeClosed(1, count).boxed().toList(), 0, List.of(), List.of());
    }

    private static TrafficResult stream(int count) {
        Traffic traffic =
                new Traffic.Tcp("t", "client", "10.1.0.2", 9000, count, 1448, 0, 0, 1, 0, false, false, false, null);
        return new TrafficResult(
                traffic, LongStream.rangeClosed(1, count).boxed().toList(), 0, List.of(), List.of());
    }

    private static List<Sighting> journey(long id, long number) {
        return Arrays.asList(
                sighting(id, "net_dev_queue", "client", "eth0", number),
                sighting(id, "netif_receive_skb", "server", "eth0", number),
                sighting(id, "kfree_skb", "", "", number));
    }

    private static Sighting sighting(long id, String hook, String netns, String device, long number) {
        return new Sighting(
                id, id, hook, netns, device, number, 1, "dropped", "SKB_DROP_REASON_NO_SOCKET", Evidence.PROVED);
    }

    private static Sighting ended(Sighting s, String verdict) {
        return with(s, s.number(), s.span(), s.evidence(), verdict, "");
    }

    private static Sighting with(Sighting s, long number, int span, Evidence evidence) {
        return with(s, number, span, evidence, s.verdict(), s.dropReason());
    }

    private static Sighting with(
            Sighting s, long number, int span, Evidence evidence, String verdict, String dropReason) {
        return new Sighting(
                s.packetId(), s.skb(), s.hook(), s.netns(), s.device(), number, span, verdict, dropReason, evidence);
    }
}
