package traitrace.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Each scenario on other kernels: recorded in a guest that boots once for all of them, judged here.
 *
 * <p>In the environment, SCENARIO=name runs one alone, GUESTS="6.1 7.2" chooses kernels and TIMELINES=1 prints what was
 * seen.
 */
@Tag("guest")
class GuestScenarioTest {
    private static final List<String> KERNELS = kernels();
    private static final Path FOLDER = Path.of("target", "guests");
    private static final Duration LIMIT = Duration.ofMinutes(15);
    /** Of one scenario, seconds. */
    private static final int SCENARIO_LIMIT = 240;
    /** Starts of the recording program in one guest: it gives up at a hang, and goes on behind it when called again. */
    private static final int STARTS = 3;

    private static final String CLASS_PATH =
            System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    /** What the tests of loading said. */
    private static final String LOADING = "loading.txt";

    private static final Map<String, Guest.Ended> ENDED = new ConcurrentHashMap<>();
    private static final Map<String, Scores> SCORES = new TreeMap<>();

    private static List<String> kernels() {
        String only = System.getenv("GUESTS");
        return only == null
                ? List.of("6.1", "6.12", "7.2")
                : List.of(only.strip().split("\\s+"));
    }

    private static List<String> scenarios() {
        String only = System.getenv("SCENARIO");
        return Scenarios.all().stream()
                .filter(scenario -> !scenario.legs().isEmpty())
                .map(Scenario::name)
                .filter(name -> only == null || name.equals(only))
                .toList();
    }

    static Stream<Arguments> everywhere() {
        return KERNELS.stream().flatMap(kernel -> scenarios().stream().map(name -> Arguments.of(kernel, name)));
    }

    /** As many guests at a time as there are CPUs: each keeps one busy. */
    @BeforeAll
    static void record() throws InterruptedException {
        assumeTrue("root".equals(System.getProperty("user.name")), "guests see this machine's files as root");
        int atATime = Math.min(KERNELS.size(), Runtime.getRuntime().availableProcessors());
        ExecutorService guests = Executors.newFixedThreadPool(atATime);
        KERNELS.forEach(kernel -> guests.execute(() -> record(kernel)));
        guests.shutdown();
        guests.awaitTermination(1, TimeUnit.HOURS);
    }

    private static void record(String kernel) {
        long start = System.nanoTime();
        Path folder = FOLDER.resolve(kernel);
        Guest.Ended ended;
        try {
            empty(folder);
            ended = new Guest(Path.of("kernels"), kernel).run(folder, LIMIT, command(folder), Map.of());
        } catch (IOException | RuntimeException e) {
            ended = new Guest.Ended(1, e.toString());
        }
        ENDED.put(kernel, ended);
        double took = (System.nanoTime() - start) / 1e9;
        String how = ended.impossible()
                .map(why -> "skipped: " + why)
                .orElse(String.format(Locale.ROOT, "%.0f s, exit status %d", took, ended.status()));
        // For who reads the log, and for lab/check.
        System.out.println(
                "guest " + kernel + ": " + how + "\n" + ended.output().indent(4));
    }

    private static void empty(Path folder) throws IOException {
        Files.createDirectories(folder);
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
    }

    /** C1 alone: the other compiler would work longer than what it makes faster. */
    private static List<String> command(Path folder) {
        List<String> java = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                CLASS_PATH,
                RecordScenarios.class.getName(),
                folder.toAbsolutePath().toString(),
                Integer.toString(SCENARIO_LIMIT)));
        java.addAll(scenarios());
        String line = quoted(java);
        String recording = Stream.generate(() -> line).limit(STARTS).collect(Collectors.joining(" || "));
        return List.of("bash", "-c", recording + "\nrecorded=$?\n" + loading(folder) + "\nexit $recorded");
    }

    /** What tracer-core's tests cannot try where the kernel refuses it. */
    private static String loading(Path folder) {
        List<String> java = List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                CLASS_PATH + ":"
                        + Path.of("..", "tracer-core", "target", "test-classes").toAbsolutePath(),
                "org.junit.platform.console.ConsoleLauncher",
                "execute",
                "--disable-banner",
                "--disable-ansi-colors",
                "--select-class=traitrace.kernel.ProbesTest",
                "--select-class=traitrace.kernel.LineageLoadTest");
        Path report = folder.toAbsolutePath().resolve(LOADING);
        return "TRAITRACE_GUEST=1 timeout 300 " + quoted(java) + " >'" + report + "' 2>&1; echo \"exit status $?\" >>'"
                + report + "'";
    }

    private static String quoted(List<String> words) {
        return words.stream().map(word -> "'" + word + "'").collect(Collectors.joining(" "));
    }

    static Stream<String> kernelsToTry() {
        return KERNELS.stream();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("kernelsToTry")
    void probesLoadAndGoAndWhatIsRefusedIsLeftOut(String kernel) throws IOException {
        Guest.Ended ended = ENDED.get(kernel);
        assumeTrue(ended.impossible().isEmpty(), () -> ended.impossible().orElse(""));
        assertThat(FOLDER.resolve(kernel).resolve(LOADING))
                .content()
                .endsWith("exit status 0\n")
                .contains("0 tests skipped")
                .contains("tests successful");
    }

    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("everywhere")
    void isFollowedUnderOneId(String kernel, String name) {
        Guest.Ended ended = ENDED.get(kernel);
        assumeTrue(ended.impossible().isEmpty(), () -> ended.impossible().orElse(""));
        Path folder = FOLDER.resolve(kernel);
        Scores scores = SCORES.computeIfAbsent(kernel, k -> new Scores());
        Path file = ScenarioRecorder.outcome(folder, name);
        if (!Files.exists(file)) {
            scores.remark(name, "FAILED: the guest did not come to it");
            fail("the guest did not come to it: exit status " + ended.status());
        }
        scores.judge(Scenarios.named(name), Outcome.read(file), folder);
    }

    @AfterAll
    static void writeTheTables() throws IOException {
        for (Map.Entry<String, Scores> scores : SCORES.entrySet()) {
            System.out.println("Linux " + scores.getKey());
            scores.getValue().write(Path.of("target", "scenarios-" + scores.getKey() + ".txt"));
        }
    }
}
