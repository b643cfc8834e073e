package traitrace.lab;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import traitrace.TracerException;
import traitrace.lab.TrafficResult.Receipt;

/** What takes datagrams: a socket of ours, or a program that prints what it received. */
abstract sealed class DatagramSink implements AutoCloseable {
    static final int MAX_DATAGRAM = 65_535;
    static final int ROOMY = 4 << 20;

    private static final int JOIN_MICROS = 1_000_000;
    private static final long STUCK_NS = 500_000_000L;

    /** How many have arrived until now. */
    abstract int count();

    /** Waits until so many have arrived, or too long. */
    void awaitCount(int atLeast) {
        long end = System.nanoTime() + STUCK_NS;
        while (count() < atLeast && System.nanoTime() < end) {
            Exchange.gap(50);
        }
    }

    /** Waits until all of the expected number arrived, or nothing more comes. */
    abstract List<Receipt> finish(int expected) throws InterruptedException;

    @Override
    public abstract void close() throws IOException;

    /**
     * Opens a sink; datagrams sent from now on arrive.
     *
     * @param to an address that tells the family, and the group that it may join; empty = IPv4
     */
    static DatagramSink open(Laboratory lab, Traffic.Sink sink, String to, Traffic traffic) throws IOException {
        if (!sink.argv().isEmpty()) {
            return new Printing(lab, sink, traffic);
        }
        int buffer = sink.receiveBuffer() > 0 ? sink.receiveBuffer() : ROOMY;
        DatagramChannel channel = channel(lab, sink.ns(), to, sink.address(), sink.port(), buffer);
        if (!sink.join().isEmpty()) {
            lab.in(sink.ns(), () -> channel.join(InetAddress.getByName(to), NetworkInterface.getByName(sink.join())));
            // The report of the membership makes its way to snooping bridges.
            Exchange.gap(JOIN_MICROS);
        }
        channel.configureBlocking(false);
        return new Receiving(channel, sink, traffic.numberOffset());
    }

    /** A socket in a namespace, of the family of an address. */
    static DatagramChannel channel(Laboratory lab, String ns, String to, String bind, int port, int receiveBuffer) {
        StandardProtocolFamily family =
                to.indexOf(':') >= 0 ? StandardProtocolFamily.INET6 : StandardProtocolFamily.INET;
        return lab.in(ns, () -> {
            DatagramChannel channel = DatagramChannel.open(family);
            channel.setOption(StandardSocketOptions.SO_RCVBUF, receiveBuffer);
            channel.setOption(StandardSocketOptions.SO_BROADCAST, true);
            channel.setOption(StandardSocketOptions.SO_REUSEADDR, true);
            channel.bind(
                    bind.isEmpty()
                            ? new InetSocketAddress(port)
                            : new InetSocketAddress(InetAddress.getByName(bind), port));
            return channel;
        });
    }

    private static boolean quiet(long last) {
        return System.nanoTime() - last > Exchange.QUIET_NS;
    }

    /** A socket that is read on a thread of its own. */
    private static final class Receiving extends DatagramSink {
        private final DatagramChannel channel;
        private final Traffic.Sink sink;
        private final int offset;
        private final List<Receipt> received = new ArrayList<>();
        private final CountDownLatch awake = new CountDownLatch(1);
        private final Thread thread = new Thread(this::receive, "lab-udp-sink");
        private volatile int count;
        private volatile int expected = Integer.MAX_VALUE;
        private volatile boolean sent;
        private volatile boolean closed;

        Receiving(DatagramChannel channel, Traffic.Sink sink, int offset) {
            this.channel = channel;
            this.sink = sink;
            this.offset = offset;
            if (!sink.asleep()) {
                awake.countDown();
            }
            thread.setDaemon(true);
            thread.start();
        }

        @Override
        int count() {
            return count;
        }

        @Override
        List<Receipt> finish(int expectedNumber) throws InterruptedException {
            expected = expectedNumber * sink.copies();
            sent = true;
            awake.countDown();
            thread.join(TimeUnit.NANOSECONDS.toMillis(Exchange.LIMIT_NS));
            return received;
        }

        private void receive() {
            ByteBuffer buffer = ByteBuffer.allocate(MAX_DATAGRAM);
            try {
                awake.await();
                long last = System.nanoTime();
                while (!closed && !(sent && received.size() >= expected)) {
                    buffer.clear();
                    InetSocketAddress from = (InetSocketAddress) channel.receive(buffer);
                    if (from == null) {
                        // Only where nothing waits is it quiet: this thread itself may have been held up.
                        if (!sent) {
                            last = System.nanoTime();
                        } else if (quiet(last)) {
                            break;
                        }
                        Exchange.gap(100);
                        continue;
                    }
                    last = System.nanoTime();
                    received.add(new Receipt(Numbering.numberOf(buffer.flip(), offset), last));
                    count = received.size();
                    if (sink.echo()) {
                        channel.send(buffer, from);
                    }
                }
            } catch (IOException | InterruptedException e) {
                // The socket was closed under us: what arrived until then counts.
            }
        }

        @Override
        public void close() throws IOException {
            closed = true;
            thread.interrupt();
            channel.close();
        }
    }

    /** A program; the datagrams that it prints have all the same size. */
    private static final class Printing extends DatagramSink {
        private final Process process;
        private final TcpExchange.MessageLog log;

        Printing(Laboratory lab, Traffic.Sink sink, Traffic traffic) {
            log = new TcpExchange.MessageLog(traffic.payloadBytes(), traffic.numberOffset());
            process = lab.in(sink.ns(), () -> new ProcessBuilder(sink.argv())
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start());
            Thread reader =
                    new Thread(() -> ProgramExchange.read(process.getInputStream(), log), "lab-udp-sink-program");
            reader.setDaemon(true);
            reader.start();
            long end = System.nanoTime() + Exchange.LIMIT_NS;
            while (!lab.in(sink.ns(), () -> OpenPorts.read("udp").contains(sink.port()))) {
                if (!process.isAlive() || System.nanoTime() > end) {
                    close();
                    throw new TracerException(
                            TracerException.Kind.FAILURE,
                            "`" + String.join(" ", sink.argv()) + "` did not open the UDP port " + sink.port(),
                            "");
                }
                Exchange.gap(10_000);
            }
        }

        @Override
        int count() {
            return log.size();
        }

        @Override
        List<Receipt> finish(int expected) {
            long last = System.nanoTime();
            int before = -1;
            while (log.size() < expected && !quiet(last)) {
                if (log.size() != before) {
                    before = log.size();
                    last = System.nanoTime();
                }
                Exchange.gap(1000);
            }
            return log.receipts();
        }

        @Override
        public void close() {
            Laboratory.end(process);
        }
    }
}
