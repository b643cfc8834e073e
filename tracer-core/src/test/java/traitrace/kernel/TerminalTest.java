package traitrace.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TerminalTest {
    /** Tests run with pipes; -1 is no descriptor at all and goes through libc. */
    @Test
    void aPipeIsNoTerminalAndHasNoWidth() {
        assertThat(Terminal.isTerminal(-1)).isFalse();
        assertThat(Terminal.columns(-1)).isZero();
    }
}
