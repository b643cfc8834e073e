package traitrace.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import traitrace.lineage.Evidence;

class CrossingJudgeTest {
    private static final Scenario.Crossing THERE = crossing(false);

    @Test
    void whatIsMatchedUnderOneIdHasCrossed() {
        Judge.Judgement judgement = judge(1, THERE, List.of(before(7, 1, 1), after(7, 2, 1)), matched(1, 2));

        CrossingJudge.Score score = judgement.crossings().get(0);
        assertThat(score.joined()).isEqualTo(Map.of("memory", 1));
        assertThat(score.evidence()).isEqualTo(Map.of(Evidence.MATCHED, 1));
        assertThat(judgement.links(Evidence.MATCHED)).isEqualTo(new CrossingJudge.Count(1, 0, 0));
        assertThat(judgement.failures()).isEmpty();
    }

    @Test
    void whatIsMatchedUnderTwoIdsHasNot() {
        List<Sighting> seen = List.of(before(7, 1, 1), after(8, 2, 1));

        CrossingJudge.Score score =
                judge(1, THERE, seen, matched(1, 2)).crossings().get(0);

        assertThat(score.joined()).isEmpty();
        assertThat(score.apart()).isEqualTo(1);
        assertThat(score.example()).isEqualTo("number 1 is under different ids on the two sides, joined by memory");
        assertThat(judge(1, crossing(true), seen, matched(1, 2)).failures()).isEmpty();
    }

    @Test
    void aGuessJoinsTwoIds() {
        List<Sighting> seen = List.of(before(7, 1, 1), after(8, 2, 1));

        Judge.Judgement judgement = judge(1, THERE, seen, guessed(1, 2, "thread"));

        CrossingJudge.Score score = judgement.crossings().get(0);
        assertThat(score.joined()).isEqualTo(Map.of("thread", 1));
        assertThat(score.joinedBy(Evidence.MATCHED)).isZero();
        assertThat(score.joinedBy(Evidence.GUESSED)).isEqualTo(1);
        assertThat(judgement.failures())
                .containsExactly("crossing \"there\": 0 of 1 joined by matched links, at least 99.0 % must be; ");
    }

    @Test
    void memoryOfAReceiptThatIsGuessedIsNotCountedAsMemory() {
        CrossingJudge.Score score = judge(1, THERE, List.of(before(7, 1, 1), after(8, 2, 1)), guessed(1, 2, "memory"))
                .crossings()
                .get(0);

        assertThat(score.joined()).isEqualTo(Map.of("receipt", 1));
    }

    @Test
    void oneLinkToldByBothOfItsPacketsIsOne() {
        Judge.Judgement judgement =
                judge(1, THERE, List.of(before(7, 1, 1), after(8, 2, 1)), guessed(1, 2, "pair"), guessed(1, 2, "pair"));

        assertThat(judgement.links(Evidence.GUESSED)).isEqualTo(new CrossingJudge.Count(1, 0, 0));
    }

    @Test
    void withoutALinkNothingIsJoined() {
        CrossingJudge.Score score = judge(1, THERE, List.of(before(7, 1, 1), after(8, 2, 1)))
                .crossings()
                .get(0);

        assertThat(score.none()).isEqualTo(1);
        assertThat(score.example()).isEqualTo("number 1 is joined by nothing");
    }

    @Test
    void aLinkToAnotherNumberIsWrongAndJoinsNothing() {
        List<Sighting> seen = List.of(before(7, 1, 1), before(8, 2, 2), after(9, 3, 1), after(10, 4, 2));

        Judge.Judgement judgement = judge(2, THERE, seen, guessed(1, 4, "thread"), guessed(2, 3, "thread"));

        CrossingJudge.Score score = judgement.crossings().get(0);
        assertThat(score.joined()).isEmpty();
        assertThat(score.none()).isEqualTo(2);
        assertThat(score.wrong()).isEqualTo(2);
        assertThat(judgement.links(Evidence.GUESSED)).isEqualTo(new CrossingJudge.Count(0, 2, 0));
        assertThat(judgement.failures())
                .anyMatch(failure -> failure.startsWith("2 of 2 guessed links through processes are wrong: by thread"));
    }

    @Test
    void oneWrongMatchIsAFailureWhereAFewWrongGuessesAreNot() {
        List<Sighting> seen = new ArrayList<>();
        List<Link> links = new ArrayList<>();
        for (long n = 1; n <= 100; n++) {
            seen.add(before(n, 2 * n, n));
            seen.add(after(1000 + n, 2 * n + 1, n));
            links.add(guessed(2 * n, 2 * n + 1, "thread"));
        }
        links.set(99, guessed(2, 201, "thread"));
        assertThat(judge(100, THERE, seen, links.toArray(Link[]::new)).failures())
                .noneMatch(failure -> failure.contains("are wrong"));

        links.set(99, matched(2, 201));
        assertThat(judge(100, THERE, seen, links.toArray(Link[]::new)).failures())
                .anyMatch(failure -> failure.startsWith("1 of 1 matched links through processes are wrong"));
    }

    @Test
    void aWayThroughTwoProcessesIsJudgedByItsEndsWhereTheMiddleIsUnreadable() {
        List<Sighting> seen = List.of(
                before(7, 1, 1), before(8, 2, 2), middle(9, 3), middle(10, 4), after(11, 5, 1), after(12, 6, 2));

        Judge.Judgement right = judge(
                2,
                THERE,
                seen,
                guessed(1, 3, "thread"),
                guessed(2, 4, "thread"),
                guessed(3, 5, "pair"),
                guessed(4, 6, "thread"));
        Judge.Judgement exchanged = judge(
                2,
                THERE,
                seen,
                guessed(1, 4, "thread"),
                guessed(2, 3, "thread"),
                guessed(3, 5, "thread"),
                guessed(4, 6, "thread"));

        assertThat(right.crossings().get(0).joined()).isEqualTo(Map.of("pair", 1, "thread", 1));
        assertThat(right.links(Evidence.GUESSED)).isEqualTo(new CrossingJudge.Count(4, 0, 0));
        assertThat(exchanged.crossings().get(0).joined()).isEmpty();
        assertThat(exchanged.links(Evidence.GUESSED)).isEqualTo(new CrossingJudge.Count(0, 4, 0));
    }

    @Test
    void aLinkIntoTheDarkIsNotJudged() {
        Judge.Judgement judgement = judge(1, THERE, List.of(before(7, 1, 1), middle(8, 2)), guessed(1, 2, "thread"));

        assertThat(judgement.links(Evidence.GUESSED)).isEqualTo(new CrossingJudge.Count(0, 0, 1));
    }

    @Test
    void theStrongestWayCountsAndOnItTheWeakestLink() {
        List<Sighting> seen = List.of(before(7, 1, 1), middle(7, 2), after(7, 3, 1));

        CrossingJudge.Score score = judge(
                        1,
                        THERE,
                        seen,
                        guessed(1, 3, "thread"),
                        matched(1, 2),
                        new Link(2, 3, Evidence.MATCHED, true, "bytes"))
                .crossings()
                .get(0);

        assertThat(score.joined()).isEqualTo(Map.of("bytes", 1));
    }

    @Test
    void ofOnePacketThatBecomesSeveralAllMustBeReached() {
        List<Sighting> seen = List.of(before(7, 1, 1), after(7, 2, 1), after(7, 3, 1));

        assertThat(judge(1, THERE, seen, matched(1, 2)).crossings().get(0).none())
                .isEqualTo(1);
        assertThat(judge(1, THERE, seen, matched(1, 2), matched(1, 3))
                        .crossings()
                        .get(0)
                        .joined())
                .isEqualTo(Map.of("memory", 1));
    }

    @Test
    void skbsThatHangTogetherInTheKernelAreOnePart() {
        List<Sighting> seen = List.of(before(7, 1, 1), middle(7, 2), middle(7, 3), after(7, 4, 1));
        Link clone = new Link(1, 2, Evidence.PROVED, false, "by skb_clone");
        Link sent = new Link(3, 4, Evidence.PROVED, false, "by skb_clone");

        assertThat(judge(1, THERE, seen, clone, matched(2, 3), sent)
                        .crossings()
                        .get(0)
                        .joined())
                .isEqualTo(Map.of("memory", 1));
    }

    @Test
    void whatIsKnownAgainByItsHeadersIsJoinedByThem() {
        List<Sighting> seen = List.of(before(7, 1, 1), after(7, 2, 1));
        Link copy = new Link(1, 2, Evidence.MATCHED, false, "same headers and length");

        Judge.Judgement judgement = judge(1, THERE, seen, copy);

        assertThat(judgement.crossings().get(0).joined()).isEqualTo(Map.of("headers", 1));
        assertThat(judgement.crossings().get(0).evidence()).isEqualTo(Map.of(Evidence.MATCHED, 1));
    }

    @Test
    void anAnswerOfTheSameNumberUnderTheSameIdIsNoFalseJoinAndItsLegHasItsOwnEvidence() {
        Scenario.Leg back = new Scenario.Leg(
                "back", "t", null, List.of(Scenario.Step.of("relay wan net_dev_queue")), "", List.of());
        List<Sighting> seen = List.of(before(7, 1, 1), after(7, 2, 1));
        TrafficResult result = sent(1);

        Judge.Judgement judgement = Judge.judge(
                scenario(result, List.of(back), THERE),
                List.of(result),
                new Observation(seen, List.of(matched(1, 2)), 0),
                "stages");

        assertThat(judgement.falseJoins()).isZero();
        assertThat(judgement.legs().get(0).followed()).isEqualTo(Map.of(Evidence.PROVED, 1));
    }

    @Test
    void theTableHasALinePerCrossing() {
        List<Sighting> seen = List.of(before(7, 1, 1), after(7, 2, 1), before(8, 3, 2), after(9, 4, 2));

        String table = ScoreTable.render(List.of(judge(2, THERE, seen, matched(1, 2), guessed(3, 4, "thread"))));

        assertThat(table)
                .contains(
                        "scenario  crossing  sent  sockmap  memory  bytes  headers  thread  pair  receipt  apart  none  wrong   recall"
                                + "  matched right  guessed right  unjudged\n"
                                + "test      there        2        0       1      0        0       1     0        0      0     0      0"
                                + "  100.0 %        100.0 %        100.0 %         0\n");
    }

    private static Judge.Judgement judge(int sent, Scenario.Crossing crossing, List<Sighting> seen, Link... links) {
        TrafficResult result = sent(sent);
        return Judge.judge(
                scenario(result, List.of(), crossing),
                List.of(result),
                new Observation(seen, List.of(links), 0),
                "lineage");
    }

    private static TrafficResult sent(int count) {
        Traffic traffic = new Traffic.Requests(
                "t", "client", Traffic.Protocol.UDP, "10.1.0.254", 7000, 1, count, 200, 0, 0, null);
        return new TrafficResult(
                traffic, LongStream.rangeClosed(1, count).boxed().toList(), 0, List.of(), List.of());
    }

    private static Scenario scenario(TrafficResult result, List<Scenario.Leg> legs, Scenario.Crossing crossing) {
        return new Scenario(
                "test",
                "",
                null,
                null,
                List.of(result.traffic()),
                false,
                null,
                null,
                legs,
                List.of(crossing),
                null,
                null,
                null);
    }

    private static Scenario.Crossing crossing(boolean merging) {
        return new Scenario.Crossing(
                "there",
                "t",
                null,
                List.of(Scenario.Step.of("relay lan netif_receive_skb")),
                List.of(Scenario.Step.of("relay wan net_dev_queue")),
                merging,
                null,
                null);
    }

    private static Sighting before(long id, long skb, long number) {
        return sighting(id, skb, "netif_receive_skb", "lan", number);
    }

    private static Sighting after(long id, long skb, long number) {
        return sighting(id, skb, "net_dev_queue", "wan", number);
    }

    private static Sighting middle(long id, long skb) {
        return sighting(id, skb, "net_dev_queue", "wire", Numbering.UNKNOWN);
    }

    private static Sighting sighting(long id, long skb, String hook, String device, long number) {
        return new Sighting(id, skb, hook, "relay", device, number, 1, "delivered", "", Evidence.PROVED);
    }

    private static Link matched(long parent, long child) {
        return new Link(parent, child, Evidence.MATCHED, true, "memory");
    }

    private static Link guessed(long parent, long child, String why) {
        return new Link(parent, child, Evidence.GUESSED, true, why);
    }
}
