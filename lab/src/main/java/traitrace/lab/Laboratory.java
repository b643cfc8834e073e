package traitrace.lab;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import traitrace.TracerException;
import traitrace.kernel.NetnsThread;

/**
 * A topology that stands: real namespaces with devices, addresses, rules and daemons.
 *
 * <p>Everything it makes is inside namespaces of its own, whose names begin with a prefix that no other run has; the
 * control groups of daemons that are to have one are below this process's own, under a name that begins so. Closing
 * removes them and ends the daemons it started, and nothing else; a shutdown hook does the same after Ctrl-C. Needs
 * root, iproute2 and, where the topology asks for them, nftables and ethtool.
 */
public final class Laboratory implements AutoCloseable {
    /**
     * What a word in the arguments of steps and daemons stands for: {@code {programs}} for the laboratory's BPF programs,
     * one per section; {@code {nfqueue}} for a Perl program that decides about the packets of the nfnetlink queue
     * whose number is its argument. What is written in C is compiled: see {@link Programs}.
     */
    public static final Map<String, String> FILES = Map.ofEntries(
            Map.entry("{programs}", "lab.bpf.o"),
            Map.entry("{nfqueue}", "nfqueue.pl"),
            Map.entry("{splice}", "splice.pl"),
            Map.entry("{proxy-asyncio}", "proxy-asyncio.py"),
            Map.entry("{relay-afxdp}", "relay-afxdp.c"),
            Map.entry("{relay-mmsg}", "relay-mmsg.c"),
            Map.entry("{relay-packet}", "relay-packet.c"),
            Map.entry("{relay-sockmap}", "relay-sockmap.c"),
            Map.entry("{relay-tcp}", "relay-tcp.c"),
            Map.entry("{relay-threads}", "relay-threads.c"),
            Map.entry("{relay-udp}", "relay-udp.c"),
            Map.entry("{uring-echo}", "uring-echo.c"),
            Map.entry("{uring-tun}", "uring-tun.c"));

    /** In a daemon's arguments and files: its own folder. */
    public static final String SCRATCH = "{scratch}";

    private static final AtomicInteger RUNS = new AtomicInteger();
    private static final Duration READY_LIMIT = Duration.ofSeconds(40);
    private static final Duration DAEMON_GRACE = Duration.ofMillis(500);
    private static final int DELETE_ATTEMPTS = 3;
    private static final Pattern BATCH_FAILED = Pattern.compile("Command failed -:(\\d+)");

    private static final Duration WARM_LIMIT = Duration.ofSeconds(5);

    private record Running(Topology.Daemon daemon, Process process, Path output) {}

    private final Topology topology;
    private final String prefix;
    private final Map<String, NetnsThread> threads = new ConcurrentHashMap<>();
    private final List<String> made = new ArrayList<>();
    private final Map<String, Path> files = new ConcurrentHashMap<>();
    private final List<Path> scratch = new ArrayList<>();
    private final List<Running> daemons = new ArrayList<>();
    private final List<Path> cgroups = new ArrayList<>();
    private final Thread hook = new Thread(this::tearDown, "laboratory-removal");
    /** What ip is to do in one namespace, and was not told yet: to start it takes longer than what it does. */
    private final List<String> pending = new ArrayList<>();

    private String pendingNs = "";
    private boolean removed;

    private Laboratory(Topology topology, String prefix) {
        this.topology = topology;
        this.prefix = prefix;
    }

    /**
     * Builds a topology.
     *
     * @throws TracerException naming the command that failed and its standard error; what was built until then is
     *     removed
     */
    public static Laboratory build(Topology topology) {
        String prefix = "tt" + Long.toString(ProcessHandle.current().pid(), 36) + "x" + RUNS.incrementAndGet() + "-";
        Laboratory laboratory = new Laboratory(topology, prefix);
        try {
            Runtime.getRuntime().addShutdownHook(laboratory.hook);
        } catch (IllegalStateException shuttingDown) {
            throw new TracerException(TracerException.Kind.FAILURE, "the process is ending", "", shuttingDown);
        }
        try {
            laboratory.build();
            return laboratory;
        } catch (RuntimeException | Error e) {
            laboratory.close();
            throw e;
        }
    }

    public Topology topology() {
        return topology;
    }

    /** The name under {@code /run/netns} of one of the topology's namespaces. */
    public String realName(String ns) {
        if (!topology.namespaces().contains(ns)) {
            throw new TracerException(TracerException.Kind.FAILURE, "the topology has no namespace \"" + ns + "\"", "");
        }
        return prefix + ns;
    }

    /** The topology's name of a real namespace; empty if it is not one of this laboratory's. */
    public Optional<String> topologyName(String real) {
        return real.startsWith(prefix) ? Optional.of(real.substring(prefix.length())) : Optional.empty();
    }

    /** What the names of all namespaces of this run begin with. */
    public String prefix() {
        return prefix;
    }

    /** The inode number by which the kernel knows a namespace of the topology. */
    public long inode(String ns) {
        try {
            Object inode = Files.getAttribute(NetnsThread.NAMED.resolve(realName(ns)), "unix:ino");
            return ((Number) inode).longValue();
        } catch (IOException e) {
            throw new TracerException(
                    TracerException.Kind.FAILURE, "the namespace " + realName(ns) + " is gone", "", e);
        }
    }

    /**
     * Runs a task in a namespace: sockets it opens, {@code /proc/thread-self/net} it reads and processes it starts are
     * there. Tasks of one namespace run one after another.
     *
     * @throws TracerException if the task fails
     */
    public <T> T in(String ns, Callable<T> task) {
        NetnsThread thread = threads.get(realName(ns));
        if (thread == null) {
            throw new TracerException(TracerException.Kind.FAILURE, "the laboratory is closed", "");
        }
        try {
            return thread.call(task);
        } catch (RuntimeException e) {
            throw e;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new TracerException(TracerException.Kind.FAILURE, "interrupted in " + ns, "", e);
        } catch (Exception e) {
            throw new TracerException(
                    TracerException.Kind.FAILURE, "in namespace " + ns + ": " + e.getMessage(), "", e);
        }
    }

    /** Runs a program in a namespace; returns its standard output, or fails with its standard error. */
    public String run(String ns, List<String> argv) {
        runPending();
        return in(ns, () -> Command.run(argv));
    }

    /** The process id of a daemon of the topology, for expectations about who received what. */
    public long pidOf(String daemon) {
        return daemons.stream()
                .filter(running -> running.daemon().name().equals(daemon))
                .findFirst()
                .orElseThrow(
                        () -> new TracerException(TracerException.Kind.FAILURE, "no daemon \"" + daemon + "\"", ""))
                .process()
                .pid();
    }

    /** Removes everything. Does not fail: what cannot be removed is left to the next reboot. */
    @Override
    public void close() {
        tearDown();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException shuttingDown) {
            // The hook is running or has run: nothing is left to do.
        }
    }

    private void build() {
        addNamespaces();
        addLinks();
        topology.devices().forEach(this::addDevice);
        topology.sysctls().forEach(this::setSysctls);
        parentsFirst().forEach(this::bringUp);
        runPending();
        topology.nft().forEach((ns, lines) -> in(ns, () -> Command.run(List.of("nft", "-f", "-"), text(lines))));
        for (Topology.Qdisc qdisc : topology.qdiscs()) {
            run(qdisc.ns(), words("tc qdisc add dev " + qdisc.dev() + " " + qdisc.spec()));
        }
        for (Topology.Step step : topology.steps()) {
            in(step.ns(), () -> Command.run(withFiles(step.argv()), text(step.input())));
        }
        topology.daemons().forEach(this::startDaemon);
        topology.warm().forEach(this::warmUp);
    }

    /** Words that stand for a file replaced by its path; the file is there until the laboratory is closed. */
    private List<String> withFiles(List<String> argv) throws IOException {
        List<String> words = new ArrayList<>();
        for (String word : argv) {
            words.add(FILES.containsKey(word) ? file(word).toString() : word);
        }
        return words;
    }

    private Path file(String word) throws IOException {
        Path known = files.get(word);
        if (known != null) {
            return known;
        }
        String name = FILES.get(word);
        if (Programs.isSource(name)) {
            return Programs.of(name);
        }
        Path file = Files.createTempFile("lab-file", name);
        files.put(word, file);
        Programs.copy(name, file);
        return file;
    }

    private Path newFolder() throws IOException {
        Path folder = Files.createTempDirectory("lab-folder");
        scratch.add(folder);
        return folder;
    }

    /** The daemon's words, with a folder made for it if it asks for one. */
    private List<String> command(Topology.Daemon daemon) throws IOException {
        List<String> argv = withFiles(daemon.argv());
        if (daemon.files().isEmpty() && argv.stream().noneMatch(word -> word.contains(SCRATCH))) {
            return argv;
        }
        Path folder = newFolder();
        for (Map.Entry<String, List<String>> file : daemon.files().entrySet()) {
            Files.writeString(
                    folder.resolve(file.getKey()), text(file.getValue()).replace(SCRATCH, folder.toString()));
        }
        return argv.stream()
                .map(word -> word.replace(SCRATCH, folder.toString()))
                .toList();
    }

    private List<String> inItsCgroup(Topology.Daemon daemon, List<String> argv) throws IOException {
        if (daemon.cgroup().isEmpty()) {
            return argv;
        }
        Path cgroup = Cgroups.make(prefix + daemon.name(), daemon.cgroup());
        cgroups.add(cgroup);
        return Cgroups.inside(cgroup, argv);
    }

    private void addNamespaces() {
        List<String> reals = topology.namespaces().stream().map(this::realName).toList();
        synchronized (this) {
            // Ctrl-C during the building: what is made after the removal would stay for ever.
            if (removed) {
                throw new TracerException(TracerException.Kind.FAILURE, "the laboratory is closed", "");
            }
            // Before they are made: a Ctrl-C may end the command in the middle.
            made.addAll(reals);
            ip(reals.stream().map(real -> "netns add " + real).toList());
            reals.forEach(real -> threads.put(real, NetnsThread.enter(real)));
        }
        // Duplicate address detection, router solicitations and multicast reports would be packets that nobody sent.
        for (String ns : topology.namespaces()) {
            setSysctls(
                    ns,
                    Map.of(
                            "net.ipv6.conf.default.accept_dad", "0",
                            "net.ipv6.conf.default.dad_transmits", "0",
                            "net.ipv6.conf.default.router_solicitations", "0",
                            "net.ipv6.conf.default.accept_ra", "0",
                            "net.ipv6.conf.default.force_mld_version", "1",
                            "net.ipv6.conf.default.addr_gen_mode", "1"));
        }
    }

    /** By one process for all, from outside of the namespaces. */
    private void addLinks() {
        if (topology.links().isEmpty()) {
            return;
        }
        ip(topology.links().stream()
                .map(link -> "link add " + described(link.a()) + " type veth peer name " + described(link.b()))
                .toList());
        ends().filter(end -> !end.offloads().isEmpty()).forEach(this::setOffloads);
    }

    private Stream<Topology.End> ends() {
        return topology.links().stream().flatMap(link -> Stream.of(link.a(), link.b()));
    }

    private String described(Topology.End end) {
        return end.dev()
                + (end.mac().isEmpty() ? "" : " address " + end.mac())
                + (end.mtu() > 0 ? " mtu " + end.mtu() : "")
                + " netns " + realName(end.ns());
    }

    private void setOffloads(Topology.End end) {
        List<String> argv = new ArrayList<>(List.of("ethtool", "-K", end.dev()));
        end.offloads().forEach((feature, on) -> {
            argv.add(feature);
            argv.add(on ? "on" : "off");
        });
        run(end.ns(), argv);
    }

    private void addDevice(Topology.Device device) {
        String add = "link add " + device.dev() + " ";
        if (device instanceof Topology.Bridge bridge) {
            // Without multicast snooping and spanning tree a bridge sends nothing of its own.
            ip(bridge.ns(), add + "type bridge stp_state 0 mcast_snooping 0");
            bridge.ports().forEach(port -> ip(bridge.ns(), "link set " + port + " master " + bridge.dev()));
        } else if (device instanceof Topology.Vxlan vxlan) {
            ip(
                    vxlan.ns(),
                    add + "type vxlan id " + vxlan.id() + " local " + vxlan.local() + " remote " + vxlan.remote()
                            + " dstport 4789 dev " + vxlan.underlay());
        } else if (device instanceof Topology.Macvlan macvlan) {
            ip(
                    macvlan.parentNs(),
                    "link add " + macvlan.dev() + " link " + macvlan.parent() + " netns " + realName(macvlan.ns())
                            + " type macvlan mode " + macvlan.mode());
        } else if (device instanceof Topology.Stacked stacked) {
            ip(
                    stacked.parentNs(),
                    add + "link " + stacked.parent() + " netns " + realName(stacked.ns()) + " "
                            + String.join(" ", stacked.arguments()));
        } else if (device instanceof Topology.Tun tun) {
            ip(tun.ns(), "tuntap add dev " + tun.dev() + " mode tun");
        } else if (device instanceof Topology.Plain plain) {
            ip(plain.ns(), add + String.join(" ", plain.arguments()));
        }
    }

    /** A device does not come up while the one below it is down, which may be in another namespace. */
    private List<String> parentsFirst() {
        Set<String> parents = topology.devices().stream()
                .filter(device -> !device.parentNs().equals(device.ns()))
                .map(Topology.Device::parentNs)
                .collect(Collectors.toSet());
        return topology.namespaces().stream()
                .sorted(Comparator.comparing(ns -> !parents.contains(ns)))
                .toList();
    }

    private void bringUp(String ns) {
        ip(ns, "link set lo up");
        ends().filter(end -> end.ns().equals(ns)).forEach(end -> bringUp(ns, end.dev(), end.addresses()));
        topology.devices().stream()
                .filter(device -> device.ns().equals(ns))
                .forEach(device -> bringUp(ns, device.dev(), device.addresses()));
        topology.neighbours().stream()
                .filter(n -> n.ns().equals(ns))
                .forEach(n -> ip(
                        ns,
                        "neigh replace " + n.address() + " lladdr " + n.mac() + " dev " + n.dev() + " nud permanent"));
        topology.routes().stream()
                .filter(route -> route.ns().equals(ns))
                .forEach(route -> ip(ns, "route add " + route.spec()));
    }

    private void bringUp(String ns, String dev, List<String> addresses) {
        ip(ns, "link set " + dev + " up");
        for (String address : addresses) {
            boolean six = address.indexOf(':') >= 0;
            ip(ns, "addr add " + address + " dev " + dev + (six ? " nodad" : ""));
        }
    }

    private void setSysctls(String ns, Map<String, String> values) {
        runPending();
        in(ns, () -> {
            for (Map.Entry<String, String> value : values.entrySet()) {
                Path file = Path.of("/proc/sys", value.getKey().split("\\."));
                try {
                    Files.writeString(file, value.getValue());
                } catch (IOException e) {
                    throw new IOException("cannot set " + value.getKey() + " to " + value.getValue(), e);
                }
            }
            return null;
        });
    }

    private void startDaemon(Topology.Daemon daemon) {
        Running running;
        synchronized (this) {
            running = in(daemon.ns(), () -> {
                Path output = Files.createTempFile("lab-daemon", "");
                Process process = new ProcessBuilder(inItsCgroup(daemon, command(daemon)))
                        .redirectErrorStream(true)
                        .redirectOutput(output.toFile())
                        .start();
                return new Running(daemon, process, output);
            });
            daemons.add(running);
        }
        if (daemon.ready().isEmpty()) {
            return;
        }
        long end = System.nanoTime() + READY_LIMIT.toNanos();
        while (!in(daemon.ns(), () -> ready(daemon.ready()))) {
            if (!running.process().isAlive() || System.nanoTime() > end) {
                throw new TracerException(
                        TracerException.Kind.FAILURE,
                        "the daemon `" + String.join(" ", daemon.argv()) + "` in " + daemon.ns() + " did not open "
                                + daemon.ready() + ": " + outputOf(running),
                        "");
            }
            pause(10);
        }
    }

    private static boolean ready(String condition) throws IOException {
        String[] words = condition.split(":");
        int number = Integer.parseInt(words[1]);
        return switch (words[0]) {
            case "packet" -> OpenPorts.packetSockets() >= number;
            case "nfqueue" -> OpenPorts.nfqueues().contains(number);
            default -> OpenPorts.read(words[0]).contains(number);
        };
    }

    private void warmUp(Topology.Warm warm) {
        // The first echo request may be lost while neighbours are resolved along the path.
        long end = System.nanoTime() + WARM_LIMIT.toNanos();
        while (System.nanoTime() < end) {
            if (in(warm.ns(), () -> answers(warm.to()))) {
                return;
            }
        }
        throw new TracerException(
                TracerException.Kind.FAILURE, "no answer from " + warm.to() + " to pings from " + warm.ns(), "");
    }

    private static boolean answers(String address) {
        try {
            return InetAddress.getByName(address).isReachable(1_000);
        } catch (IOException unreachable) {
            // A program may be about to open the device on the way there.
            pause(50);
            return false;
        }
    }

    /** In order, but not before it must be: see {@link #runPending}. */
    private void ip(String ns, String arguments) {
        if (!ns.equals(pendingNs)) {
            runPending();
            pendingNs = ns;
        }
        pending.add(arguments);
    }

    private void runPending() {
        List<String> lines = List.copyOf(pending);
        pending.clear();
        if (!lines.isEmpty()) {
            in(pendingNs, () -> {
                ip(lines);
                return null;
            });
        }
    }

    /** Has one process of ip do all of this, in the namespace of the calling thread. */
    private static void ip(List<String> lines) {
        Command.Result result = Command.attempt(List.of("ip", "-batch", "-"), text(lines), Command.LIMIT);
        if (result.status() != 0) {
            // Its last words are "Command failed -:3".
            Matcher failed = BATCH_FAILED.matcher(result.err());
            String line = failed.find() ? lines.get(Integer.parseInt(failed.group(1)) - 1) : "-batch -";
            throw new TracerException(
                    TracerException.Kind.FAILURE,
                    "`ip " + line + "` failed: " + failed.replaceAll("").strip(),
                    "");
        }
    }

    private synchronized void tearDown() {
        if (removed) {
            return;
        }
        removed = true;
        daemons.forEach(running -> end(running.process()));
        daemons.forEach(running -> delete(running.output()));
        cgroups.forEach(Cgroups::remove);
        cgroups.clear();
        files.values().forEach(Laboratory::delete);
        files.clear();
        scratch.forEach(Laboratory::deleteFolder);
        scratch.clear();
        threads.values().forEach(NetnsThread::close);
        // One process for all; then each that it left.
        try {
            String all = text(made.stream().map(real -> "netns del " + real).toList());
            Command.attempt(List.of("ip", "-force", "-batch", "-"), all, Command.LIMIT);
        } catch (RuntimeException e) {
            // As above: they must still be removed.
        }
        made.forEach(Laboratory::delete);
        made.clear();
        threads.clear();
    }

    private static void delete(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException left) {
            // A stray temporary file is not worth a failure.
        }
    }

    private static void deleteFolder(Path folder) {
        try (Stream<Path> all = Files.walk(folder)) {
            all.sorted(Comparator.reverseOrder()).forEach(Laboratory::delete);
        } catch (IOException | UncheckedIOException left) {
            // A stray temporary folder is not worth a failure.
        }
    }

    private static void delete(String real) {
        Path name = NetnsThread.NAMED.resolve(real);
        // Again, because a Ctrl-C goes to our children, too, and may end the command that removes.
        for (int attempt = 0; attempt < DELETE_ATTEMPTS && Files.exists(name); attempt++) {
            try {
                Command.attempt(List.of("ip", "netns", "del", real), "", Command.LIMIT);
            } catch (RuntimeException e) {
                // The others must still be removed.
            }
        }
    }

    /** Ends a process and what it forked, and waits for them. */
    static void end(Process process) {
        List<ProcessHandle> all = new ArrayList<>(process.descendants().toList());
        all.add(process.toHandle());
        all.forEach(ProcessHandle::destroy);
        if (!ended(all)) {
            all.forEach(ProcessHandle::destroyForcibly);
            ended(all);
        }
    }

    /** Waits for processes; looks itself, because onExit() looks only seldom at those that are not our children. */
    private static boolean ended(List<ProcessHandle> all) {
        long end = System.nanoTime() + DAEMON_GRACE.toNanos();
        while (all.stream().anyMatch(Laboratory::running)) {
            if (System.nanoTime() > end) {
                return false;
            }
            LockSupport.parkNanos(1_000_000);
        }
        return true;
    }

    /** Whether a process runs: one that ended and that its new parent has not yet noticed (a zombie) does not. */
    static boolean running(ProcessHandle process) {
        try {
            String stat = Files.readString(Path.of("/proc", Long.toString(process.pid()), "stat"));
            // PID (NAME) STATE ...; the name may hold anything, parentheses too.
            return process.isAlive() && stat.charAt(stat.lastIndexOf(')') + 2) != 'Z';
        } catch (IOException gone) {
            return false;
        }
    }

    private static String outputOf(Running running) {
        try {
            return Files.readString(running.output()).strip();
        } catch (IOException e) {
            return "";
        }
    }

    private static String text(List<String> lines) {
        return lines.isEmpty() ? "" : String.join("\n", lines) + "\n";
    }

    private static List<String> words(String line) {
        return List.of(line.split(" "));
    }

    private static void pause(long ms) {
        try {
            Thread.sleep(ms);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new TracerException(TracerException.Kind.FAILURE, "interrupted", "", e);
        }
    }
}
