package traitrace.cli;

import java.util.Optional;
import traitrace.event.Losses;
import traitrace.export.CaptureInfo;
import traitrace.export.Palette.Role;
import traitrace.export.Tally;
import traitrace.export.TextTimelines;
import traitrace.export.TextTimelines.Style;
import traitrace.timeline.Timeline;

/** What the demo says to people, between the timelines. Every text ends with a newline. */
final class DemoText {
    private static final String NETWORK =
            """
              client      switch      gate                       relay            server
            +-------+   +--------+   +------------+  VXLAN 42  +------------+   +--------+
            | socat |---| bridge |---| DNAT,      |============| socat, a   |---| socat  |
            | sends |   |        |   | masquerade |  over veth | UDP relay  |   | echoes |
            +-------+   +--------+   +------------+            +------------+   +--------+
            """;
    private static final int NETWORK_COLUMNS = 78;
    /** Longer lines are hard to read. */
    private static final int WIDEST = 100;

    private final Style style;

    DemoText(Style style) {
        this.style = style;
    }

    /** Before anything happens. */
    String live() {
        return wrapped("Five network namespaces of its own, real traffic over UDP and TCP in both directions, and"
                        + " every packet followed live. All of it is removed at the end, and after Ctrl-C.")
                + network();
    }

    /** Before a recording is shown; {@code begun}: the live demo had been announced. */
    String recorded(CaptureInfo info, boolean begun) {
        String what = "A recording of this demo, made on Linux " + info.kernel();
        return begun
                ? wrapped(what + ".")
                : wrapped(what + ": five network namespaces, real traffic over UDP and TCP in both directions.")
                        + network();
    }

    private String network() {
        if (style.columns() < NETWORK_COLUMNS) {
            return wrapped("client - switch (a bridge) - gate (DNAT, masquerade) - VXLAN over veth - relay (a router"
                    + " with a UDP relay process) - server (echoes)");
        }
        return "\n" + NETWORK;
    }

    String story(int number, DemoStory story, TextTimelines timelines) {
        StringBuilder text = new StringBuilder("\n");
        text.append(heading(number + ". " + story.heading()));
        text.append(wrapped(story.note()));
        if (story.timelines().isEmpty()) {
            text.append("\nNo such packet was seen.\n");
        }
        for (Timeline timeline : story.timelines()) {
            text.append('\n').append(timelines.render(timeline));
        }
        return text.toString();
    }

    String end(Tally tally, Losses losses) {
        Optional<String> lost = Summary.losses(losses);
        return "\n"
                + heading("In all")
                + wrapped(Summary.packets(tally) + "; " + lost.orElse("no event lost") + ".")
                + "\nWhat to try next:\n"
                + next("traitrace trace icmp", "every ping on this host, hop by hop")
                + next("traitrace trace -c 5 tcp port 443", "the next five packets of a web server")
                + next("traitrace demo --all-events", "every event of the packets above")
                + next("traitrace doctor", "what this host lacks, and how to mend it");
    }

    /** A command is never cut or broken: it is there to be copied. */
    private String next(String command, String what) {
        String line = String.format("  %-35s%s", command, what);
        String shown = line.length() <= style.columns() ? line : "  " + command;
        return shown.replace(command, style.palette().paint(Role.STRONG, command)) + "\n";
    }

    private String heading(String text) {
        StringBuilder lines = new StringBuilder();
        wrapped("-- " + text).lines().forEach(line -> {
            int rule = Math.min(style.columns(), WIDEST) - line.length() - 1;
            String ruled = rule > 0 ? line + " " + "-".repeat(rule) : line;
            lines.append(style.palette().paint(Role.STRONG, ruled)).append('\n');
        });
        return lines.toString();
    }

    private String wrapped(String text) {
        StringBuilder lines = new StringBuilder();
        int used = 0;
        for (String word : text.split(" ")) {
            boolean fits = used + 1 + word.length() <= Math.min(style.columns(), WIDEST);
            if (used > 0) {
                lines.append(fits ? ' ' : '\n');
            }
            used = used > 0 && fits ? used + 1 + word.length() : word.length();
            lines.append(word);
        }
        return lines.append('\n').toString();
    }
}
