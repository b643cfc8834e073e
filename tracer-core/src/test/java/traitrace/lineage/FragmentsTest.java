package traitrace.lineage;

import static org.assertj.core.api.Assertions.assertThat;
import static traitrace.event.Hook.*;
import static traitrace.event.PacketBytes.fragment6;
import static traitrace.event.PacketBytes.ipv6;
import static traitrace.event.PacketBytes.text;
import static traitrace.lineage.Journeys.*;

import org.junit.jupiter.api.Test;
import traitrace.event.PacketBytes;
import traitrace.event.RecordBytes;
import traitrace.event.RecordFeed;

/** IP fragments and what is reassembled of them. */
class FragmentsTest {
    private static final int MORE = 0x2000;

    private final Journeys journeys = new Journeys();
    private final RecordFeed feed = journeys.feed;

    private static byte[] fragment(int id, int offset, int payload) {
        return RecordBytes.fragment(CLIENT, SERVER, id, offset, payload);
    }

    @Test
    void areOnePacketByTheirIpId() {
        feed.see(NETIF_RECEIVE_SKB, 1, r -> r.at(HOME, 2).ip(fragment(7, MORE, 1480)));
        feed.see(NETIF_RECEIVE_SKB, 2, r -> r.at(HOME, 2).ip(fragment(7, MORE | 185, 1480)));
        feed.see(NETIF_RECEIVE_SKB, 3, r -> r.at(HOME, 2).ip(fragment(7, 370, 100)));

        Packet packet = journeys.only();
        assertThat(skbs(packet)).containsExactly(1L, 2L, 3L);
        assertThat(edges(packet)).hasSize(2).allMatch(e -> e.endsWith("fragment matched"));
    }

    @Test
    void belongToTheDatagramThatTheyWereMadeOf() {
        feed.see(NET_DEV_QUEUE, 1, r -> r.at(HOME, 2).ip(udp(7, 2000)));
        feed.see(NET_DEV_QUEUE, 2, r -> r.at(HOME, 2).ip(fragment(7, MORE, 1480)));
        feed.see(NET_DEV_QUEUE, 3, r -> r.at(HOME, 2).ip(fragment(7, 185, 528)));

        assertThat(skbs(journeys.only())).containsExactly(1L, 2L, 3L);
    }

    @Test
    void ofIpv6AreOnePacketByTheIdOfTheirHeader() {
        byte[] first = ipv6("::1", "::2", 44, fragment6(17, 0, true, 0xfedcba98L, PacketBytes.udp(1, 2, text(40))));
        byte[] last = ipv6("::1", "::2", 44, fragment6(17, 48, false, 0xfedcba98L, text(30)));
        feed.see(NETIF_RECEIVE_SKB, 1, r -> r.at(HOME, 2).ip(first));
        feed.see(NETIF_RECEIVE_SKB, 2, r -> r.at(HOME, 2).ip(last));

        assertThat(edges(journeys.only())).containsExactly("1>2 fragment matched");
    }

    @Test
    void areFoundInTheNamespaceIntoWhichOthersWent() {
        feed.see(NET_DEV_START_XMIT, 1, r -> r.at(HOME, 2).ip(fragment(7, MORE, 1480)));
        feed.see(NETIF_RX, 1, r -> r.at(AWAY, 3));
        feed.see(NETIF_RX, 2, r -> r.at(AWAY, 3).ip(fragment(7, 185, 100)));

        assertThat(skbs(journeys.only())).containsExactly(1L, 2L);
    }

    @Test
    void ofAnotherIdAreAnotherPacket() {
        feed.see(NETIF_RECEIVE_SKB, 1, r -> r.at(HOME, 2).ip(fragment(7, MORE, 1480)));
        feed.see(NETIF_RECEIVE_SKB, 2, r -> r.at(HOME, 2).ip(fragment(8, 185, 100)));

        assertThat(journeys.all()).hasSize(2);
    }

    @Test
    void ofOtherHostsAreAnotherPacket() {
        feed.see(NETIF_RECEIVE_SKB, 1, r -> r.at(HOME, 2).ip(fragment(7, MORE, 1480)));
        feed.see(NETIF_RECEIVE_SKB, 2, r -> r.at(HOME, 2).ip(RecordBytes.fragment(SERVER, CLIENT, 7, 185, 100)));

        assertThat(journeys.all()).hasSize(2);
    }

    @Test
    void inAnotherNamespaceAreAnotherPacket() {
        feed.see(NETIF_RECEIVE_SKB, 1, r -> r.at(HOME, 2).ip(fragment(7, MORE, 1480)));
        feed.see(NETIF_RECEIVE_SKB, 2, r -> r.at(AWAY, 2).ip(fragment(7, 185, 100)));

        assertThat(journeys.all()).hasSize(2);
    }

    @Test
    void ofAnIdUsedAgainLaterAreAnotherPacket() {
        feed.see(NETIF_RECEIVE_SKB, 1, r -> r.at(HOME, 2).ip(fragment(7, MORE, 1480)));
        feed.pass(3_000 * RecordFeed.MS);
        feed.see(NETIF_RECEIVE_SKB, 2, r -> r.at(HOME, 2).ip(fragment(7, 185, 100)));

        assertThat(journeys.all()).hasSize(2);
    }

    @Test
    void areJoinedByTheEdgeToWhatTheKernelReassembled() {
        feed.see(NETIF_RECEIVE_SKB, 1, r -> r.at(HOME, 2).ip(fragment(7, MORE, 1480)));
        feed.see(NETIF_RECEIVE_SKB, 2, r -> r.at(HOME, 2).ip(fragment(7, 185, 528)));
        feed.edge(3, 2, 3, EdgeKind.REASSEMBLE.ordinal(), Evidence.MATCHED.ordinal());
        feed.see(SK_DATA_READY, 3, r -> r.at(HOME, 2).ip(udp(7, 2000)));

        Packet packet = journeys.only();
        assertThat(packet.id()).isEqualTo(1);
        assertThat(skbs(packet)).containsExactly(1L, 2L, 3L);
        assertThat(edges(packet)).contains("2>3 reassemble matched");
    }

    @Test
    void areNotJoinedByAnEdgeThatIsGuessed() {
        feed.see(NETIF_RECEIVE_SKB, 1, r -> r.at(HOME, 2).ip(fragment(7, 185, 528)));
        feed.edge(2, 1, 2, EdgeKind.REASSEMBLE.ordinal(), Evidence.GUESSED.ordinal());
        feed.see(SK_DATA_READY, 2, r -> r.at(HOME, 2).ip(udp(7, 2000)));

        assertThat(journeys.all()).hasSize(2);
        assertThat(edges(journeys.of(2))).containsExactly("1>2 reassemble guessed");
    }

    @Test
    void takeAlongWhatWasAlreadyJoinedToTheReassembledPacket() {
        feed.see(NETIF_RECEIVE_SKB, 1, r -> r.at(HOME, 2).ip(fragment(7, 185, 528)));
        feed.see(NET_DEV_QUEUE, 3, r -> r.at(AWAY, 2).ip(tcp(1000, 10)));
        feed.see(NET_DEV_QUEUE, 4, r -> r.at(AWAY, 2).ip(tcp(1000, 10)));
        feed.edge(3, 1, 5, EdgeKind.REASSEMBLE.ordinal(), Evidence.MATCHED.ordinal());
        feed.edge(4, 4, 6, EdgeKind.CLONE.ordinal(), Evidence.PROVED.ordinal());
        feed.see(NETIF_RX, 6);

        assertThat(skbs(journeys.only())).contains(1L, 3L, 4L, 6L);
    }
}
