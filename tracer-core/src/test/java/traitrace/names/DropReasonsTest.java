package traitrace.names;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import traitrace.kernel.Btf;
import traitrace.kernel.BtfBytes;

class DropReasonsTest {
    @Test
    void namesReasonsOfTheCoreAndOfSubsystems() {
        BtfBytes b = new BtfBytes();
        b.enumeration(
                "skb_drop_reason",
                "SKB_NOT_DROPPED_YET=0",
                "SKB_DROP_REASON_NO_SOCKET=3",
                "SKB_DROP_REASON_MAX=4",
                "SKB_DROP_REASON_SUBSYS_MASK=4294901760");
        b.enumeration(
                "qdisc_drop_reason", "QDISC_DROP_UNSPEC=0", "__QDISC_DROP_REASON=196608", "QDISC_DROP_GENERIC=196609");
        b.enumeration(
                "sk_rst_reason", "SK_RST_REASON_NOT_SPECIFIED=0", "SK_RST_REASON_NO_SOCKET=1", "SK_RST_REASON_MAX=2");
        DropReasons reasons = DropReasons.of(Btf.of(b.bytes()), module -> {
            BtfBytes ovs = new BtfBytes();
            ovs.enumeration("ovs_drop_reason", "OVS_DROP_METER=131077", "OVS_DROP_MAX=131078");
            BtfBytes wifi = new BtfBytes();
            wifi.enumeration("mac80211_drop_reason", "RX_CONTINUE=1", "RX_DROP_U_REPLAY=65540");
            return switch (module) {
                case "openvswitch" -> Optional.of(Btf.of(ovs.bytes()));
                case "mac80211" -> Optional.of(Btf.of(wifi.bytes()));
                default -> Optional.empty();
            };
        });
        assertThat(reasons.name(3)).isEqualTo("SKB_DROP_REASON_NO_SOCKET");
        assertThat(reasons.name(0)).isEqualTo("SKB_NOT_DROPPED_YET");
        assertThat(reasons.name(0x30001)).isEqualTo("QDISC_DROP_GENERIC");
        assertThat(reasons.name(0x20005)).isEqualTo("OVS_DROP_METER");
        assertThat(reasons.name(4)).isEqualTo("reason 4");
        assertThat(reasons.name(-65536)).isEqualTo("reason 4294901760");
        assertThat(reasons.name(0x10004)).isEqualTo("RX_DROP_U_REPLAY");
        assertThat(reasons.name(1)).as("not the core's to lend").isEqualTo("reason 1");
        assertThat(reasons.name(DropReasons.ofReset(1))).isEqualTo("SK_RST_REASON_NO_SOCKET");
        assertThat(reasons.all()).hasSize(7);
        assertThat(DropReasons.of(reasons.all()).name(3)).isEqualTo("SKB_DROP_REASON_NO_SOCKET");
    }

    @Test
    void numbersAreShownWhereNothingIsKnown() {
        assertThat(DropReasons.of(Map.of()).name(1234)).isEqualTo("reason 1234");
        assertThat(DropReasons.of(Btf.of(new BtfBytes().bytes())).all()).isEmpty();
    }

    @Test
    void namesThoseOfTheRunningKernel() {
        assumeTrue(Files.isReadable(Btf.VMLINUX), "this kernel shows no BTF");
        DropReasons reasons = DropReasons.live(Btf.read(Btf.VMLINUX));
        assertThat(reasons.all())
                .containsValue("SKB_DROP_REASON_NETFILTER_DROP")
                .hasSizeGreaterThan(60);
    }
}
