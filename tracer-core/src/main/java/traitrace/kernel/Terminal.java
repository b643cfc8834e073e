package traitrace.kernel;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import jnr.ffi.LibraryLoader;
import jnr.ffi.annotations.In;
import jnr.ffi.annotations.Out;
import jnr.ffi.types.u_int64_t;

/** What the operating system knows of a terminal or pipe behind a file descriptor. Loads jnr only for one that may have it. */
public final class Terminal {
    /** asm-generic/ioctls.h; MIPS, PowerPC and SPARC have another number and get no answer. */
    private static final long TIOCGWINSZ = 0x5413;

    private static final int WINSIZE_BYTES = 8;
    private static final int WINSIZE_COLUMNS = 2;

    /** Functions of libc that are called; public because jnr implements it. */
    public interface LibC {
        int isatty(int fd);

        int poll(@In @Out byte[] descriptors, @u_int64_t long count, int timeoutMs);

        int ioctl(int fd, @u_int64_t long request, @In @Out byte[] argument);
    }

    // struct pollfd: int fd, short events, short revents
    private static final int POLLFD_BYTES = 8;
    private static final int POLLFD_REVENTS = 6;
    private static final short POLLERR = 8;

    private static final class Loaded {
        static final LibC LIBC = LibraryLoader.create(LibC.class).load("c");
    }

    private Terminal() {}

    /** Whether the descriptor is a terminal. */
    public static boolean isTerminal(int fd) {
        return maybe(fd) && Loaded.LIBC.isatty(fd) == 1;
    }

    /** Width of the terminal; 0 if there is none or it does not say. */
    public static int columns(int fd) {
        byte[] size = new byte[WINSIZE_BYTES];
        if (!maybe(fd) || Loaded.LIBC.ioctl(fd, TIOCGWINSZ, size) != 0) {
            return 0;
        }
        return Short.toUnsignedInt(
                ByteBuffer.wrap(size).order(ByteOrder.nativeOrder()).getShort(WINSIZE_COLUMNS));
    }

    /** Whether the descriptor is a pipe or socket whose other end was closed. Loads jnr. */
    public static boolean readerIsGone(int fd) {
        ByteBuffer poll = ByteBuffer.allocate(POLLFD_BYTES).order(ByteOrder.nativeOrder());
        poll.putInt(0, fd);
        return Loaded.LIBC.poll(poll.array(), 1, 0) == 1 && (poll.getShort(POLLFD_REVENTS) & POLLERR) != 0;
    }

    /** False for a pipe or a file, which is known without jnr: that spares a quarter of a second. */
    private static boolean maybe(int fd) {
        try {
            return Files.readSymbolicLink(Path.of("/proc/self/fd/" + fd)).startsWith("/dev");
        } catch (IOException e) {
            return true;
        }
    }
}
