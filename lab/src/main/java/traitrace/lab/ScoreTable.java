package traitrace.lab;

import java.util.ArrayList;
import java.util.List;
import traitrace.lineage.Evidence;

/** Judgements as a table of fixed width, one line per leg. */
public final class ScoreTable {
    private static final List<String> HEADINGS = List.of(
            "scenario",
            "leg",
            "sent",
            "whole",
            "proved",
            "matched",
            "guessed",
            "broken",
            "unseen",
            "verdict",
            "false",
            "result");
    private static final int LEFT_ALIGNED = 2;

    private ScoreTable() {}

    /**
     * Renders.
     *
     * <p>"whole" is followed from end to end under one id; proved, matched and guessed split it by the weakest link;
     * "verdict" is how many of those ended as they must; "false" counts false joins in the whole scenario.
     *
     * @return lines that each end with a newline, failures below the table
     */
    public static String render(List<Judge.Judgement> judgements) {
        return render(judgements, List.of());
    }

    /**
     * As {@link #render(List)}.
     *
     * @param remarks lines for below the table: what was not judged, and why
     */
    public static String render(List<Judge.Judgement> judgements, List<String> remarks) {
        List<List<String>> rows = new ArrayList<>();
        rows.add(HEADINGS);
        List<String> notes = new ArrayList<>(remarks);
        for (Judge.Judgement judgement : judgements) {
            boolean first = true;
            for (Judge.LegScore leg : judgement.legs()) {
                rows.add(row(judgement, leg, first));
                first = false;
            }
            judgement.failures().forEach(failure -> notes.add(judgement.scenario() + ": " + failure));
            if (judgement.lostEvents() > 0) {
                notes.add(judgement.scenario() + ": " + judgement.lostEvents() + " events lost");
            }
        }
        StringBuilder text = new StringBuilder();
        rows.forEach(row -> append(text, row, widths(rows)));
        notes.forEach(note -> text.append(note).append('\n'));
        return text.toString();
    }

    private static List<String> row(Judge.Judgement judgement, Judge.LegScore leg, boolean first) {
        return List.of(
                first ? judgement.scenario() : "",
                leg.leg().name(),
                Integer.toString(leg.sent()),
                Integer.toString(leg.followedInAll()),
                Integer.toString(leg.followed().getOrDefault(Evidence.PROVED, 0)),
                Integer.toString(leg.followed().getOrDefault(Evidence.MATCHED, 0)),
                Integer.toString(leg.followed().getOrDefault(Evidence.GUESSED, 0)),
                Integer.toString(leg.broken()),
                Integer.toString(leg.unseen()),
                Integer.toString(leg.rightVerdict()),
                first ? Long.toString(judgement.falseJoins()) : "",
                first ? (judgement.passed() ? "ok" : "FAILED") : "");
    }

    private static int[] widths(List<List<String>> rows) {
        int[] widths = new int[HEADINGS.size()];
        for (List<String> row : rows) {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.max(widths[i], row.get(i).length());
            }
        }
        return widths;
    }

    private static void append(StringBuilder text, List<String> row, int[] widths) {
        StringBuilder line = new StringBuilder();
        for (int i = 0; i < widths.length; i++) {
            String pad = " ".repeat(widths[i] - row.get(i).length());
            line.append(i < LEFT_ALIGNED ? row.get(i) + pad : pad + row.get(i)).append("  ");
        }
        text.append(line.toString().stripTrailing()).append('\n');
    }
}
