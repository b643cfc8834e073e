package traitrace.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import traitrace.TracerException;

class PcapTest {
    @BeforeEach
    void needsLibpcap() {
        assumeTrue(Pcap.available(), "libpcap is not installed: apt install libpcap0.8");
    }

    @Test
    void saysItsVersion() {
        assertThat(Pcap.version()).startsWith("libpcap version 1.");
    }

    @Test
    void readsTheProgramOut() {
        // ldh [12]; jeq #0x800, 0, 1; ret #65535; ret #0
        assertThat(Pcap.compile("ip", Pcap.ETHERNET))
                .containsExactly(0x0028_00_00_0000000cL, 0x0015_00_01_00000800L, 0x0006_00_00_0000ffffL, 0x0006L << 48);
        assertThat(Pcap.compile("", Pcap.RAW_IP)).containsExactly(0x0006_00_00_0000ffffL);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "tcp port foo | unknown port 'foo' | 10",
                "host 10.0.0.1 and port 99999 | illegal port number 99999 > 65535 | 24",
                "net 10.0.0.1/8 | non-network bits set in \"10.0.0.1/8\" | 5",
                "udp port http | port 'http' is tcp | 10",
            })
    void namesThePlaceOfTheWordThatLibpcapNames(String expression, String words, int place) {
        TracerException refused = refused(expression);
        assertThat(refused.kind()).isEqualTo(TracerException.Kind.USAGE);
        assertThat(refused).hasMessage("capture filter \"%s\": %s (at character %d)", expression, words, place);
        assertThat(refused.hint()).contains("pcap-filter(7)");
    }

    @Test
    void namesNoPlaceWhereLibpcapNamesNone() {
        assertThat(refused("tcp prot 80").getMessage())
                .startsWith("capture filter \"tcp prot 80\": ")
                .endsWith("syntax error");
        assertThat(Pcap.place("localhost or port 1", "unknown host 'host'")).isEqualTo(-1);
    }

    @Test
    void keepsItsMessageToPrintableAscii() {
        assertThat(refused("host \u00e9\u001b[2J").getMessage()).matches("[ -~]+");
        assertThat(refused("tcp\0udp").getMessage()).contains("NUL");
    }

    private static TracerException refused(String expression) {
        return catchThrowableOfType(TracerException.class, () -> Pcap.compile(expression, Pcap.ETHERNET));
    }

    @Test
    void saysWhatToInstallIfTheLibraryIsMissing() {
        assertThat(Pcap.load("libpcap-that-is-not-there.so.0")).isNull();
        assertThatThrownBy(() -> Pcap.require(null)).isInstanceOfSatisfying(TracerException.class, missing -> {
            assertThat(missing.kind()).isEqualTo(TracerException.Kind.ENVIRONMENT);
            assertThat(missing.hint()).isEqualTo("apt install libpcap0.8");
        });
    }

    @Test
    void compilesInManyThreadsAtOnce() {
        boolean same = IntStream.range(0, 2000)
                .parallel()
                .allMatch(i -> Pcap.compile("tcp port " + i, Pcap.RAW_IP).length > 5);
        assertThat(same).isTrue();
    }
}
