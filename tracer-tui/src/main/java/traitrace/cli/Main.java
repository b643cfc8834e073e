package traitrace.cli;

import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.UsageMessageSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;
import traitrace.kernel.Terminal;

/** The {@code traitrace} command. */
@Command(
        name = "traitrace",
        description = "Follows packets through the kernel: namespaces, NAT, tunnels, queues, sockets.",
        synopsisSubcommandLabel = "COMMAND",
        versionProvider = Main.Version.class,
        footerHeading = "%nExamples:%n",
        footer = {
            "  traitrace trace icmp           every ping, hop by hop",
            "  traitrace doctor               what this host lacks, and how to mend it",
            "  traitrace demo                 a network of its own, and where its packets go",
        })
public final class Main implements Runnable {
    private static final int STDOUT = 1;
    private static final Duration PATIENCE = Duration.ofSeconds(3);

    private static final Map<String, String> EXIT_CODES = new LinkedHashMap<>();

    static {
        EXIT_CODES.put("  0", "all went well; the end was reached");
        EXIT_CODES.put("  1", "failure: a file cannot be read, the disk is full");
        EXIT_CODES.put("  2", "wrong usage");
        EXIT_CODES.put("  3", "the kernel or the environment lacks something: traitrace doctor");
        EXIT_CODES.put("  4", "permission denied: traitrace doctor");
        EXIT_CODES.put("  5", "the kernel refused a probe");
        EXIT_CODES.put("130", "ended by Ctrl-C; everything up to there was shown");
        EXIT_CODES.put("141", "the reader of the output went away, as head does");
        EXIT_CODES.put("143", "ended by SIGTERM; everything up to there was shown");
    }

    @Spec
    private CommandSpec spec;

    @Option(names = "--debug", scope = ScopeType.INHERIT, description = "Show where in the program an error arose.")
    private boolean debug;

    private Main() {}

    public static void main(String[] args) {
        start(LocalTracer::new, args);
    }

    /** Runs a command as this process: ends the JVM. */
    static void start(Supplier<Tracer> tracer, String... args) {
        AtomicBoolean interrupted = new AtomicBoolean();
        CountDownLatch ended = new CountDownLatch(1);
        // A signal starts the JVM's shutdown, which ends with 130 or 143 by itself; until then the hook gives the
        // command time to flush and to say what it saw.
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            interrupted.set(true);
            awaitQuietly(ended);
        }));
        int code = ExitCode.FAILURE;
        try {
            code = run(
                    new Outside(
                            new FileOutputStream(FileDescriptor.out),
                            new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8),
                            System::getenv,
                            () -> Terminal.isTerminal(STDOUT),
                            () -> Terminal.readerIsGone(STDOUT),
                            () -> Terminal.columns(STDOUT),
                            interrupted::get),
                    tracer,
                    args);
        } finally {
            ended.countDown();
        }
        System.exit(code);
    }

    private static void awaitQuietly(CountDownLatch ended) {
        try {
            if (!ended.await(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
                System.err.println("traitrace: not everything could be written in time");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Runs a command to its end and returns the exit code; never throws. */
    static int run(Outside outside, Supplier<Tracer> tracer, String... args) {
        StandardOutput out = new StandardOutput(outside.out(), outside.readerIsGone());
        Context context = new Context(outside, out, once(tracer));
        Complaints complaints = new Complaints(context);
        int code;
        try {
            CommandLine command = command(context, complaints);
            code = command.execute(args);
            command.getOut().flush();
        } catch (Exception | LinkageError | OutOfMemoryError | StackOverflowError e) {
            code = complaints.internal(e);
        }
        if (out.readerWentAway()) {
            return ExitCode.READER_WENT_AWAY;
        }
        if (out.failure().isPresent()) {
            context.tell("cannot write the output: " + out.failure().get().getMessage());
            return ExitCode.FAILURE;
        }
        return code;
    }

    private static CommandLine command(Context context, Complaints complaints) {
        CommandLine command = new CommandLine(new Main())
                .addSubcommand(new TraceCommand(context))
                .addSubcommand(new RecordCommand(context))
                .addSubcommand(new DemoCommand(context))
                .addSubcommand(new DoctorCommand(context))
                .addSubcommand(new HooksCommand(context))
                .addSubcommand(new FieldsCommand(context))
                .addSubcommand("completion", new AutoComplete.GenerateCompletion());
        command.getSubcommands()
                .get("completion")
                .getCommandSpec()
                .usageMessage()
                .hidden(true);
        command.setOut(new PrintWriter(
                new OutputStreamWriter(new BufferedOutputStream(context.out()), StandardCharsets.UTF_8)));
        command.setErr(new PrintWriter(context.outside().err(), true, StandardCharsets.UTF_8));
        command.setColorScheme(CommandLine.Help.defaultColorScheme(Ansi.OFF));
        command.setExpandAtFiles(false);
        command.setAbbreviatedOptionsAllowed(false);
        command.setParameterExceptionHandler(complaints);
        command.setExecutionExceptionHandler(complaints);
        layOut(command);
        command.getSubcommands().values().forEach(Main::layOut);
        // After those that get a --help: it has one of its own. Writers are not inherited from then on.
        CommandLine help = new CommandLine(new CommandLine.HelpCommand())
                .setOut(command.getOut())
                .setErr(command.getErr());
        help.getCommandSpec().usageMessage().hidden(true);
        command.addSubcommand("help", help);
        return command;
    }

    private static void layOut(CommandLine command) {
        // Not by an inherited option: picocli's own completion command has these already.
        command.getCommandSpec().mixinStandardHelpOptions(true).versionProvider(new Version());
        UsageMessageSpec usage = command.getCommandSpec().usageMessage();
        usage.sortOptions(false);
        usage.abbreviateSynopsis(true);
        usage.optionListHeading("%nOptions:%n");
        usage.commandListHeading("%nCommands:%n");
        usage.parameterListHeading("%n");
        usage.exitCodeListHeading("%nExit codes:%n");
        usage.exitCodeList(EXIT_CODES);
    }

    private static Supplier<Tracer> once(Supplier<Tracer> make) {
        return new Supplier<>() {
            private Tracer tracer;

            @Override
            public Tracer get() {
                tracer = tracer == null ? make.get() : tracer;
                return tracer;
            }
        };
    }

    @Override
    public void run() {
        throw new CommandLine.ParameterException(
                spec.commandLine(),
                "no command was given: name one of "
                        + String.join(
                                ", ",
                                spec.subcommands().entrySet().stream()
                                        .filter(e -> !e.getValue()
                                                .getCommandSpec()
                                                .usageMessage()
                                                .hidden())
                                        .map(Map.Entry::getKey)
                                        .toList()));
    }

    /** Of this build. */
    static String version() {
        String version = Main.class.getPackage().getImplementationVersion();
        return version == null ? "development" : version;
    }

    /** What a report of a bug needs. */
    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            return new String[] {
                "traitrace " + Main.version(),
                "Java " + System.getProperty("java.runtime.version") + ", " + System.getProperty("java.vm.name"),
                System.getProperty("os.name") + " " + System.getProperty("os.version") + " "
                        + System.getProperty("os.arch")
            };
        }
    }
}
