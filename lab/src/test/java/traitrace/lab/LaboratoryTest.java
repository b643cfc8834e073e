package traitrace.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import traitrace.TracerException;
import traitrace.kernel.NetnsThread;
import traitrace.names.Containers;

@Tag("scenario")
class LaboratoryTest {
    @BeforeAll
    static void root() {
        assumeTrue("root".equals(System.getProperty("user.name")), "making network namespaces needs root");
    }

    @Test
    void aFailureShowsTheCommandAndItsErrorAndLeavesNothing() throws Exception {
        Topology topology = new Topology(
                List.of("a"),
                null,
                null,
                List.of(new Topology.Route("a", "10.9.0.0/24 via 10.8.0.1")),
                null,
                null,
                null,
                null,
                null,
                null,
                null);
        assertThatThrownBy(() -> Laboratory.build(topology))
                .isInstanceOf(TracerException.class)
                .hasMessageContaining("`ip route add 10.9.0.0/24 via 10.8.0.1` failed: ")
                .hasMessageContaining("gateway");
        assertThat(mine()).isEmpty();
    }

    @Test
    void twoRunsOfOneTopologyStandSideBySide() {
        Topology topology = Scenarios.named("direct-udp").topology();
        try (Laboratory one = Laboratory.build(topology);
                Laboratory other = Laboratory.build(topology)) {
            assertThat(one.realName("client")).isNotEqualTo(other.realName("client"));
            assertThat(one.inode("client")).isNotEqualTo(other.inode("client"));
            assertThat(one.topologyName(other.realName("client"))).isEmpty();
        }
    }

    @Test
    void aDaemonThatDoesNotOpenItsPortIsReportedWithWhatItSaid() throws Exception {
        Topology topology = withDaemon(new Topology.Daemon(
                "a", "liar", List.of("sh", "-c", "echo cannot do that >&2; exit 3"), null, "udp:9000", ""));
        assertThatThrownBy(() -> Laboratory.build(topology))
                .hasMessageContaining("did not open udp:9000")
                .hasMessageContaining("cannot do that");
        assertThat(mine()).isEmpty();
    }

    @Test
    void aProgramThatDoesNotReceiveIsReported() {
        Traffic.Sink liar =
                new Traffic.Sink("a", "", 9000, "", List.of("sh", "-c", "exit 3"), 0, false, false, false, 1);
        Traffic udp =
                new Traffic.Udp("t", "a", "", 0, false, "127.0.0.1", 9000, 1, 200, 0, 0, false, false, 1, 0, liar);
        try (Laboratory lab = Laboratory.build(withDaemon(null))) {
            assertThatThrownBy(() -> Exchange.run(lab, udp, 1))
                    .hasMessageContaining("`sh -c exit 3` did not open the UDP port 9000");
        }
    }

    @Test
    void aSenderWaitsForRoomInItsWindowAndASinkTakesAll() {
        Traffic.Sink sink = new Traffic.Sink("a", "", 9000, "", null, 4608, false, false, false, 1);
        // So many at once would overflow the small buffer.
        Traffic udp =
                new Traffic.Udp("t", "a", "", 0, false, "127.0.0.1", 9000, 300, 200, 0, 0, false, false, 1, 2, sink);
        try (Laboratory lab = Laboratory.build(withDaemon(null))) {
            TrafficResult result = Exchange.run(lab, udp, 1);
            assertThat(result.arrived(result.received())).isEqualTo(300);
        }
    }

    @Test
    void daemonsAndWhatTheyForkedEndWithTheLaboratory() {
        Laboratory lab = Laboratory.build(withDaemon(
                new Topology.Daemon("a", "parent", List.of("sh", "-c", "sleep 600 & sleep 600"), null, "", "")));
        ProcessHandle daemon = ProcessHandle.of(lab.pidOf("parent")).orElseThrow();
        List<ProcessHandle> all = new ArrayList<>();
        for (int i = 0; i < 100 && all.size() < 2; i++) {
            Exchange.gap(10_000);
            all = daemon.descendants().toList();
        }
        assertThat(all).hasSize(2);

        lab.close();

        assertThat(Laboratory.running(daemon)).isFalse();
        assertThat(all).noneMatch(Laboratory::running);
    }

    @Test
    void aDaemonFindsItsFilesInAFolderThatEndsWithTheLaboratory() throws Exception {
        List<String> argv = List.of("sh", "-c", "cp {scratch}/words {scratch}/done; sleep 600");
        Topology.Daemon daemon =
                new Topology.Daemon("a", "reader", argv, Map.of("words", List.of("in {scratch}")), "", "");
        Path folder;
        try (Laboratory lab = Laboratory.build(withDaemon(daemon))) {
            String command = ProcessHandle.of(lab.pidOf("reader"))
                    .flatMap(process -> process.info().arguments())
                    .map(arguments -> arguments[1])
                    .orElseThrow();
            folder = Path.of(command.split(" ")[1]).getParent();
            Path done = folder.resolve("done");
            for (int i = 0; i < 100 && !Files.exists(done); i++) {
                Exchange.gap(10_000);
            }
            assertThat(done).hasContent("in " + folder);
        }
        assertThat(folder).doesNotExist();
    }

    @Test
    void aDaemonMayHaveAControlGroupOfItsOwnThatEndsWithTheLaboratory() throws Exception {
        assumeTrue(Cgroups.missing().isEmpty(), () -> Cgroups.missing().get());
        String name = "docker-" + "3f2a9c81".repeat(8) + ".scope";
        Topology.Daemon daemon =
                new Topology.Daemon("a", "boxed", List.of("sh", "-c", "sleep 600 & sleep 600"), null, "", name);
        Path group;
        try (Laboratory lab = Laboratory.build(withDaemon(daemon))) {
            int pid = (int) lab.pidOf("boxed");
            Path process = Path.of("/proc", Integer.toString(pid));
            for (int i = 0; i < 100 && !Containers.of(Path.of("/proc"), pid).equals("3f2a9c813f2a"); i++) {
                Exchange.gap(10_000);
            }
            assertThat(Containers.of(Path.of("/proc"), pid)).isEqualTo("3f2a9c813f2a");
            group = Cgroups.own(process).orElseThrow();
            assertThat(group).isDirectory().hasFileName(name);
        }
        assertThat(group).doesNotExist();
        assertThat(group.getParent()).doesNotExist();
    }

    @Test
    void aProgramInCIsCompiledUnderItsName() {
        assumeTrue(Needs.missing(Scenarios.named("relay-mmsg")).isEmpty(), "no compiler");
        Topology.Daemon daemon = new Topology.Daemon(
                "a", "relay", List.of("{relay-mmsg}", "7000", "127.0.0.1", "9000"), null, "udp:7000", "");
        try (Laboratory lab = Laboratory.build(withDaemon(daemon))) {
            assertThat(ProcessHandle.of(lab.pidOf("relay"))
                            .flatMap(process -> process.info().command()))
                    .hasValueSatisfying(path -> assertThat(path).endsWith("/relay-mmsg"));
        }
    }

    @Test
    void closingTwiceIsHarmlessAndWorkAfterwardsIsRefused() {
        Laboratory lab = Laboratory.build(withDaemon(null));
        lab.close();
        lab.close();
        assertThatThrownBy(() -> lab.run("a", List.of("true"))).hasMessageContaining("closed");
        assertThatThrownBy(() -> lab.realName("nowhere")).hasMessageContaining("no namespace \"nowhere\"");
    }

    /** A process that only builds a laboratory; it is interrupted by a signal. */
    static final class Interrupted {
        private Interrupted() {}

        public static void main(String[] args) throws Exception {
            Laboratory lab = Laboratory.build(
                    withDaemon(new Topology.Daemon("a", "sleeper", List.of("sleep", "600"), null, "", "")));
            System.out.println(lab.realName("a") + " " + lab.pidOf("sleeper"));
            Thread.sleep(60_000);
        }
    }

    @Test
    void aSignalRemovesEverything() throws Exception {
        Process process = new ProcessBuilder(
                        ProcessHandle.current().info().command().orElse("java"),
                        "-cp",
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                        Interrupted.class.getName())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try {
            String[] made = process.inputReader().readLine().split(" ");
            assertThat(NetnsThread.NAMED.resolve(made[0])).exists();

            process.destroy();

            assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
            assertThat(NetnsThread.NAMED.resolve(made[0])).doesNotExist();
            assertThat(ProcessHandle.of(Long.parseLong(made[1])).filter(Laboratory::running))
                    .isEmpty();
        } finally {
            process.destroyForcibly();
        }
    }

    private static Topology withDaemon(Topology.Daemon daemon) {
        List<Topology.Daemon> daemons = daemon == null ? List.of() : List.of(daemon);
        return new Topology(List.of("a"), null, null, null, null, Map.of(), Map.of(), null, null, daemons, null);
    }

    private static List<String> mine() throws Exception {
        String prefix = "tt" + Long.toString(ProcessHandle.current().pid(), 36) + "x";
        try (var files = Files.list(NetnsThread.NAMED)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.startsWith(prefix))
                    .toList();
        }
    }
}
