package traitrace.event;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class EventOrderTest {
    private final List<Long> released = new ArrayList<>();

    private static void add(EventOrder order, int lane, long time) {
        ByteBuffer buffer = RecordBytes.event(Hook.NETIF_RX, time, 1, 1, 0).buffer();
        order.add(lane, buffer, 0, EventLayout.EVENT_BYTES);
    }

    @Test
    void mergesRingsByTime() {
        EventOrder order = new EventOrder(2);
        add(order, 0, 10);
        add(order, 0, 30);
        add(order, 1, 20);

        order.release(Long.MAX_VALUE, e -> released.add(e.time()));

        assertThat(released).containsExactly(10L, 20L, 30L);
    }

    @Test
    void holdsBackWhatIsYoungerThanAskedFor() {
        EventOrder order = new EventOrder(2);
        add(order, 0, 10);
        add(order, 1, 50);

        order.release(40, e -> released.add(e.time()));
        assertThat(released).containsExactly(10L);
        assertThat(order.size()).isEqualTo(1);

        add(order, 0, 45);
        order.release(Long.MAX_VALUE, e -> released.add(e.time()));
        assertThat(released).containsExactly(10L, 45L, 50L);
    }

    @Test
    void putsRightWhatAnInterruptWroteBetween() {
        EventOrder order = new EventOrder(1);
        add(order, 0, 10);
        add(order, 0, 9);

        order.release(Long.MAX_VALUE, e -> released.add(e.time()));

        assertThat(released).containsExactly(9L, 10L);
    }

    @Test
    void refusesARecordWithoutATime() {
        assertThat(new EventOrder(1).add(0, ByteBuffer.allocate(32).order(ByteOrder.LITTLE_ENDIAN), 0, 32))
                .isFalse();
    }

    @Property
    void losesNothingAndKeepsOrder(@ForAll @Size(max = 3000) List<@IntRange(max = 1_000_000) Integer> times) {
        released.clear();
        EventOrder order = new EventOrder(3);
        long sum = 0;
        for (int i = 0; i < times.size(); i++) {
            add(order, i % 3, times.get(i));
            sum += times.get(i);
            if (i % 500 == 499) {
                order.release(Long.MIN_VALUE, e -> released.add(e.time()));
            }
        }
        order.release(Long.MAX_VALUE, e -> released.add(e.time()));

        assertThat(released).hasSize(times.size()).isSorted();
        assertThat(released.stream().mapToLong(Long::longValue).sum()).isEqualTo(sum);
    }
}
