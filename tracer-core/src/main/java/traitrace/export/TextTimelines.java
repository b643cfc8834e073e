package traitrace.export;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import traitrace.event.Headers;
import traitrace.event.Stage;
import traitrace.export.Palette.Role;
import traitrace.names.DropReasons;
import traitrace.names.Names;
import traitrace.timeline.Change;
import traitrace.timeline.Durations;
import traitrace.timeline.Hop;
import traitrace.timeline.Timeline;
import traitrace.timeline.Verdict;

/**
 * Timelines as text for people.
 *
 * <pre>
 * 00000000000a3f21  14:02:11.123  10.0.1.2:51234 > 10.0.2.3:80 tcp  DROPPED NETFILTER_DROP  1.23 ms
 *       0 ns  web     eth0    device  sent by device
 *    1.20 us  host    veth0   device  received by stack    ttl 64 -> 63
 * x  1.22 ms  host    veth0   drop    dropped              NETFILTER_DROP in nf_hook_slow+0xb3
 *   A netfilter rule dropped the packet.
 *   next: nft list ruleset
 * </pre>
 *
 * One line for the packet, one for each hop: the time since the line before, the namespace (only where it is another
 * one), the device, the stage, what happened, what changed. {@code x} marks a drop, {@code ~} a guessed link. No line is
 * wider than the given columns: columns are left out, and notes go on in the next line.
 */
public final class TextTimelines {
    private static final int WIDE = 110;
    /** A part of the whole time that is worth pointing at, in percent, and the whole time from which on it is, ns. */
    private static final int LONG_PERCENT = 50;

    private static final long LONG_NS = 100_000;

    /**
     * How it is to look.
     *
     * @param columns width of the terminal, 20 or more
     * @param allEvents one line for every event, nothing folded or left out
     */
    public record Style(int columns, boolean allEvents, Palette palette) {
        public static final int MIN_COLUMNS = 20;

        public Style {
            if (columns < MIN_COLUMNS) {
                throw new IllegalArgumentException("columns: " + columns);
            }
        }
    }

    private final Names names;
    private final Function<Headers, String> tuple;
    private final WallClock clock;
    private final Style style;

    /** @param tuple addresses, ports and protocol in a few words; empty where there are none */
    public TextTimelines(Names names, Function<Headers, String> tuple, WallClock clock, Style style) {
        this.names = names;
        this.tuple = tuple;
        this.clock = clock;
        this.style = style;
    }

    /** The packet's lines, each ended by a newline. */
    public String render(Timeline timeline) {
        List<Line> out = new ArrayList<>();
        header(timeline, out);
        hops(timeline, out);
        if (timeline.verdict() instanceof Verdict.Dropped || timeline.verdict() instanceof Verdict.LostSight) {
            paragraph(timeline.verdictText(), out);
        }
        if (!timeline.advice().isEmpty()) {
            out.add(line().gap(Columns.GUTTER).add(Role.FAINT, "next: ").add(Role.STRONG, timeline.advice()));
        }
        StringBuilder text = new StringBuilder(out.size() * 100);
        out.forEach(l -> text.append(l).append('\n'));
        return text.toString();
    }

    /** The verdict in a few words: {@code DROPPED NO_SOCKET in icmp_rcv+0x1c}, {@code delivered to nginx[812]}. */
    public String verdict(Timeline timeline) {
        String place = timeline.verdict() instanceof Verdict.Dropped d ? names.symbol(d.location()) : "";
        return verdictShort(timeline) + (place.isEmpty() ? "" : " in " + place);
    }

    private String verdictShort(Timeline timeline) {
        Verdict verdict = timeline.verdict();
        if (verdict instanceof Verdict.Dropped d) {
            return "DROPPED " + DropReasons.brief(names.dropReason(d.reason()));
        }
        if (verdict instanceof Verdict.Delivered d) {
            return "delivered to " + process(timeline, d.pid());
        }
        if (verdict instanceof Verdict.Transmitted t) {
            String device = names.device(t.netns(), t.ifindex());
            return "transmitted by " + (device.isEmpty() ? "device " + t.ifindex() : device);
        }
        if (verdict instanceof Verdict.Absorbed a) {
            return "absorbed: " + a.how();
        }
        return verdict instanceof Verdict.LostSight l ? "LOST SIGHT: " + l.why() : "in flight";
    }

    private String process(Timeline timeline, int pid) {
        if (pid == 0) {
            return "a socket";
        }
        String name = timeline.process(pid, names);
        return name.isEmpty() ? "pid " + pid : name + "[" + pid + "]";
    }

    private static Role role(Verdict verdict) {
        if (verdict instanceof Verdict.Dropped) {
            return Role.BAD;
        }
        return verdict instanceof Verdict.LostSight
                ? Role.CAUTION
                : verdict instanceof Verdict.InFlight ? Role.NORMAL : Role.GOOD;
    }

    /** Says as much as fits on one line; the first to go is what the lines below say too. */
    private void header(Timeline timeline, List<Line> out) {
        Hop first = timeline.hops().get(0);
        String id = Timeline.formatId(timeline.packetId());
        String time = clock.timeOfDay(first.timeNs(), style.columns() < WIDE ? 3 : 6);
        String from = tuple(timeline);
        String brief = verdictShort(timeline);
        String total = Durations.text(timeline.totalNs());
        Role role = role(timeline.verdict());
        String full = verdict(timeline);
        if (width(id, time, from, full, total) <= style.columns()) {
            out.add(header(id, time, from, role, full, total));
            return;
        }
        if (width(id, time, from, brief, total) <= style.columns()) {
            out.add(header(id, time, from, role, brief, total));
            return;
        }
        // When, how and how long stay together; from where to where gets a line of its own.
        if (width(id, time, brief, total) <= style.columns()) {
            out.add(header(id, time, "", role, brief, total));
        } else if (width(id, brief) <= style.columns()) {
            out.add(header(id, "", "", role, brief, width(id, brief, total) <= style.columns() ? total : ""));
        } else {
            out.add(header(id, "", "", role, "", total));
            out.add(line().gap(Columns.GUTTER).add(role, brief));
        }
        out.add(line().gap(Columns.GUTTER).add(Role.NORMAL, from));
    }

    private Line header(String id, String time, String from, Role role, String verdict, String total) {
        Line line = line();
        line.add(Role.STRONG, id).gap(2);
        if (!time.isEmpty()) {
            line.add(Role.FAINT, time).gap(2);
        }
        if (!from.isEmpty()) {
            line.add(Role.NORMAL, from).gap(2);
        }
        return line.add(role, verdict).gap(verdict.isEmpty() ? 0 : 2).add(Role.NORMAL, total);
    }

    private static int width(String... parts) {
        int width = -2;
        for (String part : parts) {
            width += part.isEmpty() ? 0 : part.length() + 2;
        }
        return width;
    }

    private String tuple(Timeline timeline) {
        for (Hop hop : timeline.hops()) {
            String text = tuple.apply(hop.headers());
            if (!text.isEmpty()) {
                return text;
            }
        }
        return String.format("ethertype 0x%04x", timeline.hops().get(0).protocol());
    }

    private void hops(Timeline timeline, List<Line> out) {
        List<Row> rows = Folding.rows(timeline.hops(), style.allEvents());
        SkbLabels labels = SkbLabels.of(rows);
        EdgeNotes edges = EdgeNotes.place(timeline, rows, labels, style.allEvents());
        Columns columns = Columns.of(
                style.columns(),
                labels.width(),
                longest(rows, r -> r.last().netnsName()),
                longest(rows, r -> r.last().device()),
                // Who received it is longer than all else and stands last: it must not push the notes aside.
                longest(rows, r -> r.last().hook().stage() == Stage.USER ? "" : r.what()));
        long before = timeline.hops().get(0).timeNs();
        Hop last = null;
        for (int i = 0; i < rows.size(); i++) {
            Row row = rows.get(i);
            Hop hop = row.last();
            lost(row, out);
            where(columns, last, hop, out);
            long delta = hop.timeNs() - before;
            boolean wait = isLong(delta, timeline.totalNs());
            List<EdgeNotes.Note> links = edges.at(i);
            boolean guessed = links.stream().anyMatch(EdgeNotes.Note::guessed);
            boolean netnsChanged = last == null || last.netns() != hop.netns();

            boolean drop = hop.hook().stage() == Stage.DROP;
            Line line = line();
            line.cell(drop ? Role.BAD : Role.CAUTION, drop ? "x" : guessed ? "~" : "", Columns.GUTTER);
            line.cell(wait ? Role.CAUTION : Role.NORMAL, Durations.column(delta), Columns.DELTA)
                    .gap(columns.gap());
            cell(line, Role.STRONG, labels.get(hop.skbId()), columns.label(), columns);
            cell(line, Role.STRONG, netnsChanged ? hop.netnsName() : "", columns.netns(), columns);
            cell(line, Role.NORMAL, hop.device(), columns.device(), columns);
            cell(line, Role.FAINT, row.stage().label(), columns.stage(), columns);
            line.add(drop ? Role.BAD : Role.NORMAL, row.what());
            List<Long> candidates = i == 0 ? timeline.candidates() : List.of();
            notes(line, columns, row, i == 0, links, candidates, wait ? percent(delta, timeline.totalNs()) : 0, out);
            before = hop.timeNs();
            last = hop;
        }
    }

    private static void cell(Line line, Role role, String text, int width, Columns columns) {
        if (width > 0) {
            line.cell(role, text, width).gap(columns.gap());
        }
    }

    private void lost(Row row, List<Line> out) {
        int missing = row.first().missing();
        if (missing > 0) {
            String text = missing == 1 ? "-- 1 event lost here --" : "-- " + missing + " events lost here --";
            out.add(line().gap(Columns.GUTTER).add(Role.CAUTION, text));
        }
    }

    /** Where the columns of namespace and device are left out, a line tells that one of them is another. */
    private void where(Columns columns, Hop before, Hop hop, List<Line> out) {
        boolean noDevice = columns.device() == 0;
        if (columns.netns() > 0
                || (before != null
                        && before.netns() == hop.netns()
                        && (!noDevice || before.device().equals(hop.device())))) {
            return;
        }
        String device = noDevice && !hop.device().isEmpty() ? " " + hop.device() : "";
        out.add(line().gap(Columns.GUTTER).add(Role.STRONG, "in " + hop.netnsName() + device));
    }

    private record Words(Role role, String text) {}

    /** What changed: beside the description as far as there is room, then in lines of its own. */
    private void notes(
            Line line,
            Columns columns,
            Row row,
            boolean begins,
            List<EdgeNotes.Note> links,
            List<Long> candidates,
            int waitPercent,
            List<Line> out) {
        List<Words> notes = new ArrayList<>();
        links.forEach(l -> notes.add(new Words(l.guessed() ? Role.CAUTION : Role.CHANGE, l.text())));
        row.hops().stream()
                .flatMap(h -> h.changes().stream())
                .filter(c -> Folding.telling(c, style.allEvents()))
                .forEach(c -> notes.add(new Words(Role.CHANGE, change(c))));
        if (begins && !row.sender().isEmpty()) {
            notes.add(new Words(Role.NORMAL, row.sender()));
        }
        if (!candidates.isEmpty()) {
            notes.add(new Words(Role.CAUTION, EdgeNotes.candidates(candidates)));
        }
        if (!row.last().call().container().isEmpty()) {
            notes.add(new Words(Role.NORMAL, "in container " + row.last().call().container()));
        }
        if (!row.rest().isEmpty()) {
            notes.add(new Words(Role.NORMAL, row.rest()));
        }
        if (waitPercent > 0) {
            notes.add(new Words(Role.CAUTION, "<- " + waitPercent + "% of the time"));
        }
        int indent = Math.min(columns.indent() + columns.what() + columns.gap(), style.columns());
        int left = Columns.GUTTER + Columns.DELTA + 2 * columns.gap();

        Line current = line;
        boolean fresh = true;
        current.gap(Math.max(columns.gap(), columns.what() - row.what().length() + columns.gap()));
        for (Words note : notes) {
            if (note.text().length() + (fresh ? 0 : 2) > current.room()) {
                out.add(current);
                current = line().gap(note.text().length() <= style.columns() - indent ? indent : left);
                fresh = true;
            }
            current.add(Role.NORMAL, fresh ? "" : ", ");
            current = words(note.role(), note.text(), left, current, out);
            fresh = false;
        }
        out.add(current);
    }

    private static String change(Change c) {
        String field = c.field().equals("encapsulation") ? "encap" : c.field();
        if (c.before().isEmpty()) {
            return "+" + field + " " + c.after();
        }
        return c.after().isEmpty() ? "-" + field + " " + c.before() : field + " " + c.before() + " -> " + c.after();
    }

    private void paragraph(String text, List<Line> out) {
        if (!text.isBlank()) {
            out.add(words(Role.NORMAL, text, Columns.GUTTER, line().gap(Columns.GUTTER), out));
        }
    }

    /** Adds text to a line and goes on in new lines, which begin at {@code indent}; returns the last of them. */
    private Line words(Role role, String text, int indent, Line line, List<Line> out) {
        if (text.length() <= line.room()) {
            return line.add(role, text);
        }
        Line current = line;
        String blank = "";
        for (String word : text.strip().split("\\s+")) {
            if (!blank.isEmpty() && word.length() + 1 > current.room()) {
                out.add(current);
                current = line().gap(indent);
                blank = "";
            }
            current.add(role, blank + word);
            blank = " ";
        }
        return current;
    }

    private static boolean isLong(long delta, long total) {
        return total >= LONG_NS && percent(delta, total) >= LONG_PERCENT;
    }

    private static int percent(long part, long whole) {
        return (int) (100.0 * part / whole);
    }

    private static int longest(List<Row> rows, Function<Row, String> text) {
        return rows.stream().map(text).mapToInt(String::length).max().orElse(0);
    }

    private Line line() {
        return new Line(style.columns(), style.palette());
    }
}
