package traitrace.filter;

import java.util.List;
import traitrace.event.Headers;
import traitrace.event.Hook;
import traitrace.event.Layer;
import traitrace.event.PacketBytes;
import traitrace.event.Transfer;
import traitrace.lineage.Edge;
import traitrace.lineage.EdgeKind;
import traitrace.lineage.Evidence;
import traitrace.names.Names;
import traitrace.names.NoNames;
import traitrace.timeline.Change;
import traitrace.timeline.Hop;
import traitrace.timeline.Timeline;
import traitrace.timeline.UserCall;
import traitrace.timeline.Verdict;

/** Packets made up by hand, for filters to choose among. */
final class Traced {
    private static final int ACCELERATED_VLAN = 0x6000 | 10;

    static final Names NAMES = new NoNames() {
        @Override
        public String process(int pid) {
            return pid == 900 ? "sshd" : "";
        }

        @Override
        public String dropReason(int reason) {
            return reason == 8 ? "SKB_DROP_REASON_NETFILTER_DROP" : "reason " + reason;
        }

        @Override
        public String symbol(long address) {
            return address == 0xffffffff81234567L ? "nf_hook_slow+0xb3" : "";
        }
    };

    private static final Headers PLAIN = new Headers(
            List.of(
                    new Layer.Ipv4(
                            PacketBytes.ip("10.0.1.2"),
                            PacketBytes.ip("10.0.2.3"),
                            17,
                            60,
                            1,
                            64,
                            0,
                            true,
                            false,
                            0,
                            0),
                    new Layer.Udp(51234, 53, 40, 0)),
            false,
            1448,
            3,
            -1,
            0,
            0);

    private static final Headers TUNNELLED = new Headers(
            List.of(
                    new Layer.Vlan(20, 0x0800),
                    new Layer.Ipv4(
                            PacketBytes.ip("192.168.0.1"),
                            PacketBytes.ip("192.168.0.2"),
                            17,
                            110,
                            1,
                            63,
                            0,
                            true,
                            false,
                            0,
                            0),
                    new Layer.Udp(5, 4789, 90, 0),
                    new Layer.Vxlan(42),
                    new Layer.Ipv6(
                            PacketBytes.ip("2001:db8::1"), PacketBytes.ip("2001:db8::2"), 6, 40, 0, 9, 0, -1, false, 0),
                    new Layer.Tcp(40000, 443, 1, 0, 2, 1000, 40, 0)),
            false,
            0,
            0,
            ACCELERATED_VLAN,
            0,
            0);

    private Traced() {}

    /** From the namespace web through a VXLAN to a process; 3 events, 2.5 ms. */
    static Timeline delivered() {
        return new Timeline(
                0xa3f21,
                List.of(
                        hop(0, Hook.NET_DEV_QUEUE, "web", "eth0", 1500, Headers.NONE, UserCall.NONE),
                        hop(
                                500_000,
                                Hook.NET_DEV_START_XMIT,
                                "host",
                                "vxlan42",
                                1514,
                                PLAIN,
                                UserCall.NONE,
                                new Change("dst", "10.9.9.9:53", "10.0.2.3:53")),
                        hop(
                                2_500_000,
                                Hook.SOCK_RECV_LENGTH,
                                "host",
                                "",
                                65_536,
                                TUNNELLED,
                                new UserCall(813, 9, Transfer.Call.RECVFROM, false, "3f2a9c81d0b4"))),
                List.of(
                        new Edge(1, 7, 8, EdgeKind.CLONE, Evidence.PROVED, "by br_flood"),
                        new Edge(2, 8, 9, EdgeKind.EMIT, Evidence.GUESSED, "thread", 1448, 0, 0)),
                new Verdict.Delivered(812),
                "process nginx[812] received it",
                "",
                List.of(0xb1L, 0xb2L));
    }

    /** Seen once, without headers, and dropped. */
    static Timeline dropped() {
        return new Timeline(
                0xb0b,
                List.of(hop(0, Hook.KFREE_SKB, "web", "", 60, Headers.NONE, UserCall.NONE)),
                List.of(),
                new Verdict.Dropped(8, 0xffffffff81234567L),
                "A netfilter rule dropped the packet.",
                "nft list ruleset");
    }

    private static Hop hop(
            long timeNs,
            Hook hook,
            String netns,
            String device,
            long bytes,
            Headers headers,
            UserCall call,
            Change... changes) {
        return new Hop(
                5_000_000_000L + timeNs,
                7,
                0,
                0,
                hook,
                3,
                netns.equals("web") ? 4026532000L : 4026531840L,
                netns,
                device.isEmpty() ? 0 : 2,
                device,
                bytes,
                0x4000,
                call.isCall() ? 812 : 0,
                call.isCall() ? "nginx" : "",
                0x0800,
                0,
                "",
                false,
                headers,
                List.of(changes),
                call);
    }
}
