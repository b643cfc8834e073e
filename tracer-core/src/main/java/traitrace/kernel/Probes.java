package traitrace.kernel;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import jnr.ffi.Pointer;
import traitrace.TracerException;
import traitrace.TracerException.Kind;

/**
 * All probes of a capture in the kernel: the lineage family if the kernel allows it, then the stages family, which is
 * told how far it can rely on it. They share their maps.
 *
 * <p>Closing it detaches everything. A process that is killed leaves nothing behind either: the kernel closes the file
 * descriptors that hold programs and maps.
 */
final class Probes implements AutoCloseable {
    private static final int BPF_MAP_TYPE_RINGBUF = 27;
    private static final int EPERM = 1;
    private static final int ENOMEM = 12;
    /** Programs that are not hooks. */
    private static final String SWEEP = "syscall";
    /** Where skbs are known exactly, they do nothing, or stand in for the two copies of another program. */
    private static final Set<String> UNTWINNED = Set.of(
            "sk_data_ready", "sock_recv_length", "sock_send_length", "tcp_sendmsg_locked", "tcp_rcv_space_adjust");
    /** Tell what processes give, and nothing else. What they got, {@code sock_recv_length} tells in any case. */
    private static final Set<String> USER_SPACE = Set.of(
            "sock_send_length",
            "tcp_sendmsg_locked",
            "tcp_rcv_space_adjust",
            "io_uring_file_get",
            "io_uring_submit_req",
            "io_uring_task_add");
    /** How many links are closed at a time: the kernel waits most of the time, see {@link #close}. */
    private static final int CLOSERS = 16;

    private final Libbpf libbpf;
    private final Libc libc;
    private final LibbpfWords words;
    private final Btf kernel;
    private final CaptureOptions options;
    private final int ringCount;
    private final List<Integer> rings = new ArrayList<>();
    /** Maps that are in the kernel, by name. */
    private final Map<String, Integer> maps = new HashMap<>();

    private ProbeObject stages;
    /** The second copy of the stages, there if skbs are known exactly; else null. */
    private ProbeObject stagesTwin;

    private AttachPlan stagesPlan;
    private LineageLoad lineage;
    private AttachPlan lineagePlan;
    private String lineageRefusal;
    private boolean closed;

    private Probes(Libbpf libbpf, Libc libc, Btf kernel, CaptureOptions options) {
        this.libbpf = libbpf;
        this.libc = libc;
        this.words = LibbpfWords.listen(libbpf, libc);
        this.kernel = kernel;
        this.options = options;
        this.ringCount = Integer.highestOneBit(Math.min(libbpf.libbpf_num_possible_cpus(), 16));
    }

    /** @throws TracerException (environment, permission, attach) */
    static Probes load(Btf kernel, CaptureOptions options) {
        return load(kernel, options, ProbeCode::named);
    }

    /** @param codes the compiled file of a family, by the family's name */
    static Probes load(Btf kernel, CaptureOptions options, Function<String, ProbeCode> codes) {
        // The kernel's EPERM would not say which one is missing.
        Capabilities.of(Path.of("/proc")).ifPresent(Capabilities::require);
        Probes probes = new Probes(Libbpf.load(), Libc.load(), kernel, options);
        try {
            probes.makeRings();
            probes.lineagePlan = probes.loadLineage(codes);
            probes.loadStages(codes.apply("stages"));
        } catch (RuntimeException e) {
            probes.close();
            throw e;
        }
        return probes;
    }

    /** Loads the lineage family and attaches nothing. */
    static Trial tryLineage(Btf kernel, CaptureOptions options) {
        List<Probe> all = LineageProbes.ALL;
        try (Probes probes = new Probes(Libbpf.load(), Libc.load(), kernel, options)) {
            probes.makeRings();
            AttachPlan plan = LineageLoad.rehearse(
                    probes.new SharedMaps(),
                    ProbeCode.named("lineage"),
                    AttachPlan.of(all, KernelFunctions.live(kernel, all)));
            return new Trial(Optional.empty(), plan.refusedByKernel());
        }
    }

    private void makeRings() {
        for (int i = 0; i < ringCount; i++) {
            int fd = libbpf.bpf_map_create(BPF_MAP_TYPE_RINGBUF, "ring" + i, 0, 0, options.ringBytes(), null);
            if (fd == -ENOMEM) {
                throw new TracerException(
                        Kind.ENVIRONMENT,
                        "the kernel has no memory for " + ringCount + " rings of " + options.ringBytes() + " bytes",
                        "make them smaller with --ring");
            }
            if (fd < 0) {
                throw refused("a ring of " + options.ringBytes() + " bytes cannot be made", -fd);
            }
            rings.add(fd);
        }
    }

    /** The lineage family as far as options and the kernel allow; the plan says how far. */
    private AttachPlan loadLineage(Function<String, ProbeCode> codes) {
        List<Probe> all = LineageProbes.ALL;
        if (options.hooks() == Hooks.STAGES) {
            lineageRefusal = "not asked for";
            return AttachPlan.none(all, lineageRefusal);
        }
        Optional<String> refusal = FamilyTrial.fentry(kernel);
        if (refusal.isEmpty()) {
            AttachPlan plan = wanted(AttachPlan.of(all, KernelFunctions.live(kernel, all)), LineageProbes.USER_SPACE);
            try {
                lineage = LineageLoad.load(new SharedMaps(), codes.apply("lineage"), plan);
                return lineage.plan();
            } catch (TracerException e) {
                refusal = Optional.of(e.getMessage());
            }
        }
        if (options.hooks() == Hooks.LINEAGE) {
            throw new TracerException(
                    Kind.ENVIRONMENT,
                    "the lineage hooks cannot be used here: " + refusal.get(),
                    "trace with --hooks=stages, or see: traitrace doctor");
        }
        lineageRefusal = refusal.get();
        return AttachPlan.none(all, lineageRefusal);
    }

    private AttachPlan wanted(AttachPlan plan, Set<String> userSpace) {
        return options.userSpace() ? plan : plan.unwanted(userSpace);
    }

    private void loadStages(ProbeCode code) {
        KernelFunctions types = new KernelFunctions(kernel);
        while (true) {
            ProbeObject object = new SharedMaps().open(code, exact(), false, List.of());
            stages = object;
            if (stagesPlan == null) {
                stagesPlan = wanted(AttachPlan.of(tracepoints(object.sections()), types), USER_SPACE);
            }
            List<Probe> probes = stagesPlan.ownProbes();
            keep(object, probes);
            Optional<ProbeObject.Refusal> refused = object.load();
            if (refused.isPresent()) {
                object.close();
                stages = null;
                stagesPlan = withoutStage(refused.get());
                continue;
            }
            new SharedMaps().loaded(object);
            for (Probe probe : probes) {
                object.attach(probe.section()).ifPresent(refusal -> stagesPlan = withoutStage(refusal));
            }
            if (exact()) {
                attachTwin(code);
            }
            return;
        }
    }

    /** What the kernel took once it takes again: a refusal here is an error. */
    private void attachTwin(ProbeCode code) {
        List<Probe> probes = stagesPlan.ownProbes().stream()
                .filter(probe -> !UNTWINNED.contains(probe.target()))
                .toList();
        stagesTwin = new SharedMaps().open(code, true, true, probes);
        Optional<ProbeObject.Refusal> refused = stagesTwin.load();
        for (Probe probe : probes) {
            refused = refused.or(() -> stagesTwin.attach(probe.section()));
        }
        refused.ifPresent(refusal -> {
            throw refused(
                    "the kernel refused the second copy of " + refusal.section() + ": " + refusal.reason(),
                    refusal.errno());
        });
    }

    private static void keep(ProbeObject object, List<Probe> probes) {
        List<String> sections =
                new ArrayList<>(probes.stream().map(Probe::section).toList());
        sections.add(SWEEP);
        object.keep(sections);
    }

    /** A tracepoint less; an error if that leaves no story to tell. */
    private AttachPlan withoutStage(ProbeObject.Refusal refusal) {
        String target = refusal.section().substring(refusal.section().indexOf('/') + 1);
        boolean known = stagesPlan.attached().contains(target);
        if (refusal.errno() == EPERM || !known || Requirements.isBackbone(target)) {
            throw refused(
                    "the kernel refused to load the probes"
                            + (target.isEmpty() ? "" : " (" + target + ": " + refusal.reason() + ")"),
                    refusal.errno());
        }
        return stagesPlan.without(refusal.section(), refusal.reason());
    }

    private static List<Probe> tracepoints(List<String> sections) {
        String prefix = "tp_btf/";
        return sections.stream()
                .filter(section -> section.startsWith(prefix))
                .map(section -> Probe.tracepoint(section.substring(prefix.length())))
                .toList();
    }

    /** How objects are opened so that they work together. */
    private final class SharedMaps implements LineageLoad.Setting {
        @Override
        public ProbeObject open(ProbeCode code, boolean exact, boolean twin, List<Probe> probes) {
            ProbeObject object = ProbeObject.open(libbpf, words, code);
            try {
                keep(object, probes);
                object.configure(config(code, exact, twin));
                object.resize("skbs", options.trackedSkbs());
                object.resize("heads", options.trackedSkbs());
                object.resize("rings", ringCount);
                object.share(maps);
                return object;
            } catch (RuntimeException e) {
                object.close();
                throw e;
            }
        }

        @Override
        public void loaded(ProbeObject object) {
            boolean empty = maps.isEmpty();
            object.maps().forEach(maps::putIfAbsent);
            if (!empty) {
                return;
            }
            for (int i = 0; i < rings.size(); i++) {
                int error = libbpf.bpf_map_update_elem(maps.get("rings"), int32(i), int32(rings.get(i)), 0);
                if (error < 0) {
                    throw refused("a ring cannot be put in place", -error);
                }
            }
        }

        @Override
        public void forget() {
            maps.clear();
        }
    }

    private ProbeCode.Config config(ProbeCode code, boolean exact, boolean twin) {
        // Where the kernel has a function for payloads in page fragments, nobody has to look for pages.
        KernelVariables variables = options.payloadBytes() == 0 || kernel.hasFunction("bpf_dynptr_from_skb")
                ? KernelVariables.UNKNOWN
                : KernelVariables.live();
        return code.config()
                .number("ring_mask", ringCount - 1)
                .number("payload_bytes", options.payloadBytes())
                .number("payload_offset", options.payloadOffset())
                .flag("has_consume_location", kernel.tracepointArguments("consume_skb") >= 2)
                .flag("has_reset_reason", kernel.tracepointArguments("tcp_send_reset") >= 3)
                .flag("has_udp_fail_skb", kernel.tracepointArguments("udp_fail_queue_rcv_skb") >= 3)
                .address("vmemmap_base_at", variables.vmemmapBase())
                .address("page_offset_base_at", variables.pageOffsetBase())
                .flag("user_space", options.userSpace())
                .flag("holds_cpu", holdsCpu())
                .flag("lineage", exact)
                .flag("twin", twin);
    }

    /** See config.h. */
    private boolean holdsCpu() {
        return kernel.hasFunction("bpf_preempt_disable") && kernel.hasMember("bpf_subprog_info", "might_sleep");
    }

    private TracerException refused(String what, int errno) {
        // Not for want of capabilities, which were looked at before. EACCES is the verifier's.
        if (errno == EPERM) {
            return new TracerException(
                    Kind.ENVIRONMENT,
                    what + ": permission denied",
                    "a seccomp filter or a security module forbids bpf(2) here: run it outside of the container");
        }
        return new TracerException(Kind.ATTACH, what + " (errno " + errno + "): " + words, "traitrace doctor");
    }

    /** File descriptors of the rings. */
    List<Integer> rings() {
        return List.copyOf(rings);
    }

    /** Tracepoints and functions that report. */
    List<String> attached() {
        List<String> attached = new ArrayList<>(stagesPlan.attached());
        attached.addAll(lineagePlan().attached());
        return attached;
    }

    /** Hooks that are not there, with the reason. */
    Map<String, String> unavailable() {
        Map<String, String> missing = new TreeMap<>(stagesPlan.missing());
        missing.putAll(lineagePlan().missing());
        // A function may have a tracepoint of its name in it: tcp_sendmsg_locked.
        attached().forEach(missing::remove);
        return missing;
    }

    /** Why the lineage family is not used; empty if it is. */
    Optional<String> lineageRefusal() {
        return Optional.ofNullable(lineageRefusal);
    }

    AttachPlan stagesPlan() {
        return stagesPlan;
    }

    AttachPlan lineagePlan() {
        return lineage == null ? lineagePlan : lineage.plan();
    }

    /** Whether births, deaths and copies of skbs are all seen. */
    boolean exact() {
        return lineage != null && lineage.exact();
    }

    /** Attaches to modules that were loaded since the last call. */
    void pollModules() {
        if (lineage != null) {
            lineage.pollModules();
        }
    }

    /** A counter of {@code probes/output.h}, summed over the CPUs. */
    long counter(int index) {
        return counterByCpu(index).stream().mapToLong(Long::longValue).sum();
    }

    /** A counter of {@code probes/output.h}, by number of the CPU. */
    List<Long> counterByCpu(int index) {
        ByteBuffer values =
                ByteBuffer.allocate(8 * libbpf.libbpf_num_possible_cpus()).order(ByteOrder.nativeOrder());
        List<Long> counts = new ArrayList<>();
        if (libbpf.bpf_map_lookup_elem(maps.get("counters"), int32(index), values.array()) == 0) {
            while (values.hasRemaining()) {
                counts.add(values.getLong());
            }
        }
        return counts;
    }

    /** The runs that the kernel skipped, of each attached probe. */
    List<MissedRuns> missedRuns() {
        List<MissedRuns> all = new ArrayList<>();
        for (String section : stages.attached()) {
            all.add(new MissedRuns(
                    section.substring(section.indexOf('/') + 1),
                    missed(stages, section),
                    stagesTwin != null && stagesTwin.attached().contains(section) ? missed(stagesTwin, section) : -1));
        }
        if (lineage != null) {
            all.addAll(lineage.missedRuns(this::missed));
        }
        return all;
    }

    private long missed(ProbeObject object, String section) {
        // struct bpf_prog_info, include/uapi/linux/bpf.h: uapi, so the offset is the same on every kernel.
        final int recursionMisses = 208;
        ByteBuffer info = ByteBuffer.allocate(256).order(ByteOrder.nativeOrder());
        int[] length = {info.capacity()};
        return libbpf.bpf_obj_get_info_by_fd(object.program(section), info.array(), length) == 0
                        && length[0] >= recursionMisses + 8
                ? info.getLong(recursionMisses)
                : 0;
    }

    /**
     * Removes what was not seen since {@code before} (CLOCK_MONOTONIC, ns) from the side tables.
     *
     * @return skbs that are left
     */
    long sweep(long before) {
        jnr.ffi.Runtime runtime = jnr.ffi.Runtime.getRuntime(libbpf);
        Pointer context = jnr.ffi.Memory.allocateDirect(runtime, 16, true);
        // Unsigned there: soon after the boot, nothing is that old.
        context.putLong(0, Math.max(0, before));
        // struct bpf_test_run_opts of libbpf 1.x: sz, data_in, data_out, data sizes, ctx_in, ctx_out, ctx sizes, ...
        final int size = 80;
        Pointer run = jnr.ffi.Memory.allocateDirect(runtime, size, true);
        run.putLong(0, size);
        // The context is copied back into ctx_in; a ctx_out is refused for programs of this type.
        run.putPointer(32, context);
        run.putInt(48, 16);
        if (libbpf.bpf_prog_test_run_opts(stages.program(SWEEP), run) < 0) {
            return -1;
        }
        return context.getLong(8);
    }

    private static byte[] int32(int value) {
        return ByteBuffer.allocate(4)
                .order(ByteOrder.nativeOrder())
                .putInt(value)
                .array();
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        List<ProbeObject> objects = new ArrayList<>();
        if (stages != null) {
            objects.add(stages);
        }
        if (stagesTwin != null) {
            objects.add(stagesTwin);
        }
        if (lineage != null) {
            objects.addAll(lineage.objects());
        }
        detach(objects);
        objects.forEach(ProbeObject::close);
        rings.forEach(libc::close);
    }

    /**
     * Taking a program off a function waits for all tasks to pass a safe point: about 135 ms on Linux 6.1, one by one.
     * Several at a time wait together.
     */
    private void detach(List<ProbeObject> objects) {
        List<Pointer> links = new ArrayList<>();
        objects.forEach(object -> links.addAll(object.releaseLinks()));
        int threads = lineage == null ? 1 : Math.min(CLOSERS, links.size());
        List<Thread> closers = new ArrayList<>();
        for (int i = 1; i < threads; i++) {
            int share = i;
            Thread closer = new Thread(() -> detach(links, share, threads), "traitrace-detach-" + i);
            closer.start();
            closers.add(closer);
        }
        detach(links, 0, Math.max(1, threads));
        boolean interrupted = false;
        for (Thread closer : closers) {
            while (closer.isAlive()) {
                try {
                    closer.join();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void detach(List<Pointer> links, int first, int step) {
        for (int i = first; i < links.size(); i += step) {
            libbpf.bpf_link__destroy(links.get(i));
        }
    }
}
