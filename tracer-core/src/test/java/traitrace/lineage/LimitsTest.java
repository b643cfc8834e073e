package traitrace.lineage;

import static org.assertj.core.api.Assertions.assertThat;
import static traitrace.event.Hook.*;
import static traitrace.lineage.Journeys.*;

import java.util.List;
import org.junit.jupiter.api.Test;
import traitrace.event.RecordBytes;
import traitrace.event.RecordFeed;

/** When a packet is finished, and how many are kept. */
class LimitsTest {
    private static final long SETTLE = 100;
    private static final long RETRANSMIT = 10_000;
    private static final long PATIENCE = 1_000_000;

    private final Journeys journeys = new Journeys(new Lineage.Limits(SETTLE, RETRANSMIT, PATIENCE, 3));
    private final RecordFeed feed = journeys.feed;

    private void assertFinishedAfter(long wait) {
        journeys.lineage.advance(feed.now() + wait);
        assertThat(journeys.finished).as("%d ns later", wait).isEmpty();
        journeys.lineage.advance(feed.now() + wait + 1);
        assertThat(journeys.ids()).as("%d ns later", wait + 1).containsExactly(1L);
        assertThat(journeys.lineage.size()).isZero();
    }

    @Test
    void waitsForAPacketWhoseStoryHasNotEnded() {
        feed.see(NET_DEV_QUEUE, 1, r -> r.ip(udp(7, 10)));

        assertFinishedAfter(PATIENCE);
    }

    @Test
    void waitsAnewAfterEachRecord() {
        feed.see(NET_DEV_QUEUE, 1, r -> r.ip(udp(7, 10)));
        feed.pass(PATIENCE - 2000).see(NET_DEV_START_XMIT, 1);

        assertFinishedAfter(PATIENCE);
    }

    @Test
    void letsADroppedDatagramSettle() {
        feed.see(NET_DEV_QUEUE, 1, r -> r.ip(udp(7, 10)));
        feed.see(KFREE_SKB, 1);

        assertFinishedAfter(SETTLE);
    }

    @Test
    void letsADeliveredPacketSettle() {
        feed.see(NETIF_RECEIVE_SKB, 1, r -> r.ip(udp(7, 10)));
        feed.see(SKB_COPY_DATAGRAM, 1, r -> r.arg(10));

        assertFinishedAfter(SETTLE);
    }

    @Test
    void letsAPacketSettleThatLeftTheHost() {
        feed.see(NET_DEV_START_XMIT, 1, r -> r.at(HOME, PHYSICAL).ip(udp(7, 10)));

        assertFinishedAfter(SETTLE);
    }

    @Test
    void waitsForTheOtherSkbsOfADroppedClone() {
        feed.see(NETIF_RECEIVE_SKB, 1, r -> r.ip(udp(7, 10)));
        feed.edge(1, 1, 2, EdgeKind.CLONE.ordinal(), Evidence.PROVED.ordinal());
        feed.see(KFREE_SKB, 2);

        assertFinishedAfter(PATIENCE);
    }

    @Test
    void letsAnAcknowledgementSettleThatTcpTook() {
        feed.see(NETIF_RECEIVE_SKB, 1, r -> r.ip(tcp(1000, 0)));
        feed.see(TCP_PROBE, 1);

        assertFinishedAfter(SETTLE);
    }

    @Test
    void waitsForTheReaderOfASegmentThatTcpTook() {
        feed.see(NETIF_RECEIVE_SKB, 1, r -> r.ip(tcp(1000, 10)));
        feed.see(TCP_PROBE, 1);

        assertFinishedAfter(PATIENCE);
    }

    @Test
    void waitsForTheRetransmissionOfADroppedSegment() {
        feed.see(NET_DEV_QUEUE, 1, r -> r.ip(tcp(1000, 10)));
        feed.see(KFREE_SKB, 1);

        assertFinishedAfter(RETRANSMIT);
    }

    @Test
    void doesNotWaitForTheRetransmissionOfAnAcknowledgement() {
        feed.see(NET_DEV_QUEUE, 1, r -> r.ip(tcp(1000, 0)));
        feed.see(KFREE_SKB, 1);

        assertFinishedAfter(SETTLE);
    }

    @Test
    void countsWhatComesLateAndMakesNoPacketOfIt() {
        feed.see(NETIF_RECEIVE_SKB, 1, r -> r.ip(udp(7, 10)));
        feed.see(KFREE_SKB, 1);
        journeys.lineage.advance(feed.now() + SETTLE + 1);

        feed.see(CONSUME_SKB, 1);
        feed.raw(RecordBytes.event(NETIF_RX, feed.now(), 1, 2, 0).ip(udp(7, 10)));
        feed.edge(1, 1, 3, EdgeKind.CLONE.ordinal(), Evidence.PROVED.ordinal());
        feed.see(NETIF_RX, 3);
        feed.gone(1);

        assertThat(journeys.lineage.size()).isZero();
        assertThat(journeys.all()).hasSize(1);
        assertThat(journeys.lineage.late()).isEqualTo(3);
    }

    @Test
    void makesNoSecondPacketOfAnIdWhoseOwnSkbWasNeverSeen() {
        feed.raw(RecordBytes.event(NETIF_RECEIVE_SKB, feed.now(), 1, 2, 0).ip(udp(7, 10)));
        feed.raw(RecordBytes.event(KFREE_SKB, feed.now(), 1, 2, 1));
        journeys.lineage.advance(feed.now() + SETTLE + 1);
        feed.raw(RecordBytes.event(NETIF_RECEIVE_SKB, feed.now(), 1, 3, 0).ip(udp(7, 10)));

        assertThat(journeys.all()).hasSize(1);
        assertThat(journeys.lineage.late()).isEqualTo(1);
    }

    @Test
    void finishesTheQuietestWhenThereAreTooMany() {
        for (long skb = 1; skb <= 3; skb++) {
            feed.see(NET_DEV_QUEUE, skb, r -> r.ip(udp(0, 10)));
        }
        feed.see(NET_DEV_START_XMIT, 1);
        assertThat(journeys.lineage.evicted()).isZero();

        feed.see(NET_DEV_QUEUE, 4, r -> r.ip(udp(0, 10)));

        assertThat(journeys.ids()).containsExactly(2L);
        assertThat(journeys.lineage.evicted()).isEqualTo(1);
        assertThat(journeys.lineage.size()).isEqualTo(3);
    }

    @Test
    void finishesWhatHasEndedBeforeWhatIsUnderWay() {
        feed.see(NET_DEV_QUEUE, 1, r -> r.ip(udp(0, 10)));
        feed.see(NET_DEV_QUEUE, 2, r -> r.ip(tcp(1000, 10)));
        feed.see(KFREE_SKB, 2);
        feed.see(NET_DEV_QUEUE, 3, r -> r.ip(udp(0, 10)));
        feed.see(KFREE_SKB, 3);

        feed.see(NET_DEV_QUEUE, 4, r -> r.ip(udp(0, 10)));
        feed.see(NET_DEV_QUEUE, 5, r -> r.ip(udp(0, 10)));
        feed.see(NET_DEV_QUEUE, 6, r -> r.ip(udp(0, 10)));

        assertThat(journeys.ids()).containsExactly(3L, 2L, 1L);
    }

    @Test
    void finishesEverythingAtTheEnd() {
        feed.see(NET_DEV_QUEUE, 1, r -> r.ip(udp(0, 10)));
        feed.see(NET_DEV_QUEUE, 2, r -> r.ip(tcp(1000, 10)));
        feed.see(KFREE_SKB, 2);
        feed.see(NET_DEV_START_XMIT, 3, r -> r.at(HOME, PHYSICAL).ip(udp(0, 10)));

        journeys.lineage.finish();
        journeys.lineage.finish();

        assertThat(journeys.ids()).containsExactlyInAnyOrderElementsOf(List.of(1L, 2L, 3L));
        assertThat(journeys.lineage.size()).isZero();
    }
}
