package traitrace.lab;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import traitrace.TracerException;

/** Programs run to their end, within a time. */
final class Command {
    /** No command of a laboratory takes longer unless something is wrong. */
    static final Duration LIMIT = Duration.ofSeconds(15);

    /**
     * How a program ended.
     *
     * @param status its exit status
     */
    record Result(int status, String out, String err) {}

    private Command() {}

    /**
     * Runs a program that must succeed, in the namespace of the calling thread.
     *
     * @return its standard output
     * @throws TracerException with the command and its standard error, if it fails or takes too long
     */
    static String run(List<String> argv) {
        return run(argv, "");
    }

    /** As {@link #run(List)}, with a standard input. */
    static String run(List<String> argv, String input) {
        Result result = attempt(argv, input, LIMIT);
        if (result.status() != 0) {
            throw new TracerException(
                    TracerException.Kind.FAILURE,
                    "`" + String.join(" ", argv) + "` failed with status " + result.status() + ": "
                            + result.err().strip(),
                    input.isEmpty() ? "" : "Its input was:\n" + input);
        }
        return result.out();
    }

    /**
     * Runs a program that may fail.
     *
     * @throws TracerException if it cannot be started or takes longer than the limit; it is then killed
     */
    static Result attempt(List<String> argv, String input, Duration limit) {
        String shown = "`" + String.join(" ", argv) + "`";
        Path out = null;
        Path err = null;
        Process process = null;
        try {
            // Files rather than pipes: nobody has to read while we wait with a limit.
            out = Files.createTempFile("lab-out", "");
            err = Files.createTempFile("lab-err", "");
            process = new ProcessBuilder(argv)
                    .redirectOutput(out.toFile())
                    .redirectError(err.toFile())
                    .start();
            try (OutputStream in = process.getOutputStream()) {
                in.write(input.getBytes(StandardCharsets.UTF_8));
            } catch (IOException unread) {
                // The program ended without reading it: its status tells more.
            }
            if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new TracerException(
                        TracerException.Kind.FAILURE,
                        shown + " did not end within " + limit.toSeconds() + " s: " + read(err),
                        "");
            }
            return new Result(process.exitValue(), read(out), read(err));
        } catch (IOException e) {
            throw new TracerException(
                    TracerException.Kind.ENVIRONMENT, "cannot run " + shown + ": " + e.getMessage(), "", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new TracerException(TracerException.Kind.FAILURE, "interrupted in " + shown, "", e);
        } finally {
            if (process != null) {
                process.destroyForcibly();
            }
            delete(out);
            delete(err);
        }
    }

    private static String read(Path file) throws IOException {
        return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
    }

    private static void delete(Path file) {
        try {
            if (file != null) {
                Files.deleteIfExists(file);
            }
        } catch (IOException left) {
            // A stray temporary file is not worth a failure.
        }
    }
}
