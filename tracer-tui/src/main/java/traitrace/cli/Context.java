package traitrace.cli;

import java.util.function.Supplier;

/**
 * What every command is given.
 *
 * @param out standard output, through which everything goes
 * @param tracer made when first asked for, so that {@code --help} need not wait for it
 */
record Context(Outside outside, StandardOutput out, Supplier<Tracer> tracer) {
    /** To people, on standard error. */
    void tell(String sentence) {
        outside.err().println("traitrace: " + sentence);
    }
}
