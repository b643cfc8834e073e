package traitrace.timeline;

import traitrace.names.Names;

/** Names for tests: of namespaces all, of devices up to 9, of which 9 sends off the host. */
final class PlainNames implements Names {
    static final int PHYSICAL = 9;
    static final int SERVER = 4242;

    @Override
    public String netns(long inode) {
        return "net" + inode;
    }

    @Override
    public String device(long netns, int ifindex) {
        return ifindex > 0 && ifindex <= PHYSICAL ? "eth" + ifindex : "";
    }

    @Override
    public boolean physical(long netns, int ifindex) {
        return ifindex == PHYSICAL;
    }

    @Override
    public String process(int pid) {
        return pid == SERVER ? "server" : "";
    }

    @Override
    public String container(int pid) {
        return pid == SERVER ? "box" : "";
    }

    @Override
    public String dropReason(int reason) {
        return reason == 8 ? "SKB_DROP_REASON_NETFILTER_DROP" : "SKB_DROP_REASON_" + reason;
    }

    @Override
    public String symbol(long address) {
        return switch ((int) address) {
            case 0x81234567 -> "nf_hook_slow+0xb3";
            case 0x81000001 -> "icmp_rcv+0x1c";
            case 0x81000002 -> "skb_defer_free_flush+0x70";
            case 0x81000003 -> "skb_consume_udp+0x5e";
            case 0x81000004 -> "skb_clone+0x5c";
            case 0x81000006 -> "nf_queue+0x4d";
            case 0x81000007 -> "nfqnl_reinject+0x1f0 [nfnetlink_queue]";
            case 0x81000005 -> "dev_queue_xmit_nit+0x11a";
            case 0x81000008 -> "sk_psock_backlog+0x1f0";
            default -> "";
        };
    }
}
