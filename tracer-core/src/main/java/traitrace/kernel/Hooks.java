package traitrace.kernel;

/** Which families of hooks a capture uses. */
public enum Hooks {
    /** All that the kernel allows. */
    AUTO("auto"),
    /** Tracepoints only. */
    STAGES("stages"),
    /** Tracepoints and the lineage family, or nothing. */
    LINEAGE("lineage");

    private final String label;

    Hooks(String label) {
        this.label = label;
    }

    /** The word for it in options. */
    public String label() {
        return label;
    }
}
