package traitrace.lab;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import traitrace.lab.TrafficResult.Receipt;

/** Sends messages over one connection. */
final class TcpExchange {
    private static final long ASLEEP_MS = 1000;

    private TcpExchange() {}

    static TrafficResult run(Laboratory lab, Traffic.Tcp tcp, List<Long> numbers) throws Exception {
        InetAddress to = InetAddress.getByName(tcp.to());
        StandardProtocolFamily family =
                tcp.to().indexOf(':') >= 0 ? StandardProtocolFamily.INET6 : StandardProtocolFamily.INET;
        MessageLog received = new MessageLog(tcp.payloadBytes(), tcp.numberOffset());
        MessageLog replies = new MessageLog(tcp.payloadBytes(), tcp.numberOffset());
        try (ServerSocketChannel server = tcp.sink() == null ? null : listen(lab, tcp.sink(), family);
                SocketChannel client = lab.in(tcp.from(), () -> SocketChannel.open(family))) {
            CountDownLatch written = new CountDownLatch(1);
            FutureTask<Void> sink = start(() -> {
                if (server != null) {
                    serve(server, tcp.sink(), received, written);
                }
            });
            client.setOption(StandardSocketOptions.TCP_NODELAY, true);
            client.connect(new InetSocketAddress(to, tcp.port()));
            FutureTask<Void> reader = start(() -> readAll(client, replies, null, numbers.size()));
            if (tcp.sink() != null && tcp.sink().vanish()) {
                sink.get(1, TimeUnit.SECONDS);
            }
            int refused = write(client, tcp, numbers, received, replies);
            written.countDown();
            if (tcp.replies()) {
                await(reader);
            } else if (tcp.sink() != null && tcp.sink().vanish()) {
                Exchange.gap(200_000);
            } else {
                if (tcp.abort()) {
                    awaitMessages(received, numbers.size());
                    reset(client);
                } else {
                    shutdownOutput(client);
                }
                await(sink);
            }
            return new TrafficResult(tcp, numbers, refused, received.receipts(), replies.receipts());
        }
    }

    private static int write(
            SocketChannel client, Traffic.Tcp tcp, List<Long> numbers, MessageLog received, MessageLog replies) {
        int written = 0;
        try {
            while (written < numbers.size()) {
                int end = Math.min(written + tcp.perWrite(), numbers.size());
                if (tcp.window() > 0) {
                    awaitMessages(received, end - tcp.window());
                }
                ByteBuffer chunk = ByteBuffer.allocate((end - written) * tcp.payloadBytes());
                for (long number : numbers.subList(written, end)) {
                    chunk.put(Numbering.message(number, tcp.payloadBytes(), tcp.numberOffset()));
                }
                chunk.flip();
                while (chunk.hasRemaining()) {
                    client.write(chunk);
                }
                written = end;
                Exchange.gap(tcp.gapMicros());
                if (tcp.lockstep()) {
                    awaitMessages(replies, written);
                }
            }
        } catch (IOException reset) {
            // The far end is gone: the rest was never taken.
        }
        return numbers.size() - written;
    }

    private static ServerSocketChannel listen(Laboratory lab, Traffic.Sink sink, StandardProtocolFamily family) {
        return lab.in(sink.ns(), () -> {
            ServerSocketChannel server = ServerSocketChannel.open(family);
            server.setOption(StandardSocketOptions.SO_REUSEADDR, true);
            if (sink.receiveBuffer() > 0) {
                server.setOption(StandardSocketOptions.SO_RCVBUF, sink.receiveBuffer());
            }
            server.bind(
                    sink.address().isEmpty()
                            ? new InetSocketAddress(sink.port())
                            : new InetSocketAddress(InetAddress.getByName(sink.address()), sink.port()));
            return server;
        });
    }

    /** Closing with a linger time of 0 resets the connection. */
    private static void reset(SocketChannel connection) throws IOException {
        connection.setOption(StandardSocketOptions.SO_LINGER, 0);
        connection.close();
    }

    private static void awaitMessages(MessageLog log, int messages) {
        long end = System.nanoTime() + Exchange.LIMIT_NS;
        while (log.size() < messages && System.nanoTime() < end) {
            Exchange.gap(1000);
        }
    }

    private static void serve(ServerSocketChannel server, Traffic.Sink sink, MessageLog log, CountDownLatch written)
            throws IOException {
        try (SocketChannel connection = server.accept()) {
            if (sink.vanish()) {
                // Closing with a linger time of 0 resets the connection; the listener goes too, so that what comes
                // afterwards finds no socket at all.
                connection.setOption(StandardSocketOptions.SO_LINGER, 0);
                server.close();
                return;
            }
            if (sink.asleep()) {
                sleep(written);
            }
            readAll(connection, log, sink.echo() ? connection : null, Integer.MAX_VALUE);
        }
    }

    private static void sleep(CountDownLatch written) throws IOException {
        try {
            // The result tells nothing: both ends of the wait are lawful.
            boolean all = written.await(ASLEEP_MS, TimeUnit.MILLISECONDS);
            Exchange.gap(all ? 1000 : 0);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    private static void readAll(SocketChannel from, MessageLog log, SocketChannel echo, int messages)
            throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(256 << 10);
        while (log.size() < messages && from.read(buffer.clear()) >= 0) {
            log.add(buffer.flip());
            while (echo != null && buffer.hasRemaining()) {
                echo.write(buffer);
            }
        }
    }

    private static void shutdownOutput(SocketChannel client) {
        try {
            client.shutdownOutput();
        } catch (IOException reset) {
            // Then the far end knows already.
        }
    }

    private interface Work {
        void run() throws IOException;
    }

    private static FutureTask<Void> start(Work work) {
        FutureTask<Void> task = new FutureTask<>(() -> {
            try {
                work.run();
            } catch (IOException closed) {
                // The connection ended: what arrived until then counts.
            }
            return null;
        });
        Thread thread = new Thread(task, "lab-tcp");
        thread.setDaemon(true);
        thread.start();
        return task;
    }

    /** Waits for the far end, or gives up: then what arrived is what counts. */
    private static void await(FutureTask<Void> task) throws Exception {
        try {
            task.get(5, TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            task.cancel(true);
        }
    }

    /** The messages in a stream of bytes. Written by one thread, read by another at the end. */
    static final class MessageLog {
        private final byte[] message;
        private final int offset;
        private final List<Receipt> receipts = new ArrayList<>();
        private int filled;

        MessageLog(int messageBytes, int offset) {
            message = new byte[messageBytes];
            this.offset = offset;
        }

        /** Takes bytes without moving the buffer's position. */
        synchronized void add(ByteBuffer bytes) {
            ByteBuffer rest = bytes.duplicate();
            while (rest.hasRemaining()) {
                int n = Math.min(rest.remaining(), message.length - filled);
                rest.get(message, filled, n);
                filled += n;
                if (filled == message.length) {
                    filled = 0;
                    receipts.add(new Receipt(Numbering.numberOf(ByteBuffer.wrap(message), offset), System.nanoTime()));
                }
            }
        }

        synchronized int size() {
            return receipts.size();
        }

        synchronized List<Receipt> receipts() {
            return List.copyOf(receipts);
        }
    }
}
