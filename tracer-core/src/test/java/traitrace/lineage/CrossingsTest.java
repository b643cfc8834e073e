package traitrace.lineage;

import static org.assertj.core.api.Assertions.assertThat;
import static traitrace.lineage.Program.*;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import traitrace.event.Transfer;
import traitrace.event.TransferBytes;

/** Each rule by which a send is tied to a receive, and what each of them refuses. */
class CrossingsTest {
    private static final long CLIENT = 0xa0;
    private static final long SERVER = 0xb0;
    private static final long CHUNK = 0xffffc90000a00100L;
    private static final long SECOND = 1_000_000_000L;

    private final Program program = new Program();

    @Test
    void tiesWhatIsSentFromTheMemoryThatItWasReceivedInto() {
        Receive receive = program.gets(CLIENT, BUFFER, text(1, 500));
        Crossings.Found found = program.on(7).gives(SERVER, BUFFER, text(1, 500));

        assertThat(feeds(found)).containsExactly("0+500 <- 0 memory");
        assertThat(receives(found)).containsExactly(receive);
        assertThat(receive.consumed()).isTrue();
    }

    @Test
    void doesNotTakeWhatCameAfterTheBytesWereGivenForTheirCause() {
        // Both ends are in one process, and the far end is faster than the report of the call.
        program.gets(CLIENT, OTHER_BUFFER, text(1, 500));
        Crossings.Found sent = program.beganBefore(1500).gives(SERVER, BUFFER, text(1, 500));

        assertThat(sent.feeds()).isEmpty();
        assertThat(sent.candidates()).isEmpty();
    }

    @Test
    void doesNotTakeABeginningInCommonForTheSameBytes() {
        byte[] head = text(1, 64);
        program.tcp().on(1).gets(CLIENT, BUFFER, join(head, text(2, 100)));

        assertThat(program.on(2)
                        .gives(SERVER, OTHER_BUFFER, join(head, text(3, 90)))
                        .feeds())
                .isEmpty();
    }

    @Test
    void doesNotTakeHeadersBesideTheMemoryOfOneRequestForAnothers() {
        byte[] headers = text(1, 150);
        program.tcp().on(1).gets(CLIENT, BUFFER, headers);
        Receive body = program.gets(CLIENT + 1, BUFFER + 1000, text(2, 300));
        Crossings.Found found = program.gives(
                SERVER,
                List.of(TransferBytes.part(OTHER_BUFFER, headers), TransferBytes.part(BUFFER + 1000, text(2, 300))));

        assertThat(receives(found)).containsExactly(body);
    }

    @Test
    void doesNotTakeMemoryThatWasWrittenSince() {
        program.gets(CLIENT, BUFFER, text(1, 500));
        Crossings.Found found = program.on(7).gives(SERVER, BUFFER, text(2, 500));

        assertThat(found.feeds()).isEmpty();
    }

    @Test
    void doesNotTakeMemoryThatWasWrittenInPartSince() {
        byte[] changed = text(1, 500);
        changed[0]++;
        program.gets(CLIENT, BUFFER, text(1, 500));

        assertThat(program.on(7).gives(SERVER, BUFFER, changed).feeds())
                .as("the end is the same")
                .isEmpty();
    }

    @Test
    void doesNotTakeMemoryOfWhichNothingShowsWhatIsThere() {
        program.gets(CLIENT, List.of(TransferBytes.unread(BUFFER, 500)));

        assertThat(program.on(7)
                        .gives(SERVER, List.of(TransferBytes.unread(BUFFER, 500)))
                        .feeds())
                .isEmpty();
    }

    @Test
    void doesNotTakeTheMiddleOfMemoryOfWhichNoHashTells() {
        byte[] all = text(1, 1000);
        program.gets(CLIENT, BUFFER, all);

        assertThat(program.on(7).gives(SERVER, BUFFER + 300, cut(all, 300, 600)).feeds())
                .isEmpty();
    }

    @Test
    void followsMemoryInPiecesThatGoOnWhereTheLastEnded() {
        byte[] all = text(1, 1000);
        program.gets(CLIENT, BUFFER, all);
        program.on(7);

        assertThat(feeds(program.gives(SERVER, BUFFER, cut(all, 0, 300)))).containsExactly("0+300 <- 0 memory");
        assertThat(feeds(program.gives(SERVER, BUFFER + 300, cut(all, 300, 600))))
                .containsExactly("0+300 <- 300 memory");
        assertThat(feeds(program.gives(SERVER, BUFFER + 600, cut(all, 600, 1000))))
                .containsExactly("0+400 <- 600 memory");
    }

    /** A frame as the probes lay it out: the Ethernet header unread, IP, UDP, and what is behind. */
    private static List<Transfer.Part> frame(long address, byte[] ip, byte[] udp, byte[] payload) {
        return List.of(
                TransferBytes.unread(address, 14),
                TransferBytes.part(address + 14, ip),
                TransferBytes.part(address + 14 + ip.length, udp),
                TransferBytes.part(address + 14 + ip.length + udp.length, payload));
    }

    @Test
    void tiesAFrameThatARouterSendsFromTheChunkThatItCameInto() {
        Receive receive = program.umem().on(0).gets(CLIENT, frame(CHUNK, text(1, 20), text(2, 8), text(3, 200)));
        Crossings.Found found = program.on(7).gives(SERVER, frame(CHUNK, text(4, 20), text(2, 8), text(3, 200)));

        assertThat(feeds(found)).containsExactly("34+8 <- 34 memory", "42+200 <- 42 memory");
        assertThat(receives(found)).containsOnly(receive);
    }

    @Test
    void tiesAFrameThatASecondProcessSendsFromASharedUmem() {
        Receive receive = program.umem().of(1).gets(CLIENT, frame(CHUNK, text(1, 20), text(2, 8), text(3, 200)));
        Crossings.Found found = program.of(2).gives(SERVER, frame(CHUNK, text(1, 20), text(2, 8), text(3, 200)));

        assertThat(receives(found)).containsOnly(receive);
        assertThat(found.feeds()).allSatisfy(feed -> assertThat(feed.relation()).isEqualTo(Relation.MEMORY));
    }

    @Test
    void tiesAFrameThatWasCopiedToAnotherChunkByItsBytes() {
        program.umem().on(0);
        Receive receive = program.gets(CLIENT, frame(CHUNK, text(1, 20), text(2, 8), text(3, 200)));
        program.gets(CLIENT, frame(CHUNK + 2048, text(1, 20), text(2, 8), text(4, 200)));
        Crossings.Found found = program.on(7).gives(SERVER, frame(CHUNK + 4096, text(1, 20), text(2, 8), text(3, 200)));

        assertThat(feeds(found)).containsExactly("42+200 <- 42 bytes");
        assertThat(receives(found)).containsExactly(receive);
    }

    @Test
    void onlyGuessesByAChunkWhoseBytesAreAllOthers() {
        program.umem().on(0);
        Receive receive = program.gets(CLIENT, frame(CHUNK, text(1, 20), text(2, 8), text(3, 200)));
        program.gets(CLIENT, frame(CHUNK + 2048, text(1, 20), text(2, 8), text(4, 200)));
        Crossings.Found found = program.on(7).gives(SERVER, frame(CHUNK, text(5, 20), text(6, 8), text(7, 200)));

        assertThat(feeds(found)).containsExactly("0+242 <- 0 chunk");
        assertThat(receives(found)).containsExactly(receive);
        assertThat(program.gives(SERVER, frame(CHUNK, text(8, 20), text(9, 8), text(10, 200)))
                        .feeds())
                .as("what was received there was sent before, and the next may be the program's own")
                .noneSatisfy(feed -> assertThat(feed.relation()).isEqualTo(Relation.CHUNK));
    }

    @Test
    void doesNotGuessByAChunkThatCameLongAgo() {
        program.umem().gets(CLIENT, frame(CHUNK, text(1, 20), text(2, 8), text(3, 200)));
        program.pass(61 * SECOND);

        assertThat(program.gives(SERVER, frame(CHUNK, text(5, 20), text(6, 8), text(7, 200)))
                        .feeds())
                .isEmpty();
    }

    @Test
    void takesAChunkForWhatWasReceivedThereLast() {
        program.umem().on(0).gets(CLIENT, frame(CHUNK, text(1, 20), text(2, 8), text(3, 200)));
        Receive last = program.gets(CLIENT, frame(CHUNK, text(1, 20), text(4, 8), text(5, 100)));

        assertThat(receives(program.on(7).gives(SERVER, frame(CHUNK, text(1, 20), text(4, 8), text(5, 100)))))
                .containsOnly(last);
    }

    @Test
    void takesMemoryBehindAHeaderThatTheProgramPutBeforeIt() {
        byte[] body = text(1, 400);
        program.gets(CLIENT, BUFFER, body);
        Crossings.Found found = program.on(7).gives(SERVER, BUFFER - 20, join(text(2, 20), body));

        assertThat(feeds(found)).containsExactly("20+400 <- 0 memory");
    }

    @Test
    void takesMemoryOfSeveralReceivesTogether() {
        Receive one = program.gets(CLIENT, BUFFER, text(1, 200));
        Receive two = program.gets(CLIENT, BUFFER + 200, text(2, 300));
        Crossings.Found found = program.on(7).gives(SERVER, BUFFER, join(text(1, 200), text(2, 300)));

        assertThat(feeds(found)).containsExactly("0+200 <- 0 memory", "200+300 <- 0 memory");
        assertThat(receives(found)).containsExactly(one, two);
    }

    @Test
    void takesMemoryForWhatWasReceivedThereLast() {
        program.gets(CLIENT, BUFFER, text(1, 500));
        Receive last = program.gets(CLIENT, BUFFER, text(2, 500));

        assertThat(receives(program.on(7).gives(SERVER, BUFFER, text(2, 500)))).containsExactly(last);
    }

    @Test
    void keepsOfOlderMemoryWhatWasNotWrittenOver() {
        byte[] old = text(1, 500);
        Receive first = program.gets(CLIENT, BUFFER, old);
        Receive then = program.gets(CLIENT, BUFFER, text(2, 200));
        Crossings.Found found = program.on(7).gives(SERVER, BUFFER, join(text(2, 200), cut(old, 200, 500)));

        assertThat(receives(found)).containsExactly(then, first);
        assertThat(feeds(found)).containsExactly("0+200 <- 0 memory", "200+300 <- 200 memory");
    }

    @Test
    void takesEachPartOfScatteredMemoryForItself() {
        program.gets(
                CLIENT,
                List.of(TransferBytes.part(BUFFER, text(1, 100)), TransferBytes.part(OTHER_BUFFER, text(2, 200))));
        Crossings.Found found = program.on(7)
                .gives(
                        SERVER,
                        List.of(
                                TransferBytes.part(OTHER_BUFFER, text(2, 200)),
                                TransferBytes.part(BUFFER, text(1, 100))));

        assertThat(feeds(found)).containsExactly("0+200 <- 100 memory", "200+100 <- 0 memory");
    }

    @Test
    void tiesTheSameBytesThatWereCopiedAndPassedToAnotherThread() {
        Receive receive = program.on(1).gets(CLIENT, BUFFER, text(1, 40));
        program.on(1).gets(CLIENT, BUFFER, text(2, 40));
        Crossings.Found found = program.on(2).gives(SERVER, OTHER_BUFFER, text(1, 40));

        assertThat(feeds(found)).containsExactly("0+40 <- 0 bytes");
        assertThat(receives(found)).containsExactly(receive);
    }

    @Test
    void doesNotTieBytesThatWereReceivedTwice() {
        program.gets(CLIENT, BUFFER, text(1, 40));
        program.gets(CLIENT + 1, BUFFER, text(1, 40));

        assertThat(program.on(7).gives(SERVER, OTHER_BUFFER, text(1, 40)).feeds())
                .isEmpty();
    }

    @Test
    void doesNotTieBytesThatWereSentBeforeTheyWereReceived() {
        program.gives(SERVER, OTHER_BUFFER, text(1, 40));
        program.on(8).gets(SERVER, BUFFER, text(1, 40));

        assertThat(program.on(7).gives(SERVER, OTHER_BUFFER, text(1, 40)).feeds())
                .as("a client that always says the same, and a server that echoes it")
                .isEmpty();
    }

    @Test
    void doesNotTieFewBytesNorDullOnes() {
        program.on(1).gets(CLIENT, BUFFER, text(1, 31));
        program.on(1).gets(CLIENT, BUFFER + 100, new byte[500]);
        program.on(7);

        assertThat(program.gives(SERVER, OTHER_BUFFER, text(1, 31)).feeds()).isEmpty();
        assertThat(program.gives(SERVER, OTHER_BUFFER, new byte[500]).feeds()).isEmpty();
        assertThat(program.gives(SERVER, BUFFER + 100, new byte[500]).feeds())
                .as("not even in the same memory")
                .isEmpty();
    }

    @Test
    void tiesBytesThatBeginDullButDoNotEndSo() {
        byte[] padded = join(new byte[100], text(1, 100));
        program.on(1).gets(CLIENT, BUFFER, padded);

        assertThat(feeds(program.on(7).gives(SERVER, OTHER_BUFFER, padded))).containsExactly("0+200 <- 0 bytes");
    }

    @Test
    void doesNotTieDatagramsThatOnlyBeginAlike() {
        program.gets(CLIENT, BUFFER, join(text(1, 64), text(2, 36)));

        assertThat(program.on(7)
                        .gives(SERVER, OTHER_BUFFER, join(text(1, 64), text(3, 36)))
                        .feeds())
                .isEmpty();
    }

    @Test
    void doesNotTieBytesFromLongAgo() {
        program.gets(CLIENT, BUFFER, text(1, 40));
        program.pass(11 * SECOND);

        assertThat(program.on(7).gives(SERVER, OTHER_BUFFER, text(1, 40)).feeds())
                .isEmpty();
    }

    @Test
    void tiesOneReceiveToAllSendsOfItsBytes() {
        Receive receive = program.gets(CLIENT, BUFFER, text(1, 40));
        for (long to = SERVER; to < SERVER + 3; to++) {
            assertThat(receives(program.on(7).gives(to, OTHER_BUFFER, text(1, 40))))
                    .containsExactly(receive);
        }
    }

    @Test
    void followsAStreamThatIsCutElsewhere() {
        byte[] all = text(1, 4800);
        program.tcp().on(1);
        for (int i = 0; i < 3; i++) {
            program.gets(CLIENT, BUFFER, cut(all, 1600 * i, 1600 * (i + 1)));
        }
        program.on(2);
        List<String> feeds = new ArrayList<>();
        for (int at = 0; at < 4800; at += 1200) {
            feeds.addAll(feeds(program.gives(SERVER, OTHER_BUFFER, cut(all, at, at + 1200))));
        }

        assertThat(feeds)
                .containsExactly(
                        "0+1200 <- 0 bytes",
                        "0+400 <- 1200 bytes",
                        "400+800 <- 0 bytes",
                        "0+800 <- 800 bytes",
                        "800+400 <- 0 bytes",
                        "0+1200 <- 400 bytes");
    }

    @Test
    void doesNotFollowAStreamOntoBytesThatAreOthers() {
        program.tcp().on(1).gets(CLIENT, BUFFER, text(1, 200));
        assertThat(feeds(program.on(2).gives(SERVER, OTHER_BUFFER, text(1, 200))))
                .containsExactly("0+200 <- 0 bytes");
        program.on(1).gets(CLIENT, BUFFER, text(2, 200));

        assertThat(program.on(2).gives(SERVER, OTHER_BUFFER, text(3, 200)).feeds())
                .isEmpty();
    }

    @Test
    void doesNotFollowAProxyOntoHeadersOfItsOwn() {
        byte[] body = text(1, 200);
        program.tcp().on(1).gets(CLIENT, BUFFER, join(text(2, 50), body));
        program.gets(CLIENT, BUFFER, text(3, 200));
        program.on(2);
        program.gives(SERVER, OTHER_BUFFER, text(4, 60));
        // In the middle of a receive: nothing but its memory could tell.
        assertThat(program.gives(SERVER, OTHER_BUFFER, body).feeds()).isEmpty();
        program.on(1).gets(CLIENT, BUFFER, text(5, 300));
        assertThat(feeds(program.on(2).gives(SERVER, OTHER_BUFFER, text(5, 300))))
                .containsExactly("0+300 <- 0 bytes");
        program.on(1).gets(CLIENT, BUFFER, text(6, 300));

        assertThat(program.on(2).gives(SERVER, OTHER_BUFFER, text(7, 40)).feeds())
                .as("too short to be compared, and this relay adds to what it passes on")
                .isEmpty();
    }

    @Test
    void tiesEqualBytesOfAStreamThatWereReceivedTwiceByTheirPlace() {
        byte[] same = text(1, 100);
        program.tcp();
        List<Receive> all = new ArrayList<>();
        List<Receive> found = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            all.add(program.on(1).gets(CLIENT, BUFFER, same));
            found.addAll(receives(program.on(2).gives(SERVER, OTHER_BUFFER, same)));
        }

        assertThat(found).isEqualTo(all);
    }

    @Test
    void doesNotFollowAStreamThatIsGivenToAnotherClientWhoBeginsAlike() {
        byte[] head = text(1, 64);
        program.tcp().on(1).gets(CLIENT, BUFFER, join(head, text(2, 100)));
        program.on(2).gives(SERVER, OTHER_BUFFER, join(head, text(2, 100)));
        // Two clients ask, and the one connection to the server is the second one's now.
        program.on(1).gets(CLIENT, BUFFER, join(head, text(3, 100)));
        Receive second = program.gets(CLIENT + 1, BUFFER, join(head, text(4, 100)));
        Crossings.Found found = program.on(2).gives(SERVER, OTHER_BUFFER, join(head, text(5, 90)));

        assertThat(found.feeds())
                .as("all begin alike, and the rest was written anew")
                .isEmpty();
        assertThat(receives(program.gives(SERVER, OTHER_BUFFER, join(head, text(4, 100)))))
                .isIn(List.of(), List.of(second));
    }

    @Test
    void doesNotBelieveARelayWithoutAHashWhereAThirdStreamMayBeMeant() {
        byte[] all = text(1, 2400);
        program.tcp().on(1);
        program.gets(CLIENT, BUFFER, cut(all, 0, 1200));
        program.gets(CLIENT, BUFFER, cut(all, 1200, 2400));
        program.gets(CLIENT + 1, BUFFER, text(2, 1000));
        program.on(2);
        assertThat(feeds(program.gives(SERVER, OTHER_BUFFER, cut(all, 0, 1100))))
                .containsExactly("0+1100 <- 0 bytes");

        assertThat(program.gives(SERVER, OTHER_BUFFER, cut(all, 1100, 1700)).feeds())
                .isEmpty();
    }

    @Test
    void takesMemoryBetweenWhatIsShownToBeTheSame() {
        List<Receive> all = new ArrayList<>();
        byte[] sent = new byte[0];
        for (int i = 0; i < 4; i++) {
            all.add(program.gets(CLIENT, BUFFER + 100L * i, text(i, 100)));
            sent = join(sent, text(i, 100));
        }

        assertThat(receives(program.on(7).gives(SERVER, BUFFER, sent))).isEqualTo(all);
    }

    @Test
    void doesNotTakeMemoryBeyondAGapOrBeforeWhatIsShown() {
        program.gets(CLIENT, BUFFER, text(1, 100));
        program.gets(CLIENT, BUFFER + 150, text(2, 100));
        Receive last = program.gets(CLIENT, BUFFER + 250, text(3, 100));
        byte[] sent = join(text(9, 100), text(8, 50), text(2, 100), text(3, 100));

        assertThat(receives(program.on(7).gives(SERVER, BUFFER, sent))).containsExactly(last);
    }

    @Test
    void tiesWhatWentThroughTheSamePipe() {
        program.tcp();
        Receive one = program.splicesIn(CLIENT, 0x99, 1000);
        Receive two = program.splicesIn(CLIENT, 0x99, 500);
        Crossings.Found first = program.splicesOut(SERVER, 0x99, 1200);
        Crossings.Found second = program.splicesOut(SERVER, 0x99, 300);

        assertThat(feeds(first)).containsExactly("0+1000 <- 0 memory", "1000+200 <- 0 memory");
        assertThat(receives(first)).containsExactly(one, two);
        assertThat(feeds(second)).containsExactly("0+300 <- 200 memory");
    }

    @Test
    void doesNotTieWhatWasInAPipeThatTheProgramWroteInto() {
        program.tcp().on(1).splicesIn(CLIENT, 0x99, 1000);

        assertThat(program.on(2).splicesOut(SERVER, 0x99, 1001).feeds()).isEmpty();
        assertThat(program.on(2).splicesOut(SERVER, 0x98, 1000).feeds()).isEmpty();
    }

    @Test
    void guessesTheOnlyReceiveOfTheThread() {
        Receive receive = program.gets(CLIENT, BUFFER, text(1, 50));
        Crossings.Found found = program.gives(SERVER, OTHER_BUFFER, text(2, 90));

        assertThat(feeds(found)).containsExactly("0+90 <- 0 thread");
        assertThat(receives(found)).containsExactly(receive);
        assertThat(found.candidates()).isEmpty();
    }

    @Test
    void choosesNoneOfSeveralReceivesAndNamesThem() {
        Receive one = program.gets(CLIENT, BUFFER, text(1, 50));
        Receive two = program.gets(CLIENT + 1, BUFFER, text(2, 50));
        Crossings.Found found = program.gives(SERVER, OTHER_BUFFER, text(3, 90));

        assertThat(found.feeds()).isEmpty();
        assertThat(found.candidates()).containsExactly(two, one);
    }

    @Test
    void namesNoMoreCandidatesThanItMay() {
        for (int i = 0; i < 100; i++) {
            program.gets(CLIENT + i, BUFFER, text(i, 50));
        }

        assertThat(program.gives(SERVER, OTHER_BUFFER, text(-1, 90)).candidates())
                .hasSize(Packet.MOST_CANDIDATES);
    }

    @Test
    void guessesNothingOfAnotherThread() {
        program.on(1).gets(CLIENT, BUFFER, text(1, 50));
        Crossings.Found found = program.on(2).gives(SERVER, OTHER_BUFFER, text(2, 90));

        assertThat(found.feeds()).isEmpty();
        assertThat(found.candidates()).as("of the process").hasSize(1);
    }

    @Test
    void takesTheThreadsOfAnIoUringForOne() {
        program.uring().on(1).gets(CLIENT, BUFFER, text(1, 50));

        assertThat(feeds(program.on(2).gives(SERVER, OTHER_BUFFER, text(2, 90))))
                .containsExactly("0+90 <- 0 thread");
    }

    @Test
    void neverGuessesThatAReplyCausedTheNextRequest() {
        for (int i = 0; i < 5; i++) {
            assertThat(program.gives(SERVER, BUFFER, text(i, 50)).feeds()).isEmpty();
            program.gets(SERVER, OTHER_BUFFER, text(100 + i, 50));
            assertThat(program.gives(SERVER, BUFFER, text(i, 50)).candidates())
                    .as("nor names it")
                    .isEmpty();
        }
    }

    @Test
    void guessesThroughOneDatagramSocketOnlyWhatGoesToSomebodyElse() {
        program.gets(CLIENT, BUFFER, text(1, 50));
        assertThat(program.gives(CLIENT, List.of(TransferBytes.part(OTHER_BUFFER, text(2, 60))), false)
                        .feeds())
                .isEmpty();

        assertThat(feeds(program.gives(CLIENT, List.of(TransferBytes.part(OTHER_BUFFER, text(3, 60))), true)))
                .containsExactly("0+60 <- 0 thread");
    }

    @Test
    void guessesFurtherSendsOfTheSameReceive() {
        Receive receive = program.gets(CLIENT, BUFFER, text(1, 50));

        assertThat(receives(program.gives(SERVER, OTHER_BUFFER, text(2, 60)))).containsExactly(receive);
        assertThat(receives(program.gives(SERVER + 1, OTHER_BUFFER, text(3, 60))))
                .containsExactly(receive);
        program.pass(SECOND);
        assertThat(program.gives(SERVER, OTHER_BUFFER, text(4, 60)).feeds())
                .as("not at once")
                .isEmpty();
    }

    @Test
    void doesNotGuessAReceiveThatWasPassedOn() {
        program.gets(CLIENT, BUFFER, text(1, 50));
        program.gives(SERVER, BUFFER, text(1, 50));

        assertThat(program.gives(SERVER + 1, OTHER_BUFFER, text(3, 60)).feeds()).isEmpty();
    }

    @Test
    void forgetsAReceiveThatWasNotPassedOn() {
        program.gets(CLIENT, BUFFER, text(1, 50)).transfer();
        program.pass(11 * SECOND);

        assertThat(program.gives(SERVER, OTHER_BUFFER, text(2, 60)).feeds()).isEmpty();
    }

    @Test
    void guessesByOrderWhatAPairOfSocketsPassesOn() {
        for (int i = 0; i < 3; i++) {
            program.gets(CLIENT, BUFFER, text(i, 50 + i));
            assertThat(feeds(program.gives(SERVER, OTHER_BUFFER, text(100 + i, 90 + i))))
                    .containsExactly("0+" + (90 + i) + " <- 0 thread");
        }
        Receive one = program.gets(CLIENT, BUFFER, text(10, 200));
        Receive two = program.gets(CLIENT, BUFFER, text(11, 300));
        Crossings.Found first = program.gives(SERVER, OTHER_BUFFER, text(12, 240));
        assertThat(feeds(first)).containsExactly("0+240 <- 0 pair");
        assertThat(receives(first)).containsExactly(one);
        program.gets(CLIENT, BUFFER, text(13, 400));

        Crossings.Found second = program.gives(SERVER, OTHER_BUFFER, text(14, 340));
        assertThat(receives(second)).containsExactly(two);
    }

    @Test
    void doesNotGuessByPairWhatIsNotTheNextInOrder() {
        for (int i = 0; i < 3; i++) {
            program.gets(CLIENT, BUFFER, text(i, 50));
            program.gives(SERVER, OTHER_BUFFER, text(100 + i, 90));
        }
        program.gets(CLIENT, BUFFER, text(10, 200));
        program.gets(CLIENT, BUFFER, text(11, 300));

        assertThat(program.gives(SERVER, OTHER_BUFFER, text(12, 340)).feeds()).isEmpty();
        assertThat(program.gives(SERVER + 1, OTHER_BUFFER, text(13, 240)).feeds())
                .as("another socket")
                .isEmpty();
    }

    @Test
    void tellsFiftyConnectionsApartOnOneThreadThatCopies() {
        List<Receive> all = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            all.add(program.tcp().gets(CLIENT + i, BUFFER, text(i, 120)));
        }
        List<Receive> found = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            found.addAll(receives(program.gives(SERVER + 100 + i, OTHER_BUFFER, text(i, 120))));
        }

        assertThat(found).isEqualTo(all);
    }

    @Test
    void tellsFiftyConnectionsWithTheSameBytesApartByTheirMemory() {
        List<Receive> all = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            all.add(program.tcp().gets(CLIENT + i, BUFFER + 0x1000L * i, text(1, 120)));
        }
        List<Receive> found = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            found.addAll(receives(program.gives(SERVER + 100 + i, BUFFER + 0x1000L * i, text(1, 120))));
        }

        assertThat(found).isEqualTo(all);
    }

    @Test
    void remembersABoundedNumberOfProcessesAndForgetsIdleOnes() {
        assertThat(program.crossings.size()).isZero();
        program.gets(CLIENT, BUFFER, text(1, 40));
        assertThat(program.crossings.size()).isEqualTo(1);
        program.crossings.expire(Long.MAX_VALUE / 2);

        assertThat(program.crossings.size()).isZero();
    }

    @Test
    void remembersABoundedNumberOfPiecesOfMemory() {
        MemoryMap memory = new MemoryMap();
        for (int i = 0; i < 10_000; i++) {
            memory.received(new Receive(
                    program.gets(CLIENT, BUFFER + 1000L * i, text(i, 40)).transfer()));
        }

        assertThat(memory.size()).isEqualTo(4096);
    }
}
