package traitrace.lab;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import traitrace.TracerException;

/** The scenarios that come with the laboratory. */
public final class Scenarios {
    private static final String FOLDER = "scenarios/";
    private static final String KNOWN = "demo.json";
    private static final Pattern NAME = Pattern.compile("[a-z0-9-]{1,64}");

    private Scenarios() {}

    /**
     * The scenario of this name.
     *
     * @throws TracerException of kind USAGE if there is none
     */
    public static Scenario named(String name) {
        String file = FOLDER + name + ".json";
        try (InputStream found = NAME.matcher(name).matches() ? Scenarios.class.getResourceAsStream(file) : null) {
            if (found == null) {
                throw new TracerException(
                        TracerException.Kind.USAGE,
                        "there is no scenario \"" + name + "\"",
                        "There are: "
                                + String.join(
                                        ", ", all().stream().map(Scenario::name).toList()));
            }
            return Scenario.parse(new String(found.readAllBytes(), StandardCharsets.UTF_8), file);
        } catch (IOException e) {
            throw new TracerException(TracerException.Kind.FAILURE, "cannot read " + file, "", e);
        }
    }

    /** All, by name. */
    public static List<Scenario> all() {
        URL known = Scenarios.class.getResource(FOLDER + KNOWN);
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
