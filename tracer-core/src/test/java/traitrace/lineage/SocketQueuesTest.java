package traitrace.lineage;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import traitrace.event.RecordBytes;
import traitrace.event.Transfer;

class SocketQueuesTest {
    private final SocketQueues queues = new SocketQueues();

    private Skb queued(long socket, long id, int payload) {
        Skb skb = new Skb(id, new Packet(id));
        skb.udpLength = payload + 8;
        queues.queued(socket, skb);
        return skb;
    }

    @Test
    void giveNothingOutOfWhatWasNotSeenToFill() {
        assertThat(queues.taken(1, 0, true, 10)).isNull();
        queued(1, 5, 10);
        queues.taken(1, 0, true, 10);
        assertThat(queues.taken(1, 0, true, 10)).as("taken once").isNull();
    }

    @Test
    void giveTheLastBeforeTheNext() {
        Skb first = queued(1, 5, 10);
        Skb second = queued(1, 6, 10);

        assertThat(queues.taken(1, 6, false, 10)).isEqualTo(new SocketQueues.Taken(first, true));
        assertThat(queues.taken(1, 0, true, 10)).isEqualTo(new SocketQueues.Taken(second, true));
    }

    @Test
    void onlyGuessWhereSeveralStandBeforeTheNext() {
        queued(1, 5, 10);
        Skb second = queued(1, 6, 10);
        Skb third = queued(1, 7, 10);

        // Two readers may have been there, of which one has not come back.
        assertThat(queues.taken(1, 7, false, 10)).isEqualTo(new SocketQueues.Taken(second, false));
        assertThat(queues.taken(1, 0, true, 10)).isEqualTo(new SocketQueues.Taken(third, false));
    }

    @Test
    void onlyGuessWhatIsTakenWhereTheFirstWasNotTold() {
        Skb first = queued(1, 5, 10);
        assertThat(queues.taken(1, 0, false, 10)).isEqualTo(new SocketQueues.Taken(first, true));

        // It may be the first, told late, or one that was queued behind it.
        Skb told = queued(1, 7, 10);
        assertThat(queues.taken(1, 0, false, 10)).isEqualTo(new SocketQueues.Taken(told, false));
        Skb last = queued(1, 8, 10);
        assertThat(queues.taken(1, 0, true, 10)).isEqualTo(new SocketQueues.Taken(last, false));
        Skb after = queued(1, 9, 10);
        assertThat(queues.taken(1, 0, true, 10)).isEqualTo(new SocketQueues.Taken(after, true));
    }

    @Test
    void onlyGuessWhichReceiptIsWhoseWhereTwoWait() {
        queues.waitForQueued(1, receipt());
        queues.waitForQueued(1, receipt());

        assertThat(queues.queuedAndTaken(1, new Skb(5, new Packet(5)), 1).certain())
                .isFalse();
    }

    @Test
    void knowWhoseTheOnlyReceiptIs() {
        queues.waitForQueued(1, receipt());

        assertThat(queues.queuedAndTaken(1, new Skb(5, new Packet(5)), 1).certain())
                .isTrue();
    }

    private static SocketQueues.Receipt receipt() {
        RecordBytes record = RecordBytes.receive(0, 1, 0, 10, 0);
        return new SocketQueues.Receipt(new Receive(Transfer.of(record.view())), record.view());
    }

    @Test
    void giveNothingWhereTheFirstIsStillTheNext() {
        queued(1, 5, 10);

        assertThat(queues.taken(1, 5, false, 10)).isNull();
        assertThat(queues.taken(1, 0, true, 10)).isNotNull();
    }

    @Test
    void giveTheOldestAsAGuessAmongSeveral() {
        Skb first = queued(1, 5, 10);
        queued(1, 6, 10);

        assertThat(queues.taken(1, 0, false, 10)).isEqualTo(new SocketQueues.Taken(first, false));
    }

    @Test
    void giveTheNewestWhereTheQueueIsEmptyNow() {
        Skb first = queued(1, 5, 10);
        Skb second = queued(1, 6, 10);

        assertThat(queues.taken(1, 0, true, 10)).isEqualTo(new SocketQueues.Taken(second, false));
        assertThat(queues.taken(1, 0, true, 10))
                .as("it may be the other's, which came back late")
                .isEqualTo(new SocketQueues.Taken(first, false));
    }

    @Test
    void forgetWhatIsMuchOlderThanWhatWasTaken() {
        queued(1, 5, 10);
        queued(1, 6, 10).time = 2_000_000_000L;

        queues.taken(1, 0, true, 10);

        assertThat(queues.size()).isZero();
    }

    @Test
    void doubtADatagramThatIsTooShort() {
        Skb skb = queued(1, 5, 10);
        assertThat(queues.taken(1, 0, true, 11)).isEqualTo(new SocketQueues.Taken(skb, false));

        queued(1, 6, 10);
        queued(1, 7, 10);
        assertThat(queues.taken(1, 7, false, 11).certain()).isFalse();
    }

    @Test
    void doNotDoubtADatagramOfUnknownLength() {
        Skb skb = queued(1, 5, 10);
        skb.udpLength = 0;

        assertThat(queues.taken(1, 0, true, 60_000).certain()).isTrue();
    }

    @Test
    void forgetWhatWasDropped() {
        Skb first = queued(1, 5, 10);
        Skb second = queued(1, 6, 10);
        queues.dropped(first);
        queues.dropped(first);

        assertThat(queues.taken(1, 0, true, 10)).isEqualTo(new SocketQueues.Taken(second, true));
    }

    @Test
    void forgetSocketsInWhichNothingIsLeft() {
        queues.dropped(queued(1, 5, 10));
        queued(2, 6, 10);
        queues.taken(2, 0, true, 10);

        assertThat(queues.size()).isZero();
    }

    @Test
    void areBounded() {
        for (int i = 0; i < 70_000; i++) {
            queued(1, i, 10);
        }
        int taken = 0;
        while (queues.taken(1, 0, true, 10) != null) {
            taken++;
        }

        assertThat(taken).isEqualTo(65_536);
    }
}
