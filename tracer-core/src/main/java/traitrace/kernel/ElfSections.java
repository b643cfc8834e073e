package traitrace.kernel;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import traitrace.TracerException;

/** Finds sections in an ELF64 little-endian object, which is what clang makes of a probe (elf(5)). */
final class ElfSections {
    private static final int HEADER_BYTES = 64;
    private static final int ENTRY_BYTES = 64;
    private static final int SHT_NOBITS = 8;

    /**
     * @param offset of its first byte in the object
     * @param length in bytes; the section lies inside the object
     */
    record Section(int offset, int length) {}

    private ElfSections() {}

    /**
     * The first section of this name; empty if there is none.
     *
     * @throws TracerException ENVIRONMENT if the bytes are no such object
     */
    static Optional<Section> find(byte[] object, String name) {
        if (object.length < HEADER_BYTES || int32(object, 0) != 0x464c457f) {
            throw malformed("it does not begin as an ELF file");
        }
        if (object[4] != 2 || object[5] != 1) {
            throw malformed("it is not a little-endian ELF64 file");
        }
        long table = int64(object, 40);
        int entryBytes = int16(object, 58);
        int entries = int16(object, 60);
        int namesIndex = int16(object, 62);
        if (entries == 0) {
            return Optional.empty();
        }
        if (entryBytes != ENTRY_BYTES
                || table < 0
                || table > object.length - (long) entries * ENTRY_BYTES
                || namesIndex >= entries) {
            throw malformed("its section table lies outside of it");
        }
        Section names = section(object, (int) table + namesIndex * ENTRY_BYTES);
        byte[] wanted = (name + '\0').getBytes(StandardCharsets.US_ASCII);
        for (int i = 0; i < entries; i++) {
            int entry = (int) table + i * ENTRY_BYTES;
            long at = Integer.toUnsignedLong(int32(object, entry));
            if (at + wanted.length > names.length()) {
                continue;
            }
            int start = names.offset() + (int) at;
            if (Arrays.equals(object, start, start + wanted.length, wanted, 0, wanted.length)) {
                return Optional.of(section(object, entry));
            }
        }
        return Optional.empty();
    }

    private static Section section(byte[] object, int entry) {
        long offset = int64(object, entry + 24);
        long length = int64(object, entry + 32);
        if (int32(object, entry + 4) == SHT_NOBITS) {
            return new Section(0, 0);
        }
        if (offset < 0 || length < 0 || offset > object.length || length > object.length - offset) {
            throw malformed("a section lies outside of it");
        }
        return new Section((int) offset, (int) length);
    }

    private static int int16(byte[] bytes, int at) {
        return bytes[at] & 0xff | (bytes[at + 1] & 0xff) << 8;
    }

    private static int int32(byte[] bytes, int at) {
        return int16(bytes, at) | int16(bytes, at + 2) << 16;
    }

    private static long int64(byte[] bytes, int at) {
        return Integer.toUnsignedLong(int32(bytes, at)) | (long) int32(bytes, at + 4) << 32;
    }

    private static TracerException malformed(String what) {
        return new TracerException(
                TracerException.Kind.ENVIRONMENT,
                "the object file is malformed: " + what,
                "Check it with: readelf -S FILE");
    }
}
