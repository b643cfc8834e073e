package traitrace.lineage;

import static org.assertj.core.api.Assertions.assertThat;
import static traitrace.event.Hook.*;
import static traitrace.lineage.Journeys.*;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;
import traitrace.event.EventLayout;
import traitrace.event.Hook;
import traitrace.event.RecordBytes;
import traitrace.event.RecordFeed;

/** TCP segments joined by sequence numbers: GSO, GRO, retransmissions, and the reader's copy. */
class TcpJoinsTest {
    private final Journeys journeys = new Journeys();
    private final RecordFeed feed = journeys.feed;

    private void send(long skb, long sequence, int payload) {
        feed.see(NET_DEV_QUEUE, skb, r -> r.at(HOME, 2).ip(tcp(sequence, payload)));
    }

    private void sendGso(long skb, long sequence, int segments) {
        feed.see(NET_DEV_QUEUE, skb, r -> r.at(HOME, 2)
                .ip(tcp(sequence, segments * 1000))
                .gso(1000, segments));
    }

    private void arrive(Hook hook, long skb, long sequence, int payload) {
        feed.see(hook, skb, r -> r.at(AWAY, 3).ip(tcp(sequence, payload)));
    }

    private void copy(long skb, long from, int bytes) {
        feed.see(SKB_COPY_DATAGRAM, skb, r -> r.pid(4242).arg((from & 0xffffffffL) << 32 | bytes));
    }

    /** What was sent as {@code members} packets arrives, and GRO merges them all into the first. */
    private void coalesce(long sequence, int members) {
        for (int i = 0; i < members; i++) {
            arrive(NAPI_GRO_RECEIVE, i + 1, sequence + i * 1000L, 1000);
        }
        feed.see(NETIF_RECEIVE_SKB, 1, r -> r.flag(EventLayout.FLAG_MERGED)
                .ip(tcp(sequence, members * 1000))
                .gso(1000, members));
    }

    @Test
    void giveASegmentToTheParentWhoseSequenceNumbersHoldIt() {
        sendGso(1, 1000, 3);
        for (int i = 0; i < 3; i++) {
            long sequence = 1000 + i * 1000L;
            feed.see(NET_DEV_START_XMIT, 2 + i, r -> r.at(HOME, 2).ip(tcp(sequence, 1000)));
        }

        Packet packet = journeys.only();
        assertThat(packet.id()).isEqualTo(1);
        assertThat(edges(packet)).containsExactly("1>2 segment matched", "1>3 segment matched", "1>4 segment matched");
    }

    @Test
    void callWhatARouterCutsASegmentAndNoRetransmission() {
        feed.see(NETIF_RECEIVE_SKB, 1, r -> r.at(HOME, 2).ip(tcp(1000, 3000)).gso(1000, 3));
        feed.see(NET_DEV_QUEUE, 2, r -> r.at(HOME, 5).ip(tcp(1000, 1000)));
        feed.see(NET_DEV_QUEUE, 3, r -> r.at(HOME, 5).ip(tcp(2000, 1000)));

        assertThat(edges(journeys.only())).containsExactly("1>2 segment matched", "1>3 segment matched");
    }

    @Test
    void giveSegmentsToTheirParentOverTheEndOfTheSequenceNumbers() {
        sendGso(1, 0xfffffc00L, 3);
        feed.see(NET_DEV_START_XMIT, 2, r -> r.at(HOME, 2).ip(tcp(0xfffffc00L, 1000)));
        feed.see(NET_DEV_START_XMIT, 3, r -> r.at(HOME, 2).ip(tcp(0xfffffc00L + 1000, 1000)));
        feed.see(NET_DEV_START_XMIT, 4, r -> r.at(HOME, 2).ip(tcp(0xfffffc00L + 2000, 1000)));

        assertThat(edges(journeys.only())).hasSize(3);
    }

    @Test
    void doNotTakeTheSegmentOfAnotherFlow() {
        sendGso(1, 1000, 3);
        feed.see(NET_DEV_START_XMIT, 2, r -> r.at(HOME, 2).ip(RecordBytes.tcp(CLIENT, SERVER, 81, 1, 2000, ACK, 1000)));
        feed.see(NET_DEV_START_XMIT, 3, r -> r.at(AWAY, 2).ip(tcp(2000, 1000)));
        feed.see(NET_DEV_START_XMIT, 4, r -> r.at(HOME, 2).ip(tcp(4000, 1000)));
        feed.see(NET_DEV_START_XMIT, 5, r -> r.at(HOME, 2).ip(tcp(3500, 1000)));

        assertThat(journeys.all()).hasSize(5);
    }

    @Test
    void endTheParentThatWasSegmented() {
        sendGso(1, 1000, 2);
        feed.see(NET_DEV_START_XMIT, 2, r -> r.at(HOME, 2).ip(tcp(1000, 1000)));
        feed.see(KFREE_SKB, 2);
        journeys.lineage.advance(feed.now() + Lineage.Limits.DEFAULT.retransmitNs() + 1);

        assertThat(journeys.finished).hasSize(1);
    }

    @Test
    void giveARetransmissionToTheSegmentThatWasLost() {
        send(1, 1000, 100);
        feed.see(KFREE_SKB, 1);
        feed.pass(200 * RecordFeed.MS);
        journeys.lineage.advance(feed.now());
        send(2, 1000, 100);
        arrive(NETIF_RECEIVE_SKB, 2, 1000, 100);

        Packet packet = journeys.only();
        assertThat(skbs(packet)).containsExactly(1L, 2L);
        assertThat(edges(packet)).containsExactly("1>2 retransmit matched");
    }

    @Test
    void giveTheRetransmissionOfAPartToTheWhole() {
        sendGso(1, 1000, 3);
        send(2, 2000, 1000);

        assertThat(edges(journeys.only())).containsExactly("1>2 retransmit matched");
    }

    @Test
    void giveTheRetransmissionOfAConnectionRequestToTheFirst() {
        feed.see(NET_DEV_QUEUE, 1, r -> r.ip(RecordBytes.tcp(CLIENT, SERVER, 80, 1, 999, SYN, 0)));
        feed.see(KFREE_SKB, 1);
        feed.see(NET_DEV_QUEUE, 2, r -> r.ip(RecordBytes.tcp(CLIENT, SERVER, 80, 2, 999, SYN, 0)));

        assertThat(edges(journeys.only())).containsExactly("1>2 retransmit matched");
    }

    @Test
    void doNotTakeAcknowledgementsForRetransmissions() {
        send(1, 1000, 0);
        send(2, 1000, 0);
        send(3, 1000, 10);

        assertThat(journeys.all()).hasSize(3);
    }

    @Test
    void tieARetransmissionToAPacketThatIsFinishedByAnEdgeOnly() {
        send(1, 1000, 100);
        feed.see(KFREE_SKB, 1);
        journeys.lineage.advance(feed.now() + 2_000 * RecordFeed.MS);
        send(2, 1000, 100);

        assertThat(journeys.all()).hasSize(2);
        assertThat(edges(journeys.of(2))).containsExactly("1>2 retransmit matched");
        assertThat(skbs(journeys.of(1))).containsExactly(1L);
    }

    @Test
    void joinASegmentThatCrossedIntoANamespaceAsAnotherSkb() {
        send(1, 1000, 100);
        arrive(NETIF_RECEIVE_SKB, 2, 1000, 100);

        assertThat(edges(journeys.only())).containsExactly("1>2 copy matched");
    }

    @Test
    void endWhatGroMergedIntoAnother() {
        coalesce(5000, 3);
        journeys.lineage.advance(feed.now() + Lineage.Limits.DEFAULT.settleNs() + 1);

        assertThat(journeys.ids()).containsExactly(2L, 3L);
        assertThat(edges(journeys.finished.get(0))).containsExactly("2>1 coalesce matched");
        assertThat(edges(journeys.finished.get(1))).containsExactly("3>1 coalesce matched");
        assertThat(edges(journeys.of(1))).containsExactly("2>1 coalesce matched", "3>1 coalesce matched");
    }

    @Test
    void doNotFinishAPacketAgainThatGroMergedLater() {
        arrive(NAPI_GRO_RECEIVE, 9, 6000, 1000);
        journeys.lineage.advance(feed.now() + Lineage.Limits.DEFAULT.patienceNs() + 1);
        coalesce(5000, 1);
        feed.see(NETIF_RECEIVE_SKB, 1, r -> r.flag(EventLayout.FLAG_MERGED)
                .ip(tcp(5000, 2000))
                .gso(1000, 2));

        assertThat(journeys.all()).extracting(Packet::id).containsExactly(9L, 1L);
        assertThat(edges(journeys.of(9))).as("it is finished").isEmpty();
    }

    @Test
    void leaveToItselfWhatGroDidNotMerge() {
        arrive(NAPI_GRO_RECEIVE, 4, 9000, 1000);
        byte[] elsewhere = RecordBytes.tcp(CLIENT, SERVER, 80, 77, 6000, ACK, 1000);
        feed.see(NAPI_GRO_RECEIVE, 5, r -> r.at(AWAY, 7).ip(elsewhere));
        coalesce(5000, 2);

        assertThat(edges(journeys.of(4))).isEmpty();
        assertThat(edges(journeys.of(5))).as("of another device").isEmpty();
    }

    @Test
    void deliverEveryPacketWhoseBytesTheReaderGot() {
        coalesce(5000, 3);
        copy(1, 5000, 3000);

        for (long skb = 1; skb <= 3; skb++) {
            assertThat(hooks(journeys.of(skb))).as("packet %d", skb).endsWith(SKB_COPY_DATAGRAM);
        }
    }

    @Test
    void deliverOnlyThePacketsWhoseBytesTheReaderGot() {
        coalesce(5000, 3);
        copy(1, 5500, 1000);

        assertThat(hooks(journeys.of(2))).contains(SKB_COPY_DATAGRAM);
        assertThat(hooks(journeys.of(3))).doesNotContain(SKB_COPY_DATAGRAM);
    }

    @Test
    void deliverWhatWasMergedInTheReceiveQueue() {
        arrive(NETIF_RECEIVE_SKB, 1, 5000, 1000);
        arrive(NETIF_RECEIVE_SKB, 2, 6000, 1000);
        copy(1, 5000, 2000);

        assertThat(hooks(journeys.of(2))).contains(SKB_COPY_DATAGRAM);
        assertThat(edges(journeys.of(2))).containsExactly("2>1 coalesce matched");
    }

    @Test
    void deliverWhatCameFromAnotherNamespaceWithTheSameHeaders() {
        send(1, 5000, 1000);
        send(2, 6000, 1000);
        feed.see(NETIF_RECEIVE_SKB, 1, r -> r.at(AWAY, 3));
        feed.see(NETIF_RECEIVE_SKB, 2, r -> r.at(AWAY, 3));
        copy(1, 5000, 2000);

        assertThat(hooks(journeys.of(2))).contains(SKB_COPY_DATAGRAM);
    }

    @Test
    void leaveAloneWhatIsFinished() {
        arrive(NETIF_RECEIVE_SKB, 2, 6000, 1000);
        journeys.lineage.advance(feed.now() + Lineage.Limits.DEFAULT.patienceNs() + 1);
        arrive(NETIF_RECEIVE_SKB, 1, 5000, 1000);
        copy(1, 5000, 2000);

        assertThat(journeys.all()).extracting(Packet::id).containsExactly(2L, 1L);
        assertThat(hooks(journeys.of(2))).containsExactly(NETIF_RECEIVE_SKB);
    }

    @Test
    void doNotDeliverTheBytesOfAnotherFlow() {
        arrive(NETIF_RECEIVE_SKB, 1, 5000, 1000);
        feed.see(NETIF_RECEIVE_SKB, 2, r -> r.at(AWAY, 3).ip(RecordBytes.tcp(CLIENT, SERVER, 81, 1, 6000, ACK, 1000)));
        feed.see(NETIF_RECEIVE_SKB, 3, r -> r.at(HOME, 3).ip(tcp(6000, 1000)));
        copy(1, 5000, 2000);

        assertThat(hooks(journeys.of(2))).doesNotContain(SKB_COPY_DATAGRAM);
        assertThat(hooks(journeys.of(3))).doesNotContain(SKB_COPY_DATAGRAM);
    }

    @Property(tries = 200)
    void deliverExactlyWhatWasCopiedWhereverTheNumbersBegin(
            @ForAll @LongRange(max = 0xffffffffL) long start,
            @ForAll @IntRange(max = 4999) int from,
            @ForAll @IntRange(min = 1, max = 5000) int bytes) {
        Journeys own = new Journeys();
        for (int i = 0; i < 5; i++) {
            long sequence = start + i * 1000L;
            own.feed.see(NETIF_RECEIVE_SKB, i + 1, r -> r.at(AWAY, 3).ip(tcp(sequence, 1000)));
        }
        int copied = Math.min(bytes, 5000 - from);
        long carrier = from / 1000 + 1;
        own.feed.see(SKB_COPY_DATAGRAM, carrier, r -> r.arg((start + from & 0xffffffffL) << 32 | copied));

        own.all();
        for (int i = 0; i < 5; i++) {
            boolean read = from < (i + 1) * 1000 && from + copied > i * 1000;
            assertThat(hooks(own.of(i + 1)).contains(SKB_COPY_DATAGRAM))
                    .as("packet %d", i + 1)
                    .isEqualTo(read);
        }
    }
}
