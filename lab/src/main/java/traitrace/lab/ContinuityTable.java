package traitrace.lab;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import traitrace.TracerException;
import traitrace.lineage.Evidence;

/**
 * Judges what {@link RecordContinuity} recorded and prints a table for each kernel, in Markdown.
 *
 * <p>Arguments: the folders. Exit status: 0 if traitrace joined nothing falsely.
 */
public final class ContinuityTable {
    private static final String HEAD =
            """
            | scenario | leg | sent | whole | proved | matched | guessed | false joins \
            | pwru: seen | whole | shared | addresses | of several packets | at most |
            |---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|
            """;
    private static final String NOTHING = "| - | - | - | - | - | - |";

    private ContinuityTable() {}

    public static void main(String[] arguments) {
        boolean joined = false;
        for (String folder : arguments) {
            joined |= print(Path.of(folder));
        }
        System.exit(joined ? 1 : 0);
    }

    private static boolean print(Path folder) {
        StringBuilder table = new StringBuilder(HEAD);
        StringBuilder crossings = new StringBuilder();
        List<String> notes = new ArrayList<>();
        String kernel = "";
        Set<String> plans = new TreeSet<>();
        boolean joined = false;
        for (Scenario scenario : Continuity.scenarios()) {
            Path file = ScenarioRecorder.outcome(folder, scenario.name());
            if (!Files.exists(file)) {
                continue;
            }
            Outcome outcome = Outcome.read(file);
            kernel = outcome.kernel();
            remark(outcome).ifPresent(remark -> notes.add(scenario.name() + ": " + remark));
            if (outcome.skipped().isEmpty() && outcome.failed().isEmpty()) {
                joined |= append(table, crossings, notes, plans, scenario, outcome, folder);
            }
        }
        System.out.println("### Linux " + kernel + ", traitrace with " + String.join(", ", plans) + "\n\n" + table);
        if (!crossings.isEmpty()) {
            List<String> headings = ScoreTable.crossingHeadings();
            String under = "|---|---|" + "--:|".repeat(headings.size() - 2);
            System.out.println("Through processes:\n\n" + line(headings) + under + "\n" + crossings);
        }
        notes.forEach(note -> System.out.println("* " + note));
        System.out.println();
        return joined;
    }

    private static String line(List<String> cells) {
        return "| " + String.join(" | ", cells) + " |\n";
    }

    private static Optional<String> remark(Outcome outcome) {
        if (!outcome.skipped().isEmpty()) {
            return Optional.of("not run: " + outcome.skipped());
        }
        if (!outcome.failed().isEmpty()) {
            return Optional.of("failed: " + outcome.failed());
        }
        return outcome.broken().isEmpty()
                ? Optional.empty()
                : Optional.of("not as it should be: " + String.join("; ", outcome.broken()));
    }

    private static boolean append(
            StringBuilder table,
            StringBuilder crossings,
            List<String> notes,
            Set<String> plans,
            Scenario scenario,
            Outcome outcome,
            Path folder) {
        Judge.Judgement judgement;
        try {
            Playback playback = Playback.of(scenario, outcome, folder);
            plans.add(playback.plan());
            judgement = playback.judge();
        } catch (TracerException e) {
            notes.add(scenario.name() + ": " + e.getMessage());
            return false;
        }
        if (judgement.lostEvents() > 0) {
            notes.add(scenario.name() + ": traitrace lost " + judgement.lostEvents() + " events");
        }
        Path file = RecordContinuity.rows(folder, scenario.name());
        Optional<PwruRows> rows = Files.exists(file) ? Optional.of(PwruRows.read(file)) : Optional.empty();
        rows.filter(r -> r.remembered() >= PwruRows.TABLE_SIZE)
                .ifPresent(r -> notes.add(scenario.name() + ": pwru's table of addresses is full"));
        for (Judge.LegScore leg : judgement.legs()) {
            table.append("| " + scenario.name() + " | " + leg.leg().name() + ours(leg, judgement.falseJoins()))
                    .append(rows.flatMap(r -> PwruScore.of(leg.leg(), outcome.results(), r))
                            .map(ContinuityTable::theirs)
                            .orElse(NOTHING))
                    .append('\n');
        }
        ScoreTable.crossings(judgement).forEach(row -> crossings.append(line(row)));
        return judgement.falseJoins() > 0;
    }

    private static String ours(Judge.LegScore leg, long falseJoins) {
        return String.format(
                " | %d | %d | %d | %d | %d | %d ",
                leg.sent(),
                leg.followedInAll(),
                leg.followed().getOrDefault(Evidence.PROVED, 0),
                leg.followed().getOrDefault(Evidence.MATCHED, 0),
                leg.followed().getOrDefault(Evidence.GUESSED, 0),
                falseJoins);
    }

    private static String theirs(PwruScore score) {
        return String.format(
                "| %d | %d | %d | %d | %d | %d |",
                score.seen(),
                score.whole(),
                score.shared(),
                score.addresses(),
                score.addressesShared(),
                score.mostPackets());
    }
}
