package traitrace.lab;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import traitrace.event.Flow;
import traitrace.export.CaptureInfo;
import traitrace.export.JsonLines;
import traitrace.export.Palette;
import traitrace.export.TextTimelines;
import traitrace.export.WallClock;
import traitrace.names.Names;
import traitrace.timeline.Timeline;

/**
 * What traitrace tells its user of one packet.
 *
 * @param text its timeline, as {@code traitrace trace} prints it
 * @param json its lines, as {@code traitrace trace --json} prints them
 */
record Output(long packetId, String text, List<JsonNode> json) {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int COLUMNS = 160;

    Output {
        json = List.copyOf(json);
    }

    static Output of(Timeline timeline, CaptureInfo info, Names names) {
        TextTimelines text = new TextTimelines(
                names,
                Flow::summary,
                new WallClock(0, ZoneOffset.UTC),
                new TextTimelines.Style(COLUMNS, false, Palette.PLAIN));
        return new Output(timeline.packetId(), text.render(timeline), json(timeline, info, names));
    }

    private static List<JsonNode> json(Timeline timeline, CaptureInfo info, Names names) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        List<JsonNode> lines = new ArrayList<>();
        try {
            try (JsonLines json = new JsonLines(out, info, names)) {
                json.timeline(timeline);
            }
            for (String line : out.toString(StandardCharsets.UTF_8).lines().toList()) {
                lines.add(JSON.readTree(line));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        // The first is about the capture.
        return lines.subList(1, lines.size());
    }
}
