package traitrace.export;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import traitrace.event.Losses;
import traitrace.timeline.Timeline;

class JsonLinesTest {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final JsonNode SCHEMA_TEXT = read(Path.of("../docs/schema/v1.json"));
    private static final Schema SCHEMA = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
            .getSchema(SCHEMA_TEXT);

    @Test
    void everyLineIsValidUnderThePublishedSchema() throws IOException {
        assertThat(lines()).allSatisfy(line -> assertThat(SCHEMA.validate(line)).isEmpty());
    }

    @Test
    void everyLineHasTheKeysThatTheSchemaRequiresAndNoOther() throws IOException {
        assertThat(lines()).allSatisfy(line -> {
            List<String> required = new ArrayList<>();
            SCHEMA_TEXT
                    .path("$defs")
                    .path(line.path("type").asText())
                    .path("required")
                    .forEach(key -> required.add(key.asText()));
            List<String> keys = new ArrayList<>();
            line.fieldNames().forEachRemaining(keys::add);
            assertThat(keys).isEqualTo(required);
        });
    }

    @Test
    void beginsWithMetaAndEndsWithTheCounts() throws IOException {
        List<JsonNode> lines = lines();
        JsonNode meta = lines.get(0);
        assertThat(meta.path("type").asText()).isEqualTo("meta");
        assertThat(meta.path("boot_unix_ns").asText()).isEqualTo("1772368731000000000");
        assertThat(meta.path("families").toString()).isEqualTo("[\"stages\"]");
        JsonNode stats = lines.get(lines.size() - 1);
        assertThat(stats.path("type").asText()).isEqualTo("stats");
        assertThat(stats.path("packets").asInt()).isEqualTo(10);
        assertThat(stats.path("dropped").asInt()).isEqualTo(2);
        assertThat(stats.path("lost_events").asInt()).isEqualTo(7);
        assertThat(stats.path("missing_events").asInt()).isEqualTo(4);
        assertThat(stats.path("hidden_packets").asInt()).isEqualTo(5);
    }

    @Test
    void endsEachLineAtOnce() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        JsonLines json = new JsonLines(out, Stories.INFO, Stories.NAMES);
        json.flush();

        assertThat(out.toString(StandardCharsets.UTF_8)).endsWith("}\n").hasLineCount(1);
    }

    @Test
    void writesTimesAndIdsSoThatNoReaderLosesDigits() throws IOException {
        JsonNode packet = lines().stream()
                .filter(l -> l.path("type").asText().equals("packet"))
                .filter(l -> l.path("verdict").asText().equals("dropped"))
                .findFirst()
                .orElseThrow();
        assertThat(packet.path("packet_id").asText()).isEqualTo("00000000000a3f21");
        assertThat(packet.path("ts").asText()).isEqualTo("2026-03-01T14:02:11.000123456Z");
        assertThat(packet.path("mono_ns").asText()).isEqualTo("5000000123456");
        assertThat(packet.path("drop_reason").asText()).isEqualTo("SKB_DROP_REASON_NETFILTER_DROP");
        assertThat(packet.path("drop_address").asText()).isEqualTo("0xffffffff81234567");
        assertThat(packet.path("src_ip").asText()).isEqualTo("10.0.1.2");
        assertThat(packet.path("dst_port").asInt()).isEqualTo(80);
        assertThat(packet.path("to_pid").isNull()).isTrue();
    }

    @Test
    void saysWhereInAnotherAPacketWasMerged() throws IOException {
        assertThat(lines().stream().filter(l -> l.path("kind").asText().equals("coalesce")))
                .extracting(l -> l.path("offset_bytes").asInt())
                .containsExactly(1448, 2896, 4344, 5792, 7240, 8688);
        assertThat(lines().stream().filter(l -> l.path("kind").asText().equals("clone")))
                .isNotEmpty()
                .allSatisfy(l -> assertThat(l.path("offset_bytes").isNull()).isTrue());
    }

    @Test
    void saysByWhichRuleAndBetweenWhichPacketsAProcessPassedOn() throws IOException {
        List<JsonNode> emits = lines().stream()
                .filter(l -> l.path("kind").asText().equals("emit"))
                .toList();
        assertThat(emits)
                .extracting(l -> l.path("evidence").asText() + " "
                        + l.path("relation").asText() + " "
                        + l.path("parent_packet_id").asText() + " "
                        + l.path("child_packet_id").asText())
                .containsExactly(
                        "guessed thread 00000000000a3f21 00000000000b0001",
                        "matched bytes 00000000000a3f21 00000000000a3f21",
                        "matched memory 00000000000a3f21 00000000000c0001",
                        "proved sockmap 00000000000a3f21 00000000000a3f21",
                        "guessed pair 00000000000b0001 00000000000a3f21");
        assertThat(lines().stream().filter(l -> l.path("kind").asText().equals("clone")))
                .allSatisfy(l -> assertThat(l.path("relation").isNull()).isTrue());
    }

    @Test
    void tellsTheCallThatGotTheBytes() throws IOException {
        List<JsonNode> calls = lines().stream()
                .filter(l -> l.path("hook").asText().equals("sock_recv_length"))
                .filter(l -> !l.path("fd").isNull())
                .toList();
        assertThat(calls).extracting(l -> l.path("fd").asInt()).containsExactly(9, 9, 5, 5);
        JsonNode call = calls.get(1);
        assertThat(call.path("call").asText()).isEqualTo("recvfrom");
        assertThat(call.path("tid").asInt()).isEqualTo(812);
        assertThat(call.path("len_bytes").asInt()).isEqualTo(517);
        assertThat(call.path("container").asText()).isEqualTo("3f2a9c81d0b4");
        assertThat(call.path("counter").isNull()).isTrue();
    }

    @Test
    void listsTheCandidatesOfWhichNoneWasChosen() throws IOException {
        assertThat(lines().stream()
                        .filter(l -> l.path("type").asText().equals("packet"))
                        .map(l -> l.path("candidates").toString()))
                .filteredOn(text -> !text.equals("[]"))
                .containsExactly("[\"00000000000c0001\",\"00000000000c0002\"]");
    }

    @Test
    void findsTheAddressesOfAPacketWhoseFirstSkbHasNoHeaders() throws IOException {
        assertThat(lines().stream()
                        .filter(l -> l.path("type").asText().equals("packet"))
                        .skip(4)
                        .findFirst()
                        .orElseThrow()
                        .path("src_ip")
                        .asText())
                .isEqualTo("10.0.1.2");
    }

    private static List<JsonNode> lines() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (JsonLines json = new JsonLines(out, Stories.INFO, Stories.NAMES)) {
            for (Timeline timeline : Stories.all()) {
                json.timeline(timeline);
            }
            json.stats(new Losses(List.of(7L), 0, 0, 0, 0, 0), 5, false);
        }
        List<JsonNode> lines = new ArrayList<>();
        String text = out.toString(StandardCharsets.UTF_8);
        assertThat(text).endsWith("}\n").doesNotContain("\n\n");
        for (String line : text.split("\n")) {
            lines.add(MAPPER.readTree(line));
        }
        return lines;
    }

    private static JsonNode read(Path file) {
        try {
            return MAPPER.readTree(file.toFile());
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
