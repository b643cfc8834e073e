package traitrace.lab;

import java.io.PrintStream;
import java.nio.file.Path;
import java.time.ZoneOffset;
import java.util.List;
import traitrace.TracerException;
import traitrace.event.Flow;
import traitrace.event.Losses;
import traitrace.export.CaptureInfo;
import traitrace.export.Palette;
import traitrace.export.RecordingReader;
import traitrace.export.TextTimelines;
import traitrace.export.WallClock;
import traitrace.names.Names;

/** A recorded scenario, played through all that follows packets, and judged. */
public final class Playback {
    private final Scenario scenario;
    private final Outcome outcome;
    private final Sightings sightings;
    private final Names names;
    private final Losses losses;
    private final CaptureInfo info;
    private final String plan;

    private Playback(Scenario scenario, Outcome outcome, Sightings sightings, RecordingReader reader) {
        this.scenario = scenario;
        this.outcome = outcome;
        this.sightings = sightings;
        this.names = reader.names();
        this.losses = reader.losses();
        this.info = reader.info();
        this.plan = info.exact() ? Scenario.LINEAGE : Scenario.STAGES;
    }

    /**
     * Plays a recording.
     *
     * @param outcome of a scenario that ran
     * @param folder where it was recorded
     * @throws TracerException if the recording cannot be read or is not whole
     */
    public static Playback of(Scenario scenario, Outcome outcome, Path folder) {
        try (RecordingReader reader = RecordingReader.open(ScenarioRecorder.recording(folder, scenario.name()))) {
            Sightings sightings =
                    new Sightings(scenario, outcome.namespaces(), reader.info().exact(), reader.names());
            reader.replay(sightings, () -> false);
            reader.cut().ifPresent(cut -> {
                throw new TracerException(TracerException.Kind.FAILURE, cut, "");
            });
            sightings.finish();
            return new Playback(scenario, outcome, sightings, reader);
        }
    }

    /** By which the minimum is chosen: {@link Scenario#STAGES} or {@link Scenario#LINEAGE}. */
    public String plan() {
        return plan;
    }

    /** Compares what was seen with what was sent. */
    public Judge.Judgement judge() {
        Observation seen = observation();
        Judge.Judgement judgement = Judge.judge(scenario, outcome.results(), seen, plan, losses.missedRuns());
        if (!OutputJudge.isAsked(scenario, plan)) {
            return judgement;
        }
        List<Output> outputs = sightings.ownTimelines().stream()
                .map(timeline -> Output.of(timeline, info, names))
                .toList();
        return judgement.and(
                new OutputJudge(seen, outputs, plan, losses.missedRuns()).failures(scenario, outcome.results()));
    }

    /** What was seen, under the topology's names. */
    Observation observation() {
        return sightings.observation(losses);
    }

    /** What the stream of events takes for one packet, without payloads: bytes. */
    public long bytesPerPacket() {
        return sightings.bytesPerPacket();
    }

    /** Prints the timelines of all packets. */
    public void print(PrintStream out) {
        TextTimelines text = new TextTimelines(
                names,
                Flow::summary,
                new WallClock(0, ZoneOffset.UTC),
                new TextTimelines.Style(160, true, Palette.auto(false, "", "dumb")));
        sightings.timelines().forEach(timeline -> out.println(text.render(timeline)));
    }
}
