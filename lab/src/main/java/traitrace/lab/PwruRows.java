package traitrace.lab;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import traitrace.TracerException;

/**
 * What pwru printed of a scenario. As a file, pwru's own text behind lines that say what it cannot know:
 *
 * <pre>
 * # namespace client 4026532196
 * # remembered 12
 * 0xffff8bc8c085e400  0  [socat(225)]  ip_rcv  netns=4026532248 mark=0x0 ... 10.1.0.1:12001-&gt;10.1.0.2:9000(udp)
 * </pre>
 *
 * @param namespaces inode numbers by the topology's names
 * @param remembered entries in pwru's table of tracked addresses at the end, of at most {@link #TABLE_SIZE}; -1 if not
 *     known
 * @param rows in the order in which the functions were called
 */
record PwruRows(Map<String, Long> namespaces, int remembered, List<Row> rows) {
    /** pwru's table of tracked addresses; from its source, bpf/kprobe_pwru.c. */
    static final String TABLE = "skb_addresses";

    /** When it is full, nothing new is tracked. */
    static final int TABLE_SIZE = 1024;

    private static final Pattern ROW =
            Pattern.compile("^(0x[0-9a-f]+) +\\d+ +\\S.* netns=(\\d+) mark=.* len=\\d+ (\\S*)");
    private static final Pattern TUPLE = Pattern.compile(".*:(\\d+)->.*:(\\d+)\\((\\S+)\\)");

    PwruRows {
        namespaces = Map.copyOf(namespaces);
        rows = List.copyOf(rows);
    }

    /**
     * One skb at one function.
     *
     * @param skb its address, as printed
     * @param netns inode number; 0 where the skb belongs to no device
     * @param sourcePort 0 if unknown: of a later fragment, or when the kernel has not yet written it
     */
    record Row(String skb, long netns, int sourcePort, int destinationPort) {}

    /** Writes a file. */
    static void write(Path file, Map<String, Long> namespaces, int remembered, String printed) {
        StringBuilder text = new StringBuilder();
        new TreeMap<>(namespaces).forEach((name, inode) -> text.append("# namespace ")
                .append(name)
                .append(' ')
                .append(inode)
                .append('\n'));
        text.append("# remembered ").append(remembered).append('\n').append(printed);
        try {
            Files.writeString(file, text, StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            throw new TracerException(TracerException.Kind.FAILURE, "cannot write " + file, "", e);
        }
    }

    /**
     * Reads a file.
     *
     * @throws TracerException if there is something in it that is not understood
     */
    static PwruRows read(Path file) {
        try {
            return parse(Files.readString(file, StandardCharsets.ISO_8859_1));
        } catch (IOException e) {
            throw new TracerException(TracerException.Kind.FAILURE, "cannot read " + file, "", e);
        }
    }

    /** As {@link #read}, of text. */
    static PwruRows parse(String text) {
        Map<String, Long> namespaces = new TreeMap<>();
        List<Row> rows = new ArrayList<>();
        int remembered = -1;
        for (String line : text.split("\n")) {
            String[] words = line.strip().split(" +");
            if (line.startsWith("# namespace ")) {
                namespaces.put(words[2], Long.parseLong(words[3]));
            } else if (line.startsWith("# remembered ")) {
                remembered = Integer.parseInt(words[2]);
            } else if (!line.isBlank() && !words[0].equals("SKB")) {
                rows.add(row(line));
            }
        }
        return new PwruRows(namespaces, remembered, rows);
    }

    private static Row row(String line) {
        Matcher row = ROW.matcher(line);
        if (!row.find()) {
            throw new TracerException(TracerException.Kind.FAILURE, "not a row of pwru's: " + line, "");
        }
        Matcher tuple = TUPLE.matcher(row.group(3));
        boolean known = tuple.matches() && tuple.group(3).equals("udp");
        return new Row(
                row.group(1),
                Long.parseLong(row.group(2)),
                known ? Integer.parseInt(tuple.group(1)) : 0,
                known ? Integer.parseInt(tuple.group(2)) : 0);
    }
}
