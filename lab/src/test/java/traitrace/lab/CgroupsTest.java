package traitrace.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CgroupsTest {
    @TempDir
    private Path process;

    private Path mounted(String group, String root) throws IOException {
        Path mount = Files.createDirectories(process.resolve("unified"));
        Files.writeString(process.resolve("cgroup"), "4:memory:/other\n0::" + group + "\n");
        Files.writeString(
                process.resolve("mountinfo"),
                "30 25 0:26 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n" + "31 25 0:27 " + root + " " + mount
                        + " rw,relatime - cgroup2 cgroup2 rw\n");
        return mount;
    }

    @Test
    void aProcessIsFoundWhereverTheHierarchyIsMounted() throws IOException {
        Path mount = mounted("/system.slice/sshd.service", "/");
        Path group = Files.createDirectories(mount.resolve("system.slice/sshd.service"));
        assertThat(Cgroups.own(process)).contains(group);

        mount = mounted("/", "/");
        assertThat(Cgroups.own(process)).contains(mount);
    }

    @Test
    void aMountMayShowAPartOfTheHierarchy() throws IOException {
        Path mount = mounted("/box/inner", "/box");
        Path group = Files.createDirectories(mount.resolve("inner"));
        assertThat(Cgroups.own(process)).contains(group);

        mounted("/elsewhere", "/box");
        assertThat(Cgroups.own(process)).isEmpty();
    }

    @Test
    void withoutTheHierarchyThereIsNone() throws IOException {
        mounted("/", "/");
        Files.writeString(process.resolve("cgroup"), "4:memory:/other\n");
        assertThat(Cgroups.own(process)).isEmpty();
        assertThat(Cgroups.own(process.resolve("nobody"))).isEmpty();
    }
}
