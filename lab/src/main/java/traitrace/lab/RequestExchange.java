package traitrace.lab;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import traitrace.TracerException;
import traitrace.lab.TrafficResult.Receipt;

/**
 * Clients that ask, each one request at a time over a socket of its own, on a thread of its own: what one of them does
 * next has nothing to do with what another one was answered.
 */
final class RequestExchange {
    private static final int PATIENCE_MS = 15_000;

    private RequestExchange() {}

    static TrafficResult run(Laboratory lab, Traffic.Requests traffic, List<Long> numbers) throws IOException {
        List<Receipt> replies = Collections.synchronizedList(new ArrayList<>());
        try (RequestSink sink = traffic.sink() == null ? null : RequestSink.open(lab, traffic)) {
            List<CompletableFuture<Integer>> clients = new ArrayList<>();
            for (int i = 0; i < traffic.clients(); i++) {
                int client = i;
                CompletableFuture<Integer> asked = new CompletableFuture<>();
                clients.add(asked);
                Thread thread = new Thread(
                        () -> {
                            try {
                                asked.complete(ask(lab, traffic, numbersOf(client, traffic, numbers), replies));
                            } catch (IOException | RuntimeException | Error e) {
                                asked.completeExceptionally(e);
                            }
                        },
                        "lab-client");
                thread.setDaemon(true);
                thread.start();
            }
            int asked = 0;
            for (CompletableFuture<Integer> client : clients) {
                asked += client.exceptionally(e -> {
                            throw new TracerException(
                                    TracerException.Kind.FAILURE, "traffic \"" + traffic.name() + "\": " + e, "", e);
                        })
                        .join();
            }
            List<Receipt> received = sink == null ? List.of() : sink.received();
            return new TrafficResult(traffic, numbers, numbers.size() - asked, received, List.copyOf(replies));
        }
    }

    private static List<Long> numbersOf(int client, Traffic.Requests traffic, List<Long> numbers) {
        List<Long> own = new ArrayList<>();
        for (int i = client; i < numbers.size(); i += traffic.clients()) {
            own.add(numbers.get(i));
        }
        return own;
    }

    /** How many it asked. */
    private static int ask(Laboratory lab, Traffic.Requests traffic, List<Long> numbers, List<Receipt> replies)
            throws IOException {
        return traffic.protocol().datagrams()
                ? askByDatagrams(lab, traffic, numbers, replies)
                : askByStream(lab, traffic, numbers, replies);
    }

    private static int askByDatagrams(
            Laboratory lab, Traffic.Requests traffic, List<Long> numbers, List<Receipt> replies) throws IOException {
        try (DatagramSocket socket = lab.in(traffic.from(), () -> new DatagramSocket())) {
            socket.setSoTimeout(PATIENCE_MS);
            socket.connect(new InetSocketAddress(InetAddress.getByName(traffic.to()), traffic.port()));
            DatagramPacket answer = new DatagramPacket(new byte[DatagramSink.MAX_DATAGRAM], DatagramSink.MAX_DATAGRAM);
            for (long number : numbers) {
                byte[] request = Requests.request(traffic, number);
                socket.send(new DatagramPacket(request, request.length));
                try {
                    socket.receive(answer);
                    replies.add(receipt(traffic, datagram(answer)));
                } catch (SocketTimeoutException lost) {
                    // It counts as one that was not answered.
                }
                answer.setLength(DatagramSink.MAX_DATAGRAM);
                Exchange.gap(traffic.gapMicros());
            }
            return numbers.size();
        }
    }

    private static int askByStream(Laboratory lab, Traffic.Requests traffic, List<Long> numbers, List<Receipt> replies)
            throws IOException {
        int asked = 0;
        // The socket is made by an option that needs it: made where it is connected, it would be in another namespace.
        try (Socket socket = lab.in(traffic.from(), () -> RequestSink.immediately(new Socket()))) {
            socket.setSoTimeout(PATIENCE_MS);
            socket.connect(new InetSocketAddress(InetAddress.getByName(traffic.to()), traffic.port()), PATIENCE_MS);
            // Byte for byte, each would be a system call.
            InputStream answers = new BufferedInputStream(socket.getInputStream());
            for (long number : numbers) {
                Requests.write(socket.getOutputStream(), Requests.request(traffic, number));
                asked++;
                byte[] answer = Requests.read(traffic, answers);
                if (answer == null) {
                    break;
                }
                replies.add(receipt(traffic, answer));
                Exchange.gap(traffic.gapMicros());
            }
        } catch (SocketTimeoutException gaveUp) {
            // What was asked until then counts; the number that was not answered shows up as missing.
        }
        return asked;
    }

    static Receipt receipt(Traffic.Requests traffic, byte[] message) {
        return new Receipt(Requests.numberOf(traffic, message), System.nanoTime());
    }

    static byte[] datagram(DatagramPacket packet) {
        byte[] bytes = new byte[packet.getLength()];
        System.arraycopy(packet.getData(), packet.getOffset(), bytes, 0, bytes.length);
        return bytes;
    }
}
