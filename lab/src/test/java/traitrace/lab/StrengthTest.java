package traitrace.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import traitrace.lineage.Evidence;

class StrengthTest {
    private static final Strength STRENGTH = new Strength(List.of(
            link(1, 2, Evidence.PROVED),
            link(2, 3, Evidence.MATCHED),
            link(3, 4, Evidence.PROVED),
            link(5, 3, Evidence.GUESSED),
            link(8, 9, Evidence.MATCHED)));

    @Test
    void onlyTheLinksBetweenCount() {
        assertThat(STRENGTH.between(1, 1)).isEqualTo(Evidence.PROVED);
        assertThat(STRENGTH.between(1, 2)).isEqualTo(Evidence.PROVED);
        assertThat(STRENGTH.between(3, 4)).isEqualTo(Evidence.PROVED);
        assertThat(STRENGTH.between(1, 4)).isEqualTo(Evidence.MATCHED);
        assertThat(STRENGTH.between(1, 5)).isEqualTo(Evidence.GUESSED);
    }

    @Test
    void withoutAWayBetweenTheWeakestThatBroughtEitherCounts() {
        assertThat(STRENGTH.between(1, 8)).isEqualTo(Evidence.PROVED);
        assertThat(STRENGTH.between(1, 9)).isEqualTo(Evidence.MATCHED);
        assertThat(STRENGTH.between(3, 9)).isEqualTo(Evidence.GUESSED);
    }

    private static Link link(long parent, long child, Evidence evidence) {
        return new Link(parent, child, evidence, false, "by skb_clone");
    }
}
