package traitrace.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The probes in the running kernel. */
@Tag("scenario")
class ProbesTest {
    // probes/output.h, enum counter
    private static final int UNTRACKED = 1;
    private static final int AGED = 2;
    private static final int RECORDS = 3;

    @BeforeAll
    static void needsRoot() {
        assumeTrue("root".equals(System.getProperty("user.name")), "loading probes needs root");
    }

    /** A datagram to a socket that nobody reads: its skb lives on in the queue. */
    private static void sendToDeafEars(DatagramSocket deaf, int count) throws IOException {
        try (DatagramSocket sender = new DatagramSocket()) {
            for (int i = 0; i < count; i++) {
                sender.send(new DatagramPacket(
                        new byte[] {(byte) i}, 1, InetAddress.getLoopbackAddress(), deaf.getLocalPort()));
            }
        }
    }

    @Test
    void everyHookOfThisKernelIsAttachedAndReports() throws IOException {
        Btf kernel = Btf.read(Btf.VMLINUX);
        try (Probes probes = Probes.load(kernel, CaptureOptions.DEFAULT);
                DatagramSocket deaf = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
            assertThat(probes.unavailable().keySet()).noneMatch(kernel::hasTracepoint);
            assertThat(probes.attached()).contains("net_dev_queue", "netif_receive_skb", "kfree_skb", "consume_skb");

            sendToDeafEars(deaf, 3);

            assertThat(probes.counter(RECORDS)).isGreaterThanOrEqualTo(12);
            assertThat(probes.counter(UNTRACKED)).isZero();
            assertThat(probes.missedRuns()).extracting(MissedRuns::target).contains("kfree_skb");
        }
    }

    @Test
    void theSweepForgetsWhatWasNotSeenForLong() throws IOException {
        try (Probes probes = Probes.load(Btf.read(Btf.VMLINUX), CaptureOptions.DEFAULT);
                DatagramSocket deaf = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
            long before = System.nanoTime();
            sendToDeafEars(deaf, 5);

            assertThat(probes.sweep(before)).as("skbs left").isGreaterThanOrEqualTo(5);
            long aged = probes.counter(AGED);
            probes.sweep(System.nanoTime());

            assertThat(probes.counter(AGED) - aged).isGreaterThanOrEqualTo(5);
            assertThat(probes.sweep(before)).as("skbs left").isLessThan(5);
        }
    }

    @Test
    void aFullTableIsCounted() throws IOException {
        CaptureOptions tiny = new CaptureOptions(1 << 16, 2, 0, 0, Hooks.AUTO, true);
        try (Probes probes = Probes.load(Btf.read(Btf.VMLINUX), tiny);
                DatagramSocket deaf = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
            sendToDeafEars(deaf, 20);

            assertThat(probes.counter(UNTRACKED)).isPositive();
        }
    }

    @Test
    void twoCapturesDoNotDisturbEachOther() throws IOException {
        Btf kernel = Btf.read(Btf.VMLINUX);
        try (Probes one = Probes.load(kernel, CaptureOptions.DEFAULT);
                Probes two = Probes.load(kernel, CaptureOptions.DEFAULT);
                DatagramSocket deaf = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
            sendToDeafEars(deaf, 3);

            assertThat(one.counter(RECORDS)).isPositive();
            assertThat(two.counter(RECORDS)).isPositive();
        }
    }

    @Test
    @Tag("natively")
    void payloadsAreOfferedByOption() throws IOException {
        CaptureOptions payload = CaptureOptions.DEFAULT.withPayload(24, 88);
        try (Probes probes = Probes.load(Btf.read(Btf.VMLINUX), payload)) {
            assertThat(probes.attached()).isNotEmpty();
        }
    }
}
