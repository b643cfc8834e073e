package traitrace.cli;

import java.io.IOException;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Function;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import traitrace.event.Hook;

@Command(
        name = "hooks",
        description = "Lists the places in the kernel that report packets, and whether this kernel has them.")
final class HooksCommand implements Callable<Integer> {
    private static final String LINE = "%-24s %-9s %-7s %-4s %s%n";

    private final Context context;

    @Option(names = "--json", description = "JSON Lines for programs, as in docs/json.md.")
    private boolean json;

    HooksCommand(Context context) {
        this.context = context;
    }

    @Override
    public Integer call() throws IOException {
        Function<Hook, Optional<String>> unavailable = context.tracer().get().unavailable();
        try (Rows rows = new Rows(context.out())) {
            if (!json) {
                rows.text(String.format(Locale.ROOT, LINE, "HOOK", "STAGE", "FAMILY", "HERE", "A PACKET WAS"));
            }
            for (Hook hook : Hook.values()) {
                Optional<String> why = unavailable.apply(hook);
                if (json) {
                    rows.hook(hook, hook.family().label(), why);
                } else {
                    rows.text(String.format(
                            Locale.ROOT,
                            LINE,
                            hook.kernelName(),
                            hook.stage().label(),
                            hook.family().label(),
                            why.isEmpty() ? "yes" : "no",
                            hook.meaning()
                                    + why.map(w -> " (not here: " + w + ")").orElse("")));
                }
            }
        }
        return ExitCode.OK;
    }
}
