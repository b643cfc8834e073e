package traitrace.lineage;

import static org.assertj.core.api.Assertions.assertThat;
import static traitrace.event.Hook.*;
import static traitrace.lineage.Journeys.*;

import org.junit.jupiter.api.Test;
import traitrace.event.EventLayout;
import traitrace.event.RecordBytes;
import traitrace.event.RecordFeed;

/** One packet by its skb ids, the edges that the kernel tells, and what is known to be missing. */
class LineageTest {
    private final Journeys journeys = new Journeys();
    private final RecordFeed feed = journeys.feed;

    @Test
    void followsAPacketOverHooksAndNamespaces() {
        feed.see(NET_DEV_QUEUE, 1, r -> r.at(HOME, 2).ip(udp(7, 10)));
        feed.see(NET_DEV_START_XMIT, 1);
        feed.see(NETIF_RX, 1, r -> r.at(AWAY, 3));
        feed.see(NETIF_RECEIVE_SKB, 1);
        feed.see(KFREE_SKB, 1);

        Packet packet = journeys.only();
        assertThat(packet.id()).isEqualTo(1);
        assertThat(hooks(packet))
                .containsExactly(NET_DEV_QUEUE, NET_DEV_START_XMIT, NETIF_RX, NETIF_RECEIVE_SKB, KFREE_SKB);
        assertThat(packet.edges()).isEmpty();
        assertThat(missing(packet)).containsOnly(0);
        assertThat(packet.firstTime()).isEqualTo(RecordFeed.START + 1000);
        assertThat(packet.lastTime()).isEqualTo(feed.now());
    }

    @Test
    void keepsPacketsApartThatLookTheSame() {
        for (long skb = 1; skb <= 3; skb++) {
            feed.see(NET_DEV_QUEUE, skb, r -> r.at(HOME, 2).ip(udp(0, 10)));
            feed.see(NETIF_RECEIVE_SKB, skb, r -> r.at(AWAY, 3));
        }

        assertThat(journeys.all()).hasSize(3);
    }

    @Test
    void takesACloneOfTheKernelIntoThePacket() {
        feed.see(NETIF_RECEIVE_SKB, 1, r -> r.at(HOME, 2).ip(udp(7, 10)));
        feed.edge(1, 1, 2, EdgeKind.CLONE.ordinal(), Evidence.PROVED.ordinal());
        feed.see(NET_DEV_QUEUE, 2, r -> r.at(HOME, 3).ip(udp(7, 10)));
        feed.see(NET_DEV_QUEUE, 1, r -> r.at(HOME, 4));

        Packet packet = journeys.only();
        assertThat(skbs(packet)).containsExactly(1L, 2L);
        assertThat(edges(packet)).containsExactly("1>2 clone proved");
    }

    @Test
    void takesACloneIntoThePacketThoughItsEdgeWasLost() {
        feed.see(NETIF_RECEIVE_SKB, 1, r -> r.ip(udp(7, 10)));
        feed.raw(RecordBytes.event(NET_DEV_QUEUE, feed.now() + 1, 1, 2, 0));

        assertThat(skbs(journeys.only())).containsExactly(1L, 2L);
    }

    @Test
    void keepsACloneWhosePacketWasNotSeenBeforeItsEdge() {
        feed.edge(1, 1, 2, EdgeKind.CLONE.ordinal(), Evidence.PROVED.ordinal());
        journeys.lineage.advance(feed.now() + 1);
        feed.see(NET_DEV_QUEUE, 2, r -> r.ip(udp(7, 10)));

        assertThat(journeys.lineage.late()).isZero();
        assertThat(skbs(journeys.only())).containsExactly(2L);
    }

    @Test
    void takesACloneOfAJoinedPacketIntoWhatItWasJoinedTo() {
        feed.see(NET_DEV_QUEUE, 1, r -> r.at(HOME, 2).ip(tcp(1000, 100)));
        feed.see(NET_DEV_QUEUE, 2, r -> r.at(HOME, 2).ip(tcp(1000, 100)));
        feed.edge(2, 2, 3, EdgeKind.CLONE.ordinal(), Evidence.PROVED.ordinal());
        feed.see(NETIF_RX, 3);

        Packet packet = journeys.only();
        assertThat(packet.id()).isEqualTo(1);
        assertThat(skbs(packet)).containsExactly(1L, 2L, 3L);
        packet.forEach(e -> assertThat(e.packetId()).isEqualTo(1));
    }

    @Test
    void givesRecordsInOrderOfTime() {
        feed.raw(RecordBytes.event(NET_DEV_QUEUE, 100, 1, 1, 0));
        feed.raw(RecordBytes.event(NETIF_RX, 300, 1, 1, 2));
        feed.raw(RecordBytes.event(NET_DEV_START_XMIT, 200, 1, 1, 1));

        assertThat(hooks(journeys.only())).containsExactly(NET_DEV_QUEUE, NET_DEV_START_XMIT, NETIF_RX);
    }

    @Test
    void countsLostEventsOfAnSkb() {
        feed.see(NET_DEV_QUEUE, 1, r -> r.ip(udp(7, 10)));
        feed.lose(1, 2).see(NETIF_RX, 1);
        feed.see(NETIF_RECEIVE_SKB, 1);

        assertThat(missing(journeys.only())).containsExactly(0, 2, 0);
    }

    @Test
    void countsLostEventsBeforeTheFirstThatCame() {
        feed.lose(1, 3).see(NETIF_RX, 1);

        assertThat(missing(journeys.only())).containsExactly(3);
    }

    @Test
    void countsLostEventsOverTheWrapOfTheCounter() {
        feed.lose(1, 65_534).see(NETIF_RX, 1);
        feed.lose(1, 2).see(NETIF_RX, 1);
        feed.see(NETIF_RX, 1);

        assertThat(missing(journeys.only())).containsExactly(65_534, 2, 0);
    }

    @Test
    void doesNotTakeARecordThatComesLateForTheLossOfThousands() {
        feed.raw(RecordBytes.event(NET_DEV_QUEUE, 100, 1, 1, 0).ip(udp(7, 10)));
        feed.raw(RecordBytes.event(NETIF_RX, 300, 1, 1, 2));
        feed.raw(RecordBytes.event(NET_DEV_START_XMIT, 200, 1, 1, 1));
        feed.raw(RecordBytes.event(NETIF_RECEIVE_SKB, 400, 1, 1, 3));

        assertThat(missing(journeys.only())).containsExactly(0, 0, 1, 0);
    }

    @Test
    void countsEachSkbByItself() {
        feed.see(NET_DEV_QUEUE, 1, r -> r.ip(udp(7, 10)));
        feed.edge(1, 1, 2, EdgeKind.CLONE.ordinal(), Evidence.PROVED.ordinal());
        feed.see(NET_DEV_QUEUE, 2);
        feed.lose(2, 1).see(NETIF_RX, 2);
        feed.see(NETIF_RX, 1);

        assertThat(missing(journeys.only())).containsExactly(0, 0, 1, 0);
    }

    @Test
    void closesAnSkbThatIsGone() {
        feed.see(NETIF_RECEIVE_SKB, 1, r -> r.ip(udp(7, 10)));
        feed.gone(1);
        journeys.lineage.advance(feed.now() + Lineage.Limits.DEFAULT.settleNs() + 1);

        assertThat(journeys.finished).hasSize(1);
        assertThat(journeys.finished.get(0).records()).isEqualTo(2);
    }

    @Test
    void passesOverTheEndOfWhatWasNeverSeen() {
        feed.gone(1);

        assertThat(journeys.all()).isEmpty();
    }

    @Test
    void passesOverNamesAndKindsOfOtherProbes() {
        for (int kind : new int[] {0, EventLayout.KIND_DEVICE, EventLayout.KIND_TASK, EventLayout.KIND_PAYLOAD, 200}) {
            feed.raw(RecordBytes.event(NETIF_RX, 100, 1, 1, 0).kind(kind));
        }

        assertThat(journeys.all()).isEmpty();
    }

    @Test
    void keepsAPacketAtAHookThatIsNotKnown() {
        feed.see(NETIF_RX, 1, r -> r.hook(60));

        assertThat(journeys.only().records()).isEqualTo(1);
    }

    @Test
    void passesOverAnEdgeOfAnUnknownKindOrEvidence() {
        feed.see(NETIF_RX, 1, r -> r.ip(udp(7, 10)));
        feed.edge(1, 1, 2, EdgeKind.values().length, 0);
        feed.edge(1, 1, 2, 0, Evidence.values().length);

        assertThat(journeys.only().edges()).isEmpty();
    }
}
