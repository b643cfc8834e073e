package traitrace.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.net.InetAddress;
import java.net.UnknownHostException;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class IpAddressTest {
    /** Each is its own canonical form: the rules of RFC 5952, section 4. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "0.0.0.0",
                "255.255.255.255",
                "10.0.0.1",
                "::",
                "::1",
                "1::",
                "2001:db8::1",
                "2001:db8:0:1:1:1:1:1",
                "2001:db8::1:0:0:1",
                "2001:0:0:1::1",
                "fe80::1ff:fe23:4567:890a",
                "1:2:3:4:5:6:7:8",
                "0:1:2:3:4:5:6:7",
                "1:2:3:4:5:6:7:0",
                "1:2:3:4:5:6::",
                "::3:4:5:6:7:8"
            })
    void printsTheCanonicalForm(String text) {
        assertThat(IpAddress.of(PacketBytes.ip(text))).hasToString(text);
        assertThat(IpAddress.parse(text)).contains(IpAddress.of(PacketBytes.ip(text)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "10.0.0",
                "10.0.0.256",
                "10.0.0.1.2",
                "10.0.0.",
                "a.b.c.d",
                ":",
                ":::",
                "1:2:3:4:5:6:7",
                "1:2:3:4:5:6:7:8:9",
                "1:2:3:4:5:6:7::8:9",
                "1::2::3",
                "12345::",
                ":1::",
                "1::2:",
                "::g",
                "::10.0.0.256",
                "10.0.0.1::",
                "::1%eth0",
            })
    void parsesNothingElse(String text) {
        assertThat(IpAddress.parse(text)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "2001:0DB8:0:0:0:0:0:1, 2001:db8::1",
        "::FFFF:10.0.0.1, ::ffff:10.0.0.1",
        "64:ff9b::192.0.2.1, 64:ff9b::c000:201",
        "1:2:3:4:5:6:1.2.3.4, 1:2:3:4:5:6:102:304",
        "010.0.0.01, 10.0.0.1",
    })
    void parsesEveryWayToWriteOne(String text, String canonical) {
        assertThat(IpAddress.parse(text).orElseThrow()).hasToString(canonical);
    }

    @ParameterizedTest
    @CsvSource({
        "10.1.2.3, 32, 10.1.2.3",
        "10.1.2.3, 8, 10.0.0.0",
        "255.255.255.255, 31, 255.255.255.254",
        "10.1.2.3, 0, 0.0.0.0",
        "2001:db8::ffff:ffff, 128, 2001:db8::ffff:ffff",
        "2001:db8::ffff:ffff, 112, 2001:db8::ffff:0",
        "2001:db8:1:1:1::, 64, 2001:db8:1:1::",
        "2001:db8:1:1:1::, 65, 2001:db8:1:1::",
        "2001:db8:ffff::1, 33, 2001:db8:8000::",
        "2001:db8::1, 0, ::",
    })
    void knowsItsNetwork(String address, int prefix, String network) {
        assertThat(IpAddress.parse(address).orElseThrow().network(prefix)).hasToString(network);
    }

    @Test
    void printsAMappedAddressWithItsIpv4Address() {
        byte[] bytes = new byte[16];
        bytes[10] = bytes[11] = (byte) 0xff;
        bytes[12] = 10;
        bytes[15] = 1;
        assertThat(IpAddress.of(bytes)).hasToString("::ffff:10.0.0.1");
    }

    @Test
    void joinsThePort() {
        assertThat(IpAddress.of(PacketBytes.ip("10.0.0.1")).withPort(0)).isEqualTo("10.0.0.1:0");
        assertThat(IpAddress.of(PacketBytes.ip("::1")).withPort(53)).isEqualTo("[::1]:53");
        assertThat(IpAddress.of(PacketBytes.ip("::1")).withPort(-1)).isEqualTo("::1");
    }

    @Test
    void ordersByNumberIpv4First() {
        IpAddress low = IpAddress.of(PacketBytes.ip("9.0.0.1"));
        IpAddress high = IpAddress.of(PacketBytes.ip("200.0.0.1"));
        IpAddress six = IpAddress.of(PacketBytes.ip("::"));
        IpAddress last = IpAddress.of(PacketBytes.ip("ff02::1"));
        assertThat(low).isLessThan(high);
        assertThat(high).isLessThan(six);
        assertThat(six).isLessThan(last);
    }

    @Test
    void refusesAnyOtherLength() {
        assertThatIllegalArgumentException().isThrownBy(() -> IpAddress.of(new byte[5]));
    }

    @Property
    void readsBackWhatItPrints(@ForAll("sparse") byte[] bytes) throws UnknownHostException {
        String text = IpAddress.of(bytes).toString();
        byte[] back = InetAddress.getByName(text).getAddress();
        if (back.length == 16) {
            assertThat(back).isEqualTo(bytes);
        }
        assertThat(text).doesNotContain(":::").matches("[0-9a-f:.]+");
    }

    @Provide
    Arbitrary<byte[]> sparse() {
        return Arbitraries.bytes()
                .edgeCases(none -> none.none())
                .optional(0.3)
                .map(b -> b.orElse((byte) 0))
                .list()
                .ofSize(16)
                .map(list -> {
                    byte[] bytes = new byte[16];
                    for (int i = 0; i < 16; i++) {
                        bytes[i] = list.get(i);
                    }
                    return bytes;
                });
    }
}
