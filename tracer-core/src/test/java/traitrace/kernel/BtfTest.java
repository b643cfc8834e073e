package traitrace.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import traitrace.TracerException;

class BtfTest {
    private static final List<String> NAMES = List.of("event", "point", "inner", "color", "wide", "send", "");

    private static BtfBytes sample() {
        BtfBytes b = new BtfBytes();
        int u32 = b.integer("int", 4);
        int inner = b.struct("inner", 8, b.name("x"), u32, 0, b.name("y"), u32, 32);
        int union = b.type(5, "", 2, 8, b.name("u"), u32, 0, b.name("v"), inner, 0);
        int alias = b.typedef("inner_t", b.type(10, "", 0, inner));
        b.struct("event", 32, b.name("time"), u32, 0, 0, union, 64, b.name("in"), alias, 128);
        b.type(4 | 0x80, "bits", 1, 4, b.name("flag"), u32, 3 << 24 | 13);
        b.enumeration("color", "RED=1", "GREEN=2", "ROSE=1", "LAST=4294901760");
        b.type(19, "wide", 2, 8, b.name("SMALL"), 7, 0, b.name("BIG"), 7, 1);
        b.function("send", b.prototype(2));
        b.tracepoint("kfree_skb", 4);
        b.typedef("btf_trace_odd", u32);
        return b;
    }

    @Test
    void findsMembersByPathAlsoInAnonymousUnionsAndBehindTypedefs() {
        Btf btf = Btf.of(sample().bytes());
        assertThat(btf.memberOffset("event", "time")).hasValue(0);
        assertThat(btf.memberOffset("event", "u")).hasValue(8);
        assertThat(btf.memberOffset("event", "v.y")).hasValue(12);
        assertThat(btf.memberOffset("event", "in.y")).hasValue(20);
        assertThat(btf.memberOffset("bits", "flag")).hasValue(1);
        assertThat(btf.memberOffset("event", "in.z")).isEmpty();
        assertThat(btf.memberOffset("event", "time.x")).isEmpty();
        assertThat(btf.memberOffset("event", "")).isEmpty();
        assertThat(btf.memberOffset("nothing", "time")).isEmpty();
        assertThat(btf.structSize("event")).hasValue(32);
        assertThat(btf.structSize("int")).isEmpty();
        assertThat(btf.hasStruct("inner")).isTrue();
        assertThat(btf.hasMember("event", "v")).isTrue();
        assertThat(btf.hasMember("event", "y")).isFalse();
    }

    @Test
    void countsTheArgumentsOfTracepoints() {
        Btf btf = Btf.of(sample().bytes());
        assertThat(btf.tracepointArguments("kfree_skb")).isEqualTo(4);
        assertThat(btf.hasTracepoint("kfree_skb")).isTrue();
        assertThat(btf.tracepointArguments("odd")).isEqualTo(-1);
        assertThat(btf.hasTracepoint("none")).isFalse();
    }

    @Test
    void readsEnumsOfBothWidths() {
        Btf btf = Btf.of(sample().bytes());
        assertThat(btf.enumerators("color"))
                .containsExactly(Map.entry(1, "RED"), Map.entry(2, "GREEN"), Map.entry(0xffff0000, "LAST"));
        assertThat(btf.enumerators("wide")).containsExactly(Map.entry(7, "SMALL"));
        assertThat(btf.enumerators("none")).isEmpty();
        assertThat(btf.hasFunction("send")).isTrue();
        assertThat(btf.hasFunction("sen")).isFalse();
    }

    @Test
    void moduleSeesItsOwnTypesAndThoseOfTheKernel(@TempDir Path folder) throws Exception {
        BtfBytes kernel = sample();
        BtfBytes module = kernel.module();
        module.struct("local", 16, module.name("member"), 2, 64);
        module.enumeration("ovs_drop_reason", "OVS_DROP_METER=131077");
        module.function("ovs_send", 0);
        Path file = Files.write(folder.resolve("openvswitch"), module.bytes());
        Btf btf = Btf.readModule(file, Btf.of(kernel.bytes()));
        assertThat(btf.memberOffset("local", "member.y")).hasValue(12);
        assertThat(btf.memberOffset("event", "in.y")).hasValue(20);
        assertThat(btf.enumerators("ovs_drop_reason")).containsEntry(131077, "OVS_DROP_METER");
        assertThat(btf.enumerators("color")).containsEntry(1, "RED");
        assertThat(btf.hasFunction("send") && btf.hasFunction("ovs_send")).isTrue();
        assertThat(btf.hasTracepoint("kfree_skb")).isTrue();
        assertThat(btf.hasStruct("none") || btf.hasFunction("none")).isFalse();
    }

    @Test
    void findsItsSectionInAnObject() {
        assertThat(Btf.ofElf(sample().elf()).memberOffset("event", "v.y")).hasValue(12);
    }

    @Test
    void refusesWhatItCannotRead(@TempDir Path folder) throws Exception {
        byte[] good = sample().bytes();
        byte[] big = good.clone();
        big[0] = (byte) 0xeb;
        big[1] = (byte) 0x9f;
        assertEnvironment(() -> Btf.of(big), "big-endian");
        assertEnvironment(() -> Btf.of(new byte[0]), "shorter");
        assertEnvironment(() -> Btf.of(Arrays.copyOf(good, good.length - 1)), "outside");
        byte[] version = good.clone();
        version[2] = 9;
        assertEnvironment(() -> Btf.of(version), "version 9");
        assertEnvironment(() -> Btf.of(new BtfBytes().bytes()).memberOffset("a", "b"), null);
        BtfBytes newer = new BtfBytes();
        newer.type(77, "", 0, 0);
        assertEnvironment(() -> Btf.of(newer.bytes()), "kind 77");
        assertEnvironment(() -> Btf.read(folder.resolve("none")), "no BTF");
        assertEnvironment(() -> Btf.read(folder), "cannot read");
        assertEnvironment(() -> Btf.ofElf(good), "ELF");
        byte[] elf = sample().elf();
        elf[elf.length - 64 + 4] = 8;
        assertEnvironment(() -> Btf.ofElf(elf), "shorter");
    }

    @Test
    @Timeout(value = 5, unit = TimeUnit.SECONDS)
    void endsOnTypesThatNestWithoutEnd() {
        BtfBytes loop = new BtfBytes();
        loop.typedef("t", 1);
        loop.struct("s", 4, loop.name("m"), 1, 0);
        // Each of 64 members is the struct itself: 64^64 paths.
        int[] members = new int[64 * 3];
        for (int i = 0; i < 64; i++) {
            members[i * 3 + 1] = 3;
        }
        loop.struct("fan", 4, members);
        Btf btf = Btf.of(loop.bytes());
        assertEnvironment(() -> btf.memberOffset("s", "m.n"), "circle");
        assertEnvironment(() -> btf.hasMember("fan", "none"), "without end");
    }

    @Test
    @Timeout(value = 10, unit = TimeUnit.SECONDS)
    void isNotSlowedDownByManyLongNamesThatAreTheSame() {
        BtfBytes b = new BtfBytes();
        int name = b.name("n".repeat(100_000));
        assertThat(name).isEqualTo(1);
        for (int i = 0; i < 50_000; i++) {
            b.type(12, "", 0, 0);
        }
        byte[] bytes = b.bytes();
        for (int i = 0; i < 50_000; i++) {
            bytes[24 + i * 12] = 1;
        }
        assertEnvironment(() -> Btf.of(bytes).hasFunction("x"), "a name has more");
    }

    @Property(tries = 3000)
    void answersOrRefusesAnyBytes(@ForAll @Size(max = 200) byte[] soup) {
        ask(soup);
        byte[] headed = Arrays.copyOf(sample().bytes(), 24 + soup.length);
        System.arraycopy(soup, 0, headed, 24, soup.length);
        headed[12] = (byte) (soup.length / 2 & ~3);
        headed[13] = headed[14] = headed[15] = 0;
        headed[16] = headed[12];
        headed[17] = headed[18] = headed[19] = 0;
        headed[20] = (byte) (soup.length - Byte.toUnsignedInt(headed[12]));
        headed[21] = headed[22] = headed[23] = 0;
        ask(headed);
    }

    @Property(tries = 5000)
    void answersOrRefusesDamagedBytes(
            @ForAll @IntRange(max = 5000) int at,
            @ForAll byte value,
            @ForAll @IntRange(max = 5000) int at2,
            @ForAll byte value2) {
        byte[] bytes = sample().bytes();
        bytes[at % bytes.length] = value;
        bytes[at2 % bytes.length] = value2;
        ask(bytes);
        byte[] elf = sample().elf();
        elf[elf.length - 1 - at % 256] = value;
        elf[at2 % elf.length] = value2;
        onlyTracerException(() -> Btf.ofElf(elf).memberOffset("event", "v.y"));
    }

    @Test
    void readsTheRunningKernelInTime() {
        assumeTrue(Files.isReadable(Btf.VMLINUX), "this kernel shows no BTF");
        long best = Long.MAX_VALUE;
        for (int i = 0; i < 10; i++) {
            long start = System.nanoTime();
            Btf btf = Btf.read(Btf.VMLINUX);
            btf.tracepointArguments("kfree_skb");
            btf.enumerators("skb_drop_reason");
            long took = System.nanoTime() - start;
            if (i == 0) {
                System.out.println("BTF of this kernel, cold: " + took / 1000 + " us");
            }
            best = Math.min(best, took);
        }
        System.out.println("BTF of this kernel, warm: " + best / 1000 + " us");
        assertThat(best).isLessThan(100_000_000L);
        Btf btf = Btf.read(Btf.VMLINUX);
        assertThat(btf.tracepointArguments("netif_receive_skb")).isEqualTo(1);
        assertThat(btf.tracepointArguments("kfree_skb")).isBetween(3, 4);
        assertThat(btf.hasFunction("consume_skb")).isTrue();
        assertThat(btf.hasMember("sk_buff", "dev")).isTrue();
        assertThat(btf.memberOffset("sk_buff", "next")).hasValue(0);
        assertThat(btf.memberOffset("net", "ns.inum")).isPresent();
        assertThat(btf.memberOffset("sock", "__sk_common.skc_dport")).isPresent();
        assertThat(btf.enumerators("skb_drop_reason")).containsValue("SKB_DROP_REASON_NO_SOCKET");
    }

    private static void ask(byte[] bytes) {
        onlyTracerException(() -> {
            Btf btf = Btf.of(bytes);
            for (String name : NAMES) {
                onlyTracerException(() -> btf.hasFunction(name));
                onlyTracerException(() -> btf.hasTracepoint(name));
                onlyTracerException(() -> btf.hasTracepoint("kfree_skb"));
                onlyTracerException(() -> btf.enumerators(name));
                onlyTracerException(() -> btf.structSize(name));
                onlyTracerException(() -> btf.memberOffset(name, "v.y"));
                onlyTracerException(() -> btf.memberOffset(name, "in.y"));
            }
        });
    }

    private static void onlyTracerException(Runnable action) {
        try {
            action.run();
        } catch (TracerException e) {
            assertThat(e.kind()).isEqualTo(TracerException.Kind.ENVIRONMENT);
        }
    }

    private static void assertEnvironment(Runnable action, String says) {
        if (says == null) {
            action.run();
            return;
        }
        assertThatThrownBy(action::run)
                .isInstanceOfSatisfying(
                        TracerException.class, e -> assertThat(e.kind()).isEqualTo(TracerException.Kind.ENVIRONMENT))
                .hasMessageContaining(says);
    }
}
