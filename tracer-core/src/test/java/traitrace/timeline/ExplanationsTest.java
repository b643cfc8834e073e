package traitrace.timeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import org.junit.jupiter.api.Test;
import traitrace.kernel.Btf;
import traitrace.names.DropReasons;

class ExplanationsTest {
    private final Explanations explanations = Explanations.load();

    @Test
    void everyReasonOfTheRunningKernelIsExplained() {
        assumeTrue(Files.isReadable(Btf.VMLINUX), "this kernel shows no BTF");
        assertThat(DropReasons.of(Btf.read(Btf.VMLINUX)).all().values())
                // Why TCP sent a reset, which drops nothing.
                .filteredOn(reason -> !reason.startsWith("SK_RST_REASON_"))
                .allSatisfy(reason ->
                        assertThat(explanations.ofDrop(reason)).as(reason).isPresent());
    }

    @Test
    void everyTextIsOnePlainSentenceAndACommand() {
        assertThat(explanations.reasons()).hasSizeGreaterThan(120);
        for (String reason : explanations.reasons()) {
            Explanation e = explanations.ofDrop(reason).orElseThrow();
            assertThat(e.sentence())
                    .as(reason)
                    .matches("[A-Z][ -~]*\\.")
                    .doesNotContain(". ", "  ", "!", "?")
                    .hasSizeBetween(30, 170);
            assertThat(e.command())
                    .as(reason)
                    .matches("[a-z][ -~]*")
                    .doesNotEndWith(".")
                    .hasSizeLessThan(110);
        }
    }

    @Test
    void isFoundWithAndWithoutThePrefix() {
        assertThat(explanations.ofDrop("SKB_DROP_REASON_NO_SOCKET"))
                .isEqualTo(explanations.ofDrop("NO_SOCKET"))
                .isPresent();
        assertThat(explanations.ofDrop("QDISC_DROP_GENERIC")).isPresent();
        assertThat(explanations.ofDrop("reason 1234")).isEmpty();
        assertThat(explanations.ofDrop("SKB_DROP_REASON_FROM_THE_FUTURE")).isEmpty();
    }

    @Test
    void refusesADamagedFile() {
        for (String text : new String[] {
            "",
            "[]",
            "{",
            "{\"A\": 1}",
            "{\"A\": [1, \"b\"]}",
            "{\"A\": [\"b\"]}",
            "{\"A\": [\"a\", \"b\", \"c\"]}",
            "{\"A\": [\"a\", \"b\"], \"A\": [\"a\", \"b\"]}"
        }) {
            assertThatThrownBy(() -> Explanations.read(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8))))
                    .as(text)
                    .isInstanceOf(IOException.class);
        }
    }
}
