package traitrace.kernel;

import java.util.Map;
import java.util.Optional;

/**
 * What came of trying a family of hooks on the running kernel.
 *
 * @param refusal why the kernel refuses the family as a whole, in a few words; empty if it does not
 * @param leftOut single programs that it refuses, by their section, with the reason
 */
public record Trial(Optional<String> refusal, Map<String, String> leftOut) {
    public static final Trial ACCEPTED = new Trial(Optional.empty(), Map.of());

    public Trial {
        leftOut = Map.copyOf(leftOut);
    }

    public static Trial refused(String why) {
        return new Trial(Optional.of(why), Map.of());
    }
}
