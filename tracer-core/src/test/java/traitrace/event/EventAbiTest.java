package traitrace.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import traitrace.kernel.Btf;
import traitrace.lineage.EdgeKind;
import traitrace.lineage.Evidence;

/** The Java side of the ABI against the types in the compiled probes. */
class EventAbiTest {
    private Btf btf;

    @BeforeEach
    void readTheCompiledProbes() throws IOException {
        try (InputStream in = Btf.class.getResourceAsStream("stages.bpf.o")) {
            assumeTrue(in != null, "this build has no probes: clang was not there");
            btf = Btf.ofElf(in.readAllBytes());
        }
    }

    private int offset(String struct, String member) {
        return btf.memberOffset(struct, member).orElseThrow();
    }

    @Test
    void everyOffsetInJavaIsTheProbes() {
        assertThat(Map.ofEntries(
                        Map.entry("time", EventLayout.TIME),
                        Map.entry("packet_id", EventLayout.PACKET_ID),
                        Map.entry("skb_id", EventLayout.SKB_ID),
                        Map.entry("arg", EventLayout.ARG),
                        Map.entry("netns", EventLayout.NETNS),
                        Map.entry("ifindex", EventLayout.IFINDEX),
                        Map.entry("len", EventLayout.LEN),
                        Map.entry("mark", EventLayout.MARK),
                        Map.entry("pid", EventLayout.PID),
                        Map.entry("counter", EventLayout.COUNTER),
                        Map.entry("hook", EventLayout.HOOK),
                        Map.entry("protocol", EventLayout.PROTOCOL),
                        Map.entry("cpu", EventLayout.CPU),
                        Map.entry("kind", EventLayout.KIND),
                        Map.entry("flags", EventLayout.FLAGS)))
                .allSatisfy((member, at) ->
                        assertThat(offset("event", member)).as(member).isEqualTo(at));
        assertThat(Map.ofEntries(
                        Map.entry("captured", EventLayout.SNAPSHOT_CAPTURED),
                        Map.entry("network", EventLayout.SNAPSHOT_NETWORK),
                        Map.entry("gso_size", EventLayout.SNAPSHOT_GSO_SIZE),
                        Map.entry("gso_segs", EventLayout.SNAPSHOT_GSO_SEGS),
                        Map.entry("vlan_tci", EventLayout.SNAPSHOT_VLAN_TCI),
                        Map.entry("vlan_present", EventLayout.SNAPSHOT_VLAN_PRESENT),
                        Map.entry("ip_summed", EventLayout.SNAPSHOT_IP_SUMMED),
                        Map.entry("pkt_type", EventLayout.SNAPSHOT_PKT_TYPE),
                        Map.entry("encapsulation", EventLayout.SNAPSHOT_ENCAPSULATION),
                        Map.entry("data", EventLayout.SNAPSHOT_DATA)))
                .allSatisfy((member, at) ->
                        assertThat(offset("snapshot", member)).as(member).isEqualTo(at));
        assertThat(offset("edge_record", "packet_id")).isEqualTo(EventLayout.PACKET_ID);
        assertThat(offset("edge_record", "skb_id")).isEqualTo(EventLayout.SKB_ID);
        assertThat(offset("edge_record", "parent")).isEqualTo(EventLayout.EDGE_PARENT);
        assertThat(offset("edge_record", "callers")).isEqualTo(EventLayout.EDGE_CALLERS);
        assertThat(offset("edge_record", "offset")).isEqualTo(EventLayout.EDGE_OFFSET);
        assertThat(offset("edge_record", "edge")).isEqualTo(EventLayout.EDGE_KIND);
        assertThat(offset("edge_record", "cpu")).isEqualTo(EventLayout.CPU);
        assertThat(offset("edge_record", "evidence")).isEqualTo(EventLayout.EDGE_EVIDENCE);
        assertThat(offset("redirect_record", "packet_id")).isEqualTo(EventLayout.PACKET_ID);
        assertThat(offset("redirect_record", "skb_id")).isEqualTo(EventLayout.SKB_ID);
        assertThat(offset("redirect_record", "socket")).isEqualTo(EventLayout.REDIRECT_SOCKET);
        assertThat(offset("redirect_record", "netns")).isEqualTo(EventLayout.NETNS);
        assertThat(offset("redirect_record", "seq")).isEqualTo(EventLayout.REDIRECT_SEQ);
        assertThat(offset("redirect_record", "bytes")).isEqualTo(EventLayout.REDIRECT_COUNT);
        assertThat(offset("redirect_record", "from")).isEqualTo(EventLayout.REDIRECT_FROM);
        assertThat(offset("redirect_record", "cpu")).isEqualTo(EventLayout.CPU);
        assertThat(offset("redirect_record", "evidence")).isEqualTo(EventLayout.REDIRECT_EVIDENCE);
        assertThat(offset("device_record", "cookie")).isEqualTo(EventLayout.DEVICE_COOKIE);
        assertThat(offset("device_record", "netns")).isEqualTo(EventLayout.DEVICE_NETNS);
        assertThat(offset("device_record", "ifindex")).isEqualTo(EventLayout.DEVICE_IFINDEX);
        assertThat(offset("device_record", "physical")).isEqualTo(EventLayout.DEVICE_PHYSICAL);
        assertThat(offset("device_record", "name")).isEqualTo(EventLayout.NAME);
        assertThat(offset("task_record", "cgroup")).isEqualTo(EventLayout.TASK_CGROUP);
        assertThat(offset("task_record", "pid")).isEqualTo(EventLayout.TASK_PID);
        assertThat(offset("task_record", "tid")).isEqualTo(EventLayout.TASK_TID);
        assertThat(offset("task_record", "name")).isEqualTo(EventLayout.NAME);
        assertThat(offset("payload_record", "data")).isEqualTo(EventLayout.PAYLOAD_DATA);
        assertThat(offset("payload_record", "len")).isEqualTo(EventLayout.PAYLOAD_LEN);
        assertThat(offset("payload_record", "offset")).isEqualTo(EventLayout.PAYLOAD_OFFSET);
        assertThat(offset("payload_record", "counter")).isEqualTo(EventLayout.PAYLOAD_COUNTER);
    }

    @Test
    void everyOffsetOfTransfersIsTheProbes() {
        assertThat(Map.ofEntries(
                        Map.entry("socket", EventLayout.TRANSFER_SOCKET),
                        Map.entry("cookie", EventLayout.TRANSFER_COOKIE),
                        Map.entry("next", EventLayout.TRANSFER_NEXT),
                        Map.entry("netns", EventLayout.NETNS),
                        Map.entry("pid", EventLayout.PID),
                        Map.entry("hook", EventLayout.HOOK),
                        Map.entry("cpu", EventLayout.CPU),
                        Map.entry("kind", EventLayout.KIND),
                        Map.entry("pipe", EventLayout.TRANSFER_PIPE),
                        Map.entry("tid", EventLayout.TRANSFER_TID),
                        Map.entry("bytes", EventLayout.TRANSFER_COUNT),
                        Map.entry("fd", EventLayout.TRANSFER_FD),
                        Map.entry("parts", EventLayout.TRANSFER_PARTS),
                        Map.entry("flags", EventLayout.TRANSFER_FLAGS),
                        Map.entry("seq", EventLayout.TRANSFER_SEQ),
                        Map.entry("message", EventLayout.TRANSFER_MESSAGE),
                        Map.entry("protocol", EventLayout.TRANSFER_PROTOCOL),
                        Map.entry("family", EventLayout.TRANSFER_FAMILY),
                        Map.entry("call", EventLayout.TRANSFER_CALL),
                        Map.entry("part", EventLayout.TRANSFER_PART)))
                .allSatisfy((member, at) ->
                        assertThat(offset("transfer_record", member)).as(member).isEqualTo(at));
        assertThat(Map.ofEntries(
                        Map.entry("address", EventLayout.PART_ADDRESS),
                        Map.entry("head", EventLayout.PART_HEAD),
                        Map.entry("tail", EventLayout.PART_TAIL),
                        Map.entry("whole", EventLayout.PART_WHOLE),
                        Map.entry("len", EventLayout.PART_LEN),
                        Map.entry("flags", EventLayout.PART_FLAGS)))
                .allSatisfy((member, at) ->
                        assertThat(offset("transfer_part", member)).as(member).isEqualTo(at));
    }

    @Test
    void flagsAndCallsOfTransfersHaveTheNumbersOfTheProbes() {
        assertThat(btf.enumerators("transfer_flag"))
                .containsEntry(EventLayout.TRANSFER_STREAM, "TRANSFER_STREAM")
                .containsEntry(EventLayout.TRANSFER_EMPTIED, "TRANSFER_EMPTIED")
                .containsEntry(EventLayout.TRANSFER_PARTLY, "TRANSFER_PARTLY")
                .containsEntry(EventLayout.TRANSFER_URING, "TRANSFER_URING")
                .hasSize(4);
        assertThat(btf.enumerators("part_flag"))
                .containsEntry(EventLayout.PART_HASHED, "PART_HASHED")
                .containsEntry(EventLayout.PART_DULL, "PART_DULL")
                .hasSize(2);
        Map<Integer, String> calls = btf.enumerators("transfer_call");
        for (Transfer.Call call : Transfer.Call.values()) {
            assertThat(calls).containsEntry(call.ordinal(), "CALL_" + call.name());
        }
        assertThat(calls).hasSize(Transfer.Call.values().length);
    }

    @Test
    void everyKindOfRecordTellsItsKindAndTimeAtTheSamePlace() {
        for (String struct : new String[] {
            "event", "edge_record", "device_record", "task_record", "payload_record", "redirect_record"
        }) {
            assertThat(offset(struct, "time")).as(struct).isEqualTo(EventLayout.TIME);
            assertThat(offset(struct, "kind")).as(struct).isEqualTo(EventLayout.KIND);
            assertThat(btf.structSize(struct)).as(struct).hasValue(EventLayout.EVENT_BYTES);
        }
        assertThat(btf.structSize("snapshot")).hasValue(EventLayout.SNAPSHOT_BYTES);
        assertThat(btf.structSize("pictured_event")).hasValue(EventLayout.PICTURED_BYTES);
        assertThat(btf.structSize("transfer_record")).hasValue(EventLayout.TRANSFER_BYTES);
        assertThat(btf.structSize("transfer_part")).hasValue(EventLayout.PART_BYTES);
    }

    @Test
    void hooksHaveTheNumbersOfTheProbes() {
        Map<Integer, String> hooks = btf.enumerators("hook");
        for (Hook hook : Hook.values()) {
            assertThat(hooks).as(hook.kernelName()).containsEntry(hook.id(), "HOOK_" + hook.name());
        }
        // HOOK_NONE and HOOK_COUNT stand around them.
        assertThat(hooks).hasSize(Hook.values().length + 2);
    }

    @Test
    void judgementsOfQueuedPacketsHaveTheNumbersOfTheProbes() {
        assertThat(btf.enumerators("nfqueue_judgement"))
                .containsEntry(Nfqueue.DECIDED, "NFQUEUE_DECIDED")
                .containsEntry(Nfqueue.REPLACED, "NFQUEUE_REPLACED")
                .hasSize(2);
    }

    @Test
    void edgesAndEvidenceHaveTheNumbersOfTheProbes() {
        btf.enumerators("edge_kind").forEach((number, name) -> assertThat("EDGE_" + EdgeKind.values()[number].name())
                .isEqualTo(name));
        btf.enumerators("evidence").forEach((number, name) -> assertThat("EVIDENCE_" + Evidence.values()[number].name())
                .isEqualTo(name));
    }
}
