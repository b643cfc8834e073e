package traitrace.cli;

import picocli.CommandLine.Option;
import traitrace.cli.Converters.Colour;
import traitrace.export.Palette;
import traitrace.export.TextTimelines.Style;

/** How packets are shown. */
class OutputOptions {
    /** Where there is no terminal to ask: a pager, a file, a ticket. */
    private static final int WIDTH_WITHOUT_TERMINAL = 120;

    @Option(names = "--json", description = "JSON Lines for programs, as in docs/json.md.")
    boolean json;

    @Option(names = "--all-events", description = "A line for every event; nothing folded or left out.")
    boolean allEvents;

    @Option(
            names = "--color",
            paramLabel = "WHEN",
            converter = Converters.ColourName.class,
            description = "auto, always or never. auto: on a terminal, unless NO_COLOR is set or TERM is dumb.")
    Colour color = Colour.AUTO;

    @Option(
            names = "--width",
            paramLabel = "COLUMNS",
            converter = Converters.Width.class,
            description = "Width of text lines. By default the terminal's; 120 where there is none.")
    Integer width;

    Style style(Outside outside) {
        return new Style(columns(outside), allEvents, palette(outside));
    }

    private int columns(Outside outside) {
        if (width != null) {
            return width;
        }
        int columns = outside.outIsTerminal().getAsBoolean() ? outside.columns().getAsInt() : 0;
        return columns == 0 ? WIDTH_WITHOUT_TERMINAL : Math.max(Style.MIN_COLUMNS, columns);
    }

    private Palette palette(Outside outside) {
        return switch (color) {
            case ALWAYS -> Palette.COLOURED;
            case NEVER -> Palette.PLAIN;
            case AUTO ->
                Palette.auto(
                        outside.outIsTerminal().getAsBoolean(),
                        outside.environment().apply("NO_COLOR"),
                        outside.environment().apply("TERM"));
        };
    }
}
