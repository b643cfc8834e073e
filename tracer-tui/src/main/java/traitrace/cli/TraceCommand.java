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
import traitrace.kernel.Hooks;

@Command(
        name = "trace",
        description = "Shows where each packet went, as text or JSON Lines.",
        footerHeading = "%nExamples:%n",
        footer = {
            "  traitrace trace icmp                      every ping, hop by hop",
            "  traitrace trace -c 1 tcp port 80          the next packet of a web server",
            "  traitrace trace --netns web --duration 5s only what touches the namespace web",
            "  traitrace trace --read FILE --json | jq   a recording, for programs",
        })
final class TraceCommand implements Callable<Integer> {
    private final Context context;

    @Spec
    private CommandSpec spec;

    static final class SourceOptions {
        @Option(names = "--read", paramLabel = "FILE", description = "Show a recording instead of tracing.")
        Path read;

        @Option(
                names = "--netns",
                paramLabel = "NETNS",
                converter = Converters.Namespace.class,
                description = "Only packets that touch this network namespace: NAME, pid:N or inode:N. Repeatable.")
        List<String> netns = List.of();

        @Option(
                names = "--ring",
                paramLabel = "SIZE",
                converter = Converters.RingSize.class,
                description = "Memory in the kernel for events on their way here, for each of up to 16 groups of CPUs:"
                        + " 64k to 512M, a power of two. By default 8M. More loses fewer.")
        Integer ring;

        @Option(
                names = "--hooks",
                paramLabel = "WHICH",
                converter = Converters.HookFamilies.class,
                description =
                        "Which hooks: stages (tracepoints, on every kernel), lineage (functions that make and copy"
                                + " packets as well, so that links are proved; or nothing), auto (what the kernel allows; usual).")
        Hooks hooks;
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
    private OutputOptions output = new OutputOptions();

    TraceCommand(Context context) {
        this.context = context;
    }

    @Override
    public Integer call() {
        String expression = String.join(" ", filter).strip();
        long count = limits.count == null ? Long.MAX_VALUE : limits.count;
        Show show = new Show(context, output, count, limits.duration);
        if (source.read != null && source.ring != null) {
            throw new ParameterException(
                    spec.commandLine(), "--ring is of use in a capture and does not work with --read: leave it out");
        }
        if (source.read != null && source.hooks != null) {
            throw new ParameterException(
                    spec.commandLine(), "--hooks is of use in a capture and does not work with --read: leave it out");
        }
        Request request =
                new Request(expression, source.netns, source.ring, source.hooks == null ? Hooks.AUTO : source.hooks);
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
