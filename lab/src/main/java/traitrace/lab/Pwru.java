package traitrace.lab;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import traitrace.TracerException;

/**
 * pwru, running: follows every UDP packet of this kernel by the address of its skb and prints a row for each function
 * that it passes. What it prints while a scenario is observed is kept in a file of the scenario's (see
 * {@link PwruRows}).
 *
 * <p>It runs as long as this process: on a kernel without kprobe.multi it takes minutes to attach and to detach.
 */
final class Pwru {
    private static final Duration ATTACH_LIMIT = Duration.ofMinutes(8);
    private static final Duration QUIET = Duration.ofSeconds(2);
    private static final Duration QUIET_LIMIT = Duration.ofSeconds(30);
    private static final String READY = "Listening for events";

    private final Process process;
    private final Path output;

    private Pwru(Process process, Path output) {
        this.process = process;
        this.output = output;
    }

    /**
     * Starts pwru and waits until it has attached.
     *
     * @param program of version 1.0.5 or later: older ones print less
     * @throws TracerException with its last words if it does not get so far
     */
    static Pwru start(Path program) {
        try {
            // Not where results go: that may be a file system of the host's, too slow for a write per row.
            Path folder = Files.createTempDirectory("lab-pwru");
            Path output = folder.resolve("rows");
            Path words = folder.resolve("words");
            Process process = new ProcessBuilder(
                            program.toString(),
                            "--filter-track-skb",
                            "--output-meta",
                            "--output-tuple",
                            "--output-file",
                            output.toString(),
                            "udp")
                    .redirectError(words.toFile())
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            // Not asked politely: it would detach for minutes, and nobody reads what it says then.
            Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly, "pwru-end"));
            Pwru pwru = new Pwru(process, output);
            // The version of Debian 13 has no --ready-file.
            if (!await(ATTACH_LIMIT, () -> !process.isAlive() || read(words).contains(READY)) || !process.isAlive()) {
                process.destroyForcibly();
                throw new TracerException(TracerException.Kind.FAILURE, "pwru does not attach: " + lastLine(words), "");
            }
            return pwru;
        } catch (IOException e) {
            throw new TracerException(TracerException.Kind.ENVIRONMENT, "cannot run " + program, "", e);
        }
    }

    /** Keeps what pwru prints of a scenario. */
    Observer observer(Path file) {
        return new Observer() {
            private final Map<String, Long> namespaces = new TreeMap<>();
            private long from;

            @Override
            public void start(Laboratory lab) {
                lab.topology().namespaces().forEach(ns -> namespaces.put(ns, lab.inode(ns)));
                // The pings that warm the network up are no UDP, but daemons may have said something.
                awaitQuiet();
                from = size();
            }

            @Override
            public void stop() {
                awaitQuiet();
                PwruRows.write(file, namespaces, remembered(), textSince(from));
            }
        };
    }

    private void awaitQuiet() {
        long[] last = {size(), System.nanoTime()};
        await(QUIET_LIMIT, () -> {
            long now = size();
            if (now != last[0]) {
                last[0] = now;
                last[1] = System.nanoTime();
            }
            return System.nanoTime() - last[1] > QUIET.toNanos();
        });
        if (!process.isAlive()) {
            throw new TracerException(TracerException.Kind.FAILURE, "pwru has ended by itself", "");
        }
    }

    /** How many addresses pwru believes to be tracked packets; -1 if bpftool does not tell. */
    private static int remembered() {
        Command.Result dump =
                Command.attempt(List.of("bpftool", "-j", "map", "dump", "name", PwruRows.TABLE), "", Command.LIMIT);
        return dump.status() == 0 ? dump.out().split("\"key\"", -1).length - 1 : -1;
    }

    private long size() {
        try {
            return Files.exists(output) ? Files.size(output) : 0;
        } catch (IOException e) {
            throw new TracerException(TracerException.Kind.FAILURE, "cannot read " + output, "", e);
        }
    }

    private String textSince(long offset) {
        // Rows are ASCII: a process with another name prints as one, too, since its bytes are kept one by one.
        String all = read(output);
        return all.substring((int) Math.min(offset, all.length()));
    }

    private static String read(Path file) {
        try {
            return Files.exists(file) ? new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1) : "";
        } catch (IOException e) {
            throw new TracerException(TracerException.Kind.FAILURE, "cannot read " + file, "", e);
        }
    }

    private static String lastLine(Path file) {
        return read(file).lines().reduce("it says nothing", (before, line) -> line);
    }

    private static boolean await(Duration limit, BooleanSupplier condition) {
        long end = System.nanoTime() + limit.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > end) {
                return false;
            }
            Exchange.gap(50_000);
        }
        return true;
    }
}
