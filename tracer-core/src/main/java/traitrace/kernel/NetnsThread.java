package traitrace.kernel;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import jnr.ffi.LibraryLoader;
import jnr.ffi.LibraryOption;
import jnr.ffi.Runtime;
import traitrace.TracerException;

/**
 * A thread that lives in another network namespace than the rest of the process.
 *
 * <p>A namespace belongs to a thread, not to a process: what this thread opens (datagram and socket channels), reads
 * below {@code /proc/thread-self/net} and {@code /proc/sys/net}, or starts as a child process, is in its namespace. A
 * socket stays in the namespace in which it was opened, so other threads may use it afterwards.
 *
 * <p>The thread never leaves its namespace; it ends when this is closed. Tasks run one after another. Must not be used
 * with {@code java.net.Socket}-style APIs that open their sockets on threads of their own.
 */
public final class NetnsThread implements AutoCloseable {
    /** Where iproute2 keeps the namespaces that have names. */
    public static final Path NAMED = Path.of("/run/netns");

    private static final int O_RDONLY = 0;
    private static final int O_CLOEXEC = 02000000;
    private static final int CLONE_NEWNET = 0x40000000;
    private static final int EPERM = 1;
    private static final int ENOENT = 2;
    private static final int EINVAL = 22;

    /** The few calls this needs. Public because jnr-ffi implements it at run time. */
    public interface LibC {
        int open(String path, int flags);

        int setns(int fd, int type);

        int close(int fd);

        String strerror(int errno);
    }

    /** Loaded when it is first needed: a recording is read without native code. */
    private static final class Native {
        static final LibC LIBC = LibraryLoader.create(LibC.class)
                .option(LibraryOption.SaveError, true)
                .load("c");
        static final Runtime RUNTIME = Runtime.getRuntime(LIBC);
    }

    /** Tells the thread to end. */
    private static final Runnable END = () -> {};

    private final LinkedBlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();
    private final Thread thread;
    private boolean closed;

    private NetnsThread(Path namespace, FutureTask<Void> entering) {
        thread = new Thread(() -> work(entering), "netns-" + namespace.getFileName());
        // A task that hangs must not keep the process alive.
        thread.setDaemon(true);
    }

    /**
     * Starts a thread in the namespace with this name.
     *
     * @param name as {@code ip netns list} shows it
     * @throws TracerException as {@link #enter(Path)}
     */
    public static NetnsThread enter(String name) {
        return enter(NAMED.resolve(name));
    }

    /**
     * Starts a thread in a namespace.
     *
     * @param namespace a namespace file: {@code /run/netns/NAME} or {@code /proc/PID/ns/net}
     * @throws TracerException of kind PERMISSION without CAP_SYS_ADMIN; of kind ENVIRONMENT if there is no such file or
     *     it is not a network namespace
     */
    public static NetnsThread enter(Path namespace) {
        FutureTask<Void> entering = new FutureTask<>(() -> setns(namespace), null);
        NetnsThread entered = new NetnsThread(namespace, entering);
        entered.thread.start();
        try {
            await(entering);
            return entered;
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new TracerException(TracerException.Kind.FAILURE, "cannot enter " + namespace, "", e);
        }
    }

    /**
     * Runs a task in a namespace, on a thread of its own that ends with it.
     *
     * @throws Exception what the task threw, or as {@link #enter(Path)}
     */
    public static <T> T in(Path namespace, Callable<T> task) throws Exception {
        try (NetnsThread thread = enter(namespace)) {
            return thread.call(task);
        }
    }

    /**
     * Runs a task in the namespace and waits for it.
     *
     * @throws InterruptedException if the caller was interrupted; the task was then interrupted too
     * @throws IllegalStateException if this is closed
     * @throws Exception what the task threw
     */
    public <T> T call(Callable<T> task) throws Exception {
        FutureTask<T> future = submit(task);
        try {
            return await(future);
        } catch (InterruptedException e) {
            future.cancel(true);
            throw e;
        }
    }

    /**
     * Has a task run in the namespace, after those submitted before.
     *
     * @throws IllegalStateException if this is closed
     */
    public <T> FutureTask<T> submit(Callable<T> task) {
        FutureTask<T> future = new FutureTask<>(task);
        synchronized (this) {
            if (closed) {
                throw new IllegalStateException("the thread " + thread.getName() + " has ended");
            }
            tasks.add(future);
        }
        return future;
    }

    /** Lets the thread end after the tasks submitted so far. Does not wait. */
    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            tasks.add(END);
        }
    }

    private void work(FutureTask<Void> entering) {
        entering.run();
        try {
            await(entering);
        } catch (Exception refused) {
            return; // the caller of enter() was told
        }
        while (true) {
            Runnable task;
            try {
                task = tasks.take();
            } catch (InterruptedException strayed) {
                continue; // from a cancelled task that had ended just before: not meant for us
            }
            if (task == END) {
                return;
            }
            task.run();
        }
    }

    private static <T> T await(FutureTask<T> future) throws Exception {
        try {
            return future.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof Exception cause) {
                throw cause;
            }
            throw e;
        }
    }

    private static void setns(Path namespace) {
        int fd = Native.LIBC.open(namespace.toString(), O_RDONLY | O_CLOEXEC);
        if (fd < 0) {
            throw failure("cannot open the network namespace " + namespace, Native.RUNTIME.getLastError());
        }
        try {
            if (Native.LIBC.setns(fd, CLONE_NEWNET) != 0) {
                throw failure("cannot enter the network namespace " + namespace, Native.RUNTIME.getLastError());
            }
        } finally {
            Native.LIBC.close(fd);
        }
    }

    private static TracerException failure(String what, int errno) {
        String message = what + ": " + Native.LIBC.strerror(errno);
        return switch (errno) {
            case EPERM ->
                new TracerException(TracerException.Kind.PERMISSION, message, "Run as root, or with CAP_SYS_ADMIN.");
            case ENOENT, EINVAL ->
                new TracerException(TracerException.Kind.ENVIRONMENT, message, "See the names with: ip netns list");
            default -> new TracerException(TracerException.Kind.FAILURE, message, "");
        };
    }
}
