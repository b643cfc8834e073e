package traitrace.lineage;

import java.util.ArrayList;
import java.util.List;
import traitrace.event.EventView;
import traitrace.event.Transfer;

/**
 * Follows bytes through processes: from the skbs that a call delivered, over what the process sent because of them, to
 * the skbs that carry that.
 *
 * <p>What is concluded is handed on as {@link Packets#cross}; what becomes of packets is decided there.
 */
final class UserSpace {
    /** What is done with what was found. */
    interface Packets {
        /** The skb with this id; null if it is not followed. */
        Skb skb(long id);

        /** An skb carries bytes of this send. */
        void sent(Send send, Skb child);

        /**
         * An skb carries bytes that were received.
         *
         * @param parents in which those bytes were, that of the first byte first; never empty
         */
        void cross(List<Receive.Share> parents, Skb child, Passage passage);
    }

    private final Packets packets;
    private final ThreadCalls calls = new ThreadCalls();
    private final Crossings crossings = new Crossings();
    private final SentStreams streams = new SentStreams();
    private final UnsentDatagrams unsent = new UnsentDatagrams();

    UserSpace(Packets packets) {
        this.packets = packets;
    }

    /** An skb was copied to a thread, whose call is under way. */
    void delivered(long task, Skb skb, long bytes, long now) {
        calls.delivered(task, skb, bytes, now);
    }

    /** An skb was made of bytes of a thread, whose call is under way. */
    void emitted(long task, long skbId, long now) {
        calls.emitted(task, skbId, now);
    }

    /** The skbs that the kernel told were copied in a call that is over, or the frame that was copied into a umem. */
    List<ThreadCalls.Delivery> copied(Transfer receive) {
        if (receive.umem()) {
            Skb frame = packets.skb(receive.next());
            return frame == null ? List.of() : List.of(new ThreadCalls.Delivery(frame, receive.bytes()));
        }
        return calls.received(task(receive));
    }

    /** A process got bytes, not only a look at them. */
    void received(Receive receive) {
        crossings.received(receive);
    }

    /** A process gave bytes; negative = it did not. */
    void sent(Transfer transfer, EventView record) {
        List<ThreadCalls.Emission> emissions = transfer.umem()
                ? List.of(new ThreadCalls.Emission(transfer.next(), transfer.timeNs()))
                : calls.sent(task(transfer));
        if (transfer.bytes() <= 0) {
            return;
        }
        List<Skb> children = new ArrayList<>(emissions.size());
        // A reader on another CPU may have answered before the call is over and told.
        long began = transfer.timeNs();
        for (ThreadCalls.Emission emission : emissions) {
            Skb child = packets.skb(emission.skbId());
            if (isOf(transfer, child)) {
                children.add(child);
                began = Math.min(began, emission.timeNs());
            }
        }
        if (transfer.stream()) {
            began = Math.min(began, streams.firstTransmitted(transfer));
        }
        Crossings.Found found = crossings.sent(transfer, began, receive -> elsewhere(receive, children));
        Send send = new Send(transfer, record.copy(), found);
        if (transfer.stream()) {
            streams.written(
                    transfer.socket(),
                    transfer.seq(),
                    transfer.bytes(),
                    transfer.timeNs(),
                    (child, from, to) -> link(send, child, from, to));
        } else if (!children.isEmpty()) {
            children.forEach(child -> link(send, child, 0, transfer.bytes()));
        } else if (!transfer.umem()) {
            unsent.add(send);
        }
    }

    /**
     * The kernel had a TCP socket send what another one had received: no process has seen it.
     *
     * @param sequence of the first byte, as it is sent
     * @param shares in which skbs the bytes were received
     */
    void redirected(long socket, long sequence, long bytes, List<Receive.Share> shares, Passage passage) {
        Carriers carriers = new Carriers();
        streams.written(socket, sequence, bytes, passage.timeNs(), (child, from, to) -> {
            List<Receive.Share> parents = Receive.of(shares, from, to);
            if (!parents.isEmpty() && carriers.add(child)) {
                packets.cross(parents, child, passage);
            }
        });
    }

    /** A socket hands on an skb, with its headers. */
    void transmitted(long socket, Skb skb, boolean late, long now) {
        if (skb.tcp) {
            if (skb.payloadLength > 0) {
                streams.transmitted(socket, skb, now);
            }
        } else if (skb.udp) {
            for (Send send : unsent.take(socket, skb.udpLength - 8L, late, now)) {
                link(send, skb, 0, send.transfer().bytes());
            }
        }
    }

    void expire(long now) {
        calls.expire(now);
        crossings.expire(now);
        streams.expire(now);
        unsent.expire(now);
    }

    /** An skb carries bytes {@code [from, to)} of a send. */
    private void link(Send send, Skb child, long from, long to) {
        if (!send.take(child)) {
            return;
        }
        packets.sent(send, child);
        for (Feed feed : send.feeds()) {
            long first = Math.max(feed.at(), from);
            long length = Math.min(feed.end(), to) - first;
            if (length > 0) {
                boolean guess = feed.relation().evidence() == Evidence.GUESSED;
                // Which of its bytes it was made of, a guess does not say.
                long offset = guess ? 0 : feed.offset() + first - feed.at();
                long end = guess ? Long.MAX_VALUE : offset + length;
                Receive receive = feed.receive();
                receive.whenKnown(() -> {
                    List<Receive.Share> parents = receive.of(offset, end);
                    if (!parents.isEmpty()) {
                        packets.cross(parents, child, Passage.of(feed, send));
                    }
                });
            }
        }
    }

    /** Whether an skb that was made in a call of the thread can be of this one: others may have been lost. */
    private static boolean isOf(Transfer send, Skb skb) {
        return skb != null && (skb.socket == 0 || skb.socket == send.socket());
    }

    /** A send by the socket of the receive is no answer if it goes to somebody else; it is if that is not known. */
    private static boolean elsewhere(Receive receive, List<Skb> children) {
        boolean datagram = !receive.transfer().stream();
        return datagram
                && !receive.shares().isEmpty()
                && !children.isEmpty()
                && children.stream()
                        .allMatch(child -> child.sentTo != 0
                                && receive.shares().stream()
                                        .allMatch(share ->
                                                share.skb().source != 0 && share.skb().source != child.sentTo));
    }

    private static long task(Transfer transfer) {
        return (long) transfer.pid() << 32 | transfer.tid() & 0xffffffffL;
    }
}
