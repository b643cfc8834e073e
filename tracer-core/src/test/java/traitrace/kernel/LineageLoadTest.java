package traitrace.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import traitrace.TracerException;

/** The lineage family in the running kernel, where that lets it in. */
@Tag("scenario")
class LineageLoadTest {
    private static final Btf KERNEL = Btf.read(Btf.VMLINUX);
    /** r0 = *(u64 *)(r10 + 8), which lies above the stack: no verifier lets it pass. */
    private static final byte[] FORBIDDEN = {0x79, (byte) 0xa0, 8, 0, 0, 0, 0, 0};

    @BeforeAll
    static void needsRoot() {
        assumeTrue("root".equals(System.getProperty("user.name")), "loading probes needs root");
    }

    private static void needsFentry() {
        assumeTrue(FamilyTrial.fentry(KERNEL).isEmpty(), () -> FamilyTrial.fentry(KERNEL)
                .get());
    }

    private static CaptureOptions with(Hooks hooks) {
        return CaptureOptions.DEFAULT.withRingBytes(1 << 16).withHooks(hooks);
    }

    /** The compiled probes with programs that the verifier refuses in place of these. */
    private static ProbeCode spoilt(String name, Set<String> sections) {
        ProbeCode code = ProbeCode.named(name);
        byte[] bytes = code.bytes().clone();
        for (String section : sections) {
            ElfSections.find(bytes, section)
                    .ifPresent(found -> System.arraycopy(FORBIDDEN, 0, bytes, found.offset(), FORBIDDEN.length));
        }
        return new ProbeCode(name, bytes, code.types());
    }

    @Test
    void aKernelThatRefusesItIsTracedByStages() {
        assumeTrue(FamilyTrial.fentry(KERNEL).isPresent(), "this kernel takes fentry programs");
        try (Probes probes = Probes.load(KERNEL, with(Hooks.AUTO))) {
            assertThat(probes.exact()).isFalse();
            assertThat(probes.lineageRefusal().orElseThrow()).contains("refuses fentry");
            assertThat(probes.attached()).contains("net_dev_queue").doesNotContain("skb_clone");
        }
        assertThatThrownBy(() -> Probes.load(KERNEL, with(Hooks.LINEAGE)))
                .isInstanceOfSatisfying(
                        TracerException.class,
                        e -> assertThat(e.kind().exitCode()).isEqualTo(3))
                .hasMessageContaining("the lineage hooks cannot be used here");
    }

    @Test
    void itIsAttachedTwiceAndNothingStays() throws Exception {
        needsFentry();
        int before = links();
        try (Probes probes = Probes.load(KERNEL, with(Hooks.LINEAGE))) {
            assertThat(probes.exact()).as(probes.unavailable().toString()).isTrue();
            assertThat(probes.lineagePlan().gaps()).isEmpty();
            int stages = probes.stagesPlan().attached().size();
            int untwinned = (int) probes.missedRuns().stream()
                    .filter(missed -> missed.second() < 0)
                    .count();
            assertThat(untwinned).isLessThanOrEqualTo(5);
            assertThat(links() - before)
                    .isEqualTo(2 * (stages + probes.lineagePlan().attached().size()) - untwinned);
        }
        assertThat(links()).isEqualTo(before);
    }

    @Test
    void whatTheVerifierRefusesIsLeftOutAndNamed() {
        needsFentry();
        Set<String> details = Set.of("fentry/ip_copy_metadata", "fexit/inet_frag_queue_insert");
        try (Probes probes = Probes.load(KERNEL, with(Hooks.AUTO), name -> spoilt(name, details))) {
            assertThat(probes.exact()).isTrue();
            assertThat(probes.lineagePlan().refused()).hasSize(2).allSatisfy(gap -> assertThat(gap.obstacle())
                    .startsWith("the verifier refused it: "));
            assertThat(probes.attached()).contains("skb_clone", "kfree_skb").doesNotContain("ip_copy_metadata");
        }
    }

    @Test
    void withoutANecessaryProgramSkbsAreRecognised() {
        needsFentry();
        try (Probes probes =
                Probes.load(KERNEL, with(Hooks.AUTO), name -> spoilt(name, Set.of("fentry/__copy_skb_header")))) {
            assertThat(probes.exact()).isFalse();
            assertThat(probes.lineageRefusal().orElseThrow())
                    .contains("not every birth, copy and end")
                    .contains("__copy_skb_header (the verifier refused it: ");
            assertThat(probes.attached()).contains("kfree_skb").doesNotContain("skb_clone");
        }
    }

    @Test
    void aTracepointThatTheVerifierRefusesIsLeftOutToo() {
        try (Probes probes =
                Probes.load(KERNEL, with(Hooks.STAGES), name -> spoilt(name, Set.of("tp_btf/inet_sock_set_state")))) {
            assertThat(probes.attached()).contains("kfree_skb").doesNotContain("inet_sock_set_state");
            assertThat(probes.unavailable().get("inet_sock_set_state")).startsWith("the verifier refused it: ");
        }
        assertThatThrownBy(() ->
                        Probes.load(KERNEL, with(Hooks.STAGES), name -> spoilt(name, Set.of("tp_btf/net_dev_queue"))))
                .isInstanceOf(TracerException.class)
                .hasMessageContaining("net_dev_queue");
    }

    /** veth is a module of many kernels, and in a guest nobody else needs it. */
    @Test
    void aModuleThatComesLaterIsHookedAndLetGo() throws Exception {
        needsFentry();
        assumeTrue(
                System.getenv("TRAITRACE_GUEST") != null, "loads modules: set TRAITRACE_GUEST where that is welcome");
        assumeTrue(KERNEL.functionId("veth_xdp_rcv_skb") == 0, "veth is built into this kernel");
        run("rmmod", "veth");
        try (Probes probes = Probes.load(KERNEL, with(Hooks.AUTO))) {
            assertThat(probes.unavailable()).containsEntry("veth_xdp_rcv_skb", "module veth is not loaded");
            assertThat(run("modprobe", "veth")).isEmpty();
            probes.pollModules();
            assertThat(probes.unavailable()).doesNotContainKey("veth_xdp_rcv_skb");
            assertThat(run("rmmod", "veth")).as("hooked, it is pinned").contains("in use");
        }
        long deadline = System.nanoTime() + Duration.ofSeconds(10).toNanos();
        while (!run("rmmod", "veth").isEmpty() && System.nanoTime() < deadline) {
            LockSupport.parkNanos(100_000_000);
        }
        assertThat(run("lsmod")).as("let go").doesNotContain("veth");
    }

    @Test
    void aTracerThatIsKilledLeavesNothing() throws Exception {
        needsFentry();
        int before = links();
        Process tracer = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        HeldProbes.class.getName())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try {
            assertThat(tracer.inputReader().readLine()).isEqualTo("attached");
            assertThat(links()).isGreaterThan(before + 50);
        } finally {
            tracer.destroyForcibly().waitFor();
        }
        long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        while (links() > before && System.nanoTime() < deadline) {
            LockSupport.parkNanos(100_000_000);
        }
        assertThat(links()).isEqualTo(before);
    }

    private static int links() throws IOException, InterruptedException {
        return (int) run("bpftool", "link")
                .lines()
                .filter(line -> line.matches("\\d+: (tracing|raw_tracepoint) .*"))
                .count();
    }

    private static String run(String... command) throws IOException, InterruptedException {
        Process process =
                new ProcessBuilder(List.of(command)).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        return said;
    }
}
