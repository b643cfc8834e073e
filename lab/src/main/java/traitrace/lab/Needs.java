package traitrace.lab;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/** Whether this machine can build a scenario. */
public final class Needs {
    private static final AtomicInteger PROBES = new AtomicInteger();

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
                .flatMap(need -> missing(need).stream())
                .findFirst();
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
        if (parts.length == 2 && parts[0].equals("module")) {
            return module(parts[1]) ? Optional.empty() : Optional.of("this kernel has no module " + parts[1]);
        }
        return Optional.of("nobody knows how to find out about the need \"" + need + "\"");
    }

    private static boolean onPath(String program) {
        return Stream.of((System.getenv("PATH") + ":/usr/sbin:/sbin").split(":"))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
    }

    /** Loads it: a kernel that would load it by itself when it is needed does just that. */
    private static boolean module(String name) {
        return onPath("modprobe")
                && Command.attempt(List.of("modprobe", "-q", name), "", Command.LIMIT)
                                .status()
                        == 0;
    }

    /** The kernel says so only when asked to make one; in a namespace of its own this leaves no trace. */
    private static boolean linkType(String type) {
        String ns = "ttneed" + ProcessHandle.current().pid() + "x" + PROBES.incrementAndGet();
        Command.run(List.of("ip", "netns", "add", ns));
        try {
            Command.Result added =
                    Command.attempt(List.of("ip", "-n", ns, "link", "add", "probe0", "type", type), "", Command.LIMIT);
            // Other errors mean that it is known and wants more arguments.
            return added.status() == 0
                    || !(added.err().contains("Unknown device type")
                            || added.err().contains("not supported"));
        } finally {
            Command.attempt(List.of("ip", "netns", "del", ns), "", Command.LIMIT);
        }
    }
}
