package traitrace.export;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.UnknownHostException;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FlowFieldsTest {
    /** The examples of RFC 5952. */
    @ParameterizedTest
    @CsvSource({
        "2001:db8:0:0:0:0:2:1, 2001:db8::2:1",
        "2001:db8:0:1:1:1:1:1, 2001:db8:0:1:1:1:1:1",
        "2001:0:0:1:0:0:0:1, 2001:0:0:1::1",
        "2001:db8:0:0:1:0:0:1, 2001:db8::1:0:0:1",
        "0:0:0:0:0:0:0:0, ::",
        "0:0:0:0:0:0:0:1, ::1",
        "fe80:0:0:0:0:0:0:0, fe80::",
        "192.0.2.1, 192.0.2.1",
    })
    void writesAddressesInTheirOneForm(String address, String expected) throws UnknownHostException {
        assertThat(FlowFields.address(InetAddress.getByName(address).getAddress()))
                .isEqualTo(expected);
    }

    @Property
    void everyAddressReadsBack(@ForAll @Size(16) byte[] address) throws UnknownHostException {
        assertThat(InetAddress.getByName(FlowFields.address(address))).isEqualTo(InetAddress.getByAddress(address));
    }
}
