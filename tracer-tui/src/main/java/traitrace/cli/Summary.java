package traitrace.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import traitrace.event.Losses;
import traitrace.export.Tally;
import traitrace.kernel.AttachPlan;
import traitrace.kernel.MissedRuns;

/** What was seen and what was lost, in a sentence each. */
final class Summary {
    private Summary() {}

    /** {@code 3 packets, 12 events: 2 delivered, 1 dropped; 7 packets hidden by --where}. */
    static String packets(Tally tally) {
        StringBuilder line = new StringBuilder();
        line.append(plural(tally.packets(), "packet")).append(", ").append(plural(tally.events(), "event"));
        String separator = ": ";
        for (var verdict : tally.verdicts().entrySet()) {
            line.append(separator).append(verdict.getValue()).append(' ').append(verdict.getKey());
            separator = ", ";
        }
        if (tally.hidden() > 0) {
            line.append("; ").append(plural(tally.hidden(), "packet")).append(" hidden by --where");
        }
        return line.toString();
    }

    /** Empty if nothing was lost. */
    static Optional<String> losses(Losses losses) {
        if (!losses.any()) {
            return Optional.empty();
        }
        return Optional.of("LOST: " + plural(losses.events(), "event") + " (rings full"
                + (losses.events() > 0 ? ": " + losses.byCpu() : "") + "), "
                + plural(losses.missedRuns(), "probe run") + " skipped by the kernel, "
                + plural(losses.untracked(), "packet") + " without an id (tables full), "
                + plural(losses.evicted(), "packet")
                + " given up early (too many at a time)");
    }

    /**
     * Where the lineage family is less than it could be, a sentence each.
     *
     * @param refusal why it is not used at all, which is for the doctor to tell
     * @param exact whether skbs are known by all that happens to them
     */
    static List<String> hooks(Optional<String> refusal, AttachPlan plan, boolean exact, List<MissedRuns> missed) {
        List<String> sentences = new ArrayList<>();
        if (refusal.isPresent()) {
            return sentences;
        }
        plan.refused().forEach(gap -> sentences.add("left out: " + gap));
        if (!exact) {
            sentences.add("packets are recognised by their bytes: not hooked here are " + plan.inexact());
        }
        long covered = missed.stream().mapToLong(MissedRuns::covered).sum();
        if (covered > 0) {
            sentences.add(
                    plural(covered, "probe run") + " skipped by the kernel in one copy and made up for by the other");
        }
        return sentences;
    }

    private static String plural(long n, String noun) {
        return n + " " + noun + (n == 1 ? "" : "s");
    }
}
