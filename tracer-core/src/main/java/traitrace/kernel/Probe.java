package traitrace.kernel;

import java.util.List;

/**
 * One program of the compiled probes and what it is for: a line of the catalogue that an {@link AttachPlan} is made
 * from.
 *
 * @param kind how it attaches
 * @param target the tracepoint or function, as the kernel spells it
 * @param module whose function it is, {@code vmlinux} for the kernel's own; a module may be built into a kernel
 * @param need whether skbs are known exactly without it
 * @param twin whether it is attached twice: the kernel skips a program that is already running on a CPU, and the second
 *     copy then acts for the first (kernel/bpf/trampoline.c, __bpf_prog_enter_recur, Linux 6.1 to 7.2)
 * @param fallback targets of other probes that together see all that this one sees
 * @param cost what its absence costs, a phrase; empty for what has no name of its own
 */
record Probe(Kind kind, String target, String module, Need need, boolean twin, List<String> fallback, String cost) {
    static final String VMLINUX = "vmlinux";

    enum Kind {
        TP_BTF("tp_btf"),
        FENTRY("fentry"),
        FEXIT("fexit");

        private final String section;

        Kind(String section) {
            this.section = section;
        }
    }

    enum Need {
        /** Every kernel has such a function, under this name or inlined; without it skbs are not known exactly. */
        ALWAYS,
        /** Exported functions, which are never inlined away: a kernel without it works without it, too. */
        WHERE_IT_EXISTS,
        /** Without it a detail is missing, no more. */
        DETAIL
    }

    Probe {
        fallback = List.copyOf(fallback);
    }

    /** Of a section of the compiled object, {@code tp_btf/NAME}: a probe of which only that is known. */
    static Probe tracepoint(String name) {
        return new Probe(Kind.TP_BTF, name, VMLINUX, Need.DETAIL, false, List.of(), "no events from " + name);
    }

    /** The section of the object that holds it: {@code fexit/skb_clone}. */
    String section() {
        return kind.section + "/" + target;
    }

    boolean inModule() {
        return !module.equals(VMLINUX);
    }
}
