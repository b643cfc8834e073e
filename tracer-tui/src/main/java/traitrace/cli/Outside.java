package traitrace.cli;

import java.io.OutputStream;
import java.io.PrintStream;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.IntSupplier;

/**
 * What a command meets outside itself.
 *
 * @param out standard output, not buffered
 * @param environment value of a variable, null if it is not set
 * @param outIsTerminal whether standard output is one
 * @param readerIsGone whether standard output is a pipe that nobody reads any more
 * @param columns its width; 0 if it does not say
 * @param interrupted whether the user wants an end: SIGINT or SIGTERM came
 */
record Outside(
        OutputStream out,
        PrintStream err,
        Function<String, String> environment,
        BooleanSupplier outIsTerminal,
        BooleanSupplier readerIsGone,
        IntSupplier columns,
        BooleanSupplier interrupted) {}
