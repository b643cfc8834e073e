package traitrace.kernel;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;
import jnr.ffi.Pointer;
import traitrace.TracerException;
import traitrace.TracerException.Kind;

/**
 * One compiled file of probes, opened, and then in the kernel. The same file may be opened several times.
 *
 * <p>Closing it detaches everything. A process that is killed leaves nothing behind either: the kernel closes the file
 * descriptors that hold programs and maps.
 */
final class ProbeObject implements AutoCloseable {
    private static final int EPERM = 1;

    /**
     * A program that the kernel did not take.
     *
     * @param section of the program; empty if libbpf did not say which it was
     * @param reason in a few words
     * @param errno 0 = unknown
     */
    record Refusal(String section, String reason, int errno) {}

    private final Libbpf libbpf;
    private final LibbpfWords words;
    private final Pointer object;
    private final Map<String, Pointer> programs = new LinkedHashMap<>();
    private final Map<String, String> sections = new LinkedHashMap<>();
    private final Map<String, Pointer> links = new LinkedHashMap<>();
    private boolean closed;

    private ProbeObject(Libbpf libbpf, LibbpfWords words, Pointer object) {
        this.libbpf = libbpf;
        this.words = words;
        this.object = object;
        for (Pointer program = libbpf.bpf_object__next_program(object, null);
                program != null;
                program = libbpf.bpf_object__next_program(object, program)) {
            String section = libbpf.bpf_program__section_name(program);
            programs.put(section, program);
            sections.put(libbpf.bpf_program__name(program), section);
        }
    }

    static ProbeObject open(Libbpf libbpf, LibbpfWords words, ProbeCode code) {
        words.forget();
        Pointer object = libbpf.bpf_object__open_mem(code.bytes(), code.bytes().length, null);
        if (object == null) {
            throw new TracerException(
                    Kind.FAILURE, "libbpf " + libbpf.libbpf_version_string() + " cannot open the probes: " + words, "");
        }
        return new ProbeObject(libbpf, words, object);
    }

    /** The sections of its programs: {@code tp_btf/kfree_skb}. */
    List<String> sections() {
        return List.copyOf(programs.keySet());
    }

    /** Only these of its programs will be loaded. */
    void keep(List<String> wanted) {
        programs.forEach((section, program) -> libbpf.bpf_program__set_autoload(program, wanted.contains(section)));
    }

    void configure(ProbeCode.Config config) {
        int error = libbpf.bpf_map__set_initial_value(
                map(".rodata"), config.bytes().array(), config.bytes().capacity());
        if (error < 0) {
            throw new TracerException(Kind.FAILURE, "the probes cannot be configured (errno " + -error + ")", "");
        }
    }

    void resize(String map, int entries) {
        libbpf.bpf_map__set_max_entries(map(map), entries);
    }

    /** Takes maps of another object instead of making its own, by name. */
    void share(Map<String, Integer> maps) {
        forEachMap((name, map) -> {
            Integer fd = maps.get(name);
            if (fd == null) {
                return;
            }
            int error = libbpf.bpf_map__reuse_fd(map, fd);
            if (error < 0) {
                throw new TracerException(
                        Kind.FAILURE, "the map " + name + " cannot be shared (errno " + -error + ")", "");
            }
        });
    }

    /** File descriptors of its maps by name, once it is loaded; not of its constants and variables. */
    Map<String, Integer> maps() {
        Map<String, Integer> maps = new LinkedHashMap<>();
        forEachMap((name, map) -> maps.put(name, libbpf.bpf_map__fd(map)));
        return maps;
    }

    private void forEachMap(BiConsumer<String, Pointer> action) {
        for (Pointer map = libbpf.bpf_object__next_map(object, null);
                map != null;
                map = libbpf.bpf_object__next_map(object, map)) {
            String name = libbpf.bpf_map__name(map);
            // .rodata, .bss
            if (name.indexOf('.') < 0) {
                action.accept(name, map);
            }
        }
    }

    /** Why it could not be loaded; empty if it is. After a refusal it can only be closed. */
    Optional<Refusal> load() {
        words.forget();
        int error = libbpf.bpf_object__load(object);
        return error < 0 ? Optional.of(refusal(-error)) : Optional.empty();
    }

    /** Why a loaded program could not be attached; empty if it is. */
    Optional<Refusal> attach(String section) {
        words.forget();
        Pointer link = libbpf.bpf_program__attach(programs.get(section));
        if (link == null) {
            return Optional.of(new Refusal(section, "it cannot be attached: " + words, 0));
        }
        links.put(section, link);
        return Optional.empty();
    }

    private Refusal refusal(int errno) {
        String section = words.program().map(sections::get).orElse("");
        String reason = words.verdict()
                .map(verdict -> "the verifier refused it: " + verdict)
                .orElseGet(() ->
                        errno == EPERM ? "permission denied" : "the kernel refused it (errno " + errno + "): " + words);
        return new Refusal(section, reason, errno);
    }

    private Pointer map(String name) {
        Pointer map = libbpf.bpf_object__find_map_by_name(object, name);
        if (map == null) {
            throw new TracerException(Kind.FAILURE, "the probes have no map named " + name, "rebuild traitrace");
        }
        return map;
    }

    /** File descriptor of a loaded program. */
    int program(String section) {
        return libbpf.bpf_program__fd(programs.get(section));
    }

    /** Sections of the programs that are attached. */
    List<String> attached() {
        return List.copyOf(links.keySet());
    }

    /** The links, handed over to whoever closes them: {@link #close} does not any more. */
    List<Pointer> releaseLinks() {
        List<Pointer> released = new ArrayList<>(links.values());
        links.clear();
        return released;
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        releaseLinks().forEach(libbpf::bpf_link__destroy);
        libbpf.bpf_object__close(object);
    }
}
