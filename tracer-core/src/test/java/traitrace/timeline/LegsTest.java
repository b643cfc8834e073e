package traitrace.timeline;

import static org.assertj.core.api.Assertions.assertThat;
import static traitrace.event.Hook.*;

import java.util.List;
import org.junit.jupiter.api.Test;
import traitrace.event.RecordBytes;
import traitrace.event.Transfer;
import traitrace.event.TransferBytes;
import traitrace.lineage.EdgeKind;

/** How the story of a packet ends that processes passed on. */
class LegsTest {
    private static final long IN = 0xffff888000001000L;
    private static final long OUT = 0xffff888000002000L;
    private static final int SERVER = PlainNames.SERVER;
    private static final byte[] TEXT = "a text that is long enough to be told from others".getBytes();

    private final Told told = new Told(true);

    /** The server gets this skb, and sends it on as that one. */
    private void passesOn(long from, long to) {
        told.feed.see(NETIF_RECEIVE_SKB, from, r -> r.at(2, 3).ip(Told.udp(7, TEXT.length)));
        told.feed.see(UDP_ENQUEUE, from, r -> r.arg(IN));
        takes(from);
        told.feed.see(
                IP_LOCAL_OUT,
                to,
                r -> r.at(2, 4).pid(SERVER).ip(Told.udp(8, TEXT.length)).arg(OUT));
        told.feed.edge(to, task(), to, EdgeKind.EMIT.ordinal(), 0);
        transfer(true, OUT, 17, 0);
    }

    private void takes(long skb) {
        told.feed.see(SKB_CONSUME_UDP, skb, r -> r.pid(SERVER).arg(TEXT.length));
        told.feed.edge(skb, skb, task(), EdgeKind.DELIVER.ordinal(), 0, r -> r.pid(TEXT.length));
        transfer(false, IN, 17, 0);
    }

    private static long task() {
        return (long) SERVER << 32 | SERVER;
    }

    private void transfer(boolean sent, long socket, int protocol, int message) {
        told.feed.pass(1000);
        told.feed.raw(TransferBytes.record(new Transfer(
                told.feed.now(),
                socket,
                0,
                0,
                0,
                SERVER,
                SERVER,
                2,
                TEXT.length,
                sent ? 12 : 9,
                sent,
                protocol == 6,
                false,
                false,
                false,
                1000,
                message,
                protocol,
                2,
                sent ? Transfer.Call.SENDTO : Transfer.Call.RECVFROM,
                0,
                List.of(TransferBytes.part(0x7f0000001000L, TEXT)))));
    }

    @Test
    void endsWithTheDropOfWhatWasSentOn() {
        passesOn(1, 2);
        told.feed.see(KFREE_SKB, 2, r -> r.arg(8L << 32 | 0x81234567L));
        told.feed.freed(1);

        assertThat(told.verdict()).isInstanceOf(Verdict.Dropped.class);
    }

    @Test
    void endsWhereWhatWasSentOnIsDelivered() {
        passesOn(1, 2);
        told.feed.see(NETIF_RECEIVE_SKB, 2, r -> r.at(5, 6));
        told.feed.see(SKB_CONSUME_UDP, 2, r -> r.pid(99).arg(TEXT.length));

        assertThat(told.verdict()).isEqualTo(new Verdict.Delivered(99));
    }

    @Test
    void isUnderWayWhileWhatWasSentOnIs() {
        passesOn(1, 2);

        assertThat(told.verdict()).isInstanceOf(Verdict.InFlight.class);
    }

    @Test
    void countsTheCopiesOfWhatWasSentOn() {
        passesOn(1, 2);
        told.feed.edge(2, 2, 3, EdgeKind.CLONE.ordinal(), 0);
        told.feed.see(NET_DEV_START_XMIT, 3, r -> r.at(2, PlainNames.PHYSICAL));
        told.feed.see(KFREE_SKB, 2, r -> r.arg(8L << 32));

        assertThat(told.verdict()).isEqualTo(new Verdict.Transmitted(2, PlainNames.PHYSICAL));
    }

    @Test
    void beginsWithWhatWasSentThoughAnotherWasMergedIntoIt() {
        passesOn(1, 2);
        told.feed.edge(2, 1, 2, EdgeKind.COALESCE.ordinal(), 0);
        told.feed.see(KFREE_SKB, 2, r -> r.arg(8L << 32 | 0x81234567L));

        assertThat(told.verdict()).isInstanceOf(Verdict.Dropped.class);
    }

    @Test
    void tellsBothCallsWithTheirDescriptors() {
        passesOn(1, 2);

        Timeline timeline = told.only();
        assertThat(timeline.hops().stream().filter(hop -> !hop.call().equals(UserCall.NONE)))
                .extracting(hop -> hop.hook() + " " + hop.call().fd() + " "
                        + hop.call().call().label() + " " + hop.device())
                .containsExactly("SOCK_RECV_LENGTH 9 recvfrom eth3", "SOCK_SEND_LENGTH 12 sendto ");
    }

    @Test
    void comparesWhatWasSentWithWhatWasReceived() {
        passesOn(1, 2);

        Hop out = told.only().hops().stream()
                .filter(hop -> hop.hook() == IP_LOCAL_OUT)
                .findFirst()
                .orElseThrow();
        assertThat(out.changes()).containsExactly(new Change("dev", "eth3", "eth4"));
    }

    @Test
    void doesNotTakeALookForTheEnd() {
        byte[] headers = RecordBytes.tcp(Told.CLIENT, Told.SERVER, 80, 1, 1000, 16, TEXT.length);
        told.feed.see(NETIF_RECEIVE_SKB, 1, r -> r.at(2, 3).ip(headers));
        told.feed.see(TCP_DO_RCV, 1, r -> r.arg(1000L << 32 | 1000 + TEXT.length));
        told.feed.see(SKB_COPY_DATAGRAM, 1, r -> r.pid(SERVER).arg(1000L << 32 | TEXT.length));
        told.feed.edge(1, 1, task(), EdgeKind.DELIVER.ordinal(), 0, r -> r.pid(TEXT.length));
        transfer(false, IN, 6, Transfer.MSG_PEEK);

        assertThat(told.verdict()).isInstanceOf(Verdict.InFlight.class);
    }
}
