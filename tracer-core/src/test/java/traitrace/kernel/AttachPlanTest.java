package traitrace.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import traitrace.kernel.AttachPlan.Gap;
import traitrace.kernel.KernelFunctions.Symbol;

class AttachPlanTest {
    private static final Set<String> NOT_IN_6_1 = Set.of("napi_alloc_skb", "slab_build_skb", "napi_skb_cache_put");
    private static final Set<String> NOT_IN_6_12 = Set.of("__napi_alloc_skb", "__kfree_skb_defer");

    /** Functions of modules, by name. */
    private static final Map<String, String> MODULES = LineageProbes.ALL.stream()
            .filter(Probe::inModule)
            .collect(Collectors.toMap(Probe::target, Probe::module, (one, same) -> one));

    private static List<String> functions() {
        // Of some there are two: before and after it.
        return LineageProbes.ALL.stream().map(Probe::target).distinct().toList();
    }

    private static KernelFunctions without(Set<String> absent, Symbol... more) {
        BtfBytes vmlinux = new BtfBytes();
        List<Symbol> symbols = new ArrayList<>(List.of(more));
        Set<String> traceable = new HashSet<>();
        for (String function : functions()) {
            if (!absent.contains(function) && !MODULES.containsKey(function)) {
                vmlinux.function(function, 0);
                symbols.add(new Symbol(function, ""));
                traceable.add(function);
            }
        }
        Map<String, BtfBytes> modules = new TreeMap<>();
        MODULES.forEach((function, module) -> {
            modules.computeIfAbsent(module, name -> vmlinux.module()).function(function, 0);
            symbols.add(new Symbol(function, module));
            traceable.add(function);
        });
        Btf base = Btf.of(vmlinux.bytes());
        Map<String, Btf> types = new TreeMap<>();
        modules.forEach((module, bytes) -> types.put(module, Btf.ofModule(bytes.bytes(), base)));
        return new KernelFunctions(base, types, Optional.of(symbols), Optional.of(traceable));
    }

    private static AttachPlan plan(Set<String> absent, Symbol... more) {
        return AttachPlan.of(LineageProbes.ALL, without(absent, more));
    }

    private static Set<String> and(Set<String> set, String... more) {
        Set<String> all = new HashSet<>(set);
        all.addAll(List.of(more));
        return all;
    }

    @Test
    void theKernelsThatWereTriedAreExact() {
        for (Set<String> absent : List.of(NOT_IN_6_1, NOT_IN_6_12)) {
            AttachPlan plan = plan(absent);
            assertThat(plan.exact()).isTrue();
            assertThat(plan.gaps()).isEmpty();
            assertThat(plan.missing()).containsOnlyKeys(absent);
            assertThat(plan.missing().values()).containsOnly("this kernel has no such function");
        }
    }

    @Test
    void everyNecessaryFunctionCostsExactness() {
        List<String> necessary = LineageProbes.ALL.stream()
                .filter(probe -> probe.need() == Probe.Need.ALWAYS)
                .map(Probe::target)
                .toList();
        assertThat(necessary).contains("__alloc_skb", "skb_clone", "__copy_skb_header", "kfree_skbmem");
        for (String function : necessary) {
            AttachPlan plan = plan(and(NOT_IN_6_12, function));
            assertThat(plan.exact()).as(function).isFalse();
            assertThat(plan.inexact()).contains(function + " (this kernel has no such function)");
            assertThat(plan.gaps()).extracting(Gap::target).containsOnly(function);
            assertThat(plan.gaps().get(0).cost()).isNotEmpty();
        }
    }

    @Test
    void anExportedFunctionIsNecessaryOnlyWhereItExists() {
        assertThat(plan(and(NOT_IN_6_12, "slab_build_skb")).exact()).isTrue();
        // Refused, or spoilt by the compiler, is another matter than absent.
        AttachPlan refused = plan(NOT_IN_6_12).without("fexit/slab_build_skb", "the verifier refused it: R1 invalid");
        assertThat(refused.exact()).isFalse();
        assertThat(refused.refused())
                .hasToString("[slab_build_skb (the verifier refused it: R1 invalid): "
                        + "skbs made there are not seen to be new]");
        assertThat(plan(and(NOT_IN_6_12, "slab_build_skb"), new Symbol("slab_build_skb.isra.0", ""))
                        .exact())
                .isFalse();
    }

    @Test
    void aDetailCostsNoMoreThanItself() {
        AttachPlan plan = plan(and(NOT_IN_6_12, "skb_gro_receive"), new Symbol("skb_gro_receive.part.0", ""));
        assertThat(plan.exact()).isTrue();
        assertThat(plan.gaps())
                .containsExactly(new Gap(
                        "skb_gro_receive",
                        "inlined or renamed by the compiler (skb_gro_receive.part.0)",
                        "what GRO merges is not proved"));
    }

    @Test
    void aFallbackStandsIn() {
        // 6.1: kfree_skb_defer and stolen heads show what the NAPI cache takes.
        assertThat(plan(NOT_IN_6_1).gaps()).isEmpty();
        assertThat(plan(and(NOT_IN_6_1, "__kfree_skb_defer")).gaps())
                .as("half a fallback is none")
                .extracting(Gap::target)
                .contains("napi_skb_cache_put");
        List<Probe> outer = Stream.concat(
                        LineageProbes.ALL.stream(),
                        Stream.of("__build_skb", "build_skb")
                                .map(name -> new Probe(
                                        Probe.Kind.FEXIT, name, Probe.VMLINUX, Probe.Need.DETAIL, true, List.of(), "")))
                .toList();
        AttachPlan inlined = AttachPlan.of(outer, without(and(NOT_IN_6_12, "__build_skb_around")));
        assertThat(inlined.exact()).isFalse();
        assertThat(inlined.with("fexit/__build_skb").exact()).isFalse();
        assertThat(inlined.with("fexit/__build_skb").with("fexit/build_skb").exact())
                .isTrue();
    }

    @Test
    void whatCannotBeAttachedHasAReason() {
        KernelFunctions kernel = without(NOT_IN_6_12, new Symbol("skb_morph", ""), new Symbol("skb_morph.cold", ""));
        Probe morph = probe("skb_morph");
        assertThat(kernel.obstacle(morph)).contains("this kernel has 2 functions of this name");
        Probe clone = probe("skb_clone");
        assertThat(kernel.obstacle(clone)).isEmpty();
        assertThat(new KernelFunctions(kernel.vmlinux(), Map.of(), kernel.symbols(), Optional.of(Set.of()))
                        .obstacle(clone))
                .contains("this kernel does not let it be traced");
        assertThat(new KernelFunctions(kernel.vmlinux(), Map.of(), Optional.of(List.of()), Optional.empty())
                        .obstacle(clone))
                .contains("inlined by the compiler");
        assertThat(new KernelFunctions(kernel.vmlinux()).obstacle(clone))
                .as("without kallsyms, types have to do")
                .isEmpty();
        assertThat(kernel.obstacle(Probe.tracepoint("kfree_skb"))).contains("this kernel has no such tracepoint");
    }

    @Test
    void modulesAreHookedWhenTheyAreLoaded() {
        KernelFunctions kernel = without(NOT_IN_6_12);
        Probe veth = probe("veth_xdp_rcv_skb");
        assertThat(kernel.obstacle(veth)).isEmpty();
        KernelFunctions unloaded =
                new KernelFunctions(kernel.vmlinux(), Map.of(), kernel.symbols(), kernel.traceable());
        assertThat(unloaded.obstacle(veth)).contains("module veth is not loaded");
        AttachPlan plan = AttachPlan.of(LineageProbes.ALL, unloaded);
        assertThat(plan.exact()).isTrue();
        assertThat(plan.with(veth.section()).attached()).contains("veth_xdp_rcv_skb");
        // Built in, it is the kernel's own, whatever the module files say.
        BtfBytes builtIn = new BtfBytes();
        builtIn.function("veth_xdp_rcv_skb", 0);
        assertThat(new KernelFunctions(Btf.of(builtIn.bytes())).obstacle(veth)).isEmpty();
    }

    @Test
    void missedRunsCountWhereBothCopiesMissed() {
        MissedRuns twins = new MissedRuns("skb_clone", 5, 2);
        assertThat(twins.unseen()).isEqualTo(2);
        assertThat(twins.covered()).isEqualTo(3);
        MissedRuns single = new MissedRuns("kfree_skb", 4, -1);
        assertThat(single.unseen()).isEqualTo(4);
        assertThat(single.covered()).isZero();
    }

    private static Probe probe(String target) {
        return LineageProbes.ALL.stream()
                .filter(p -> p.target().equals(target))
                .findFirst()
                .orElseThrow();
    }
}
