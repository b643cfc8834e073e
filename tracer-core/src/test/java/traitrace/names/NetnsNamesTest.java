package traitrace.names;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import traitrace.TracerException;

class NetnsNamesTest {
    @TempDir
    Path root;

    private long now;
    private NetnsNames names;

    @BeforeEach
    void prepare() throws IOException {
        process(1, 4026531840L, "systemd\n");
        process(7, 4026531840L, "java\n");
        process(30, 4026532300L, "nginx\n");
        process(200, 4026532300L, "worker\n");
        names = names(0);
    }

    @Test
    void namesNamespacesByMountThenByProcess() throws IOException {
        long web = mount("web");
        process(44, web, "inside\n");
        assertThat(names.name(4026531840L)).contains("host");
        assertThat(names.name(web)).contains("web");
        assertThat(names.name(4026532300L)).contains("pid:30(nginx)");
        assertThat(names.name(5)).isEmpty();
    }

    @Test
    void looksAgainAtMostOnceASecond() throws IOException {
        assertThat(names.name(4026532400L)).isEmpty();
        process(50, 4026532400L, "late\n");
        now += 999_999_999L;
        assertThat(names.name(4026532400L)).isEmpty();
        now += 1;
        assertThat(names.name(4026532400L)).contains("pid:50(late)");
    }

    @Test
    void remembersWhatEndedUntilItIsToldToForget() throws IOException {
        assertThat(names.name(4026532300L)).isPresent();
        Files.delete(root.resolve("proc/30/ns/net"));
        Files.delete(root.resolve("proc/200/ns/net"));
        now += 5_000_000_000L;
        assertThat(names.name(99)).isEmpty();
        assertThat(names.name(4026532300L)).contains("pid:30(nginx)");
        names.forget(4026532300L);
        assertThat(names.name(4026532300L)).isEmpty();
    }

    @Test
    void showsHostileNamesHarmlessly() throws IOException {
        long mean = mount("a\u001b[2Jb\\");
        process(60, 4026532500L, "\u001b]0;x\u0007\n\n");
        assertThat(names.name(mean)).contains("a\\x1b[2Jb\\x5c");
        assertThat(names.name(4026532500L)).contains("pid:60(\\x1b]0;x\\x07\\x0a)");
    }

    @Test
    void passesOverFilesThatAreNoNamespaces() throws IOException {
        mount("stale");
        Files.createDirectories(root.resolve("proc/80/ns"));
        Files.createSymbolicLink(root.resolve("proc/80/ns/net"), Path.of("net:[99999999999]"));
        Files.createDirectories(root.resolve("proc/999999999999999999999/ns"));
        Files.createDirectories(root.resolve("proc/1x/ns"));
        assertThatThrownBy(() -> names(0xf0000000L).resolve("stale"))
                .hasMessageContaining("no network namespace 'stale'");
    }

    @Test
    void resolvesWhatTheUserWrites() throws IOException {
        long web = mount("web");
        assertThat(names.resolve("web")).isEqualTo(web);
        assertThat(names.resolve("host")).isEqualTo(4026531840L);
        assertThat(names.resolve("pid:30")).isEqualTo(4026532300L);
        assertThat(names.resolve("pid:30(nginx)")).isEqualTo(4026532300L);
        assertThat(names.resolve("inode:4026531840")).isEqualTo(4026531840L);
        assertThat(names.resolve("inode:4294967295")).isEqualTo(4294967295L);
    }

    @Test
    void saysWhatIsWrongAndWhatIsKnown() throws IOException {
        mount("web");
        mount("database");
        assertUsage("wbe", "no network namespace 'wbe'", "Did you mean 'web'? Known are: database, web, host");
        assertUsage("nothing-like-it", "no network namespace", "Known are: ");
        assertUsage("pid:31", "no process 31", "lsns");
        assertUsage("inode:0", "not an inode number", "inode:4026531840");
        assertUsage("inode:99999999999999", "not an inode number", "");
        assertUsage("inode:x", "not an inode number", "");
        assertUsage("pid:x", "no network namespace 'pid:x'", "Known");
        assertUsage("\u001b[2J", "'\\x1b[2J'", "Known");
        assertUsage("", "no network namespace ''", "Known");
        NetnsNames empty = new NetnsNames(java.util.List.of(), root.resolve("none"), () -> now);
        assertThatThrownBy(() -> empty.resolve("web"))
                .isInstanceOfSatisfying(
                        TracerException.class, e -> assertThat(e.hint()).contains("None is known"));
    }

    @Test
    void namesAreDecodedAsBytes() throws IOException {
        Path folder = Files.createDirectories(root.resolve("run/netns"));
        Path file;
        try {
            file = Files.createFile(folder.resolve("caf\u00e9"));
        } catch (java.nio.file.InvalidPathException e) {
            return; // The JVM's locale has no such letter.
        }
        assertThat(names.name(inode(file))).isPresent().get().asString().matches("[ -~]+");
    }

    @Test
    void thisHostHasAName() {
        NetnsNames live = new NetnsNames();
        long own = live.resolve("pid:" + ProcessHandle.current().pid());
        assertThat(live.name(own)).isPresent();
    }

    private NetnsNames names(long lowest) {
        return new NetnsNames(
                java.util.List.of(root.resolve("run/netns"), root.resolve("run/none")),
                root.resolve("proc"),
                () -> now,
                lowest);
    }

    private void assertUsage(String spec, String message, String hint) {
        assertThatThrownBy(() -> names.resolve(spec))
                .isInstanceOfSatisfying(TracerException.class, e -> {
                    assertThat(e.kind()).isEqualTo(TracerException.Kind.USAGE);
                    assertThat(e.hint()).contains(hint).matches("[ -~]*");
                })
                .hasMessageContaining(message);
    }

    private long mount(String name) throws IOException {
        Path folder = Files.createDirectories(root.resolve("run/netns"));
        return inode(Files.createFile(folder.resolve(name)));
    }

    private static long inode(Path file) throws IOException {
        return ((Number) Files.getAttribute(file, "unix:ino")).longValue();
    }

    private void process(int pid, long inode, String comm) throws IOException {
        Path folder = root.resolve("proc/" + pid + "/ns");
        Files.createDirectories(folder);
        Files.createSymbolicLink(folder.resolve("net"), Path.of("net:[" + inode + "]"));
        Files.write(root.resolve("proc/" + pid + "/comm"), comm.getBytes(StandardCharsets.ISO_8859_1));
    }
}
