package traitrace.timeline;

import static org.assertj.core.api.Assertions.assertThat;
import static traitrace.event.Hook.*;

import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import traitrace.event.EventLayout;
import traitrace.event.EventView;
import traitrace.event.Losses;
import traitrace.event.RecordBytes;
import traitrace.event.RecordFeed;
import traitrace.event.RecordSoup;
import traitrace.lineage.Lineage;

class TimelineStreamTest {
    private static final Lineage.Limits TIGHT = new Lineage.Limits(500, 5_000, 50_000, 4);

    private final Told told = new Told();
    private final RecordFeed feed = told.feed;

    @Test
    void takesTheRecordsForItsClock() {
        feed.see(NETIF_RX, 1, r -> r.ip(Told.udp(0, 10)));
        feed.see(KFREE_SKB, 1);
        feed.pass(1_000 * RecordFeed.MS);
        feed.see(NETIF_RX, 2, r -> r.ip(Told.udp(0, 10)));

        assertThat(told.timelines).extracting(Timeline::packetId).containsExactly(1L);
    }

    @Test
    void takesTheTimeThatItIsToldWhereNoRecordsCome() {
        feed.see(NETIF_RX, 1, r -> r.ip(Told.udp(0, 10)));
        feed.see(KFREE_SKB, 1);
        told.stream.advance(feed.now() + 1_000 * RecordFeed.MS);

        assertThat(told.timelines).hasSize(1);
    }

    @Test
    void tellsOnlyWhatIsWanted() {
        List<Timeline> timelines = new ArrayList<>();
        TimelineStream stream =
                new TimelineStream(new PlainNames(), false, p -> p.id() == 2, Lineage.Limits.DEFAULT, timelines::add);
        RecordFeed own = new RecordFeed(stream);
        own.see(NETIF_RX, 1, r -> r.ip(Told.udp(0, 10)));
        own.see(NETIF_RX, 2, r -> r.ip(Told.udp(0, 10)));
        stream.finish();

        assertThat(timelines).extracting(Timeline::packetId).containsExactly(2L);
    }

    @Test
    void passesOverWhatIsTooShort() {
        EventView record =
                RecordBytes.event(NETIF_RX, 1, 1, 1, 0).ip(Told.udp(0, 10)).view();
        for (int length : new int[] {0, 1, EventLayout.EVENT_BYTES - 1, EventLayout.EVENT_BYTES, 207}) {
            EventView cut = new EventView().wrap(record.buffer(), 0, length);
            assertThat(cut.wellFormed()).as("%d bytes", length).isFalse();
            told.stream.accept(cut);
        }

        assertThat(record.wellFormed()).isTrue();
        assertThat(told.all()).isEmpty();
    }

    @Test
    void passesOverASnapshotLongerThanItCanBe() {
        RecordBytes record = RecordBytes.event(NETIF_RX, 1, 1, 1, 0).ip(Told.udp(0, 10));
        record.buffer().putShort(EventLayout.EVENT_BYTES + EventLayout.SNAPSHOT_CAPTURED, (short) 129);
        feed.raw(record);

        assertThat(told.all()).isEmpty();
    }

    @Test
    void countsWhatItHadToFinishEarly() {
        TimelineStream stream = new TimelineStream(new PlainNames(), false, p -> true, TIGHT, t -> {});
        RecordFeed own = new RecordFeed(stream);
        for (long skb = 1; skb <= 6; skb++) {
            own.see(NETIF_RX, skb, r -> r.ip(Told.udp(0, 10)));
        }

        assertThat(stream.count(Losses.NONE).evicted()).isEqualTo(2);
    }

    @Property(tries = 300)
    void tellsOfAnySoupInOrderOfTime(@ForAll long seed, @ForAll boolean cut) {
        List<Timeline> timelines = new ArrayList<>();
        TimelineStream stream = new TimelineStream(new PlainNames(), false, p -> true, TIGHT, timelines::add);
        RecordSoup soup = new RecordSoup(seed);
        for (int i = 0; i < 200; i++) {
            stream.accept(cut ? soup.truncated() : soup.absurd());
        }
        stream.finish();

        for (Timeline timeline : timelines) {
            assertThat(timeline.hops()).isNotEmpty();
            assertThat(timeline.hops().stream().map(Hop::timeNs)).isSorted();
            assertThat(timeline.verdictText()).matches("[ -~]*");
        }
    }
}
