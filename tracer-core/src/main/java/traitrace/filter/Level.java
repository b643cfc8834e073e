package traitrace.filter;

import java.util.Locale;
import traitrace.timeline.Timeline;

/** What a field or an expression is about. */
public enum Level {
    /** The packet as a whole. */
    PACKET,
    /** One of its hops. */
    EVENT,
    /** One of the links between its skbs. */
    EDGE;

    /** How many of these a packet has. */
    int count(Timeline timeline) {
        return switch (this) {
            case PACKET -> 1;
            case EVENT -> timeline.hops().size();
            case EDGE -> timeline.edges().size();
        };
    }

    /** The word for it in messages and lists. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
