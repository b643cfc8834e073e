package traitrace.lineage;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Assertions;
import traitrace.event.EventLayout;
import traitrace.event.EventView;
import traitrace.event.Hook;
import traitrace.event.RecordSoup;

/** What holds whatever the records are. */
class LineageSoupTest {
    private static final Lineage.Limits TIGHT = new Lineage.Limits(500, 5_000, 50_000, 4);
    private static final Lineage.Limits WIDE = Lineage.Limits.DEFAULT;
    private static final int RECORDS = 300;

    private final List<Packet> finished = new ArrayList<>();

    /** One for each try: the tries of a property share their instance. */
    private Lineage lineage(Lineage.Limits limits, boolean exact) {
        finished.clear();
        return new Lineage(
                finished::add,
                new Lineage.Sources(device -> (int) device == 9, address -> "f" + address + "+0x1", exact),
                limits);
    }

    @Property(tries = 200)
    void finishesEachPacketOnceAndKeepsNoMoreThanItMay(
            @ForAll long seed, @ForAll boolean tight, @ForAll boolean exact) {
        RecordSoup soup = new RecordSoup(seed);
        Lineage.Limits limits = tight ? TIGHT : WIDE;
        Lineage lineage = lineage(limits, exact);
        for (int i = 0; i < RECORDS; i++) {
            EventView record = soup.plausible();
            lineage.accept(record);
            assertThat(lineage.size()).isLessThanOrEqualTo(limits.packets());
            lineage.advance(record.time());
        }
        lineage.finish();

        assertThat(lineage.size()).isZero();
        assertThat(finished).extracting(Packet::id).doesNotHaveDuplicates();
    }

    @Property(tries = 200)
    void keepsEveryEventOnceOrCountsItLate(@ForAll long seed, @ForAll boolean tight, @ForAll boolean exact) {
        RecordSoup soup = new RecordSoup(seed);
        Lineage lineage = lineage(tight ? TIGHT : WIDE, exact);
        long events = 0;
        for (int i = 0; i < RECORDS; i++) {
            EventView record = soup.plausible();
            // What a reader gets of a stream is an event of every packet that it delivers.
            boolean read = record.hook() == Hook.SKB_COPY_DATAGRAM.id() || record.hook() == Hook.SKB_SPLICE.id();
            if (record.kind() == EventLayout.KIND_EVENT && !read) {
                lineage.accept(record);
                lineage.advance(record.time());
                events++;
            }
        }
        lineage.finish();

        long kept = finished.stream().mapToLong(Packet::records).sum();
        assertThat(kept + lineage.late()).isEqualTo(events);
    }

    @Property(tries = 200)
    void takesAbsurdRecords(@ForAll long seed, @ForAll boolean exact) {
        RecordSoup soup = new RecordSoup(seed);
        Lineage lineage = lineage(TIGHT, exact);
        for (int i = 0; i < RECORDS; i++) {
            EventView record = soup.absurd();
            if (record.wellFormed()) {
                lineage.accept(record);
                lineage.advance(record.time());
            }
        }
        lineage.finish();

        for (Packet packet : finished) {
            int[] records = {0};
            packet.forEach(e -> {
                Assertions.assertTrue(e.wellFormed());
                records[0]++;
            });
            assertThat(records[0]).isEqualTo(packet.records());
        }
    }
}
