package traitrace.timeline;

import static org.assertj.core.api.Assertions.assertThat;
import static traitrace.event.Hook.*;
import static traitrace.timeline.PlainNames.SERVER;

import java.util.List;
import org.junit.jupiter.api.Test;
import traitrace.event.Hook;
import traitrace.event.RecordFeed;
import traitrace.lineage.EdgeKind;

/** Packets that wait in an nfnetlink queue, and what becomes of them. */
class QueueWaitsTest {
    private static final long DECIDED = 1L << 32;
    private static final long REPLACED = 2L << 32;
    private static final long DROP = 0;
    private static final long ACCEPT = 1;
    private static final long NO_LISTENER = 3L << 32;
    private static final long NO_ROOM = 105L << 32;
    private static final long IN_QUEUE = 2L << 32 | 0x81000006L;
    private static final long IN_REINJECT = 2L << 32 | 0x81000007L;

    private final Told told = new Told(true);
    private final RecordFeed feed = told.feed;

    private void queued(long skb) {
        feed.see(NETIF_RECEIVE_SKB, skb, r -> r.at(1, 2).ip(Told.udp(7, 10)));
        feed.see(NFQUEUE_ENQUEUE, skb, r -> r.arg(3));
        feed.pass(3_199_000);
    }

    private Hop verdict() {
        List<Hop> verdicts = told.only().hops().stream()
                .filter(hop -> hop.hook() == NFQUEUE_VERDICT)
                .toList();
        assertThat(verdicts).hasSize(1);
        return verdicts.get(0);
    }

    private String detailOf(long arg) {
        queued(1);
        feed.see(NFQUEUE_VERDICT, 1, r -> r.pid(SERVER).arg(arg));
        return verdict().detail();
    }

    @Test
    void tellsWhoDecidedWhatAndAfterWhatTime() {
        assertThat(detailOf(DECIDED | ACCEPT)).isEqualTo("queue 3: accepted after 3.20 ms");

        assertThat(verdict().process()).isEqualTo("server");
        assertThat(verdict().call().container()).isEqualTo("box");
        assertThat(verdict().call().isCall()).isFalse();
        assertThat(told.only().hops().get(1).detail()).isEqualTo("queue 3");
    }

    @Test
    void tellsThatThePayloadIsAnother() {
        assertThat(detailOf(DECIDED | REPLACED | ACCEPT))
                .isEqualTo("queue 3: accepted after 3.20 ms, payload replaced");
    }

    @Test
    void tellsThatItGoesToAnotherQueue() {
        assertThat(detailOf(DECIDED | 5 << 16 | 3)).isEqualTo("queue 3: sent to queue 5 after 3.20 ms");
    }

    @Test
    void tellsOtherVerdicts() {
        assertThat(detailOf(DECIDED | 4)).isEqualTo("queue 3: repeated after 3.20 ms");
    }

    @Test
    void tellsThatTheKernelDecided() {
        assertThat(detailOf(ACCEPT)).as("a queue that fails open").isEqualTo("queue 3: accepted, as there was no room");
        assertThat(verdict().call()).as("whoever ran has no say").isEqualTo(UserCall.NONE);
    }

    /** A segment is queued for itself, and a copy comes back if the process made it longer. */
    @Test
    void knowsWhatTheQueuedPacketBecame() {
        queued(1);
        feed.edge(1, 1, 2, EdgeKind.SEGMENT.ordinal(), 0);
        feed.edge(1, 2, 3, EdgeKind.COPY.ordinal(), 0);
        feed.edge(1, 3, 3, EdgeKind.EXPAND_HEAD.ordinal(), 0);
        feed.see(NFQUEUE_VERDICT, 3, r -> r.pid(SERVER).arg(DECIDED | REPLACED | ACCEPT));

        assertThat(verdict().detail()).startsWith("queue 3: accepted after 3.2").endsWith(", payload replaced");
    }

    @Test
    void saysNoMoreThanItKnows() {
        feed.see(NETIF_RECEIVE_SKB, 1, r -> r.at(1, 2).ip(Told.udp(7, 10)));
        feed.see(NFQUEUE_VERDICT, 1, r -> r.pid(SERVER).arg(DECIDED | ACCEPT));

        assertThat(verdict().detail()).isEqualTo("accepted");
    }

    @Test
    void waitsForItsVerdict() {
        queued(1);

        assertThat(told.only().verdict()).isEqualTo(new Verdict.InFlight());
        assertThat(told.only().verdictText())
                .isEqualTo("not seen since it was handed to an nfnetlink queue, to wait for a process's verdict");
    }

    private Timeline dropped(Hook hook, long arg, long place) {
        queued(1);
        feed.see(hook, 1, r -> r.pid(SERVER).arg(arg));
        feed.see(KFREE_SKB, 1, r -> r.arg(place));
        return told.only();
    }

    @Test
    void explainsTheDropByAProcess() {
        Timeline timeline = dropped(NFQUEUE_VERDICT, DECIDED | DROP, IN_REINJECT);

        assertThat(timeline.verdictText())
                .isEqualTo(
                        "The packet waited in nfnetlink queue 3 for the verdict of server[4242], which was to drop it.");
        assertThat(timeline.advice()).contains("nfnetlink_queue");
        assertThat(verdict().detail()).isEqualTo("queue 3: dropped after 3.20 ms");
    }

    @Test
    void explainsThatTheQueueWasEmptied() {
        assertThat(dropped(NFQUEUE_VERDICT, DROP, IN_REINJECT).verdictText()).contains("when that was emptied");
        assertThat(verdict().detail()).isEqualTo("queue 3: dropped after 3.20 ms, as the queue was emptied");
    }

    @Test
    void explainsThatNobodyListens() {
        Timeline timeline = dropped(NFQUEUE_ENQUEUE, NO_LISTENER | 3, IN_QUEUE);

        assertThat(timeline.verdictText()).startsWith("No process listens at nfnetlink queue 3,");
        assertThat(timeline.hops().get(2).detail()).isEqualTo("queue 3: no process listens");
    }

    @Test
    void explainsThatThereIsNoRoom() {
        assertThat(dropped(NFQUEUE_ENQUEUE, NO_ROOM | 3, IN_QUEUE).verdictText())
                .startsWith("There was no room for the packet in nfnetlink queue 3 ");
    }

    @Test
    void explainsByThePlaceWhereNoHookTells() {
        feed.see(NETIF_RECEIVE_SKB, 1, r -> r.at(1, 2).ip(Told.udp(7, 10)));
        feed.see(KFREE_SKB, 1, r -> r.arg(IN_QUEUE));

        assertThat(told.only().verdictText()).contains("no process listens there, or there is no room");
    }

    @Test
    void blamesNoVerdictForADropBehindIt() {
        assertThat(dropped(NFQUEUE_VERDICT, DECIDED | ACCEPT, IN_REINJECT).verdictText())
                .contains("by the verdict of the process that decides there, or by a rule behind it");
    }
}
