package traitrace.export;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Texts that users see, in files beside the tests; {@code -Dgolden.write=true} writes them anew, to be read in review. */
final class Golden {
    private Golden() {}

    static void check(String name, String actual) {
        try {
            if (Boolean.getBoolean("golden.write")) {
                Files.writeString(Path.of("src/test/resources/traitrace/export", name), actual);
                return;
            }
            try (InputStream in = Golden.class.getResourceAsStream(name)) {
                assertThat(in).as("golden text %s", name).isNotNull();
                assertThat(actual).isEqualTo(new String(in.readAllBytes(), StandardCharsets.UTF_8));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
