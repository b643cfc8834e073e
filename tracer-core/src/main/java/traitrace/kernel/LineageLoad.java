package traitrace.kernel;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.ToLongBiFunction;
import java.util.stream.Collectors;
import traitrace.TracerException;
import traitrace.TracerException.Kind;

/**
 * The lineage family in the kernel: each program twice, those of a module in objects of their own when it comes.
 *
 * <p>What the kernel refuses is left out and the rest loaded again, so that one program that a verifier does not
 * understand costs no more than itself.
 */
final class LineageLoad implements AutoCloseable {
    /** Each refusal costs another load of the rest. */
    private static final int MAX_REFUSALS = 8;

    private static final Path SYS = Path.of("/sys");

    /** What all objects of a capture have in common. */
    interface Setting {
        /** Opens another copy of this file, with its maps shared and sized, and only these programs to be loaded. */
        ProbeObject open(ProbeCode code, boolean exact, boolean twin, List<Probe> probes);

        /** After the first load: maps are there, to be filled and to be shared. */
        void loaded(ProbeObject object);

        /** All objects were closed, and with them the shared maps. */
        void forget();
    }

    private final Setting setting;
    private final ProbeCode code;
    private final List<ProbeObject> first = new ArrayList<>();
    private final List<ProbeObject> second = new ArrayList<>();
    private final Set<String> modulesTried = new HashSet<>();
    private AttachPlan plan;
    private boolean exact;

    private LineageLoad(Setting setting, ProbeCode code, AttachPlan plan) {
        this.setting = setting;
        this.code = code;
        this.plan = plan;
    }

    /**
     * Loads and attaches what the plan holds; {@link #plan()} then says what became of it.
     *
     * @throws TracerException (attach) if too much is refused; nothing is left attached then
     */
    static LineageLoad load(Setting setting, ProbeCode code, AttachPlan plan) {
        LineageLoad load = new LineageLoad(setting, code, plan);
        try {
            load.load(true);
            load.pollModules();
            return load;
        } catch (RuntimeException e) {
            load.close();
            setting.forget();
            throw e;
        }
    }

    /** As {@link #load}, but attaches nothing: most of what fails shows in loading, and detaching is slow. */
    static AttachPlan rehearse(Setting setting, ProbeCode code, AttachPlan plan) {
        try (LineageLoad load = new LineageLoad(setting, code, plan)) {
            load.load(false);
            return load.plan;
        }
    }

    private void load(boolean attach) {
        for (int refusals = 0; ; refusals++) {
            exact = plan.exact();
            if (attach && !exact) {
                // What it says of some skbs would stand beside what is concluded of the others.
                throw new TracerException(
                        Kind.ATTACH, "not every birth, copy and end of an skb would be seen: " + plan.inexact(), "");
            }
            Optional<ProbeObject.Refusal> refused = tryOnce(attach);
            if (refused.isEmpty()) {
                return;
            }
            close();
            setting.forget();
            ProbeObject.Refusal refusal = refused.get();
            if (refusal.section().isEmpty() || refusals == MAX_REFUSALS) {
                throw new TracerException(Kind.ATTACH, "the lineage hooks do not load: " + refusal.reason(), "");
            }
            plan = plan.without(refusal.section(), refusal.reason());
        }
    }

    /** Both copies are loaded before one is attached: loading is what fails, and detaching is slow. */
    private Optional<ProbeObject.Refusal> tryOnce(boolean attach) {
        List<Probe> probes = plan.ownProbes();
        for (boolean twin : new boolean[] {false, true}) {
            List<Probe> wanted = twin ? probes.stream().filter(Probe::twin).toList() : probes;
            ProbeObject object = setting.open(code, exact, twin, wanted);
            (twin ? second : first).add(object);
            Optional<ProbeObject.Refusal> refused = object.load();
            if (refused.isPresent()) {
                return refused;
            }
            setting.loaded(object);
        }
        if (!attach) {
            return Optional.empty();
        }
        for (List<ProbeObject> copy : List.of(first, second)) {
            ProbeObject object = copy.get(0);
            for (Probe probe : probes) {
                if (copy == second && !probe.twin()) {
                    continue;
                }
                Optional<ProbeObject.Refusal> refused = object.attach(probe.section());
                if (refused.isPresent()) {
                    return refused;
                }
            }
        }
        return Optional.empty();
    }

    /** Attaches to modules that came since the last time. Cheap if none did. */
    void pollModules() {
        Map<String, List<Probe>> byModule = plan.moduleProbes().stream()
                .collect(Collectors.groupingBy(Probe::module, TreeMap::new, Collectors.toList()));
        byModule.forEach((module, probes) -> {
            boolean attachable = plan.steps().stream().anyMatch(s -> probes.contains(s.probe()) && s.attached());
            boolean here = attachable || Files.exists(KernelFunctions.moduleFile(SYS, module));
            if (!here) {
                // Unloaded and loaded again, it is another module.
                modulesTried.remove(module);
            } else if (modulesTried.add(module)) {
                attachToModule(probes);
            }
        });
    }

    /** What is refused is left out, and the rest loaded again. */
    private void attachToModule(List<Probe> probes) {
        List<Probe> left = new ArrayList<>(probes);
        probes.forEach(probe -> plan = plan.with(probe.section()));
        while (!left.isEmpty()) {
            Optional<ProbeObject.Refusal> refused = tryModule(left);
            if (refused.isEmpty()) {
                return;
            }
            ProbeObject.Refusal refusal = refused.get();
            List<Probe> out = left.stream()
                    .filter(probe -> probe.section().equals(refusal.section()))
                    .toList();
            // Where libbpf does not say which it was, it may be any.
            out = out.isEmpty() ? List.copyOf(left) : out;
            out.forEach(probe -> plan = plan.without(probe.section(), refusal.reason()));
            left.removeAll(out);
        }
    }

    private Optional<ProbeObject.Refusal> tryModule(List<Probe> probes) {
        List<ProbeObject> copies = new ArrayList<>();
        Optional<ProbeObject.Refusal> refused = Optional.empty();
        try {
            for (boolean twin : new boolean[] {false, true}) {
                ProbeObject object = setting.open(code, exact, twin, probes);
                copies.add(object);
                refused = refused.or(object::load);
            }
            for (ProbeObject object : copies) {
                for (Probe probe : probes) {
                    refused = refused.or(() -> object.attach(probe.section()));
                }
            }
        } catch (TracerException e) {
            // One module's probes are not worth a capture that is under way.
            refused = Optional.of(new ProbeObject.Refusal("", e.getMessage(), 0));
        }
        if (refused.isPresent()) {
            copies.forEach(ProbeObject::close);
            return refused;
        }
        first.add(copies.get(0));
        second.add(copies.get(1));
        return refused;
    }

    /** What is attached and what is not, with the reasons. */
    AttachPlan plan() {
        return plan;
    }

    /** Whether the programs were told that all births, deaths and copies are seen. */
    boolean exact() {
        return exact;
    }

    /** All objects; the first holds the maps. */
    List<ProbeObject> objects() {
        List<ProbeObject> all = new ArrayList<>(first);
        all.addAll(second);
        return all;
    }

    /** The runs that the kernel skipped, of each attached probe. */
    List<MissedRuns> missedRuns(ToLongBiFunction<ProbeObject, String> missed) {
        List<MissedRuns> list = new ArrayList<>();
        for (int i = 0; i < first.size(); i++) {
            ProbeObject one = first.get(i);
            ProbeObject other = second.get(i);
            for (String section : one.attached()) {
                list.add(new MissedRuns(
                        section.substring(section.indexOf('/') + 1),
                        missed.applyAsLong(one, section),
                        other.attached().contains(section) ? missed.applyAsLong(other, section) : -1));
            }
        }
        return list;
    }

    @Override
    public void close() {
        objects().forEach(ProbeObject::close);
        first.clear();
        second.clear();
    }
}
