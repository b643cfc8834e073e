package traitrace.lineage;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;

class TcpFlowsTest {
    private static final long FLOW = 17;
    private static final long NETNS = 3;
    private static final long RING = 1L << 32;

    private final TcpFlows flows = new TcpFlows();

    private static Skb skb(long id, long sequence, int payload) {
        Skb skb = new Skb(id, new Packet(id));
        skb.flow = FLOW;
        skb.netns = NETNS;
        skb.sequence = sequence % RING;
        skb.payloadLength = payload;
        skb.sequenceLength = payload;
        return skb;
    }

    private Skb put(long id, long sequence, int payload) {
        Skb skb = skb(id, sequence, payload);
        flows.put(skb, 0);
        return skb;
    }

    private List<Long> overlapping(long from, long to, Skb except) {
        List<Long> ids = new ArrayList<>();
        flows.overlapping(FLOW, NETNS, from, to, except, skb -> ids.add(skb.id));
        return ids;
    }

    @Test
    void findTheLastThatHoldsAllOfARange() {
        put(1, 1000, 100);
        Skb second = put(2, 1000, 100);
        put(3, 1100, 100);

        assertThat(flows.holding(FLOW, NETNS, 1000, 1100, null)).isSameAs(second);
        assertThat(flows.holding(FLOW, NETNS, 1010, 1020, null)).isSameAs(second);
        assertThat(flows.holding(FLOW, NETNS, 1050, 1150, null)).isNull();
        assertThat(flows.holding(FLOW, NETNS, 999, 1000, null)).isNull();
    }

    @Test
    void doNotFindTheOneThatAsks() {
        Skb only = put(1, 1000, 100);

        assertThat(flows.holding(FLOW, NETNS, 1000, 1100, only)).isNull();
        assertThat(overlapping(1000, 1100, only)).isEmpty();
    }

    @Test
    void keepNamespacesAndFlowsApart() {
        put(1, 1000, 100);

        assertThat(flows.holding(FLOW, NETNS + 1, 1000, 1100, null)).isNull();
        assertThat(flows.holding(FLOW + 1, NETNS, 1000, 1100, null)).isNull();
    }

    @Test
    void findAllThatHaveAPartOfARangeInTheOrderInWhichTheyCame() {
        put(1, 1000, 100);
        put(3, 1200, 100);
        put(2, 1100, 100);
        put(4, 1150, 0);

        assertThat(overlapping(1099, 1201, null)).containsExactly(1L, 3L, 2L);
        assertThat(overlapping(1100, 1200, null)).containsExactly(2L);
    }

    @Test
    void keepTheLastSegmentsOfAFlow() {
        for (int i = 0; i < 5000; i++) {
            put(i, 1000 + i * 10L, 10);
        }

        assertThat(overlapping(1000, 51_000, null))
                .hasSize(4096)
                .startsWith(904L)
                .endsWith(4999L)
                .isSorted();
        assertThat(flows.holding(FLOW, NETNS, 1000, 1010, null)).isNull();
    }

    @Test
    void keepAnSkbOnceThatIsPutAgainAtOnce() {
        Skb first = put(1, 1000, 10);
        for (int i = 0; i < 300; i++) {
            flows.put(first, i);
        }
        put(2, 1010, 10);

        assertThat(overlapping(1000, 1020, null)).containsExactly(1L, 2L);
    }

    @Test
    void forgetFlowsInWhichNothingMoves() {
        put(1, 1000, 10);
        Skb other = skb(2, 1000, 10);
        other.flow = FLOW + 1;
        flows.put(other, 20_000_000_000L);

        flows.expire(30_000_000_000L);
        assertThat(flows.size()).isEqualTo(2);
        flows.expire(30_000_000_001L);
        assertThat(flows.size()).isEqualTo(1);
        assertThat(flows.holding(FLOW, NETNS, 1000, 1010, null)).isNull();
    }

    @Property
    void compareModuloTheRing(
            @ForAll @LongRange(max = RING - 1) long start,
            @ForAll @IntRange(max = 300) int from,
            @ForAll @IntRange(min = 1, max = 100) int length) {
        TcpFlows own = new TcpFlows();
        Skb skb = skb(1, start + 100, 100);
        own.put(skb, 0);
        long first = (start + from) % RING;
        List<Skb> found = new ArrayList<>();
        own.overlapping(FLOW, NETNS, first, first + length, null, found::add);

        assertThat(!found.isEmpty()).isEqualTo(from < 200 && from + length > 100);
        assertThat(own.holding(FLOW, NETNS, first, (first + length) % RING, null) != null)
                .isEqualTo(from >= 100 && from + length <= 200);
    }
}
