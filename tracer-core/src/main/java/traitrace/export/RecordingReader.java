package traitrace.export;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.zip.CRC32C;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import traitrace.TracerException;
import traitrace.TracerException.Kind;
import traitrace.event.EventLayout;
import traitrace.event.EventSink;
import traitrace.event.EventView;
import traitrace.event.Family;
import traitrace.event.Losses;
import traitrace.names.Names;

/**
 * Reads a recording and replays it through the same {@link EventSink} as a live capture. The format is that of
 * {@link RecordingFormat}. One thread; holds one block at a time, whatever the file says.
 *
 * <p>Anything that is not a recording, or a damaged one, is a {@link TracerException}; a file that merely ends too early
 * is replayed up to there, and {@link #cut} tells.
 */
public final class RecordingReader implements AutoCloseable {
    private static final int MAX_REASONS = 10_000;

    private final String source;
    private final InputStream in;
    private final CaptureInfo info;
    private final RecordedNames names;
    private final byte[] header = new byte[RecordingFormat.BLOCK_HEADER];
    private final byte[] stored = new byte[RecordingFormat.MAX_STORED_BYTES];
    private final ByteBuffer block =
            ByteBuffer.allocate(RecordingFormat.MAX_BLOCK_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    private final Inflater inflater = new Inflater(true);
    private final CRC32C crc = new CRC32C();
    private final EventView view = new EventView();
    private long position;
    private long records;
    private Losses losses = Losses.NONE;
    private boolean whole;
    private String cut = "";

    public static RecordingReader open(Path file) {
        if (Files.isDirectory(file)) {
            throw new TracerException(
                    Kind.FAILURE, file + " is a directory", "name a file that traitrace record wrote");
        }
        try {
            InputStream in = Files.newInputStream(file);
            try {
                return new RecordingReader(file.toString(), in);
            } catch (TracerException e) {
                in.close();
                throw e;
            }
        } catch (IOException e) {
            throw FileErrors.reading(file.toString(), e);
        }
    }

    /** Reads from {@code in}, which is closed by {@link #close}; {@code source} names it in errors. */
    public RecordingReader(String source, InputStream in) {
        this.source = source;
        this.in = new BufferedInputStream(in, 1 << 16);
        try {
            magic();
            this.info = meta(line());
        } catch (IOException e) {
            throw FileErrors.reading(source, e);
        }
        this.names = new RecordedNames(info.dropReasons());
    }

    public CaptureInfo info() {
        return info;
    }

    /** Learnt as the file is read: ask when an event arrives, not before. */
    public Names names() {
        return names;
    }

    /** Records read so far. */
    public long records() {
        return records;
    }

    /** What the capture lost; known at the end of a whole file, zero before. */
    public Losses losses() {
        return losses;
    }

    /** After the end: where the file was cut off, as a sentence; empty if it is whole. */
    public Optional<String> cut() {
        return cut.isEmpty() ? Optional.empty() : Optional.of(cut);
    }

    /**
     * Replays to the end of the file or until {@code stop} says so, which is asked before every block.
     *
     * @throws TracerException the file is damaged; everything before the damage was replayed
     */
    public void replay(EventSink sink, BooleanSupplier stop) {
        while (!stop.getAsBoolean()) {
            if (!nextBlock()) {
                return;
            }
            frames(sink);
        }
    }

    @Override
    public void close() {
        inflater.end();
        try {
            in.close();
        } catch (IOException e) {
            throw FileErrors.reading(source, e);
        }
    }

    /** Loads the next block; false at the end, whole or not. */
    private boolean nextBlock() {
        try {
            int got = in.readNBytes(header, 0, header.length);
            if (got == 0) {
                return end();
            }
            ByteBuffer fields = ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN);
            int magic = fields.getInt();
            int length = fields.getInt();
            int raw = fields.getInt();
            int sum = fields.getInt();
            // File systems show zeros where a crash kept the data from the disk.
            if (got < header.length || allZero(header)) {
                return end();
            }
            if (magic != RecordingFormat.BLOCK_MAGIC
                    || length < 0
                    || length > RecordingFormat.MAX_STORED_BYTES
                    || raw < 0
                    || raw > RecordingFormat.MAX_BLOCK_BYTES) {
                throw damaged("no block begins there");
            }
            if (in.readNBytes(stored, 0, length) < length) {
                return end();
            }
            crc.reset();
            crc.update(stored, 0, length);
            if ((int) crc.getValue() != sum) {
                throw damaged("the checksum of a block is wrong");
            }
            inflate(length, raw);
            position += header.length + length;
            return true;
        } catch (IOException e) {
            throw FileErrors.reading(source, e);
        }
    }

    private boolean end() {
        if (!whole) {
            cut = source + " ends at byte " + position
                    + " without its last block: the recorder was stopped in the middle";
        }
        return false;
    }

    private static boolean allZero(byte[] bytes) {
        for (byte b : bytes) {
            if (b != 0) {
                return false;
            }
        }
        return true;
    }

    private void inflate(int length, int raw) {
        inflater.reset();
        inflater.setInput(stored, 0, length);
        try {
            int got = inflater.inflate(block.array(), 0, raw);
            if (got != raw || inflater.inflate(new byte[1]) != 0 || !inflater.finished()) {
                throw damaged("a block is not as long as it says");
            }
        } catch (DataFormatException e) {
            throw damaged("a block cannot be decompressed");
        }
        block.clear().limit(raw);
    }

    private void frames(EventSink sink) {
        while (block.hasRemaining()) {
            if (block.remaining() < RecordingFormat.FRAME_HEADER) {
                throw damaged("a block ends inside a frame");
            }
            int type = Short.toUnsignedInt(block.getShort());
            int length = Short.toUnsignedInt(block.getShort());
            if (length > block.remaining()) {
                throw damaged("a frame is longer than its block");
            }
            int next = block.position() + length;
            frame(type, length, sink);
            block.position(next);
        }
    }

    private void frame(int type, int length, EventSink sink) {
        int at = block.position();
        switch (type) {
            case RecordingFormat.RECORD -> record(at, length, sink);
            case RecordingFormat.NETNS, RecordingFormat.SYMBOL, RecordingFormat.REASON, RecordingFormat.CONTAINER -> {
                int text = length - Long.BYTES;
                if (text < 1 || text > RecordingFormat.MAX_NAME_BYTES) {
                    throw damaged("a name has " + text + " bytes");
                }
                names.learn(
                        type,
                        block.getLong(at),
                        new String(block.array(), at + Long.BYTES, text, StandardCharsets.UTF_8));
            }
            case RecordingFormat.LOSSES -> {
                if (length < RecordingFormat.LOSSES_BYTES) {
                    throw damaged("the counts of losses are not complete");
                }
                List<Long> byCpu = new ArrayList<>();
                for (int i = RecordingFormat.LOSSES_BYTES; i + Long.BYTES <= length; i += Long.BYTES) {
                    byCpu.add(block.getLong(at + i));
                }
                losses = new Losses(
                        byCpu,
                        block.getLong(at),
                        block.getLong(at + 8),
                        block.getLong(at + 16),
                        block.getLong(at + 24),
                        block.getLong(at + 32));
                whole = true;
            }
            default -> {
                // A later version's: nothing that this one has to know.
            }
        }
    }

    private void record(int at, int length, EventSink sink) {
        view.wrap(block, at, length);
        if (length < EventLayout.EVENT_BYTES || !view.wellFormed()) {
            throw damaged("a record is shorter than its kind");
        }
        names.learn(view);
        records++;
        sink.accept(view);
    }

    private void magic() throws IOException {
        byte[] magic = in.readNBytes(RecordingFormat.MAGIC.length);
        if (!Arrays.equals(magic, RecordingFormat.MAGIC)) {
            String start = new String(magic, StandardCharsets.ISO_8859_1);
            if (start.startsWith("traitrace recording ")) {
                throw new TracerException(
                        Kind.FAILURE,
                        source + " has a newer format than this traitrace knows",
                        "read it with the traitrace that wrote it, or a later one");
            }
            throw new TracerException(
                    Kind.FAILURE, source + " is not a traitrace recording", "traitrace record -o FILE writes one");
        }
        position = magic.length;
    }

    /** The line of JSON, without its newline. */
    private byte[] line() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream(4096);
        for (int b = in.read(); b != '\n'; b = in.read()) {
            if (b < 0) {
                throw damaged("its first lines are cut off");
            }
            if (line.size() == RecordingFormat.MAX_META_BYTES) {
                throw damaged("its second line does not end");
            }
            line.write(b);
        }
        position += line.size() + 1;
        return line.toByteArray();
    }

    private CaptureInfo meta(byte[] line) {
        Map<String, String> values = new HashMap<>();
        Map<Integer, String> reasons = new HashMap<>();
        // Those of recordings that do not say it.
        Set<Family> families = EnumSet.of(Family.STAGES);
        try (JsonParser json = new JsonFactory().createParser(line)) {
            if (json.nextToken() != JsonToken.START_OBJECT) {
                throw damaged("its second line is not a JSON object");
            }
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                String key = json.currentName();
                JsonToken value = json.nextToken();
                if (key.equals("drop_reasons") && value == JsonToken.START_OBJECT) {
                    reasons(json, reasons);
                } else if (key.equals("families") && value == JsonToken.START_ARRAY) {
                    families = families(json);
                } else if (value.isScalarValue()) {
                    values.put(key, json.getText());
                } else {
                    json.skipChildren();
                }
            }
            if (json.currentToken() != JsonToken.END_OBJECT) {
                throw damaged("its second line is not a JSON object");
            }
            return new CaptureInfo(
                    Line.printable(values.getOrDefault("version", "unknown")),
                    Line.printable(values.getOrDefault("kernel", "unknown")),
                    Long.parseLong(values.getOrDefault("boot_unix_ns", "0")),
                    Line.printable(values.getOrDefault("filter", "")),
                    families,
                    reasons);
        } catch (IOException | NumberFormatException e) {
            throw damaged("its second line cannot be understood");
        }
    }

    private static Set<Family> families(JsonParser json) throws IOException {
        Set<Family> families = EnumSet.noneOf(Family.class);
        for (JsonToken next = json.nextToken(); next != null && next != JsonToken.END_ARRAY; next = json.nextToken()) {
            if (next == JsonToken.VALUE_STRING) {
                Family.byLabel(json.getText()).ifPresent(families::add);
            } else {
                json.skipChildren();
            }
        }
        return families;
    }

    private static void reasons(JsonParser json, Map<Integer, String> reasons) throws IOException {
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            int reason = Integer.parseInt(json.currentName());
            if (json.nextToken() == JsonToken.VALUE_STRING && reasons.size() < MAX_REASONS) {
                reasons.put(reason, Line.printable(json.getText()));
            } else {
                json.skipChildren();
            }
        }
    }

    private TracerException damaged(String how) {
        return new TracerException(
                Kind.FAILURE,
                source + " is damaged at byte " + position + ": " + how,
                "copy it again; what comes before the damage was read");
    }
}
