package traitrace.lab;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import traitrace.TracerException;

/**
 * The kernel's own counters of a namespace.
 *
 * <p>Names: {@code Udp.NoPorts}, {@code TcpExt.TCPRcvCoalesce} as in /proc/net/snmp and netstat; {@code Udp6InErrors} as
 * in /proc/net/snmp6; {@code dev:eth0.rx_packets} (also tx_packets, rx_dropped, tx_dropped, in /proc/net/dev);
 * {@code nft:NAME} for the packets of a named counter of the ruleset; {@code qdisc:eth0.requeues} (also packets, drops,
 * overlimits) for all qdiscs of a device.
 */
final class Counters {
    private static final ObjectMapper JSON = new ObjectMapper();

    private Counters() {}

    /**
     * Reads one counter.
     *
     * @return 0 if the kernel has no such counter: some appear only when they are first raised
     */
    static long read(Laboratory lab, String ns, String counter) {
        return lab.in(ns, () -> {
            if (counter.startsWith("nft:")) {
                return nft(Command.run(List.of("nft", "-j", "list", "counters")), counter.substring(4));
            }
            if (counter.startsWith("qdisc:")) {
                String[] words = counter.substring(6).split("\\.");
                return qdisc(Command.run(List.of("tc", "-s", "-j", "qdisc", "show", "dev", words[0])), words[1]);
            }
            Path net = Path.of("/proc/thread-self/net");
            Map<String, Long> values = new HashMap<>();
            if (counter.startsWith("dev:")) {
                values.putAll(devices(Files.readAllLines(net.resolve("dev"))));
            } else {
                values.putAll(tables(Files.readAllLines(net.resolve("snmp"))));
                values.putAll(tables(Files.readAllLines(net.resolve("netstat"))));
                values.putAll(pairs(readIfThere(net.resolve("snmp6"))));
            }
            return values.getOrDefault(counter, 0L);
        });
    }

    private static List<String> readIfThere(Path file) throws IOException {
        return Files.exists(file) ? Files.readAllLines(file) : List.of();
    }

    /** Pairs of lines: names, then values, both after the name of the table. */
    static Map<String, Long> tables(List<String> lines) {
        Map<String, Long> values = new HashMap<>();
        for (int i = 0; i + 1 < lines.size(); i += 2) {
            String[] names = lines.get(i).split("\\s+");
            String[] numbers = lines.get(i + 1).split("\\s+");
            String table = names[0].replace(":", "");
            for (int k = 1; k < Math.min(names.length, numbers.length); k++) {
                values.put(table + "." + names[k], Long.parseLong(numbers[k]));
            }
        }
        return values;
    }

    private static Map<String, Long> pairs(List<String> lines) {
        Map<String, Long> values = new HashMap<>();
        for (String line : lines) {
            String[] pair = line.strip().split("\\s+");
            if (pair.length == 2) {
                values.put(pair[0], Long.parseLong(pair[1]));
            }
        }
        return values;
    }

    /** The table of /proc/net/dev. */
    static Map<String, Long> devices(List<String> lines) {
        Map<String, Long> values = new HashMap<>();
        for (String line : lines) {
            int colon = line.indexOf(':');
            if (colon < 0) {
                continue;
            }
            String dev = "dev:" + line.substring(0, colon).strip() + ".";
            String[] columns = line.substring(colon + 1).strip().split("\\s+");
            if (columns.length >= 12) {
                values.put(dev + "rx_packets", Long.parseLong(columns[1]));
                values.put(dev + "rx_dropped", Long.parseLong(columns[3]));
                values.put(dev + "tx_packets", Long.parseLong(columns[9]));
                values.put(dev + "tx_dropped", Long.parseLong(columns[11]));
            }
        }
        return values;
    }

    /** The sum of a statistic in the output of {@code tc -s -j qdisc}. */
    static long qdisc(String json, String name) {
        try {
            long sum = 0;
            for (JsonNode qdisc : JSON.readTree(json)) {
                sum += qdisc.path(name).asLong();
            }
            return sum;
        } catch (JsonProcessingException e) {
            throw new TracerException(
                    TracerException.Kind.FAILURE, "cannot understand the counters of tc: " + e.getMessage(), "", e);
        }
    }

    /** The packets of all counters of this name in the output of {@code nft -j list counters}. */
    static long nft(String json, String name) {
        try {
            long packets = 0;
            for (JsonNode object : JSON.readTree(json).path("nftables")) {
                JsonNode counter = object.path("counter");
                if (counter.path("name").asText().equals(name)) {
                    packets += counter.path("packets").asLong();
                }
            }
            return packets;
        } catch (JsonProcessingException e) {
            throw new TracerException(
                    TracerException.Kind.FAILURE, "cannot understand the counters of nft: " + e.getMessage(), "", e);
        }
    }
}
