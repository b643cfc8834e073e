package traitrace.kernel;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import traitrace.TracerException;
import traitrace.event.Family;
import traitrace.event.Hook;
import traitrace.kernel.Requirement.Status;

/**
 * What this host offers to traitrace and what it lacks: the list behind {@code traitrace doctor}.
 *
 * @param list in the order in which to read and to mend them
 */
public record Requirements(List<Requirement> list) {
    private static final String KERNEL = "kernel";
    private static final String BTF = "BTF";
    private static final String CAPABILITIES = "capabilities";
    private static final String LOCKDOWN = "lockdown";
    private static final String KALLSYMS = "kallsyms";
    private static final String LIBBPF = "libbpf";
    private static final String LIBPCAP = "libpcap";
    private static final String JIT = "BPF JIT";
    private static final String MEMORY = "memory";

    /** What a user lacks, not the host: nothing but root is needed to mend it. */
    private static final Set<String> PERMISSIONS = Set.of(CAPABILITIES);

    /** Without these there is no story to tell. */
    private static final Set<Hook> BACKBONE =
            Set.of(Hook.NET_DEV_QUEUE, Hook.NETIF_RECEIVE_SKB, Hook.CONSUME_SKB, Hook.KFREE_SKB);

    /** Whether nothing can be told without this tracepoint. */
    static boolean isBackbone(String tracepoint) {
        return BACKBONE.stream().anyMatch(hook -> hook.kernelName().equals(tracepoint));
    }

    private static final Pattern RELEASE = Pattern.compile("(\\d{1,4})\\.(\\d{1,4})");
    private static final Pattern LOCKDOWN_STATE = Pattern.compile("\\[(\\w+)]");
    private static final Pattern MEM_AVAILABLE = Pattern.compile("MemAvailable:\\s+(\\d{1,15}) kB");

    /** Files of proc and sysfs read here are shorter, or only their beginning counts. */
    private static final int MAX_BYTES = 1 << 16;

    public Requirements {
        list = List.copyOf(list);
    }

    /**
     * Where to look.
     *
     * @param proc usually {@code /proc}
     * @param sys usually {@code /sys}
     * @param libbpf version of the library; empty if it cannot be loaded
     * @param libpcap version of the library; empty if it cannot be loaded
     * @param ringBytes memory that the rings and side tables of a capture take in the kernel
     */
    public record Host(
            Path proc,
            Path sys,
            Supplier<Optional<String>> libbpf,
            Supplier<Optional<String>> libpcap,
            long ringBytes) {

        /** This host. */
        public static Host live(long ringBytes) {
            return new Host(Path.of("/proc"), Path.of("/sys"), Libbpf::version, Pcap::installedVersion, ringBytes);
        }
    }

    /** Looks without loading any program into the kernel: a refusal that only loading shows is not found. */
    public static Requirements probe(Host host) {
        return probe(host, Optional.empty());
    }

    /**
     * Looks, and tries each family of hooks.
     *
     * @param trial what the kernel refuses of a family. Not called if capabilities are missing, which would be the
     *     answer each time
     */
    public static Requirements probe(Host host, Function<Family, Trial> trial) {
        return probe(host, Optional.of(trial));
    }

    private static Requirements probe(Host host, Optional<Function<Family, Trial>> trial) {
        List<Requirement> list = new ArrayList<>();
        list.add(kernel(host));
        BtfState btf = btf(host);
        list.add(btf.requirement());
        Requirement capabilities = capabilities(host);
        list.add(capabilities);
        list.add(lockdown(host));
        boolean able = capabilities.status() != Status.FAIL;
        for (Family family : Family.values()) {
            list.add(family(host, family, btf.btf(), able ? trial : Optional.empty(), able));
        }
        list.add(kallsyms(host));
        list.add(library(
                LIBBPF,
                host.libbpf().get(),
                Status.FAIL,
                "no program can be loaded into the kernel",
                "apt install libbpf1   (elsewhere: libbpf 1.0 or later)"));
        list.add(library(
                LIBPCAP,
                host.libpcap().get(),
                Status.WARN,
                "no capture filters",
                "apt install libpcap0.8   (elsewhere: libpcap)"));
        list.add(jit(host));
        list.add(memory(host));
        return new Requirements(list);
    }

    /** 0 if tracing is possible, 4 if only permissions are lacking, else 3. */
    public int exitCode() {
        List<Requirement> failed =
                list.stream().filter(r -> r.status() == Status.FAIL).toList();
        if (failed.isEmpty()) {
            return 0;
        }
        return failed.stream().allMatch(r -> PERMISSIONS.contains(r.name()))
                ? TracerException.Kind.PERMISSION.exitCode()
                : TracerException.Kind.ENVIRONMENT.exitCode();
    }

    private static Requirement kernel(Host host) {
        String release = read(host.proc().resolve("sys/kernel/osrelease"))
                .map(String::strip)
                .orElse("");
        Matcher matcher = RELEASE.matcher(release);
        if (!matcher.lookingAt()) {
            return new Requirement(
                    KERNEL, Status.WARN, "unknown release", "cannot tell what this kernel offers", "uname -r");
        }
        int version = version(Integer.parseInt(matcher.group(1)), Integer.parseInt(matcher.group(2)));
        String found = "Linux " + printable(release);
        // The ring buffer came with 5.8 (kernel/bpf/ringbuf.c).
        if (version < version(5, 8)) {
            return new Requirement(KERNEL, Status.FAIL, found, "no BPF ring buffer", "boot Linux 6.1 or later");
        }
        if (version < version(6, 1)) {
            return new Requirement(
                    KERNEL, Status.WARN, found, "older than any kernel tested", "boot Linux 6.1 or later");
        }
        return ok(KERNEL, found);
    }

    private static int version(int major, int minor) {
        return major * 10_000 + minor;
    }

    private record BtfState(Requirement requirement, Optional<Btf> btf) {}

    private static BtfState btf(Host host) {
        try {
            Btf btf = Btf.read(host.sys().resolve("kernel/btf/vmlinux"));
            return new BtfState(ok(BTF, btf.size() + " types"), Optional.of(btf));
        } catch (TracerException e) {
            return new BtfState(
                    new Requirement(
                            BTF,
                            Status.FAIL,
                            printable(String.valueOf(e.getMessage())),
                            "no hook can be attached",
                            "boot a kernel built with CONFIG_DEBUG_INFO_BTF=y"),
                    Optional.empty());
        }
    }

    private static Requirement capabilities(Host host) {
        Optional<Capabilities> known = Capabilities.of(host.proc());
        if (known.isEmpty()) {
            return new Requirement(
                    CAPABILITIES,
                    Status.WARN,
                    "unknown",
                    "cannot tell what we may do",
                    "run it as root, with sudo for example");
        }
        Capabilities ours = known.get();
        if (ours.obstacle().isPresent()) {
            return new Requirement(
                    CAPABILITIES,
                    Status.FAIL,
                    ours.obstacle().get(),
                    "no program can be loaded into the kernel",
                    ours.remedy());
        }
        if (!ours.netAdmin()) {
            return new Requirement(
                    CAPABILITIES,
                    Status.WARN,
                    "without CAP_NET_ADMIN",
                    "no tc, XDP and cgroup programs",
                    "run it as root, with sudo for example");
        }
        if (!ours.sysAdmin()) {
            return new Requirement(
                    CAPABILITIES,
                    Status.WARN,
                    "without CAP_SYS_ADMIN",
                    "namespaces of other users have no name, functions of modules cannot be traced",
                    "run it as root, with sudo for example");
        }
        return ok(CAPABILITIES, "CAP_BPF, CAP_PERFMON, CAP_NET_ADMIN, CAP_SYS_ADMIN");
    }

    private static Requirement lockdown(Host host) {
        Optional<String> text = read(host.sys().resolve("kernel/security/lockdown"));
        if (text.isEmpty()) {
            return ok(LOCKDOWN, "unknown (securityfs is not mounted or the kernel has no lockdown)");
        }
        Matcher matcher = LOCKDOWN_STATE.matcher(text.get());
        String state = matcher.find() ? matcher.group(1) : "unknown";
        // Confidentiality takes away bpf_probe_read_kernel and kprobes (security/lockdown/lockdown.c,
        // kernel/trace/bpf_trace.c, Linux 6.1 to 7.2); integrity takes away nothing that we use.
        if (state.equals("confidentiality")) {
            return new Requirement(
                    LOCKDOWN,
                    Status.WARN,
                    state,
                    "no kprobes and no reads of arbitrary kernel memory: the stages family only",
                    "boot with lockdown=integrity, or without lockdown=");
        }
        return ok(LOCKDOWN, state);
    }

    private static Requirement family(
            Host host, Family family, Optional<Btf> btf, Optional<Function<Family, Trial>> trial, boolean able) {
        String name = family.label() + " hooks";
        if (btf.isEmpty()) {
            return new Requirement(name, Status.WARN, "not looked at: there is no BTF", cost(family), "see " + BTF);
        }
        Offer offer = offer(family, btf.get());
        if (offer.status() == Status.FAIL || (offer.status() == Status.WARN && family != Family.STAGES)) {
            return new Requirement(name, offer.status(), offer.found(), cost(family), mend(family));
        }
        if (!able) {
            return new Requirement(
                    name,
                    Status.WARN,
                    offer.found() + "; not tried: capabilities are missing",
                    cost(family),
                    "see " + CAPABILITIES);
        }
        Trial tried = trial.map(f -> f.apply(family)).orElse(Trial.ACCEPTED);
        Optional<String> refused = tried.refusal();
        if (refused.isPresent()) {
            return new Requirement(
                    name,
                    family == Family.STAGES ? Status.FAIL : Status.WARN,
                    "refused: " + printable(refused.get()),
                    cost(family),
                    mend(family));
        }
        if (family == Family.LINEAGE) {
            offer = lineage(host, btf.get(), tried.leftOut());
        } else if (!tried.leftOut().isEmpty()) {
            offer = new Offer(Status.WARN, offer.found() + ", without " + reasons(tried.leftOut()), "their events");
        }
        String found = offer.found() + (trial.isPresent() ? "; loads" : "; loading was not tried");
        return offer.status() == Status.OK
                ? ok(name, found)
                : new Requirement(name, offer.status(), found, offer.cost(), "boot a newer kernel");
    }

    private record Offer(Status status, String found, String cost) {
        static Offer of(boolean there, String found, String lacking) {
            return new Offer(there ? Status.OK : Status.WARN, there ? found : lacking, "");
        }
    }

    /** What the types of a kernel say about a family; that it is allowed is another matter. */
    private static Offer offer(Family family, Btf btf) {
        return switch (family) {
            case STAGES -> stages(btf);
            case LINEAGE ->
                Offer.of(
                        btf.hasFunction("bpf_trampoline_link_prog") && btf.hasFunction("register_ftrace_direct"),
                        "fentry and fexit",
                        "this kernel has no trampolines for functions");
            case FUNCTIONS -> functions(btf);
            case PROGRAMS ->
                Offer.of(
                        btf.hasFunction("cls_bpf_classify") || btf.hasFunction("tcx_prog_attach"),
                        btf.hasFunction("tcx_prog_attach") ? "tcx, XDP" : "cls_bpf, XDP",
                        "this kernel has no BPF classifier built in");
        };
    }

    /** What would be attached, what not and why; {@code leftOut} is what the kernel refused when it was tried. */
    private static Offer lineage(Host host, Btf btf, Map<String, String> leftOut) {
        AttachPlan plan =
                AttachPlan.of(LineageProbes.ALL, KernelFunctions.read(btf, host.proc(), host.sys(), LineageProbes.ALL));
        for (Map.Entry<String, String> refused : leftOut.entrySet()) {
            plan = plan.without(refused.getKey(), refused.getValue());
        }
        List<AttachPlan.Gap> gaps = plan.gaps();
        String found = plan.attached().size() + " functions, each hooked twice";
        if (!gaps.isEmpty()) {
            found += ", without "
                    + String.join(
                            ", ",
                            gaps.stream()
                                    .map(gap -> gap.target() + " (" + gap.obstacle() + ")")
                                    .toList());
        }
        List<String> later = plan.steps().stream()
                .filter(step -> step.probe().inModule() && !step.attached() && !step.exists())
                .map(step -> step.probe().target() + " once " + step.probe().module() + " is loaded")
                .toList();
        if (!later.isEmpty()) {
            found += "; " + String.join(", ", later);
        }
        List<String> costs = new ArrayList<>(
                gaps.stream().map(AttachPlan.Gap::cost).distinct().toList());
        if (!plan.exact()) {
            costs.add(0, "skbs are recognised by their bytes instead of known");
        }
        return new Offer(plan.exact() && gaps.isEmpty() ? Status.OK : Status.WARN, found, String.join("; ", costs));
    }

    private static String reasons(Map<String, String> leftOut) {
        return String.join(
                ", ",
                leftOut.entrySet().stream()
                        .map(e -> e.getKey().substring(e.getKey().indexOf('/') + 1) + " (" + e.getValue() + ")")
                        .toList());
    }

    private static Offer stages(Btf btf) {
        List<Hook> missing = Hook.of(Family.STAGES).stream()
                .filter(hook -> !btf.hasTracepoint(hook.kernelName()))
                .toList();
        int all = Hook.of(Family.STAGES).size();
        String found = (all - missing.size()) + " of " + all + " tracepoints";
        if (missing.isEmpty()) {
            return new Offer(Status.OK, found, "");
        }
        String names = String.join(", ", missing.stream().map(Hook::kernelName).toList());
        boolean broken = missing.stream().anyMatch(BACKBONE::contains);
        return new Offer(broken ? Status.FAIL : Status.WARN, found + ", without " + names, "no events from " + names);
    }

    private static Offer functions(Btf btf) {
        if (btf.enumerators("bpf_attach_type").containsValue("BPF_TRACE_FENTRY_MULTI")) {
            return new Offer(Status.OK, "fentry.multi", "");
        }
        if (btf.hasFunction("bpf_kprobe_multi_link_attach") && btf.hasFunction("register_fprobe_ips")) {
            return new Offer(Status.OK, "kprobe.multi", "");
        }
        return Offer.of(
                btf.hasFunction("register_kprobe") && btf.hasFunction("kprobe_perf_func"),
                "single kprobes",
                "this kernel has neither fprobes nor kprobes");
    }

    private static String cost(Family family) {
        return switch (family) {
            case STAGES -> "nothing can be traced";
            case LINEAGE -> "links between packets are matched by their bytes instead of proved";
            case FUNCTIONS -> "no events from single kernel functions";
            case PROGRAMS -> "tc, XDP and cgroup programs are not seen, no traits in packets and sockets";
        };
    }

    private static String mend(Family family) {
        return switch (family) {
            case STAGES -> "boot Linux 6.1 or later with CONFIG_BPF_EVENTS=y";
            case LINEAGE -> "boot a kernel with CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS=y, without lockdown";
            case FUNCTIONS -> "boot a kernel with CONFIG_FPROBE=y or CONFIG_KPROBES=y, without lockdown";
            case PROGRAMS -> "boot a kernel with CONFIG_NET_CLS_BPF and CONFIG_CGROUP_BPF=y";
        };
    }

    private static Requirement kallsyms(Host host) {
        Path file = host.proc().resolve("kallsyms");
        Kallsyms symbols = Kallsyms.of(file);
        if (!symbols.hidden()) {
            return ok(KALLSYMS, symbols.size() + " functions");
        }
        return new Requirement(
                KALLSYMS,
                Status.WARN,
                Files.isReadable(file) ? "addresses are hidden" : "cannot be read",
                "drops do not name the function that dropped",
                "sysctl kernel.kptr_restrict=1, and run as root");
    }

    private static Requirement library(
            String name, Optional<String> version, Status lacking, String cost, String mend) {
        return version.map(found -> ok(name, printable(found)))
                .orElseGet(() -> new Requirement(name, lacking, "cannot be loaded", cost, mend));
    }

    private static Requirement jit(Host host) {
        String state = read(host.proc().resolve("sys/net/core/bpf_jit_enable"))
                .map(String::strip)
                .orElse("");
        return switch (state) {
            case "1" -> ok(JIT, "on");
            case "2" ->
                new Requirement(
                        JIT,
                        Status.WARN,
                        "on, with debugging",
                        "the kernel log fills up",
                        "sysctl net.core.bpf_jit_enable=1");
            // Trampolines exist only for compiled programs (kernel/bpf/trampoline.c).
            case "0" ->
                new Requirement(
                        JIT,
                        Status.WARN,
                        "off",
                        "probes run interpreted and slow, no lineage hooks",
                        "sysctl net.core.bpf_jit_enable=1");
            default ->
                new Requirement(
                        JIT,
                        Status.WARN,
                        "unknown",
                        "cannot tell whether probes run compiled",
                        "sysctl net.core.bpf_jit_enable");
        };
    }

    private static Requirement memory(Host host) {
        Matcher matcher =
                MEM_AVAILABLE.matcher(read(host.proc().resolve("meminfo")).orElse(""));
        String needed = mebibytes(host.ringBytes()) + " needed for rings and tables";
        if (!matcher.find()) {
            return new Requirement(MEMORY, Status.WARN, "unknown, " + needed, "attaching may fail", "free -m");
        }
        long available = Long.parseLong(matcher.group(1)) * 1024;
        String found = mebibytes(available) + " available, " + needed;
        if (available < host.ringBytes()) {
            return new Requirement(MEMORY, Status.FAIL, found, "the rings cannot be made", "free memory");
        }
        if (available / 4 < host.ringBytes()) {
            return new Requirement(
                    MEMORY, Status.WARN, found, "the capture takes a good part of what is left", "free memory");
        }
        return ok(MEMORY, found);
    }

    private static String mebibytes(long bytes) {
        return (bytes >> 20) + " MiB";
    }

    private static Requirement ok(String name, String found) {
        return new Requirement(name, Status.OK, found, "", "");
    }

    private static Optional<String> read(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            return Optional.of(new String(in.readNBytes(MAX_BYTES), StandardCharsets.ISO_8859_1));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** Texts of libraries and the kernel, which have no business with a terminal. */
    private static String printable(String text) {
        StringBuilder clean = new StringBuilder(text.length());
        text.chars().limit(2000).forEach(c -> clean.append(c >= 0x20 && c <= 0x7e ? (char) c : '?'));
        return clean.toString();
    }
}
