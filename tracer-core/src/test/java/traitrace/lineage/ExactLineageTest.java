package traitrace.lineage;

import static org.assertj.core.api.Assertions.assertThat;
import static traitrace.event.Hook.*;
import static traitrace.lineage.Journeys.*;

import org.junit.jupiter.api.Test;
import traitrace.event.EventLayout;
import traitrace.event.RecordBytes;
import traitrace.event.RecordFeed;

/** Where every birth, copy and end is told: what has no parent is never given one, however alike it is. */
class ExactLineageTest {
    private static final long SOCKET = 0xffff888012345678L;
    private static final int COPY = EdgeKind.COPY.ordinal();

    private final Journeys journeys = Journeys.exact();
    private final RecordFeed feed = journeys.feed;

    private void settle() {
        journeys.lineage.advance(feed.now() + Lineage.Limits.DEFAULT.settleNs() + 1);
    }

    @Test
    void namesTheKindAndThePlaceOfACopyByItsCallers() {
        feed.see(NETIF_RECEIVE_SKB, 1, r -> r.at(HOME, 2).ip(udp(7, 10)));
        feed.edge(1, 1, 2, COPY, 0, r -> r.callers(SKB_CLONE, BR_FLOOD));
        feed.edge(1, 1, 3, COPY, 0, r -> r.callers(0x81009999L));
        feed.edge(1, 1, 4, COPY, 0);

        assertThat(journeys.only().edges())
                .extracting(Edge::kind, Edge::why)
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple(EdgeKind.CLONE, "by br_flood"),
                        org.assertj.core.groups.Tuple.tuple(EdgeKind.COPY, "shares its data"),
                        org.assertj.core.groups.Tuple.tuple(EdgeKind.COPY, "shares its data"));
    }

    @Test
    void doesNotJoinSkbsThatLookTheSame() {
        feed.see(NET_DEV_START_XMIT, 1, r -> r.at(HOME, 2).ip(udp(7, 10)));
        feed.see(NETIF_RECEIVE_SKB, 2, r -> r.at(AWAY, 3).ip(udp(7, 10)));

        assertThat(journeys.all()).hasSize(2).allSatisfy(p -> assertThat(p.edges())
                .isEmpty());
    }

    @Test
    void doesNotJoinFragmentsOfOneId() {
        feed.see(NETIF_RECEIVE_SKB, 1, r -> r.at(HOME, 2).ip(RecordBytes.fragment(CLIENT, SERVER, 7, 0x2000, 1480)));
        feed.see(NETIF_RECEIVE_SKB, 2, r -> r.at(HOME, 2).ip(RecordBytes.fragment(CLIENT, SERVER, 7, 185, 100)));

        assertThat(journeys.all()).hasSize(2).allSatisfy(p -> assertThat(p.edges())
                .isEmpty());
    }

    @Test
    void doesNotJoinSegmentsByTheirNumbers() {
        feed.see(NET_DEV_QUEUE, 1, r -> r.at(HOME, 2).ip(tcp(1000, 3000)).gso(1000, 3));
        feed.see(NET_DEV_START_XMIT, 2, r -> r.at(HOME, 2).ip(tcp(2000, 1000)));
        feed.see(NET_DEV_QUEUE, 3, r -> r.at(HOME, 2).ip(tcp(1000, 3000)));

        assertThat(journeys.all()).hasSize(3).allSatisfy(p -> assertThat(p.edges())
                .isEmpty());
    }

    @Test
    void doesNotMergeByNumbersWhatGroWasNotSeenToMerge() {
        feed.see(NAPI_GRO_RECEIVE, 1, r -> r.at(AWAY, 3).ip(tcp(1000, 1000)));
        feed.see(NAPI_GRO_RECEIVE, 2, r -> r.at(AWAY, 3).ip(tcp(2000, 1000)));
        feed.see(NETIF_RECEIVE_SKB, 1, r -> r.flag(EventLayout.FLAG_MERGED)
                .ip(tcp(1000, 2000))
                .gso(1000, 2));

        assertThat(journeys.all()).hasSize(2).allSatisfy(p -> assertThat(p.edges())
                .isEmpty());
    }

    @Test
    void keepsTwoPacketsApartThatHaveAnEdge() {
        feed.see(NETIF_RECEIVE_SKB, 1, r -> r.at(HOME, 2).ip(tcp(1000, 1000)));
        feed.see(NETIF_RECEIVE_SKB, 2, r -> r.at(HOME, 2).ip(tcp(2000, 1000)));
        // A member of a fragment list: made from its own packet's skb first, then given the head's header.
        feed.edge(2, 2, 3, COPY, 0);
        feed.edge(2, 1, 3, EdgeKind.SEGMENT.ordinal(), 0);
        feed.see(NET_DEV_QUEUE, 3);

        assertThat(skbs(journeys.of(1))).containsExactly(1L);
        assertThat(skbs(journeys.of(2))).containsExactly(2L, 3L);
        assertThat(edges(journeys.of(1))).containsExactly("1>3 segment proved");
        assertThat(edges(journeys.of(2))).containsExactly("2>3 copy proved", "1>3 segment proved");
    }

    @Test
    void finishesAPacketWhoseSkbWasFreed() {
        feed.see(NETIF_RECEIVE_SKB, 1, r -> r.at(HOME, 2).ip(udp(7, 10)));
        feed.edge(1, 1, 2, COPY, 0);
        feed.freed(1);
        settle();
        assertThat(journeys.finished).as("its copy lives").isEmpty();
        feed.freed(2);
        settle();

        assertThat(journeys.finished).hasSize(1);
    }

    @Test
    void deliversTheDatagramThatTheReaderTookAndNoOther() {
        for (long skb = 1; skb <= 3; skb++) {
            feed.see(NETIF_RECEIVE_SKB, skb, r -> r.at(AWAY, 3).ip(udp(0, 10)));
            feed.see(SK_DATA_READY, skb, r -> r.arg(SOCKET));
        }
        feed.see(SKB_CONSUME_UDP, 2, r -> r.pid(4242).arg(10));
        feed.receive(SOCKET, 0, 10, 0);

        assertThat(hooks(journeys.of(2))).endsWith(SKB_CONSUME_UDP);
        assertThat(edges(journeys.of(2))).containsExactly("2>0 deliver proved");
        assertThat(hooks(journeys.of(1))).endsWith(SK_DATA_READY);
        assertThat(hooks(journeys.of(3))).as("the receipt says no more").endsWith(SK_DATA_READY);
    }

    @Test
    void takesNoLookForADelivery() {
        feed.see(NETIF_RECEIVE_SKB, 1, r -> r.at(AWAY, 3).ip(udp(0, 10)));
        feed.see(SKB_COPY_DATAGRAM, 1, r -> r.pid(4242).arg(10));
        feed.see(SKB_CONSUME_UDP, 1, r -> r.pid(4242).arg(-10L));
        settle();

        assertThat(journeys.finished).isEmpty();
        assertThat(edges(journeys.only())).isEmpty();
    }

    @Test
    void deliversWithADatagramThoseThatGroMergedIntoIt() {
        feed.see(NAPI_GRO_RECEIVE, 1, r -> r.at(AWAY, 3).ip(udp(7, 10)));
        feed.see(NAPI_GRO_RECEIVE, 2, r -> r.at(AWAY, 3).ip(udp(8, 10)));
        feed.edge(1, 2, 1, EdgeKind.COALESCE.ordinal(), 0);
        feed.see(SKB_CONSUME_UDP, 1, r -> r.pid(4242).arg(20));

        assertThat(hooks(journeys.of(2))).endsWith(SKB_CONSUME_UDP);
    }

    @Test
    void letsAMemberGoOnThatIsTakenOutAgain() {
        feed.see(NAPI_GRO_RECEIVE, 1, r -> r.at(AWAY, 3).ip(udp(7, 10)));
        feed.see(NAPI_GRO_RECEIVE, 2, r -> r.at(AWAY, 3).ip(udp(8, 10)));
        feed.edge(1, 2, 1, EdgeKind.COALESCE.ordinal(), 0);
        feed.see(SK_DATA_READY, 2, r -> r.arg(SOCKET));
        feed.see(SKB_CONSUME_UDP, 1, r -> r.pid(4242).arg(10));
        settle();

        assertThat(journeys.ids()).as("2 waits for its own reader").containsExactly(1L);
        assertThat(hooks(journeys.of(2))).endsWith(SK_DATA_READY);
    }
}
