package traitrace.cli;

import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import traitrace.cli.Tracer.Check;
import traitrace.cli.Tracer.Status;

@Command(
        name = "doctor",
        description = {
            "Checks what traitrace needs of the kernel and of you, what each missing piece costs, and how to mend it.",
            "Ends with 3 if traitrace cannot trace here."
        })
final class DoctorCommand implements Callable<Integer> {
    private final Context context;

    @Option(names = "--json", description = "JSON Lines for programs, as in docs/json.md.")
    private boolean json;

    DoctorCommand(Context context) {
        this.context = context;
    }

    @Override
    public Integer call() throws IOException {
        List<Check> checks = context.tracer().get().checks();
        int width = checks.stream().mapToInt(c -> c.name().length()).max().orElse(0);
        try (Rows rows = new Rows(context.out())) {
            for (Check check : checks) {
                if (json) {
                    rows.check(check);
                } else {
                    rows.text(text(check, width));
                }
            }
        }
        boolean fails = checks.stream().anyMatch(c -> c.status() == Status.FAIL);
        return fails ? ExitCode.ENVIRONMENT : ExitCode.OK;
    }

    private static String text(Check check, int width) {
        String status = check.status().name().toLowerCase(Locale.ROOT);
        StringBuilder text = new StringBuilder();
        text.append(String.format(
                Locale.ROOT, "%-4s  %-" + Math.max(1, width) + "s  %s%n", status, check.name(), check.found()));
        if (!check.cost().isEmpty()) {
            text.append("      costs: ").append(check.cost()).append('\n');
        }
        if (!check.mend().isEmpty()) {
            text.append("      mend:  ").append(check.mend()).append('\n');
        }
        return text.toString();
    }
}
