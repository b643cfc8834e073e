package traitrace.filter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.junit.jupiter.api.Test;
import traitrace.filter.ClassicBpf.Instruction;

class ClassicBpfTest {
    private static final byte[] PACKET = {0x45, 0x01, (byte) 0xfe, 0x03, 0x04};

    private static Instruction op(int code, int k) {
        return new Instruction(code, 0, 0, k);
    }

    private static int run(Instruction... program) {
        return new ClassicBpf(List.of(program)).run(ByteBuffer.wrap(PACKET), 0, PACKET.length, 1500);
    }

    /** Loads two numbers into A and X, calculates and returns A. */
    private static int calculate(int operation, int a, int x) {
        return run(op(0x00, a), op(0x01, x), op(0x0c | operation, 0), op(0x16, 0));
    }

    @Test
    void loadsBigEndianFromAnyBuffer() {
        assertThat(run(op(0x20, 1), op(0x16, 0))).isEqualTo(0x01fe0304);
        assertThat(run(op(0x28, 2), op(0x16, 0))).isEqualTo(0xfe03);
        assertThat(run(op(0x30, 2), op(0x16, 0))).isEqualTo(0xfe);
        ClassicBpf load = new ClassicBpf(List.of(op(0x20, 0), op(0x16, 0)));
        ByteBuffer little = ByteBuffer.wrap(PACKET).order(ByteOrder.LITTLE_ENDIAN);
        assertThat(load.run(little, 1, 4, 4)).isEqualTo(0x01fe0304);
    }

    @Test
    void loadsRelativeToX() {
        assertThat(run(op(0x01, 2), op(0x50, 1), op(0x16, 0))).isEqualTo(3);
        assertThat(run(op(0xb1, 0), op(0x87, 0), op(0x16, 0))).isEqualTo(20);
        assertThat(run(op(0x80, 0), op(0x16, 0))).isEqualTo(1500);
        assertThat(run(op(0x81, 0), op(0x0e, 0))).isEqualTo(1500);
    }

    @Test
    void doesNotMatchIfALoadLeavesThePacket() {
        assertThat(run(op(0x20, 2), op(0x06, 1))).isZero();
        assertThat(run(op(0x28, 4), op(0x06, 1))).isZero();
        assertThat(run(op(0x30, 5), op(0x06, 1))).isZero();
        assertThat(run(op(0x30, -1), op(0x06, 1))).isZero();
        assertThat(run(op(0xb1, 5), op(0x06, 1))).isZero();
        // X + k does not wrap around to a place inside.
        assertThat(run(op(0x01, -1), op(0x50, 2), op(0x06, 1))).isZero();
    }

    @Test
    void calculatesWithUnsignedNumbers() {
        assertThat(calculate(0x00, -1, 2)).isEqualTo(1);
        assertThat(calculate(0x10, 1, 2)).isEqualTo(-1);
        assertThat(calculate(0x20, 1 << 31, 2)).isZero();
        assertThat(calculate(0x30, -2, 2)).isEqualTo(0x7fffffff);
        assertThat(calculate(0x40, 5, 2)).isEqualTo(7);
        assertThat(calculate(0x50, 6, 3)).isEqualTo(2);
        assertThat(calculate(0x60, 1, 31)).isEqualTo(1 << 31);
        assertThat(calculate(0x60, 1, 32)).isZero();
        assertThat(calculate(0x70, -1, 31)).isEqualTo(1);
        assertThat(calculate(0x80, 1, 0)).isEqualTo(-1);
        assertThat(calculate(0x90, -1, 10)).isEqualTo(5);
        assertThat(calculate(0xa0, 6, 3)).isEqualTo(5);
        assertThat(calculate(0x30, 1, 0)).isZero();
        assertThat(run(op(0x00, 1), op(0x9c, 0), op(0x06, 7))).isZero();
    }

    @Test
    void comparesUnsignedNumbersAndKeepsWords() {
        assertThat(run(op(0x00, -1), new Instruction(0x25, 0, 1, 1), op(0x06, 1), op(0x06, 2)))
                .isEqualTo(1);
        assertThat(run(op(0x00, -1), new Instruction(0x35, 1, 0, -1), op(0x06, 1), op(0x06, 2)))
                .isEqualTo(2);
        assertThat(run(op(0x00, 9), op(0x02, 15), op(0x00, 0), op(0x60, 15), op(0x16, 0)))
                .isEqualTo(9);
        assertThat(run(op(0x05, 1), op(0x06, 1), op(0x06, 2))).isEqualTo(2);
    }

    @Test
    void refusesWhatMightNotEnd() {
        Instruction end = op(0x06, 0);
        refused();
        refused(op(0x00, 1));
        refused(op(0x05, -1), end);
        refused(op(0x05, 1), end);
        refused(new Instruction(0x15, 1, 0, 0), end);
        refused(new Instruction(0x15, 0, 255, 0), end);
        refused(op(0x60, 16), end);
        refused(op(0x02, -1), end);
        refused(op(0x34, 0), end);
        refused(op(0xffff, 0), end);
        refused(op(0xb4, 0), end);
    }

    private static void refused(Instruction... program) {
        assertThatIllegalArgumentException().isThrownBy(() -> new ClassicBpf(List.of(program)));
    }

    @Test
    void saysWhatItReads() {
        ClassicBpf mac = new ClassicBpf(List.of(op(0x20, 8), op(0x06, 1)));
        assertThat(mac.readsBefore(12)).isTrue();
        assertThat(mac.readsBefore(8)).isFalse();
        assertThat(mac.readsMetadata()).isFalse();
        assertThat(new ClassicBpf(List.of(op(0x28, 0xfffff004), op(0x06, 1))).readsMetadata())
                .isTrue();
    }
}
