package traitrace.lab;

import java.util.List;

/**
 * All that a tracer saw.
 *
 * @param sightings in order of time
 * @param links between the skbs seen, in order of time
 * @param lostEvents events that the tracer knows it lost
 */
public record Observation(List<Sighting> sightings, List<Link> links, long lostEvents) {
    /** Nothing seen. */
    public static final Observation NONE = new Observation(List.of(), List.of(), 0);

    public Observation {
        sightings = List.copyOf(sightings);
        links = List.copyOf(links);
    }
}
