package traitrace;

/** Something that the user has to know and may be able to mend: one sentence what is wrong, one what to do. */
public final class TracerException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** What kind of thing went wrong; each has its exit code. */
    public enum Kind {
        /** Anything else: a file that cannot be read, a programming error. */
        FAILURE(1),
        /** The user's input is wrong. */
        USAGE(2),
        /** The kernel or the environment lacks something. */
        ENVIRONMENT(3),
        PERMISSION(4),
        /** The verifier refused a program, or it could not be attached. */
        ATTACH(5);

        private final int exitCode;

        Kind(int exitCode) {
            this.exitCode = exitCode;
        }

        public int exitCode() {
            return exitCode;
        }
    }

    private final Kind kind;
    private final String hint;

    /**
     * @param message what is wrong and where: one sentence without a full stop
     * @param hint what to do, one sentence or command; empty if there is nothing to say
     */
    public TracerException(Kind kind, String message, String hint) {
        this(kind, message, hint, null);
    }

    public TracerException(Kind kind, String message, String hint, Throwable cause) {
        super(message, cause);
        this.kind = kind;
        this.hint = hint;
    }

    public Kind kind() {
        return kind;
    }

    public String hint() {
        return hint;
    }
}
