package traitrace.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.zip.CRC32C;
import java.util.zip.Deflater;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import traitrace.TracerException;
import traitrace.event.EventLayout;
import traitrace.event.EventSink;
import traitrace.event.EventView;
import traitrace.event.Family;
import traitrace.event.Hook;
import traitrace.event.Losses;
import traitrace.event.RecordBytes;
import traitrace.names.Names;
import traitrace.names.NoNames;

class RecordingTest {
    private static final CaptureInfo INFO = new CaptureInfo(
            "0.1.0",
            "6.18.2",
            1_234_567_890_123_456_789L,
            "tcp",
            Set.of(Family.STAGES, Family.LINEAGE),
            Map.of(2, "NOT_SPECIFIED"));
    private static final Losses LOSSES = new Losses(List.of(1L, 0L, 6L), 2, 3, 4, 7, 5);
    private static final byte[] WHOLE = write(10_000);

    @Test
    void replaysEveryRecordAndNameThatWasWritten() {
        List<byte[]> seen = new ArrayList<>();
        try (RecordingReader reader = open(WHOLE)) {
            assertThat(reader.info()).isEqualTo(INFO);
            reader.replay(e -> seen.add(bytes(e)), () -> false);
            assertThat(reader.cut()).isEmpty();
            assertThat(reader.losses()).isEqualTo(LOSSES);
            assertThat(reader.records()).isEqualTo(10_000);
            assertThat(reader.names().netns(1)).isEqualTo("host");
            assertThat(reader.names().netns(4)).isEqualTo("net:[4]");
            assertThat(reader.names().device(1, 2)).isEqualTo("eth?");
            assertThat(reader.names().physical(1, 2)).isTrue();
            assertThat(reader.names().dropReason(8)).isEqualTo("SKB_DROP_REASON_NETFILTER_DROP");
            assertThat(reader.names().dropReason(2)).isEqualTo("NOT_SPECIFIED");
            assertThat(reader.names().symbol(0xffffffff81234567L)).isEqualTo("nf_hook_slow+0xb3");
        }
        assertThat(seen).hasSize(10_000);
        for (int i = 0; i < seen.size(); i++) {
            assertThat(seen.get(i)).isEqualTo(record(i));
        }
    }

    @Test
    void knowsTheNamesWhenTheRecordArrives() {
        try (RecordingReader reader = open(WHOLE)) {
            reader.replay(e -> assertThat(reader.names().netns(e.netns())).isNotEmpty(), () -> false);
        }
    }

    @Test
    void knowsWhoMadeAnEdgeAndWhoConsumed() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Names symbols = new NoNames() {
            @Override
            public String netns(long inode) {
                return "host";
            }

            @Override
            public String container(int pid) {
                return pid == 812 ? "3f2a9c81d0b4" : "";
            }

            @Override
            public String symbol(long address) {
                return "f" + Integer.toHexString((int) address) + "+0x1";
            }
        };
        try (RecordingWriter writer = new RecordingWriter("test", out, INFO, symbols)) {
            writer.accept(RecordBytes.edge(1, 1, 1, 2, 0, 0)
                    .callers(0x81000010L, 0x81000020L)
                    .view());
            writer.accept(RecordBytes.event(Hook.CONSUME_SKB, 2, 1, 2, 0)
                    .arg(0x81000030L)
                    .view());
            for (int pid : new int[] {812, 813}) {
                RecordBytes task = RecordBytes.gone(3, 0x42, 0).kind(EventLayout.KIND_TASK);
                task.buffer().putInt(EventLayout.TASK_PID, pid).put(EventLayout.NAME, (byte) 'x');
                writer.accept(task.view());
            }
            writer.finish(LOSSES);
        }
        try (RecordingReader reader = open(out.toByteArray())) {
            reader.replay(e -> {}, () -> false);
            assertThat(reader.names().container(813)).as("of the same cgroup").isEqualTo("3f2a9c81d0b4");
            assertThat(reader.names().container(814)).isEmpty();
            assertThat(List.of(0x81000010L, 0x81000020L, 0x81000030L))
                    .extracting(reader.names()::symbol)
                    .containsExactly("f81000010+0x1", "f81000020+0x1", "f81000030+0x1");
        }
    }

    @Test
    void takesARecordingThatDoesNotSayItsFamiliesForOneOfStages() {
        String[] lines = {"{}", "{\"families\":[\"stages\",7,[1],\"of-tomorrow\",\"lineage\"]}"};
        List<Set<Family>> families = new ArrayList<>();
        for (String line : lines) {
            try (RecordingReader reader = open(join(RecordingFormat.MAGIC, (line + "\n").getBytes()))) {
                families.add(reader.info().families());
            }
        }
        assertThat(families).containsExactly(Set.of(Family.STAGES), Set.of(Family.STAGES, Family.LINEAGE));
    }

    @Test
    void stopsWhenAsked() {
        try (RecordingReader reader = open(WHOLE)) {
            reader.replay(e -> {}, () -> reader.records() > 0);
            assertThat(reader.records()).isBetween(1L, 9_999L);
        }
    }

    @Property(tries = 200)
    void opensAFileThatWasCutAnywhereUpToTheCut(@ForAll @IntRange(max = 1_000_000) int at) {
        int length = at % WHOLE.length;
        List<byte[]> seen = new ArrayList<>();
        try (RecordingReader reader = open(Arrays.copyOf(WHOLE, length))) {
            reader.replay(e -> seen.add(bytes(e)), () -> false);
            assertThat(reader.cut()).isPresent();
        } catch (TracerException e) {
            assertThat(e).hasMessageMatching(".*(not a traitrace recording|first lines are cut off|newer format).*");
        }
        for (int i = 0; i < seen.size(); i++) {
            assertThat(seen.get(i)).isEqualTo(record(i));
        }
    }

    @Test
    void takesZerosAtTheEndForACut() {
        try (RecordingReader reader = open(Arrays.copyOf(WHOLE, WHOLE.length + 4096))) {
            reader.replay(e -> {}, () -> false);
            assertThat(reader.records()).isEqualTo(10_000);
        }
    }

    @Property(tries = 300)
    void anyDamageIsATracerExceptionOrNoticedAsACut(
            @ForAll @IntRange(max = 1_000_000) int at, @ForAll @IntRange(min = 1, max = 255) int flip) {
        byte[] damaged = WHOLE.clone();
        damaged[at % damaged.length] ^= (byte) flip;
        readsOrRefuses(damaged);
    }

    @Property(tries = 500)
    void anyBytesAreRefused(@ForAll byte[] bytes) {
        assertThatExceptionOfType(TracerException.class).isThrownBy(() -> readAll(bytes));
    }

    @Property(tries = 500)
    void anyBytesAfterTheMagicAreReadOrRefused(@ForAll byte[] bytes) {
        readsOrRefuses(join(RecordingFormat.MAGIC, bytes));
        readsOrRefuses(join(join(RecordingFormat.MAGIC, "{}\n".getBytes()), bytes));
    }

    @Property(tries = 500)
    void anyFramesInASoundBlockAreReadOrRefused(@ForAll @Size(max = 2000) byte[] frames) {
        readsOrRefuses(join(join(RecordingFormat.MAGIC, "{}\n".getBytes()), block(frames, frames.length)));
    }

    @Test
    void aBlockThatGrowsBeyondWhatItSaysIsRefused() {
        byte[] bomb = block(new byte[RecordingFormat.MAX_BLOCK_BYTES * 100], 1000);
        assertThatThrownBy(() -> readAll(join(join(RecordingFormat.MAGIC, "{}\n".getBytes()), bomb)))
                .isInstanceOf(TracerException.class)
                .hasMessageContaining("not as long as it says");
    }

    @Test
    void anEndlessFirstLineIsRefused() {
        byte[] line = new byte[RecordingFormat.MAX_META_BYTES * 2];
        Arrays.fill(line, (byte) ' ');
        assertThatThrownBy(() -> readAll(join(RecordingFormat.MAGIC, line)))
                .isInstanceOf(TracerException.class)
                .hasMessageContaining("does not end");
    }

    @Test
    void storesWhatCannotBeCompressed() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Random random = new Random(1);
        try (RecordingWriter writer = new RecordingWriter("test", out, INFO, Stories.NAMES)) {
            for (int i = 0; i < 5_000; i++) {
                byte[] record = new byte[EventLayout.EVENT_BYTES];
                random.nextBytes(record);
                record[EventLayout.KIND] = (byte) 200;
                send(writer, record);
            }
            writer.finish(LOSSES);
        }
        try (RecordingReader reader = open(out.toByteArray())) {
            reader.replay(e -> {}, () -> false);
            assertThat(reader.records()).isEqualTo(5_000);
        }
    }

    @Test
    void createsAFileForItsOwnerOnlyAndReplacesNothing(@TempDir Path directory) throws IOException {
        Path file = directory.resolve("r.trec");
        RecordingWriter.create(file, false, INFO, Stories.NAMES).close();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        assertThatThrownBy(() -> RecordingWriter.create(file, false, INFO, Stories.NAMES))
                .isInstanceOf(TracerException.class)
                .hasMessageContaining("exists");
        RecordingWriter.create(file, true, INFO, Stories.NAMES).close();
        assertThatThrownBy(() -> RecordingWriter.create(directory.resolve("no/r"), false, INFO, Stories.NAMES))
                .isInstanceOf(TracerException.class)
                .hasMessageContaining("does not exist");
    }

    @Test
    void aFullDiskIsAnErrorForTheUser() {
        assertThatThrownBy(() -> RecordingWriter.create(Path.of("/dev/full/x"), false, INFO, Stories.NAMES))
                .isInstanceOf(TracerException.class);
        RecordingWriter writer = new RecordingWriter("out", new FullDisk(), INFO, Stories.NAMES);
        send(writer, record(0));
        assertThatThrownBy(writer::flush)
                .isInstanceOf(TracerException.class)
                .hasMessage("cannot write out: No space left on device");
    }

    /** Takes the first two lines, no more. */
    private static final class FullDisk extends OutputStream {
        private int writes;

        @Override
        public void write(int b) {}

        @Override
        public void write(byte[] b, int off, int len) throws IOException {
            if (++writes > 2) {
                throw new IOException("No space left on device");
            }
        }
    }

    private static void readsOrRefuses(byte[] file) {
        try {
            readAll(file);
        } catch (TracerException e) {
            assertThat(e.getMessage()).isNotBlank();
        }
    }

    private static void readAll(byte[] file) {
        try (RecordingReader reader = open(file)) {
            reader.replay(e -> assertThat(e.wellFormed()).isTrue(), () -> false);
        }
    }

    private static RecordingReader open(byte[] file) {
        return new RecordingReader("test", new ByteArrayInputStream(file));
    }

    private static byte[] write(int count) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (RecordingWriter writer = new RecordingWriter("test", out, INFO, Stories.NAMES)) {
            for (int i = 0; i < count; i++) {
                send(writer, record(i));
                if (i % 3000 == 0) {
                    writer.flush();
                }
            }
            writer.finish(LOSSES);
        }
        return out.toByteArray();
    }

    private static void send(EventSink sink, byte[] record) {
        sink.accept(new EventView().wrap(ByteBuffer.wrap(record).order(ByteOrder.LITTLE_ENDIAN), 0, record.length));
    }

    private static byte[] record(int i) {
        boolean snapshot = i % 5 == 0;
        ByteBuffer b = ByteBuffer.allocate(snapshot ? EventLayout.PICTURED_BYTES : EventLayout.EVENT_BYTES)
                .order(ByteOrder.LITTLE_ENDIAN);
        b.putLong(EventLayout.TIME, i * 1000L).putLong(EventLayout.PACKET_ID, i / 10);
        b.putInt(EventLayout.NETNS, i % 7).put(EventLayout.KIND, (byte) EventLayout.KIND_EVENT);
        b.putShort(EventLayout.HOOK, (short) Hook.NET_DEV_QUEUE.id());
        if (snapshot) {
            b.put(EventLayout.FLAGS, (byte) EventLayout.FLAG_SNAPSHOT);
            b.putShort(EventLayout.EVENT_BYTES + EventLayout.SNAPSHOT_CAPTURED, (short) 128);
        } else if (i == 11) {
            b.putShort(EventLayout.HOOK, (short) Hook.KFREE_SKB.id());
            b.putLong(EventLayout.ARG, 8L << 32 | 0x81234567L);
        } else if (i == 1) {
            b.put(EventLayout.KIND, (byte) EventLayout.KIND_DEVICE);
            b.putInt(EventLayout.DEVICE_NETNS, 1).putInt(EventLayout.DEVICE_IFINDEX, 2);
            b.putInt(EventLayout.DEVICE_PHYSICAL, 1).putInt(EventLayout.DEVICE_PHYSICAL + 4, 0);
            b.put(EventLayout.NAME, new byte[] {'e', 't', 'h', 0x1b, 0});
        }
        return b.array();
    }

    private static byte[] bytes(EventView e) {
        byte[] bytes = new byte[e.length()];
        e.buffer().get(e.offset(), bytes);
        return bytes;
    }

    private static byte[] block(byte[] frames, int raw) {
        Deflater deflater = new Deflater(Deflater.BEST_SPEED, true);
        deflater.setInput(frames);
        deflater.finish();
        byte[] stored = new byte[frames.length + 1000];
        int length = deflater.deflate(stored);
        deflater.end();
        CRC32C crc = new CRC32C();
        crc.update(stored, 0, length);
        return ByteBuffer.allocate(RecordingFormat.BLOCK_HEADER + length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(RecordingFormat.BLOCK_MAGIC)
                .putInt(length)
                .putInt(raw)
                .putInt((int) crc.getValue())
                .put(stored, 0, length)
                .array();
    }

    private static byte[] join(byte[] a, byte[] b) {
        byte[] joined = Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, joined, a.length, b.length);
        return joined;
    }
}
