package traitrace.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.BufferedOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;
import traitrace.event.Hook;
import traitrace.kernel.Requirement;

/** Lines of lists, as text or as JSON Lines: types {@code hook} and {@code check} of {@code docs/schema/v1.json}. */
final class Rows implements Closeable {
    private final OutputStream out;

    Rows(OutputStream out) {
        this.out = new BufferedOutputStream(out);
    }

    /** Anything but printable ASCII and newlines is replaced. */
    void text(String lines) throws IOException {
        out.write(lines.replaceAll("[^ -~\n]", "?").getBytes(StandardCharsets.US_ASCII));
    }

    void hook(Hook hook, String family, Optional<String> whyNot) throws IOException {
        line(json -> {
            json.writeStringField("type", "hook");
            json.writeStringField("hook", hook.kernelName());
            json.writeNumberField("id", hook.id());
            json.writeStringField("stage", hook.stage().label());
            json.writeStringField("family", family);
            json.writeStringField("meaning", hook.meaning());
            json.writeBooleanField("available", whyNot.isEmpty());
            text(json, "why_not", whyNot.orElse(""));
        });
    }

    void check(Requirement check) throws IOException {
        line(json -> {
            json.writeStringField("type", "check");
            json.writeStringField("name", check.name());
            json.writeStringField("status", check.status().name().toLowerCase(Locale.ROOT));
            json.writeStringField("found", check.found());
            text(json, "cost", check.cost());
            text(json, "mend", check.mend());
        });
    }

    @Override
    public void close() throws IOException {
        out.flush();
    }

    private interface Fields {
        void write(JsonGenerator json) throws IOException;
    }

    private void line(Fields fields) throws IOException {
        try (JsonGenerator json = new JsonFactory().createGenerator(out)) {
            json.disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
            json.disable(JsonGenerator.Feature.FLUSH_PASSED_TO_STREAM);
            json.writeStartObject();
            fields.write(json);
            json.writeEndObject();
            json.writeRaw('\n');
        }
    }

    private static void text(JsonGenerator json, String key, String value) throws IOException {
        if (value.isEmpty()) {
            json.writeNullField(key);
        } else {
            json.writeStringField(key, value);
        }
    }
}
