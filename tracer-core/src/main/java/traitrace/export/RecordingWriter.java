package traitrace.export;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.zip.CRC32C;
import java.util.zip.Deflater;
import traitrace.TracerException;
import traitrace.event.EventLayout;
import traitrace.event.EventSink;
import traitrace.event.EventView;
import traitrace.event.Hook;
import traitrace.event.Losses;
import traitrace.names.Names;

/**
 * Writes a recording: every record as it came, and the names that a reader on another host could not look up. The format
 * is that of {@link RecordingFormat}. One thread.
 *
 * <p>Every method throws a {@link TracerException} when the file cannot be written, a full disk above all; what was
 * flushed before stays readable.
 */
public final class RecordingWriter implements EventSink, AutoCloseable {
    /** A writer that lives for weeks must not remember every namespace that ever was: it starts over and repeats them. */
    private static final int MAX_REMEMBERED = 65_536;

    private final String target;
    private final OutputStream out;
    private final Names names;
    private final ByteBuffer block =
            ByteBuffer.allocate(RecordingFormat.MAX_BLOCK_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    private final byte[] stored = new byte[RecordingFormat.BLOCK_HEADER + RecordingFormat.MAX_STORED_BYTES];
    private final Deflater deflater = new Deflater(Deflater.BEST_SPEED, true);
    private final CRC32C crc = new CRC32C();
    private final Set<Long> namespaces = new HashSet<>();
    private final Set<Long> symbols = new HashSet<>();
    private final Set<Long> cgroups = new HashSet<>();
    private final Set<Integer> reasons = new HashSet<>();
    private long records;

    /**
     * Creates the file, for its owner only: packets are other people's business.
     *
     * @param replace remove a regular file that is there; anything else that is there is an error
     */
    public static RecordingWriter create(Path file, boolean replace, CaptureInfo info, Names names) {
        try {
            // Anything else by that name, a device or a folder, is not ours to remove.
            if (replace && Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
                Files.delete(file);
            }
            OutputStream out = Channels.newOutputStream(Files.newByteChannel(
                    file,
                    Set.of(StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW),
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))));
            return new RecordingWriter(file.toString(), out, info, names);
        } catch (FileAlreadyExistsException e) {
            throw new TracerException(
                    TracerException.Kind.USAGE, file + " exists", "choose another name, or replace it with --force", e);
        } catch (IOException e) {
            throw FileErrors.writing(file.toString(), e);
        }
    }

    /** Writes to {@code out}, which is closed by {@link #close}; {@code target} names it in errors. */
    RecordingWriter(String target, OutputStream out, CaptureInfo info, Names names) {
        this.target = target;
        this.out = out;
        this.names = names;
        try {
            out.write(RecordingFormat.MAGIC);
            out.write(meta(info));
        } catch (IOException e) {
            throw FileErrors.writing(target, e);
        }
    }

    @Override
    public void accept(EventView event) {
        nameWhatItNeeds(event);
        room(event.length());
        block.putShort((short) RecordingFormat.RECORD).putShort((short) event.length());
        block.put(block.position(), event.buffer(), event.offset(), event.length());
        block.position(block.position() + event.length());
        records++;
    }

    /** Records written so far. */
    public long records() {
        return records;
    }

    /** Brings everything so far into the file: to be called every second or so, and when nothing comes. */
    public void flush() {
        if (block.position() == 0) {
            return;
        }
        try {
            out.write(stored, 0, pack());
            out.flush();
        } catch (IOException e) {
            throw FileErrors.writing(target, e);
        }
        block.clear();
    }

    /** Writes what was lost, which makes the file whole. */
    public void finish(Losses losses) {
        int bytes =
                RecordingFormat.LOSSES_BYTES + Long.BYTES * losses.eventsByCpu().size();
        room(bytes);
        block.putShort((short) RecordingFormat.LOSSES).putShort((short) bytes);
        block.putLong(losses.missedRuns()).putLong(losses.untracked()).putLong(losses.aged());
        block.putLong(losses.evicted()).putLong(losses.filtered());
        losses.eventsByCpu().forEach(block::putLong);
        flush();
    }

    /** Without {@link #finish} before it, readers will say that the file was cut. */
    @Override
    public void close() {
        try {
            flush();
        } finally {
            deflater.end();
            try {
                out.close();
            } catch (IOException e) {
                throw FileErrors.writing(target, e);
            }
        }
    }

    private void nameWhatItNeeds(EventView event) {
        int kind = event.kind();
        if (kind == EventLayout.KIND_EDGE) {
            for (int i = 0; i < EventLayout.EDGE_CALLER_COUNT && event.caller(i) != 0; i++) {
                symbol(event.caller(i));
            }
            return;
        }
        if (kind == EventLayout.KIND_TASK) {
            container(event);
            return;
        }
        if (kind != EventLayout.KIND_EVENT && kind != EventLayout.KIND_TRANSFER) {
            return;
        }
        forgetIfMany(namespaces);
        if (namespaces.add(event.netns())) {
            name(RecordingFormat.NETNS, event.netns(), names.netns(event.netns()));
        }
        if (kind != EventLayout.KIND_EVENT) {
            return;
        }
        if (event.hook() == Hook.KFREE_SKB.id()) {
            int reason = (int) (event.arg() >>> 32);
            if (reasons.add(reason)) {
                name(RecordingFormat.REASON, Integer.toUnsignedLong(reason), names.dropReason(reason));
            }
            symbol(event.arg());
        } else if (event.hook() == Hook.CONSUME_SKB.id() && event.arg() != 0) {
            symbol(event.arg());
        }
    }

    private void container(EventView task) {
        long cgroup = task.buffer().getLong(task.offset() + EventLayout.TASK_CGROUP);
        forgetIfMany(cgroups);
        if (cgroup != 0 && cgroups.add(cgroup)) {
            int pid = task.buffer().getInt(task.offset() + EventLayout.TASK_PID);
            name(RecordingFormat.CONTAINER, cgroup, names.container(pid));
        }
    }

    /** @param arg of which the low half is that of an address of code */
    private void symbol(long arg) {
        long address = CodeAddress.of(arg);
        forgetIfMany(symbols);
        if (symbols.add(address)) {
            name(RecordingFormat.SYMBOL, address, names.symbol(address));
        }
    }

    private static void forgetIfMany(Set<?> remembered) {
        if (remembered.size() >= MAX_REMEMBERED) {
            remembered.clear();
        }
    }

    private void name(int type, long key, String name) {
        byte[] text = name.getBytes(StandardCharsets.UTF_8);
        int length = Math.min(text.length, RecordingFormat.MAX_NAME_BYTES);
        if (length == 0) {
            return;
        }
        room(Long.BYTES + length);
        block.putShort((short) type).putShort((short) (Long.BYTES + length));
        block.putLong(key).put(text, 0, length);
    }

    private void room(int contentBytes) {
        if (block.remaining() < RecordingFormat.FRAME_HEADER + contentBytes) {
            flush();
        }
    }

    /** Compresses the block into {@link #stored} and returns its length with the header. */
    private int pack() {
        deflater.reset();
        deflater.setInput(block.array(), 0, block.position());
        deflater.finish();
        int length = deflater.deflate(stored, RecordingFormat.BLOCK_HEADER, RecordingFormat.MAX_STORED_BYTES);
        if (!deflater.finished()) {
            throw new IllegalStateException("a block grew under compression to more than " + length + " bytes");
        }
        crc.reset();
        crc.update(stored, RecordingFormat.BLOCK_HEADER, length);
        ByteBuffer.wrap(stored)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(RecordingFormat.BLOCK_MAGIC)
                .putInt(length)
                .putInt(block.position())
                .putInt((int) crc.getValue());
        return RecordingFormat.BLOCK_HEADER + length;
    }

    private static byte[] meta(CaptureInfo info) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (JsonGenerator json = new JsonFactory().createGenerator(bytes)) {
            json.writeStartObject();
            json.writeNumberField("schema", JsonLines.SCHEMA);
            json.writeStringField("tool", "traitrace");
            json.writeStringField("version", info.version());
            json.writeStringField("kernel", info.kernel());
            json.writeStringField("clock", "monotonic");
            json.writeStringField("boot_unix_ns", Long.toString(info.bootUnixNs()));
            json.writeStringField("filter", info.filter());
            json.writeArrayFieldStart("families");
            for (String family : info.plan()) {
                json.writeString(family);
            }
            json.writeEndArray();
            json.writeNumberField("event_bytes", EventLayout.EVENT_BYTES);
            json.writeArrayFieldStart("hooks");
            for (Hook hook : Hook.values()) {
                json.writeStartObject();
                json.writeNumberField("id", hook.id());
                json.writeStringField("name", hook.kernelName());
                json.writeStringField("stage", hook.stage().label());
                json.writeStringField("meaning", hook.meaning());
                json.writeEndObject();
            }
            json.writeEndArray();
            json.writeObjectFieldStart("drop_reasons");
            for (Map.Entry<Integer, String> reason : new TreeMap<>(info.dropReasons()).entrySet()) {
                json.writeStringField(reason.getKey().toString(), reason.getValue());
            }
            json.writeEndObject();
            json.writeEndObject();
        }
        bytes.write('\n');
        return bytes.toByteArray();
    }
}
