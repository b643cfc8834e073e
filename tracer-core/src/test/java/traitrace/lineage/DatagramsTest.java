package traitrace.lineage;

import static org.assertj.core.api.Assertions.assertThat;
import static traitrace.event.Hook.*;
import static traitrace.lineage.Journeys.*;

import org.junit.jupiter.api.Test;
import traitrace.event.EventLayout;
import traitrace.event.Hook;
import traitrace.event.RecordBytes;
import traitrace.event.RecordFeed;

/** UDP: who took which datagram out of a socket, and the segments of a large one. */
class DatagramsTest {
    private static final long SOCKET = 0xffff888012345678L;
    private static final long OTHER_SOCKET = SOCKET + 0x1000;
    private static final int MSG_PEEK = 2;

    private final Journeys journeys = new Journeys();
    private final RecordFeed feed = journeys.feed;

    private void queue(long skb, long socket, int payload) {
        feed.see(NETIF_RECEIVE_SKB, skb, r -> r.at(HOME, 2).ip(udp(0, payload)));
        feed.see(SK_DATA_READY, skb, r -> r.arg(socket));
    }

    private boolean taken(long skb) {
        return hooks(journeys.of(skb)).contains(Hook.SOCK_RECV_LENGTH);
    }

    @Test
    void areTakenWhenTheSocketGivesBytes() {
        queue(1, SOCKET, 10);
        feed.receive(SOCKET, 0, 10, 0);

        assertThat(taken(1)).isTrue();
        assertThat(edges(journeys.of(1))).containsExactly("1>0 deliver matched");
    }

    @Test
    void areTakenBeforeTheNextInTheQueue() {
        queue(1, SOCKET, 10);
        queue(2, SOCKET, 10);
        queue(3, SOCKET, 10);
        feed.receive(SOCKET, 2, 10, 0);
        feed.receive(SOCKET, 3, 10, 0);

        assertThat(taken(1)).isTrue();
        assertThat(taken(2)).isTrue();
        assertThat(taken(3)).isFalse();
        assertThat(edges(journeys.of(2))).containsExactly("2>0 deliver matched");
    }

    @Test
    void areFoundInTheQueueThoughAReceiptWasLost() {
        queue(1, SOCKET, 10);
        queue(2, SOCKET, 10);
        queue(3, SOCKET, 10);
        feed.receive(SOCKET, 3, 10, 0);

        assertThat(taken(1)).isFalse();
        assertThat(taken(2)).isTrue();
    }

    @Test
    void areOnlyGuessedWhereTheNextIsNotKnown() {
        queue(1, SOCKET, 10);
        queue(2, SOCKET, 10);
        feed.receive(SOCKET, 0, 10, 0);
        feed.receive(SOCKET, 99, 10, 0);

        assertThat(edges(journeys.of(1))).containsExactly("1>0 deliver guessed");
        assertThat(edges(journeys.of(2)))
                .as("the only one left, but it may be what the first got")
                .containsExactly("2>0 deliver guessed");
    }

    @Test
    void areOnlyGuessedWhereMoreBytesWereTakenThanTheyHave() {
        queue(1, SOCKET, 10);
        feed.receive(SOCKET, 0, 11, 0);

        assertThat(edges(journeys.of(1))).containsExactly("1>0 deliver guessed");
    }

    @Test
    void mayBeCutByTheReader() {
        queue(1, SOCKET, 10);
        feed.receive(SOCKET, 0, 4, 0);

        assertThat(edges(journeys.of(1))).containsExactly("1>0 deliver matched");
    }

    @Test
    void stayInTheQueueWhenTheReaderOnlyPeeks() {
        queue(1, SOCKET, 10);
        feed.receive(SOCKET, 0, 10, MSG_PEEK);
        journeys.lineage.advance(feed.now() + Lineage.Limits.DEFAULT.settleNs() + 1);
        assertThat(journeys.finished).as("still waits for its reader").isEmpty();
        feed.receive(SOCKET, 0, 10, 0);

        assertThat(hooks(journeys.of(1))).containsOnlyOnce(SOCK_RECV_LENGTH);
    }

    @Test
    void areTakenFromTheirOwnSocketOnly() {
        queue(1, SOCKET, 10);
        feed.receive(OTHER_SOCKET, 0, 10, 0);

        assertThat(taken(1)).isFalse();
    }

    @Test
    void areNotTakenAfterTheyWereDroppedInTheQueue() {
        queue(1, SOCKET, 10);
        queue(2, SOCKET, 10);
        feed.see(KFREE_SKB, 1);
        feed.receive(SOCKET, 0, 10, 0);

        assertThat(taken(1)).isFalse();
        assertThat(edges(journeys.of(2))).containsExactly("2>0 deliver matched");
    }

    @Test
    void thatAPacketSocketGotAreNotInTheQueue() {
        feed.see(SK_DATA_READY, 1, r -> r.at(HOME, 2).ip(udp(0, 10)).arg(SOCKET).flag(EventLayout.FLAG_TAP));
        feed.receive(SOCKET, 0, 10, 0);

        assertThat(taken(1)).isFalse();
    }

    @Test
    void areOnlyGuessedWhereOneIsToldTwiceAndSoAnotherNotAtAll() {
        queue(1, SOCKET, 10);
        feed.see(SK_DATA_READY, 1, r -> r.arg(SOCKET));
        feed.receiveLast(SOCKET, 10);
        queue(3, SOCKET, 10);
        feed.receive(SOCKET, 0, 10, 0);

        assertThat(edges(journeys.of(1))).containsExactly("1>0 deliver guessed");
        assertThat(edges(journeys.of(3))).as("it was empty since").containsExactly("3>0 deliver matched");
    }

    @Test
    void areTakenByAReaderThatWasFasterThanTheReport() {
        feed.see(NETIF_RECEIVE_SKB, 1, r -> r.at(HOME, 2).ip(udp(0, 10)));
        feed.receive(SOCKET, 0, 10, 0);
        feed.see(SK_DATA_READY, 1, r -> r.arg(SOCKET | 1));

        assertThat(edges(journeys.of(1))).containsExactly("1>0 deliver matched");
    }

    @Test
    void areTakenByAReaderWhoseReceiptIsToldAfterAll() {
        feed.see(NETIF_RECEIVE_SKB, 1, r -> r.at(HOME, 2).ip(udp(0, 10)));
        feed.see(SK_DATA_READY, 1, r -> r.arg(SOCKET | 1));
        feed.receive(SOCKET, 0, 10, 0);

        assertThat(edges(journeys.of(1))).containsExactly("1>0 deliver matched");
    }

    @Test
    void areNotTakenByAReceiptFromLongBefore() {
        feed.receive(SOCKET, 0, 10, 0);
        feed.pass(3 * RecordFeed.MS);
        feed.see(NETIF_RECEIVE_SKB, 1, r -> r.at(HOME, 2).ip(udp(0, 10)));
        feed.see(SK_DATA_READY, 1, r -> r.arg(SOCKET | 1));

        assertThat(taken(1)).isFalse();
    }

    @Test
    void areNotTakenByAReceiptFromBeforeTheyCame() {
        feed.receive(SOCKET, 0, 10, 0);
        feed.see(NETIF_RECEIVE_SKB, 1, r -> r.at(HOME, 2).ip(udp(0, 10)));
        feed.see(SK_DATA_READY, 1, r -> r.arg(SOCKET | 1));

        assertThat(taken(1)).isFalse();
    }

    @Test
    void areTakenThoughOnlyALaterFragmentWasInSight() {
        feed.see(NETIF_RECEIVE_SKB, 1, r -> r.at(HOME, 2).ip(RecordBytes.fragment(CLIENT, SERVER, 7, 185, 10)));
        feed.see(SK_DATA_READY, 1, r -> r.arg(SOCKET));
        feed.receive(SOCKET, 0, 1490, 0);

        assertThat(taken(1)).isTrue();
    }

    @Test
    void areNotConfusedWithTheSegmentsOfATcpSocketThatWasThereBefore() {
        feed.see(NETIF_RECEIVE_SKB, 1, r -> r.at(HOME, 2).ip(tcp(1000, 10)));
        feed.see(SK_DATA_READY, 1, r -> r.arg(SOCKET));
        queue(2, SOCKET, 10);
        feed.receive(SOCKET, 0, 10, 0);

        assertThat(taken(1)).isFalse();
        assertThat(edges(journeys.of(2))).containsExactly("2>0 deliver matched");
    }

    @Test
    void doNotGuessWhoseSegmentItIsWhereIdsBeginAtZero() {
        feed.see(NET_DEV_QUEUE, 1, r -> r.at(HOME, 2).ip(udp(0, 3000)).gso(1000, 3));
        feed.see(NET_DEV_QUEUE, 2, r -> r.at(HOME, 2).ip(udp(0, 3000)).gso(1000, 3));
        feed.see(NET_DEV_START_XMIT, 3, r -> r.at(HOME, 2).ip(udp(1, 1000)));

        assertThat(journeys.all()).hasSize(3);
    }

    @Test
    void areGivenTheirSegmentsByIpId() {
        feed.see(NET_DEV_QUEUE, 1, r -> r.at(HOME, 2).ip(udp(65_534, 3000)).gso(1000, 3));
        feed.see(NET_DEV_START_XMIT, 2, r -> r.at(HOME, 2).ip(udp(65_534, 1000)));
        feed.see(NET_DEV_START_XMIT, 3, r -> r.at(HOME, 2).ip(udp(65_535, 1000)));
        feed.see(NET_DEV_START_XMIT, 4, r -> r.at(HOME, 2).ip(udp(0, 1000)));

        assertThat(edges(journeys.only()))
                .containsExactly("1>2 segment matched", "1>3 segment matched", "1>4 segment matched");
    }

    @Test
    void areNotGivenWhatCannotBeTheirSegment() {
        feed.see(NET_DEV_QUEUE, 1, r -> r.at(HOME, 2).ip(udp(100, 3000)).gso(1000, 3));
        feed.see(NET_DEV_START_XMIT, 2, r -> r.at(HOME, 2).ip(udp(103, 1000)));
        feed.see(NET_DEV_START_XMIT, 3, r -> r.at(HOME, 2).ip(udp(99, 1000)));
        feed.see(NET_DEV_START_XMIT, 4, r -> r.at(HOME, 2).ip(udp(101, 1001)));
        feed.see(NET_DEV_START_XMIT, 5, r -> r.at(AWAY, 2).ip(udp(101, 1000)));

        assertThat(journeys.all()).hasSize(5);
    }

    @Test
    void areJoinedByTheirBytesWhereTheIpIdTellsThemApart() {
        feed.see(NET_DEV_START_XMIT, 1, r -> r.at(HOME, 2).ip(udp(7, 10)));
        feed.see(NETIF_RECEIVE_SKB, 2, r -> r.at(AWAY, 3).ip(udp(7, 10)));
        feed.see(NETIF_RECEIVE_SKB, 3, r -> r.at(AWAY, 3).ip(udp(8, 10)));
        feed.see(NETIF_RECEIVE_SKB, 4, r -> r.at(AWAY, 3).ip(udp(7, 11)));

        assertThat(journeys.all()).hasSize(3);
        assertThat(edges(journeys.of(2))).containsExactly("1>2 copy matched");
    }

    @Test
    void areNotJoinedToOneThatReachedItsSocket() {
        feed.see(NETIF_RECEIVE_SKB, 1, r -> r.at(HOME, 2).ip(udp(7, 10)));
        feed.see(SK_DATA_READY, 1, r -> r.arg(SOCKET));
        feed.see(NETIF_RECEIVE_SKB, 2, r -> r.at(HOME, 2).ip(udp(7, 10)));

        assertThat(journeys.all()).hasSize(2);
    }
}
