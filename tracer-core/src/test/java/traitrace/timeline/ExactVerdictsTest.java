package traitrace.timeline;

import static org.assertj.core.api.Assertions.assertThat;
import static traitrace.event.Hook.*;
import static traitrace.timeline.PlainNames.PHYSICAL;
import static traitrace.timeline.PlainNames.SERVER;

import org.junit.jupiter.api.Test;
import traitrace.event.EventLayout;
import traitrace.event.Flow;
import traitrace.event.RecordBytes;
import traitrace.event.RecordFeed;
import traitrace.lineage.EdgeKind;

/** How stories end where births, copies, ends and deliveries are told. */
class ExactVerdictsTest {
    private static final long SOCKET = 0xffff888012345678L;
    private static final long QUEUE = 0xffff888011110000L;
    private static final long NOT_SPECIFIED = 2L << 32 | 0x81234567L;
    private static final long NETFILTER_DROP = 8L << 32 | 0x81234567L;
    private static final long SEQUENCES = 1000L << 32 | 1100;
    private static final int ACK = 16;

    private final Told told = new Told(true);
    private final RecordFeed feed = told.feed;

    private void edge(long packet, long parent, long child, EdgeKind kind) {
        feed.edge(packet, parent, child, kind.ordinal(), 0);
    }

    /** TCP sends what skb {@code queued} holds as skb {@code wire}. */
    private void send(long queued, long wire, EdgeKind kind) {
        feed.see(TCP_TRANSMIT, queued, r -> r.at(1, 0).pid(SERVER).arg(SEQUENCES));
        edge(queued, queued, wire, kind);
        feed.see(NET_DEV_QUEUE, wire, r -> r.at(1, 2).ip(Told.tcp(1000, ACK, 100)));
    }

    private void fragment(long skb, int offset) {
        feed.see(NETIF_RECEIVE_SKB, skb, r -> r.at(2, 3)
                .ip(RecordBytes.fragment(Told.CLIENT, Told.SERVER, 7, offset, 1480)));
        feed.see(FRAG_QUEUE_INSERT, skb, r -> r.arg(QUEUE));
    }

    @Test
    void isDeliveredByTheReaderOfThatDatagram() {
        told.crosses(1);
        feed.see(SKB_CONSUME_UDP, 1, r -> r.pid(SERVER).arg(10));
        feed.see(CONSUME_SKB, 1);

        assertThat(told.verdict()).isEqualTo(new Verdict.Delivered(SERVER));
        assertThat(told.only().hops().get(4).detail()).isEqualTo("10 B");
    }

    @Test
    void isNotDeliveredByALook() {
        told.crosses(1);
        feed.see(SK_DATA_READY, 1, r -> r.arg(SOCKET));
        feed.see(SKB_COPY_DATAGRAM, 1, r -> r.pid(SERVER).arg(10));
        feed.see(SKB_CONSUME_UDP, 1, r -> r.pid(SERVER).arg(-10));

        assertThat(told.only().hops().get(6).detail()).isEqualTo("only looked at");
        assertThat(told.verdict()).isNotInstanceOf(Verdict.Delivered.class);
    }

    @Test
    void isDroppedByAnAfXdpSocketWithoutRoom() {
        told.crosses(1);
        feed.see(CONSUME_SKB, 1);
        feed.see(XSK_RCV, 1, r -> r.arg(6L << 32 | 12));

        assertThat(told.verdict()).isEqualTo(new Verdict.Dropped(6, 0));
        assertThat(told.only().hops().get(5).detail()).isEqualTo("error 12");
    }

    @Test
    void isDeliveredToAProcessThatNobodyKnows() {
        told.crosses(1);
        feed.see(SKB_COPY_DATAGRAM, 1, r -> r.arg(10));

        assertThat(told.only().verdictText()).isEqualTo("delivered to a process that was not seen");
    }

    @Test
    void isTransmittedByAnAfXdpSocketOfARealDevice() {
        feed.see(XSK_XMIT, 1, r -> r.at(1, PHYSICAL).pid(SERVER).ip(Told.udp(0, 10)));

        assertThat(told.verdict()).isEqualTo(new Verdict.Transmitted(1, PHYSICAL));
    }

    @Test
    void isDroppedThoughSomebodyHadALook() {
        told.crosses(1);
        feed.see(SKB_COPY_DATAGRAM, 1, r -> r.pid(SERVER).arg(10));
        feed.see(SKB_CONSUME_UDP, 1, r -> r.pid(SERVER).arg(-10));
        feed.see(KFREE_SKB, 1, r -> r.arg(NETFILTER_DROP));

        assertThat(told.verdict()).isInstanceOf(Verdict.Dropped.class);
    }

    /** Linux 6.1 does not say where it consumes, and the stages family has no hook at the reader there. */
    @Test
    void isDeliveredWhereATaskFreesADatagramThatWasReceived() {
        told.crosses(1);
        feed.see(CONSUME_SKB, 1, r -> r.pid(SERVER));

        assertThat(told.verdict()).isEqualTo(new Verdict.Delivered(SERVER));
    }

    @Test
    void isDeliveredWhereTheReaderFreesIt() {
        feed.see(NETIF_RECEIVE_SKB, 1, r -> r.at(2, 3).ip(Told.udp(0, 10)));
        feed.see(CONSUME_SKB, 1, r -> r.pid(SERVER).arg(0x81000003L));

        assertThat(told.verdict()).isEqualTo(new Verdict.Delivered(SERVER));
    }

    @Test
    void isNotDeliveredToWhomTheKernelInterruptedNorToASender() {
        told.crosses(1);
        feed.see(CONSUME_SKB, 1);
        feed.see(NETIF_RECEIVE_SKB, 2, r -> r.at(2, 3).ip(Told.udp(0, 10)));
        feed.see(NET_DEV_QUEUE, 2);
        feed.see(CONSUME_SKB, 2, r -> r.pid(SERVER));

        assertThat(told.all()).hasSize(2).allSatisfy(t -> assertThat(t.verdict())
                .isEqualTo(new Verdict.Absorbed("used by the kernel")));
    }

    @Test
    void isProcessedByTheConnectionThatTookASegmentWithoutData() {
        feed.see(NETIF_RECEIVE_SKB, 1, r -> r.at(2, 3).ip(Told.tcp(1000, ACK, 0)));
        feed.see(TCP_DO_RCV, 1, r -> r.arg(1000L << 32 | 1000));
        feed.freed(1);

        assertThat(told.verdict()).isEqualTo(new Verdict.Absorbed("processed by a TCP connection"));
        assertThat(told.only().hops().get(1).detail()).isEqualTo("seq 1000, 0 B");
    }

    @Test
    void isInFlightWhileItsDataWaitsForAReader() {
        feed.see(NETIF_RECEIVE_SKB, 1, r -> r.at(2, 3).ip(Told.tcp(1000, ACK, 100)));
        feed.see(TCP_DO_RCV, 1, r -> r.arg(SEQUENCES));

        assertThat(told.verdict()).isEqualTo(new Verdict.InFlight());
    }

    @Test
    void isNoEndThatTheSendQueueIsFreed() {
        send(1, 2, EdgeKind.CLONE);
        feed.see(QDISC_ENQUEUE, 2);
        feed.freed(1);

        assertThat(told.verdict()).isEqualTo(new Verdict.InFlight());
    }

    @Test
    void isNotInFlightBecauseItStandsInTheSendQueue() {
        send(1, 2, EdgeKind.CLONE);
        feed.freed(2);

        assertThat(told.verdict())
                .isEqualTo(new Verdict.LostSight("it was freed after net_dev_queue, and no hook tells what for"));
    }

    @Test
    void isInFlightWhileItIsOnlyInTheSendQueue() {
        feed.see(TCP_TRANSMIT, 1, r -> r.at(1, 0).pid(SERVER).arg(SEQUENCES));

        assertThat(told.verdict()).isEqualTo(new Verdict.InFlight());
    }

    @Test
    void isDroppedWhereAllThatWasSentOfItWasDropped() {
        send(1, 2, EdgeKind.CLONE);
        feed.see(KFREE_SKB, 2, r -> r.arg(NETFILTER_DROP));

        assertThat(told.verdict()).isInstanceOf(Verdict.Dropped.class);
    }

    @Test
    void isDeliveredWhereItWasSentAgain() {
        send(1, 2, EdgeKind.CLONE);
        feed.see(KFREE_SKB, 2, r -> r.arg(NETFILTER_DROP));
        send(1, 3, EdgeKind.RETRANSMIT);
        feed.see(NETIF_RECEIVE_SKB, 3, r -> r.at(2, 3));
        feed.see(TCP_DO_RCV, 3, r -> r.arg(SEQUENCES));
        feed.see(SKB_COPY_DATAGRAM, 3, r -> r.pid(SERVER).arg(1000L << 32 | 100));

        assertThat(told.verdict()).isEqualTo(new Verdict.Delivered(SERVER));
        assertThat(Flow.summary(told.only().hops().get(1).headers())).startsWith("10.0.0.1:40000 > 10.0.0.2:80 tcp");
        assertThat(told.only().hops().get(1).changes())
                .extracting(Change::field)
                .containsExactly("dev");
    }

    @Test
    void lastsAsLongAsItsWayAndNotOnlyUntilTcpSentIt() {
        send(1, 2, EdgeKind.CLONE);
        feed.see(NET_DEV_START_XMIT, 2, r -> r.at(1, PHYSICAL));
        feed.see(CONSUME_SKB, 2);

        assertThat(told.verdict()).isEqualTo(new Verdict.Transmitted(1, PHYSICAL));
        assertThat(told.only().totalNs()).isEqualTo(4000);
    }

    @Test
    void isReassembledIntoAnotherPacket() {
        fragment(1, 0x2000);
        fragment(2, 185);
        feed.see(FRAG_REASM_FINISH, 2, r -> r.arg(QUEUE));
        feed.see(SKB_CONSUME_UDP, 2, r -> r.pid(SERVER).arg(2000));
        // Linux 6.1 calls so what was delivered as a part of it.
        feed.see(KFREE_SKB, 1, r -> r.arg(NOT_SPECIFIED));

        assertThat(told.of(1).verdict()).isEqualTo(new Verdict.Absorbed("reassembled into another packet"));
        assertThat(told.of(2).verdict()).isEqualTo(new Verdict.Delivered(SERVER));
    }

    @Test
    void isDroppedWithTheQueueOfFragmentsThatWasGivenUp() {
        fragment(1, 0x2000);
        feed.see(KFREE_SKB, 1, r -> r.arg(NETFILTER_DROP));

        assertThat(told.verdict()).isInstanceOf(Verdict.Dropped.class);
    }

    @Test
    void isNotDroppedBecauseItsFragmentsAreFreedSo() {
        fragment(1, 0x2000);
        edge(1, 1, 2, EdgeKind.FRAGMENT);
        fragment(2, 185);
        feed.see(FRAG_REASM_FINISH, 2, r -> r.arg(QUEUE));
        feed.see(NETIF_RECEIVE_SKB, 2);
        feed.see(KFREE_SKB, 1, r -> r.arg(NOT_SPECIFIED));

        assertThat(told.verdict()).isEqualTo(new Verdict.InFlight());
    }

    @Test
    void isMergedIntoAnotherPacketWhateverItsSkbIsFreedFor() {
        told.crosses(1);
        told.crosses(2);
        edge(1, 2, 1, EdgeKind.COALESCE);
        feed.see(KFREE_SKB, 2, r -> r.arg(NOT_SPECIFIED));

        assertThat(told.of(2).verdict()).isEqualTo(new Verdict.Absorbed("merged into another packet"));
    }

    @Test
    void hasAnEndOfItsOwnWhereItWasTakenOutOfTheOtherAgain() {
        told.crosses(1);
        told.crosses(2);
        edge(1, 2, 1, EdgeKind.COALESCE);
        feed.see(NET_DEV_QUEUE, 2);
        feed.see(KFREE_SKB, 2, r -> r.arg(NETFILTER_DROP));

        assertThat(told.of(2).verdict()).isInstanceOf(Verdict.Dropped.class);
    }

    @Test
    void isNotUsedWhereOnlyWhatItWasCopiedFromIsFreed() {
        told.crosses(1);
        edge(1, 1, 2, EdgeKind.COPY);
        feed.see(CONSUME_SKB, 1);
        feed.see(NET_DEV_QUEUE, 2);

        assertThat(told.verdict()).isEqualTo(new Verdict.InFlight());
    }

    @Test
    void isNotUsedByAPacketSocketThatGotAClone() {
        told.crosses(1);
        feed.edge(1, 1, 2, EdgeKind.COPY.ordinal(), 0, r -> r.callers(0x81000004L, 0x81000005L));
        feed.see(CONSUME_SKB, 2, r -> r.arg(0x81000001L));

        assertThat(told.verdict()).isEqualTo(new Verdict.InFlight());
    }

    @Test
    void isUsedByASocketThatFreedItUnseen() {
        told.crosses(1);
        feed.see(SK_DATA_READY, 1, r -> r.arg(SOCKET));
        feed.freed(1);

        assertThat(told.verdict()).isEqualTo(new Verdict.Absorbed("used by a socket"));
    }

    @Test
    void showsAPacketSocketsWholeCloneAsOffTheWay() {
        told.crosses(1);
        edge(1, 1, 2, EdgeKind.CLONE);
        feed.see(SK_DATA_READY, 2, r -> r.flag(EventLayout.FLAG_TAP));
        feed.see(CONSUME_SKB, 2, r -> r.arg(0x81000001L));

        assertThat(told.verdict()).isEqualTo(new Verdict.InFlight());
    }
}
