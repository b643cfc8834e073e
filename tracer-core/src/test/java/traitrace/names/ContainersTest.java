package traitrace.names;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ContainersTest {
    private static final String ID = "3f2a9c81d0b4".repeat(5) + "abcd";

    @ParameterizedTest
    @CsvSource({
        "/docker/ID, 3f2a9c81d0b4",
        "/system.slice/docker-ID.scope, 3f2a9c81d0b4",
        "/kubepods.slice/kubepods-pod5.slice/cri-containerd-ID.scope, 3f2a9c81d0b4",
        "/kubepods/besteffort/pod7/ID, 3f2a9c81d0b4",
        "/machine.slice/libpod-ID.scope/container, 3f2a9c81d0b4",
        "/lxc.payload.web/system.slice/nginx.service, web",
        "/lxc/web/ns, web",
        "/machine.slice/machine-web.scope, web",
        "/machine.slice/systemd-nspawn@web.service/payload, web",
        "/system.slice/nginx.service, ''",
        "/user.slice/user-0.slice/session-1.scope, ''",
        "/, ''",
    })
    void areToldByTheNameOfTheCgroup(String path, String container) {
        assertThat(Containers.ofCgroup(path.replace("ID", ID))).isEqualTo(container);
    }

    @Test
    void areTheInnermostOfSeveral() {
        assertThat(Containers.ofCgroup("/docker/" + "0".repeat(64) + "/docker/" + ID))
                .isEqualTo("3f2a9c81d0b4");
    }

    @Test
    void areFitToBeShown() {
        assertThat(Containers.ofCgroup("/lxc/we\u001b[2Jb")).isEqualTo("we\\x1b[2Jb");
    }

    @Test
    void areReadFromTheUnifiedHierarchy(@TempDir Path proc) throws IOException {
        Files.createDirectory(proc.resolve("42"));
        Files.writeString(
                proc.resolve("42/cgroup"), "4:memory:/docker/" + "0".repeat(64) + "\n0::/docker/" + ID + "\n");

        assertThat(Containers.of(proc, 42)).isEqualTo("3f2a9c81d0b4");
        assertThat(Containers.of(proc, 43)).as("gone").isEmpty();
    }
}
