package traitrace.names;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import traitrace.event.EventLayout;
import traitrace.event.EventView;

class NameTableTest {
    private final List<Long> reused = new ArrayList<>();
    private final List<Integer> asked = new ArrayList<>();
    private final NameTable table = new NameTable(new NameTable.Sources(
            inode -> inode == 5 ? Optional.of("web") : Optional.empty(),
            reused::add,
            pid -> pid == 9 ? "cat" : "",
            reason -> "reason " + reason,
            address -> "f+0x" + address,
            pid -> {
                asked.add(pid);
                return pid == 77 ? "3f2a9c81d0b4" : "";
            }));

    @Test
    void learnsDevicesAndProcesses() {
        device(1, 100, 4, 2, true, "eth0");
        device(1, 100, 4, 3, false, "veth\u001b[1m");
        task(1, 77, "nginx");
        assertThat(table.device(4, 2)).isEqualTo("eth0");
        assertThat(table.physical(4, 2)).isTrue();
        assertThat(table.device(4, 3)).isEqualTo("veth\\x1b[1m");
        assertThat(table.physical(4, 3)).isFalse();
        assertThat(table.device(5, 2)).isEmpty();
        assertThat(table.physical(5, 2)).isFalse();
        assertThat(table.process(77)).isEqualTo("nginx");
        assertThat(table.process(9)).isEqualTo("cat");
        assertThat(table.process(8)).isEmpty();
        assertThat(table.process(0)).isEmpty();
        task(2, 9, "dog");
        assertThat(table.process(9)).isEqualTo("dog");
    }

    @Test
    void asksForTheContainerOfACgroupOnceAndAtOnce() {
        inCgroup(77, 9001);
        inCgroup(78, 9001);
        inCgroup(79, 9002);
        inCgroup(80, 0);

        assertThat(asked).containsExactly(77, 79);
        assertThat(table.container(77)).isEqualTo("3f2a9c81d0b4");
        assertThat(table.container(78)).isEqualTo("3f2a9c81d0b4");
        assertThat(table.container(79)).isEmpty();
        assertThat(table.container(80)).isEmpty();
        assertThat(table.container(81)).isEmpty();
        inCgroup(78, 9002);
        assertThat(table.container(78)).as("it was moved").isEmpty();
    }

    private void inCgroup(int pid, long cgroup) {
        ByteBuffer b = ByteBuffer.allocate(EventLayout.NAMED_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        b.putLong(EventLayout.TASK_CGROUP, cgroup).putInt(EventLayout.TASK_PID, pid);
        b.put(EventLayout.NAME, (byte) 'x').put(EventLayout.KIND, (byte) EventLayout.KIND_TASK);
        table.accept(new EventView().wrap(b, 0, EventLayout.NAMED_BYTES));
    }

    @Test
    void devicesMayBeRenamed() {
        device(1, 100, 4, 2, false, "veth1");
        device(2, 100, 4, 2, false, "eth0");
        assertThat(table.device(4, 2)).isEqualTo("eth0");
        assertThat(reused).isEmpty();
    }

    @Test
    void aReusedInodeNumberForgetsWhatItWas() {
        device(1, 100, 4, 2, true, "eth0");
        table.putNetns(4, "old");
        device(5, 101, 4, 9, false, "new0");
        assertThat(table.device(4, 2)).isEmpty();
        assertThat(table.physical(4, 2)).isFalse();
        assertThat(table.device(4, 9)).isEqualTo("new0");
        assertThat(table.netns(4)).isEqualTo("net:[4]");
        assertThat(reused).containsExactly(4L);
        device(3, 100, 4, 9, false, "late");
        assertThat(table.device(4, 9)).as("a late record of the old one").isEqualTo("new0");
    }

    @Test
    void namespacesAreNamedByWhoeverKnows() {
        assertThat(table.netns(5)).isEqualTo("web");
        assertThat(table.netns(4026531840L)).isEqualTo("net:[4026531840]");
        table.putNetns(5, "mine\n");
        assertThat(table.netns(5)).isEqualTo("mine\\x0a");
        assertThat(table.dropReason(7)).isEqualTo("reason 7");
        assertThat(table.symbol(7)).isEqualTo("f+0x7");
    }

    @Test
    void isBounded() {
        for (int i = 1; i <= NameTable.MAX_DEVICES + 10; i++) {
            device(i, 100, 4, i, false, "d" + i);
            task(i, i, "t" + i);
        }
        assertThat(table.device(4, 1)).isEmpty();
        assertThat(table.device(4, NameTable.MAX_DEVICES + 10)).isNotEmpty();
        assertThat(table.process(10)).isEmpty();
        for (int i = 1; i <= NameTable.MAX_NETNS + 10; i++) {
            table.putNetns(i + 100, "n" + i);
        }
        assertThat(table.netns(101)).isEqualTo("net:[101]");
    }

    @Property
    void survivesAnyRecord(@ForAll @Size(max = 80) byte[] bytes) {
        NameTable any = new NameTable(NameTable.Sources.recorded(r -> "", a -> ""));
        ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        any.accept(new EventView().wrap(buffer, 0, bytes.length));
        if (bytes.length >= 64) {
            bytes[EventLayout.KIND] = EventLayout.KIND_DEVICE;
            any.accept(new EventView().wrap(buffer, 0, bytes.length));
            assertThat(any.device(
                            Integer.toUnsignedLong(buffer.getInt(EventLayout.DEVICE_NETNS)),
                            buffer.getInt(EventLayout.DEVICE_IFINDEX)))
                    .matches("[ -~]*");
        }
    }

    private void device(long time, long cookie, long netns, int ifindex, boolean physical, String name) {
        ByteBuffer b = record(time, EventLayout.KIND_DEVICE, name);
        b.putLong(EventLayout.DEVICE_COOKIE, cookie).putInt(EventLayout.DEVICE_NETNS, (int) netns);
        b.putInt(EventLayout.DEVICE_IFINDEX, ifindex).putInt(EventLayout.DEVICE_PHYSICAL, physical ? 1 : 0);
        table.accept(new EventView().wrap(b, 0, 64));
    }

    private void task(long time, int pid, String name) {
        ByteBuffer b = record(time, EventLayout.KIND_TASK, name);
        b.putInt(EventLayout.TASK_PID, pid);
        table.accept(new EventView().wrap(b, 0, 64));
    }

    private static ByteBuffer record(long time, int kind, String name) {
        ByteBuffer b = ByteBuffer.allocate(64).order(ByteOrder.LITTLE_ENDIAN);
        b.putLong(EventLayout.TIME, time).put(EventLayout.KIND, (byte) kind);
        byte[] bytes = name.getBytes(StandardCharsets.ISO_8859_1);
        for (int i = 0; i < Math.min(15, bytes.length); i++) {
            b.put(EventLayout.NAME + i, bytes[i]);
        }
        return b;
    }
}
