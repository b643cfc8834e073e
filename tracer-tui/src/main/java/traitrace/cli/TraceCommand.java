package traitrace.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import traitrace.cli.Tracer.Request;
import traitrace.cli.Tracer.TimelineSource;
import traitrace.filter.DisplayFilter;

@Command(
        name = "trace",
        description = "Shows where each packet went, as text or JSON Lines.",
        footerHeading = "%nExamples:%n",
        footer = {
            "  traitrace trace icmp                      every ping, hop by hop",
            "  traitrace trace -c 1 tcp port 80          the next packet of a web server",
            "  traitrace trace --netns web --duration 5s only what touches the namespace web",
            "  traitrace trace --where 'latency > 2ms'   what took more than that",
            "  traitrace trace --read FILE --json | jq   a recording, for programs",
        })
final class TraceCommand implements Callable<Integer> {
    private final Context context;

    @Spec
    private CommandSpec spec;

    static final class SourceOptions extends CaptureChoice {
        @Option(names = "--read", paramLabel = "FILE", description = "Show a recording instead of tracing.")
        Path read;
    }

    static final class ShowOptions extends OutputOptions {
        @Option(
                names = "--where",
                paramLabel = "EXPR",
                description = "Show only packets of which EXPR holds, as in verdict == dropped && latency > 2ms:"
                        + " docs/filters.md, traitrace fields.")
        String where;

        DisplayFilter filter() {
            return where == null ? null : DisplayFilter.parse(where);
        }
    }

    @Parameters(
            paramLabel = "FILTER",
            arity = "0..*",
            description = "Which packets, in the syntax of pcap-filter(7): tcp port 80 and host 10.0.0.1.")
    private List<String> filter = List.of();

    @ArgGroup(validate = false, heading = "%nWhat to trace:%n", order = 1)
    private SourceOptions source = new SourceOptions();

    @ArgGroup(validate = false, heading = "%nWhen to end (otherwise Ctrl-C):%n", order = 2)
    private LimitOptions limits = new LimitOptions();

    @ArgGroup(validate = false, heading = "%nHow to show it:%n", order = 3)
    private ShowOptions output = new ShowOptions();

    TraceCommand(Context context) {
        this.context = context;
    }

    @Override
    public Integer call() {
        String expression = String.join(" ", filter).strip();
        long count = limits.count == null ? Long.MAX_VALUE : limits.count;
        Show show = new Show(context, output, output.filter(), count, limits.duration);
        if (source.read != null) {
            source.given().stream().findFirst().ifPresent(option -> {
                throw new ParameterException(
                        spec.commandLine(),
                        option + " is of use in a capture and does not work with --read: leave it out");
            });
        }
        Request request = source.request(expression);
        Tracer tracer = context.tracer().get();
        if (source.read != null) {
            return show.run(tracer.replay(source.read, request));
        }
        TimelineSource live = tracer.live(request);
        if (context.outside().outIsTerminal().getAsBoolean()) {
            context.tell("waiting for " + (expression.isEmpty() ? "packets" : "packets that match '" + expression + "'")
                    + "; Ctrl-C ends");
        }
        return show.run(live);
    }
}
