package traitrace.export;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.ZoneOffset;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import traitrace.export.TextTimelines.Style;
import traitrace.timeline.Timeline;

class TextTimelinesTest {
    @ParameterizedTest
    @CsvSource({
        "nat-vxlan, 40",
        "nat-vxlan, 80",
        "nat-vxlan, 100",
        "nat-vxlan, 120",
        "dropped, 40",
        "dropped, 80",
        "dropped, 100",
        "dropped, 120",
        "flooded, 40",
        "flooded, 80",
        "flooded, 100",
        "loss, 40",
        "loss, 80",
        "loss, 100",
        "passed-on, 40",
        "passed-on, 80",
        "passed-on, 120",
        "redirected, 100",
        "because, 80",
        "queued, 80",
        "queued, 120",
        "again, 80",
        "again, 120",
    })
    void rendersEachStoryAsItsGoldenText(String story, int columns) {
        Golden.check(story + "-" + columns + ".txt", render(story(story), columns, false, Palette.PLAIN));
    }

    @Test
    void showsEveryEventWhenAsked() {
        Golden.check("nat-vxlan-all-events.txt", render(Stories.natAndVxlan(), 100, true, Palette.PLAIN));
        Golden.check("passed-on-all-events.txt", render(Stories.passedOn(), 100, true, Palette.PLAIN));
        Golden.check("again-all-events.txt", render(Stories.sentAgain(), 120, true, Palette.PLAIN));
        Golden.check("flooded-all-events.txt", render(Stories.flooded(), 100, true, Palette.PLAIN));
    }

    @Property(tries = 300)
    void neverWritesALineThatATerminalWouldBreakOrObey(
            @ForAll @IntRange(min = 20, max = 200) int columns, @ForAll boolean allEvents) {
        for (Timeline timeline : Stories.all()) {
            assertThat(render(timeline, columns, allEvents, Palette.PLAIN).lines())
                    .allSatisfy(line -> {
                        assertThat(line.length()).isLessThanOrEqualTo(columns);
                        assertThat(line).matches("[ -~]*").doesNotEndWith(" ");
                    });
        }
    }

    @Property(tries = 50)
    void coloursChangeNothingButTheColours(@ForAll @IntRange(min = 20, max = 200) int columns) {
        for (Timeline timeline : Stories.all()) {
            String coloured = render(timeline, columns, false, Palette.COLOURED);
            assertThat(coloured).contains("\u001b[");
            assertThat(coloured.replaceAll("\u001b\\[[0-9;]*m", ""))
                    .isEqualTo(render(timeline, columns, false, Palette.PLAIN));
        }
    }

    @Test
    void decidesOnColourAsTheEnvironmentAsks() {
        assertThat(Palette.auto(true, null, "xterm")).isEqualTo(Palette.COLOURED);
        assertThat(Palette.auto(true, "", "xterm")).isEqualTo(Palette.COLOURED);
        assertThat(Palette.auto(true, "1", "xterm")).isEqualTo(Palette.PLAIN);
        assertThat(Palette.auto(true, null, "dumb")).isEqualTo(Palette.PLAIN);
        assertThat(Palette.auto(false, null, "xterm")).isEqualTo(Palette.PLAIN);
    }

    private static Timeline story(String name) {
        return switch (name) {
            case "nat-vxlan" -> Stories.natAndVxlan();
            case "dropped" -> Stories.dropped();
            case "flooded" -> Stories.flooded();
            case "again" -> Stories.sentAgain();
            case "passed-on" -> Stories.passedOn();
            case "queued" -> Stories.queuedForAVerdict();
            case "redirected" -> Stories.redirected();
            case "because" -> Stories.becauseOfOneOfSeveral();
            default -> Stories.withLossAndGuess();
        };
    }

    private static String render(Timeline timeline, int columns, boolean allEvents, Palette palette) {
        return new TextTimelines(
                        Stories.NAMES,
                        Stories::tuple,
                        new WallClock(Stories.INFO.bootUnixNs(), ZoneOffset.UTC),
                        new Style(columns, allEvents, palette))
                .render(timeline);
    }
}
