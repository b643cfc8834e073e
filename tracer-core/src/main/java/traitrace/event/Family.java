package traitrace.event;

import java.util.Arrays;
import java.util.Optional;

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

    /** The family of this label; empty for one that a newer version knows. */
    public static Optional<Family> byLabel(String label) {
        return Arrays.stream(values())
                .filter(family -> family.label.equals(label))
                .findFirst();
    }

    /** The word for it in options and screens. */
    public String label() {
        return label;
    }
}
