package traitrace.lab;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import traitrace.TracerException;

/** Another kernel on this machine's files, by {@code lab/kernels}: boots, runs one command, and is gone. */
final class Guest {
    private static final int CANNOT_RUN = 3;
    private static final String SPEAKER = "lab/kernels: ";
    /** What a kernel may take to be fetched, besides the time that the guest has. */
    private static final Duration FETCH = Duration.ofMinutes(10);

    private final Path kernels;
    private final String version;

    /**
     * @param kernels the script
     * @param version of the kernel, as {@code lab/kernels list} names it
     */
    Guest(Path kernels, String version) {
        this.kernels = kernels.toAbsolutePath().normalize();
        this.version = version;
    }

    /**
     * How a guest ended.
     *
     * @param status the command's, or one of {@code lab/kernels}
     * @param output what the command and {@code lab/kernels} printed, the guest's console at the end if it was not done
     */
    record Ended(int status, String output) {
        /** Why this machine cannot run such a guest, one sentence; empty if it can. */
        Optional<String> impossible() {
            if (status != CANNOT_RUN) {
                return Optional.empty();
            }
            String said = output.lines()
                    .filter(line -> line.startsWith(SPEAKER))
                    .reduce("", (before, line) -> line.substring(SPEAKER.length()));
            return Optional.of(said.isEmpty() ? "lab/kernels does not say why it cannot run" : said);
        }
    }

    /**
     * Runs a command as root in the guest.
     *
     * @param results the folder that it may write to, under the same path
     * @param limit how long the guest may live; then it is stopped
     * @param environment in addition to this process's; the guest sees of it what {@code lab/kernels} says
     */
    Ended run(Path results, Duration limit, List<String> command, Map<String, String> environment) {
        List<String> argv = new ArrayList<>(
                List.of(kernels.toString(), "run", version, "--timeout", Long.toString(limit.toSeconds()), "--"));
        argv.addAll(command);
        Process process = null;
        Thread hook = null;
        Path output = null;
        try {
            Files.createDirectories(results);
            output = Files.createTempFile("lab-guest", "");
            ProcessBuilder builder = new ProcessBuilder(argv)
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile())
                    .redirectInput(Path.of("/dev/null").toFile());
            builder.environment().putAll(environment);
            builder.environment().put("RESULTS", results.toAbsolutePath().toString());
            process = builder.start();
            // It stops its machine when it is asked to end.
            hook = new Thread(process::destroy, "guest-stop");
            Runtime.getRuntime().addShutdownHook(hook);
            if (!process.waitFor(limit.plus(FETCH).toSeconds(), TimeUnit.SECONDS)) {
                throw new TracerException(
                        TracerException.Kind.FAILURE, "lab/kernels run " + version + " does not end", "");
            }
            return new Ended(process.exitValue(), new String(Files.readAllBytes(output), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new TracerException(
                    TracerException.Kind.ENVIRONMENT, "cannot run " + kernels + ": " + e.getMessage(), "", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new TracerException(TracerException.Kind.FAILURE, "interrupted", "", e);
        } finally {
            if (process != null) {
                process.destroy();
            }
            forget(hook, output);
        }
    }

    private static void forget(Thread hook, Path output) {
        try {
            if (hook != null) {
                Runtime.getRuntime().removeShutdownHook(hook);
            }
            if (output != null) {
                Files.deleteIfExists(output);
            }
        } catch (IllegalStateException | IOException left) {
            // This process is ending, or a stray temporary file is left: neither is worth a failure.
        }
    }
}
