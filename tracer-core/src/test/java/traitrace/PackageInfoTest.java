package traitrace;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Every package says what its subject is. */
class PackageInfoTest {
    @Test
    void everyPackageHasOne() throws IOException {
        Set<Path> packages = new TreeSet<>();
        // Maven runs tests in the module's directory.
        for (String module : new String[] {"tracer-core", "lab", "tracer-tui"}) {
            Path root = Path.of("..", module, "src", "main", "java");
            if (Files.isDirectory(root)) {
                try (Stream<Path> files = Files.walk(root)) {
                    files.filter(f -> f.toString().endsWith(".java"))
                            .map(Path::getParent)
                            .forEach(packages::add);
                }
            }
        }
        assertThat(packages).isNotEmpty().allSatisfy(p -> assertThat(p.resolve("package-info.java"))
                .exists());
    }
}
