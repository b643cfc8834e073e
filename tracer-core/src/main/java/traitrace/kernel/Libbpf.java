package traitrace.kernel;

import java.util.Optional;
import jnr.ffi.LibraryLoader;
import jnr.ffi.Pointer;
import jnr.ffi.annotations.Delegate;
import jnr.ffi.types.size_t;
import traitrace.TracerException;

/**
 * The functions of libbpf 1.x that traitrace uses: cold work only, the rings are read without it.
 *
 * <p>Where a function answers an error it is a negative errno; a pointer is NULL and errno is set.
 */
public interface Libbpf {
    /** Receives libbpf's own words; {@code arguments} is a va_list. */
    interface Print {
        @Delegate
        int print(int level, String format, Pointer arguments);
    }

    Pointer libbpf_set_print(Print print);

    String libbpf_version_string();

    Pointer bpf_object__open_mem(byte[] object, @size_t long size, Pointer options);

    int bpf_object__load(Pointer object);

    void bpf_object__close(Pointer object);

    Pointer bpf_object__find_map_by_name(Pointer object, String name);

    Pointer bpf_object__find_program_by_name(Pointer object, String name);

    Pointer bpf_object__next_program(Pointer object, Pointer previous);

    Pointer bpf_object__next_map(Pointer object, Pointer previous);

    String bpf_map__name(Pointer map);

    String bpf_program__name(Pointer program);

    /** As in {@code SEC()}: {@code tp_btf/kfree_skb}. */
    String bpf_program__section_name(Pointer program);

    int bpf_prog_load(int type, String name, String license, byte[] instructions, @size_t long count, Pointer options);

    int bpf_program__set_autoload(Pointer program, boolean autoload);

    boolean bpf_program__autoload(Pointer program);

    int bpf_program__fd(Pointer program);

    Pointer bpf_program__attach(Pointer program);

    int bpf_link__destroy(Pointer link);

    int bpf_map__fd(Pointer map);

    int bpf_map__reuse_fd(Pointer map, int fd);

    int bpf_map__set_max_entries(Pointer map, int entries);

    int bpf_map__set_initial_value(Pointer map, byte[] data, @size_t long size);

    int bpf_map_create(int type, String name, int keySize, int valueSize, int entries, Pointer options);

    int bpf_map_update_elem(int fd, byte[] key, byte[] value, long flags);

    int bpf_map_lookup_elem(int fd, byte[] key, byte[] value);

    int bpf_prog_test_run_opts(int fd, Pointer options);

    int bpf_obj_get_info_by_fd(int fd, byte[] info, int[] length);

    int libbpf_num_possible_cpus();

    /** @throws TracerException (environment) if libbpf is not installed */
    static Libbpf load() {
        Libc.load();
        try {
            return Loaded.LIBBPF;
        } catch (LinkageError e) {
            throw new TracerException(
                    TracerException.Kind.ENVIRONMENT, "libbpf.so.1 cannot be loaded", "apt install libbpf1", e);
        }
    }

    /** As the library says it, {@code v1.1}; empty if it cannot be loaded. */
    static Optional<String> version() {
        try {
            return Optional.of(load().libbpf_version_string());
        } catch (TracerException e) {
            return Optional.empty();
        }
    }

    /** Loaded at the first use: it costs a quarter of a second at start-up. */
    final class Loaded {
        /** Without failing at once, jnr would hand out an object of which every function fails. */
        private static final Libbpf LIBBPF =
                LibraryLoader.create(Libbpf.class).failImmediately().load("libbpf.so.1");

        private Loaded() {}
    }
}
