package traitrace.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.Arrays;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class NumberingTest {
    @Property(tries = 200)
    void aNumberComesBack(
            @ForAll @LongRange(min = 0, max = 1L << 40) long number,
            @ForAll @IntRange(min = 16, max = 992) int offset) {
        byte[] message = Numbering.message(number, 1000, offset);

        assertThat(Numbering.numberOf(ByteBuffer.wrap(message), offset)).isEqualTo(number);
    }

    @Property(tries = 200)
    void anyBytesAreReadWithoutAnException(@ForAll @Size(max = 300) byte[] bytes) {
        assertThat(Numbering.numberOf(ByteBuffer.wrap(bytes), 96)).isGreaterThanOrEqualTo(Long.MIN_VALUE);
        assertThat(Numbering.textNumberOf(ByteBuffer.wrap(bytes), 96)).isGreaterThanOrEqualTo(Numbering.UNKNOWN);
    }

    @Test
    void aMessageThatWasCutElsewhereHasNoNumberHere() {
        byte[] message = Numbering.message(7, 300, 96);
        assertThat(Numbering.numberOf(ByteBuffer.wrap(message, 50, 250).slice(), 96))
                .isEqualTo(Numbering.UNKNOWN);
    }

    @Test
    void theFirstBytesAreTheSameInAllMessagesButNotAlike() {
        byte[] head = Arrays.copyOf(Numbering.message(7, 300, 96), 64);
        assertThat(Arrays.copyOf(Numbering.message(8, 300, 96), 64)).isEqualTo(head);
        assertThat(head).containsSequence((byte) 'a', (byte) 'b', (byte) 'c');
    }

    @Test
    void aMessageThatEndsBeforeItsNumberHasNone() {
        ByteBuffer cut = ByteBuffer.wrap(Numbering.message(7, 200, 96), 0, 100);
        assertThat(Numbering.numberOf(cut, 96)).isEqualTo(Numbering.UNKNOWN);
    }

    @Test
    void aPayloadWithoutRoomIsRefused() {
        assertThatThrownBy(() -> Numbering.check(96, 103))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("103 bytes cannot hold");
        assertThat(Numbering.check(0, 104)).isEqualTo(96);
    }
}
