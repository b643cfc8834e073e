package traitrace.kernel;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalInt;
import traitrace.TracerException;

/**
 * BTF, the kernel's compact type information: what {@code /sys/kernel/btf/vmlinux} says about the running kernel and
 * the {@code .BTF} section about a compiled probe.
 *
 * <pre>
 *  0       2         3       4         8          12         16        20        hdr_len
 *  +-------+---------+-------+---------+----------+----------+---------+---------+- - - - -
 *  | magic | version | flags | hdr_len | type_off | type_len | str_off | str_len | sections
 *  +-------+---------+-------+---------+----------+----------+---------+---------+- - - - -
 *
 *  one type   +----------+------------------------------+--------------+- - - - - - - - - - -
 *             | name_off | kflag:1 kind:7 vlen:24  info | size or type | by kind, times vlen
 *             +----------+------------------------------+--------------+- - - - - - - - - - -
 * </pre>
 *
 * (include/uapi/linux/btf.h; up to Linux 6.18 kind has 5 bits and vlen 16, and the bits between are zero.)
 *
 * <p>Reading makes one pass that only notes where each type begins; an index by name is built for a kind of type when
 * it is first asked for. Whatever is asked of malformed bytes ends in an answer or in a {@link TracerException} of kind
 * ENVIRONMENT, in time and memory bounded by their length. Safe for use by several threads.
 */
public final class Btf {
    /** Where a kernel built with CONFIG_DEBUG_INFO_BTF keeps its types; those of modules lie beside it. */
    public static final Path VMLINUX = Path.of("/sys/kernel/btf/vmlinux");

    private static final int MAGIC = 0xeb9f;
    private static final int HEADER_BYTES = 24;
    private static final int TYPE_BYTES = 12;

    /** Far above any kernel's (about 6 MB), far below what would endanger the heap. */
    private static final long MAX_BYTES = 128 << 20;

    /** KSYM_NAME_LEN (include/linux/kallsyms.h, Linux 6.1 and later): no name in BTF is as long. */
    private static final int MAX_NAME = 512;

    /** Typedefs, qualifiers and tags between a member and its struct. */
    private static final int MAX_CHAIN = 64;

    /** Members looked at in one search: anonymous structs may nest in a circle or fan out without end. */
    private static final int MAX_VISITS = 1 << 18;

    private static final int KIND_PTR = 2;
    private static final int KIND_STRUCT = 4;
    private static final int KIND_UNION = 5;
    private static final int KIND_ENUM = 6;
    private static final int KIND_TYPEDEF = 8;
    private static final int KIND_VOLATILE = 9;
    private static final int KIND_CONST = 10;
    private static final int KIND_RESTRICT = 11;
    private static final int KIND_FUNC = 12;
    private static final int KIND_FUNC_PROTO = 13;
    private static final int KIND_TYPE_TAG = 18;
    private static final int KIND_ENUM64 = 19;

    /** Bytes after the common part of a type, by kind: fixed, and for each of vlen elements; -1 = no such kind. */
    private static final int[] FIXED_BYTES = {-1, 4, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 4, 0, 0};

    private static final int[] ELEMENT_BYTES = {0, 0, 0, 0, 12, 12, 8, 0, 0, 0, 0, 0, 0, 8, 0, 12, 0, 0, 0, 12};

    private final byte[] bytes;
    private final Btf base;
    private final int firstId;
    private final int[] typeAt;
    private final int types;
    private final int stringsAt;
    private final int stringsLength;
    private final long firstString;

    // Sorted by (hash of name, id), so that no choice of names makes a look-up slow. Built on first use; two threads
    // that both build one get equal arrays.
    private volatile long[] functions;
    private volatile long[] typedefs;
    private volatile long[] structs;
    private volatile long[] enums;

    private Btf(byte[] bytes, int from, int length, Btf base) {
        this.bytes = bytes;
        this.base = base;
        this.firstId = base == null ? 1 : base.firstId + base.types;
        this.firstString = base == null ? 0 : base.firstString + base.stringsLength;
        if (length < HEADER_BYTES) {
            throw malformed("it is shorter than its header");
        }
        int magic = Byte.toUnsignedInt(bytes[from]) | Byte.toUnsignedInt(bytes[from + 1]) << 8;
        if (magic == (Short.toUnsignedInt(Short.reverseBytes((short) MAGIC)))) {
            throw new TracerException(
                    TracerException.Kind.ENVIRONMENT,
                    "the BTF type information is big-endian, which traitrace does not support",
                    "Run traitrace on a little-endian machine such as x86-64 or arm64.");
        }
        if (magic != MAGIC) {
            throw malformed("it does not begin with the magic number");
        }
        if (bytes[from + 2] != 1) {
            throw malformed("version " + Byte.toUnsignedInt(bytes[from + 2]) + " is not known");
        }
        long header = unsigned(from + 4);
        long typeStart = header + unsigned(from + 8);
        long typeLength = unsigned(from + 12);
        long stringStart = header + unsigned(from + 16);
        long stringLength = unsigned(from + 20);
        if (header < HEADER_BYTES || typeStart + typeLength > length || stringStart + stringLength > length) {
            throw malformed("a section lies outside of it");
        }
        this.stringsAt = from + (int) stringStart;
        this.stringsLength = (int) stringLength;
        if (stringsLength == 0 ? base == null : bytes[stringsAt + stringsLength - 1] != 0) {
            throw malformed("its strings have no end");
        }
        int end = from + (int) (typeStart + typeLength);
        this.typeAt = new int[(int) (typeLength / TYPE_BYTES)];
        this.types = walk(from + (int) typeStart, end, typeAt);
    }

    /** The types of the running kernel or of a compiled object's raw BTF. */
    public static Btf read(Path file) {
        return of(load(file));
    }

    /** The types of a module, {@code /sys/kernel/btf/NAME}, which refer to those of {@code vmlinux}. */
    public static Btf readModule(Path file, Btf vmlinux) {
        return ofModule(load(file), vmlinux);
    }

    /** Raw BTF of a module. The array is not copied. */
    static Btf ofModule(byte[] bytes, Btf vmlinux) {
        return new Btf(bytes, 0, bytes.length, vmlinux);
    }

    /** Raw BTF. The array is not copied: it must not change afterwards. */
    public static Btf of(byte[] bytes) {
        return new Btf(bytes, 0, bytes.length, null);
    }

    /** The {@code .BTF} section of a little-endian ELF64 object. The array is not copied. */
    public static Btf ofElf(byte[] object) {
        ElfSections.Section section = ElfSections.find(object, ".BTF")
                .orElseThrow(() -> new TracerException(
                        TracerException.Kind.ENVIRONMENT,
                        "the object has no .BTF section",
                        "Compile it with clang -g -target bpf."));
        return new Btf(object, section.offset(), section.length(), null);
    }

    /** Whether programs of type {@code tp_btf} can attach to this tracepoint. */
    public boolean hasTracepoint(String name) {
        return tracepointArguments(name) >= 0;
    }

    /**
     * How many arguments a {@code tp_btf} program gets at a tracepoint; -1 if there is no such tracepoint.
     *
     * <p>The kernel describes each by {@code typedef void (*btf_trace_NAME)(void *, ...)}, whose first parameter is not
     * passed on (include/trace/bpf_probe.h, Linux 6.1 to 7.2).
     */
    public int tracepointArguments(String name) {
        int typedef = find(typedefs(), "btf_trace_" + name);
        if (typedef == 0) {
            return base == null ? -1 : base.tracepointArguments(name);
        }
        int pointer = reference(typedef);
        if (pointer == 0 || kind(pointer) != KIND_PTR) {
            return -1;
        }
        int prototype = reference(pointer);
        if (prototype == 0 || kind(prototype) != KIND_FUNC_PROTO) {
            return -1;
        }
        return Math.max(0, elements(prototype) - 1);
    }

    /** Whether there is a function of this name; that it can be traced is another matter. */
    public boolean hasFunction(String name) {
        return find(functions(), name) != 0 || (base != null && base.hasFunction(name));
    }

    /** The id of a function's type, as attaching to it asks for; 0 = there is none in this BTF. */
    public int functionId(String name) {
        return find(functions(), name);
    }

    /** Whether there is a struct or union of this name. */
    public boolean hasStruct(String name) {
        return struct(name) != 0;
    }

    /** Whether a struct or union has a member of this name, also in an anonymous struct or union inside it. */
    public boolean hasMember(String struct, String member) {
        int id = struct(struct);
        return id != 0 && findMember(id, bytesOf(member), 0, new Budget()) >= 0;
    }

    /**
     * Where a member lies, in bytes from the start of the struct or union.
     *
     * @param path member names joined by dots; members of anonymous structs and unions are named as in C
     * @return empty if there is no such struct or member; for a bit field, the byte in which it begins
     */
    public OptionalInt memberOffset(String struct, String path) {
        int id = struct(struct);
        long bits = 0;
        Budget budget = new Budget();
        for (String name : path.split("\\.", -1)) {
            if (id == 0 || !isStruct(id)) {
                return OptionalInt.empty();
            }
            long found = findMember(id, bytesOf(name), 0, budget);
            if (found < 0) {
                return OptionalInt.empty();
            }
            bits += found >>> 32;
            id = resolve((int) found);
        }
        return OptionalInt.of((int) (bits / 8));
    }

    /** The size of a struct or union, bytes. */
    public OptionalInt structSize(String name) {
        int id = struct(name);
        return id == 0 ? OptionalInt.empty() : OptionalInt.of(reference(id));
    }

    /**
     * The names of an enum by their value, in the order of the source. Of several names for one value the first counts.
     * Values of more than 32 bits are left out; those from 2^31 on are negative keys, as in a cast from C's u32.
     *
     * @return empty if there is no such enum
     */
    public Map<Integer, String> enumerators(String enumName) {
        int id = find(enums(), enumName);
        if (id == 0) {
            return base == null ? Map.of() : base.enumerators(enumName);
        }
        boolean wide = kind(id) == KIND_ENUM64;
        int count = elements(id);
        Map<Integer, String> names = new LinkedHashMap<>();
        int at = at(id) + TYPE_BYTES;
        for (int i = 0; i < count; i++, at += wide ? 12 : 8) {
            int high = wide ? int32(bytes, at + 8) : 0;
            int low = int32(bytes, at + 4);
            if (high == 0 || (high == -1 && low < 0)) {
                names.putIfAbsent(low, string(int32(bytes, at)));
            }
        }
        return names;
    }

    /** How many types there are, those of the base left out. */
    public int size() {
        return types;
    }

    private int walk(int from, int end, int[] starts) {
        int count = 0;
        int at = from;
        while (at < end) {
            if (end - at < TYPE_BYTES) {
                throw malformed("its last type is cut off");
            }
            starts[count++] = at;
            int info = int32(bytes, at + 4);
            int kind = info >>> 24 & 0x7f;
            if (kind >= FIXED_BYTES.length || FIXED_BYTES[kind] < 0) {
                throw malformed("type " + (firstId + count - 1) + " is of kind " + kind + ", which is not known");
            }
            long size = TYPE_BYTES + FIXED_BYTES[kind] + (long) ELEMENT_BYTES[kind] * (info & 0xffffff);
            if (size > end - at) {
                throw malformed("type " + (firstId + count - 1) + " is cut off");
            }
            at += (int) size;
        }
        return count;
    }

    private int struct(String name) {
        // A module may have types that its kernel has too; the ids of the base mean the same in both.
        int id = find(structs(), name);
        return id == 0 && base != null ? base.struct(name) : id;
    }

    /** Bit offset << 32 | type of a member; -1 if there is none. */
    private long findMember(int structId, byte[] name, int depth, Budget budget) {
        Btf owner = owner(structId);
        if (owner != this) {
            return owner.findMember(structId, name, depth, budget);
        }
        int at = at(structId);
        int info = int32(bytes, at + 4);
        int count = info & 0xffffff;
        boolean bitFields = info < 0;
        for (int i = 0, member = at + TYPE_BYTES; i < count; i++, member += 12) {
            budget.visit();
            int nameOffset = int32(bytes, member);
            int type = int32(bytes, member + 4);
            long bits = Integer.toUnsignedLong(int32(bytes, member + 8)) & (bitFields ? 0xffffffL : 0xffffffffL);
            if (nameOffset != 0) {
                if (nameIs(nameOffset, name)) {
                    return pack(bits, type);
                }
                continue;
            }
            int inner = resolve(type);
            if (inner != 0 && isStruct(inner) && depth < MAX_CHAIN) {
                long found = findMember(inner, name, depth + 1, budget);
                if (found >= 0) {
                    return pack(bits + (found >>> 32), (int) found);
                }
            }
        }
        return -1;
    }

    private static long pack(long bits, int type) {
        if (bits > Integer.MAX_VALUE || type < 0) {
            throw malformed("a member lies outside of its struct");
        }
        return bits << 32 | type;
    }

    /** The type behind typedefs, qualifiers and tags; 0 = void. */
    private int resolve(int id) {
        for (int i = 0; i < MAX_CHAIN; i++) {
            if (id == 0) {
                return 0;
            }
            switch (kind(id)) {
                case KIND_TYPEDEF, KIND_VOLATILE, KIND_CONST, KIND_RESTRICT, KIND_TYPE_TAG -> id = reference(id);
                default -> {
                    return id;
                }
            }
        }
        throw malformed("typedefs refer to each other in a circle");
    }

    private boolean isStruct(int id) {
        int kind = kind(id);
        return kind == KIND_STRUCT || kind == KIND_UNION;
    }

    private int kind(int id) {
        Btf owner = owner(id);
        return int32(owner.bytes, owner.at(id) + 4) >>> 24 & 0x7f;
    }

    private int elements(int id) {
        Btf owner = owner(id);
        return int32(owner.bytes, owner.at(id) + 4) & 0xffffff;
    }

    /** The third word of a type: the type it refers to, or its size. */
    private int reference(int id) {
        Btf owner = owner(id);
        return int32(owner.bytes, owner.at(id) + 8);
    }

    private Btf owner(int id) {
        return base != null && id < firstId ? base.owner(id) : this;
    }

    private int at(int id) {
        int index = id - firstId;
        if (id <= 0 || index < 0 || index >= types) {
            throw malformed("it refers to type " + Integer.toUnsignedString(id) + ", which it does not have");
        }
        return typeAt[index];
    }

    private long[] functions() {
        long[] index = functions;
        if (index == null) {
            functions = index = index(KIND_FUNC, KIND_FUNC);
        }
        return index;
    }

    private long[] typedefs() {
        long[] index = typedefs;
        if (index == null) {
            typedefs = index = index(KIND_TYPEDEF, KIND_TYPEDEF);
        }
        return index;
    }

    private long[] structs() {
        long[] index = structs;
        if (index == null) {
            structs = index = index(KIND_STRUCT, KIND_UNION);
        }
        return index;
    }

    private long[] enums() {
        long[] index = enums;
        if (index == null) {
            enums = index = index(KIND_ENUM, KIND_ENUM64);
        }
        return index;
    }

    private long[] index(int kind, int orKind) {
        long[] entries = new long[256];
        int count = 0;
        for (int i = 0; i < types; i++) {
            int at = typeAt[i];
            int k = int32(bytes, at + 4) >>> 24 & 0x7f;
            if (k != kind && k != orKind) {
                continue;
            }
            int name = int32(bytes, at);
            if (name == 0) {
                continue;
            }
            if (count == entries.length) {
                entries = Arrays.copyOf(entries, count * 2);
            }
            entries[count++] = (long) hashAt(name) << 32 | firstId + i;
        }
        long[] index = Arrays.copyOf(entries, count);
        Arrays.sort(index);
        return index;
    }

    /** The first type of this name in an index; 0 if there is none. */
    private int find(long[] index, String name) {
        byte[] wanted = bytesOf(name);
        int hash = 0;
        for (byte b : wanted) {
            hash = 31 * hash + b;
        }
        int low = Arrays.binarySearch(index, (long) hash << 32);
        for (int i = low < 0 ? -low - 1 : low; i < index.length && (int) (index[i] >> 32) == hash; i++) {
            int id = (int) index[i];
            if (nameIs(int32(bytes, at(id)), wanted)) {
                return id;
            }
        }
        return 0;
    }

    private int hashAt(int nameOffset) {
        if (Integer.toUnsignedLong(nameOffset) < firstString) {
            return base.hashAt(nameOffset);
        }
        int hash = 0;
        int at = stringAt(nameOffset);
        int limit = at + MAX_NAME;
        // The section ends in a NUL, so that the search ends in it.
        for (byte b = bytes[at]; b != 0; b = bytes[++at]) {
            if (at >= limit) {
                throw malformed("a name has more than " + MAX_NAME + " bytes");
            }
            hash = 31 * hash + b;
        }
        return hash;
    }

    private boolean nameIs(int nameOffset, byte[] wanted) {
        if (Integer.toUnsignedLong(nameOffset) < firstString) {
            return base.nameIs(nameOffset, wanted);
        }
        int at = stringAt(nameOffset);
        int end = at + wanted.length;
        return end < stringsAt + stringsLength
                && bytes[end] == 0
                && Arrays.equals(bytes, at, end, wanted, 0, wanted.length);
    }

    private String string(int nameOffset) {
        if (Integer.toUnsignedLong(nameOffset) < firstString) {
            return base.string(nameOffset);
        }
        int at = stringAt(nameOffset);
        int end = at;
        while (bytes[end] != 0) {
            if (++end - at > MAX_NAME) {
                throw malformed("a name has more than " + MAX_NAME + " bytes");
            }
        }
        return new String(bytes, at, end - at, StandardCharsets.ISO_8859_1);
    }

    private int stringAt(int nameOffset) {
        long offset = Integer.toUnsignedLong(nameOffset) - firstString;
        if (offset < 0 || offset >= stringsLength) {
            throw malformed("a name lies outside of its strings");
        }
        return stringsAt + (int) offset;
    }

    private long unsigned(int at) {
        return Integer.toUnsignedLong(int32(bytes, at));
    }

    // By hand: it runs hundreds of thousands of times before anything else is warm, and a VarHandle costs more to set
    // up than it saves.
    private static int int32(byte[] bytes, int at) {
        return bytes[at] & 0xff | (bytes[at + 1] & 0xff) << 8 | (bytes[at + 2] & 0xff) << 16 | bytes[at + 3] << 24;
    }

    private static byte[] bytesOf(String name) {
        return name.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static byte[] load(Path file) {
        try {
            if (Files.size(file) > MAX_BYTES) {
                throw malformed(file + " has more than " + (MAX_BYTES >> 20) + " MiB");
            }
            return Files.readAllBytes(file);
        } catch (NoSuchFileException e) {
            throw new TracerException(
                    TracerException.Kind.ENVIRONMENT,
                    "there is no BTF type information at " + file,
                    "Boot a kernel built with CONFIG_DEBUG_INFO_BTF=y.",
                    e);
        } catch (AccessDeniedException e) {
            throw new TracerException(
                    TracerException.Kind.PERMISSION, "not allowed to read " + file, "Run traitrace as root.", e);
        } catch (IOException e) {
            throw new TracerException(
                    TracerException.Kind.ENVIRONMENT,
                    "cannot read " + file,
                    "Check it with: bpftool btf dump file " + file,
                    e);
        }
    }

    private static TracerException malformed(String what) {
        return new TracerException(
                TracerException.Kind.ENVIRONMENT,
                "the BTF type information is malformed: " + what,
                "Check it with: bpftool btf dump file /sys/kernel/btf/vmlinux");
    }

    private static final class Budget {
        private int left = MAX_VISITS;

        void visit() {
            if (--left < 0) {
                throw malformed("structs nest without end");
            }
        }
    }
}
