package traitrace.lab;

import java.util.List;
import traitrace.lineage.Evidence;

/**
 * What a tracer says about one packet at one hook.
 *
 * @param packetId two packets that only a guess joins have two
 * @param skb which skb of the packet
 * @param hook as the kernel spells it
 * @param netns the topology's name of the namespace; the real one if it is not of the topology
 * @param device empty if none is known
 * @param number the payload's number, or the sequence number of an echo request; {@link Numbering#UNKNOWN} where the
 *     payload does not show it (a later fragment, an encrypted packet). An ICMP error quotes a payload that is not its
 *     own: that is no number
 * @param span how many consecutive numbers from there the packet carries: 1, or more for a stream
 * @param verdict the packet's, the same in all its sightings; empty if none yet
 * @param dropReason as the kernel spells it; empty if it was not dropped
 * @param evidence how it is known that it was this skb that was seen there: PROVED but for receipts. How skbs belong to
 *     each other is told by {@link Link}
 */
public record Sighting(
        long packetId,
        long skb,
        String hook,
        String netns,
        String device,
        long number,
        int span,
        String verdict,
        String dropReason,
        Evidence evidence) {
    /** Whether the packet carries this number. */
    public boolean carries(long n) {
        return number != Numbering.UNKNOWN && n >= number && n < number + span;
    }

    /** Whether it may be what a packet of this number does at this step. */
    boolean fits(Scenario.Step step, long n) {
        return step.matches(this) && (number == Numbering.UNKNOWN || carries(n));
    }

    /** Whether a packet of this number, seen so, made these steps in this order. */
    static boolean makes(List<Sighting> seen, List<Scenario.Step> steps, long n) {
        return stepsMade(seen, steps, n) == steps.size();
    }

    /** How many of these steps, from the first on. */
    static int stepsMade(List<Sighting> seen, List<Scenario.Step> steps, long n) {
        int made = 0;
        for (Sighting s : seen) {
            if (made < steps.size() && s.fits(steps.get(made), n)) {
                made++;
            }
        }
        return made;
    }
}
