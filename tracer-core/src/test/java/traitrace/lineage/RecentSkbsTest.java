package traitrace.lineage;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RecentSkbsTest {
    private final RecentSkbs recent = new RecentSkbs(4, 100);
    private final Skb a = skb(1);
    private final Skb b = skb(2);

    private static Skb skb(long id) {
        return new Skb(id, new Packet(id));
    }

    @Test
    void remembersTheLastSkbOfAKey() {
        recent.put(7, a, 0);
        recent.put(7, b, 1);

        assertThat(recent.get(7, 2)).isSameAs(b);
        assertThat(recent.get(8, 2)).isNull();
    }

    @Test
    void forgetsWhatIsOld() {
        recent.put(7, a, 0);

        assertThat(recent.get(7, 100)).isSameAs(a);
        assertThat(recent.get(7, 101)).isNull();
    }

    @Test
    void keepsALaterSkbWhenTheEarlierOfItsKeyIsOld() {
        recent.put(7, a, 0);
        recent.put(7, b, 50);

        assertThat(recent.get(7, 120)).isSameAs(b);
        assertThat(recent.get(7, 151)).isNull();
    }

    @Test
    void keepsAnSkbThatWasPutAgain() {
        recent.put(7, a, 0);
        recent.put(7, a, 50);

        assertThat(recent.get(7, 120)).isSameAs(a);
    }

    @Test
    void forgetsTheOldestWhenItIsFull() {
        for (int key = 0; key < 5; key++) {
            recent.put(key, a, 0);
        }

        assertThat(recent.get(0, 0)).isNull();
        assertThat(recent.get(1, 0)).isSameAs(a);
        assertThat(recent.get(4, 0)).isSameAs(a);
    }
}
