package traitrace.lab;

import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import traitrace.TracerException;

/** The scenarios that come with the laboratory. */
public final class Scenarios {
    private static final String KNOWN = "demo.json";

    private Scenarios() {}

    /**
     * The scenario of this name.
     *
     * @throws TracerException of kind USAGE if there is none
     */
    public static Scenario named(String name) {
        return all().stream()
                .filter(scenario -> scenario.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new TracerException(
                        TracerException.Kind.USAGE,
                        "there is no scenario \"" + name + "\"",
                        "There are: "
                                + String.join(
                                        ", ", all().stream().map(Scenario::name).toList())));
    }

    /** All, by name. */
    public static List<Scenario> all() {
        URL known = Scenarios.class.getResource("scenarios/" + KNOWN);
        if (known == null) {
            throw new TracerException(TracerException.Kind.FAILURE, "the scenarios are not on the class path", "");
        }
        try {
            URI uri = known.toURI();
            if (!uri.getScheme().equals("jar")) {
                return in(Path.of(uri).getParent());
            }
            try (FileSystem jar = FileSystems.newFileSystem(uri, Map.of())) {
                return in(jar.getPath("traitrace/lab/scenarios"));
            }
        } catch (IOException | URISyntaxException e) {
            throw new TracerException(TracerException.Kind.FAILURE, "cannot read the scenarios: " + e, "", e);
        }
    }

    /**
     * The scenarios in a folder, by file name.
     *
     * @throws TracerException of kind USAGE if a file is not one
     */
    public static List<Scenario> in(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.toString().endsWith(".json"))
                    .sorted()
                    .map(Scenarios::read)
                    .toList();
        }
    }

    private static Scenario read(Path file) {
        try {
            return Scenario.parse(Files.readString(file), file.toString());
        } catch (IOException e) {
            throw new TracerException(TracerException.Kind.FAILURE, "cannot read " + file, "", e);
        }
    }
}
