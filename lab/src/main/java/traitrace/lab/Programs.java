package traitrace.lab;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The laboratory's programs in C, compiled when they are needed by the {@code cc} that there is, each once in this
 * process. A program has the name of its source: processes are known by it.
 *
 * <p>Where a compiler takes long, in an emulated machine, the system property {@value #FOLDER} names a folder in which
 * they have been compiled before.
 */
final class Programs {
    static final String FOLDER = "traitrace.lab.programs";

    private static final String SUFFIX = ".c";
    /** What sources include; it lies beside each of them. */
    private static final String HEADER = "uring.h";

    private static final Map<String, Path> COMPILED = new ConcurrentHashMap<>();

    private Programs() {}

    static boolean isSource(String name) {
        return name.endsWith(SUFFIX);
    }

    /** The program that is made of a source, a resource beside this class. */
    static synchronized Path of(String source) throws IOException {
        String before = System.getProperty(FOLDER);
        if (before != null && Files.isExecutable(Path.of(before, name(source)))) {
            return Path.of(before, name(source));
        }
        Path known = COMPILED.get(source);
        if (known != null) {
            return known;
        }
        Path folder = Files.createTempDirectory("lab-programs");
        // In the order of deletion: last in, first out.
        folder.toFile().deleteOnExit();
        Path program = compile(source, folder);
        program.toFile().deleteOnExit();
        COMPILED.put(source, program);
        return program;
    }

    /** Compiles all of them into a folder. */
    static void compileAll(Path folder) throws IOException {
        Files.createDirectories(folder);
        for (String file : Laboratory.FILES.values()) {
            if (isSource(file)) {
                compile(file, folder);
            }
        }
    }

    private static Path compile(String source, Path folder) throws IOException {
        Path text = folder.resolve(source);
        Path program = folder.resolve(name(source));
        Path header = folder.resolve(HEADER);
        copy(source, text);
        copy(HEADER, header);
        Command.run(List.of("cc", "-O1", "-pthread", "-o", program.toString(), text.toString()));
        Files.delete(text);
        Files.delete(header);
        return program;
    }

    /** Copies a file of the laboratory. */
    static void copy(String name, Path to) throws IOException {
        try (InputStream resource = Programs.class.getResourceAsStream(name)) {
            if (resource == null) {
                throw new IOException(name + " is not on the class path");
            }
            Files.copy(resource, to, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    private static String name(String source) {
        return source.substring(0, source.length() - SUFFIX.length());
    }
}
