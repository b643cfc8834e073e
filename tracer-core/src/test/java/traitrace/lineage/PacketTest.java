package traitrace.lineage;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import traitrace.event.Hook;
import traitrace.event.RecordBytes;

class PacketTest {
    private static RecordBytes record(long time, long skb, int counter) {
        return RecordBytes.event(Hook.NETIF_RX, time, 99, skb, counter);
    }

    private static Edge edge(long time) {
        return new Edge(time, 1, 2, EdgeKind.CLONE, Evidence.PROVED, "because");
    }

    private static List<Long> times(Packet packet) {
        List<Long> times = new ArrayList<>();
        packet.forEach(e -> times.add(e.time()));
        return times;
    }

    @Test
    void keepsARecordAsItCameButForItsIdsAndWhatIsMissing() {
        byte[] headers = Journeys.udp(7, 10);
        Packet packet = new Packet(5);
        packet.add(record(100, 1, 3).at(8, 9).arg(77).ip(headers).view(), 6, 70_000);

        packet.forEach(e -> {
            assertThat(e.wellFormed()).isTrue();
            assertThat(e.packetId()).isEqualTo(5);
            assertThat(e.skbId()).isEqualTo(6);
            assertThat(e.counter()).isEqualTo(3);
            assertThat(e.netns()).isEqualTo(8);
            assertThat(e.arg()).isEqualTo(77);
            assertThat(e.captured()).isEqualTo(headers.length);
            byte[] kept = Arrays.copyOfRange(e.buffer().array(), e.headerOffset(), e.headerOffset() + headers.length);
            assertThat(kept).isEqualTo(headers);
            assertThat(e.buffer().getShort(e.offset() + Packet.MISSING))
                    .as("that many or more")
                    .isEqualTo((short) 0xffff);
        });
        assertThat(packet.records()).isEqualTo(1);
    }

    @Test
    void keepsRecordsOfTheSameTimeInTheOrderInWhichTheyCame() {
        Packet packet = new Packet(1);
        packet.add(record(300, 1, 0).view(), 1, 0);
        packet.add(record(100, 2, 0).ip(Journeys.udp(7, 10)).view(), 2, 0);
        packet.add(record(100, 3, 0).view(), 3, 0);

        List<Long> skbs = new ArrayList<>();
        packet.forEach(e -> skbs.add(e.skbId()));
        assertThat(skbs).containsExactly(2L, 3L, 1L);
    }

    @Test
    void takesOverEverythingOfAnother() {
        Packet packet = new Packet(1);
        Skb first = new Skb(1, packet);
        packet.add(first);
        packet.add(record(200, 1, 0).view(), 1, 0);
        packet.add(edge(250));
        Packet other = new Packet(2);
        Skb second = new Skb(2, other);
        other.add(second);
        other.add(record(100, 2, 0).ip(Journeys.udp(7, 10)).view(), 2, 0);
        other.add(record(300, 2, 1).view(), 2, 0);
        other.add(edge(150));
        other.dropped = true;
        other.delivered = true;
        first.open = false;

        packet.take(other);

        assertThat(times(packet)).containsExactly(100L, 200L, 300L);
        assertThat(packet.records()).isEqualTo(3);
        assertThat(packet.firstTime()).isEqualTo(100);
        assertThat(packet.lastTime()).isEqualTo(300);
        assertThat(packet.edges())
                .extracting(Edge::timeNs)
                .as("in order of time")
                .containsExactly(150L, 250L);
        assertThat(packet.skbs()).containsExactly(first, second);
        assertThat(second.packet).isSameAs(packet);
        assertThat(packet.delivered && packet.dropped).isTrue();
        assertThat(packet.transmitted).isFalse();
        assertThat(packet.anyOpen()).isTrue();
    }

    @Test
    void isWrittenWithItsOwnIdAfterItTookOverAnother() {
        Packet packet = new Packet(1);
        Packet other = new Packet(2);
        other.add(record(100, 2, 0).view(), 2, 0);
        packet.take(other);

        packet.forEach(e -> assertThat(e.packetId()).isEqualTo(1));
    }

    @Property
    void givesAnyRecordsInOrderOfTime(
            @ForAll @Size(max = 60) List<@LongRange(max = 50) Long> times, @ForAll boolean pictured) {
        Packet packet = new Packet(1);
        for (int i = 0; i < times.size(); i++) {
            RecordBytes record = record(times.get(i), 1, i);
            packet.add((pictured && i % 3 == 0 ? record.ip(Journeys.udp(7, 10)) : record).view(), 1, 0);
        }

        assertThat(times(packet)).isEqualTo(times.stream().sorted().toList());
    }
}
