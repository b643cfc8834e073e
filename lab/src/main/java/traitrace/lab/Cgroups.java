package traitrace.lab;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Control groups of the unified hierarchy (cgroup2), made below this process's own, as container engines make theirs.
 *
 * <p>Which file of a process tells its group, and that a folder is a group: Documentation/admin-guide/cgroup-v2.rst.
 */
final class Cgroups {
    private static final Path PROC = Path.of("/proc/self");
    private static final String UNIFIED = "0::";
    private static final int ATTEMPTS = 50;
    private static final int ATTEMPT_MICROS = 10_000;
    private static final AtomicInteger PROBES = new AtomicInteger();

    private Cgroups() {}

    /** Why none can be made here, one sentence; empty if one can. */
    static Optional<String> missing() {
        Optional<Path> own = own(PROC);
        if (own.isEmpty()) {
            return Optional.of("there is no cgroup2 hierarchy here");
        }
        Path probe = own.get().resolve("ttneed" + ProcessHandle.current().pid() + "x" + PROBES.incrementAndGet());
        try {
            Files.createDirectory(probe);
            Files.delete(probe);
            return Optional.empty();
        } catch (IOException e) {
            return Optional.of("no cgroup can be made in " + own.get() + ": " + e);
        }
    }

    /**
     * Makes a group, below one that holds nothing else.
     *
     * @param holder name of the one above, which no other run has
     * @return its folder
     */
    static Path make(String holder, String name) throws IOException {
        Path own = own(PROC).orElseThrow(() -> new IOException("there is no cgroup2 hierarchy here"));
        Path above = own.resolve(holder);
        if (!Files.isDirectory(above)) {
            Files.createDirectory(above);
        }
        return Files.createDirectory(above.resolve(name));
    }

    /** A command that does the same in the group of this folder, from its first instruction on, under one process id. */
    static List<String> inside(Path group, List<String> argv) {
        List<String> inside = new ArrayList<>(List.of(
                "sh",
                "-c",
                "echo $$ > \"$0\" && exec \"$@\"",
                group.resolve("cgroup.procs").toString()));
        inside.addAll(argv);
        return inside;
    }

    /** Removes a group whose processes have ended, and the one above it if that was the last in it. */
    static void remove(Path group) {
        delete(group);
        delete(group.getParent());
    }

    private static void delete(Path group) {
        for (int attempt = 0; attempt < ATTEMPTS && Files.isDirectory(group); attempt++) {
            try {
                Files.delete(group);
            } catch (IOException busy) {
                // What ended a moment ago is still in it.
                Exchange.gap(ATTEMPT_MICROS);
            }
        }
    }

    /** The folder of the group that a process is in, as far as its mounts show it. */
    static Optional<Path> own(Path process) {
        try {
            Optional<String> group = Files.readAllLines(process.resolve("cgroup")).stream()
                    .filter(line -> line.startsWith(UNIFIED))
                    .map(line -> line.substring(UNIFIED.length()))
                    .findFirst();
            if (group.isEmpty()) {
                return Optional.empty();
            }
            // ID PARENT MAJOR:MINOR ROOT MOUNTPOINT OPTIONS... - TYPE SOURCE OPTIONS (proc_pid_mountinfo(5))
            return Files.readAllLines(process.resolve("mountinfo")).stream()
                    .filter(line -> line.contains(" - cgroup2 "))
                    .map(line -> line.split(" "))
                    .flatMap(words -> below(group.get(), words[3], words[4]).stream())
                    .filter(Files::isDirectory)
                    .findFirst();
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private static Optional<Path> below(String group, String root, String mountPoint) {
        String top = root.equals("/") ? "" : root;
        boolean inside = group.equals(root) || group.startsWith(top + "/");
        return inside ? Optional.of(Path.of(mountPoint, group.substring(top.length()))) : Optional.empty();
    }
}
