package traitrace.lineage;

import static org.assertj.core.api.Assertions.assertThat;
import static traitrace.event.Hook.*;
import static traitrace.lineage.Journeys.*;

import org.junit.jupiter.api.Test;
import traitrace.event.RecordBytes;
import traitrace.event.RecordFeed;

/** Fragments in the kernel's queues, and the datagrams that they become. */
class ExactReassemblyTest {
    private static final long QUEUE = 0xffff888011110000L;

    private final Journeys journeys = Journeys.exact();
    private final RecordFeed feed = journeys.feed;

    private void arrives(long skb, int offset) {
        feed.see(NETIF_RECEIVE_SKB, skb, r -> r.at(AWAY, 3).ip(RecordBytes.fragment(CLIENT, SERVER, 7, offset, 1480)));
        feed.see(FRAG_QUEUE_INSERT, skb, r -> r.arg(QUEUE));
    }

    private void whole(long skb) {
        feed.see(FRAG_REASM_FINISH, skb, r -> r.arg(QUEUE));
    }

    private void settle() {
        journeys.lineage.advance(feed.now() + Lineage.Limits.DEFAULT.settleNs() + 1);
    }

    @Test
    void makesTheWholeOfEachFragmentInTheQueue() {
        feed.see(NET_DEV_QUEUE, 1, r -> r.at(HOME, 2).ip(udp(7, 3000)));
        feed.edge(1, 1, 2, EdgeKind.FRAGMENT.ordinal(), 0);
        feed.edge(1, 1, 3, EdgeKind.FRAGMENT.ordinal(), 0);
        arrives(2, 0x2000);
        arrives(3, 370);
        arrives(1, 0x2000 | 185);
        whole(1);

        assertThat(edges(journeys.only()))
                .containsExactly(
                        "1>2 fragment proved", "1>3 fragment proved", "2>1 reassemble proved", "3>1 reassemble proved");
    }

    @Test
    void endsTheFragmentsOfOtherPackets() {
        arrives(1, 0x2000);
        arrives(2, 185);
        whole(2);
        settle();

        assertThat(journeys.ids()).as("the whole lives on").containsExactly(1L);
        feed.see(SKB_CONSUME_UDP, 2, r -> r.pid(4242).arg(2000));
        settle();
        assertThat(journeys.ids()).containsExactly(1L, 2L);
        assertThat(edges(journeys.of(1))).containsExactly("1>2 reassemble proved");
        assertThat(edges(journeys.of(2))).containsExactly("1>2 reassemble proved", "2>0 deliver proved");
        assertThat(hooks(journeys.of(1))).as("it is not what the reader took").endsWith(FRAG_QUEUE_INSERT);
    }

    /** The last fragment's skb becomes the whole, with the header of the first and so a new id. */
    @Test
    void linksTheFirstFragmentOnce() {
        arrives(1, 0x2000);
        arrives(2, 185);
        feed.edge(2, 2, 3, EdgeKind.CLONE.ordinal(), 0);
        feed.freed(2);
        feed.edge(1, 1, 4, EdgeKind.REASSEMBLE.ordinal(), 0);
        feed.see(CONSUME_SKB, 1);
        whole(4);

        assertThat(edges(journeys.of(4))).containsExactly("1>4 reassemble proved", "2>4 reassemble proved");
    }

    @Test
    void doesNotMixTheQueuesThatHadOneAddressAfterAnother() {
        arrives(1, 0x2000);
        feed.see(KFREE_SKB, 1);
        arrives(2, 0x2000);
        arrives(3, 185);
        whole(3);

        assertThat(edges(journeys.of(1))).isEmpty();
        assertThat(edges(journeys.of(3))).containsExactly("2>3 reassemble proved");
    }

    @Test
    void closesAQueueWhenItsDatagramIsWhole() {
        arrives(1, 0x2000);
        arrives(2, 185);
        whole(2);
        whole(2);
        arrives(3, 0x2000);
        whole(3);

        assertThat(edges(journeys.of(3))).isEmpty();
        assertThat(edges(journeys.of(2))).hasSize(1);
    }

    @Test
    void forgetsAQueueThatTheKernelGaveUp() {
        FragmentQueues queues = new FragmentQueues();
        queues.insert(QUEUE, new Skb(1, new Packet(1)), 0);
        queues.expire(119_000_000_000L);
        assertThat(queues.size()).isEqualTo(1);
        queues.expire(121_000_000_000L);

        assertThat(queues.size()).isZero();
        assertThat(queues.finish(QUEUE)).isEmpty();
    }

    @Test
    void letsAFragmentGoOnThatIsSentAsItCame() {
        arrives(1, 0x2000);
        arrives(2, 185);
        whole(2);
        feed.edge(1, 2, 1, EdgeKind.FRAGMENT.ordinal(), 0);
        feed.see(NET_DEV_QUEUE, 1, r -> r.at(AWAY, 5));
        feed.see(CONSUME_SKB, 2);
        settle();

        assertThat(journeys.ids()).as("1 is on its way").containsExactly(2L);
    }
}
