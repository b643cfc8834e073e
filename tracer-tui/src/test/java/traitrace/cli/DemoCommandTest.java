package traitrace.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import traitrace.TracerException;
import traitrace.kernel.Requirement;
import traitrace.kernel.Requirements;
import traitrace.lineage.EdgeKind;
import traitrace.timeline.Timeline;
import traitrace.timeline.Verdict;

class DemoCommandTest {
    private static final String HEADING = "(?m)^-- ";

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @Test
    void theRecordingTellsOfARequestItsReplyAndADropWithItsReason() {
        assertThat(run(new LocalTracer(), "demo", "--recorded", "--width", "160"))
                .isEqualTo(ExitCode.OK);

        assertThat(err.toString(StandardCharsets.US_ASCII)).isEmpty();
        List<String> stories =
                Arrays.asList(out.toString(StandardCharsets.US_ASCII).split(HEADING));
        assertThat(stories).hasSize(5);
        assertThat(stories.get(0)).contains("A recording of this demo", "client", "DNAT", "VXLAN");
        assertThat(stories.get(1))
                .containsPattern("10\\.1\\.0\\.254:8000 udp .*delivered to socat\\[")
                .contains("dst 10.1.0.254:8000 -> 10.9.0.2:7000")
                .contains("  client  eth0 ", "  switch  p0 ", "  gate    lan ", "  relay   wire ", "  server  eth0 ")
                .contains("+encap vxlan 42", "-encap vxlan 42")
                .containsPattern("socat\\[\\d+\\] recv fd \\d+ 200 B +-> send fd \\d+ 200 B \\(matched: memory\\)");
        assertThat(stories.get(2))
                .containsPattern("10\\.1\\.0\\.254:8000 tcp .*delivered to socat\\[")
                .contains("  server  eth0 ", "(matched: memory)");
        assertThat(stories.get(3))
                .containsPattern("10\\.1\\.0\\.254:8053 udp .*DROPPED NETFILTER_DROP")
                .containsPattern("(?m)^x ")
                .contains("in nft_do_chain+", "next: nft list");
        assertThat(stories.get(4)).contains("; no event lost.", "traitrace doctor");
    }

    @Test
    void theReplyIsTheSamePacketAsTheRequest() {
        List<Timeline> shown = DemoStory.of(recorded()).stream()
                .flatMap(story -> story.timelines().stream())
                .toList();

        assertThat(shown).hasSize(3).extracting(Timeline::packetId).doesNotHaveDuplicates();
        for (Timeline journey : shown.subList(0, 2)) {
            assertThat(journey.verdict()).isInstanceOf(Verdict.Delivered.class);
            assertThat(journey.hops())
                    .extracting(hop -> hop.netnsName())
                    .startsWith("client")
                    .contains("relay", "server")
                    .endsWith("client");
            assertThat(journey.edges())
                    .filteredOn(edge -> edge.kind() == EdgeKind.EMIT)
                    .hasSize(3);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {40, 60, 77, 78, 80, 100, 300})
    void noLineIsWiderThanTheTerminal(int columns) {
        run(new LocalTracer(), "demo", "--recorded", "--width", Integer.toString(columns));

        assertThat(out.toString(StandardCharsets.US_ASCII).lines()).allMatch(line -> line.length() <= columns);
    }

    @Test
    void jsonHasTheSamePacketsAndNoWords() {
        assertThat(run(new LocalTracer(), "demo", "--recorded", "--json")).isEqualTo(ExitCode.OK);

        List<String> lines = out.toString(StandardCharsets.US_ASCII).lines().toList();
        assertThat(lines).allMatch(line -> line.startsWith("{") && line.endsWith("}"));
        assertThat(lines)
                .filteredOn(line -> line.contains("\"type\":\"packet\""))
                .hasSize(3);
        assertThat(lines.get(0)).contains("\"type\":\"meta\"");
        assertThat(lines.get(lines.size() - 1)).contains("\"type\":\"stats\"", "\"delivered\":2", "\"dropped\":1");
    }

    @Test
    @Tag("scenario")
    void whereTracingIsImpossibleItSaysWhatIsMissingAndReplays() {
        FakeTracer tracer = new FakeTracer() {
            @Override
            public TimelineSource demo() {
                return new LocalTracer().demo();
            }

            @Override
            public RecordSource records(Request request) {
                throw new TracerException(TracerException.Kind.PERMISSION, "no ring can be made", "");
            }

            @Override
            public Requirements requirements() {
                return new Requirements(List.of(new Requirement(
                        "capabilities", Requirement.Status.FAIL, "without CAP_BPF", "nothing works", "run as root")));
            }
        };
        assertThat(run(tracer, "demo")).isEqualTo(ExitCode.OK);

        assertThat(err.toString(StandardCharsets.US_ASCII))
                .isEqualTo(
                        """
                        traitrace: capabilities: without CAP_BPF, nothing works: run as root
                        traitrace: replaying the recording that comes with traitrace instead:
                        """);
        assertThat(out.toString(StandardCharsets.US_ASCII)).contains("A recording of this demo", "DROPPED");
    }

    private static List<Timeline> recorded() {
        List<Timeline> packets = new ArrayList<>();
        try (Tracer.TimelineSource demo = new LocalTracer().demo()) {
            demo.run(
                    new Tracer.TimelineSink() {
                        @Override
                        public void accept(Timeline timeline) {
                            packets.add(timeline);
                        }

                        @Override
                        public void idle() {
                            // Nothing to flush.
                        }
                    },
                    () -> false);
        }
        return packets;
    }

    private int run(Tracer tracer, String... args) {
        Outside outside = new Outside(
                out,
                new PrintStream(err, true, StandardCharsets.US_ASCII),
                name -> null,
                () -> false,
                () -> false,
                () -> 0,
                () -> false);
        return Main.run(outside, () -> tracer, args);
    }
}
