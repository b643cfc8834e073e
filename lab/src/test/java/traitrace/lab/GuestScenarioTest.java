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
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer.OrderAnnotation;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Each scenario on other kernels: recorded in a guest that boots once for all of them, judged here.
 *
 * <p>In the environment, SCENARIO="name name" runs these alone, GUESTS="6.1 7.2" chooses kernels, RECORDED=1 judges again
 * what was recorded before and TIMELINES=1 prints what was seen.
 */
@Tag("guest")
@TestMethodOrder(OrderAnnotation.class)
class GuestScenarioTest {
    private static final List<String> KERNELS = kernels();
    private static final Path FOLDER = Path.of("target", "guests");
    private static final Path PROGRAMS = Path.of("target", "programs").toAbsolutePath();
    private static final Duration LIMIT = Duration.ofMinutes(30);
    /** Of one scenario, seconds. */
    private static final int SCENARIO_LIMIT = 480;
    /** Starts of the recording program in one guest: it gives up at a hang, and goes on behind it when called again. */
    private static final int STARTS = 3;

    private static final String CLASS_PATH =
            System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    /** Where probes are loaded, spoilt, killed: minutes, so on one kernel. */
    private static final String LOADING_KERNEL = "6.12";

    /** Of a test there that every scenario in a guest repeats. */
    private static final String NATIVELY = "natively";

    private static final Path CORE =
            Path.of("..", "tracer-core").toAbsolutePath().normalize();
    private static final Path LOADING_FOLDER = FOLDER.resolve("loading");
    private static CompletableFuture<Guest.Ended> loading;

    /** By kernel. What one has recorded is judged while another one runs. */
    private static final Map<String, CompletableFuture<Guest.Ended>> ENDED = new TreeMap<>();

    private static final boolean AGAIN = System.getenv("RECORDED") != null;
    private static final String ONLY = System.getenv("SCENARIO");
    private static final Map<String, Scores> SCORES = new TreeMap<>();

    private static List<String> kernels() {
        String only = System.getenv("GUESTS");
        return only == null
                ? List.of("6.1", "6.12", "7.2")
                : List.of(only.strip().split("\\s+"));
    }

    private static boolean loads() {
        return KERNELS.contains(LOADING_KERNEL) && ONLY == null && !AGAIN;
    }

    private static List<String> scenarios() {
        Set<String> only = ONLY == null ? Set.of() : Set.of(ONLY.strip().split("\\s+"));
        return Scenarios.all().stream()
                .filter(scenario -> !scenario.legs().isEmpty())
                .map(Scenario::name)
                .filter(name -> ONLY == null || only.contains(name))
                .toList();
    }

    static Stream<Arguments> everywhere() {
        return KERNELS.stream().flatMap(kernel -> scenarios().stream().map(name -> Arguments.of(kernel, name)));
    }

    /** As many guests at a time as there are CPUs: each keeps one busy. */
    @BeforeAll
    static void record() throws IOException {
        assumeTrue("root".equals(System.getProperty("user.name")), "guests see this machine's files as root");
        // In an emulated machine, a compiler works for as long as some scenarios take.
        Programs.compileAll(PROGRAMS);
        int atATime = Math.min(KERNELS.size(), Runtime.getRuntime().availableProcessors());
        ExecutorService guests = Executors.newFixedThreadPool(atATime);
        for (String kernel : KERNELS) {
            ENDED.put(kernel, CompletableFuture.supplyAsync(() -> record(kernel), guests));
        }
        if (loads()) {
            loading = CompletableFuture.supplyAsync(() -> guest(LOADING_KERNEL, LOADING_FOLDER, loading()), guests);
        }
        guests.shutdown();
    }

    private static Guest.Ended record(String kernel) {
        Path folder = FOLDER.resolve(kernel);
        return AGAIN ? new Guest.Ended(0, "") : guest(kernel, folder, recording(folder));
    }

    private static Guest.Ended guest(String kernel, Path folder, String command) {
        long start = System.nanoTime();
        Guest.Ended ended;
        try {
            empty(folder);
            ended = new Guest(Path.of("kernels"), kernel).run(folder, LIMIT, List.of("bash", "-c", command), Map.of());
        } catch (IOException | RuntimeException e) {
            ended = new Guest.Ended(1, e.toString());
        }
        double took = (System.nanoTime() - start) / 1e9;
        String how = ended.impossible()
                .map(why -> "skipped: " + why)
                .orElse(String.format(Locale.ROOT, "%.0f s, exit status %d", took, ended.status()));
        // For who reads the log, and for lab/check.
        System.out.println(
                "guest " + kernel + ": " + how + "\n" + ended.output().indent(4));
        return ended;
    }

    private static void empty(Path folder) throws IOException {
        Files.createDirectories(folder);
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
    }

    /**
     * C1 alone: the other compiler would work longer than what it makes faster. VFORK: the usual way to start a process
     * starts another one in between.
     */
    private static String recording(Path folder) {
        List<String> java = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-Djdk.lang.Process.launchMechanism=VFORK",
                "-D" + Programs.FOLDER + "=" + PROGRAMS,
                "-cp",
                CLASS_PATH,
                RecordScenarios.class.getName(),
                folder.toAbsolutePath().toString(),
                Integer.toString(SCENARIO_LIMIT)));
        java.addAll(scenarios());
        String line = quoted(java);
        return Stream.generate(() -> line).limit(STARTS).collect(Collectors.joining(" || "));
    }

    /** What tracer-core's tests cannot try where the kernel refuses it. */
    private static String loading() {
        List<String> java = List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                CLASS_PATH + ":" + CORE.resolve(Path.of("target", "test-classes")),
                "org.junit.platform.console.ConsoleLauncher",
                "execute",
                "--disable-banner",
                "--disable-ansi-colors",
                "--exclude-tag=" + NATIVELY,
                "--select-class=traitrace.kernel.ProbesTest",
                "--select-class=traitrace.kernel.LineageLoadTest",
                "--select-class=traitrace.kernel.TransfersTest");
        // Tests look for their files from their module on.
        return "cd " + quoted(List.of(CORE.toString())) + " && TRAITRACE_GUEST=1 " + quoted(java);
    }

    private static String quoted(List<String> words) {
        return words.stream().map(word -> "'" + word + "'").collect(Collectors.joining(" "));
    }

    @Test
    @Order(2)
    void probesLoadAndGoAndWhatIsRefusedIsLeftOut() {
        assumeTrue(loads(), "not asked for");
        Guest.Ended loaded = loading.join();
        assumeTrue(loaded.impossible().isEmpty(), () -> loaded.impossible().orElse(""));
        assertThat(loaded.status()).as(loaded.output()).isZero();
        assertThat(loaded.output()).contains("0 tests skipped").contains("tests successful");
    }

    @Order(1)
    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("everywhere")
    void isFollowedUnderOneId(String kernel, String name) {
        Guest.Ended ended = ENDED.get(kernel).join();
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
