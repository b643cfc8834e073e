package traitrace.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What no kernel has is named; finding that out leaves nothing behind. Needs root. */
@Tag("scenario")
class NeedsTest {
    @Test
    void whatThereIsNotIsNamed() {
        assertThat(missing("link:nonesuch")).isEqualTo("this kernel has no devices of type nonesuch");
        assertThat(missing("qdisc:nonesuch")).isEqualTo("this kernel has no qdisc nonesuch");
        assertThat(missing("module:nonesuch")).isEqualTo("this kernel has no module nonesuch");
        assertThat(missing("program:nonesuch")).isEqualTo("the program nonesuch is not installed");
        for (String need : List.of("xfrm:rot13", "kernel:new", "qdisc", "nonesuch:ip")) {
            assertThat(missing(need)).isEqualTo("nobody knows how to find out about the need \"" + need + "\"");
        }
    }

    @Test
    void versionsOfTheKernelAreNumbers() {
        assertThat(Needs.atLeast("6.18.5-generic", "6.16")).isTrue();
        assertThat(Needs.atLeast("7.2.12+deb13-amd64", "6.16")).isTrue();
        assertThat(Needs.atLeast("6.1.0-56-amd64", "6.16")).isFalse();
        assertThat(Needs.atLeast("6.9", "6.10")).isFalse();
        assertThat(missing("kernel:99.0")).startsWith("it takes Linux 99.0, this is ");
    }

    @Test
    void whatThereIsIsNotMissing() {
        assertThat(missing("link:veth")).isEmpty();
        assertThat(missing("program:ip")).isEmpty();
    }

    @Test
    void lookingLeavesNoNamespace() {
        List<Path> before = namespaces();

        missing("qdisc:pfifo");
        missing("xfrm:gcm");

        assertThat(namespaces()).isEqualTo(before);
    }

    private static String missing(String need) {
        Topology topology = new Topology(List.of(), null, null, null, null, null, null, null, null, null, null);
        return Needs.missing(new Scenario(
                        "test", "", List.of(need), topology, null, false, null, null, null, null, null, null, null))
                .orElse("");
    }

    /** Of this process: others may be at work beside it. */
    private static List<Path> namespaces() {
        Path folder = Path.of("/run/netns");
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(folder)) {
            String ours = "ttneed" + ProcessHandle.current().pid() + "x";
            return files.filter(file -> file.getFileName().toString().startsWith(ours))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
