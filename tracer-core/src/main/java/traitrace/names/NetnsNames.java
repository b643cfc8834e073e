package traitrace.names;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import traitrace.TracerException;

/**
 * Names of the live network namespaces by their inode number.
 *
 * <p>Strongest first: {@code host} for that of process 1, the name of a bind mount in {@code /run/netns} (ip-netns(8)) or
 * {@code /run/docker/netns}, else {@code pid:1234(nginx)} for its process with the lowest pid. A namespace that is held
 * only by a file descriptor or a socket has none of these. In a pid namespace of its own, {@code host} is the container's.
 *
 * <p>An unknown inode makes it look again: among the mounted ones at most 50 times a second, among those of processes
 * once, and less often where looking takes long. A host with many thousands of processes pays at most 5 % of one CPU for
 * each. Safe for use by several threads.
 */
public final class NetnsNames {
    /** Inode numbers of namespaces begin here: PROC_DYNAMIC_FIRST (fs/proc/generic.c, Linux 6.1 to 7.2). */
    private static final long LOWEST_INODE = 0xf000_0000L;

    private static final long RESCAN_NS = 1_000_000_000L;
    private static final int RESCAN_COST = 20;
    /** Looking at the mounted ones alone takes little. */
    private static final long LOOK_AGAIN_NS = 20_000_000L;

    /** More than any host has at a time; names of namespaces that ended count too. */
    private static final int MAX_NAMES = 65_536;

    private static final int MAX_SHOWN = 10;
    private static final char UNDECODABLE = '\ufffd';
    private static final Pattern LINK = Pattern.compile("net:\\[(\\d{1,10})]");
    private static final Pattern NUMBER = Pattern.compile("\\d{1,10}");

    private final List<Path> folders;
    private final Path proc;
    private final LongSupplier clock;
    private final long lowestInode;

    private final Map<Long, String> names = new LinkedHashMap<>();
    private Map<String, Mount> mounts = Map.of();
    private boolean scanned;
    private long nextScan;
    private long nextLook;

    /** Those of this host. */
    public NetnsNames() {
        this(
                List.of(Path.of("/run/netns"), Path.of("/var/run/netns"), Path.of("/run/docker/netns")),
                Path.of("/proc"),
                System::nanoTime);
    }

    /**
     * @param folders whose entries are namespaces mounted on files
     * @param proc where processes are
     * @param clock monotonic, ns
     */
    public NetnsNames(List<Path> folders, Path proc, LongSupplier clock) {
        this(folders, proc, clock, LOWEST_INODE);
    }

    /** @param lowestInode an entry with a lower one is a plain file that was left behind */
    NetnsNames(List<Path> folders, Path proc, LongSupplier clock, long lowestInode) {
        this.folders = List.copyOf(folders);
        this.proc = proc;
        this.clock = clock;
        this.lowestInode = lowestInode;
    }

    /** The name of a namespace, printable ASCII; empty if it has none that we can see. */
    public synchronized Optional<String> name(long inode) {
        String name = names.get(inode);
        if (name == null && (!scanned || clock.getAsLong() - nextScan >= 0)) {
            scan();
            name = names.get(inode);
        } else if (name == null && clock.getAsLong() - nextLook >= 0) {
            lookAtMounts();
            name = names.get(inode);
        }
        return Optional.ofNullable(name);
    }

    /** The inode number has been given to another namespace: what we know of it is no longer true. */
    public synchronized void forget(long inode) {
        names.remove(inode);
    }

    /**
     * The namespace that the user means.
     *
     * @param spec {@code NAME} as in {@code ip netns} or as shown by {@link #name}, {@code pid:N} or {@code inode:N}
     * @return its inode number, 1 to 2^32-1; that there is such a namespace is checked for names and pids only
     * @throws TracerException USAGE if there is none, PERMISSION if the process is another user's
     */
    public synchronized long resolve(String spec) {
        String number = spec.substring(spec.indexOf(':') + 1);
        boolean numeric = NUMBER.matcher(number).matches();
        if (spec.startsWith("inode:")) {
            long inode = numeric ? Long.parseLong(number) : 0;
            if (inode < 1 || inode > 0xffff_ffffL) {
                throw usage("'" + SafeText.ofText(spec) + "' is not an inode number", "Write it as inode:4026531840.");
            }
            return inode;
        }
        if (spec.startsWith("pid:") && numeric) {
            return ofProcess(spec, number);
        }
        scan();
        Mount mount = mounts.get(spec);
        if (mount != null) {
            return mount.inode();
        }
        for (Map.Entry<Long, String> e : names.entrySet()) {
            if (e.getValue().equals(spec)) {
                return e.getKey();
            }
        }
        throw unknown(spec);
    }

    private long ofProcess(String spec, String pid) {
        Path link = proc.resolve(pid).resolve("ns").resolve("net");
        try {
            return inodeOfLink(link)
                    .orElseThrow(() -> usage("process " + pid + " has no network namespace", "Look with: lsns -t net"));
        } catch (AccessDeniedException e) {
            throw new TracerException(
                    TracerException.Kind.PERMISSION,
                    "not allowed to see the network namespace of process " + pid,
                    "Run traitrace as root.",
                    e);
        } catch (IOException e) {
            throw usage("there is no process " + pid + " for '" + spec + "'", "Look with: lsns -t net");
        }
    }

    private TracerException unknown(String spec) {
        List<String> known = new ArrayList<>();
        mounts.values().forEach(mount -> known.add(mount.shown()));
        names.values().stream().filter(name -> !known.contains(name)).sorted().forEach(known::add);
        String near = known.stream()
                .filter(name -> NearMiss.near(spec, name))
                .findFirst()
                .map(name -> "Did you mean '" + name + "'? ")
                .orElse("");
        String list = known.isEmpty()
                ? "None is known here: look with: lsns -t net"
                : "Known are: " + String.join(", ", known.subList(0, Math.min(MAX_SHOWN, known.size())))
                        + (known.size() > MAX_SHOWN ? " and " + (known.size() - MAX_SHOWN) + " more" : "") + ".";
        return usage("there is no network namespace '" + SafeText.ofText(spec) + "'", near + list);
    }

    /** A namespace that was just made for a container has a name here, and perhaps no process yet. */
    private void lookAtMounts() {
        long begin = clock.getAsLong();
        Map<String, Mount> mounted = new TreeMap<>();
        for (Path folder : folders) {
            scanFolder(folder, mounted);
        }
        if (names.size() + mounted.size() <= MAX_NAMES) {
            mounted.values().forEach(mount -> names.putIfAbsent(mount.inode(), mount.shown()));
        }
        mounts = mounted;
        long end = clock.getAsLong();
        nextLook = end + Math.max(LOOK_AGAIN_NS, RESCAN_COST * (end - begin));
    }

    private void scan() {
        long begin = clock.getAsLong();
        Map<Long, String> found = new LinkedHashMap<>();
        process("1").ifPresent(inode -> found.put(inode, "host"));
        // Kernel threads live in the first namespace, also where process 1 may not be looked at.
        if (ProcessNames.comm(proc, 2).equals("kthreadd")) {
            process("2").ifPresent(inode -> found.put(inode, "host"));
        }
        Map<String, Mount> mounted = new TreeMap<>();
        for (Path folder : folders) {
            scanFolder(folder, mounted);
        }
        mounted.values().forEach(mount -> found.putIfAbsent(mount.inode(), mount.shown()));
        scanProcesses(found);

        if (names.size() + found.size() > MAX_NAMES) {
            names.clear();
        }
        // Names of namespaces that ended stay: their packets are still being looked at.
        names.putAll(found);
        mounts = mounted;
        scanned = true;
        long end = clock.getAsLong();
        nextScan = end + Math.max(RESCAN_NS, RESCAN_COST * (end - begin));
    }

    private void scanFolder(Path folder, Map<String, Mount> mounted) {
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
            for (Path entry : entries) {
                if (mounted.size() >= MAX_NAMES) {
                    return;
                }
                try {
                    long inode = ((Number) Files.getAttribute(entry, "unix:ino")).longValue();
                    if (inode >= lowestInode) {
                        String name = entry.getFileName().toString();
                        String shown = SafeText.ofFileName(entry);
                        // Names that Java cannot decode may all look the same to it.
                        mounted.putIfAbsent(name.indexOf(UNDECODABLE) < 0 ? name : shown, new Mount(inode, shown));
                    }
                } catch (IOException | UnsupportedOperationException e) {
                    continue; // It ended while we looked.
                }
            }
        } catch (IOException | java.nio.file.DirectoryIteratorException e) {
            // Most hosts lack most of these folders.
            return;
        }
    }

    private void scanProcesses(Map<Long, String> found) {
        List<Integer> pids = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(proc, "[0-9]*")) {
            for (Path entry : entries) {
                String name = entry.getFileName().toString();
                if (name.length() <= 9 && NUMBER.matcher(name).matches()) {
                    pids.add(Integer.parseInt(name));
                }
            }
        } catch (IOException | java.nio.file.DirectoryIteratorException e) {
            return;
        }
        pids.sort(null);
        for (int pid : pids) {
            Optional<Long> inode = process(Integer.toString(pid));
            if (inode.isPresent() && !found.containsKey(inode.get()) && found.size() < MAX_NAMES) {
                found.put(inode.get(), "pid:" + pid + "(" + ProcessNames.comm(proc, pid) + ")");
            }
        }
    }

    private Optional<Long> process(String pid) {
        try {
            return inodeOfLink(proc.resolve(pid).resolve("ns").resolve("net"));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private static Optional<Long> inodeOfLink(Path link) throws IOException {
        Matcher matcher = LINK.matcher(Files.readSymbolicLink(link).toString());
        return matcher.matches() ? Optional.of(Long.parseLong(matcher.group(1))) : Optional.empty();
    }

    private static TracerException usage(String message, String hint) {
        return new TracerException(TracerException.Kind.USAGE, message, hint);
    }

    private record Mount(long inode, String shown) {}
}
