package traitrace.timeline;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Locale;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import traitrace.event.Hook;

class ArgTextTest {
    private static String of(Hook hook, long arg) {
        return ArgText.of(hook, arg, 1500, new PlainNames());
    }

    @Test
    void saysWhatTheArgumentOfEachHookMeans() {
        assertThat(of(Hook.QDISC_ENQUEUE, 0x80010000L << 32 | 3)).isEqualTo("qdisc 8001: with 3 queued");
        assertThat(of(Hook.QDISC_DEQUEUE, 0)).isEqualTo("qdisc 0: with 0 queued");
        assertThat(of(Hook.SKB_COPY_DATAGRAM, 0xfffffff0L << 32 | 1448)).isEqualTo("1448 B");
        assertThat(of(Hook.SOCK_RECV_LENGTH, 0xffff888012345678L)).isEqualTo("1500 B");
        assertThat(of(Hook.ICMP_SEND, 3 << 8 | 4)).isEqualTo("ICMP type 3 code 4");
        assertThat(of(Hook.UDP_FAIL_QUEUE, -12)).isEqualTo("error 12");
        assertThat(of(Hook.SOCK_RCVQUEUE_FULL, 213_248L << 32 | 212_992)).isEqualTo("213248 of 212992 B used");
        assertThat(of(Hook.NET_DEV_XMIT, 0x10)).isEqualTo("busy");
        assertThat(of(Hook.INET_SOCK_SET_STATE, 3L << 32 | 1)).isEqualTo("SYN_RECV > ESTABLISHED");
        assertThat(of(Hook.INET_SOCK_SET_STATE, 99L << 32 | 7)).isEqualTo("state 99 > CLOSE");
        assertThat(of(Hook.NETIF_RX, 5)).isEmpty();
        assertThat(of(Hook.SOCKMAP_REDIRECT, 0xffff888012345678L)).isEqualTo("to be sent");
        assertThat(of(Hook.SOCKMAP_REDIRECT, 0xffff888012345679L)).isEqualTo("to be read");
        assertThat(of(Hook.SOCKMAP_SEND, 0xffff888012345678L)).isEqualTo("1500 B");
        assertThat(of(Hook.TCP_SEND_RESET, 0)).as("not told").isEmpty();
        assertThat(of(Hook.TCP_SEND_RESET, 3)).isNotEmpty();
    }

    @Test
    void saysWhyAndWhereAPacketWasFreed() {
        assertThat(of(Hook.KFREE_SKB, 8L << 32 | 0x81234567L))
                .isEqualTo("SKB_DROP_REASON_NETFILTER_DROP in nf_hook_slow+0xb3");
        assertThat(of(Hook.KFREE_SKB, 8L << 32)).isEqualTo("SKB_DROP_REASON_NETFILTER_DROP");
        assertThat(of(Hook.CONSUME_SKB, 0x81000001L)).isEqualTo("in icmp_rcv+0x1c");
        assertThat(of(Hook.CONSUME_SKB, 0)).isEmpty();
    }

    @Test
    void writesNumbersInAsciiWhereverTheUserLives() {
        Locale before = Locale.getDefault();
        Locale.setDefault(Locale.forLanguageTag("ar-EG"));
        try {
            assertThat(of(Hook.ICMP_SEND, 3 << 8 | 4)).isEqualTo("ICMP type 3 code 4");
            assertThat(of(Hook.QDISC_ENQUEUE, 3)).isEqualTo("qdisc 0: with 3 queued");
            assertThat(of(Hook.SOCK_RCVQUEUE_FULL, 3L << 32 | 2)).isEqualTo("3 of 2 B used");
        } finally {
            Locale.setDefault(before);
        }
    }

    @Property
    void hasPrintableWordsForAnyArgument(@ForAll Hook hook, @ForAll long arg) {
        assertThat(of(hook, arg)).matches("[ -~]*");
    }
}
