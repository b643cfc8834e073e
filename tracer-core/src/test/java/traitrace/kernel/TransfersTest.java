package traitrace.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import traitrace.event.EventLayout;
import traitrace.event.EventView;
import traitrace.event.Transfer;
import traitrace.event.Transfer.Part;
import traitrace.lineage.EdgeKind;

/**
 * What the probes tell of a process that moves bytes, against what that process says itself: {@code
 * src/test/c/transfers.c}.
 */
@Tag("scenario")
class TransfersTest {
    private static final Btf KERNEL = Btf.read(Btf.VMLINUX);

    @TempDir
    private static Path folder;

    private static Path mover;
    private static boolean exact;
    /** What the process says, by the title of the section. */
    private static final Map<String, List<String>> SAID = new LinkedHashMap<>();
    /** What was told, of each line that the process said. */
    private static final Map<String, List<Told>> TOLD = new LinkedHashMap<>();

    /** A transfer and the links of its thread since the one before. */
    private record Told(Transfer transfer, List<Link> links) {
        long delivered() {
            return links.stream()
                    .filter(link -> link.kind == EdgeKind.DELIVER)
                    .mapToLong(Link::bytes)
                    .sum();
        }

        long emitted() {
            return links.stream().filter(link -> link.kind == EdgeKind.EMIT).count();
        }

        Part part() {
            return transfer.parts().get(0);
        }
    }

    private record Link(EdgeKind kind, long bytes) {}

    @BeforeAll
    static void moveBytes() throws Exception {
        assumeTrue("root".equals(System.getProperty("user.name")), "loading probes needs root");
        mover = folder.resolve("transfers");
        Process compiler = new ProcessBuilder("gcc", "-O1", "-o", mover.toString(), "src/test/c/transfers.c")
                .inheritIO()
                .start();
        assertThat(compiler.waitFor()).as("gcc").isZero();
        List<Told> told = new ArrayList<>();
        List<String> lines = trace(CaptureOptions.DEFAULT, told);
        assumeTrue(
                exact || KERNEL.hasTracepoint("sock_send_length"),
                "this kernel has neither the tracepoints nor lets functions be traced");
        String section = "";
        for (String line : lines) {
            if (line.startsWith("# ")) {
                section = line.substring(2);
            } else {
                SAID.computeIfAbsent(section, s -> new ArrayList<>()).add(line);
            }
        }
        int at = 0;
        for (Map.Entry<String, List<String>> said : SAID.entrySet()) {
            int end = Math.min(told.size(), at + said.getValue().size());
            TOLD.put(said.getKey(), told.subList(Math.min(at, end), end));
            at = end;
        }
        assertThat(told.subList(at, told.size())).as("more than was done").isEmpty();
    }

    /** Runs the mover and answers what it printed; what was told of it goes to {@code told}. */
    private static List<String> trace(CaptureOptions options, List<Told> told) throws Exception {
        return trace(options, told, new ProcessBuilder(mover.toString())::start);
    }

    private static List<String> trace(CaptureOptions options, List<Told> told, Callable<Process> going)
            throws Exception {
        List<EventView> records = new ArrayList<>();
        boolean[] stop = {false};
        Process process;
        List<String> said;
        try (Capture capture = Capture.open(KERNEL, options)) {
            exact = capture.exact();
            assertThat(capture.lineagePlan().refused()).isEmpty();
            assertThat(capture.stagesPlan().refused()).isEmpty();
            Thread reader = new Thread(() -> capture.run(
                    view -> {
                        if (view.kind() == EventLayout.KIND_TRANSFER || view.kind() == EventLayout.KIND_EDGE) {
                            records.add(view.copy());
                        }
                    },
                    time -> {},
                    () -> {
                        synchronized (stop) {
                            return stop[0];
                        }
                    }));
            reader.start();
            process = going.call();
            said = process.inputReader().lines().toList();
            assertThat(process.waitFor())
                    .as(process.errorReader().lines().collect(Collectors.joining()))
                    .isZero();
            LockSupport.parkNanos(100_000_000);
            synchronized (stop) {
                stop[0] = true;
            }
            reader.join();
            assertThat(capture.losses().events()).isZero();
        }
        // Of one thread: the process's number is its thread's, but for the workers of an io_uring.
        long pid = process.pid();
        List<Link> links = new ArrayList<>();
        for (EventView record : records) {
            if (record.kind() == EventLayout.KIND_TRANSFER) {
                Transfer transfer = Transfer.of(record);
                if (transfer.pid() == process.pid()) {
                    assertThat(transfer.uring() || transfer.tid() == pid).isTrue();
                    told.add(new Told(transfer, List.copyOf(links)));
                    links.clear();
                }
                continue;
            }
            EdgeKind kind = EdgeKind.values()[record.buffer().getShort(record.offset() + EventLayout.EDGE_KIND)];
            if (kind == EdgeKind.DELIVER && record.skbId() >>> 32 == pid) {
                links.add(new Link(kind, record.buffer().getInt(record.offset() + EventLayout.EDGE_OFFSET)));
            } else if (kind == EdgeKind.EMIT
                    && record.buffer().getLong(record.offset() + EventLayout.EDGE_PARENT) >>> 32 == pid) {
                links.add(new Link(kind, 0));
            }
        }
        return said;
    }

    private static String line(Transfer t) {
        String parts = t.parts().stream()
                .map(part -> Long.toHexString(part.address()) + "+" + part.len())
                .collect(Collectors.joining(","));
        return (t.sent() ? "send " : "recv ") + t.call() + " " + t.fd() + " " + t.bytes() + " " + (t.stream() ? 1 : 0)
                + " " + (t.pipe() != 0 ? 1 : 0) + " " + (parts.isEmpty() ? "-" : parts);
    }

    /** By which descriptor an io_uring moves bytes, its request says, and not the iterator of the call. */
    private static String asLineageTells(String line) {
        return line.replaceFirst(" OTHER \\d+ ", " OTHER -1 ");
    }

    private static List<Told> told(String section) {
        return TOLD.get(section);
    }

    @Test
    void everyCallIsToldWithItsMemory() {
        Map<String, List<String>> lines = new LinkedHashMap<>();
        TOLD.forEach((section, told) -> lines.put(
                section, told.stream().map(one -> line(one.transfer())).toList()));
        Map<String, List<String>> expected = new LinkedHashMap<>(SAID);
        if (exact) {
            expected.replaceAll((section, said) -> section.startsWith("uring")
                    ? said.stream().map(TransfersTest::asLineageTells).toList()
                    : said);
        }
        assertThat(lines).containsExactlyEntriesOf(expected);
        assertThat(SAID).hasSizeGreaterThan(15);
    }

    @Test
    void allMemoryWasHashedAndDullnessSeen() {
        TOLD.forEach((section, told) -> assertThat(told)
                .flatExtracting(one -> one.transfer().parts())
                .as(section)
                .allMatch(Part::hashed)
                .allMatch(part -> part.dull() == section.contains("dull")));
    }

    @Test
    void partsThatDoNotFitAreCounted() {
        TOLD.forEach((section, told) -> assertThat(told)
                .as(section)
                .allMatch(one -> one.transfer().partly()
                        == (section.equals("udp partly") && one.transfer().sent())));
    }

    @Test
    void whatAnUringDoesIsToldApart() {
        TOLD.forEach((section, told) -> assertThat(
                        told.stream().map(one -> one.transfer().uring()))
                .as(section)
                .containsExactlyElementsOf(SAID.get(section).stream()
                        .map(line -> line.contains(" OTHER "))
                        .toList()));
    }

    @Test
    void hashesAreOfTheBytes() {
        Part sent = told("udp sendto recvfrom").get(0).part();
        Part got = told("udp sendto recvfrom").get(1).part();
        Part relayed = told("relayed unchanged").get(1).part();
        Part changed = told("changed in its last byte").get(1).part();
        for (Part same : List.of(got, relayed)) {
            assertThat(List.of(same.head(), same.tail(), same.whole()))
                    .containsExactly(sent.head(), sent.tail(), sent.whole());
        }
        assertThat(changed.head()).isEqualTo(sent.head());
        assertThat(changed.whole()).as("of the first 1024 bytes").isEqualTo(sent.whole());
        assertThat(changed.tail()).isNotEqualTo(sent.tail());
        assertThat(List.of(sent.head(), sent.tail(), sent.whole())).doesNotHaveDuplicates();

        Part few = told("udp short").get(1).part();
        assertThat(few.len()).isEqualTo(13);
        assertThat(List.of(few.head(), few.tail(), few.whole()))
                .as("of all bytes, since there are fewer than 64")
                .containsOnly(told("udp short").get(0).part().head());
        // Ten bytes of the same beginning are other bytes.
        assertThat(told("udp sendmsg recvmsg").get(0).part().head()).isNotEqualTo(few.head());
    }

    @Test
    void streamsAreNumbered() {
        List<Told> first = told("tcp write read");
        long start = first.get(0).transfer().seq();
        assertThat(first)
                .extracting(one -> one.transfer().seq() - start & 0xffffffffL)
                .containsExactly(0L, 0L, 0L, 2000L);
        List<Told> discarded = told("tcp writev");
        long other = discarded.get(0).transfer().seq();
        assertThat(discarded)
                .extracting(one -> one.transfer().seq() - other & 0xffffffffL)
                .containsExactly(0L, 0L, 100L);
        assertThat(told("tcp fin"))
                .as("a FIN has a number, too")
                .extracting(one -> one.transfer().seq())
                .containsOnly(told("tcp fin").get(0).transfer().seq());
    }

    @Test
    void splicesAreNumberedAndTheirPipeIsNamed() {
        List<Transfer> s = told("tcp splice").stream().map(Told::transfer).toList();
        assertThat(s.subList(0, 7).stream().filter(t -> t.pipe() != 0).map(Transfer::pipe))
                .hasSize(4)
                .containsOnly(s.get(1).pipe());
        assertThat(s.get(1).seq()).isEqualTo(s.get(0).seq());
        assertThat(s.get(4).seq() - s.get(1).seq() & 0xffffffffL).isEqualTo(300);
        assertThat(s.get(3).seq())
                .as("written from the pipe, read on")
                .isEqualTo(s.get(2).seq());
        assertThat(s.get(6).seq()).isEqualTo(s.get(5).seq());
        assertThat(s.get(8).seq()).as("never read before").isEqualTo(s.get(7).seq());
    }

    @Test
    void packetsAreTiedToTheCallsThatTookAndMadeThem() {
        TOLD.forEach((section, told) -> {
            for (Told one : told) {
                Transfer t = one.transfer();
                boolean datagram = t.protocol() != 6;
                // Tracepoints alone tell it when the skb is freed, if the reader does that.
                boolean late = section.equals("sockmap redirects what is received") && !exact;
                assertThat(one.emitted()).as(section + ": " + line(t)).isEqualTo(t.sent() && datagram ? 1 : 0);
                if (late) {
                    continue;
                }
                if (t.sent() || (t.protocol() == 17 && !exact) || (t.pipe() != 0 && !exact)) {
                    assertThat(one.delivered()).as(section + ": " + line(t)).isZero();
                } else {
                    assertThat(one.delivered()).as(section + ": " + line(t)).isEqualTo(expected(section, t));
                }
            }
        });
    }

    /** Bytes of packets that the call must have got. */
    private static long expected(String section, Transfer t) {
        if (t.peeked() && t.protocol() == 17 || (t.stream() && (t.message() & Transfer.MSG_TRUNC) != 0)) {
            return 0;
        }
        return section.startsWith("tun with packet information") && t.family() == 0 ? t.bytes() - 4 : t.bytes();
    }

    @Test
    void tracepointsAloneTellTheSame() throws Exception {
        assumeTrue(exact, "the other tests tried that");
        assumeTrue(KERNEL.hasTracepoint("sock_send_length"), "this kernel has no such tracepoints");
        boolean was = exact;
        List<Told> told = new ArrayList<>();
        List<String> said = trace(CaptureOptions.DEFAULT.withHooks(Hooks.STAGES), told);
        exact = was;
        assertThat(told.stream().map(one -> line(one.transfer())))
                .containsExactlyElementsOf(
                        said.stream().filter(line -> !line.startsWith("#")).toList());
    }

    @Test
    void requestsOfAnUringThatAreOlderThanTheTraceAreFound() throws Exception {
        boolean was = exact;
        Process early = new ProcessBuilder(mover.toString(), "early").start();
        assumeTrue("ready".equals(early.inputReader().readLine()), "this host gives nobody an io_uring");
        List<Told> told = new ArrayList<>();
        List<String> said = trace(CaptureOptions.DEFAULT, told, () -> {
            early.outputWriter().append('\n').close();
            return early;
        });
        exact = was;
        assertThat(told.stream().map(Told::transfer).filter(one -> !one.sent()).map(TransfersTest::line))
                .hasSize(3)
                .containsExactlyElementsOf(said);
    }

    @Test
    void whoDoesNotWantItIsToldOfNothing() throws Exception {
        boolean was = exact;
        List<Told> told = new ArrayList<>();
        trace(CaptureOptions.DEFAULT.withUserSpace(false), told);
        assertThat(told).allSatisfy(one -> {
            assertThat(one.transfer().sent()).isFalse();
            assertThat(one.links()).isEmpty();
        });
        assertThat(exact).isEqualTo(was);
    }
}
