package traitrace.lab;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import traitrace.timeline.Timeline;

/** Compares what the user is told, in text and in JSON, with what a scenario says must be told, and with the truth. */
final class OutputJudge {
    /** Of many candidates, so many are named in text. */
    private static final int NAMED = 8;

    private final Map<Long, Output> outputs;
    private final Map<Long, List<Sighting>> byId = new LinkedHashMap<>();
    private final String plan;
    private final long skippedRuns;

    OutputJudge(Observation observation, Collection<Output> outputs, String plan, long skippedRuns) {
        this.outputs = outputs.stream()
                .collect(Collectors.toMap(Output::packetId, Function.identity(), (one, other) -> other));
        this.plan = plan;
        this.skippedRuns = skippedRuns;
        observation.sightings().forEach(s -> byId.computeIfAbsent(s.packetId(), id -> new ArrayList<>())
                .add(s));
    }

    /** Whether a scenario asks for anything of what the user is told. */
    static boolean isAsked(Scenario scenario, String plan) {
        return scenario.sayings().stream().anyMatch(s -> s.minimum().containsKey(plan))
                || scenario.crossings().stream().anyMatch(c -> c.candidates().containsKey(plan));
    }

    /** What should have been told and was not, one sentence each. */
    List<String> failures(Scenario scenario, Collection<TrafficResult> results) {
        List<String> failures = new ArrayList<>();
        for (Scenario.Saying saying : scenario.sayings()) {
            Double share = saying.minimum().get(plan);
            Optional<TrafficResult> result = Judge.result(results, saying.traffic());
            if (share != null && result.isPresent()) {
                saying(saying, Judge.numbers(saying.of(), result.get()), share).ifPresent(failures::add);
            }
        }
        for (Scenario.Crossing crossing : scenario.crossings()) {
            Double share = crossing.candidates().get(plan);
            Optional<TrafficResult> result = Judge.result(results, crossing.traffic());
            if (share != null && result.isPresent()) {
                candidates(crossing, Judge.numbers(crossing.of(), result.get()), share)
                        .ifPresent(failures::add);
            }
        }
        return failures;
    }

    private Optional<String> saying(Scenario.Saying saying, List<Long> numbers, double share) {
        Pattern text = Pattern.compile(saying.text());
        Map<String, Pattern> json = new TreeMap<>();
        saying.json().forEach((key, value) -> json.put(key, Pattern.compile(value)));
        int told = 0;
        String example = "";
        for (long number : numbers) {
            List<Output> all = carrying(number, List.of());
            boolean inText = all.stream().anyMatch(o -> text.matcher(o.text()).find());
            boolean inJson = json.isEmpty()
                    || all.stream().flatMap(o -> o.json().stream()).anyMatch(line -> matches(line, json));
            if (inText && inJson) {
                told++;
            } else if (example.isEmpty()) {
                example = "of number " + number + " " + (inText ? "its JSON does not say" : "its text does not say")
                        + all.stream().map(Output::text).collect(Collectors.joining("\n", ":\n", ""));
            }
        }
        return enough(told, numbers.size(), share)
                ? Optional.empty()
                : Optional.of(String.format(
                        "\"%s\" is told of %d of %d, at least %.1f %% must be; %s",
                        saying.name(), told, numbers.size(), share * 100, example));
    }

    private static boolean matches(JsonNode line, Map<String, Pattern> json) {
        return json.entrySet().stream()
                .allMatch(e -> line.has(e.getKey())
                        && e.getValue().matcher(line.get(e.getKey()).asText()).matches());
    }

    private Optional<String> candidates(Scenario.Crossing crossing, List<Long> numbers, double share) {
        int open = 0;
        int named = 0;
        String example = "";
        for (long number : numbers) {
            Set<String> causes = carrying(number, crossing.from()).stream()
                    .map(o -> Timeline.formatId(o.packetId()))
                    .collect(Collectors.toSet());
            for (Output output : carrying(number, crossing.to())) {
                if (causes.contains(Timeline.formatId(output.packetId())) || isJoined(output)) {
                    continue;
                }
                open++;
                Set<String> told = candidates(output);
                if (told.stream().anyMatch(causes::contains) && isListed(told, output.text())) {
                    named++;
                } else if (example.isEmpty()) {
                    example = "number " + number + " came of " + causes + ", its JSON names " + told
                            + ", and its text is:\n" + output.text();
                }
            }
        }
        if (open == 0) {
            return Optional.of("crossing \"" + crossing.name() + "\": no packet was left with candidates");
        }
        return enough(named, open, share)
                ? Optional.empty()
                : Optional.of(String.format(
                        "crossing \"%s\": of %d packets that nothing joins, the true cause is among the candidates of"
                                + " %d, at least %.1f %% must be; %s",
                        crossing.name(), open, named, share * 100, example));
    }

    /** What is told of the packets that carry a number and made these steps. */
    private List<Output> carrying(long number, List<Scenario.Step> steps) {
        List<Output> carrying = new ArrayList<>();
        byId.forEach((id, seen) -> {
            boolean carries = seen.stream().anyMatch(s -> s.carries(number));
            if (carries && Sighting.makes(seen, steps, number) && outputs.containsKey(id)) {
                carrying.add(outputs.get(id));
            }
        });
        return carrying;
    }

    /** Whether a link through a process leads to it from another packet. */
    private static boolean isJoined(Output output) {
        String own = Timeline.formatId(output.packetId());
        return output.json().stream()
                .anyMatch(line -> line.path("kind").asText().equals("emit")
                        && line.path("child_packet_id").asText().equals(own)
                        && !line.path("parent_packet_id").asText().equals(own));
    }

    /** Text names the first of many, and says how many there are. */
    private static boolean isListed(Set<String> candidates, String text) {
        // It may be cut into lines anywhere between words.
        String words = text.replaceAll("\\s+", " ");
        return candidates.stream().limit(NAMED).allMatch(words::contains)
                && (candidates.size() == 1 || words.contains("one of " + candidates.size() + " packets"));
    }

    private static Set<String> candidates(Output output) {
        return output.json().stream()
                .filter(line -> line.path("type").asText().equals("packet"))
                .flatMap(line -> StreamSupport.stream(line.path("candidates").spliterator(), false))
                .map(JsonNode::asText)
                .collect(Collectors.toCollection(LinkedHashSet::new));
    }

    private boolean enough(int reached, int of, double share) {
        return reached >= share * of - Judge.unseen(of, skippedRuns);
    }
}
