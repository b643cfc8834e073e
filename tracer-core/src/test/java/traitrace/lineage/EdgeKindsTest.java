package traitrace.lineage;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The stacks are those of Linux 6.1 to 7.2, innermost first. */
class EdgeKindsTest {
    @ParameterizedTest
    @CsvSource({
        "__skb_clone skb_clone br_flood, clone, by br_flood",
        "__copy_skb_header skb_clone maybe_deliver br_flood, clone, by br_flood",
        "skb_clone dev_queue_xmit_nit dev_hard_start_xmit, clone, by dev_queue_xmit_nit",
        "skb_clone skb_clone_sk skb_tx_timestamp, clone, by skb_tx_timestamp",
        "__skb_clone skb_clone netem_enqueue, duplicate, by netem_enqueue",
        "skb_clone skb_segment tcp_gso_segment, segment, by skb_segment in validate_xmit_skb",
        "skb_copy_header skb_copy packet_rcv, copy, by packet_rcv",
        "skb_copy_header __pskb_copy_fclone __tcp_transmit_skb, copy, by __tcp_transmit_skb",
        "skb_copy_header skb_copy_expand ip_tunnel_xmit, copy, by ip_tunnel_xmit",
        "skb_copy_header skb_pp_cow_data veth_convert_skb_to_xdp_buff, copy, by skb_pp_cow_data",
        "skb_segment tcp_gso_segment inet_gso_segment, segment, by skb_segment in validate_xmit_skb",
        "skb_segment_list __udp_gso_segment_list, segment, by skb_segment_list in validate_xmit_skb",
        "skb_morph inet_frag_reasm_prepare ip_frag_reasm, reassemble, by inet_frag_reasm_prepare",
        "skb_clone inet_frag_reasm_prepare ip_frag_reasm, clone, by inet_frag_reasm_prepare",
        "somebody_new ip_rcv, copy, by somebody_new",
    })
    void aCopyOfTheHeaderIsWhatItsCallersWant(String stack, String kind, String place) {
        String[] functions = (stack + (place.contains(" in ") ? " validate_xmit_skb" : "")).split(" ");
        EdgeKinds.Origin origin = EdgeKinds.of(
                EdgeKind.COPY, Arrays.stream(functions).map(f -> f + "+0x1c").toList());

        assertThat(origin.kind().label()).isEqualTo(kind);
        assertThat(origin.place()).isEqualTo(place);
    }

    @Test
    void whatTheKernelSaysMoreOfStaysAsItIs() {
        assertThat(EdgeKinds.of(EdgeKind.RETRANSMIT, List.of("skb_clone+0x5c", "__tcp_transmit_skb+0x1")))
                .isEqualTo(new EdgeKinds.Origin(EdgeKind.RETRANSMIT, "by __tcp_transmit_skb"));
        assertThat(EdgeKinds.of(
                        EdgeKind.FRAGMENT, List.of("ip_copy_metadata+0x5", "ip_frag_next+0x1", "ip_do_fragment+0x1")))
                .isEqualTo(new EdgeKinds.Origin(EdgeKind.FRAGMENT, "by ip_do_fragment"));
        assertThat(EdgeKinds.of(EdgeKind.CLONE, List.of("netem_enqueue+0x1")).kind())
                .isEqualTo(EdgeKind.DUPLICATE);
    }

    @Test
    void aSegmentThatNobodyIsKnownToHaveAskedForIsStillOne() {
        assertThat(EdgeKinds.of(
                        EdgeKind.COPY, List.of("skb_segment+0x1", "tcp_gso_segment+0x1", "inet_gso_segment+0x1")))
                .isEqualTo(new EdgeKinds.Origin(EdgeKind.SEGMENT, "by skb_segment"));
    }

    @Test
    void trampolinesAndWhatACompilerAppendsArePassedOver() {
        List<String> functions = List.of(
                "", "bpf_trampoline_6442_0+0x43", "__copy_skb_header+0x5", "skb_clone.part.0+0x5c", "br_flood+0x12");

        assertThat(EdgeKinds.of(EdgeKind.COPY, functions))
                .isEqualTo(new EdgeKinds.Origin(EdgeKind.CLONE, "by br_flood"));
    }

    @Test
    void withoutCallersNothingIsSaid() {
        assertThat(EdgeKinds.of(EdgeKind.COPY, List.of())).isEqualTo(new EdgeKinds.Origin(EdgeKind.COPY, ""));
    }
}
