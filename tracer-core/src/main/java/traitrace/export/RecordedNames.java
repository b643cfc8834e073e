package traitrace.export;

import java.util.HashMap;
import java.util.Map;
import traitrace.event.EventLayout;
import traitrace.event.EventView;
import traitrace.names.Names;

/**
 * The names in a recording, learnt as it is read. One thread.
 *
 * <p>Bounded: a file that names more than {@value #MAX_EACH} things of a kind has the rest of them unnamed.
 */
final class RecordedNames implements Names {
    private static final int MAX_EACH = 100_000;

    private record Device(String name, boolean physical) {}

    private record DeviceKey(long netns, int ifindex) {}

    private final Map<Long, String> namespaces = new HashMap<>();
    private final Map<Integer, String> symbols = new HashMap<>();
    private final Map<Integer, String> reasons = new HashMap<>();
    private final Map<DeviceKey, Device> devices = new HashMap<>();
    private final Map<Integer, String> processes = new HashMap<>();
    private final Map<Integer, Long> cgroups = new HashMap<>();
    private final Map<Long, String> containers = new HashMap<>();

    RecordedNames(Map<Integer, String> dropReasons) {
        dropReasons.forEach((reason, name) -> put(reasons, reason, name));
    }

    /** Takes a name frame. */
    void learn(int type, long key, String name) {
        switch (type) {
            case RecordingFormat.NETNS -> put(namespaces, key, name);
            // By the low half, which is all that an event has of an address.
            case RecordingFormat.SYMBOL -> put(symbols, (int) key, name);
            case RecordingFormat.REASON -> put(reasons, (int) key, name);
            case RecordingFormat.CONTAINER -> put(containers, key, name);
            default -> throw new IllegalArgumentException("not a name: " + type);
        }
    }

    /** Takes the name out of a device or task record; other records have none. */
    void learn(EventView event) {
        int at = event.offset();
        if (event.kind() == EventLayout.KIND_DEVICE) {
            long netns = Integer.toUnsignedLong(event.buffer().getInt(at + EventLayout.DEVICE_NETNS));
            int ifindex = event.buffer().getInt(at + EventLayout.DEVICE_IFINDEX);
            boolean physical = event.buffer().getInt(at + EventLayout.DEVICE_PHYSICAL) != 0;
            DeviceKey key = new DeviceKey(netns, ifindex);
            if (devices.size() < MAX_EACH || devices.containsKey(key)) {
                devices.put(key, new Device(Line.printable(event.rawName()), physical));
            }
        } else if (event.kind() == EventLayout.KIND_TASK) {
            int pid = event.buffer().getInt(at + EventLayout.TASK_PID);
            put(processes, pid, event.rawName());
            if (processes.containsKey(pid)) {
                cgroups.put(pid, event.buffer().getLong(at + EventLayout.TASK_CGROUP));
            }
        }
    }

    private static <K> void put(Map<K, String> map, K key, String name) {
        if (map.size() < MAX_EACH || map.containsKey(key)) {
            map.put(key, Line.printable(name));
        }
    }

    @Override
    public String netns(long inode) {
        String name = namespaces.get(inode);
        return name == null ? "net:[" + inode + "]" : name;
    }

    @Override
    public String device(long netns, int ifindex) {
        Device device = devices.get(new DeviceKey(netns, ifindex));
        return device == null ? "" : device.name();
    }

    @Override
    public boolean physical(long netns, int ifindex) {
        Device device = devices.get(new DeviceKey(netns, ifindex));
        return device != null && device.physical();
    }

    @Override
    public String process(int pid) {
        return processes.getOrDefault(pid, "");
    }

    @Override
    public String container(int pid) {
        return containers.getOrDefault(cgroups.getOrDefault(pid, 0L), "");
    }

    @Override
    public String dropReason(int reason) {
        String name = reasons.get(reason);
        return name == null ? "SKB_DROP_REASON_" + Integer.toUnsignedString(reason) : name;
    }

    @Override
    public String symbol(long address) {
        return symbols.getOrDefault((int) address, "");
    }
}
