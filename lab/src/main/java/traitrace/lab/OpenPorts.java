package traitrace.lab;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The ports that are open in the namespace of the calling thread, and what else processes wait at. */
final class OpenPorts {
    private static final String TCP_LISTEN = "0A";

    private OpenPorts() {}

    /**
     * Ports bound (UDP) or listening (TCP), IPv4 and IPv6.
     *
     * @param protocol {@code udp} or {@code tcp}
     */
    static Set<Integer> read(String protocol) throws IOException {
        Set<Integer> ports = new HashSet<>();
        for (String file : List.of(protocol, protocol + "6")) {
            try {
                ports.addAll(parse(Files.readAllLines(Path.of("/proc/thread-self/net", file)), protocol));
            } catch (NoSuchFileException e) {
                // A kernel without IPv6.
            }
        }
        return ports;
    }

    /** How many packet sockets (AF_PACKET) there are. */
    static int packetSockets() throws IOException {
        Path file = Path.of("/proc/thread-self/net/packet");
        return Math.max(0, Files.readAllLines(file).size() - 1);
    }

    /** The nfnetlink queues at which a process listens (net/netfilter/nfnetlink_queue.c, seq_show). */
    static Set<Integer> nfqueues() throws IOException {
        try {
            return parseQueues(Files.readAllLines(Path.of("/proc/thread-self/net/netfilter/nfnetlink_queue")));
        } catch (NoSuchFileException e) {
            return Set.of();
        }
    }

    /** Of each line the first number; what it does not understand it skips. */
    static Set<Integer> parseQueues(List<String> lines) {
        Set<Integer> queues = new HashSet<>();
        for (String line : lines) {
            String first = line.strip().split("\\s+")[0];
            if (first.matches("\\d{1,5}")) {
                queues.add(Integer.parseInt(first));
            }
        }
        return queues;
    }

    /** Reads the lines of {@code /proc/net/udp} or {@code tcp}; what it does not understand it skips. */
    static Set<Integer> parse(List<String> lines, String protocol) {
        Set<Integer> ports = new HashSet<>();
        for (String line : lines) {
            String[] fields = line.strip().split("\\s+");
            if (fields.length < 4 || !fields[0].endsWith(":")) {
                continue;
            }
            if (protocol.equals("tcp") && !fields[3].equals(TCP_LISTEN)) {
                continue;
            }
            String local = fields[1];
            ports.add(Integer.parseInt(local.substring(local.lastIndexOf(':') + 1), 16));
        }
        return ports;
    }
}
