package traitrace.lab;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import traitrace.lab.TrafficResult.Receipt;

/** A server that answers requests: datagrams one after another, each connection on a thread of its own. */
final class RequestSink implements AutoCloseable {
    private static final int BACKLOG = 128;

    private final Traffic.Requests traffic;
    private final AutoCloseable socket;
    private final List<Receipt> received = Collections.synchronizedList(new ArrayList<>());
    private final List<Socket> connections = Collections.synchronizedList(new ArrayList<>());

    private RequestSink(Traffic.Requests traffic, AutoCloseable socket) {
        this.traffic = traffic;
        this.socket = socket;
    }

    /** Opens it; requests sent from now on are answered. */
    static RequestSink open(Laboratory lab, Traffic.Requests traffic) throws IOException {
        Traffic.Sink sink = traffic.sink();
        InetSocketAddress address = sink.address().isEmpty()
                ? new InetSocketAddress(sink.port())
                : new InetSocketAddress(InetAddress.getByName(sink.address()), sink.port());
        if (traffic.protocol().datagrams()) {
            DatagramSocket socket = lab.in(sink.ns(), () -> new DatagramSocket(address));
            socket.setReceiveBufferSize(DatagramSink.ROOMY);
            RequestSink open = new RequestSink(traffic, socket);
            open.start(() -> open.serve(socket));
            return open;
        }
        ServerSocket server = lab.in(sink.ns(), () -> new ServerSocket(sink.port(), BACKLOG, address.getAddress()));
        RequestSink open = new RequestSink(traffic, server);
        open.start(() -> open.accept(server));
        return open;
    }

    /** What asks and answers in turn must not wait for more to send. */
    static Socket immediately(Socket socket) throws IOException {
        socket.setTcpNoDelay(true);
        return socket;
    }

    /** Until now, in order. */
    List<Receipt> received() {
        return List.copyOf(received);
    }

    private interface Work {
        void run() throws IOException;
    }

    private void start(Work work) {
        Thread thread = new Thread(
                () -> {
                    try {
                        work.run();
                    } catch (IOException closed) {
                        // What was asked until then counts.
                    }
                },
                "lab-server");
        thread.setDaemon(true);
        thread.start();
    }

    private void serve(DatagramSocket datagrams) throws IOException {
        byte[] buffer = new byte[DatagramSink.MAX_DATAGRAM];
        while (!datagrams.isClosed()) {
            DatagramPacket request = new DatagramPacket(buffer, buffer.length);
            datagrams.receive(request);
            byte[] bytes = RequestExchange.datagram(request);
            received.add(RequestExchange.receipt(traffic, bytes));
            byte[] answer = Requests.answer(traffic, bytes);
            datagrams.send(new DatagramPacket(answer, answer.length, request.getSocketAddress()));
        }
    }

    private void accept(ServerSocket server) throws IOException {
        while (!server.isClosed()) {
            Socket connection = immediately(server.accept());
            connections.add(connection);
            start(() -> serve(connection));
        }
    }

    private void serve(Socket connection) throws IOException {
        try (connection) {
            InputStream requests = new BufferedInputStream(connection.getInputStream());
            byte[] request = Requests.read(traffic, requests);
            while (request != null) {
                received.add(RequestExchange.receipt(traffic, request));
                Requests.write(connection.getOutputStream(), Requests.answer(traffic, request));
                request = Requests.read(traffic, requests);
            }
        }
    }

    @Override
    public void close() throws IOException {
        try {
            socket.close();
        } catch (IOException e) {
            throw e;
        } catch (Exception e) {
            throw new IOException(e);
        }
        for (Socket connection : List.copyOf(connections)) {
            connection.close();
        }
    }
}
