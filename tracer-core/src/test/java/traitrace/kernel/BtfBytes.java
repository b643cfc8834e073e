package traitrace.kernel;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Writes BTF by hand, so that tests can say exactly what is in it. */
public final class BtfBytes {
    private final ByteArrayOutputStream types = new ByteArrayOutputStream();
    private final ByteArrayOutputStream strings = new ByteArrayOutputStream();
    private final int firstString;
    private int lastId;

    public BtfBytes() {
        this(1, 0);
        strings.write(0);
    }

    private BtfBytes(int firstId, int firstString) {
        this.lastId = firstId - 1;
        this.firstString = firstString;
    }

    /** Of a module on top of what this one holds. */
    public BtfBytes module() {
        return new BtfBytes(lastId + 1, firstString + strings.size());
    }

    public int name(String name) {
        if (name.isEmpty()) {
            return 0;
        }
        int offset = firstString + strings.size();
        strings.writeBytes((name + '\0').getBytes(StandardCharsets.ISO_8859_1));
        return offset;
    }

    /** A type of any kind; the words that follow the common part as they are. */
    public int type(int kind, String name, int vlen, int sizeOrType, int... words) {
        int[] all = new int[3 + words.length];
        all[0] = name(name);
        all[1] = kind << 24 | vlen;
        all[2] = sizeOrType;
        System.arraycopy(words, 0, all, 3, words.length);
        ByteBuffer buffer = ByteBuffer.allocate(all.length * 4).order(ByteOrder.LITTLE_ENDIAN);
        buffer.asIntBuffer().put(all);
        types.writeBytes(buffer.array());
        return ++lastId;
    }

    public int integer(String name, int size) {
        return type(1, name, 0, size, size * 8);
    }

    public int pointer(int to) {
        return type(2, "", 0, to);
    }

    public int typedef(String name, int to) {
        return type(8, name, 0, to);
    }

    public int prototype(int parameters) {
        return type(13, "", parameters, 0, new int[parameters * 2]);
    }

    public int function(String name, int prototype) {
        return type(12, name, 0, prototype);
    }

    /** Members as name offset, type, bit offset. */
    public int struct(String name, int size, int... members) {
        return type(4, name, members.length / 3, size, members);
    }

    public int tracepoint(String name, int arguments) {
        return typedef("btf_trace_" + name, pointer(prototype(arguments + 1)));
    }

    /** Enumerators as "NAME=1". */
    public int enumeration(String name, String... enumerators) {
        int[] words = new int[enumerators.length * 2];
        for (int i = 0; i < enumerators.length; i++) {
            String[] parts = enumerators[i].split("=");
            words[i * 2] = name(parts[0]);
            words[i * 2 + 1] = (int) Long.parseLong(parts[1]);
        }
        return type(6, name, enumerators.length, 4, words);
    }

    public byte[] bytes() {
        byte[] t = types.toByteArray();
        byte[] s = strings.toByteArray();
        ByteBuffer buffer = ByteBuffer.allocate(24 + t.length + s.length).order(ByteOrder.LITTLE_ENDIAN);
        buffer.putShort((short) 0xeb9f).put((byte) 1).put((byte) 0).putInt(24);
        buffer.putInt(0).putInt(t.length).putInt(t.length).putInt(s.length);
        return buffer.put(t).put(s).array();
    }

    /** In an ELF64 object with a section for names before it. */
    public byte[] elf() {
        byte[] btf = bytes();
        byte[] names = "\0.shstrtab\0.BTF\0".getBytes(StandardCharsets.US_ASCII);
        int table = 64 + names.length + btf.length;
        ByteBuffer b = ByteBuffer.allocate(table + 3 * 64).order(ByteOrder.LITTLE_ENDIAN);
        b.putInt(0x464c457f).put((byte) 2).put((byte) 1).put((byte) 1);
        b.putLong(40, table).putShort(58, (short) 64).putShort(60, (short) 3).putShort(62, (short) 1);
        b.position(64);
        b.put(names).put(btf);
        section(b, table + 64, 1, 3, 64, names.length);
        section(b, table + 128, 11, 1, 64 + names.length, btf.length);
        return b.array();
    }

    private static void section(ByteBuffer b, int at, int name, int type, long offset, long size) {
        b.putInt(at, name).putInt(at + 4, type).putLong(at + 24, offset).putLong(at + 32, size);
    }
}
