package traitrace.lineage;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class PacketListTest {
    private static List<Long> ids(PacketList list) {
        List<Long> ids = new ArrayList<>();
        for (Packet packet = list.head(); packet != null; packet = packet.next) {
            ids.add(packet.id());
        }
        return ids;
    }

    @Test
    void takesAPacketOutOfTheListThatItWasIn() {
        PacketList one = new PacketList();
        PacketList other = new PacketList();
        Packet packet = new Packet(1);
        one.touch(packet);
        other.touch(packet);

        assertThat(ids(one)).isEmpty();
        assertThat(one.size()).isZero();
        assertThat(ids(other)).containsExactly(1L);
        assertThat(packet.list).isSameAs(other);
    }

    /** Packet n is touched; n + 5 takes packet n out. */
    @Property
    void keepsTheQuietestAtTheHead(@ForAll @Size(max = 40) List<@IntRange(max = 9) Integer> steps) {
        PacketList list = new PacketList();
        List<Long> model = new ArrayList<>();
        List<Packet> packets = new ArrayList<>();
        for (long id = 0; id < 5; id++) {
            packets.add(new Packet(id));
        }
        for (int step : steps) {
            Packet packet = packets.get(step % 5);
            boolean there = model.remove(Long.valueOf(packet.id()));
            if (step < 5) {
                model.add(packet.id());
                list.touch(packet);
            } else if (there) {
                list.remove(packet);
            }
            assertThat(ids(list)).isEqualTo(model);
            assertThat(list.size()).isEqualTo(model.size());
        }
    }
}
