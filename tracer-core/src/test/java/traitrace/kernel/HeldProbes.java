package traitrace.kernel;

/** A process that has probes attached until it is killed. */
final class HeldProbes {
    private HeldProbes() {}

    public static void main(String[] arguments) throws InterruptedException {
        try (Probes probes = Probes.load(Btf.read(Btf.VMLINUX), CaptureOptions.DEFAULT)) {
            System.out.println(probes.exact() ? "attached" : "not all: " + probes.lineageRefusal());
            Thread.sleep(120_000);
        }
    }
}
