package traitrace.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class KallsymsTest {
    private static final String TEXT =
            """
            0000000000000000 A fixed_percpu_data
            ffffffff81000000 T _stext
            ffffffff81000000 T _text
            ffffffff81001000 t icmp_rcv
            ffffffff81001000 T icmp_alias
            ffffffff81002000 D some_data
            ffffffff81003000 W weak_one
            ffffffff82000000 T _etext
            ffffffffc0001000 t veth_xmit\t[veth]
            ffffffffc0000000 t veth_open\t[veth]
            """;

    private static Kallsyms of(String text) {
        return Kallsyms.of(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    @Test
    void namesCodeByTheSymbolBeforeIt() {
        Kallsyms k = of(TEXT);
        assertThat(k.symbol(0xffffffff81001000L)).isEqualTo("icmp_rcv+0x0");
        assertThat(k.symbol(0xffffffff8100101cL)).isEqualTo("icmp_rcv+0x1c");
        assertThat(k.symbol(0xffffffff81002010L)).as("data is no code").isEqualTo("icmp_rcv+0x1010");
        assertThat(k.symbol(0xffffffff81003001L)).isEqualTo("weak_one+0x1");
        assertThat(k.symbol(0xffffffffc0001004L)).isEqualTo("veth_xmit+0x4 [veth]");
        assertThat(k.symbol(0xffffffffc0000000L)).isEqualTo("veth_open+0x0 [veth]");
        assertThat(k.hidden()).isFalse();
        assertThat(k.size()).isEqualTo(6);
    }

    @Test
    void saysNothingRatherThanSomethingWrong() {
        Kallsyms k = of(TEXT);
        assertThat(k.symbol(0)).isEmpty();
        assertThat(k.symbol(0xffffffff80ffffffL)).isEmpty();
        assertThat(k.symbol(0xffffffff82000010L)).as("after the end of text").isEmpty();
        assertThat(k.symbol(0xffffffffffffffffL)).as("far from any function").isEmpty();
    }

    @Test
    void seesThatAddressesAreHidden() {
        Kallsyms k = of("0000000000000000 T _text\n0000000000000000 t icmp_rcv\n");
        assertThat(k.hidden()).isTrue();
        assertThat(k.symbol(0xffffffff81001000L)).isEmpty();
        assertThat(k.widen(0x81001000)).isEqualTo(0xffffffff81001000L);
        assertThat(Kallsyms.of(Path.of("/nonexistent/kallsyms")).hidden()).isTrue();
    }

    @Test
    void passesOverLinesThatAreNotSymbols() {
        Kallsyms k = of("garbage\n\nffffffff81000000 T evil\u001b[2J\nffffffff81000000 T \nzzzzffff81000000 T a\n"
                + "ffffffff81000000T_b c\nffffffff81000010 T good");
        assertThat(k.size()).isEqualTo(1);
        assertThat(k.symbol(0xffffffff81000011L)).isEqualTo("good+0x1");
    }

    @Test
    void widensAddresses() {
        Kallsyms x86 = of(TEXT);
        assertThat(x86.widen(0x8100101c)).isEqualTo(0xffffffff8100101cL);
        assertThat(x86.widen(0xc0001004)).isEqualTo(0xffffffffc0001004L);
        assertThat(x86.widen(0)).isZero();

        Kallsyms arm = of("ffffa1ccfff00000 T _text\nffffa1cd00010000 T over\nffffa1cc90000000 t below\t[mod]\n");
        assertThat(arm.widen(0xfff00010)).isEqualTo(0xffffa1ccfff00010L);
        assertThat(arm.widen(0x00010004)).isEqualTo(0xffffa1cd00010004L);
        assertThat(arm.symbol(arm.widen(0x00010004))).isEqualTo("over+0x4");
        assertThat(arm.symbol(arm.widen(0x90000008))).isEqualTo("below+0x8 [mod]");
    }

    @Property
    void widensEveryAddressNearText(@ForAll long text, @ForAll @IntRange(min = -0x7fffffff) int distance) {
        long kernel = text | 0xffff000000000000L;
        if (kernel >>> 32 == 0xffffffffL || kernel >= -0x1_0000_0000L || (int) (kernel + distance) == 0) {
            return;
        }
        Kallsyms k = of("%016x T _text%n".formatted(kernel));
        assertThat(k.widen((int) (kernel + distance))).isEqualTo(kernel + distance);
    }

    @Property
    void survivesAnyBytes(@ForAll @Size(max = 300) byte[] bytes, @ForAll long address, @ForAll int low) {
        Kallsyms k = Kallsyms.of(bytes);
        assertThat(k.symbol(address)).matches("[ -~]*");
        k.widen(low);
    }

    @Test
    void readsTheRunningKernel() {
        assumeTrue(Files.isReadable(Kallsyms.LIVE), "no /proc/kallsyms here");
        Kallsyms k = Kallsyms.of(Kallsyms.LIVE);
        long start = System.nanoTime();
        assumeTrue(!k.hidden(), "addresses are hidden here");
        System.out.println("kallsyms of this kernel, cold: " + (System.nanoTime() - start) / 1000 + " us");
        assertThat(k.size()).isGreaterThan(10_000);
    }
}
