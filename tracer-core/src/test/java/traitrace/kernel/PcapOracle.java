package traitrace.kernel;

import jnr.ffi.LibraryLoader;
import jnr.ffi.Memory;
import jnr.ffi.Pointer;
import jnr.ffi.Runtime;

/** The interpreter of libpcap, for tests to compare with. Only if {@link Pcap#available}. */
public final class PcapOracle {
    /** The function of libpcap. */
    public interface Library {
        int bpf_filter(Pointer program, Pointer packet, int wireBytes, int capturedBytes);
    }

    private static final Library LIBRARY =
            LibraryLoader.create(Library.class).failImmediately().load("libpcap.so.0.8");

    private final Pointer program;

    /** @param bits as {@link Pcap#compile} gives them */
    public PcapOracle(long[] bits) {
        program = Memory.allocateDirect(Runtime.getRuntime(LIBRARY), 8 * bits.length);
        for (int i = 0; i < bits.length; i++) {
            program.putShort(8L * i, (short) (bits[i] >>> 48));
            program.putByte(8L * i + 2, (byte) (bits[i] >>> 40));
            program.putByte(8L * i + 3, (byte) (bits[i] >>> 32));
            program.putInt(8L * i + 4, (int) bits[i]);
        }
    }

    public int run(byte[] packet, int captured, int length) {
        Pointer bytes = Memory.allocateDirect(Runtime.getRuntime(LIBRARY), Math.max(1, packet.length));
        bytes.put(0, packet, 0, packet.length);
        return LIBRARY.bpf_filter(program, bytes, length, captured);
    }
}
