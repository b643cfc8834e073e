package traitrace.lab;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import traitrace.lineage.Evidence;

/** Judgements as tables of fixed width: one line per leg, then, where there are any, one per crossing. */
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
    private static final List<String> CROSSING_HEADINGS = List.of(
            "scenario",
            "crossing",
            "sent",
            "sockmap",
            "memory",
            "bytes",
            "headers",
            "thread",
            "pair",
            "receipt",
            "apart",
            "none",
            "wrong",
            "recall",
            "matched right",
            "guessed right",
            "unjudged");
    private static final int LEFT_ALIGNED = 2;

    private ScoreTable() {}

    /**
     * Renders.
     *
     * <p>"whole" is followed from end to end under one id; proved, matched and guessed split it by the weakest link;
     * "verdict" is how many of those ended as they must; "false" counts false joins in the whole scenario.
     *
     * <p>Of a crossing, the rules split the numbers that were joined from one side to the other; "apart" were matched under
     * two ids, "none" were not joined, and to "wrong" a link leads from a packet of other numbers. "recall" is the share
     * joined; "right" is the share of the scenario's links through processes whose two sides have a number in common, and
     * "unjudged" are those that show none.
     *
     * @return lines that each end with a newline, failures below the tables
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
        append(text, rows);
        List<List<String>> crossings = new ArrayList<>();
        judgements.forEach(judgement -> crossings.addAll(crossings(judgement)));
        if (!crossings.isEmpty()) {
            crossings.add(0, CROSSING_HEADINGS);
            text.append('\n');
            append(text, crossings);
        }
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

    /** One row per crossing, without headings; also for a table in another form. */
    static List<List<String>> crossings(Judge.Judgement judgement) {
        List<List<String>> rows = new ArrayList<>();
        for (CrossingJudge.Score score : judgement.crossings()) {
            boolean first = rows.isEmpty();
            List<String> row = new ArrayList<>(List.of(
                    first ? judgement.scenario() : "", score.crossing().name(), Integer.toString(score.sent())));
            CrossingJudge.RULES.forEach(
                    rule -> row.add(Integer.toString(score.joined().getOrDefault(rule, 0))));
            row.add(Integer.toString(score.apart()));
            row.add(Integer.toString(score.none()));
            row.add(Integer.toString(score.wrong()));
            row.add(share(score.joinedBy(Evidence.GUESSED), score.sent()));
            row.add(first ? right(judgement.links(Evidence.MATCHED)) : "");
            row.add(first ? right(judgement.links(Evidence.GUESSED)) : "");
            row.add(
                    first
                            ? Integer.toString(judgement.links(Evidence.MATCHED).unjudged()
                                    + judgement.links(Evidence.GUESSED).unjudged())
                            : "");
            rows.add(row);
        }
        return rows;
    }

    static List<String> crossingHeadings() {
        return CROSSING_HEADINGS;
    }

    private static String right(CrossingJudge.Count count) {
        return count.right() + count.wrong() == 0 ? "-" : share(count.right(), count.right() + count.wrong());
    }

    private static String share(int part, int whole) {
        // Rounded down: only all of them are 100 %.
        return whole == 0 ? "-" : String.format(Locale.ROOT, "%.1f %%", Math.floor(1000.0 * part / whole) / 10);
    }

    private static void append(StringBuilder text, List<List<String>> rows) {
        int[] widths = widths(rows);
        rows.forEach(row -> append(text, row, widths));
    }

    private static int[] widths(List<List<String>> rows) {
        int[] widths = new int[rows.get(0).size()];
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
