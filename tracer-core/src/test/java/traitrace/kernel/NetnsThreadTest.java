package traitrace.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.DatagramChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import traitrace.TracerException;

/** Needs root: makes and removes one namespace. */
class NetnsThreadTest {
    private static final String NAME = "ttnt" + ProcessHandle.current().pid();
    private static boolean made;

    @BeforeAll
    static void make() throws Exception {
        made = new ProcessBuilder("ip", "netns", "add", NAME)
                        .inheritIO()
                        .start()
                        .waitFor()
                == 0;
        assumeTrue(made, "making a namespace needs root and iproute2");
        new ProcessBuilder("ip", "-n", NAME, "link", "set", "lo", "up")
                .inheritIO()
                .start()
                .waitFor();
        new ProcessBuilder("ip", "-n", NAME, "addr", "add", "192.0.2.7/32", "dev", "lo")
                .inheritIO()
                .start()
                .waitFor();
    }

    @AfterAll
    static void remove() throws Exception {
        if (made) {
            new ProcessBuilder("ip", "netns", "del", NAME).inheritIO().start().waitFor();
        }
    }

    @Test
    void tasksSeeTheOtherNamespaceAndTheCallerDoesNot() throws Exception {
        String here = namespaceOfThisThread();
        try (NetnsThread thread = NetnsThread.enter(NAME)) {
            String there = thread.call(NetnsThreadTest::namespaceOfThisThread);
            assertThat(there).startsWith("net:[").isNotEqualTo(here);
            assertThat(thread.call(NetnsThreadTest::namespaceOfThisThread)).isEqualTo(there);
        }
        assertThat(namespaceOfThisThread()).isEqualTo(here);
    }

    @Test
    void aSocketOpenedThereStaysThere() throws Exception {
        InetSocketAddress onlyThere = new InetSocketAddress("192.0.2.7", 0);
        try (DatagramChannel channel = NetnsThread.in(NetnsThread.NAMED.resolve(NAME), DatagramChannel::open)) {
            channel.bind(onlyThere);
            assertThat(channel.getLocalAddress()).isNotNull();
        }
        try (DatagramChannel here = DatagramChannel.open()) {
            assertThatThrownBy(() -> here.bind(onlyThere)).isInstanceOf(IOException.class);
        }
    }

    @Test
    void aChildProcessStartedThereLivesThere() throws Exception {
        String output = NetnsThread.in(NetnsThread.NAMED.resolve(NAME), () -> {
            Process child = new ProcessBuilder("ip", "-o", "addr", "show", "dev", "lo").start();
            return new String(child.getInputStream().readAllBytes());
        });
        assertThat(output).contains("192.0.2.7");
    }

    @Test
    void whatATaskThrowsReachesTheCallerAndTheThreadGoesOn() throws Exception {
        try (NetnsThread thread = NetnsThread.enter(NAME)) {
            assertThatThrownBy(() -> thread.call(() -> {
                        throw new IOException("as told");
                    }))
                    .isInstanceOf(IOException.class)
                    .hasMessage("as told");
            assertThat(thread.call(() -> 7)).isEqualTo(7);
        }
    }

    @Test
    void aNamespaceThatIsNotThereIsNamed() {
        assertThatThrownBy(() -> NetnsThread.enter("no-such-namespace"))
                .isInstanceOfSatisfying(
                        TracerException.class, e -> assertThat(e.kind()).isEqualTo(TracerException.Kind.ENVIRONMENT))
                .hasMessageContaining("/run/netns/no-such-namespace")
                .hasMessageContaining("No such file");
    }

    @Test
    void aFileThatIsNoNamespaceIsRefused() {
        assertThatThrownBy(() -> NetnsThread.enter(Path.of("/dev/null")))
                .isInstanceOf(TracerException.class)
                .hasMessageContaining("cannot enter");
    }

    @Test
    void aClosedThreadTakesNoTasks() {
        NetnsThread thread = NetnsThread.enter(NAME);
        thread.close();
        assertThatThrownBy(() -> thread.call(() -> 1)).isInstanceOf(IllegalStateException.class);
    }

    private static String namespaceOfThisThread() throws IOException {
        return Files.readSymbolicLink(Path.of("/proc/thread-self/ns/net")).toString();
    }
}
