package traitrace.kernel;

/**
 * One thing that traitrace needs or wants, as {@code traitrace doctor} shows it. All texts are printable ASCII.
 *
 * @param name a few words, the same on every host
 * @param found what this host has
 * @param cost what does not work without it; empty if nothing is lost
 * @param mend the command or the setting that changes it; empty if there is nothing to do
 */
public record Requirement(String name, Status status, String found, String cost, String mend) {

    /** Whether it is met. */
    public enum Status {
        OK,
        /** Works, but less well. */
        WARN,
        /** Tracing is not possible. */
        FAIL
    }
}
