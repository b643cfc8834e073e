package traitrace.export;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class EdgeNotesTest {
    @Test
    void ofManyCandidatesTheFirstAreNamedAndTheOthersCounted() {
        List<Long> many = LongStream.rangeClosed(1, 50).boxed().toList();

        assertThat(EdgeNotes.candidates(many))
                .startsWith("because of one of 50 packets, or none: 0000000000000001, 0000000000000002,")
                .endsWith(", 0000000000000008 and 42 more");
        assertThat(EdgeNotes.candidates(many.subList(0, 8))).endsWith(", 0000000000000008");
        assertThat(EdgeNotes.candidates(many.subList(0, 1))).isEqualTo("perhaps because of packet 0000000000000001");
    }
}
