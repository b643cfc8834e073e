package traitrace.names;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.nio.file.Path;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class SafeTextTest {
    @Test
    void keepsPlainNamesAsTheyAre() {
        assertThat(SafeText.ofText("tmux: server")).isEqualTo("tmux: server");
        assertThat(SafeText.ofLatin1("eth0")).isEqualTo("eth0");
        assertThat(SafeText.ofText("")).isEmpty();
    }

    @Test
    void escapesWhatATerminalWouldObey() {
        assertThat(SafeText.ofLatin1("\u001b[31mred\r\n\u0000\u007f\u009b"))
                .isEqualTo("\\x1b[31mred\\x0d\\x0a\\x00\\x7f\\x9b");
        assertThat(SafeText.ofText("caf\u00e9\u202e")).isEqualTo("caf\\xc3\\xa9\\xe2\\x80\\xae");
        assertThat(SafeText.ofLatin1("\u20ac")).isEqualTo("\\xe2\\x82\\xac");
        assertThat(SafeText.ofText("\\x1b")).as("is not the escape itself").isEqualTo("\\x5cx1b");
    }

    @Test
    void showsFileNamesByTheirBytes() {
        assertThat(SafeText.ofFileName(Path.of(URI.create("file:///run/a%1Bb%FF%25%5C"))))
                .isEqualTo("a\\x1bb\\xff%\\x5c");
        assertThat(SafeText.ofFileName(Path.of("/run/netns/web"))).isEqualTo("web");
    }

    @Test
    void cutsLongNamesBetweenEscapes() {
        assertThat(SafeText.ofText("a".repeat(80))).hasSize(80);
        assertThat(SafeText.ofText("a".repeat(81))).isEqualTo("a".repeat(77) + "...");
        assertThat(SafeText.ofText("\u0001".repeat(1000))).isEqualTo("\\x01".repeat(19) + "...");
    }

    @Property
    void isAlwaysShortPrintableAscii(@ForAll @Size(max = 300) byte[] bytes, @ForAll String text) {
        for (String shown : new String[] {SafeText.ofBytes(bytes), SafeText.ofText(text), SafeText.ofLatin1(text)}) {
            assertThat(shown).matches("[ -~]*").hasSizeLessThanOrEqualTo(SafeText.MAX_LENGTH);
        }
    }

    @Property
    void differentShortNamesLookDifferent(@ForAll @Size(max = 16) byte[] a, @ForAll @Size(max = 16) byte[] b) {
        assertThat(SafeText.ofBytes(a).equals(SafeText.ofBytes(b))).isEqualTo(java.util.Arrays.equals(a, b));
    }
}
