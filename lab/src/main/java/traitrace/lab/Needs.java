package traitrace.lab;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Whether this machine can build a scenario. */
public final class Needs {
    /** What is missing for a need. To find out takes processes, and the kernel stays the same. */
    private static final Map<String, Optional<String>> ANSWERS = new ConcurrentHashMap<>();

    private static final AtomicInteger PROBES = new AtomicInteger();
    private static final String MODULE = "module:";
    private static final Pattern VERSION = Pattern.compile("(\\d{1,4})\\.(\\d{1,4})");
    private static final String KEY_16 = "0x" + "00".repeat(16);
    private static final String KEY_20 = "0x" + "00".repeat(20);
    private static final String KEY_32 = "0x" + "00".repeat(32);
    /** What {@code ip xfrm state add} calls the ways to encrypt that scenarios use. */
    private static final Map<String, List<String>> ENCRYPTIONS = Map.of(
            "gcm", List.of("aead", "rfc4106(gcm(aes))", KEY_20, "128"),
            "cbc", List.of("enc", "cbc(aes)", KEY_16, "auth-trunc", "hmac(sha256)", KEY_32, "128"));

    private Needs() {}

    /** Why a scenario cannot be run here, one sentence; empty if it can. */
    public static Optional<String> missing(Scenario scenario) {
        if (!root()) {
            return Optional.of("making network namespaces needs root");
        }
        Stream<String> programs = Stream.concat(
                Stream.of("program:ip", "program:ping"),
                scenario.topology().nft().isEmpty() ? Stream.of() : Stream.of("program:nft"));
        return Stream.concat(programs, scenario.needs().stream())
                .flatMap(need -> answer(need).stream())
                .findFirst();
    }

    /**
     * Loads the modules that any of them needs. What is in a module is attached to when it comes, which takes an emulated
     * machine seconds: longer than a scenario waits that needs it.
     */
    static void loadModules(List<Scenario> scenarios) {
        scenarios.stream()
                .flatMap(scenario -> scenario.needs().stream())
                .filter(need -> need.startsWith(MODULE))
                .forEach(Needs::answer);
    }

    private static Optional<String> answer(String need) {
        return ANSWERS.computeIfAbsent(need, Needs::missing);
    }

    private static boolean root() {
        return "root".equals(System.getProperty("user.name"));
    }

    private static Optional<String> missing(String need) {
        String[] parts = need.split(":", 2);
        if (parts.length == 2 && parts[0].equals("program")) {
            return onPath(parts[1]) ? Optional.empty() : Optional.of("the program " + parts[1] + " is not installed");
        }
        if (parts.length == 2 && parts[0].equals("link")) {
            return linkType(parts[1])
                    ? Optional.empty()
                    : Optional.of("this kernel has no devices of type " + parts[1]);
        }
        if (need.startsWith(MODULE)) {
            return module(parts[1]) ? Optional.empty() : Optional.of("this kernel has no module " + parts[1]);
        }
        if (parts.length == 2
                && parts[0].equals("kernel")
                && VERSION.matcher(parts[1]).matches()) {
            String running = System.getProperty("os.version");
            return atLeast(running, parts[1])
                    ? Optional.empty()
                    : Optional.of("it takes Linux " + parts[1] + ", this is " + running);
        }
        if (need.equals("uring")) {
            return uring() ? Optional.empty() : Optional.of("this kernel gives nobody an io_uring");
        }
        if (need.equals("cgroup2")) {
            return Cgroups.missing();
        }
        if (need.equals("afxdp")) {
            return afxdp() ? Optional.empty() : Optional.of("this kernel has no AF_XDP sockets");
        }
        if (need.equals("cpu:real")) {
            return emulated() ? Optional.of("it takes a CPU that is not emulated") : Optional.empty();
        }
        if (parts.length == 2 && parts[0].equals("qdisc")) {
            return qdisc(parts[1]) ? Optional.empty() : Optional.of("this kernel has no qdisc " + parts[1]);
        }
        if (parts.length == 2 && parts[0].equals("xfrm") && ENCRYPTIONS.containsKey(parts[1])) {
            return encryption(ENCRYPTIONS.get(parts[1]))
                    ? Optional.empty()
                    : Optional.of("this kernel has no IPsec with AES-" + parts[1].toUpperCase(Locale.ROOT));
        }
        return Optional.of("nobody knows how to find out about the need \"" + need + "\"");
    }

    /** The switch came with Linux 6.6 (io_uring/io_uring.c); 2 forbids it even to root. */
    private static boolean uring() {
        Path forbidden = Path.of("/proc/sys/kernel/io_uring_disabled");
        try {
            return !Files.exists(forbidden)
                    || !Files.readString(forbidden).strip().equals("2");
        } catch (IOException e) {
            return false;
        }
    }

    /** Among its families of sockets, as the kernel names them (net/xdp/xsk.c, xsk_proto). */
    private static boolean afxdp() {
        try {
            return Files.readAllLines(Path.of("/proc/net/protocols")).stream()
                    .anyMatch(line -> line.startsWith("XDP "));
        } catch (IOException e) {
            return false;
        }
    }

    /** QEMU without the help of the hardware says so in the model's name. */
    private static boolean emulated() {
        try {
            return Files.readString(Path.of("/proc/cpuinfo")).contains("QEMU TCG");
        } catch (IOException e) {
            return false;
        }
    }

    private static boolean onPath(String program) {
        return Stream.of((System.getenv("PATH") + ":/usr/sbin:/sbin").split(":"))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder).resolve(program)));
    }

    /** Loads it: a kernel that would load it by itself when it is needed does just that. */
    private static boolean module(String name) {
        return onPath("modprobe")
                && Command.attempt(List.of("modprobe", "-q", name), "", Command.LIMIT)
                                .status()
                        == 0;
    }

    private static boolean linkType(String type) {
        Command.Result added = probe(List.of("ip", "link", "add", "probe0", "type", type));
        // Other errors mean that it is known and wants more arguments.
        return added.status() == 0
                || !(added.err().contains("Unknown device type") || added.err().contains("not supported"));
    }

    /** Whether a release as {@code uname -r} tells it is of this version, like 6.16, or a newer one. */
    static boolean atLeast(String release, String version) {
        Matcher is = VERSION.matcher(release);
        Matcher wanted = VERSION.matcher(version);
        if (!is.lookingAt() || !wanted.lookingAt()) {
            return false;
        }
        int major = Integer.compare(Integer.parseInt(is.group(1)), Integer.parseInt(wanted.group(1)));
        int minor = Integer.compare(Integer.parseInt(is.group(2)), Integer.parseInt(wanted.group(2)));
        return major > 0 || major == 0 && minor >= 0;
    }

    private static boolean qdisc(String kind) {
        return probe(List.of("tc", "qdisc", "add", "dev", "lo", "root", kind)).status() == 0;
    }

    private static boolean encryption(List<String> algorithms) {
        List<String> argv = new ArrayList<>(List.of("ip", "xfrm", "state", "add"));
        argv.addAll(List.of("src", "192.0.2.1", "dst", "192.0.2.2", "proto", "esp", "spi", "1", "mode", "tunnel"));
        argv.addAll(algorithms);
        return probe(argv).status() == 0;
    }

    /** The kernel says what it has only when asked for it; in a namespace of its own this leaves no trace. */
    private static Command.Result probe(List<String> command) {
        String ns = "ttneed" + ProcessHandle.current().pid() + "x" + PROBES.incrementAndGet();
        Command.run(List.of("ip", "netns", "add", ns));
        try {
            List<String> argv = new ArrayList<>(List.of("ip", "netns", "exec", ns));
            argv.addAll(command);
            return Command.attempt(argv, "", Command.LIMIT);
        } finally {
            Command.attempt(List.of("ip", "netns", "del", ns), "", Command.LIMIT);
        }
    }
}
