package traitrace.timeline;

import static org.assertj.core.api.Assertions.assertThat;
import static traitrace.event.PacketBytes.*;

import java.util.List;
import org.junit.jupiter.api.Test;
import traitrace.event.Headers;
import traitrace.event.SnapshotEvent;

class ChangesTest {
    private static final byte[] NOTHING = {};

    private static byte[] udpPacket(String source, int port, String destination, int ttl, int fragment) {
        return ipv4(source, destination, 17, ttl, 7, fragment, NOTHING, udp(port, 53, text(16)));
    }

    private static SnapshotEvent packet(byte[] bytes) {
        return SnapshotEvent.packet(0x0800, bytes);
    }

    private static final SnapshotEvent PLAIN = packet(udpPacket("10.0.0.1", 4000, "10.0.0.2", 64, 0));

    private static List<Change> between(SnapshotEvent before, SnapshotEvent after) {
        return Changes.between(before.parse(), after.parse());
    }

    @Test
    void findsNoneWhereNothingChangedOrNothingIsKnown() {
        assertThat(between(PLAIN, PLAIN)).isEmpty();
        assertThat(Changes.between(Headers.NONE, PLAIN.parse())).isEmpty();
        assertThat(Changes.between(PLAIN.parse(), Headers.NONE)).isEmpty();
        assertThat(between(PLAIN, SnapshotEvent.frame(ethernet(0x0800, PLAIN.bytes()))))
                .isEmpty();
    }

    @Test
    void findsNatOfAddressesAndPorts() {
        assertThat(between(PLAIN, packet(udpPacket("192.0.2.1", 1024, "10.0.0.2", 64, 0))))
                .containsExactly(new Change("src", "10.0.0.1:4000", "192.0.2.1:1024"));
        assertThat(between(PLAIN, packet(udpPacket("10.0.0.1", 4001, "10.0.0.3", 64, 0))))
                .containsExactly(
                        new Change("src", "10.0.0.1:4000", "10.0.0.1:4001"),
                        new Change("dst", "10.0.0.2:53", "10.0.0.3:53"));
    }

    @Test
    void findsATunnelWithoutTakingItForNat() {
        SnapshotEvent inside =
                packet(ipv4("10.9.0.1", "10.9.0.2", 17, udp(5, 4789, vxlan(42, ethernet(0x0800, PLAIN.bytes())))));
        Change added = new Change("encapsulation", "", "vxlan 42 10.9.0.1 > 10.9.0.2");
        assertThat(between(PLAIN, inside)).containsExactly(added);
        assertThat(between(inside, PLAIN))
                .containsExactly(new Change("encapsulation", "vxlan 42 10.9.0.1 > 10.9.0.2", ""));
        assertThat(between(PLAIN, inside.cutTo(60))).containsExactly(added);
    }

    @Test
    void doesNotTakeEncryptionForNat() {
        SnapshotEvent esp = packet(ipv4("10.9.0.1", "10.9.0.2", 50, join(u32(0x10), u32(1), text(64))));
        assertThat(between(PLAIN, esp))
                .containsExactly(new Change("encapsulation", "", "esp 0x00000010 10.9.0.1 > 10.9.0.2"));
    }

    @Test
    void findsTheTtlOfTheHeaderThatWasRouted() {
        assertThat(between(PLAIN, packet(udpPacket("10.0.0.1", 4000, "10.0.0.2", 63, 0))))
                .containsExactly(new Change("ttl", "64", "63"));
        SnapshotEvent before = packet(ipv4("10.9.0.1", "10.9.0.2", 4, 64, 0, 0, NOTHING, PLAIN.bytes()));
        SnapshotEvent after = packet(ipv4("10.9.0.1", "10.9.0.2", 4, 61, 0, 0, NOTHING, PLAIN.bytes()));
        assertThat(between(before, after)).containsExactly(new Change("ttl", "64", "61"));
    }

    @Test
    void findsVlanTagsButNotThatATagMoved() {
        assertThat(between(PLAIN, PLAIN.withVlan(10))).containsExactly(new Change("vlan", "", "10"));
        SnapshotEvent inBytes = SnapshotEvent.frame(ethernet(0x8100, vlan(10, 0x0800, PLAIN.bytes())));
        assertThat(between(PLAIN.withVlan(10), inBytes)).isEmpty();
        assertThat(between(inBytes, inBytes.withVlan(0x2014)))
                .containsExactly(new Change("vlan", "10", "20 prio 1, 10"));
    }

    @Test
    void findsChecksumAndSegmentation() {
        assertThat(between(
                        PLAIN.withChecksum(3).withGso(1448, 3),
                        PLAIN.withChecksum(0).withGso(0, 0)))
                .containsExactly(new Change("checksum", "partial", "none"), new Change("gso", "1448 x 3", ""));
    }

    @Test
    void findsAFragmentAndMissesNoPorts() {
        assertThat(between(PLAIN, packet(udpPacket("10.0.0.1", 4000, "10.0.0.2", 64, 0x2000))))
                .containsExactly(new Change("fragment", "", "offset 0, more follow"));
        assertThat(between(PLAIN, packet(udpPacket("10.0.0.1", 4000, "10.0.0.2", 64, 2))))
                .containsExactly(new Change("fragment", "", "offset 16, last"));
    }

    @Test
    void doesNotCompareTheOutsideOfATunnelFragmentWithItsInside() {
        SnapshotEvent whole = packet(ipv4("10.9.0.1", "10.9.0.2", 4, PLAIN.bytes()));
        SnapshotEvent later = packet(ipv4("10.9.0.1", "10.9.0.2", 4, 64, 7, 185, NOTHING, text(16)));
        assertThat(between(whole, later)).containsExactly(new Change("fragment", "", "offset 1480, last"));
    }
}
