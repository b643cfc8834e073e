package traitrace.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import traitrace.event.Family;
import traitrace.event.Hook;
import traitrace.kernel.Requirement.Status;

class RequirementsTest {
    @TempDir
    Path root;

    private Optional<String> libbpf = Optional.of("v1.1");
    /** A function of the lineage family that this kernel lacks. */
    private String absent = "";

    private Optional<String> libpcap = Optional.of("libpcap version 1.10.3");

    @BeforeEach
    void aHostWithEverything() throws IOException {
        put("proc/sys/kernel/osrelease", "6.12.9-amd64\n");
        put("proc/self/status", "Name:\tjava\nCapEff:\t000001ffffffffff\nCapBnd:\t0\n");
        put("proc/kallsyms", "ffffffff81000000 T _text\n");
        put("proc/sys/net/core/bpf_jit_enable", "1\n");
        put("proc/meminfo", "MemTotal: 9999999 kB\nMemAvailable:    4194304 kB\n");
        put("sys/kernel/security/lockdown", "[none] integrity confidentiality\n");
        btf(b -> {});
    }

    @Test
    void aHostWithEverythingIsReady() {
        Requirements r = probe();
        assertThat(r.list()).allSatisfy(x -> {
            assertThat(x.status()).as(x.toString()).isEqualTo(Status.OK);
            assertThat(x.name() + x.found() + x.cost() + x.mend()).matches("[ -~]+");
        });
        assertThat(r.exitCode()).isZero();
        assertThat(r.list().stream().map(Requirement::name))
                .doesNotHaveDuplicates()
                .hasSize(13);
    }

    @Test
    void oldKernels() throws IOException {
        put("proc/sys/kernel/osrelease", "5.4.0-200-generic\n");
        assertState("kernel", Status.FAIL, "5.4", 3);
        put("proc/sys/kernel/osrelease", "5.15.0\n");
        assertState("kernel", Status.WARN, "5.15", 0);
        put("proc/sys/kernel/osrelease", "\u001b[2Jodd\n");
        assertState("kernel", Status.WARN, "unknown", 0);
    }

    @Test
    void noOrBrokenBtf() throws IOException {
        Files.write(root.resolve("sys/kernel/btf/vmlinux"), new byte[] {1, 2, 3});
        assertState("BTF", Status.FAIL, "malformed", 3);
        Files.delete(root.resolve("sys/kernel/btf/vmlinux"));
        assertState("BTF", Status.FAIL, "no BTF", 3);
        assertState("stages hooks", Status.WARN, "not looked at", 3);
    }

    @Test
    void lackingCapabilitiesAreAQuestionOfPermission() throws IOException {
        put("proc/self/status", "CapEff:\t0000000000000000\n");
        assertState("capabilities", Status.FAIL, "CAP_BPF, CAP_PERFMON", 4);
        Requirements r = Requirements.probe(host(), family -> {
            throw new AssertionError("must not be tried");
        });
        assertThat(find(r, "stages hooks").found()).contains("not tried");
        put("proc/self/status", "CapEff:\t000000c000000000\n");
        assertState("capabilities", Status.WARN, "without CAP_NET_ADMIN", 0);
        put("proc/self/status", "CapEff:\t000000c000001000\n");
        assertState("capabilities", Status.WARN, "without CAP_SYS_ADMIN", 0);
        put("proc/self/status", "");
        assertState("capabilities", Status.WARN, "unknown", 0);
    }

    @Test
    void rootOfAUserNamespaceHasNoSay() throws IOException {
        Path ns = Files.createDirectories(root.resolve("proc/self/ns"));
        Files.createSymbolicLink(ns.resolve("user"), Path.of("user:[4026531837]"));
        assertState("capabilities", Status.OK, "CAP_BPF", 0);
        Files.delete(ns.resolve("user"));
        Files.createSymbolicLink(ns.resolve("user"), Path.of("user:[4026532301]"));
        assertState("capabilities", Status.FAIL, "user namespace", 4);
    }

    @Test
    void permissionIsNotBlamedForWhatTheHostLacks() throws IOException {
        put("proc/self/status", "CapEff:\t0000000000000000\n");
        libbpf = Optional.empty();
        assertThat(probe().exitCode()).isEqualTo(3);
    }

    @Test
    void lockdown() throws IOException {
        put("sys/kernel/security/lockdown", "none integrity [confidentiality]\n");
        assertState("lockdown", Status.WARN, "confidentiality", 0);
        put("sys/kernel/security/lockdown", "none [integrity] confidentiality\n");
        assertState("lockdown", Status.OK, "integrity", 0);
        Files.delete(root.resolve("sys/kernel/security/lockdown"));
        assertState("lockdown", Status.OK, "unknown", 0);
    }

    @Test
    void hiddenOrMissingKallsyms() throws IOException {
        put("proc/kallsyms", "0000000000000000 T _text\n");
        assertState("kallsyms", Status.WARN, "hidden", 0);
        Files.delete(root.resolve("proc/kallsyms"));
        assertState("kallsyms", Status.WARN, "cannot be read", 0);
    }

    @Test
    void missingLibraries() {
        libpcap = Optional.empty();
        assertState("libpcap", Status.WARN, "cannot be loaded", 0);
        libbpf = Optional.empty();
        assertState("libbpf", Status.FAIL, "cannot be loaded", 3);
    }

    @Test
    void jitAndMemory() throws IOException {
        put("proc/sys/net/core/bpf_jit_enable", "0\n");
        assertState("BPF JIT", Status.WARN, "off", 0);
        put("proc/sys/net/core/bpf_jit_enable", "2\n");
        assertState("BPF JIT", Status.WARN, "debugging", 0);
        Files.delete(root.resolve("proc/sys/net/core/bpf_jit_enable"));
        assertState("BPF JIT", Status.WARN, "unknown", 0);
        put("proc/meminfo", "MemAvailable: 1024 kB\n");
        assertState("memory", Status.FAIL, "1 MiB available, 64 MiB needed", 3);
        put("proc/meminfo", "MemAvailable: 131072 kB\n");
        assertState("memory", Status.WARN, "128 MiB", 0);
        put("proc/meminfo", "");
        assertState("memory", Status.WARN, "unknown", 0);
    }

    @Test
    void missingTracepoints() throws IOException {
        btfWithout(Hook.TCP_PROBE);
        assertState("stages hooks", Status.WARN, "21 of 22 tracepoints, without tcp_probe", 0);
        btfWithout(Hook.KFREE_SKB);
        assertState("stages hooks", Status.FAIL, "without kfree_skb", 3);
    }

    @Test
    void familiesThatTheKernelLacksOrRefuses() throws IOException {
        Requirements r =
                Requirements.probe(host(), f -> f == Family.LINEAGE ? Trial.refused("EPERM\u001b[0m") : Trial.ACCEPTED);
        assertThat(find(r, "lineage hooks").status()).isEqualTo(Status.WARN);
        assertThat(find(r, "lineage hooks").found()).isEqualTo("refused: EPERM?[0m");
        assertThat(find(r, "stages hooks").found()).endsWith("; loads");
        assertThat(r.exitCode()).isZero();
        Requirements none = Requirements.probe(host(), f -> Trial.refused("EPERM"));
        assertThat(none.exitCode()).isEqualTo(3);

        BtfBytes bare = new BtfBytes();
        Arrays.stream(Hook.values()).forEach(h -> bare.tracepoint(h.kernelName(), 1));
        Files.write(root.resolve("sys/kernel/btf/vmlinux"), bare.bytes());
        for (String family : new String[] {"lineage", "functions", "programs"}) {
            assertState(family + " hooks", Status.WARN, "this kernel has n", 0);
        }
    }

    @Test
    void eachFunctionThatCannotBeHookedIsNamedWithWhatItCosts() throws IOException {
        assertState("lineage hooks", Status.OK, "functions, each hooked twice", 0);
        absent = "napi_reuse_skb";
        btf(b -> {});
        assertState("lineage hooks", Status.WARN, "without napi_reuse_skb (this kernel has no such function)", 0);
        assertThat(find(probe(), "lineage hooks").cost())
                .isEqualTo("skbs are recognised by their bytes instead of known; "
                        + "skbs that a driver uses again are not seen to be new");
        absent = "";
        btf(b -> {});
        put("proc/kallsyms", "0000000000000000 t skb_gro_receive.part.0\n");
        assertState("lineage hooks", Status.WARN, "inlined or renamed by the compiler (skb_gro_receive.part.0)", 0);
        put("proc/kallsyms", "ffffffff81000000 T _text\n");
        Requirements refused = Requirements.probe(
                host(),
                f -> new Trial(
                        Optional.empty(),
                        f == Family.LINEAGE ? Map.of("fexit/xdpf_clone", "the verifier refused it: R1") : Map.of()));
        assertThat(find(refused, "lineage hooks").found())
                .contains("without xdpf_clone (the verifier refused it: R1)")
                .endsWith("; loads");
        assertThat(refused.exitCode()).isZero();
    }

    @Test
    void theRunningHostIsDescribed() {
        Requirements r = Requirements.probe(Requirements.Host.live(64L << 20));
        r.list()
                .forEach(x -> System.out.println(x.status() + " " + x.name() + ": " + x.found()
                        + (x.cost().isEmpty() ? "" : " | " + x.cost() + " | " + x.mend())));
        assertThat(r.exitCode()).isIn(0, 3, 4);
    }

    private Requirements.Host host() {
        return new Requirements.Host(root.resolve("proc"), root.resolve("sys"), () -> libbpf, () -> libpcap, 64L << 20);
    }

    private Requirements probe() {
        return Requirements.probe(host());
    }

    private void assertState(String name, Status status, String found, int exitCode) {
        Requirements r = probe();
        Requirement one = find(r, name);
        assertThat(one.status()).as(one.toString()).isEqualTo(status);
        assertThat(one.found()).contains(found);
        assertThat(r.exitCode()).isEqualTo(exitCode);
        if (status != Status.OK) {
            assertThat(one.cost()).isNotEmpty();
            assertThat(one.mend()).isNotEmpty();
        }
    }

    private static Requirement find(Requirements r, String name) {
        return r.list().stream().filter(x -> x.name().equals(name)).findFirst().orElseThrow();
    }

    private void put(String path, String text) throws IOException {
        Path file = root.resolve(path);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    private void btfWithout(Hook missing) throws IOException {
        BtfBytes b = new BtfBytes();
        Arrays.stream(Hook.values()).filter(h -> h != missing).forEach(h -> b.tracepoint(h.kernelName(), 1));
        write(b);
    }

    private void btf(Consumer<BtfBytes> more) throws IOException {
        BtfBytes b = new BtfBytes();
        Arrays.stream(Hook.values()).forEach(h -> b.tracepoint(h.kernelName(), 1));
        more.accept(b);
        write(b);
    }

    private void write(BtfBytes b) throws IOException {
        for (String function : new String[] {
            "bpf_trampoline_link_prog",
            "register_ftrace_direct",
            "tcx_prog_attach",
            "bpf_kprobe_multi_link_attach",
            "register_fprobe_ips"
        }) {
            b.function(function, 0);
        }
        LineageProbes.ALL.stream().filter(p -> !p.target().equals(absent)).forEach(p -> b.function(p.target(), 0));
        Path file = root.resolve("sys/kernel/btf/vmlinux");
        Files.createDirectories(file.getParent());
        Files.write(file, b.bytes());
    }
}
