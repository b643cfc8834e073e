package traitrace.event;

/** The groups of hooks that a kernel allows or refuses as a whole. */
public enum Family {
    STAGES("stages"),
    LINEAGE("lineage"),
    FUNCTIONS("functions"),
    PROGRAMS("programs");

    private final String label;

    Family(String label) {
        this.label = label;
    }

    /** The word for it in options and screens. */
    public String label() {
        return label;
    }
}
