package traitrace.cli;

import java.io.IOException;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import traitrace.filter.Field;
import traitrace.filter.Fields;
import traitrace.filter.Level;

@Command(name = "fields", description = "Lists what --where of trace can ask for: docs/filters.md tells how.")
final class FieldsCommand implements Callable<Integer> {
    private static final String LINE = "%-19s %-8s %-5s %s%n";

    private final Context context;

    FieldsCommand(Context context) {
        this.context = context;
    }

    @Override
    public Integer call() throws IOException {
        try (Rows rows = new Rows(context.out())) {
            for (Level level : Level.values()) {
                String heading = level.label().toUpperCase(Locale.ROOT);
                rows.text(String.format(Locale.ROOT, LINE, heading, "TYPE", "UNIT", "IS"));
                for (Field field : Fields.of(level)) {
                    rows.text(String.format(
                            Locale.ROOT, LINE, field.name(), field.type().label(), field.unit(), field.description()));
                }
            }
        }
        return ExitCode.OK;
    }
}
