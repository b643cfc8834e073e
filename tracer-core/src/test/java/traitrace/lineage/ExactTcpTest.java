package traitrace.lineage;

import static org.assertj.core.api.Assertions.assertThat;
import static traitrace.event.Hook.*;
import static traitrace.lineage.Journeys.*;

import org.junit.jupiter.api.Test;
import traitrace.event.EventLayout;
import traitrace.event.Hook;
import traitrace.event.RecordFeed;

/** TCP where the lineage family ran: its send queue, its receive queue, and the two things that it does unseen. */
class ExactTcpTest {
    private static final int CLONE = EdgeKind.CLONE.ordinal();
    private static final int RETRANSMIT = EdgeKind.RETRANSMIT.ordinal();

    private final Journeys journeys = Journeys.exact();
    private final RecordFeed feed = journeys.feed;

    private static long range(long sequence, int bytes) {
        return sequence << 32 | (sequence + bytes & 0xffffffffL);
    }

    /** TCP sends what skb {@code queued} holds as skb {@code wire}. */
    private void send(long queued, long wire, long sequence, int bytes, int kind) {
        feed.see(TCP_TRANSMIT, queued, r -> r.at(HOME, 0).pid(4242).arg(range(sequence, bytes)));
        feed.edge(queued, queued, wire, kind, 0);
        feed.see(NET_DEV_QUEUE, wire, r -> r.at(HOME, 2).ip(tcp(sequence, bytes)));
    }

    /** A segment comes from outside and is taken by its connection. */
    private void arrive(long skb, long sequence, int bytes) {
        feed.see(NETIF_RECEIVE_SKB, skb, r -> r.at(AWAY, 3).ip(tcp(sequence, bytes)));
        feed.see(TCP_DO_RCV, skb, r -> r.arg(range(sequence, bytes)));
    }

    private void coalesce(long from, long into) {
        feed.edge(into, from, into, EdgeKind.COALESCE.ordinal(), 0);
        feed.freed(from);
    }

    private void copy(long skb, long from, int bytes) {
        feed.see(SKB_COPY_DATAGRAM, skb, r -> r.at(AWAY, 3).pid(4242).arg((from & 0xffffffffL) << 32 | bytes));
    }

    private boolean read(long packet) {
        return hooks(journeys.of(packet)).contains(SKB_COPY_DATAGRAM);
    }

    private void settle() {
        journeys.lineage.advance(feed.now() + Lineage.Limits.DEFAULT.settleNs() + 1);
    }

    @Test
    void sendsAPacketAgainFromTheQueueAsTheSame() {
        send(1, 2, 1000, 100, CLONE);
        feed.see(KFREE_SKB, 2);
        feed.pass(3_000 * RecordFeed.MS);
        journeys.lineage.advance(feed.now());
        send(1, 3, 1000, 100, RETRANSMIT);

        Packet packet = journeys.only();
        assertThat(skbs(packet)).containsExactly(1L, 2L, 3L);
        assertThat(edges(packet)).containsExactly("1>2 clone proved", "1>3 retransmit proved");
    }

    @Test
    void waitsForTheAcknowledgementOfWhatLeftTheHost() {
        send(1, 2, 1000, 100, CLONE);
        feed.see(NET_DEV_START_XMIT, 2, r -> r.at(HOME, PHYSICAL));
        feed.see(CONSUME_SKB, 2);
        settle();
        assertThat(journeys.finished).as("it may be sent again").isEmpty();
        feed.freed(1);
        settle();

        assertThat(journeys.finished).hasSize(1);
    }

    @Test
    void tiesTheHalfThatWasSplitOffToWhatWasSentBefore() {
        send(1, 2, 1000, 3000, CLONE);
        feed.see(KFREE_SKB, 2);
        send(1, 3, 1000, 1000, RETRANSMIT);
        send(4, 5, 2000, 2000, CLONE);

        Packet packet = journeys.only();
        assertThat(packet.id()).isEqualTo(1);
        assertThat(edges(packet))
                .containsExactly(
                        "1>2 clone proved", "1>3 retransmit proved", "4>5 clone proved", "2>4 retransmit matched");
    }

    @Test
    void keepsApartWhatWasSplitBeforeItWasSent() {
        send(1, 2, 1000, 1000, CLONE);
        send(3, 4, 2000, 1000, CLONE);

        assertThat(journeys.all()).hasSize(2);
    }

    @Test
    void tiesNothingToAPacketThatTcpOfThisHostDidNotSend() {
        feed.see(NET_DEV_QUEUE, 9, r -> r.at(HOME, 2).ip(tcp(1000, 3000)));
        send(1, 2, 1000, 1000, CLONE);

        assertThat(journeys.all()).hasSize(2);
    }

    @Test
    void takesAnAcknowledgementThatIsNotQueuedForNothingElse() {
        feed.see(TCP_TRANSMIT, 1, r -> r.at(HOME, 0).arg(range(1000, 0)));
        feed.see(NET_DEV_QUEUE, 1, r -> r.at(HOME, 2).ip(tcp(1000, 0)));
        feed.see(TCP_DO_RCV, 1, r -> r.at(AWAY, 3).arg(range(1000, 0)));
        feed.freed(1);
        settle();

        assertThat(journeys.ids()).containsExactly(1L);
    }

    @Test
    void creditsTheReaderToWhatGroMerged() {
        arriveMerged();
        copy(1, 1000, 2000);

        assertThat(read(1)).isTrue();
        assertThat(read(2)).isTrue();
        assertThat(read(3)).as("its bytes were not copied yet").isFalse();
    }

    @Test
    void keepsTheOffsetOfWhatWasMerged() {
        arriveMerged();

        assertThat(journeys.of(3).edges()).extracting(Edge::offset).containsExactly(2000L);
    }

    /** GRO merges 2 and 3 into 1. */
    private void arriveMerged() {
        for (int i = 0; i < 3; i++) {
            long sequence = 1000 + 1000L * i;
            feed.see(NAPI_GRO_RECEIVE, i + 1, r -> r.at(AWAY, 3).ip(tcp(sequence, 1000)));
        }
        coalesce(2, 1);
        coalesce(3, 1);
        feed.see(NETIF_RECEIVE_SKB, 1, r -> r.flag(EventLayout.FLAG_MERGED)
                .ip(tcp(1000, 3000))
                .gso(1000, 3));
        feed.see(TCP_DO_RCV, 1, r -> r.arg(range(1000, 3000)));
    }

    @Test
    void creditsTheReaderToWhatWasMergedTwice() {
        arrive(7, 0, 1000);
        arriveMerged();
        coalesce(1, 7);
        copy(7, 0, 4000);

        for (long packet : new long[] {7, 1, 2, 3}) {
            assertThat(read(packet)).as("packet %d", packet).isTrue();
        }
    }

    @Test
    void keepsAMergedPacketUntilItsReaderCame() {
        arrive(1, 1000, 1000);
        arrive(2, 2000, 1000);
        coalesce(2, 1);
        feed.pass(1_000 * RecordFeed.MS);
        journeys.lineage.advance(feed.now());
        copy(1, 1000, 2000);

        assertThat(read(2)).isTrue();
    }

    @Test
    void doesNotCreditASegmentThatWasDropped() {
        feed.see(NETIF_RECEIVE_SKB, 1, r -> r.at(AWAY, 3).ip(tcp(1000, 1000)));
        feed.see(KFREE_SKB, 1);
        arrive(2, 1000, 1000);
        copy(2, 1000, 1000);

        assertThat(read(1)).isFalse();
        assertThat(read(2)).isTrue();
    }

    @Test
    void findsTheSegmentsThatTcpCollapsed() {
        arrive(1, 1000, 1000);
        arrive(2, 2000, 1000);
        feed.freed(1);
        feed.freed(2);
        copy(3, 1500, 1500);

        assertThat(skbs(journeys.of(1))).containsExactly(1L, 3L);
        assertThat(read(2)).isTrue();
        assertThat(edges(journeys.of(2))).containsExactly("2>3 coalesce matched");
        assertThat(journeys.finished)
                .as("what they were collapsed to is no packet")
                .hasSize(2);
    }

    @Test
    void keepsASegmentThatIsOfTheCollapsedPacketAlready() {
        feed.edge(3, 3, 1, CLONE, 0);
        arrive(1, 1000, 1000);
        copy(3, 1000, 1000);

        assertThat(skbs(journeys.only())).containsExactly(1L, 3L);
        assertThat(read(3)).isTrue();
    }

    @Test
    void waitsForTheReaderOfWhatTcpCollapsed() {
        arrive(1, 1000, 1000);
        arrive(2, 2000, 1000);
        coalesce(2, 1);
        feed.freed(1);
        settle();
        copy(3, 1000, 2000);

        assertThat(read(1)).isTrue();
        assertThat(read(2)).isTrue();
    }

    @Test
    void takesWhatIsSplicedForRead() {
        arrive(1, 1000, 1000);
        arrive(2, 2000, 1000);
        coalesce(2, 1);
        feed.see(Hook.SKB_SPLICE, 1, r -> r.at(AWAY, 3).pid(4242).arg(1000L << 32 | 2000));

        assertThat(hooks(journeys.of(2))).contains(Hook.SKB_SPLICE);
    }

    @Test
    void creditsWhatWasMergedBeforeItWasCollapsedInTwo() {
        arrive(1, 1000, 1000);
        arrive(2, 2000, 1000);
        coalesce(2, 1);
        feed.freed(1);
        copy(3, 1000, 700);
        copy(4, 1700, 1300);

        assertThat(read(1)).isTrue();
        assertThat(read(2)).as("its bytes are in the second one alone").isTrue();
    }

    @Test
    void findsNoSegmentsWhereTheyCanBeOfTwoFlows() {
        arrive(1, 1000, 1000);
        feed.see(NETIF_RECEIVE_SKB, 2, r -> r.at(AWAY, 3)
                .ip(traitrace.event.RecordBytes.tcp(CLIENT, SERVER, 81, 1, 1000, ACK, 1000)));
        feed.see(TCP_DO_RCV, 2, r -> r.arg(range(1000, 1000)));
        copy(3, 1000, 1000);

        assertThat(read(1)).isFalse();
        assertThat(read(2)).isFalse();
    }
}
