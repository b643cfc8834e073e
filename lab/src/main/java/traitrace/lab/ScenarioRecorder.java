package traitrace.lab;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.function.Function;
import traitrace.TracerException;

/**
 * Runs scenarios under a tracer's eyes and leaves two files of each in a folder: what was seen, and how it went. They
 * can be judged anywhere (see {@link Playback}).
 */
public final class ScenarioRecorder implements AutoCloseable {
    private final Path folder;
    private final Function<Scenario, Observer> besides;
    private TracedKernel kernel;

    public ScenarioRecorder(Path folder) {
        this(folder, scenario -> Observer.NONE);
    }

    /** @param besides makes who else watches a scenario */
    ScenarioRecorder(Path folder, Function<Scenario, Observer> besides) {
        this.folder = folder;
        this.besides = besides;
    }

    /** The file that holds what was seen of a scenario. */
    public static Path recording(Path folder, String scenario) {
        return folder.resolve(scenario + ".trec");
    }

    /** The file that says how it went. */
    public static Path outcome(Path folder, String scenario) {
        return folder.resolve(scenario + ".json");
    }

    /** Runs one. That it could not be run, or not to its end, is an outcome as well. */
    public Outcome record(Scenario scenario) {
        Outcome outcome = run(scenario);
        outcome.write(outcome(folder, scenario.name()));
        return outcome;
    }

    private Outcome run(Scenario scenario) {
        try {
            if (kernel == null) {
                kernel = new TracedKernel();
            }
            RecordingObserver tracer = new RecordingObserver(scenario, recording(folder, scenario.name()), kernel);
            return ScenarioRunner.run(scenario, Observer.both(tracer, besides.apply(scenario)))
                    .withTracked(tracer.tracked());
        } catch (TracerException e) {
            return Outcome.failed(scenario, e.hint().isEmpty() ? e.getMessage() : e.getMessage() + "\n" + e.hint());
        } catch (RuntimeException e) {
            StringWriter trace = new StringWriter();
            e.printStackTrace(new PrintWriter(trace));
            return Outcome.failed(scenario, trace.toString());
        }
    }

    @Override
    public void close() {
        if (kernel != null) {
            kernel.close();
        }
    }
}
