package traitrace.kernel;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import jnr.ffi.LibraryLoader;
import jnr.ffi.Memory;
import jnr.ffi.Pointer;
import jnr.ffi.Runtime;
import jnr.ffi.annotations.In;
import traitrace.TracerException;

/**
 * The compiler of libpcap: from an expression of pcap-filter(7) to a classic BPF program.
 *
 * <p>Any thread may call it: the compiler has no global state since libpcap 1.8. Host names in an expression are looked
 * up by libpcap, which may take as long as the resolver does.
 */
public final class Pcap {
    /** DLT_EN10MB: packets begin with an Ethernet header. */
    public static final int ETHERNET = 1;
    /** DLT_RAW: packets begin with an IPv4 or IPv6 header. */
    public static final int RAW_IP = 12;

    private static final String[] LIBRARIES = {"libpcap.so.0.8", "libpcap.so.1"};
    /** Only the return value of a match depends on it. */
    private static final int SNAP_BYTES = 65_535;

    /**
     * The time that libpcap's optimizer takes and the stack that it uses grow faster than the expression: at ten times this
     * length it overruns the stack of a thread, which ends the process.
     */
    private static final int MAX_EXPRESSION_BYTES = 4096;

    private static final int NETMASK_UNKNOWN = 0xffffffff;
    /** struct bpf_program: a 32-bit count, padding, a pointer. */
    private static final int PROGRAM_BYTES = 16;

    private static final int INSTRUCTION_BYTES = 8;
    private static final Pattern QUOTED = Pattern.compile("['\"]([^'\"]+)['\"]");
    private static final Pattern NAMED = Pattern.compile(
            "(?:illegal token:|unknown protocol:|bogus ethernet address|illegal port number|illegal char) (\\S+)");

    /** The functions of libpcap, under the names it gives them. */
    public interface Library {
        Pointer pcap_open_dead(int linkType, int snapBytes);

        int pcap_compile(Pointer pcap, Pointer program, @In byte[] expression, int optimize, int netmask);

        String pcap_geterr(Pointer pcap);

        void pcap_freecode(Pointer program);

        void pcap_close(Pointer pcap);

        String pcap_lib_version();
    }

    /** Loads the library at the first use: it costs a quarter of a second. */
    private static final class Loaded {
        private static final Library LIBRARY = load(LIBRARIES);
    }

    private Pcap() {}

    /** Whether libpcap can be loaded here. */
    public static boolean available() {
        return Loaded.LIBRARY != null;
    }

    /**
     * As libpcap words it: {@code libpcap version 1.10.3 (with TPACKET_V3)}.
     *
     * @throws TracerException ENVIRONMENT if libpcap is missing
     */
    public static String version() {
        return library().pcap_lib_version();
    }

    /** As {@link #version}; empty if libpcap cannot be loaded here. */
    static Optional<String> installedVersion() {
        return available() ? Optional.of(version()) : Optional.empty();
    }

    /**
     * Compiles an expression, with libpcap's optimizer.
     *
     * @param linkType {@link #ETHERNET} or {@link #RAW_IP}
     * @param expression empty = everything; at most 4,096 bytes of UTF-8
     * @return the instructions, each one {@code struct bpf_insn} as a number: code in bits 48 to 63, jt in 40 to 47, jf
     *     in 32 to 39, k in 0 to 31
     * @throws TracerException USAGE if libpcap refuses the expression; ENVIRONMENT if libpcap is missing
     */
    public static long[] compile(String expression, int linkType) {
        Library library = library();
        byte[] text = (expression + '\0').getBytes(StandardCharsets.UTF_8);
        if (text.length - 1 > MAX_EXPRESSION_BYTES) {
            throw new TracerException(
                    TracerException.Kind.USAGE,
                    "the capture filter has " + (text.length - 1) + " bytes, more than " + MAX_EXPRESSION_BYTES,
                    "match networks instead of hosts and ranges instead of ports");
        }
        if (expression.indexOf('\0') >= 0) {
            throw refused(expression, "it contains a NUL character");
        }
        Pointer pcap = library.pcap_open_dead(linkType, SNAP_BYTES);
        if (pcap == null) {
            throw new OutOfMemoryError("pcap_open_dead");
        }
        try {
            Pointer program = Memory.allocateDirect(Runtime.getRuntime(library), PROGRAM_BYTES, true);
            if (library.pcap_compile(pcap, program, text, 1, NETMASK_UNKNOWN) != 0) {
                throw refused(expression, library.pcap_geterr(pcap));
            }
            try {
                return instructions(program);
            } finally {
                library.pcap_freecode(program);
            }
        } finally {
            library.pcap_close(pcap);
        }
    }

    private static long[] instructions(Pointer program) {
        long[] instructions = new long[program.getInt(0)];
        Pointer first = program.getPointer(8);
        for (int i = 0; i < instructions.length; i++) {
            long at = (long) i * INSTRUCTION_BYTES;
            instructions[i] = Short.toUnsignedLong(first.getShort(at)) << 48
                    | Byte.toUnsignedLong(first.getByte(at + 2)) << 40
                    | Byte.toUnsignedLong(first.getByte(at + 3)) << 32
                    | Integer.toUnsignedLong(first.getInt(at + 4));
        }
        return instructions;
    }

    private static TracerException refused(String expression, String reason) {
        return new TracerException(
                TracerException.Kind.USAGE, refusal(expression, reason), "see pcap-filter(7) for the syntax");
    }

    /** The message for an expression that libpcap refused with these words. */
    public static String refusal(String expression, String reason) {
        int place = place(expression, reason);
        return "capture filter \"" + printable(expression) + "\": " + printable(reason)
                + (place < 0 ? "" : " (at character " + (place + 1) + ")");
    }

    /** Where in the expression the word stands that libpcap complains of, from 0; -1 if it names none. */
    static int place(String expression, String reason) {
        for (Pattern pattern : new Pattern[] {QUOTED, NAMED}) {
            Matcher named = pattern.matcher(reason);
            while (named.find()) {
                // As a word of its own: "host" must not be found in "localhost".
                Matcher word = Pattern.compile(
                                "(?<![\\p{Alnum}_.-])" + Pattern.quote(named.group(1)) + "(?![\\p{Alnum}_-])")
                        .matcher(expression);
                if (word.find()) {
                    return word.start();
                }
            }
        }
        return -1;
    }

    private static String printable(String text) {
        return text.replaceAll("[^ -~]", "?");
    }

    private static Library library() {
        return require(Loaded.LIBRARY);
    }

    /** @throws TracerException ENVIRONMENT if it is null */
    static Library require(Library library) {
        if (library == null) {
            throw new TracerException(
                    TracerException.Kind.ENVIRONMENT,
                    "capture filters need libpcap, which cannot be loaded",
                    "apt install libpcap0.8");
        }
        return library;
    }

    /** The first of these that can be loaded; null if none can. */
    static Library load(String... names) {
        for (String name : names) {
            try {
                return LibraryLoader.create(Library.class).failImmediately().load(name);
            } catch (LinkageError missing) {
                // Try the name that other distributions use.
            }
        }
        return null;
    }
}
