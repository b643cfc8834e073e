package traitrace.cli;

import java.util.List;
import java.util.Locale;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;
import traitrace.TracerException;
import traitrace.filter.FilterException;

/** Errors as users see them: {@code traitrace: what is wrong: what to do}, one line, and where to read more. */
final class Complaints implements IParameterExceptionHandler, IExecutionExceptionHandler {
    /** A width that every terminal has. */
    private static final int FILTER_COLUMNS = 80;

    private final Context context;

    Complaints(Context context) {
        this.context = context;
    }

    @Override
    public int handleParseException(ParameterException e, String[] args) {
        say(wrong(e), toDo(e));
        tryHelp(e.getCommandLine());
        return ExitCode.USAGE;
    }

    @Override
    public int handleExecutionException(Exception e, CommandLine command, ParseResult result) {
        if (e instanceof ParameterException p) {
            return handleParseException(p, new String[0]);
        }
        debug(e, command);
        if (e instanceof FilterException wrong) {
            return wrongFilter(wrong, command);
        }
        if (!(e instanceof TracerException known)) {
            return internal(e);
        }
        say(known.getMessage(), known.hint());
        if (known.kind() == TracerException.Kind.USAGE) {
            tryHelp(command);
        }
        return known.kind().exitCode();
    }

    /** With the expression, and the character pointed at. */
    private int wrongFilter(FilterException e, CommandLine command) {
        List<String> lines = e.lines(FILTER_COLUMNS);
        context.tell(lines.get(0));
        lines.stream().skip(1).forEach(context.outside().err()::println);
        tryHelp(command);
        return ExitCode.USAGE;
    }

    /** An error of ours, or a JVM out of memory. */
    int internal(Throwable e) {
        if (e instanceof OutOfMemoryError) {
            say("out of memory", "give it more, as in JAVA_TOOL_OPTIONS=-Xmx2g, or narrow the filter");
        } else {
            say("internal error: " + e, "run it again with --debug and report what it prints");
        }
        return ExitCode.FAILURE;
    }

    private void say(String wrong, String toDo) {
        context.tell(oneLine(wrong) + (toDo.isEmpty() ? "" : ": " + oneLine(toDo)));
    }

    private void tryHelp(CommandLine command) {
        context.outside().err().println("Try '" + command.getCommandSpec().qualifiedName() + " --help'.");
    }

    private void debug(Exception e, CommandLine command) {
        Object debug = command.getCommandSpec().root().findOption("--debug").getValue();
        if (Boolean.TRUE.equals(debug)) {
            e.printStackTrace(context.outside().err());
        }
    }

    private static String wrong(ParameterException e) {
        if (e instanceof UnmatchedArgumentException u && !u.getUnmatched().isEmpty()) {
            String what = u.getUnmatched().get(0);
            boolean first = e.getCommandLine().getParent() == null;
            return u.isUnknownOption()
                    ? "unknown option " + what
                    : first ? "there is no command " + what : "there is nothing to do with " + what;
        }
        if (e instanceof MissingParameterException m
                && m.getMissing().size() == 1
                && m.getMissing().get(0) instanceof CommandLine.Model.OptionSpec o) {
            boolean given = e.getMessage().startsWith("Missing required parameter");
            return "the option " + o.longestName() + (given ? " needs a value: " + o.paramLabel() : " is missing");
        }
        String message = e.getMessage();
        return message.isEmpty()
                ? "wrong arguments"
                : message.substring(0, 1).toLowerCase(Locale.ROOT) + message.substring(1);
    }

    private static String toDo(ParameterException e) {
        if (!(e instanceof UnmatchedArgumentException u)) {
            return "";
        }
        List<String> near = u.getSuggestions();
        return near.isEmpty() ? "" : "did you mean " + near.get(0) + "?";
    }

    private static String oneLine(String text) {
        return text.replaceAll("\\s*[\r\n]+\\s*", " ").replaceAll("[^ -~]", "?");
    }
}
