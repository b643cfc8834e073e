package traitrace.filter;

import java.util.Optional;
import traitrace.event.Flow;
import traitrace.lineage.Edge;
import traitrace.names.Names;
import traitrace.timeline.Hop;
import traitrace.timeline.Timeline;

/**
 * What a field is read from: a packet, or one of its events or edges.
 *
 * @param index of the event or edge; 0 if it is about the packet
 */
record Subject(Timeline timeline, Names names, int index) {
    Hop hop() {
        return timeline.hops().get(index);
    }

    Edge edge() {
        return timeline.edges().get(index);
    }

    /** Since the event before, ns; 0 for the first. */
    long delta() {
        return index == 0 ? 0 : hop().timeNs() - timeline.hops().get(index - 1).timeNs();
    }

    Optional<Flow> packetFlow() {
        return Flow.innermost(timeline.firstHeaders());
    }

    Optional<Flow> hopFlow() {
        return Flow.innermost(hop().headers());
    }
}
