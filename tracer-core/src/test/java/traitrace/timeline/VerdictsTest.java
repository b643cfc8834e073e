package traitrace.timeline;

import static org.assertj.core.api.Assertions.assertThat;
import static traitrace.event.Hook.*;
import static traitrace.event.PacketBytes.*;
import static traitrace.timeline.PlainNames.PHYSICAL;
import static traitrace.timeline.PlainNames.SERVER;

import org.junit.jupiter.api.Test;
import traitrace.event.EventLayout;
import traitrace.event.RecordFeed;
import traitrace.lineage.EdgeKind;

/** How stories end, and the words for it. */
class VerdictsTest {
    private static final long SOCKET = 0xffff888012345678L;
    private static final long NETFILTER_DROP = 8L << 32 | 0x81234567L;
    private static final long ICMP_RCV = 0x81000001L;
    private static final long SK_PSOCK_BACKLOG = 0x81000008L;
    private static final int ACK = 16;

    private final Told told = new Told();
    private final RecordFeed feed = told.feed;

    private void clone(long packet, long parent, long child) {
        feed.edge(packet, parent, child, EdgeKind.CLONE.ordinal(), 0);
    }

    @Test
    void isDeliveredByTheCopyToAProcess() {
        told.crosses(1);
        feed.see(SK_DATA_READY, 1, r -> r.arg(SOCKET));
        feed.see(SKB_COPY_DATAGRAM, 1, r -> r.pid(SERVER).arg(10));
        feed.see(CONSUME_SKB, 1);

        assertThat(told.verdict()).isEqualTo(new Verdict.Delivered(SERVER));
        assertThat(told.only().verdictText()).isEqualTo("delivered to server[4242]");
        assertThat(told.only().advice()).isEmpty();
    }

    @Test
    void isDeliveredByTheReceiptOfAProcess() {
        told.crosses(1);
        feed.see(SK_DATA_READY, 1, r -> r.arg(SOCKET));
        feed.receive(SOCKET, 0, 10, 0);
        feed.gone(1);

        assertThat(told.verdict()).isEqualTo(new Verdict.Delivered(SERVER));
    }

    @Test
    void namesAProcessByItsNumberWhereTheNameIsNotKnown() {
        told.crosses(1);
        feed.see(SKB_COPY_DATAGRAM, 1, r -> r.pid(77).arg(10));

        assertThat(told.only().verdictText()).isEqualTo("delivered to pid[77]");
    }

    @Test
    void isNotDeliveredByAPacketSocket() {
        told.crosses(1);
        clone(1, 1, 2);
        feed.see(SK_DATA_READY, 2, r -> r.flag(EventLayout.FLAG_TAP));
        feed.see(SKB_COPY_DATAGRAM, 2, r -> r.flag(EventLayout.FLAG_TAP).pid(SERVER));
        feed.see(KFREE_SKB, 1, r -> r.arg(NETFILTER_DROP));

        assertThat(told.verdict()).isInstanceOf(Verdict.Dropped.class);
    }

    @Test
    void isDroppedForAReasonAtAPlace() {
        told.crosses(1);
        feed.see(KFREE_SKB, 1, r -> r.arg(NETFILTER_DROP));

        assertThat(told.verdict()).isEqualTo(new Verdict.Dropped(8, 0x81234567L));
        assertThat(told.only().verdictText())
                .isEqualTo(Explanations.load()
                        .ofDrop("NETFILTER_DROP")
                        .orElseThrow()
                        .sentence());
        assertThat(told.only().advice()).isNotEmpty();
    }

    @Test
    void hasNoWordsForAReasonThatIsNotExplained() {
        told.crosses(1);
        feed.see(KFREE_SKB, 1, r -> r.arg(0xfffffff0L << 32));

        assertThat(told.verdict()).isEqualTo(new Verdict.Dropped(-16, 0));
        assertThat(told.only().verdictText()).isEmpty();
        assertThat(told.only().advice()).isEmpty();
    }

    @Test
    void isDroppedThoughTcpLookedAtItBefore() {
        feed.see(NETIF_RECEIVE_SKB, 1, r -> r.at(2, 3).ip(Told.tcp(1000, ACK, 10)));
        feed.see(TCP_PROBE, 1);
        feed.see(KFREE_SKB, 1, r -> r.arg(NETFILTER_DROP));

        assertThat(told.verdict()).isInstanceOf(Verdict.Dropped.class);
    }

    @Test
    void isNotDroppedWhereAnotherSocketHasSentIt() {
        feed.see(NETIF_RECEIVE_SKB, 1, r -> r.at(2, 3).ip(Told.tcp(1000, ACK, 10)));
        feed.see(TCP_PROBE, 1);
        feed.see(KFREE_SKB, 1, r -> r.arg(2L << 32 | SK_PSOCK_BACKLOG));

        assertThat(told.verdict()).isEqualTo(new Verdict.Absorbed("sent on by another socket"));
    }

    @Test
    void isAbsorbedWhereTheKernelAnswersAnEcho() {
        feed.see(NETIF_RECEIVE_SKB, 1, r -> r.at(2, 3).ip(ipv4("10.0.0.1", "10.0.0.2", 1, icmp(8, 0, 7, 1))));
        feed.see(CONSUME_SKB, 1, r -> r.arg(ICMP_RCV));

        assertThat(told.verdict()).isEqualTo(new Verdict.Absorbed("used by the kernel in icmp_rcv"));
        assertThat(told.only().verdictText()).isEqualTo("used by the kernel in icmp_rcv");
    }

    @Test
    void doesNotNameTheCleanerAsTheUser() {
        feed.see(NETIF_RECEIVE_SKB, 1, r -> r.at(2, 3).ip(Told.udp(0, 10)));
        feed.see(CONSUME_SKB, 1, r -> r.arg(0x81000002L));

        assertThat(told.verdict())
                .isEqualTo(new Verdict.Absorbed("used; by whom was not seen, for it was freed later"));
    }

    @Test
    void isAbsorbedByATcpConnection() {
        feed.see(NETIF_RECEIVE_SKB, 1, r -> r.at(2, 3).ip(Told.tcp(1000, ACK, 0)));
        feed.see(TCP_PROBE, 1);

        assertThat(told.verdict()).isEqualTo(new Verdict.Absorbed("processed by a TCP connection"));
    }

    @Test
    void isDeliveredThoughAllOtherFloodedClonesWereDropped() {
        told.crosses(1);
        for (long port = 2; port <= 4; port++) {
            clone(1, 1, port);
            feed.see(NET_DEV_QUEUE, port);
        }
        feed.see(KFREE_SKB, 2, r -> r.arg(NETFILTER_DROP));
        feed.see(SKB_COPY_DATAGRAM, 3, r -> r.pid(SERVER));
        feed.see(KFREE_SKB, 4, r -> r.arg(NETFILTER_DROP));
        feed.see(KFREE_SKB, 1, r -> r.arg(NETFILTER_DROP));

        assertThat(told.verdict()).isEqualTo(new Verdict.Delivered(SERVER));
    }

    @Test
    void isTransmittedByAPhysicalDevice() {
        feed.see(NET_DEV_QUEUE, 1, r -> r.at(1, PHYSICAL).ip(Told.udp(0, 10)));
        feed.see(NET_DEV_START_XMIT, 1);
        feed.see(CONSUME_SKB, 1);

        assertThat(told.verdict()).isEqualTo(new Verdict.Transmitted(1, PHYSICAL));
        assertThat(told.only().verdictText()).isEqualTo("transmitted by eth9");
    }

    @Test
    void isNotTransmittedByBeingQueuedOrByAVirtualDevice() {
        feed.see(NET_DEV_START_XMIT, 1, r -> r.at(1, 2).ip(Told.udp(0, 10)));
        feed.see(NET_DEV_QUEUE, 1, r -> r.at(1, PHYSICAL));

        assertThat(told.verdict()).isEqualTo(new Verdict.InFlight());
    }

    @Test
    void isTransmittedThoughAnotherCopyWasDropped() {
        told.crosses(1);
        clone(1, 1, 2);
        feed.see(NET_DEV_START_XMIT, 2, r -> r.at(1, PHYSICAL));
        feed.see(KFREE_SKB, 1, r -> r.arg(NETFILTER_DROP));

        assertThat(told.verdict()).isEqualTo(new Verdict.Transmitted(1, PHYSICAL));
    }

    @Test
    void isDeliveredThoughAnotherCopyLeftTheHost() {
        told.crosses(1);
        clone(1, 1, 2);
        feed.see(SKB_COPY_DATAGRAM, 1, r -> r.pid(SERVER));
        feed.see(NET_DEV_START_XMIT, 2, r -> r.at(1, PHYSICAL));

        assertThat(told.verdict()).isEqualTo(new Verdict.Delivered(SERVER));
    }

    @Test
    void isAbsorbedWhereGroMergedItIntoAnother() {
        merge();

        assertThat(told.of(2).verdict()).isEqualTo(new Verdict.Absorbed("merged into another packet"));
    }

    @Test
    void isNotMergedItselfWhereOthersWereMergedIntoIt() {
        merge();
        feed.see(KFREE_SKB, 1, r -> r.arg(NETFILTER_DROP));

        assertThat(told.of(1).verdict()).isEqualTo(new Verdict.Dropped(8, 0x81234567L));
    }

    @Test
    void isDeliveredWithWhatItWasMergedInto() {
        merge();
        feed.see(SKB_COPY_DATAGRAM, 1, r -> r.pid(SERVER).arg(1000L << 32 | 200));

        assertThat(told.of(1).verdict()).isEqualTo(new Verdict.Delivered(SERVER));
        assertThat(told.of(2).verdict()).isEqualTo(new Verdict.Delivered(SERVER));
    }

    /** GRO merges packet 2 into packet 1. */
    private void merge() {
        feed.see(NAPI_GRO_RECEIVE, 1, r -> r.at(2, 3).ip(Told.tcp(1000, ACK, 100)));
        feed.see(NAPI_GRO_RECEIVE, 2, r -> r.at(2, 3).ip(Told.tcp(1100, ACK, 100)));
        feed.see(NETIF_RECEIVE_SKB, 1, r -> r.flag(EventLayout.FLAG_MERGED)
                .ip(Told.tcp(1000, ACK, 200))
                .gso(100, 2));
    }

    @Test
    void isInFlightWhileItWaits() {
        feed.see(NET_DEV_QUEUE, 1, r -> r.at(1, 2).ip(Told.udp(0, 10)));
        feed.see(QDISC_ENQUEUE, 1);

        assertThat(told.verdict()).isEqualTo(new Verdict.InFlight());
        assertThat(told.only().verdictText()).isEqualTo("not seen since it was " + QDISC_ENQUEUE.meaning());
    }

    @Test
    void isLostFromSightWhereItEndsWithoutAHook() {
        told.crosses(1);
        feed.gone(1);

        assertThat(told.verdict())
                .isEqualTo(new Verdict.LostSight("it ended after netif_receive_skb, where no hook is"));
        assertThat(told.only().verdictText()).isEqualTo("it ended after netif_receive_skb, where no hook is");
    }

    @Test
    void isAbsorbedWhereItEndsInASocketWithoutAHook() {
        told.crosses(1);
        feed.see(SK_DATA_READY, 1, r -> r.arg(SOCKET));
        feed.gone(1);

        assertThat(told.verdict()).isEqualTo(new Verdict.Absorbed("used by a socket"));
    }

    @Test
    void isLostFromSightWhereOnlyAPacketSocketSawIt() {
        feed.see(SK_DATA_READY, 1, r -> r.flag(EventLayout.FLAG_TAP).ip(Told.udp(0, 10)));

        assertThat(told.verdict()).isEqualTo(new Verdict.LostSight("its end was not seen"));
    }

    @Test
    void isLostFromSightWhereTcpFreesAnAcknowledgementSilently() {
        byte[] options = new byte[12];
        byte[] segment = tcp(4000, 80, ACK, options, new byte[0]);
        byte[][] empty = {ipv4("10.0.0.1", "10.0.0.2", 6, segment), ipv6("::1", "::2", 6, segment)};
        for (int i = 0; i < empty.length; i++) {
            byte[] packet = empty[i];
            feed.see(NETIF_RECEIVE_SKB, i + 1, r -> r.at(2, 3).ip(packet));
        }

        assertThat(told.all()).hasSize(2).allSatisfy(t -> assertThat(t.verdict())
                .isEqualTo(new Verdict.LostSight("TCP frees a segment without data where no hook is")));
    }

    @Test
    void isInFlightWhereASegmentWithDataWasReceivedLast() {
        feed.see(NETIF_RECEIVE_SKB, 1, r -> r.at(2, 3).ip(Told.tcp(1000, ACK, 1)));

        assertThat(told.verdict()).isEqualTo(new Verdict.InFlight());
    }
}
