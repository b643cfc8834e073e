package traitrace.names;

/** Names for the numbers in events. Every name is fit to be shown: printable ASCII. */
public interface Names {
    /** Of the network namespace with this inode number; never empty: {@code net:[4026531840]} where nothing is known. */
    String netns(long inode);

    /** Of a device; empty if it is not known. */
    String device(long netns, int ifindex);

    /** Whether what this device sends leaves the host. */
    boolean physical(long netns, int ifindex);

    /** Of a process; empty if it is not known. */
    String process(int pid);

    /** Of the container that a process is in: its name or a short id; empty if it is in none, or that is not known. */
    default String container(int pid) {
        return "";
    }

    /** Of a drop reason of the recorded kernel, as it spells it: {@code SKB_DROP_REASON_NO_SOCKET}. */
    String dropReason(int reason);

    /** The function at a kernel address and the offset in it: {@code icmp_rcv+0x1c}; empty if it is not known. */
    String symbol(long address);
}
