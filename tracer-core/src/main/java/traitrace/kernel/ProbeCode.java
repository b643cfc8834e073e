package traitrace.kernel;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import traitrace.TracerException;
import traitrace.TracerException.Kind;

/**
 * A compiled file of probes, as it comes in the jar.
 *
 * @param name {@code stages} for {@code probes/stages.bpf.c}
 * @param types its own BTF
 */
record ProbeCode(String name, byte[] bytes, Btf types) {
    static ProbeCode named(String name) {
        try (InputStream in = ProbeCode.class.getResourceAsStream(name + ".bpf.o")) {
            if (in == null) {
                throw new TracerException(
                        Kind.FAILURE, "this build has no probes in it", "rebuild it where clang is installed");
            }
            byte[] bytes = in.readAllBytes();
            return new ProbeCode(name, bytes, Btf.ofElf(bytes));
        } catch (IOException e) {
            throw new TracerException(Kind.FAILURE, "the probes cannot be read from the jar", "", e);
        }
    }

    /** A {@code struct config} of {@code probes/config.h} with everything switched off. */
    Config config() {
        return new Config(
                types,
                ByteBuffer.allocate(types.structSize("config").orElseThrow()).order(ByteOrder.nativeOrder()));
    }

    /** @param bytes as in the object's .rodata */
    record Config(Btf types, ByteBuffer bytes) {
        Config number(String member, int value) {
            bytes.putInt(offset(member), value);
            return this;
        }

        Config address(String member, long value) {
            bytes.putLong(offset(member), value);
            return this;
        }

        Config flag(String member, boolean value) {
            bytes.put(offset(member), (byte) (value ? 1 : 0));
            return this;
        }

        private int offset(String member) {
            return types.memberOffset("config", member).orElseThrow();
        }
    }
}
