package traitrace.cli;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import traitrace.event.EventLayout;
import traitrace.event.EventSink;
import traitrace.event.EventView;

/**
 * Passes on the records of packets that were in some network namespaces, and the names that these need.
 *
 * <p>For a capture that ends soon: it remembers every packet and process it met.
 */
final class NamespaceRecords implements EventSink {
    private final Set<Long> netns;
    private final EventSink sink;
    private final Set<Long> packets = new HashSet<>();
    private final Set<Integer> processes = new HashSet<>();
    /** The last name record of each process that has had nothing to do with these namespaces so far. */
    private final Map<Integer, ByteBuffer> strangers = new HashMap<>();

    /** @param netns inode numbers */
    NamespaceRecords(Set<Long> netns, EventSink sink) {
        this.netns = Set.copyOf(netns);
        this.sink = sink;
    }

    @Override
    public void accept(EventView event) {
        if (!event.wellFormed()) {
            return;
        }
        switch (event.kind()) {
            case EventLayout.KIND_EVENT -> packet(event);
            case EventLayout.KIND_TRANSFER -> transfer(event);
            case EventLayout.KIND_EDGE, EventLayout.KIND_GONE, EventLayout.KIND_REDIRECT -> {
                if (packets.contains(event.packetId())) {
                    sink.accept(event);
                }
            }
            case EventLayout.KIND_DEVICE -> {
                int inode = event.buffer().getInt(event.offset() + EventLayout.DEVICE_NETNS);
                if (netns.contains(Integer.toUnsignedLong(inode))) {
                    sink.accept(event);
                }
            }
            case EventLayout.KIND_TASK -> process(event);
            default -> {
                // Payloads, and kinds that a newer probe writes.
            }
        }
    }

    private void packet(EventView event) {
        boolean inside = netns.contains(event.netns());
        // In a socket's queue a packet may be in no namespace that a probe can read.
        if (!inside && !packets.contains(event.packetId())) {
            return;
        }
        packets.add(event.packetId());
        involve(event.pid());
        sink.accept(event);
    }

    private void transfer(EventView event) {
        if (netns.contains(event.netns())) {
            involve(event.pid());
            sink.accept(event);
        }
    }

    private void involve(int pid) {
        if (pid != 0 && processes.add(pid)) {
            ByteBuffer name = strangers.remove(pid);
            if (name != null) {
                sink.accept(new EventView().wrap(name, 0, name.capacity()));
            }
        }
    }

    private void process(EventView event) {
        int pid = event.buffer().getInt(event.offset() + EventLayout.TASK_PID);
        if (processes.contains(pid)) {
            sink.accept(event);
            return;
        }
        byte[] copy = new byte[event.length()];
        event.buffer().get(event.offset(), copy);
        strangers.put(pid, ByteBuffer.wrap(copy).order(ByteOrder.LITTLE_ENDIAN));
    }
}
