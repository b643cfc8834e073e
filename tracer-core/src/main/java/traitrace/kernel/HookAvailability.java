package traitrace.kernel;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import traitrace.event.Family;
import traitrace.event.Hook;

/** Why a hook cannot be used on the running kernel; empty if it can. Loads nothing but the smallest of programs. */
public final class HookAvailability implements Function<Hook, Optional<String>> {
    private final Btf kernel;
    private Map<String, String> lineage;

    public HookAvailability(Btf kernel) {
        this.kernel = kernel;
    }

    @Override
    public Optional<String> apply(Hook hook) {
        if (hook.family() == Family.STAGES) {
            return new KernelFunctions(kernel).obstacle(Probe.tracepoint(hook.kernelName()));
        }
        List<String> targets =
                switch (hook) {
                    // Two functions, of which every kernel has the first.
                    case TCP_DO_RCV -> List.of("tcp_v4_do_rcv", "tcp_v6_do_rcv");
                    // Inlined; this one it calls.
                    case XSK_XMIT -> List.of("skb_store_bits");
                    default -> List.of(hook.kernelName());
                };
        Map<String, String> missing = lineage();
        boolean there = targets.stream().anyMatch(target -> !missing.containsKey(target));
        return there ? Optional.empty() : Optional.of(missing.get(targets.get(0)));
    }

    private Map<String, String> lineage() {
        if (lineage == null) {
            List<Probe> all = LineageProbes.ALL;
            lineage = refusal()
                    .map(why -> AttachPlan.none(all, why))
                    .orElseGet(() -> AttachPlan.of(all, KernelFunctions.live(kernel, all)))
                    .missing();
        }
        return lineage;
    }

    /** Why there are no fentry programs; not known without the permission to try. */
    private Optional<String> refusal() {
        boolean able = Capabilities.of(Path.of("/proc"))
                .map(ours -> ours.obstacle().isEmpty())
                .orElse(true);
        return able ? FamilyTrial.fentry(kernel) : Optional.empty();
    }
}
