package traitrace.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import traitrace.TracerException;

class CapabilitiesTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "0000000000000000 | false | true  | CAP_BPF and CAP_PERFMON are missing | sudo",
                "0000004000000000 | false | true  | CAP_BPF is missing | sudo",
                "0000008000000000 | true  | true  | CAP_PERFMON is missing | --cap-add",
                "000001ffffffffff | true  | false | user namespace | outside of the user namespace",
                "0000000000000000 | true  | false | CAP_BPF and CAP_PERFMON are missing | outside of the user namespace",
            })
    void saysWhatIsMissingAndHowToGetIt(String set, boolean root, boolean ofHost, String wrong, String hint) {
        Capabilities capabilities = new Capabilities(Long.parseUnsignedLong(set, 16), root, ofHost);
        assertThatThrownBy(capabilities::require).isInstanceOfSatisfying(TracerException.class, e -> {
            assertThat(e.kind()).isEqualTo(TracerException.Kind.PERMISSION);
            assertThat(e.getMessage()).contains(wrong);
            assertThat(e.hint()).contains(hint);
        });
    }

    @ParameterizedTest
    @CsvSource({"000001ffffffffff", "000000c000000000", "0000000000200000"})
    void isContentWithWhatSuffices(String set) {
        Capabilities capabilities = new Capabilities(Long.parseUnsignedLong(set, 16), false, true);
        assertThatCode(capabilities::require).doesNotThrowAnyException();
    }
}
