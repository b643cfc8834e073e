package traitrace.names;

import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntFunction;
import java.util.function.LongConsumer;
import java.util.function.LongFunction;
import traitrace.event.EventLayout;
import traitrace.event.EventSink;
import traitrace.event.EventView;

/**
 * The names that a capture has told us, and those that its {@link Sources} know.
 *
 * <p>Fed with device and task records in order of time. All tables are bounded, and the entries not used for longest go
 * first: whoever may create devices or processes may create them for ever. Safe for use by several threads.
 */
public final class NameTable implements Names, EventSink {
    static final int MAX_NETNS = 16_384;
    static final int MAX_DEVICES = 65_536;
    static final int MAX_PROCESSES = 65_536;
    static final int MAX_CGROUPS = 16_384;

    /**
     * Where names come from that no record holds. Each returns printable ASCII and may be slow once per number.
     *
     * @param netns of a namespace by inode number; empty if there is none
     * @param netnsReused told that an inode number now belongs to another namespace
     * @param process of a live process by pid; empty text if there is none
     * @param dropReason of a raw drop reason; never empty
     * @param symbol the function and offset at a kernel address; empty text if it is not known
     * @param container that a live process is in, by pid; empty text if it is in none
     */
    public record Sources(
            LongFunction<Optional<String>> netns,
            LongConsumer netnsReused,
            IntFunction<String> process,
            IntFunction<String> dropReason,
            LongFunction<String> symbol,
            IntFunction<String> container) {

        /** Where containers are not asked for. */
        public Sources(
                LongFunction<Optional<String>> netns,
                LongConsumer netnsReused,
                IntFunction<String> process,
                IntFunction<String> dropReason,
                LongFunction<String> symbol) {
            this(netns, netnsReused, process, dropReason, symbol, pid -> "");
        }

        /** For a recording, where only what was recorded is known. */
        public static Sources recorded(IntFunction<String> dropReason, LongFunction<String> symbol) {
            return new Sources(inode -> Optional.empty(), inode -> {}, pid -> "", dropReason, symbol);
        }
    }

    private final Sources sources;
    private final Map<Long, Netns> namespaces = new Bounded<>(MAX_NETNS);
    private final Map<Long, String> netnsNames = new Bounded<>(MAX_NETNS);
    private final Map<DeviceKey, Device> devices = new Bounded<>(MAX_DEVICES);
    private final Map<Integer, String> processes = new Bounded<>(MAX_PROCESSES);
    private final Map<Integer, Long> cgroups = new Bounded<>(MAX_PROCESSES);
    /** By the id of the cgroup; empty text for one that is no container's. */
    private final Map<Long, String> containers = new Bounded<>(MAX_CGROUPS);

    public NameTable(Sources sources) {
        this.sources = sources;
    }

    /** Learns the name in a device or task record; other records are passed over. */
    @Override
    public void accept(EventView event) {
        if (!event.wellFormed()) {
            return;
        }
        switch (event.kind()) {
            case EventLayout.KIND_DEVICE -> acceptDevice(event);
            case EventLayout.KIND_TASK -> acceptTask(event);
            default -> {}
        }
    }

    /** Names a network namespace, until its inode number is seen to belong to another. */
    public synchronized void putNetns(long inode, String name) {
        netnsNames.put(inode, SafeText.ofText(name));
    }

    @Override
    public String netns(long inode) {
        synchronized (this) {
            String name = netnsNames.get(inode);
            if (name != null) {
                return name;
            }
        }
        // Outside of the lock: it may look through all of /proc.
        return sources.netns().apply(inode).orElseGet(() -> "net:[" + Long.toUnsignedString(inode) + "]");
    }

    @Override
    public synchronized String device(long netns, int ifindex) {
        Device device = find(netns, ifindex);
        return device == null ? "" : device.name();
    }

    @Override
    public synchronized boolean physical(long netns, int ifindex) {
        Device device = find(netns, ifindex);
        return device != null && device.physical();
    }

    @Override
    public String process(int pid) {
        if (pid == 0) {
            return "";
        }
        synchronized (this) {
            String name = processes.get(pid);
            if (name != null) {
                return name;
            }
        }
        String name = sources.process().apply(pid);
        if (!name.isEmpty()) {
            synchronized (this) {
                // A record that came meanwhile knows better.
                processes.putIfAbsent(pid, name);
            }
        }
        return name;
    }

    @Override
    public synchronized String container(int pid) {
        Long cgroup = cgroups.get(pid);
        return cgroup == null ? "" : containers.getOrDefault(cgroup, "");
    }

    @Override
    public String dropReason(int reason) {
        return sources.dropReason().apply(reason);
    }

    @Override
    public String symbol(long address) {
        return sources.symbol().apply(address);
    }

    private void acceptDevice(EventView event) {
        ByteBuffer buffer = event.buffer();
        int at = event.offset();
        long cookie = buffer.getLong(at + EventLayout.DEVICE_COOKIE);
        long netns = Integer.toUnsignedLong(buffer.getInt(at + EventLayout.DEVICE_NETNS));
        int ifindex = buffer.getInt(at + EventLayout.DEVICE_IFINDEX);
        boolean physical = buffer.getInt(at + EventLayout.DEVICE_PHYSICAL) != 0;
        String name = SafeText.ofLatin1(event.rawName());
        boolean reused = false;
        synchronized (this) {
            Netns known = namespaces.get(netns);
            if (known != null && known.cookie() != cookie) {
                if (event.time() < known.sinceNs()) {
                    return; // Of the namespace that had this inode number before.
                }
                reused = true;
                netnsNames.remove(netns);
            }
            if (known == null || reused) {
                namespaces.put(netns, new Netns(cookie, event.time()));
            }
            devices.put(new DeviceKey(netns, ifindex), new Device(name, physical, cookie));
        }
        if (reused) {
            sources.netnsReused().accept(netns);
        }
    }

    private void acceptTask(EventView event) {
        String name = SafeText.ofLatin1(event.rawName());
        int pid = event.buffer().getInt(event.offset() + EventLayout.TASK_PID);
        long cgroup = event.buffer().getLong(event.offset() + EventLayout.TASK_CGROUP);
        if (pid == 0 || name.isEmpty()) {
            return;
        }
        boolean unknown;
        synchronized (this) {
            processes.put(pid, name);
            cgroups.put(pid, cgroup);
            unknown = cgroup != 0 && !containers.containsKey(cgroup);
        }
        if (unknown) {
            // At once: the process may be gone when its packets' stories are told.
            String container = sources.container().apply(pid);
            synchronized (this) {
                containers.put(cgroup, container);
            }
        }
    }

    private Device find(long netns, int ifindex) {
        Device device = devices.get(new DeviceKey(netns, ifindex));
        Netns known = namespaces.get(netns);
        // Devices of the namespace that had this inode number before are not looked for when it changes hands: they are
        // told by their cookie and fall out of the table in time.
        return device != null && known != null && known.cookie() == device.cookie() ? device : null;
    }

    private record DeviceKey(long netns, int ifindex) {}

    private record Device(String name, boolean physical, long cookie) {}

    private record Netns(long cookie, long sinceNs) {}

    private static final class Bounded<K, V> extends LinkedHashMap<K, V> {
        private static final long serialVersionUID = 1L;

        private final int limit;

        Bounded(int limit) {
            super(16, 0.75f, true);
            this.limit = limit;
        }

        @Override
        protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
            return size() > limit;
        }
    }
}
