package traitrace.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KernelVariablesTest {
    @Test
    void findsTheKernelsOwnVariables(@TempDir Path folder) throws Exception {
        Path file = Files.writeString(
                folder.resolve("kallsyms"),
                """
                ffffffff83200000 D not_vmemmap_base
                ffffffff83200008 D vmemmap_base
                ffffffff83200010 D page_offset_base
                ffffffffc0000000 d page_offset_base\t[other]
                """);
        assertThat(KernelVariables.read(file)).isEqualTo(new KernelVariables(0xffffffff83200008L, 0xffffffff83200010L));
    }

    @Test
    void knowsNothingWhereTheKernelTellsNothing(@TempDir Path folder) throws Exception {
        Path file = Files.writeString(folder.resolve("kallsyms"), "0000000000000000 D vmemmap_base\n");
        assertThat(KernelVariables.read(file)).isEqualTo(KernelVariables.UNKNOWN);
        assertThat(KernelVariables.read(folder.resolve("none"))).isEqualTo(KernelVariables.UNKNOWN);
    }
}
