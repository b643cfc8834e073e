package traitrace.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GuestTest {
    private static final Guest GUEST = new Guest(Path.of("kernels"), "6.12");

    @Test
    @Tag("guest")
    void aGuestThatHangsIsStoppedAndItsConsoleShown(@TempDir Path results) {
        Guest.Ended ended = GUEST.run(
                results,
                Duration.ofSeconds(90),
                List.of("sh", "-c", "echo hanging on purpose >/dev/console; sleep 1000"),
                Map.of());

        assumeTrue(ended.impossible().isEmpty(), () -> ended.impossible().orElse(""));
        assertThat(ended.status()).isEqualTo(124);
        assertThat(ended.output())
                .contains("the guest was not done after 90 s; the last lines of its console")
                .contains("hanging on purpose");
    }

    @Test
    void whereThereIsNoQemuItSaysSo(@TempDir Path folder) throws Exception {
        Path bin = Files.createDirectory(folder.resolve("bin"));
        for (String tool : List.of("bash", "readlink", "uname", "dirname")) {
            Path script = Files.writeString(bin.resolve(tool), "#!/bin/sh\nexec /usr/bin/" + tool + " \"$@\"\n");
            assertThat(script.toFile().setExecutable(true)).isTrue();
        }

        Guest.Ended ended = GUEST.run(
                folder.resolve("results"), Duration.ofSeconds(20), List.of("true"), Map.of("PATH", bin.toString()));

        assertThat(ended.impossible()).hasValue("no qemu-system-x86_64 here; run lab/install guests");
    }

    @Test
    void aCommandThatFailsInTheGuestIsNoReasonToSkip() {
        assertThat(new Guest.Ended(1, "lab/kernels: fetching 6.12").impossible())
                .isEmpty();
        assertThat(new Guest.Ended(3, "lab/kernels: fetching 6.12\nE: no net\nlab/kernels: cannot be fetched\n")
                        .impossible())
                .hasValue("cannot be fetched");
    }
}
