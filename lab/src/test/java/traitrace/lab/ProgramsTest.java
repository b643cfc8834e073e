package traitrace.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProgramsTest {
    @TempDir
    Path folder;

    @AfterEach
    void forget() {
        System.clearProperty(Programs.FOLDER);
    }

    @Test
    void isCompiledOnceUnderTheNameOfItsSource() throws IOException {
        Path program = Programs.of("relay-udp.c");

        assertThat(program).isExecutable().hasFileName("relay-udp");
        assertThat(Programs.of("relay-udp.c")).isEqualTo(program);
    }

    @Test
    void whatWasCompiledBeforeIsTaken() throws IOException {
        Programs.compileAll(folder);
        System.setProperty(Programs.FOLDER, folder.toString());

        assertThat(Programs.of("relay-tcp.c")).isEqualTo(folder.resolve("relay-tcp"));
        assertThat(Laboratory.FILES.values().stream().filter(Programs::isSource))
                .allSatisfy(source -> assertThat(Programs.of(source)).isExecutable());
    }
}
