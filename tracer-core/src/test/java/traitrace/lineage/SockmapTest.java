package traitrace.lineage;

import static org.assertj.core.api.Assertions.assertThat;
import static traitrace.event.Hook.*;
import static traitrace.lineage.Journeys.*;
import static traitrace.lineage.Relayed.*;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import traitrace.event.RecordFeed;
import traitrace.event.TransferBytes;

/** What one socket received and another one sends, or has read at it, by a map of sockets: no process is between. */
class SockmapTest {
    private static final int PROVED = Evidence.PROVED.ordinal();
    private static final int MATCHED = Evidence.MATCHED.ordinal();
    private static final int GUESSED = Evidence.GUESSED.ordinal();

    private static List<String> emits(Packet packet) {
        return packet.edges().stream()
                .filter(e -> e.kind() == EdgeKind.EMIT)
                .map(e ->
                        e.parentSkb() + ">" + e.childSkb() + " " + e.evidence().label() + " " + e.why())
                .toList();
    }

    /** The worker is done with the skb: the kernel frees it as if it had been dropped. */
    private static void freed(Relayed relay, long skb) {
        relay.feed.see(KFREE_SKB, skb);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void makesOnePacketOfWhatIsSentOn(boolean exact) {
        Relayed relay = new Relayed(exact);
        relay.segment(1, 1000, 100).transmits(2, 5000, 100);
        relay.feed.redirect(1, OUT, 1000, 5000, 100, exact ? PROVED : MATCHED);
        freed(relay, 1);

        Packet packet = relay.journeys.only();
        assertThat(packet.id()).isEqualTo(1);
        assertThat(emits(packet)).containsExactly(exact ? "1>2 proved sockmap" : "1>2 matched sockmap");
        assertThat(packet.dropped).isFalse();
        assertThat(packet.edges()).allSatisfy(e -> assertThat(e.parentPacket()).isZero());
    }

    @Test
    void endsAsWhatIsSentEnds() {
        Relayed relay = new Relayed(true);
        relay.segment(1, 1000, 100).transmits(2, 5000, 100);
        relay.feed.redirect(1, OUT, 1000, 5000, 100, PROVED);
        freed(relay, 1);
        relay.settle();
        assertThat(relay.journeys.finished).as("skb 2 is under way").isEmpty();
        relay.feed.freed(2).freed(200);
        relay.settle();

        assertThat(relay.journeys.ids()).containsExactly(1L);
    }

    @Test
    void waitsForWhatMayNotBeSentYet() {
        Relayed relay = new Relayed(true);
        relay.segment(1, 1000, 100);
        relay.feed.redirect(1, OUT, 1000, 5000, 100, PROVED);
        freed(relay, 1);
        relay.feed.pass(1_500 * RecordFeed.MS);
        relay.journeys.lineage.advance(relay.feed.now());
        relay.transmits(2, 5000, 100);

        assertThat(relay.journeys.only().id()).isEqualTo(1);
    }

    @Test
    void waitsForAWorkerThatHasNotYetToldWhatItSent() {
        Relayed relay = new Relayed(true);
        relay.segment(1, 1000, 100);
        relay.feed.see(SOCKMAP_SEND, 1, r -> r.arg(OUT));
        relay.transmits(2, 5000, 100);
        relay.feed.freed(200).freed(2);
        relay.feed.pass(1_500 * RecordFeed.MS);
        relay.journeys.lineage.advance(relay.feed.now());
        relay.feed.redirect(1, OUT, 1000, 5000, 100, PROVED);
        freed(relay, 1);
        relay.settle();

        assertThat(relay.journeys.ids()).containsExactly(1L);
        assertThat(emits(relay.journeys.only())).containsExactly("1>2 proved sockmap");
    }

    @Test
    void doesNotWaitForeverForAWorker() {
        Relayed relay = new Relayed(true);
        relay.segment(1, 1000, 100);
        relay.feed.see(SOCKMAP_SEND, 1, r -> r.arg(OUT));
        relay.transmits(2, 5000, 100);
        relay.feed.freed(200).freed(2);
        relay.journeys.lineage.advance(relay.feed.now() + 2_001 * RecordFeed.MS);

        assertThat(relay.journeys.ids()).containsExactly(2L);
    }

    @Test
    void doesNotWaitForAReader() {
        Relayed relay = new Relayed(true);
        relay.segment(1, 1000, 100);
        relay.feed.redirect(1, OUT, 1000, 5000, 100, PROVED);
        freed(relay, 1);
        relay.journeys.lineage.advance(relay.feed.now() + 2_001 * RecordFeed.MS);

        assertThat(relay.journeys.ids()).containsExactly(1L);
    }

    @Test
    void makesOnePacketOfAllThatIsSentOfIt() {
        Relayed relay = new Relayed(true);
        relay.segment(1, 0xffffff80L, 300).transmits(2, 0xfffffff0L, 200).transmits(3, 0xb8, 100);
        relay.feed.redirect(1, OUT, 0xffffff80L, 0xfffffff0L, 250, PROVED);
        relay.feed.redirect(1, OUT, 0x7a, 0xea, 50, PROVED);

        assertThat(emits(relay.journeys.only())).containsExactly("1>2 proved sockmap", "1>3 proved sockmap");
    }

    @Test
    void tiesWhatHoldsBytesOfSeveralToTheFirstAndLinksTheOthers() {
        Relayed relay = new Relayed(true);
        relay.segment(1, 1000, 100).segment(2, 1100, 100);
        relay.feed.redirect(1, OUT, 1000, 5000, 100, PROVED);
        relay.feed.redirect(2, OUT, 1100, 5100, 100, PROVED);
        relay.transmits(3, 5000, 200);

        assertThat(relay.journeys.of(3).id()).isEqualTo(1);
        assertThat(emits(relay.journeys.of(3))).containsExactly("1>3 proved sockmap", "2>3 proved sockmap");
        assertThat(relay.journeys.of(2).id()).isEqualTo(2);
        assertThat(relay.journeys.of(2).edges().get(0).childPacket()).isEqualTo(1);
    }

    @Test
    void knowsOfMergedSegmentsWhichBytesWereWhose() {
        Relayed relay = new Relayed(true);
        relay.segment(1, 1000, 100).segment(2, 1100, 100);
        relay.feed.edge(1, 2, 1, EdgeKind.COALESCE.ordinal(), 0);
        relay.transmits(3, 5000, 100).transmits(4, 5100, 100);
        relay.feed.redirect(1, OUT, 1000, 5000, 200, PROVED);

        assertThat(relay.journeys.of(3).id()).isEqualTo(1);
        assertThat(relay.journeys.of(4).id()).isEqualTo(2);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void knowsTheOtherSegmentsOfAMessageThatAParserPutTogether(boolean exact) {
        Relayed relay = new Relayed(exact);
        relay.segment(1, 1000, 100).segment(2, 1100, 100).segment(3, 1200, 100);
        relay.transmits(4, 5000, 100).transmits(5, 5100, 100);
        relay.feed.redirect(1, OUT, 1000, 5000, 200, PROVED);

        assertThat(emits(relay.journeys.of(2))).containsExactly("2>5 matched sockmap");
        assertThat(emits(relay.journeys.of(3))).isEmpty();
    }

    @Test
    void doesNotTieASegmentThatIsSentAgainTwice() {
        Relayed relay = new Relayed(false);
        relay.segment(1, 1000, 100).transmits(2, 5000, 100);
        relay.feed.redirect(1, OUT, 1000, 5000, 100, MATCHED);
        relay.transmits(3, 5000, 100);

        assertThat(emits(relay.journeys.only())).containsExactly("1>2 matched sockmap");
    }

    @Test
    void onlyLinksWhereAnotherWriterMayHaveBeenAtTheSocket() {
        Relayed relay = new Relayed(true);
        relay.segment(1, 1000, 100).transmits(2, 5000, 100);
        relay.feed.redirect(1, OUT, 1000, 5000, 100, GUESSED);

        assertThat(relay.journeys.all()).hasSize(2);
        assertThat(emits(relay.journeys.of(1))).containsExactly("1>2 guessed sockmap");
        assertThat(emits(relay.journeys.of(2))).containsExactly("1>2 guessed sockmap");
    }

    @Test
    void tiesNothingToOtherSocketsAndOtherBytes() {
        Relayed relay = new Relayed(true);
        relay.segment(1, 1000, 100).transmits(2, 5000, 100);
        relay.feed.redirect(1, OUT + 0x1000, 1000, 5000, 100, PROVED);
        relay.feed.redirect(1, OUT, 1000, 5100, 100, PROVED);

        assertThat(emits(relay.journeys.of(1))).isEmpty();
        assertThat(relay.journeys.of(2).id()).isEqualTo(2);
    }

    @Test
    void isDroppedWhereNothingOfItWasSent() {
        Relayed relay = new Relayed(true);
        relay.segment(1, 1000, 100);
        relay.feed.see(SOCKMAP_REDIRECT, 1, r -> r.arg(OUT));
        freed(relay, 1);

        assertThat(relay.journeys.only().dropped).isTrue();
    }

    /** The reader of another socket has no sequence numbers of its own for it. */
    @Test
    void deliversWhatIsReadAtAnotherSocketAndFollowsItFurther() {
        Relayed relay = new Relayed(true);
        relay.segment(1, 1000, 100).segment(2, 1100, 100);
        relay.feed.see(SOCKMAP_REDIRECT, 1, r -> r.arg(IN | 1));
        relay.feed.see(SOCKMAP_REDIRECT, 2, r -> r.arg(IN | 1));
        relay.copied(1, 100).copied(2, 100);
        relay.unnumbered(IN, TransferBytes.part(BUFFER, text(1, 200)));
        relay.transmits(3, 5000, 100).transmits(4, 5100, 100);
        relay.gave(OUT, 6, 5000, TransferBytes.part(BUFFER, text(1, 200)));

        assertThat(edges(relay.journeys.of(2))).contains("2>0 deliver proved");
        assertThat(emits(relay.journeys.of(1))).containsExactly("1>3 matched memory");
        assertThat(emits(relay.journeys.of(2))).containsExactly("2>4 matched memory");
    }
}
