package traitrace.kernel;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import jnr.ffi.Pointer;
import traitrace.TracerException;
import traitrace.TracerException.Kind;

/**
 * The compiled probes in the kernel: opened from the jar, fitted to the running kernel, loaded, attached.
 *
 * <p>Closing it detaches everything. A process that is killed leaves nothing behind either: the kernel closes the file
 * descriptors that hold programs and maps.
 */
final class ProbeObject implements AutoCloseable {
    private static final String RESOURCE = "stages.bpf.o";
    private static final int BPF_MAP_TYPE_RINGBUF = 27;
    private static final int EPERM = 1;
    private static final int ENOMEM = 12;
    /** Programs that are not hooks. */
    private static final String SWEEP = "sweep";

    private final Libbpf libbpf;
    private final Libc libc;
    private final Pointer object;
    private final List<Pointer> links = new ArrayList<>();
    private final List<Integer> rings = new ArrayList<>();
    private final LibbpfWords words;
    private final Map<String, String> unavailable = new TreeMap<>();
    private final List<String> attached = new ArrayList<>();
    private boolean closed;

    private ProbeObject(Libbpf libbpf, Libc libc, Pointer object, LibbpfWords words) {
        this.libbpf = libbpf;
        this.libc = libc;
        this.object = object;
        this.words = words;
    }

    /** @throws TracerException (environment, permission, attach) */
    static ProbeObject load(Btf kernel, CaptureOptions options) {
        // The kernel's EPERM would not say which one is missing.
        Capabilities.of(Path.of("/proc")).ifPresent(Capabilities::require);
        Libbpf libbpf = Libbpf.load();
        Libc libc = Libc.load();
        LibbpfWords words = LibbpfWords.listen(libbpf, libc);
        byte[] bytes = resource();
        Pointer object = libbpf.bpf_object__open_mem(bytes, bytes.length, null);
        if (object == null) {
            throw new TracerException(
                    Kind.FAILURE, "libbpf " + libbpf.libbpf_version_string() + " cannot open the probes: " + words, "");
        }
        ProbeObject probes = new ProbeObject(libbpf, libc, object, words);
        try {
            probes.fit(kernel, Btf.ofElf(bytes), options);
            probes.load();
            probes.attach();
        } catch (RuntimeException e) {
            probes.close();
            throw e;
        }
        return probes;
    }

    private static byte[] resource() {
        try (InputStream in = ProbeObject.class.getResourceAsStream(RESOURCE)) {
            if (in == null) {
                throw new TracerException(
                        Kind.FAILURE, "this build has no probes in it", "rebuild it where clang is installed");
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new TracerException(Kind.FAILURE, "the probes cannot be read from the jar", "", e);
        }
    }

    /** Leaves out what this kernel does not have, and fills in what depends on it. */
    private void fit(Btf kernel, Btf own, CaptureOptions options) {
        for (Pointer program = libbpf.bpf_object__next_program(object, null);
                program != null;
                program = libbpf.bpf_object__next_program(object, program)) {
            String name = libbpf.bpf_program__name(program);
            if (!name.equals(SWEEP) && !kernel.hasTracepoint(name)) {
                unavailable.put(name, "this kernel has no such tracepoint");
                libbpf.bpf_program__set_autoload(program, false);
            }
        }
        int ringCount = Integer.highestOneBit(Math.min(libbpf.libbpf_num_possible_cpus(), 16));
        ByteBuffer config =
                ByteBuffer.allocate(own.structSize("config").orElseThrow()).order(ByteOrder.nativeOrder());
        config.putInt(own.memberOffset("config", "ring_mask").orElseThrow(), ringCount - 1);
        config.putInt(own.memberOffset("config", "payload_bytes").orElseThrow(), options.payloadBytes());
        config.putInt(own.memberOffset("config", "payload_offset").orElseThrow(), options.payloadOffset());
        putFlag(config, own, "has_consume_location", kernel.tracepointArguments("consume_skb") >= 2);
        putFlag(config, own, "has_reset_reason", kernel.tracepointArguments("tcp_send_reset") >= 3);
        putFlag(config, own, "has_udp_fail_skb", kernel.tracepointArguments("udp_fail_queue_rcv_skb") >= 3);
        if (options.payloadBytes() > 0 && !kernel.hasFunction("bpf_dynptr_from_skb")) {
            KernelVariables variables = KernelVariables.live();
            putAddress(config, own, "vmemmap_base_at", variables.vmemmapBase());
            putAddress(config, own, "page_offset_base_at", variables.pageOffsetBase());
        }
        check(
                libbpf.bpf_map__set_initial_value(map(".rodata"), config.array(), config.capacity()),
                "the probes cannot be configured");
        libbpf.bpf_map__set_max_entries(map("skbs"), options.trackedSkbs());
        libbpf.bpf_map__set_max_entries(map("heads"), options.trackedSkbs());
        libbpf.bpf_map__set_max_entries(map("rings"), ringCount);
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

    private static void putAddress(ByteBuffer config, Btf own, String name, long value) {
        config.putLong(own.memberOffset("config", name).orElseThrow(), value);
    }

    private static void putFlag(ByteBuffer config, Btf own, String name, boolean value) {
        config.put(own.memberOffset("config", name).orElseThrow(), (byte) (value ? 1 : 0));
    }

    private void load() {
        int error = libbpf.bpf_object__load(object);
        if (error < 0) {
            throw refused("the kernel refused to load the probes", -error);
        }
        int outer = libbpf.bpf_map__fd(map("rings"));
        for (int i = 0; i < rings.size(); i++) {
            check(libbpf.bpf_map_update_elem(outer, int32(i), int32(rings.get(i)), 0), "a ring cannot be put in place");
        }
    }

    private void attach() {
        for (Pointer program = libbpf.bpf_object__next_program(object, null);
                program != null;
                program = libbpf.bpf_object__next_program(object, program)) {
            String name = libbpf.bpf_program__name(program);
            if (name.equals(SWEEP) || !libbpf.bpf_program__autoload(program)) {
                continue;
            }
            Pointer link = libbpf.bpf_program__attach(program);
            if (link == null) {
                throw new TracerException(
                        Kind.ATTACH, "the probe at " + name + " cannot be attached: " + words, "traitrace doctor");
            }
            links.add(link);
            attached.add(name);
        }
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

    private void check(int error, String what) {
        if (error < 0) {
            throw refused(what, -error);
        }
    }

    private Pointer map(String name) {
        Pointer map = libbpf.bpf_object__find_map_by_name(object, name);
        if (map == null) {
            throw new TracerException(Kind.FAILURE, "the probes have no map named " + name, "rebuild traitrace");
        }
        return map;
    }

    /** File descriptors of the rings. */
    List<Integer> rings() {
        return List.copyOf(rings);
    }

    /** Tracepoints that report. */
    List<String> attached() {
        return List.copyOf(attached);
    }

    /** Hooks that are not there, with the reason. */
    Map<String, String> unavailable() {
        return Map.copyOf(unavailable);
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
        if (libbpf.bpf_map_lookup_elem(libbpf.bpf_map__fd(map("counters")), int32(index), values.array()) == 0) {
            while (values.hasRemaining()) {
                counts.add(values.getLong());
            }
        }
        return counts;
    }

    /**
     * Runs of all probes that the kernel skipped because the same program was running on that CPU
     * ({@code bpf_prog_info.recursion_misses}).
     */
    long missedRuns() {
        // struct bpf_prog_info, include/uapi/linux/bpf.h: uapi, so the offset is the same on every kernel.
        final int recursionMisses = 208;
        long sum = 0;
        for (String name : attached) {
            Pointer program = libbpf.bpf_object__find_program_by_name(object, name);
            ByteBuffer info = ByteBuffer.allocate(256).order(ByteOrder.nativeOrder());
            int[] length = {info.capacity()};
            if (libbpf.bpf_obj_get_info_by_fd(libbpf.bpf_program__fd(program), info.array(), length) == 0
                    && length[0] >= recursionMisses + 8) {
                sum += info.getLong(recursionMisses);
            }
        }
        return sum;
    }

    /**
     * Removes what was not seen since {@code before} (CLOCK_MONOTONIC, ns) from the side tables.
     *
     * @return skbs that are left
     */
    long sweep(long before) {
        Pointer program = libbpf.bpf_object__find_program_by_name(object, SWEEP);
        jnr.ffi.Runtime runtime = jnr.ffi.Runtime.getRuntime(libbpf);
        Pointer context = jnr.ffi.Memory.allocateDirect(runtime, 16, true);
        context.putLong(0, before);
        // struct bpf_test_run_opts of libbpf 1.x: sz, data_in, data_out, data sizes, ctx_in, ctx_out, ctx sizes, ...
        final int size = 80;
        Pointer options = jnr.ffi.Memory.allocateDirect(runtime, size, true);
        options.putLong(0, size);
        // The context is copied back into ctx_in; a ctx_out is refused for programs of this type.
        options.putPointer(32, context);
        options.putInt(48, 16);
        if (libbpf.bpf_prog_test_run_opts(libbpf.bpf_program__fd(program), options) < 0) {
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
        links.forEach(libbpf::bpf_link__destroy);
        libbpf.bpf_object__close(object);
        rings.forEach(libc::close);
    }

    /** What libbpf says while it works: its warnings hold the verifier's log. */
    private static final class LibbpfWords {
        private static final int WARN = 0;
        private static final int KEPT = 16 * 1024;
        /** The log comes in one piece, of up to 16 MiB (libbpf, BPF_LOG_BUF_SIZE), and its end is what matters. */
        private static final int LONGEST = (16 << 20) + 4096;
        /** How lines begin that come after the verifier's last word. */
        private static final List<String> STATISTICS =
                List.of("--", "processed ", "verification time ", "stack depth ", "insns processed ");

        private static final Pattern PROGRAM = Pattern.compile("^libbpf: prog '([^']+)'");
        /** Kept for ever: native code calls it. */
        private static LibbpfWords listener;

        private final StringBuilder text = new StringBuilder();
        private Libbpf.Print print;

        static synchronized LibbpfWords listen(Libbpf libbpf, Libc libc) {
            LibbpfWords words = new LibbpfWords();
            words.print = (level, format, arguments) -> words.add(libc, level, format, arguments);
            libbpf.libbpf_set_print(words.print);
            listener = words;
            return listener;
        }

        private synchronized int add(Libc libc, int level, String format, Pointer arguments) {
            if (level != WARN) {
                return 0;
            }
            byte[] buffer = new byte[LONGEST];
            int length = libc.vsnprintf(buffer, buffer.length, format, arguments);
            int end = Math.max(0, Math.min(length, buffer.length - 1));
            int start = Math.max(0, end - KEPT);
            text.append(new String(buffer, start, end - start, StandardCharsets.UTF_8));
            text.delete(0, Math.max(0, text.length() - KEPT));
            return length;
        }

        /**
         * In one line: what the verifier said last before its closing statistics, with the program that it was about,
         * or else the last thing that libbpf said. After the verifier's log, libbpf only says that it failed.
         */
        @Override
        public synchronized String toString() {
            String last = "";
            String verdict = "";
            String program = "";
            for (String line : text.toString().strip().split("\n")) {
                Matcher named = PROGRAM.matcher(line);
                if (named.find()) {
                    program = named.group(1);
                }
                if (line.startsWith("processed ")) {
                    verdict = last;
                } else if (!line.isBlank() && STATISTICS.stream().noneMatch(line::startsWith)) {
                    last = line.strip();
                }
            }
            if (!verdict.isEmpty()) {
                return program.isEmpty() ? verdict : program + ": " + verdict;
            }
            return last.isEmpty() ? "no further word from libbpf" : last;
        }
    }
}
