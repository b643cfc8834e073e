package traitrace.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class LineageProbesTest {
    @Test
    void theCatalogueIsWhatWasCompiled() {
        Libbpf libbpf = Libbpf.load();
        LibbpfWords words = LibbpfWords.listen(libbpf, Libc.load());
        try (ProbeObject object = ProbeObject.open(libbpf, words, ProbeCode.named("lineage"))) {
            List<String> programs =
                    LineageProbes.ALL.stream().map(Probe::section).toList();
            assertThat(object.sections()).containsExactlyInAnyOrderElementsOf(programs);
        }
        assertThat(LineageProbes.ALL)
                .allSatisfy(probe -> assertThat(probe.cost()).isNotEmpty());
    }

    @Test
    void theProgramThatFailedIsFoundInLibbpfsWords() {
        LibbpfWords words = new LibbpfWords();
        words.add(
                """
                libbpf: prog 'skb_clone': BPF program load failed: Permission denied
                libbpf: prog 'skb_clone': -- BEGIN PROG LOAD LOG --
                0: R1=ctx(off=0,imm=0) R10=fp0
                R1 type=scalar expected=ptr_, trusted_ptr_
                processed 12 insns (limit 1000000) max_states_per_insn 0
                -- END PROG LOAD LOG --
                libbpf: prog 'skb_clone': failed to load: -13
                libbpf: failed to load object ''
                """);
        assertThat(words.program()).contains("skb_clone");
        assertThat(words.verdict()).contains("R1 type=scalar expected=ptr_, trusted_ptr_");
        words.forget();
        words.add("libbpf: prog 'skb_morph': failed to find kernel BTF type ID of 'skb_morph': -3\n");
        assertThat(words.program()).contains("skb_morph");
        assertThat(words.verdict()).isEmpty();
    }
}
