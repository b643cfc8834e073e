package traitrace.timeline;

import java.util.List;
import traitrace.event.Headers;
import traitrace.event.Hook;

/**
 * A packet at one hook, once.
 *
 * @param timeNs CLOCK_MONOTONIC
 * @param skbId the skb it was then
 * @param counter events of that skb before this one; wraps at 65,536; -1 for a call, which is none of its events
 * @param missing events of that skb known to be lost just before this one
 * @param netns inode number of the network namespace, 0 to 2^32-1
 * @param ifindex in that namespace; 0 = none
 * @param device name of that device; empty if there is none or it is not known
 * @param lenBytes skb->len, which counts from where skb->data stands in this stage
 * @param mark skb->mark as an unsigned number
 * @param pid the process that ran; 0 = it has nothing to do with the packet
 * @param process its name when it was seen; empty if pid is 0 or it is not known
 * @param protocol the Ethertype
 * @param arg by hook: see {@code probes/hooks.h}
 * @param detail what {@code arg} says, in words; may be empty
 * @param tap seen by a packet socket, not on the packet's way
 * @param headers the headers in force: those of this event or of the last snapshot before it
 * @param changes against the hop before; empty for the first
 * @param call by which a process got or gave the bytes; {@link UserCall#NONE} or only a container for other hops
 */
public record Hop(
        long timeNs,
        long skbId,
        int counter,
        int missing,
        Hook hook,
        int cpu,
        long netns,
        String netnsName,
        int ifindex,
        String device,
        long lenBytes,
        long mark,
        int pid,
        String process,
        int protocol,
        long arg,
        String detail,
        boolean tap,
        Headers headers,
        List<Change> changes,
        UserCall call) {
    public Hop {
        changes = List.copyOf(changes);
    }

    /** The end of a call by which a process gave the bytes: told when they may be far on their way. */
    public boolean sent() {
        return hook == Hook.SOCK_SEND_LENGTH;
    }
}
