package traitrace.filter;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import traitrace.timeline.Timeline;

class DisplayFieldsTest {
    private static final Path DOCUMENT = Path.of("../docs/filters.md");
    private static final String WRITE = "filters.write";
    private static final String BEGIN = "<!-- Generated: mvn -pl tracer-core test -Dtest=DisplayFieldsTest -D" + WRITE
            + "=true writes it anew. -->\n";
    private static final String END = "<!-- End of what is generated. -->\n";

    @Test
    void theDocumentListsTheFieldsThatThereAre() throws IOException {
        String text = Files.readString(DOCUMENT);
        int begin = text.indexOf("<!-- Generated");
        int end = text.indexOf(END);
        assertThat(begin).isBetween(0, end);
        if (Boolean.getBoolean(WRITE)) {
            Files.writeString(DOCUMENT, text.substring(0, begin) + BEGIN + tables() + text.substring(end));
            return;
        }
        assertThat(text.substring(begin, end))
                .as("docs/filters.md is out of date: run with -D%s=true, then read what changed", WRITE)
                .isEqualTo(BEGIN + tables());
    }

    private static String tables() {
        StringBuilder text = new StringBuilder();
        for (Level level : Level.values()) {
            text.append("\n### Of the ").append(level.label()).append("\n\n");
            text.append("| field | type | unit | is |\n|---|---|---|---|\n");
            for (Field field : Fields.of(level)) {
                row(text, "`" + field + "`", field.type().label(), field.unit(), field.description());
            }
        }
        text.append("\n### Words\n\n| field | is one of |\n|---|---|\n");
        for (Field field : Fields.all()) {
            if (field.type() == ValueType.WORD) {
                row(text, "`" + field + "`", "`" + String.join("`, `", field.words()) + "`");
            }
        }
        return text.append('\n').toString();
    }

    private static void row(StringBuilder text, String... cells) {
        text.append("| ").append(String.join(" | ", cells)).append(" |\n");
    }

    @Test
    void namesAreShortDottedAndUnlikeKeywords() {
        assertThat(Fields.all())
                .extracting(Field::name)
                .doesNotHaveDuplicates()
                .allMatch(name -> name.matches("[a-z]+(\\.[a-z]+)*"));
        assertThat(Fields.all())
                .extracting(Field::name)
                .doesNotContain("any", "all", "has", "path", "not", "and", "or", "in", "true", "false");
        assertThat(Fields.all()).allMatch(field -> Fields.find(field.name()).orElseThrow() == field);
        assertThat(Fields.find("nothing")).isEmpty();
    }

    @Test
    void descriptionsArePrintableAndWordsBelongToWords() {
        assertThat(Fields.all()).allSatisfy(field -> {
            assertThat(field.description()).matches("[ -~]{5,70}").doesNotEndWith(".");
            assertThat(field.words().isEmpty()).isEqualTo(field.type() != ValueType.WORD);
            assertThat(field.words()).allMatch(Lexer::isWord).doesNotHaveDuplicates();
        });
    }

    @Test
    void everyValueIsOfTheTypeOfItsField() {
        for (Timeline timeline : List.of(Traced.delivered(), Traced.dropped())) {
            for (Field field : Fields.all()) {
                for (int i = 0; i < field.level().count(timeline); i++) {
                    assertThat(field.values().apply(new Subject(timeline, Traced.NAMES, i)))
                            .as(field.name())
                            .hasOnlyElementsOfType(type(field));
                }
            }
        }
    }

    private static Class<? extends Value> type(Field field) {
        return switch (field.type()) {
            case BOOLEAN -> Value.Flag.class;
            case NUMBER, SIZE, DURATION -> Value.Amount.class;
            case TEXT, WORD -> Value.Text.class;
            case ADDRESS -> Value.Network.class;
            case ID -> Value.Id.class;
        };
    }
}
