package traitrace.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class NumberingTest {
    @Property(tries = 200)
    void aNumberComesBackFromBehindAnyHeader(
            @ForAll @LongRange(min = 0, max = 1L << 40) long number,
            @ForAll @IntRange(min = 16, max = 900) int offset,
            @ForAll @IntRange(min = 0, max = 100) int headerBytes) {
        byte[] message = Numbering.message(number, 1000, offset);
        ByteBuffer packet = ByteBuffer.allocate(headerBytes + message.length);
        packet.position(headerBytes);
        if (headerBytes > 0) {
            // A checksum that ends like the payload begins.
            packet.put(headerBytes - 1, Numbering.FILLER);
        }
        packet.put(message).flip();

        assertThat(Numbering.find(packet, offset)).isEqualTo(number);
        assertThat(Numbering.numberOf(ByteBuffer.wrap(message), offset)).isEqualTo(number);
    }

    @Property(tries = 200)
    void anyBytesAreReadWithoutAnException(@ForAll @Size(max = 300) byte[] bytes) {
        assertThat(Numbering.find(ByteBuffer.wrap(bytes), 96)).isGreaterThanOrEqualTo(Long.MIN_VALUE);
    }

    @Test
    void fillerIsNoNumber() {
        byte[] cutElsewhere = Numbering.message(7, 300, 200);
        assertThat(Numbering.find(ByteBuffer.wrap(cutElsewhere), 96)).isEqualTo(Numbering.UNKNOWN);
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
