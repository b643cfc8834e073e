package traitrace.kernel;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;
import java.util.function.Supplier;

/**
 * The addresses of the kernel's functions: {@code /proc/kallsyms}, text symbols only.
 *
 * <p>The file is read when the first answer needs it (some 200,000 lines) and never again: symbols of modules and BPF
 * programs loaded later are not known. Whatever cannot be read is an empty table, never an error: a timeline without
 * function names is still one. Safe for use by several threads.
 */
public final class Kallsyms {
    public static final Path LIVE = Path.of("/proc/kallsyms");

    /** Far above any kernel's (about 15 MB). */
    private static final int MAX_BYTES = 256 << 20;

    /** No function is as long; an address further from the symbol before it is not code that has a name. */
    private static final long MAX_FUNCTION = 1 << 20;

    /** KSYM_NAME_LEN plus a module's name. */
    private static final int MAX_NAME = 600;

    private final Supplier<Table> source;
    private volatile Table table;

    private Kallsyms(Supplier<Table> source) {
        this.source = source;
    }

    /** The symbols in this file, read on first use. */
    public static Kallsyms of(Path file) {
        return new Kallsyms(() -> {
            try (InputStream in = Files.newInputStream(file)) {
                return parse(in.readNBytes(MAX_BYTES));
            } catch (IOException e) {
                return Table.EMPTY;
            }
        });
    }

    /** The symbols in text in the format of {@code /proc/kallsyms}; lines of another form are passed over. */
    public static Kallsyms of(byte[] text) {
        return new Kallsyms(() -> parse(text));
    }

    /**
     * The function at an address and the offset in it: {@code icmp_rcv+0x1c}, {@code veth_xmit+0x0 [veth]}.
     *
     * @return empty if it is not known; of several names for one address the first in the file
     */
    public String symbol(long address) {
        Table t = table();
        int i = t.at(address);
        if (i < 0) {
            return "";
        }
        long offset = address - t.addresses[i];
        String name = t.name(i);
        // Markers of where text ends, not functions.
        if (offset >= MAX_FUNCTION || name.equals("_etext") || name.equals("_einittext")) {
            return "";
        }
        int module = name.indexOf(' ');
        String hex = "+0x" + Long.toHexString(offset);
        return module < 0 ? name + hex : name.substring(0, module) + hex + name.substring(module);
    }

    /**
     * The full address of code of which only the low 32 bits are known, as in events.
     *
     * <p>All code lies near the kernel's own text: on x86-64 text and modules share the 2 GiB from 0xffffffff80000000
     * (Documentation/arch/x86/x86_64/mm.rst), so that the upper half is always 0xffffffff; on arm64 KASLR moves the text
     * and modules lie within 2 GiB of it (arch/arm64/kernel/module.c, module_init_limits). So the upper half is that of
     * {@code _text}, or the one below or above it, whichever puts the address nearest to {@code _text}. Where addresses
     * are hidden it is taken to be 0xffffffff, which is right for x86-64.
     *
     * @return 0 for 0, which is no address
     */
    public long widen(int low) {
        if (low == 0) {
            return 0;
        }
        long text = table().text;
        if (text == 0) {
            return 0xffffffff00000000L | Integer.toUnsignedLong(low);
        }
        if (text >>> 32 == 0xffffffffL) {
            return 0xffffffff00000000L | Integer.toUnsignedLong(low);
        }
        // The signed difference of the low halves is the distance to the nearest address with these low bits.
        return text + (low - (int) text);
    }

    /** Whether the kernel shows no addresses: {@code kernel.kptr_restrict} hides them, or the file cannot be read. */
    public boolean hidden() {
        return table().addresses.length == 0;
    }

    /** How many addresses have a name. */
    public int size() {
        return table().addresses.length;
    }

    private Table table() {
        Table t = table;
        if (t == null) {
            synchronized (this) {
                t = table;
                if (t == null) {
                    table = t = Objects.requireNonNull(source.get());
                }
            }
        }
        return t;
    }

    private static Table parse(byte[] text) {
        int lines = 0;
        for (byte b : text) {
            lines += b == '\n' ? 1 : 0;
        }
        long[] addresses = new long[lines + 1];
        int[] nameAt = new int[lines + 1];
        int count = 0;
        long start = 0;
        for (int at = 0; at < text.length; ) {
            int end = at;
            while (end < text.length && text[end] != '\n') {
                end++;
            }
            long address = address(text, at, end);
            if (address != 0) {
                int name = at + 19;
                addresses[count] = address;
                nameAt[count++] = name;
                if (start == 0 && nameIs(text, name, end, "_text")) {
                    start = address;
                }
            }
            at = end + 1;
        }
        return Table.of(text, Arrays.copyOf(addresses, count), nameAt, start);
    }

    /** Of a line {@code ffffffff81000000 T name}; 0 if it is no such line, no text symbol or hidden. */
    private static long address(byte[] text, int at, int end) {
        if (end - at < 20 || end - at > 19 + MAX_NAME || text[at + 16] != ' ' || text[at + 18] != ' ') {
            return 0;
        }
        switch (text[at + 17]) {
            case 't', 'T', 'w', 'W' -> {}
            default -> {
                return 0;
            }
        }
        long address = 0;
        for (int i = at; i < at + 16; i++) {
            int digit = Character.digit(text[i], 16);
            if (digit < 0) {
                return 0;
            }
            address = address << 4 | digit;
        }
        for (int i = at + 19; i < end; i++) {
            // A tab stands before the module.
            if ((text[i] < 0x21 || text[i] > 0x7e) && text[i] != '\t' && text[i] != ' ') {
                return 0;
            }
        }
        return address;
    }

    private static boolean nameIs(byte[] text, int at, int end, String name) {
        if (end - at != name.length()) {
            return false;
        }
        for (int i = 0; i < name.length(); i++) {
            if (text[at + i] != name.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    /**
     * Sorted by address, each once.
     *
     * @param names the names, each ended by a newline
     * @param nameAt where the name of each address begins
     * @param text the address of {@code _text}, else the lowest; 0 if there is none
     */
    private record Table(long[] addresses, byte[] names, int[] nameAt, long text) {
        static final Table EMPTY = new Table(new long[0], new byte[0], new int[0], 0);

        static Table of(byte[] file, long[] unsorted, int[] fileAt, long text) {
            if (unsorted.length == 0) {
                return EMPTY;
            }
            // Kernel addresses are negative longs; all have the sign bit set, so that signed order is their order.
            long[] sorted = unsorted.clone();
            Arrays.sort(sorted);
            int distinct = 1;
            for (int i = 1; i < sorted.length; i++) {
                if (sorted[i] != sorted[distinct - 1]) {
                    sorted[distinct++] = sorted[i];
                }
            }
            long[] addresses = Arrays.copyOf(sorted, distinct);
            int[] from = new int[distinct];
            // Backwards, so that the first name of an address is the one that stays.
            for (int i = unsorted.length - 1; i >= 0; i--) {
                from[Arrays.binarySearch(addresses, unsorted[i])] = fileAt[i];
            }
            // The names of text symbols are a small part of the file: keep a copy of them and let the rest go.
            byte[] names = new byte[1 << 16];
            int used = 0;
            for (int i = 0; i < distinct; i++) {
                int end = from[i];
                while (end < file.length && file[end] != '\n') {
                    end++;
                }
                int length = end - from[i];
                if (used + length + 1 > names.length) {
                    names = Arrays.copyOf(names, names.length * 2);
                }
                System.arraycopy(file, from[i], names, used, length);
                from[i] = used;
                used += length;
                names[used++] = '\n';
            }
            return new Table(addresses, Arrays.copyOf(names, used), from, text != 0 ? text : addresses[0]);
        }

        /** The last symbol at or before an address; -1 if there is none. */
        int at(long address) {
            int i = Arrays.binarySearch(addresses, address);
            return i >= 0 ? i : -i - 2;
        }

        String name(int i) {
            int end = nameAt[i];
            while (names[end] != '\n') {
                end++;
            }
            return new String(names, nameAt[i], end - nameAt[i], StandardCharsets.US_ASCII).replace('\t', ' ');
        }
    }
}
