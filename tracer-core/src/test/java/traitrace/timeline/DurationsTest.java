package traitrace.timeline;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DurationsTest {
    @ParameterizedTest
    @CsvSource({
        "0, 0 ns",
        "999, 999 ns",
        "1000, 1.00 us",
        "1239, 1.23 us",
        "45678, 45.6 us",
        "999999, 999 us",
        "1000000, 1.00 ms",
        "60000000000, 60.0 s",
        "-1500, -1.50 us",
    })
    void writesThreeDigitsAndAUnit(long ns, String text) {
        assertThat(Durations.text(ns)).isEqualTo(text);
    }

    @Property
    void everyTimeFitsTheColumn(@ForAll long ns) {
        assertThat(Durations.column(ns)).hasSize(8);
    }
}
