package traitrace.kernel;

import java.util.Optional;
import java.util.function.Function;
import jnr.ffi.Memory;
import jnr.ffi.Pointer;
import jnr.ffi.Runtime;
import traitrace.TracerException;
import traitrace.event.Family;

/**
 * Tries each family of hooks on the running kernel: what is there by its types may still be refused, by lockdown for
 * example. Nothing stays loaded.
 */
public final class FamilyTrial implements Function<Family, Trial> {
    /** Attached by nearly every link of one skb to another; the trial only loads. */
    private static final String FUNCTION = "__copy_skb_header";

    // include/uapi/linux/bpf.h
    private static final int BPF_PROG_TYPE_TRACING = 26;
    private static final int BPF_TRACE_FENTRY = 24;
    /** r0 = 0; exit. */
    private static final byte[] RETURN_ZERO = {(byte) 0xb7, 0, 0, 0, 0, 0, 0, 0, (byte) 0x95, 0, 0, 0, 0, 0, 0, 0};

    private final CaptureOptions options;

    public FamilyTrial(CaptureOptions options) {
        this.options = options;
    }

    /** What the kernel refuses of a family; accepted if there is nothing to try. */
    @Override
    public Trial apply(Family family) {
        try {
            return switch (family) {
                case STAGES -> stages();
                case LINEAGE -> lineage();
                case FUNCTIONS, PROGRAMS -> Trial.ACCEPTED;
            };
        } catch (TracerException e) {
            return Trial.refused(e.getMessage());
        }
    }

    private Trial stages() {
        try (Capture capture = Capture.open(Btf.read(Btf.VMLINUX), options.withHooks(Hooks.STAGES))) {
            return new Trial(Optional.empty(), capture.stagesPlan().refusedByKernel());
        }
    }

    private Trial lineage() {
        Btf kernel = Btf.read(Btf.VMLINUX);
        Optional<String> refusal = fentry(kernel);
        return refusal.map(Trial::refused).orElseGet(() -> Probes.tryLineage(kernel, options));
    }

    /** Why the kernel takes no fentry program at all; empty if it takes one. */
    static Optional<String> fentry(Btf kernel) {
        Libbpf libbpf = Libbpf.load();
        int function = kernel.functionId(FUNCTION);
        if (function == 0) {
            return Optional.of("this kernel has no function " + FUNCTION);
        }
        // struct bpf_prog_load_opts of libbpf 1.x, up to attach_btf_obj_fd.
        final int size = 48;
        Pointer load = Memory.allocateDirect(Runtime.getRuntime(libbpf), size, true);
        load.putLong(0, size);
        load.putInt(12, BPF_TRACE_FENTRY);
        load.putInt(32, function);
        int fd = libbpf.bpf_prog_load(BPF_PROG_TYPE_TRACING, "trial", "GPL", RETURN_ZERO, 2, load);
        if (fd < 0) {
            return Optional.of("the kernel refuses fentry programs (errno " + -fd + ")");
        }
        Libc.load().close(fd);
        return Optional.empty();
    }
}
