package traitrace.timeline;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.InputStream;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import traitrace.TracerException;

/**
 * The explanations of drop reasons, for the core reasons of Linux 6.1 to 7.2 and those of qdiscs.
 *
 * <p>The texts are data: {@code drop-reasons.json}, an object of {@code "REASON": ["sentence", "command"]}. It is parsed
 * token by token, because setting up an object mapper takes longer than the whole file.
 */
public final class Explanations {
    private static final String FILE = "drop-reasons.json";
    private static final String PREFIX = "SKB_DROP_REASON_";

    private final Map<String, Explanation> byReason;

    private Explanations(Map<String, Explanation> byReason) {
        this.byReason = Map.copyOf(byReason);
    }

    /** Those that come with traitrace. */
    public static Explanations load() {
        try (InputStream in = Explanations.class.getResourceAsStream(FILE)) {
            if (in == null) {
                throw new IOException(FILE + " is missing");
            }
            return read(in);
        } catch (IOException e) {
            throw new TracerException(
                    TracerException.Kind.FAILURE,
                    "cannot read the explanations of drop reasons",
                    "Install traitrace anew.",
                    e);
        }
    }

    /** @throws IOException if the text is not in the form of the data file, or explains a reason twice */
    static Explanations read(InputStream in) throws IOException {
        Map<String, Explanation> byReason = new HashMap<>();
        try (JsonParser json = JsonFactory.builder().build().createParser(in)) {
            expect(json.nextToken(), JsonToken.START_OBJECT);
            while (json.nextToken() != JsonToken.END_OBJECT) {
                String reason = json.currentName();
                expect(json.nextToken(), JsonToken.START_ARRAY);
                String sentence = json.nextTextValue();
                String command = json.nextTextValue();
                expect(json.nextToken(), JsonToken.END_ARRAY);
                if (sentence == null || command == null) {
                    throw new IOException("the explanation of " + reason + " is not two texts");
                }
                if (byReason.put(reason, new Explanation(sentence, command)) != null) {
                    throw new IOException(reason + " is explained twice");
                }
            }
        }
        return new Explanations(byReason);
    }

    /**
     * What a drop reason means.
     *
     * @param reason the enumerator as the kernel spells it, with or without {@code SKB_DROP_REASON_}
     * @return empty for one that is not known, such as one of a newer kernel
     */
    public Optional<Explanation> ofDrop(String reason) {
        return Optional.ofNullable(
                byReason.get(reason.startsWith(PREFIX) ? reason.substring(PREFIX.length()) : reason));
    }

    /** The reasons explained, without {@code SKB_DROP_REASON_}. */
    public Set<String> reasons() {
        return byReason.keySet();
    }

    private static void expect(JsonToken found, JsonToken wanted) throws IOException {
        if (found != wanted) {
            throw new IOException("expected " + wanted + ", found " + found);
        }
    }
}
