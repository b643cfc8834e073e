package traitrace.lineage;

import static org.assertj.core.api.Assertions.assertThat;
import static traitrace.event.Hook.*;
import static traitrace.lineage.Journeys.*;
import static traitrace.lineage.Relayed.*;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import traitrace.event.EventLayout;
import traitrace.event.RecordBytes;
import traitrace.event.RecordFeed;
import traitrace.event.Transfer;
import traitrace.event.TransferBytes;

/** Packets that go through a process: when they are one packet, and when they are only linked. */
class UserSpaceTest {
    private static final int PEER = 0x0a000009;
    private static final long CHUNK = 0xffffc90000a00100L;

    private static List<String> emits(Packet packet) {
        return packet.edges().stream()
                .filter(e -> e.kind() == EdgeKind.EMIT)
                .map(e ->
                        e.parentSkb() + ">" + e.childSkb() + " " + e.evidence().label() + " " + e.why())
                .toList();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void makesOnePacketOfADatagramThatIsPassedOn(boolean exact) {
        Relayed relay = new Relayed(exact);
        relay.arrives(1, IN, 200).receives(1, IN, BUFFER, text(1, 200));
        relay.sends(2, OUT, BUFFER, text(1, 200));

        Packet packet = relay.journeys.only();
        assertThat(packet.id()).isEqualTo(1);
        assertThat(edges(packet)).containsExactly("1>0 deliver " + (exact ? "proved" : "matched"), "1>2 emit matched");
        assertThat(emits(packet)).containsExactly("1>2 matched memory");
        assertThat(hooks(packet)).contains(SOCK_RECV_LENGTH, SOCK_SEND_LENGTH);
        assertThat(packet.edges()).allSatisfy(e -> assertThat(e.parentPacket()).isZero());
    }

    @Test
    void makesOnePacketOfAFrameThatIsSentFromItsChunk() {
        Relayed relay = new Relayed(true);
        relay.umemGets(1, IN, PID, CHUNK, text(1, 200)).umemGets(2, IN, PID, CHUNK + 2048, text(2, 200));
        relay.umemGives(3, OUT, CHUNK + 2048, text(2, 200)).umemGives(4, OUT, CHUNK, text(1, 200));

        assertThat(edges(relay.journeys.of(1))).containsExactly("1>0 deliver proved", "1>4 emit matched");
        assertThat(emits(relay.journeys.of(1))).containsExactly("1>4 matched memory");
        assertThat(emits(relay.journeys.of(2))).containsExactly("2>3 matched memory");
        assertThat(relay.journeys.all()).hasSize(2);
    }

    @Test
    void knowsTheChunkOfAFrameWhoseProcessWasNotSeenYet() {
        Relayed relay = new Relayed(true);
        relay.umemGets(1, IN, 0, CHUNK, text(1, 200)).umemGives(2, OUT, CHUNK, text(1, 200));

        assertThat(emits(relay.journeys.only())).containsExactly("1>2 matched memory");
    }

    @Test
    void leavesTheCallThatAThreadIsInAloneWhereAFrameOfAnotherIsTold() {
        Relayed relay = new Relayed(true);
        relay.arrives(1, IN, 200).copied(1, 200);
        relay.umemGets(2, IN + 1, PID, CHUNK, text(2, 200)).umemGives(3, OUT, CHUNK, text(2, 200));
        relay.got(IN, 17, 0, TransferBytes.part(BUFFER, text(1, 200)));

        assertThat(edges(relay.journeys.of(1))).containsExactly("1>0 deliver proved");
        assertThat(emits(relay.journeys.of(2))).containsExactly("2>3 matched memory");
    }

    @Test
    void tellsOfAFrameThatASocketRefused() {
        Relayed relay = new Relayed(true);
        relay.feed.see(NETIF_RECEIVE_SKB, 1, r -> r.at(HOME, 2).ip(udp(0, 200)));
        relay.feed.see(CONSUME_SKB, 1);
        relay.feed.see(XSK_RCV, 1, r -> r.arg(6L << 32 | 12));

        assertThat(relay.journeys.of(1).dropped).isTrue();
        assertThat(relay.journeys.of(1).delivered).isFalse();
    }

    @Test
    void takesWhatIsFreedForReadWhereOnlyTheCallWasTold() {
        Relayed relay = new Relayed(true);
        relay.arrives(1, IN, 200).arrives(2, IN, 200);
        relay.feed.freed(1);
        relay.got(IN, 17, 0, TransferBytes.part(BUFFER, text(1, 200)));
        relay.sends(3, OUT, BUFFER, text(1, 200));

        assertThat(edges(relay.journeys.of(1))).containsExactly("1>0 deliver matched", "1>3 emit matched");
        assertThat(relay.journeys.of(2).delivered).isFalse();
    }

    @Test
    void takesNobodyElsesDatagramWhereTheReaderWasTold() {
        Relayed relay = new Relayed(true);
        relay.arrives(1, IN, 200).arrives(2, IN, 200);
        relay.receives(2, IN, BUFFER, text(2, 200));

        assertThat(relay.journeys.of(1).delivered).isFalse();
        assertThat(relay.journeys.of(2).delivered).isTrue();
    }

    @Test
    void doesNotTakeThePacketsOfALostCallForThoseOfTheNext() {
        Relayed relay = new Relayed(true);
        relay.goesOut(1, OUT, 200);
        relay.feed.pass(1_000_000);
        relay.arrives(2, IN, 200).receives(2, IN, BUFFER, text(2, 200));
        relay.sends(3, OUT, BUFFER, text(2, 200));

        assertThat(emits(relay.journeys.of(2))).containsExactly("2>3 matched memory");
        assertThat(relay.journeys.of(1).id()).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void linksTwoPacketsByAGuess(boolean exact) {
        Relayed relay = new Relayed(exact);
        relay.arrives(1, IN, 200).receives(1, IN, BUFFER, text(1, 200));
        relay.sends(2, OUT, BUFFER, text(2, 240));

        assertThat(relay.journeys.all()).hasSize(2);
        for (long id : new long[] {1, 2}) {
            assertThat(emits(relay.journeys.of(id))).containsExactly("1>2 guessed thread");
            Edge edge = relay.journeys.of(id).edges().stream()
                    .filter(e -> e.kind() == EdgeKind.EMIT)
                    .findFirst()
                    .orElseThrow();
            assertThat(edge.parentPacket()).isEqualTo(1);
            assertThat(edge.childPacket()).isEqualTo(2);
        }
    }

    @Test
    void namesTheCandidatesWhereItDoesNotChoose() {
        Relayed relay = new Relayed(true);
        relay.arrives(1, IN, 200).receives(1, IN, BUFFER, text(1, 200));
        relay.arrives(2, IN, 200).receives(2, IN, BUFFER, text(2, 200));
        relay.sends(3, OUT, BUFFER, text(3, 240));

        assertThat(relay.journeys.of(3).candidates()).containsExactly(2L, 1L);
        assertThat(emits(relay.journeys.of(3))).isEmpty();
        assertThat(relay.journeys.of(1).candidates()).isEmpty();
    }

    @Test
    void doesNotShowALinkStrongerThanWhoseBytesWereReceived() {
        Relayed relay = new Relayed(false);
        relay.arrives(1, IN, 200).arrives(2, IN, 200);
        relay.receives(2, IN, BUFFER, text(1, 200));
        relay.sends(3, OUT, BUFFER, text(1, 200));

        assertThat(emits(relay.journeys.of(3))).containsExactly("2>3 guessed memory");
        assertThat(relay.journeys.of(2).id()).isEqualTo(2);
    }

    @Test
    void waitsToBeToldWhichDatagramWasTaken() {
        Relayed relay = new Relayed(false);
        relay.feed.see(NETIF_RECEIVE_SKB, 1, r -> r.at(HOME, 2).ip(udp(0, 200)));
        relay.receives(1, IN, BUFFER, text(1, 200));
        relay.sends(2, OUT, BUFFER, text(1, 200));
        relay.feed.see(SK_DATA_READY, 1, r -> r.arg(IN | 1));

        assertThat(emits(relay.journeys.only())).containsExactly("1>2 matched memory");
    }

    @Test
    void linksToAPacketWhoseStoryWasToldAndKeepsItsId() {
        Relayed relay = new Relayed(true);
        relay.arrives(1, IN, 200).receives(1, IN, BUFFER, text(1, 200));
        relay.feed.pass(300 * RecordFeed.MS);
        relay.journeys.lineage.advance(relay.feed.now());
        assertThat(relay.journeys.finished).hasSize(1);
        relay.sends(2, OUT, BUFFER, text(1, 200));

        Packet child = relay.journeys.of(2);
        assertThat(child.id()).isEqualTo(2);
        assertThat(emits(child)).containsExactly("1>2 matched memory");
        assertThat(child.edges().get(0).parentPacket()).isEqualTo(1);
    }

    @Test
    void waitsLongerForAProcessThatHasPassedOnBefore() {
        Relayed relay = new Relayed(true);
        relay.arrives(1, IN, 200).receives(1, IN, BUFFER, text(1, 200));
        relay.sends(2, OUT, BUFFER, text(1, 200));
        relay.arrives(3, IN, 200).receives(3, IN, BUFFER, text(3, 200));
        relay.feed.pass(1_500 * RecordFeed.MS);
        relay.journeys.lineage.advance(relay.feed.now());
        relay.sends(4, OUT, BUFFER, text(3, 200));
        assertThat(relay.journeys.of(4).id()).isEqualTo(3);
    }

    @Test
    void doesNotWaitForeverForAProcessThatHasPassedOnBefore() {
        Relayed relay = new Relayed(true);
        relay.arrives(1, IN, 200).receives(1, IN, BUFFER, text(1, 200));
        relay.sends(2, OUT, BUFFER, text(1, 200));
        relay.arrives(3, IN, 200).receives(3, IN, BUFFER, text(3, 200));
        relay.journeys.lineage.advance(relay.feed.now() + 2_001 * RecordFeed.MS);

        assertThat(relay.journeys.ids()).contains(3L);
    }

    @Test
    void endsAsThePartThatWasSentOnEnds() {
        Relayed relay = new Relayed(true);
        relay.arrives(1, IN, 200).receives(1, IN, BUFFER, text(1, 200));
        relay.sends(2, OUT, BUFFER, text(1, 200));
        relay.settle();
        assertThat(relay.journeys.finished).as("skb 2 is under way").isEmpty();
        relay.feed.see(KFREE_SKB, 2);
        relay.settle();

        assertThat(relay.journeys.finished).hasSize(1);
    }

    @Test
    void makesOnePacketOfAllThatAProcessMakesOfIt() {
        Relayed relay = new Relayed(true);
        relay.arrives(1, IN, 200).receives(1, IN, BUFFER, text(1, 200));
        relay.sends(2, OUT, BUFFER, text(1, 200));
        relay.sends(3, OUT + 0x1000, COPY, text(1, 200));

        assertThat(emits(relay.journeys.only())).containsExactly("1>2 matched memory", "1>3 matched bytes");
    }

    @Test
    void tiesWhatHoldsBytesOfSeveralToTheFirstAndLinksTheOthers() {
        Relayed relay = new Relayed(true);
        relay.arrives(1, IN, 200).receives(1, IN, BUFFER, text(1, 200));
        relay.arrives(2, IN, 100).receives(2, IN, BUFFER + 200, text(2, 100));
        relay.sends(3, OUT, BUFFER, Program.join(text(1, 200), text(2, 100)));

        assertThat(relay.journeys.all()).hasSize(2);
        assertThat(skbs(relay.journeys.of(1))).containsExactly(1L, 3L);
        assertThat(emits(relay.journeys.of(1))).containsExactly("1>3 matched memory", "2>3 matched memory");
        assertThat(emits(relay.journeys.of(2))).containsExactly("2>3 matched memory");
        assertThat(relay.journeys.of(2).edges().get(1).childPacket()).isEqualTo(1);
    }

    @Test
    void tiesAnEchoToItsQuestion() {
        Relayed relay = new Relayed(true);
        relay.arrives(1, IN, 200).receives(1, IN, BUFFER, text(1, 200));
        relay.sends(2, IN, BUFFER, text(1, 200));

        assertThat(emits(relay.journeys.only())).containsExactly("1>2 matched memory");
    }

    @Test
    void guessesThroughOneSocketWhatGoesOnToAnotherButNoAnswer() {
        Relayed relay = new Relayed(true);
        relay.arrives(1, IN, 200, PEER).receives(1, IN, BUFFER, text(1, 200));
        // To the same address and port.
        relay.feed.see(IP_LOCAL_OUT, 2, r -> r.at(HOME, 3)
                .ip(RecordBytes.udp(SERVER, PEER, 40000, 0, 200))
                .arg(IN));
        relay.feed.edge(2, (long) PID << 32 | PID, 2, EMIT, 0);
        // NAT, in the same call.
        relay.feed.see(NET_DEV_QUEUE, 2, r -> r.at(HOME, 4)
                .flag(EventLayout.FLAG_REWRITTEN)
                .ip(RecordBytes.udp(SERVER, PEER + 1, 40000, 0, 200)));
        relay.gave(IN, 17, 0, TransferBytes.part(COPY, text(2, 200)));
        relay.sends(3, IN, COPY, text(3, 200));

        assertThat(emits(relay.journeys.of(2))).isEmpty();
        assertThat(emits(relay.journeys.of(3))).containsExactly("1>3 guessed thread");
    }

    @Test
    void joinsSendsThatTheSocketHeldBack() {
        Relayed relay = new Relayed(true);
        relay.arrives(1, IN, 100).receives(1, IN, BUFFER, text(1, 100));
        relay.arrives(2, IN, 100).receives(2, IN, COPY, text(2, 100));
        relay.message(Transfer.MSG_MORE).gave(OUT, 17, 0, TransferBytes.part(BUFFER, text(1, 100)));
        relay.message(0).goesOut(3, OUT, 200).gave(OUT, 17, 0, TransferBytes.part(COPY, text(2, 100)));

        assertThat(emits(relay.journeys.of(3))).containsExactly("1>3 matched memory", "2>3 matched memory");
        assertThat(relay.journeys.of(3).id()).as("has its first byte").isEqualTo(1);
    }

    @Test
    void findsThePacketThatWaitedForItsNeighboursAddress() {
        Relayed relay = new Relayed(false);
        relay.arrives(1, IN, 100).receives(1, IN, BUFFER, text(1, 100));
        relay.gave(OUT, 17, 0, TransferBytes.part(BUFFER, text(1, 100)));
        relay.appears(4, OUT, 99, Relayed::late);
        relay.appears(3, OUT, 100, Relayed::late);

        assertThat(emits(relay.journeys.of(3))).containsExactly("1>3 matched memory");
        assertThat(emits(relay.journeys.of(4))).as("another length").isEmpty();
    }

    @Test
    void followsATunDeviceBothWays() {
        Relayed relay = new Relayed(true);
        relay.feed.see(NET_DEV_START_XMIT, 1, r -> r.at(HOME, 5).ip(udp(7, 100)));
        relay.copied(1, 128).got(IN, 0, 0, TransferBytes.part(BUFFER, text(1, 128)));
        relay.sends(2, OUT, COPY, text(2, 170));
        relay.arrives(3, OUT, 170).receives(3, OUT, COPY, text(3, 170));
        relay.feed.see(NETIF_RX, 4, r -> r.at(HOME, 5).pid(PID).ip(udp(8, 100)));
        relay.feed.edge(4, (long) PID << 32 | PID, 4, EMIT, 0);
        relay.gave(IN, 0, 0, TransferBytes.part(BUFFER, text(4, 128)));

        assertThat(emits(relay.journeys.of(2))).containsExactly("1>2 guessed thread");
        assertThat(emits(relay.journeys.of(4))).containsExactly("3>4 guessed thread");
        assertThat(edges(relay.journeys.of(1))).contains("1>0 deliver proved");
    }

    @Test
    void doesNotTakeALookForAReceive() {
        Relayed relay = new Relayed(true);
        relay.segment(1, 1000, 100).message(Transfer.MSG_PEEK);
        relay.reads(1, 1000, 100).got(IN, 6, 1000, TransferBytes.part(BUFFER, text(1, 100)));
        relay.message(0).transmits(2, 5000, 100).gave(OUT, 6, 5000, TransferBytes.part(BUFFER, text(1, 100)));
        relay.settle();

        assertThat(relay.journeys.finished).as("it waits for its reader").isEmpty();
        assertThat(emits(relay.journeys.of(2))).isEmpty();
        assertThat(edges(relay.journeys.of(1))).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void followsAStreamThroughAProcess(boolean exact) {
        Relayed relay = new Relayed(exact);
        relay.segment(1, 1000, 100).segment(2, 1100, 100);
        relay.reads(1, 1000, 100).reads(2, 1100, 100);
        relay.got(IN, 6, 1000, TransferBytes.part(BUFFER, text(1, 200)));
        // In the call, before it is told.
        relay.transmits(3, 5000, 150);
        relay.gave(OUT, 6, 5000, TransferBytes.part(BUFFER, text(1, 200)));
        // When TCP may.
        relay.transmits(4, 5150, 50);

        assertThat(relay.journeys.of(3).id()).isEqualTo(1);
        assertThat(relay.journeys.of(4).id()).isEqualTo(2);
        assertThat(emits(relay.journeys.of(3))).containsExactly("1>3 matched memory", "2>3 matched memory");
        assertThat(emits(relay.journeys.of(4))).containsExactly("2>3 matched memory", "2>4 matched memory");
        assertThat(edges(relay.journeys.of(2))).contains("2>0 deliver proved");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void deliversASegmentToSeveralReads(boolean exact) {
        Relayed relay = new Relayed(exact);
        byte[] all = text(1, 300);
        relay.segment(1, 1000, 300);
        relay.reads(1, 1000, 100).got(IN, 6, 1000, TransferBytes.part(BUFFER, Program.cut(all, 0, 100)));
        relay.transmits(2, 5000, 100).gave(OUT, 6, 5000, TransferBytes.part(BUFFER, Program.cut(all, 0, 100)));
        relay.reads(1, 1100, 200).got(IN, 6, 1100, TransferBytes.part(BUFFER, Program.cut(all, 100, 300)));
        relay.transmits(3, 5100, 200).gave(OUT, 6, 5100, TransferBytes.part(BUFFER, Program.cut(all, 100, 300)));

        assertThat(emits(relay.journeys.only())).containsExactly("1>2 matched memory", "1>3 matched memory");
    }

    @Test
    void doesNotTieASegmentThatIsSentAgainTwice() {
        Relayed relay = new Relayed(false);
        relay.segment(1, 1000, 100).reads(1, 1000, 100);
        relay.got(IN, 6, 1000, TransferBytes.part(BUFFER, text(1, 100)));
        relay.transmits(2, 5000, 100).gave(OUT, 6, 5000, TransferBytes.part(BUFFER, text(1, 100)));
        relay.transmits(3, 5000, 100);

        Packet packet = relay.journeys.only();
        assertThat(emits(packet)).containsExactly("1>2 matched memory");
        assertThat(edges(packet)).contains("2>3 retransmit matched");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void followsWhatIsSplicedThroughAPipe(boolean exact) {
        Relayed relay = new Relayed(exact);
        relay.segment(1, 1000, 100).segment(2, 1100, 100).pipe(0x77);
        if (exact) {
            relay.copied(1, 100).copied(2, 100);
        }
        relay.moved(false, IN, 6, 1000, 200);
        relay.transmits(3, 5000, 200).moved(true, OUT, 6, 5000, 200);

        assertThat(emits(relay.journeys.of(3))).containsExactly("1>3 matched memory", "2>3 matched memory");
        assertThat(relay.journeys.of(3).id()).isEqualTo(1);
        assertThat(relay.journeys.of(2).id()).isEqualTo(2);
        assertThat(hooks(relay.journeys.of(2))).contains(SOCK_RECV_LENGTH);
    }

    @Test
    void knowsOfMergedSegmentsWhichBytesWereWhose() {
        Relayed relay = new Relayed(true);
        relay.segment(1, 1000, 100).segment(2, 1100, 100);
        relay.feed.edge(1, 2, 1, EdgeKind.COALESCE.ordinal(), 0);
        relay.reads(1, 1000, 200);
        relay.got(IN, 6, 1000, TransferBytes.part(BUFFER, text(1, 200)));
        relay.transmits(3, 5000, 100);
        relay.transmits(4, 5100, 100);
        relay.gave(OUT, 6, 5000, TransferBytes.part(BUFFER, text(1, 200)));

        assertThat(relay.journeys.of(3).id()).isEqualTo(1);
        assertThat(relay.journeys.of(4).id()).isEqualTo(2);
    }

    @Test
    void doesNotTieWhatAnotherSocketOfTheThreadSent() {
        Relayed relay = new Relayed(true);
        relay.arrives(1, IN, 100).receives(1, IN, BUFFER, text(1, 100));
        // Uncorked by setsockopt: no send follows on this socket.
        relay.goesOut(2, OUT + 0x1000, 50);
        relay.sends(3, OUT, BUFFER, text(1, 100));

        assertThat(emits(relay.journeys.of(3))).containsExactly("1>3 matched memory");
        assertThat(emits(relay.journeys.of(2))).isEmpty();
    }
}
