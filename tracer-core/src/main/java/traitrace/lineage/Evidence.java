package traitrace.lineage;

import java.util.Locale;

/** How an edge is known, strongest first. The ordinals are those of {@code probes/event.h}. */
public enum Evidence {
    /** The kernel made the child from the parent in front of a probe. */
    PROVED,
    /** The same bytes or sequence numbers. */
    MATCHED,
    /** The same thread or socket, or the order in time. */
    GUESSED;

    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
