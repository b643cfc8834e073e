package traitrace.lab;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import traitrace.TracerException;

/**
 * How a scenario went by itself: what a tracer's word is judged by. As a file, one object of JSON.
 *
 * @param scenario its name
 * @param kernel release of the kernel that it ran on, as {@code uname -r} prints it
 * @param skipped why it was not run, one sentence; empty if it was. Then everything else is empty
 * @param failed why it did not come to its end; empty if it did
 * @param broken what the network itself did not do as the scenario says, one sentence each: if there is anything, no
 *     judgement about a tracer holds
 * @param tracked skbs that the tracer still had in its side table afterwards; -1 if it cannot know all ends
 * @param namespaces the topology's names by the real ones
 */
public record Outcome(
        String scenario,
        String kernel,
        String skipped,
        String failed,
        List<TrafficResult> results,
        List<String> broken,
        long tracked,
        Map<String, String> namespaces) {
    private static final ObjectMapper JSON = new ObjectMapper();

    public Outcome {
        results = List.copyOf(results);
        broken = List.copyOf(broken);
        namespaces = Map.copyOf(namespaces);
    }

    /** Of a scenario that this machine cannot build. */
    static Outcome skipped(Scenario scenario, String why) {
        return new Outcome(scenario.name(), release(), why, "", List.of(), List.of(), -1, Map.of());
    }

    /** Of a scenario that did not come to its end. */
    static Outcome failed(Scenario scenario, String why) {
        return new Outcome(scenario.name(), release(), "", why, List.of(), List.of(), -1, Map.of());
    }

    /** Of a scenario that ran. */
    static Outcome ran(
            Scenario scenario, List<TrafficResult> results, List<String> broken, Map<String, String> namespaces) {
        return new Outcome(scenario.name(), release(), "", "", results, broken, -1, namespaces);
    }

    Outcome withTracked(long count) {
        return new Outcome(scenario, kernel, skipped, failed, results, broken, count, namespaces);
    }

    private static String release() {
        return System.getProperty("os.version");
    }

    /**
     * Reads a file.
     *
     * @throws TracerException if it cannot be read or is not an outcome
     */
    public static Outcome read(Path file) {
        try {
            return JSON.readValue(Files.readString(file), Outcome.class);
        } catch (JsonProcessingException e) {
            throw new TracerException(
                    TracerException.Kind.FAILURE, file + " is not an outcome: " + e.getMessage(), "", e);
        } catch (IOException e) {
            throw new TracerException(TracerException.Kind.FAILURE, "cannot read " + file + ": " + e, "", e);
        }
    }

    /** Writes a file, whole or not at all. */
    public void write(Path file) {
        try {
            Path unfinished = file.resolveSibling(file.getFileName() + ".new");
            Files.writeString(unfinished, JSON.writeValueAsString(this));
            Files.move(unfinished, file, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new TracerException(TracerException.Kind.FAILURE, "cannot write " + file + ": " + e, "", e);
        }
    }
}
