package traitrace.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class TrafficResultTest {
    @Test
    void whatComesAfterALaterOneWasOvertaken() {
        assertThat(TrafficResult.overtaken(receipts(1, 2, 3))).isZero();
        assertThat(TrafficResult.overtaken(receipts(3, 1, 2, 4))).isEqualTo(2);
        assertThat(TrafficResult.overtaken(List.of())).isZero();
    }

    @Test
    void aCopyOvertookNobody() {
        assertThat(TrafficResult.overtaken(receipts(1, 1, 2, 2))).isZero();
        assertThat(TrafficResult.duplicates(receipts(1, 1, 2, 2))).isEqualTo(2);
    }

    private static List<TrafficResult.Receipt> receipts(long... numbers) {
        return LongStream.of(numbers)
                .mapToObj(n -> new TrafficResult.Receipt(n, 0))
                .toList();
    }
}
