package traitrace.lab;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.PortUnreachableException;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.util.ArrayList;
import java.util.List;
import traitrace.lab.TrafficResult.Receipt;

/** Sends datagrams. */
final class UdpExchange {
    private static final long LOCKSTEP_NS = 500_000_000L;

    private UdpExchange() {}

    static TrafficResult run(Laboratory lab, Traffic.Udp udp, List<Long> numbers) throws Exception {
        InetSocketAddress to = new InetSocketAddress(InetAddress.getByName(udp.to()), udp.port());
        try (Senders senders = Senders.open(lab, udp, to);
                DatagramSink sink = udp.sink() == null ? null : DatagramSink.open(lab, udp.sink(), udp.to(), udp)) {
            List<Receipt> replies = new ArrayList<>();
            int refused = 0;
            int sent = 0;
            for (long number : numbers) {
                if (udp.window() > 0 && sink != null) {
                    sink.awaitCount(sent - udp.window());
                }
                DatagramChannel sender = senders.of(sent);
                sent++;
                byte[] message = Numbering.message(number, udp.payloadBytes(), udp.numberOffset());
                refused += send(sender, to, message, udp.connected()) ? 0 : 1;
                if (udp.lockstep()) {
                    awaitReply(sender, udp.numberOffset(), replies);
                }
                // Sleeping, however short, also gives way to who reads what is traced, on a machine with little to
                // spare.
                Exchange.gap(udp.gapMicros());
            }
            List<Receipt> received = sink == null ? List.of() : sink.finish(numbers.size());
            // Whatever the kernel has for us now was answered before the sink fell silent.
            for (DatagramChannel sender : senders.channels()) {
                drain(sender, udp.numberOffset(), replies);
            }
            return new TrafficResult(udp, numbers, refused, received, replies);
        }
    }

    /** The sending sockets, which take turns. */
    private record Senders(List<DatagramChannel> channels) implements AutoCloseable {
        static Senders open(Laboratory lab, Traffic.Udp udp, InetSocketAddress to) throws IOException {
            Senders senders = new Senders(new ArrayList<>());
            try {
                for (int i = 0; i < (udp.portPerDatagram() ? udp.count() : udp.sockets()); i++) {
                    int port = udp.portPerDatagram() ? udp.sourcePort() + i : udp.sourcePort();
                    DatagramChannel channel =
                            DatagramSink.channel(lab, udp.from(), udp.to(), udp.bind(), port, DatagramSink.ROOMY);
                    senders.channels.add(channel);
                    if (udp.connected()) {
                        channel.connect(to);
                    }
                }
                return senders;
            } catch (IOException | RuntimeException e) {
                senders.close();
                throw e;
            }
        }

        DatagramChannel of(int datagram) {
            return channels.get(datagram % channels.size());
        }

        @Override
        public void close() throws IOException {
            for (DatagramChannel channel : channels) {
                channel.close();
            }
        }
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
        ByteBuffer buffer = ByteBuffer.allocate(DatagramSink.MAX_DATAGRAM);
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
}
