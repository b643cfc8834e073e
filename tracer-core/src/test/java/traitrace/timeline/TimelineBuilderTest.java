package traitrace.timeline;

import static org.assertj.core.api.Assertions.assertThat;
import static traitrace.event.Hook.*;
import static traitrace.event.PacketBytes.*;

import org.junit.jupiter.api.Test;
import traitrace.event.EventLayout;
import traitrace.event.Flow;
import traitrace.event.RecordBytes;
import traitrace.event.RecordFeed;
import traitrace.lineage.EdgeKind;

/** What each hop says, and what it says of the way from the hop before. */
class TimelineBuilderTest {
    private static final long SOCKET = 0xffff888012345678L;

    private final Told told = new Told();
    private final RecordFeed feed = told.feed;

    private Hop last() {
        Timeline timeline = told.only();
        return timeline.hops().get(timeline.hops().size() - 1);
    }

    @Test
    void tellsWhenAndWhereAndWho() {
        feed.see(NET_DEV_QUEUE, 1, r -> r.at(1, 2).pid(4242).mark(0x80000001).ip(Told.udp(7, 10)));

        Hop hop = last();
        assertThat(hop.timeNs()).isEqualTo(feed.now());
        assertThat(hop.skbId()).isEqualTo(1);
        assertThat(hop.hook()).isEqualTo(NET_DEV_QUEUE);
        assertThat(hop.netns()).isEqualTo(1);
        assertThat(hop.netnsName()).isEqualTo("net1");
        assertThat(hop.ifindex()).isEqualTo(2);
        assertThat(hop.device()).isEqualTo("eth2");
        assertThat(hop.pid()).isEqualTo(4242);
        assertThat(hop.process()).isEqualTo("server");
        assertThat(hop.mark()).isEqualTo(0x80000001L);
        assertThat(hop.protocol()).isEqualTo(0x0800);
        assertThat(Flow.summary(hop.headers())).isEqualTo("10.0.0.1:40000 > 10.0.0.2:53 udp");
        assertThat(hop.changes()).isEmpty();
        assertThat(hop.tap()).isFalse();
    }

    @Test
    void tellsTheWholeStory() {
        told.crosses(1);

        Timeline timeline = told.only();
        assertThat(timeline.packetId()).isEqualTo(1);
        assertThat(timeline.hops())
                .extracting(Hop::hook)
                .containsExactly(NET_DEV_QUEUE, NET_DEV_START_XMIT, NETIF_RX, NETIF_RECEIVE_SKB);
        assertThat(timeline.totalNs()).isEqualTo(3000);
        assertThat(timeline.missing()).isZero();
    }

    @Test
    void tellsAMoveToAnotherNamespaceAndDevice() {
        feed.see(NET_DEV_START_XMIT, 1, r -> r.at(1, 2).ip(Told.udp(7, 10)));
        feed.see(NETIF_RX, 1, r -> r.at(2, 3));

        assertThat(last().changes())
                .containsExactly(new Change("netns", "net1", "net2"), new Change("dev", "eth2", "eth3"));
    }

    @Test
    void tellsAMarkThatIsSetAndTakenAway() {
        feed.see(NETIF_RX, 1, r -> r.at(1, 2).ip(Told.udp(7, 10)));
        feed.see(NETIF_RECEIVE_SKB, 1, r -> r.mark(0x80004000));
        feed.see(NET_DEV_QUEUE, 1);

        assertThat(told.only().hops())
                .extracting(Hop::changes)
                .containsExactly(
                        java.util.List.of(),
                        java.util.List.of(new Change("mark", "", "0x80004000")),
                        java.util.List.of(new Change("mark", "0x80004000", "")));
    }

    @Test
    void tellsTranslatedAddresses() {
        feed.see(NETIF_RECEIVE_SKB, 1, r -> r.at(1, 2).ip(Told.udp(7, 10)));
        byte[] translated = RecordBytes.udp(Told.CLIENT, 0x0a000063, 8053, 7, 10);
        feed.see(NET_DEV_QUEUE, 1, r -> r.flag(EventLayout.FLAG_REWRITTEN).ip(translated));

        assertThat(last().changes()).containsExactly(new Change("dst", "10.0.0.2:53", "10.0.0.99:8053"));
    }

    @Test
    void tellsATunnelAroundThePacket() {
        byte[] inner = ipv4("10.0.0.1", "10.0.0.2", 17, udp(40000, 53, text(10)));
        byte[] outer = ipv4("10.9.0.1", "10.9.0.2", 17, udp(5, 4789, vxlan(42, ethernet(0x0800, inner))));
        feed.see(NET_DEV_START_XMIT, 1, r -> r.at(1, 2).ip(inner));
        feed.see(NET_DEV_QUEUE, 1, r -> r.at(1, 3).ip(outer));

        assertThat(last().changes())
                .containsExactly(
                        new Change("dev", "eth2", "eth3"),
                        new Change("encapsulation", "", "vxlan 42 10.9.0.1 > 10.9.0.2"));
    }

    @Test
    void showsTheLastHeadersWhereARecordHasNone() {
        told.crosses(1);

        assertThat(told.only().hops()).allSatisfy(hop -> assertThat(Flow.summary(hop.headers()))
                .isEqualTo("10.0.0.1:40000 > 10.0.0.2:53 udp"));
    }

    @Test
    void showsEachSkbsOwnHeaders() {
        feed.see(NETIF_RECEIVE_SKB, 1, r -> r.at(1, 2).ip(Told.udp(7, 10)));
        feed.edge(1, 1, 2, EdgeKind.CLONE.ordinal(), 0);
        feed.see(NET_DEV_QUEUE, 2, r -> r.at(1, 3).ip(RecordBytes.udp(Told.CLIENT, 0x0a000063, 53, 7, 10)));
        feed.see(NET_DEV_QUEUE, 1);

        assertThat(Flow.summary(last().headers())).isEqualTo("10.0.0.1:40000 > 10.0.0.2:53 udp");
    }

    @Test
    void showsTheLastDeviceInASocketsQueue() {
        told.crosses(1);
        feed.see(SK_DATA_READY, 1, r -> r.at(2, 0).arg(SOCKET));

        assertThat(last().device()).isEqualTo("eth3");
        assertThat(last().netnsName()).isEqualTo("net2");
        assertThat(last().changes()).isEmpty();
    }

    @Test
    void showsTheLastNamespaceWhereThereIsNoSocket() {
        told.crosses(1);
        feed.see(SKB_COPY_DATAGRAM, 1, r -> r.at(0, 0));

        assertThat(last().netnsName()).isEqualTo("net2");
        assertThat(last().changes()).isEmpty();
    }

    @Test
    void showsNoDeviceWhereNoneWasEverKnown() {
        feed.see(KFREE_SKB, 1, r -> r.at(1, 0).ip(Told.udp(7, 10)));

        assertThat(last().device()).isEmpty();
        assertThat(last().ifindex()).isZero();
    }

    @Test
    void takesAReceiptForTheSocketsAndNotForThePackets() {
        feed.see(NETIF_RECEIVE_SKB, 1, r -> r.at(2, 3).mark(5).ip(Told.udp(7, 10)));
        feed.see(SK_DATA_READY, 1, r -> r.mark(5).arg(SOCKET));
        // MSG_TRUNC stands where the mark is in an event.
        feed.raw(RecordBytes.receive(feed.now() + 1, SOCKET, 0, 10, 0x20).at(2, 0));

        Hop hop = last();
        assertThat(hop.hook()).isEqualTo(SOCK_RECV_LENGTH);
        assertThat(hop.mark()).isEqualTo(5);
        assertThat(hop.protocol()).isEqualTo(0x0800);
        assertThat(hop.counter()).isEqualTo(-1);
        assertThat(hop.detail()).isEqualTo("10 B");
        assertThat(hop.process()).isEqualTo("server");
        assertThat(hop.changes()).isEmpty();
    }

    @Test
    void marksWhatAPacketSocketSaw() {
        told.crosses(1);
        feed.see(SK_DATA_READY, 1, r -> r.flag(EventLayout.FLAG_TAP));

        assertThat(last().tap()).isTrue();
    }

    @Test
    void tellsHowManyEventsAreMissing() {
        told.crosses(1);
        feed.lose(1, 2).see(KFREE_SKB, 1);

        assertThat(last().missing()).isEqualTo(2);
        assertThat(told.only().missing()).isEqualTo(2);
    }

    @Test
    void passesOverHooksOfNewerProbes() {
        told.crosses(1);
        feed.see(KFREE_SKB, 1, r -> r.hook(60));

        assertThat(told.only().hops()).hasSize(4);
    }

    @Test
    void tellsNothingOfAPacketWithoutAHop() {
        feed.see(NETIF_RX, 1, r -> r.hook(60));
        feed.edge(2, 2, 3, EdgeKind.CLONE.ordinal(), 0);

        assertThat(told.all()).isEmpty();
    }

    @Test
    void tellsEdgesInOrderOfTime() {
        feed.see(NET_DEV_QUEUE, 1, r -> r.at(1, 2).ip(Told.tcp(1000, 16, 100)));
        feed.edge(2, 2, 3, EdgeKind.CLONE.ordinal(), 0);
        feed.edge(1, 1, 4, EdgeKind.CLONE.ordinal(), 0);
        feed.see(NET_DEV_QUEUE, 2, r -> r.at(1, 2).ip(Told.tcp(1000, 16, 100)));

        assertThat(told.only().edges())
                .extracting(e -> e.childSkb())
                .as("the clone of 2 was made before that of 1")
                .containsExactly(3L, 4L, 2L);
    }
}
