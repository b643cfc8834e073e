package traitrace.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The command as a process: signals and pipes, which no test in one JVM can show. */
class ProcessTest {
    private Process process;

    /** What the child runs: a capture that would go on for minutes. */
    static final class Endless {
        private Endless() {}

        public static void main(String[] args) {
            FakeTracer tracer = new FakeTracer();
            tracer.packets = 100_000;
            tracer.millis = 5;
            Main.start(() -> tracer, args);
        }
    }

    @AfterEach
    void end() {
        process.destroyForcibly();
    }

    @ParameterizedTest
    @CsvSource({"INT, 130", "TERM, 143"})
    void aSignalEndsItAfterTheLastLines(String signal, int code) throws IOException, InterruptedException {
        start("trace", "--json");
        try (BufferedReader out = process.inputReader(StandardCharsets.UTF_8)) {
            assertThat(out.readLine()).startsWith("{\"type\":\"meta\"");
            assertThat(new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid()))
                            .start()
                            .waitFor())
                    .isZero();
            String last = out.lines().reduce((a, b) -> b).orElse("");
            assertThat(last).startsWith("{\"type\":\"stats\"");
        }
        assertEndsWith(code);
        assertThat(errors()).matches("traitrace: \\d+ packets?, \\d+ events?: \\d+ in-flight\n");
    }

    @Test
    void aReaderThatGoesAwayEndsItInSilence() throws IOException, InterruptedException {
        start("trace");
        try (BufferedReader out = process.inputReader(StandardCharsets.UTF_8)) {
            assertThat(out.readLine()).contains("in flight");
        }
        assertEndsWith(141);
        assertThat(errors()).isEmpty();
    }

    private void start(String... args) throws IOException {
        String[] java = {
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("java.class.path"),
            Endless.class.getName()
        };
        String[] command = Arrays.copyOf(java, java.length + args.length);
        System.arraycopy(args, 0, command, java.length, args.length);
        process = new ProcessBuilder(command).start();
    }

    private void assertEndsWith(int code) throws InterruptedException {
        assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isEqualTo(code);
    }

    private String errors() throws IOException {
        return new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
    }
}
