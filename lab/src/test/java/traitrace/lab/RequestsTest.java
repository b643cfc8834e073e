package traitrace.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class RequestsTest {
    @Property(tries = 100)
    void requestAndAnswerCarryTheNumberAtTheSamePlace(
            @ForAll Traffic.Protocol protocol, @ForAll @LongRange(min = 0, max = 1L << 40) long number)
            throws IOException {
        Traffic.Requests traffic = traffic(protocol);
        byte[] request = Requests.request(traffic, number);
        byte[] answer = Requests.answer(traffic, request);

        assertThat(Requests.numberOf(traffic, request)).isEqualTo(number);
        assertThat(Requests.numberOf(traffic, answer)).isEqualTo(number);
        for (byte[] message : new byte[][] {request, answer}) {
            // What the probes are asked for: filler, and the number behind it.
            assertThat(new String(message, 88, 8, StandardCharsets.ISO_8859_1)).isEqualTo("TTTTTTTT");
            if (!protocol.datagrams()) {
                assertThat(Requests.read(traffic, new ByteArrayInputStream(message)))
                        .isEqualTo(message);
            }
        }
    }

    @Property(tries = 200)
    void anyBytesAreReadWithoutAnException(@ForAll Traffic.Protocol protocol, @ForAll @Size(max = 300) byte[] bytes) {
        Traffic.Requests traffic = traffic(protocol);
        assertThat(Requests.numberOf(traffic, bytes)).isGreaterThanOrEqualTo(Long.MIN_VALUE);
        if (protocol == Traffic.Protocol.DNS) {
            assertThat(Requests.answer(traffic, bytes)).isNotNull();
        }
    }

    @Test
    void anAnswerWhoseBodyIsThatOfAnotherHasNoNumber() {
        Traffic.Requests traffic = traffic(Traffic.Protocol.POST);
        String one = new String(Requests.request(traffic, 1), StandardCharsets.ISO_8859_1);
        String other = new String(Requests.request(traffic, 2), StandardCharsets.ISO_8859_1);
        String mixed = one.substring(0, one.indexOf("\r\n\r\n")) + other.substring(other.indexOf("\r\n\r\n"));

        assertThat(Requests.numberOf(traffic, mixed.getBytes(StandardCharsets.ISO_8859_1)))
                .isEqualTo(Numbering.UNKNOWN);
    }

    @Test
    void aLengthThatIsNoneIsRefused() {
        byte[] head = "POST / HTTP/1.1\r\nContent-Length: -5\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1);
        assertThatThrownBy(() -> Requests.read(traffic(Traffic.Protocol.POST), new ByteArrayInputStream(head)))
                .isInstanceOf(IOException.class)
                .hasMessage("no length: Content-Length: -5");
    }

    @Test
    void aNumberInTextIsAllHexDigits() {
        byte[] text = Numbering.text(0xbeef, 5, 140, 96).getBytes(StandardCharsets.ISO_8859_1);
        ByteBuffer message = ByteBuffer.allocate(5 + text.length).put(5, text);
        assertThat(Numbering.textNumberOf(message, 96)).isEqualTo(0xbeef);
        message.put(100, (byte) 'g');
        assertThat(Numbering.textNumberOf(message, 96)).isEqualTo(Numbering.UNKNOWN);
    }

    private static Traffic.Requests traffic(Traffic.Protocol protocol) {
        return new Traffic.Requests("t", "client", protocol, "10.1.0.1", 53, 1, 1, 200, 0, 0, null);
    }
}
