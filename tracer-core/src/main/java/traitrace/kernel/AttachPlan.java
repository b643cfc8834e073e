package traitrace.kernel;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * Which probes are attached on a kernel, which are not and why, and what that costs: data, made of what the kernel says
 * of itself before anything is loaded into it, and corrected by what it then refuses.
 */
public record AttachPlan(List<Step> steps) {
    /**
     * A probe and what becomes of it.
     *
     * @param obstacle why it is not attached; empty if it is
     * @param exists whether this kernel has what it would be attached to, in whatever form
     * @param refused whether the kernel has it and refused the program
     */
    record Step(Probe probe, Optional<String> obstacle, boolean exists, boolean refused) {
        Step(Probe probe, Optional<String> obstacle, boolean exists) {
            this(probe, obstacle, exists, false);
        }

        boolean attached() {
            return obstacle.isEmpty();
        }
    }

    /** Something that is not attached and whose absence is felt. */
    public record Gap(String target, String obstacle, String cost) {
        /** {@code skb_clone (the verifier refused it: ...): clones are not proved}. */
        @Override
        public String toString() {
            return target + " (" + obstacle + "): " + cost;
        }
    }

    public AttachPlan {
        steps = List.copyOf(steps);
    }

    static AttachPlan of(List<Probe> probes, KernelFunctions kernel) {
        return new AttachPlan(probes.stream()
                .map(probe -> new Step(probe, kernel.obstacle(probe), kernel.has(probe)))
                .toList());
    }

    /** Nothing is attached, for this reason. */
    static AttachPlan none(List<Probe> probes, String reason) {
        return new AttachPlan(probes.stream()
                .map(probe -> new Step(probe, Optional.of(reason), true))
                .toList());
    }

    /** These are not wanted, and so not missed. */
    AttachPlan unwanted(Set<String> targets) {
        return new AttachPlan(steps.stream()
                .map(step -> targets.contains(step.probe().target())
                        ? new Step(step.probe(), Optional.of("not asked for"), false)
                        : step)
                .toList());
    }

    /** One probe turned out to be impossible. */
    AttachPlan without(String section, String reason) {
        return new AttachPlan(steps.stream()
                .map(step -> step.attached() && step.probe().section().equals(section)
                        ? new Step(step.probe(), Optional.of(reason), step.exists(), true)
                        : step)
                .toList());
    }

    /** A module is here by now. */
    AttachPlan with(String section) {
        List<Step> changed = new ArrayList<>();
        for (Step step : steps) {
            changed.add(step.probe().section().equals(section) ? new Step(step.probe(), Optional.empty(), true) : step);
        }
        return new AttachPlan(changed);
    }

    /**
     * Whether births, deaths and copies of skbs are all seen, so that an entry at an address is that skb's: every probe
     * that is needed is attached, or its fallback is, or it is needed only where the kernel has its function and this
     * one has not.
     */
    public boolean exact() {
        return steps.stream().allMatch(this::enough);
    }

    private boolean enough(Step step) {
        return switch (step.probe().need()) {
            case DETAIL -> true;
            case ALWAYS -> seen(step);
            case WHERE_IT_EXISTS -> seen(step) || !step.exists();
        };
    }

    /** It is attached, or all of its fallback is. */
    private boolean seen(Step step) {
        List<String> fallback = step.probe().fallback();
        return step.attached() || (!fallback.isEmpty() && fallback.stream().allMatch(this::attached));
    }

    private boolean attached(String target) {
        return steps.stream().anyMatch(s -> s.attached() && s.probe().target().equals(target));
    }

    /** Targets that are attached, in the order of the catalogue. */
    public List<String> attached() {
        return steps.stream()
                .filter(Step::attached)
                .map(step -> step.probe().target())
                .toList();
    }

    /** Targets that are not, with the reason. */
    public Map<String, String> missing() {
        Map<String, String> missing = new TreeMap<>();
        for (Step step : steps) {
            step.obstacle().ifPresent(why -> missing.put(step.probe().target(), why));
        }
        return missing;
    }

    /** What the kernel refused though it has it: the reason by the section of the program. */
    Map<String, String> refusedByKernel() {
        Map<String, String> refused = new TreeMap<>();
        for (Step step : steps) {
            if (step.refused()) {
                refused.put(step.probe().section(), step.obstacle().orElse(""));
            }
        }
        return refused;
    }

    /** Those of {@link #refusedByKernel}, with what they cost. */
    public List<Gap> refused() {
        return steps.stream().filter(Step::refused).map(AttachPlan::gap).toList();
    }

    private static Gap gap(Step step) {
        return new Gap(
                step.probe().target(), step.obstacle().orElse(""), step.probe().cost());
    }

    /**
     * What is missing and is felt: not what this kernel never had and needs not, nor what is in a module that is not
     * loaded, nor that for which another probe stands in.
     */
    public List<Gap> gaps() {
        return steps.stream()
                .filter(step -> !seen(step))
                .filter(step -> step.exists()
                        || step.probe().need() == Probe.Need.ALWAYS
                        || !step.probe().fallback().isEmpty())
                .map(AttachPlan::gap)
                .toList();
    }

    /** Why skbs are not known exactly: the targets that are missing, with the reason; empty if they are. */
    public String inexact() {
        return String.join(
                ", ",
                steps.stream()
                        .filter(step -> !enough(step))
                        .map(step ->
                                step.probe().target() + " (" + step.obstacle().orElse("") + ")")
                        .toList());
    }

    /** The probes to load now, of the kernel's own functions; those of modules have a load of their own. */
    List<Probe> ownProbes() {
        return steps.stream()
                .filter(Step::attached)
                .map(Step::probe)
                .filter(probe -> !probe.inModule())
                .toList();
    }

    /** Probes of a module that are wanted whenever it is there. */
    List<Probe> moduleProbes() {
        return steps.stream().map(Step::probe).filter(Probe::inModule).toList();
    }
}
