package traitrace.lineage;

import static traitrace.event.Hook.*;
import static traitrace.lineage.Journeys.*;

import java.util.List;
import java.util.function.UnaryOperator;
import traitrace.event.EventLayout;
import traitrace.event.Hook;
import traitrace.event.RecordBytes;
import traitrace.event.RecordFeed;
import traitrace.event.Transfer;
import traitrace.event.TransferBytes;

/** Packets that come to a process, and packets that it sends: the records of the kernel in their order. */
final class Relayed {
    static final int PID = 812;
    static final long IN = 0xffff888000001000L;
    static final long OUT = 0xffff888000002000L;
    static final long BUFFER = 0x7f0000001000L;
    static final long COPY = 0x7f0000100000L;
    static final int DELIVER = EdgeKind.DELIVER.ordinal();
    static final int EMIT = EdgeKind.EMIT.ordinal();

    final Journeys journeys;
    final RecordFeed feed;
    private final boolean exact;
    private int tid = PID;
    private int message;
    private long next;
    private boolean emptied = true;
    private long pipe;

    Relayed(boolean exact) {
        this.exact = exact;
        journeys = exact ? Journeys.exact() : new Journeys();
        feed = journeys.feed;
    }

    static byte[] text(int seed, int length) {
        return Program.text(seed, length);
    }

    Relayed on(int thread) {
        tid = thread;
        return this;
    }

    /** MSG_* of the calls that follow. */
    Relayed message(int flags) {
        message = flags;
        return this;
    }

    Relayed pipe(long address) {
        pipe = address;
        return this;
    }

    private long task() {
        return (long) PID << 32 | tid;
    }

    /** A datagram comes to the socket. */
    Relayed arrives(long skb, long socket, int bytes) {
        return arrives(skb, socket, bytes, CLIENT);
    }

    Relayed arrives(long skb, long socket, int bytes, int from) {
        feed.see(NETIF_RECEIVE_SKB, skb, r -> r.at(HOME, 2).ip(RecordBytes.udp(from, SERVER, 53, 0, bytes)));
        feed.see(exact ? UDP_ENQUEUE : SK_DATA_READY, skb, r -> r.arg(socket));
        return this;
    }

    /** The process takes this datagram. */
    Relayed receives(long skb, long socket, long address, byte[] bytes) {
        if (exact) {
            feed.see(SKB_CONSUME_UDP, skb, r -> r.pid(PID).arg(bytes.length));
            copied(skb, bytes.length);
        }
        return got(socket, 17, 0, TransferBytes.part(address, bytes));
    }

    /** The kernel tells that it copied this skb to the process. */
    Relayed copied(long skb, int bytes) {
        feed.edge(skb, skb, task(), DELIVER, 0, r -> r.pid(bytes));
        return this;
    }

    Relayed got(long socket, int protocol, long seq, Transfer.Part... parts) {
        return transfer(false, socket, protocol, seq, parts);
    }

    /** The process sends a datagram, which is this skb. */
    Relayed sends(long skb, long socket, long address, byte[] bytes) {
        return goesOut(skb, socket, bytes.length).gave(socket, 17, 0, TransferBytes.part(address, bytes));
    }

    /** A packet appears in a call. */
    Relayed goesOut(long skb, long socket, int bytes) {
        appears(skb, socket, bytes, r -> r.pid(PID));
        feed.edge(skb, task(), skb, EMIT, 0);
        return this;
    }

    Relayed appears(long skb, long socket, int bytes, UnaryOperator<RecordBytes> more) {
        Hook hook = exact ? IP_LOCAL_OUT : NET_DEV_QUEUE;
        feed.see(
                hook,
                skb,
                r -> more.apply(r.at(HOME, 3)
                        .ip(RecordBytes.udp(SERVER, 0x0a000009, 53, 0, bytes))
                        .arg(socket)));
        return this;
    }

    Relayed gave(long socket, int protocol, long seq, Transfer.Part... parts) {
        return transfer(true, socket, protocol, seq, parts);
    }

    /** The process gets bytes of a TCP socket that are not of its stream. */
    Relayed unnumbered(long socket, Transfer.Part part) {
        return transfer(false, socket, 6, false, 0, (int) part.len(), List.of(part));
    }

    /** As {@link #got} and {@link #gave} where no memory is known: to or from a pipe, for example. */
    Relayed moved(boolean sent, long socket, int protocol, long seq, int bytes) {
        return transfer(sent, socket, protocol, seq, bytes, List.of());
    }

    private Relayed transfer(boolean sent, long socket, int protocol, long seq, Transfer.Part... parts) {
        int bytes = (int) List.of(parts).stream().mapToLong(Transfer.Part::len).sum();
        return transfer(sent, socket, protocol, seq, bytes, List.of(parts));
    }

    private Relayed transfer(boolean sent, long socket, int protocol, long seq, int bytes, List<Transfer.Part> parts) {
        return transfer(sent, socket, protocol, protocol == 6, seq, bytes, parts);
    }

    private Relayed transfer(
            boolean sent, long socket, int protocol, boolean stream, long seq, int bytes, List<Transfer.Part> parts) {
        feed.pass(1000);
        feed.raw(TransferBytes.record(new Transfer(
                feed.now(),
                socket,
                socket >>> 12,
                next,
                pipe,
                PID,
                tid,
                HOME,
                bytes,
                sent ? 12 : 9,
                sent,
                stream,
                emptied,
                false,
                false,
                seq,
                message,
                protocol,
                2,
                sent ? Transfer.Call.SENDMSG : Transfer.Call.RECVMSG,
                0,
                parts)));
        return this;
    }

    /** A frame is copied into a umem: the skb that it was has ended before. */
    Relayed umemGets(long skb, long socket, int pid, long address, byte[] payload) {
        feed.see(NETIF_RECEIVE_SKB, skb, r -> r.at(HOME, 2).ip(udp(0, payload.length)));
        feed.see(CONSUME_SKB, skb);
        feed.see(XSK_RCV, skb, r -> r.at(HOME, 2));
        return frame(false, skb, socket, pid, address, payload);
    }

    /** A frame is copied out of a umem, and goes to the driver. */
    Relayed umemGives(long skb, long socket, long address, byte[] payload) {
        byte[] headers = RecordBytes.udp(CLIENT, SERVER, 53, 0, payload.length);
        feed.see(XSK_XMIT, skb, r -> r.pid(PID).at(HOME, 3).ip(headers).arg(socket));
        return frame(true, skb, socket, PID, address, payload);
    }

    private Relayed frame(boolean sent, long skb, long socket, int pid, long address, byte[] payload) {
        feed.pass(1000);
        feed.raw(TransferBytes.record(new Transfer(
                feed.now(),
                socket,
                0,
                skb,
                0,
                pid,
                sent ? tid : 0,
                HOME,
                42 + payload.length,
                -1,
                sent,
                false,
                false,
                false,
                false,
                0,
                0,
                0,
                Transfer.AF_XDP,
                Transfer.Call.OTHER,
                0,
                List.of(TransferBytes.unread(address, 42), TransferBytes.part(address + 42, payload)))));
        return this;
    }

    /** A segment comes from outside and is taken by its connection. */
    Relayed segment(long skb, long sequence, int bytes) {
        feed.see(NETIF_RECEIVE_SKB, skb, r -> r.at(HOME, 2).ip(tcp(sequence, bytes)));
        if (exact) {
            feed.see(TCP_DO_RCV, skb, r -> r.arg(sequence << 32 | (sequence + bytes & 0xffffffffL)));
        } else {
            feed.see(TCP_PROBE, skb, r -> r.arg(IN));
        }
        return this;
    }

    /** The reader gets bytes of a segment. */
    Relayed reads(long skb, long sequence, int bytes) {
        feed.see(SKB_COPY_DATAGRAM, skb, r -> r.pid(PID).arg(sequence << 32 | bytes));
        return copied(skb, bytes);
    }

    /** TCP sends a segment of the other connection. */
    Relayed transmits(long skb, long sequence, int bytes) {
        byte[] headers = RecordBytes.tcp(SERVER, 0x0a000009, 8080, (int) skb, sequence, ACK, bytes);
        if (!exact) {
            feed.see(NET_DEV_QUEUE, skb, r -> r.at(HOME, 3).ip(headers).arg(OUT));
            return this;
        }
        long wire = skb * 100;
        feed.see(TCP_TRANSMIT, skb, r -> r.at(HOME, 0).arg(sequence << 32 | (sequence + bytes & 0xffffffffL)));
        feed.edge(skb, skb, wire, EdgeKind.CLONE.ordinal(), 0);
        feed.see(IP_LOCAL_OUT, wire, r -> r.at(HOME, 0).ip(headers).arg(OUT));
        return this;
    }

    /** In an interrupt. */
    static RecordBytes late(RecordBytes record) {
        return record.flag(EventLayout.FLAG_SOFTIRQ);
    }

    void settle() {
        journeys.lineage.advance(feed.now() + Lineage.Limits.DEFAULT.settleNs() + 1);
    }
}
