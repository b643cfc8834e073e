package traitrace.kernel;

import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import jnr.ffi.LibraryLoader;

/** The versions of the C libraries on this host. Loading one costs up to 300 ms: for {@code doctor}, not for start-up. */
final class Libraries {
    /** Debian and Ubuntu keep the soname of libpcap 0.8. */
    private static final List<String> PCAP = List.of("libpcap.so.1", "libpcap.so.0.8");

    private Libraries() {}

    /** As the library says it, {@code v1.1}; empty if it cannot be loaded. */
    static Optional<String> libbpf() {
        return version(List.of("libbpf.so.1"), LibBpf.class, LibBpf::libbpf_version_string);
    }

    /** As the library says it, {@code libpcap version 1.10.3}; empty if it cannot be loaded. */
    static Optional<String> libpcap() {
        return version(PCAP, LibPcap.class, LibPcap::pcap_lib_version);
    }

    private static <T> Optional<String> version(List<String> names, Class<T> type, Function<T, String> ask) {
        for (String name : names) {
            try {
                T library = LibraryLoader.create(type).failImmediately().load(name);
                return Optional.ofNullable(ask.apply(library));
            } catch (LinkageError e) {
                // Not installed under this name, or too old to have the function.
                continue;
            }
        }
        return Optional.empty();
    }

    /** libbpf 0.6 and later (src/libbpf.h). */
    public interface LibBpf {
        String libbpf_version_string();
    }

    /** pcap_lib_version(3PCAP). */
    public interface LibPcap {
        String pcap_lib_version();
    }
}
