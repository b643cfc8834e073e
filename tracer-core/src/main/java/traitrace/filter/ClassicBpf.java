package traitrace.filter;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;

/**
 * A classic BPF program as data, and an interpreter for it that agrees with that of libpcap.
 *
 * <p>A program that could be made is one that ends: jumps only go forward and stay inside, the last instruction returns.
 *
 * @param instructions 1 to {@link #MAX_INSTRUCTIONS}
 */
public record ClassicBpf(List<Instruction> instructions) {
    /** As many as the kernel takes, too. */
    public static final int MAX_INSTRUCTIONS = 4096;

    /** From here on, absolute loads mean the kernel's metadata (SKF_AD_OFF), not bytes. */
    private static final int ANCILLARY = 0xfffff000;

    private static final int MEMORY_WORDS = 16;

    // Classes, the low three bits.
    private static final int LD = 0;
    private static final int LDX = 1;
    private static final int ST = 2;
    private static final int STX = 3;
    private static final int ALU = 4;
    private static final int JMP = 5;
    private static final int RET = 6;
    private static final int MISC = 7;

    // Modes and sizes of loads.
    private static final int W_IMM = 0x00;
    private static final int W_ABS = 0x20;
    private static final int H_ABS = 0x28;
    private static final int B_ABS = 0x30;
    private static final int W_IND = 0x40;
    private static final int H_IND = 0x48;
    private static final int B_IND = 0x50;
    private static final int W_MEM = 0x60;
    private static final int W_LEN = 0x80;
    private static final int B_MSH = 0xb0;

    /** The operand is X, not k; of RET: the value is A. */
    private static final int FROM_X = 0x08;

    private static final int FROM_A = 0x10;
    private static final int TXA = 0x80;

    /**
     * One instruction, {@code struct sock_filter} of the kernel.
     *
     * @param code 0 to 65,535
     * @param jt instructions to skip if the condition holds, 0 to 255
     * @param jf instructions to skip if not, 0 to 255
     * @param k the operand, an unsigned 32-bit number
     */
    public record Instruction(int code, int jt, int jf, int k) {
        /** From a number with code in bits 48 to 63, jt in 40 to 47, jf in 32 to 39 and k in 0 to 31. */
        public static Instruction of(long bits) {
            return new Instruction(
                    (int) (bits >>> 48), (int) (bits >>> 40) & 0xff, (int) (bits >>> 32) & 0xff, (int) bits);
        }
    }

    /** @throws IllegalArgumentException if it is not a valid program */
    public ClassicBpf {
        instructions = List.copyOf(instructions);
        int size = instructions.size();
        if (size == 0 || size > MAX_INSTRUCTIONS) {
            throw new IllegalArgumentException("a program of " + size + " instructions");
        }
        for (int at = 0; at < size; at++) {
            if (!valid(instructions.get(at), size - at - 1)) {
                throw new IllegalArgumentException("instruction " + at + ": " + instructions.get(at));
            }
        }
        if ((instructions.get(size - 1).code & 7) != RET) {
            throw new IllegalArgumentException("the last instruction does not return");
        }
    }

    /** @param bits each as in {@link Instruction#of} */
    public static ClassicBpf of(long[] bits) {
        return new ClassicBpf(Arrays.stream(bits).mapToObj(Instruction::of).toList());
    }

    private static boolean valid(Instruction instruction, int following) {
        int code = instruction.code;
        int k = instruction.k;
        return switch (code & 7) {
            case LD ->
                switch (code & ~7) {
                    case W_IMM, W_ABS, H_ABS, B_ABS, W_IND, H_IND, B_IND, W_LEN -> true;
                    case W_MEM -> isMemory(k);
                    default -> false;
                };
            case LDX ->
                switch (code & ~7) {
                    case W_IMM, W_LEN, B_MSH -> true;
                    case W_MEM -> isMemory(k);
                    default -> false;
                };
            case ST, STX -> code <= 7 && isMemory(k);
            case ALU -> code <= 0xff && validArithmetic(code, k);
            case JMP -> code <= 0xff && validJump(instruction, following);
            case RET -> code == RET || code == (RET | FROM_A) || code == (RET | FROM_X);
            case MISC -> code == MISC || code == (MISC | TXA);
            default -> throw new AssertionError();
        };
    }

    private static boolean isMemory(int k) {
        return k >= 0 && k < MEMORY_WORDS;
    }

    private static boolean validArithmetic(int code, int k) {
        int operation = code & 0xf0;
        boolean constantZero = (code & FROM_X) == 0 && k == 0;
        return switch (operation) {
            case 0x30, 0x90 -> !constantZero;
            case 0x60, 0x70 -> (code & FROM_X) != 0 || (k >= 0 && k < 32);
            default -> operation <= 0xa0;
        };
    }

    private static boolean validJump(Instruction instruction, int following) {
        int operation = instruction.code & 0xf0;
        if (operation == 0) {
            return Integer.compareUnsigned(instruction.k, following) < 0;
        }
        return operation <= 0x40 && instruction.jt < following && instruction.jf < following;
    }

    /** Whether it asks for what is not in the packet: the direction, the device and such. */
    public boolean readsMetadata() {
        return instructions.stream().anyMatch(i -> isAbsolute(i) && Integer.compareUnsigned(i.k, ANCILLARY) >= 0);
    }

    /** Whether it may read any of the first {@code bytes} of a packet: at a fixed place, or at one that it computes. */
    public boolean readsBefore(int bytes) {
        return instructions.stream()
                .anyMatch(i -> (isAbsolute(i) || isIndirect(i)) && Integer.compareUnsigned(i.k, bytes) < 0);
    }

    private static boolean isAbsolute(Instruction instruction) {
        int code = instruction.code;
        return code == W_ABS || code == H_ABS || code == B_ABS || code == (LDX | B_MSH);
    }

    private static boolean isIndirect(Instruction instruction) {
        int code = instruction.code;
        return code == W_IND || code == H_IND || code == B_IND;
    }

    /**
     * Runs the program on a packet.
     *
     * <p>A load beyond the captured bytes ends it with 0, as it does in libpcap and in the kernel: a header that was not
     * captured matches nothing, not even a negation.
     *
     * @param buffer in any byte order: loads are big-endian
     * @param offset of the first byte, absolute; {@code offset + captured} must not exceed the limit
     * @param captured bytes that can be read
     * @param length what {@code len} is, bytes: that of the packet, captured or not; an unsigned number
     * @return how many bytes to keep, an unsigned number; 0 = no match
     */
    public int run(ByteBuffer buffer, int offset, int captured, int length) {
        int a = 0;
        int x = 0;
        int[] memory = null;
        for (int at = 0; ; at++) {
            Instruction instruction = instructions.get(at);
            int code = instruction.code;
            int k = instruction.k;
            switch (code & 7) {
                case LD -> {
                    int mode = code & 0xe0;
                    if (mode == W_ABS || mode == W_IND) {
                        int size = (code & 0x18) == 0 ? 4 : (code & 0x18) == 0x08 ? 2 : 1;
                        long from = Integer.toUnsignedLong(k) + (mode == W_IND ? Integer.toUnsignedLong(x) : 0);
                        if (from + size > captured) {
                            return 0;
                        }
                        a = load(buffer, offset + (int) from, size);
                    } else {
                        a = mode == W_LEN ? length : mode == W_MEM ? word(memory, k) : k;
                    }
                }
                case LDX -> {
                    int mode = code & 0xe0;
                    if (mode == (B_MSH & 0xe0)) {
                        if (Integer.toUnsignedLong(k) + 1 > captured) {
                            return 0;
                        }
                        x = (buffer.get(offset + k) & 0xf) << 2;
                    } else {
                        x = mode == W_LEN ? length : mode == W_MEM ? word(memory, k) : k;
                    }
                }
                case ST, STX -> {
                    if (memory == null) {
                        memory = new int[MEMORY_WORDS];
                    }
                    memory[k] = code == ST ? a : x;
                }
                case ALU -> {
                    int operand = (code & FROM_X) != 0 ? x : k;
                    int operation = code & 0xf0;
                    if (operand == 0 && (operation == 0x30 || operation == 0x90)) {
                        return 0;
                    }
                    a = calculate(operation, a, operand);
                }
                case JMP -> {
                    int operation = code & 0xf0;
                    if (operation == 0) {
                        at += k;
                    } else {
                        int operand = (code & FROM_X) != 0 ? x : k;
                        at += holds(operation, a, operand) ? instruction.jt : instruction.jf;
                    }
                }
                case RET -> {
                    return code == RET ? k : code == (RET | FROM_A) ? a : x;
                }
                case MISC -> {
                    if (code == MISC) {
                        x = a;
                    } else {
                        a = x;
                    }
                }
                default -> throw new AssertionError();
            }
        }
    }

    private static int load(ByteBuffer buffer, int at, int size) {
        int value = 0;
        for (int i = 0; i < size; i++) {
            value = value << 8 | Byte.toUnsignedInt(buffer.get(at + i));
        }
        return value;
    }

    private static int word(int[] memory, int index) {
        return memory == null ? 0 : memory[index];
    }

    private static int calculate(int operation, int a, int operand) {
        return switch (operation) {
            case 0x00 -> a + operand;
            case 0x10 -> a - operand;
            case 0x20 -> a * operand;
            case 0x30 -> Integer.divideUnsigned(a, operand);
            case 0x40 -> a | operand;
            case 0x50 -> a & operand;
            case 0x60 -> Integer.compareUnsigned(operand, 32) < 0 ? a << operand : 0;
            case 0x70 -> Integer.compareUnsigned(operand, 32) < 0 ? a >>> operand : 0;
            case 0x80 -> -a;
            case 0x90 -> Integer.remainderUnsigned(a, operand);
            case 0xa0 -> a ^ operand;
            default -> throw new AssertionError();
        };
    }

    private static boolean holds(int operation, int a, int operand) {
        return switch (operation) {
            case 0x10 -> a == operand;
            case 0x20 -> Integer.compareUnsigned(a, operand) > 0;
            case 0x30 -> Integer.compareUnsigned(a, operand) >= 0;
            case 0x40 -> (a & operand) != 0;
            default -> throw new AssertionError();
        };
    }
}
