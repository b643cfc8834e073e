package traitrace.lab;

import java.io.PrintStream;
import java.nio.file.Path;
import java.time.ZoneOffset;
import traitrace.TracerException;
import traitrace.event.Flow;
import traitrace.export.Palette;
import traitrace.export.RecordingReader;
import traitrace.export.TextTimelines;
import traitrace.export.WallClock;

/** A recorded scenario, played through all that follows packets, and judged. */
public final class Playback {
    private static final String PLAN = "stages";

    private final Scenario scenario;
    private final Outcome outcome;
    private final Path recording;

    /**
     * @param outcome of a scenario that ran
     * @param folder where it was recorded
     */
    public Playback(Scenario scenario, Outcome outcome, Path folder) {
        this.scenario = scenario;
        this.outcome = outcome;
        this.recording = ScenarioRecorder.recording(folder, scenario.name());
    }

    /**
     * Judges.
     *
     * @throws TracerException if the recording cannot be read or is not whole
     */
    public Judge.Judgement judge() {
        try (RecordingReader reader = RecordingReader.open(recording)) {
            Observation seen = play(reader).observation(reader.losses());
            return Judge.judge(scenario, outcome.results(), seen, PLAN);
        }
    }

    /** Prints the timelines of all packets. */
    public void print(PrintStream out) {
        try (RecordingReader reader = RecordingReader.open(recording)) {
            Sightings sightings = play(reader);
            TextTimelines text = new TextTimelines(
                    reader.names(),
                    Flow::summary,
                    new WallClock(0, ZoneOffset.UTC),
                    new TextTimelines.Style(160, true, Palette.auto(false, "", "dumb")));
            sightings.timelines().forEach(timeline -> out.println(text.render(timeline)));
        }
    }

    /** What the stream of events takes for one packet, without payloads: bytes. */
    public long bytesPerPacket() {
        try (RecordingReader reader = RecordingReader.open(recording)) {
            return play(reader).bytesPerPacket();
        }
    }

    private Sightings play(RecordingReader reader) {
        Sightings sightings = new Sightings(scenario, outcome.namespaces(), reader.names());
        reader.replay(sightings, () -> false);
        reader.cut().ifPresent(cut -> {
            throw new TracerException(TracerException.Kind.FAILURE, cut, "");
        });
        sightings.finish();
        return sightings;
    }
}
