package traitrace.cli;

import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import traitrace.kernel.Requirement;
import traitrace.kernel.Requirements;

@Command(
        name = "doctor",
        description = {
            "Checks what traitrace needs of the kernel and of you, what each missing piece costs, and how to mend it.",
            "Ends with 3 if the kernel or a library is in the way, with 4 if only your permissions are."
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
        Requirements requirements = context.tracer().get().requirements();
        List<Requirement> checks = requirements.list();
        int width = checks.stream().mapToInt(c -> c.name().length()).max().orElse(0);
        try (Rows rows = new Rows(context.out())) {
            for (Requirement check : checks) {
                if (json) {
                    rows.check(check);
                } else {
                    rows.text(text(check, width));
                }
            }
        }
        return requirements.exitCode();
    }

    private static String text(Requirement check, int width) {
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
