package traitrace.cli;

/** Exit codes of the command; those of {@link traitrace.TracerException.Kind} are among them. */
final class ExitCode {
    static final int OK = 0;
    static final int FAILURE = 1;
    static final int USAGE = 2;
    static final int ENVIRONMENT = 3;
    /** 128 + SIGINT. SIGTERM's 143 comes from the JVM. */
    static final int INTERRUPTED = 130;
    /** 128 + SIGPIPE, as of a program that the signal ends: silence on both streams, the shell ignores it. */
    static final int READER_WENT_AWAY = 141;

    private ExitCode() {}
}
