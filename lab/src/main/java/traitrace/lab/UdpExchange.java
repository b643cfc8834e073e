package traitrace.lab;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.PortUnreachableException;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import traitrace.lab.TrafficResult.Receipt;

/** Sends datagrams. */
final class UdpExchange {
    private static final int MAX_DATAGRAM = 65_535;
    private static final int ROOMY = 4 << 20;
    private static final long LOCKSTEP_NS = 500_000_000L;

    private UdpExchange() {}

    static TrafficResult run(Laboratory lab, Traffic.Udp udp, List<Long> numbers) throws Exception {
        InetSocketAddress to = new InetSocketAddress(InetAddress.getByName(udp.to()), udp.port());
        try (DatagramChannel sender = open(lab, udp.from(), udp.to(), udp.bind(), udp.sourcePort(), ROOMY);
                Receiving sink = udp.sink() == null ? null : receiving(lab, udp)) {
            if (udp.connected()) {
                sender.connect(to);
            }
            List<Receipt> replies = new ArrayList<>();
            int refused = 0;
            for (long number : numbers) {
                byte[] message = Numbering.message(number, udp.payloadBytes(), udp.numberOffset());
                refused += send(sender, to, message, udp.connected()) ? 0 : 1;
                if (udp.lockstep()) {
                    awaitReply(sender, udp.numberOffset(), replies);
                }
                Exchange.gap(udp.gapMicros());
            }
            List<Receipt> received = sink == null ? List.of() : sink.finish(numbers.size());
            // Whatever the kernel has for us now was answered before the sink fell silent.
            drain(sender, udp.numberOffset(), replies);
            return new TrafficResult(udp, numbers, refused, received, replies);
        }
    }

    private static Receiving receiving(Laboratory lab, Traffic.Udp udp) throws IOException {
        Traffic.Sink sink = udp.sink();
        int buffer = sink.receiveBuffer() > 0 ? sink.receiveBuffer() : ROOMY;
        DatagramChannel channel = open(lab, sink.ns(), udp.to(), sink.address(), sink.port(), buffer);
        channel.configureBlocking(false);
        return new Receiving(channel, sink, udp.numberOffset());
    }

    private static DatagramChannel open(
            Laboratory lab, String ns, String to, String bind, int port, int receiveBuffer) {
        StandardProtocolFamily family =
                to.indexOf(':') >= 0 ? StandardProtocolFamily.INET6 : StandardProtocolFamily.INET;
        return lab.in(ns, () -> {
            DatagramChannel channel = DatagramChannel.open(family);
            channel.setOption(StandardSocketOptions.SO_RCVBUF, receiveBuffer);
            channel.bind(
                    bind.isEmpty()
                            ? new InetSocketAddress(port)
                            : new InetSocketAddress(InetAddress.getByName(bind), port));
            return channel;
        });
    }

    private static boolean send(DatagramChannel channel, InetSocketAddress to, byte[] message, boolean connected) {
        for (int attempt = 0; attempt < 2; attempt++) {
            try {
                if (connected) {
                    channel.write(ByteBuffer.wrap(message));
                } else {
                    channel.send(ByteBuffer.wrap(message), to);
                }
                return true;
            } catch (PortUnreachableException aboutAnEarlierOne) {
                // The error of an earlier datagram was handed out instead of sending this one: send it again.
            } catch (IOException e) {
                return false;
            }
        }
        return false;
    }

    private static void awaitReply(DatagramChannel channel, int offset, List<Receipt> replies) throws IOException {
        int before = replies.size();
        long end = System.nanoTime() + LOCKSTEP_NS;
        while (replies.size() == before && System.nanoTime() < end) {
            drain(channel, offset, replies);
            if (replies.size() == before) {
                Exchange.gap(100);
            }
        }
    }

    private static void drain(DatagramChannel channel, int offset, List<Receipt> replies) throws IOException {
        channel.configureBlocking(false);
        ByteBuffer buffer = ByteBuffer.allocate(MAX_DATAGRAM);
        while (true) {
            try {
                buffer.clear();
                if (channel.receive(buffer) == null) {
                    break;
                }
                replies.add(new Receipt(Numbering.numberOf(buffer.flip(), offset), System.nanoTime()));
            } catch (PortUnreachableException pending) {
                // Told of a datagram that nobody took: no reply.
            }
        }
        channel.configureBlocking(true);
    }

    /** A socket that takes datagrams on a thread of its own. */
    private static final class Receiving implements AutoCloseable {
        private final DatagramChannel channel;
        private final Traffic.Sink sink;
        private final int offset;
        private final List<Receipt> received = new ArrayList<>();
        private final CountDownLatch awake = new CountDownLatch(1);
        private final Thread thread = new Thread(this::receive, "lab-udp-sink");
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

        /** Waits until all of the expected number arrived, or nothing more comes. */
        List<Receipt> finish(int expectedNumber) throws InterruptedException {
            expected = expectedNumber;
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
                while (!closed && !(sent && (received.size() >= expected || quiet(last)))) {
                    buffer.clear();
                    InetSocketAddress from = (InetSocketAddress) channel.receive(buffer);
                    if (from == null) {
                        if (!sent) {
                            last = System.nanoTime();
                        }
                        Exchange.gap(100);
                        continue;
                    }
                    last = System.nanoTime();
                    received.add(new Receipt(Numbering.numberOf(buffer.flip(), offset), last));
                    if (sink.echo()) {
                        channel.send(buffer, from);
                    }
                }
            } catch (IOException | InterruptedException e) {
                // The socket was closed under us: what arrived until then counts.
            }
        }

        private static boolean quiet(long last) {
            return System.nanoTime() - last > Exchange.QUIET_NS;
        }

        @Override
        public void close() throws IOException {
            closed = true;
            thread.interrupt();
            channel.close();
        }
    }
}
