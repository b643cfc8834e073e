package traitrace.cli;

import java.time.Duration;
import picocli.CommandLine.Option;

/** When to end by itself. */
final class LimitOptions {
    @Option(
            names = {"-c", "--count"},
            paramLabel = "N",
            converter = Converters.Count.class,
            description = "End after N packets.")
    Long count;

    @Option(
            names = "--duration",
            paramLabel = "TIME",
            converter = Converters.Span.class,
            description = "End after TIME: 500ms, 5s, 2m, 1h.")
    Duration duration;
}
