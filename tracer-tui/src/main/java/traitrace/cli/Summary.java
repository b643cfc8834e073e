package traitrace.cli;

import java.util.Optional;
import traitrace.event.Losses;
import traitrace.export.Tally;

/** What was seen and what was lost, in a sentence each. */
final class Summary {
    private Summary() {}

    /** {@code 3 packets, 12 events: 2 delivered, 1 dropped}. */
    static String packets(Tally tally) {
        StringBuilder line = new StringBuilder();
        line.append(plural(tally.packets(), "packet")).append(", ").append(plural(tally.events(), "event"));
        String separator = ": ";
        for (var verdict : tally.verdicts().entrySet()) {
            line.append(separator).append(verdict.getValue()).append(' ').append(verdict.getKey());
            separator = ", ";
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

    private static String plural(long n, String noun) {
        return n + " " + noun + (n == 1 ? "" : "s");
    }
}
