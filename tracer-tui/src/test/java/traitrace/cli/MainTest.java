package traitrace.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import traitrace.TracerException;
import traitrace.TracerException.Kind;
import traitrace.cli.Tracer.Request;
import traitrace.event.Hook;
import traitrace.event.Losses;
import traitrace.filter.Fields;
import traitrace.filter.Level;
import traitrace.kernel.Hooks;
import traitrace.kernel.Requirement;

class MainTest {
    private final FakeTracer tracer = new FakeTracer();
    private final AtomicInteger tracersMade = new AtomicInteger();
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private boolean terminal;
    private boolean readerIsGone;
    private int columns = 100;
    private boolean interrupted;
    private Map<String, String> environment = Map.of();

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "trace --jsn | traitrace: unknown option --jsn: did you mean --json? | Try 'traitrace trace --help'.",
                "trce | traitrace: there is no command trce: did you mean trace? | Try 'traitrace --help'.",
                "trace --duration soon | traitrace: invalid value for option '--duration': 'soon' is not a duration: write 500ms, 5s, 2m or 1h | Try 'traitrace trace --help'.",
                "trace --duration 0s | '0s' is out of range: from 1ms to one year | Try 'traitrace trace --help'.",
                "trace --duration 5 | '5' is not a duration | Try 'traitrace trace --help'.",
                "trace --duration 999999999h | is out of range | Try 'traitrace trace --help'.",
                "trace -c 0 | '0' is not a count: write a whole number from 1 on | Try 'traitrace trace --help'.",
                "trace -c -1 | '-1' is not a count | Try 'traitrace trace --help'.",
                "trace -c many | 'many' is not a count | Try 'traitrace trace --help'.",
                "trace -c 99999999999999999999 | is not a count | Try 'traitrace trace --help'.",
                "trace --ring 8 | '8' is out of range: from 64k to 512M | Try 'traitrace trace --help'.",
                "trace --ring 1024M | '1024M' is out of range | Try 'traitrace trace --help'.",
                "trace --ring 3M | '3M' is not a power of two: write 2M or 4M | Try 'traitrace trace --help'.",
                "trace --ring 65537 | '65537' is not a power of two: write 64k or 128k | Try 'traitrace trace --help'.",
                "record -o f --ring 1G | '1G' is not a size: write 64k, 8M or 512M | Try 'traitrace record --help'.",
                "trace --read f --ring 1M | --ring is of use in a capture and does not work with --read | Try 'traitrace trace --help'.",
                "trace --width 19 | '19' is not a width: write a number from 20 to 10000 | Try 'traitrace trace --help'.",
                "trace --width wide | 'wide' is not a width | Try 'traitrace trace --help'.",
                "trace --color red | 'red' is not one of auto, always, never | Try 'traitrace trace --help'.",
                "trace --netns pid:x | 'pid:x' has no number after pid: | Try 'traitrace trace --help'.",
                "trace --netns inode: | 'inode:' has no number after inode: | Try 'traitrace trace --help'.",
                "trace --read | traitrace: the option --read needs a value: FILE | Try 'traitrace trace --help'.",
                "record | traitrace: the option --output is missing | Try 'traitrace record --help'.",
                "record -o f --jsn | unknown option --jsn | Try 'traitrace record --help'.",
                "hooks tcp | traitrace: there is nothing to do with tcp | Try 'traitrace hooks --help'.",
                "doctor --jso | traitrace: unknown option --jso: did you mean --json? | Try 'traitrace doctor --help'.",
                "`` | traitrace: no command was given: name one of trace, record, demo, doctor, hooks, fields | Try 'traitrace --help'.",
            })
    void saysWhatIsWrongInOneSentenceAndWhereToReadMore(String line, String sentence, String last) {
        assertThat(run(line.isBlank() ? new String[0] : line.split(" "))).isEqualTo(2);
        assertThat(out()).isEmpty();
        assertThat(err().lines()).hasSize(2);
        assertThat(err().lines().findFirst().orElseThrow())
                .startsWith("traitrace: ")
                .contains(sentence);
        assertThat(err()).endsWith(last + "\n");
    }

    @Property(tries = 300)
    void noArgumentsMakeItThrowOrPrintAStackTrace(
            @ForAll @Size(max = 4) List<@StringLength(max = 12) String> arguments) {
        MainTest fresh = new MainTest();
        int code = fresh.run(arguments.stream()
                .map(a -> "trace " + a)
                .flatMap(a -> List.of(a.split(" ", 2)).stream())
                .filter(a -> !a.startsWith("/"))
                .toArray(String[]::new));
        assertThat(code).isBetween(0, 5);
        assertThat(fresh.err()).doesNotContain("\tat ").doesNotContain("internal error");
    }

    @Test
    void showsPacketsAndThenASummary() {
        assertThat(run("trace", "icmp", "and", "host", "10.0.0.1", "--netns", "web", "--netns", "pid:7"))
                .isZero();
        assertThat(tracer.request).isEqualTo(new Request("icmp and host 10.0.0.1", List.of("web", "pid:7")));
        assertThat(out().lines().filter(l -> l.contains("in flight"))).hasSize(3);
        assertThat(out()).contains("\n\n").doesNotContain("\u001b");
        assertThat(err()).isEqualTo("traitrace: 3 packets, 3 events: 3 in-flight\n");
    }

    @Test
    void endsAfterTheCountAndNoPacketLater() {
        assertThat(run("trace", "-c", "2", "--json")).isZero();
        assertThat(out().lines().filter(l -> l.startsWith("{\"type\":\"packet\"")))
                .hasSize(2);
        assertThat(out()).startsWith("{\"type\":\"meta\"").contains("{\"type\":\"stats\",\"packets\":2,");
    }

    @Test
    void showsOnlyWhatTheDisplayFilterIsTrueOf() {
        assertThat(run("trace", "--where", "packet.id in {1, 2}")).isZero();
        assertThat(out().lines().filter(l -> l.contains("in flight"))).hasSize(2);
        assertThat(err()).isEqualTo("traitrace: 2 packets, 2 events: 2 in-flight; 1 packet hidden by --where\n");
        out.reset();
        assertThat(run("trace", "--json", "-c", "1", "--where=packet.id != 0")).isZero();
        assertThat(out().lines().filter(l -> l.startsWith("{\"type\":\"packet\"")))
                .hasSize(1);
        assertThat(out()).contains("{\"type\":\"stats\",\"packets\":1,").contains("\"hidden_packets\":1,");
    }

    @Test
    void choosesAmongThePacketsOfARecording(@TempDir Path directory) {
        String file = directory.resolve("r.trec").toString();
        assertThat(run("record", "-o", file)).isZero();
        assertThat(run("trace", "--read", file, "--where", "verdict == dropped"))
                .isZero();
        assertThat(out()).isEmpty();
        assertThat(err()).endsWith("traitrace: 0 packets, 0 events; 3 packets hidden by --where\n");
    }

    @Test
    void pointsAtWhatIsWrongInADisplayFilter() {
        assertThat(run("trace", "--where", "verdict == dropped && latncy > 2ms"))
                .isEqualTo(2);
        assertThat(err())
                .isEqualTo(
                        """
                traitrace: there is no field latncy: did you mean latency?
                  verdict == dropped && latncy > 2ms
                                        ^
                Try 'traitrace trace --help'.
                """);
        assertThat(out()).isEmpty();
        assertThat(tracersMade).hasValue(0);
    }

    @Test
    void listsTheFieldsOfDisplayFilters() {
        assertThat(run("fields")).isZero();
        assertThat(out().lines()).hasSize(Fields.all().size() + Level.values().length);
        assertThat(out())
                .startsWith("PACKET ")
                .containsPattern("\nlatency +duration +ns +from the first event to the end of the story\n")
                .matches("(?s)[ -~\n]*");
        assertThat(tracersMade).hasValue(0);
    }

    @ParameterizedTest
    @CsvSource({"64k, 65536", "65536, 65536", "8M, 8388608", "512m, 536870912"})
    void makesRingsOfTheSizeAskedFor(String size, int bytes) {
        assertThat(run("trace", "--ring", size)).isZero();
        assertThat(tracer.request).isEqualTo(new Request("", List.of(), bytes, Hooks.AUTO, true));
    }

    @Test
    void leavesProcessesAloneWhenAskedTo() {
        assertThat(run("trace", "--no-user-space")).isZero();
        assertThat(tracer.request.userSpace()).isFalse();
        assertThat(tracer.request.options().userSpace()).isFalse();
    }

    @Test
    void endsWhenNobodyReadsThoughNothingIsWritten() {
        readerIsGone = true;
        tracer.packets = 100_000;
        tracer.millis = 5;
        assertThat(run("trace")).isEqualTo(141);
        assertThat(err()).isEmpty();
    }

    @Test
    void neverReplacesADirectoryOrADevice(@TempDir Path directory) {
        Path empty = directory.resolve("empty");
        assertThat(empty.toFile().mkdir()).isTrue();
        assertThat(run("record", "--force", "-o", empty.toString())).isEqualTo(2);
        assertThat(empty).isDirectory();
        assertThat(run("record", "--force", "-o", "/dev/null")).isEqualTo(2);
        assertThat(Path.of("/dev/null")).exists();
        assertThat(err()).contains("empty is a directory: name a file").contains("/dev/null is not a regular file");
        assertThat(tracer.request).isNull();
    }

    @Test
    void endsAfterTheDurationWithSuccess() {
        tracer.packets = 100_000;
        tracer.millis = 5;
        assertThat(run("trace", "--duration", "50ms")).isZero();
        assertThat(err()).contains("packet");
    }

    @Test
    void anInterruptFlushesSumsUpAndEndsWith130() {
        interrupted = true;
        assertThat(run("trace", "--json")).isEqualTo(130);
        assertThat(out()).endsWith("\"cut\":false}\n");
        assertThat(err()).isEqualTo("traitrace: 0 packets, 0 events\n");
    }

    @Test
    void tellsLossesLoudly() {
        tracer.losses = new Losses(List.of(0L, 12L), 1, 0, 0, 0, 0);
        assertThat(run("trace")).isZero();
        assertThat(err())
                .contains("LOST: 12 events (rings full: cpu1 12), 1 probe run skipped by the kernel, 0 packets");
    }

    @ParameterizedTest
    @ValueSource(ints = {20, 40, 80, 100})
    void keepsToTheWidthOfTheTerminal(int width) {
        terminal = true;
        columns = width;
        run("trace", "--color", "never");
        assertThat(out().lines()).allSatisfy(l -> assertThat(l.length()).isLessThanOrEqualTo(width));
    }

    @Test
    void theWidthOptionComesFirst() {
        terminal = true;
        run("trace", "--width", "40", "--color=never");
        assertThat(out().lines()).allSatisfy(l -> assertThat(l.length()).isLessThanOrEqualTo(40));
    }

    @Test
    void coloursATerminalUnlessToldOtherwise() {
        terminal = true;
        run("trace");
        assertThat(out()).contains("\u001b[");
        out.reset();
        environment = Map.of("NO_COLOR", "1");
        run("trace");
        assertThat(out()).doesNotContain("\u001b[");
        out.reset();
        run("trace", "--color", "always");
        assertThat(out()).contains("\u001b[");
        out.reset();
        environment = Map.of("TERM", "dumb");
        run("trace");
        assertThat(out()).doesNotContain("\u001b[");
    }

    @Test
    void recordsAndReadsBack(@TempDir Path directory) throws IOException {
        String file = directory.resolve("r.trec").toString();
        assertThat(run("record", "-o", file)).isZero();
        assertThat(err()).isEqualTo("traitrace: 3 records in " + file + "\n");
        assertThat(run("trace", "--read", file)).isZero();
        assertThat(out().lines().filter(l -> l.contains("in flight"))).hasSize(3);

        assertThat(run("record", "-o", file)).isEqualTo(2);
        assertThat(err()).contains("traitrace: " + file + " exists: choose another name, or replace it with --force");
        assertThat(run("record", "-o", file, "--force")).isZero();

        byte[] whole = Files.readAllBytes(Path.of(file));
        Files.write(Path.of(file), java.util.Arrays.copyOf(whole, whole.length - 5));
        err.reset();
        assertThat(run("trace", "--read", file, "--json")).isZero();
        assertThat(err()).contains("the recorder was stopped in the middle");
        assertThat(out()).endsWith("\"cut\":true}\n");

        whole[whole.length - 3] ^= 1;
        Files.write(Path.of(file), whole);
        err.reset();
        assertThat(run("trace", "--read", file)).isEqualTo(1);
        assertThat(err()).contains("is damaged at byte ");
    }

    @Test
    void refusesWhatIsNoRecording(@TempDir Path directory) throws IOException {
        Path text = Files.writeString(directory.resolve("notes.txt"), "hello");
        assertThat(run("trace", "--read", text.toString())).isEqualTo(1);
        assertThat(run("trace", "--read", directory.toString())).isEqualTo(1);
        assertThat(run("trace", "--read", directory.resolve("none").toString())).isEqualTo(1);
        assertThat(run("record", "-o", directory.resolve("none/x").toString())).isEqualTo(1);
        assertThat(err().lines().toList())
                .containsExactly(
                        "traitrace: " + text + " is not a traitrace recording: traitrace record -o FILE writes one",
                        "traitrace: " + directory + " is a directory: name a file that traitrace record wrote",
                        "traitrace: cannot read " + directory + "/none: no such file: check the name",
                        "traitrace: cannot create " + directory
                                + "/none/x: its directory does not exist: create it first");
    }

    @ParameterizedTest
    @CsvSource({"FAILURE, 1", "USAGE, 2", "ENVIRONMENT, 3", "PERMISSION, 4", "ATTACH, 5"})
    void endsWithTheExitCodeOfTheKindOfError(Kind kind, int code) {
        tracer.failure = new TracerException(kind, "something is wrong", "do this\nand that");
        assertThat(run("trace")).isEqualTo(code);
        assertThat(err()).startsWith("traitrace: something is wrong: do this and that\n");
    }

    @Test
    void showsAStackTraceOnlyWhenAsked() {
        tracer.failure = new IllegalStateException("bug");
        assertThat(run("trace")).isEqualTo(1);
        assertThat(err())
                .endsWith("traitrace: internal error: java.lang.IllegalStateException: bug:"
                        + " run it again with --debug and report what it prints\n")
                .doesNotContain("\tat ");
        assertThat(run("trace", "--debug")).isEqualTo(1);
        assertThat(err()).contains("\tat ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"trace", "trace --json", "hooks", "hooks --json", "fields", "doctor", "--help"})
    void isSilentWhenTheReaderGoesAway(String line) {
        assertThat(run(new Failing("Broken pipe"), line.split(" "))).isEqualTo(141);
        assertThat(err()).isEmpty();
    }

    @Test
    void saysWhenTheOutputCannotBeWritten() {
        assertThat(run(new Failing("No space left on device"), "trace", "--json"))
                .isEqualTo(1);
        assertThat(err()).isEqualTo("traitrace: cannot write the output: No space left on device\n");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--help",
                "help",
                "help trace",
                "trace --help",
                "record -h",
                "demo --help",
                "doctor --help",
                "hooks --help",
                "fields --help"
            })
    void helpFitsAnyTerminalAndTellsTheExitCodes(String line) {
        assertThat(run(line.split(" "))).isZero();
        assertThat(out())
                .contains("Usage: traitrace")
                .contains("Exit codes:")
                .contains("130")
                .matches("(?s)[ -~\n]*");
        assertThat(out().lines()).allSatisfy(l -> assertThat(l.length()).isLessThanOrEqualTo(80));
        assertThat(tracersMade).hasValue(0);
    }

    @Test
    void versionSaysWhatAReportNeeds() {
        assertThat(run("--version")).isZero();
        assertThat(out()).contains("traitrace ").contains("Java ").contains("Linux");
    }

    @Test
    void theUserChoosesTheHooks() {
        assertThat(run("trace", "--hooks", "lineage")).isZero();
        assertThat(tracer.request.hooks()).isEqualTo(Hooks.LINEAGE);
        assertThat(run("trace", "--hooks=stages", "icmp")).isZero();
        assertThat(tracer.request.hooks()).isEqualTo(Hooks.STAGES);
        assertThat(run("trace")).isZero();
        assertThat(tracer.request.hooks()).isEqualTo(Hooks.AUTO);
        assertThat(run("trace", "--hooks", "all")).isEqualTo(2);
        assertThat(err()).contains("'all' is no choice of hooks: write auto, stages or lineage");
    }

    @Test
    void hooksAreListedWithWhyOneIsNotHere() {
        assertThat(run("hooks")).isZero();
        assertThat(out().lines()).hasSize(Hook.values().length + 1);
        assertThat(out()).contains("(not here: no tracepoint tcp_probe)");
        out.reset();
        assertThat(run("hooks", "--json")).isZero();
        assertThat(out())
                .startsWith("{\"type\":\"hook\",\"hook\":\"net_dev_queue\",\"id\":1,\"stage\":\"device\","
                        + "\"family\":\"stages\",\"meaning\":\"handed to a device for sending\","
                        + "\"available\":true,\"why_not\":null}\n")
                .contains("\"available\":false,\"why_not\":\"no tracepoint tcp_probe\"");
    }

    @Test
    void doctorSaysWhatIsMissingWhatItCostsAndHowToMendIt() {
        assertThat(run("doctor")).isZero();
        tracer.requirements = List.of(
                new Requirement("BTF", Requirement.Status.OK, "6 MB", "", ""),
                new Requirement(
                        "permissions", Requirement.Status.FAIL, "no CAP_BPF", "everything", "run it with sudo"));
        out.reset();
        assertThat(run("doctor")).isEqualTo(3);
        assertThat(out())
                .isEqualTo(
                        """
                ok    BTF          6 MB
                fail  permissions  no CAP_BPF
                      costs: everything
                      mend:  run it with sudo
                """);
        out.reset();
        assertThat(run("doctor", "--json")).isEqualTo(3);
        assertThat(out()).contains("{\"type\":\"check\",\"name\":\"permissions\",\"status\":\"fail\",");
    }

    @ParameterizedTest
    @ValueSource(strings = {"trace --json", "hooks --json", "doctor --json"})
    void everyJsonLineIsValidUnderThePublishedSchema(String line) throws IOException {
        ObjectMapper mapper = new ObjectMapper();
        Schema schema = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
                .getSchema(mapper.readTree(Path.of("../docs/schema/v1.json").toFile()));
        run(line.split(" "));
        assertThat(out()).isNotEmpty();
        for (String json : out().split("\n")) {
            assertThat(schema.validate(mapper.readTree(json))).isEmpty();
        }
    }

    @Test
    void saysWhatItWaitsForOnATerminal() {
        terminal = true;
        run("trace", "icmp");
        assertThat(err()).startsWith("traitrace: waiting for packets that match 'icmp'; Ctrl-C ends\n");
    }

    @Test
    void completionIsABashScript() {
        assertThat(run("completion")).isZero();
        assertThat(out()).startsWith("#!/usr/bin/env bash").contains("--all-events");
    }

    private int run(String... args) {
        return run(out, args);
    }

    private int run(OutputStream to, String... args) {
        Outside outside = new Outside(
                to,
                new PrintStream(err, true, StandardCharsets.UTF_8),
                environment::get,
                () -> terminal,
                () -> readerIsGone,
                () -> columns,
                () -> interrupted);
        return Main.run(
                outside,
                () -> {
                    tracersMade.incrementAndGet();
                    return tracer;
                },
                args);
    }

    private String out() {
        return out.toString(StandardCharsets.UTF_8);
    }

    private String err() {
        return err.toString(StandardCharsets.UTF_8);
    }

    private static final class Failing extends OutputStream {
        private final String message;

        Failing(String message) {
            this.message = message;
        }

        @Override
        public void write(int b) throws IOException {
            throw new IOException(message);
        }
    }
}
