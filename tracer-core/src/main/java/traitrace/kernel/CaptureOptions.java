package traitrace.kernel;

/**
 * What a capture may use.
 *
 * @param ringBytes of one ring: a power of two, at least a page, at most 512 MiB
 * @param trackedSkbs how many skbs can be known at a time: the size of the side tables
 * @param payloadBytes payload bytes to record of each event, 0 = none, at most 24
 * @param payloadOffset of the first, in the innermost transport payload
 * @param hooks the families of hooks to use
 * @param userSpace whether to tell which bytes go into processes and come out of them
 */
public record CaptureOptions(
        int ringBytes, int trackedSkbs, int payloadBytes, int payloadOffset, Hooks hooks, boolean userSpace) {
    public static final CaptureOptions DEFAULT = new CaptureOptions(8 << 20, 131_072, 0, 0, Hooks.AUTO, true);

    public CaptureOptions {
        if (Integer.bitCount(ringBytes) != 1 || ringBytes < 4096 || ringBytes > 512 << 20) {
            throw new IllegalArgumentException("ringBytes " + ringBytes);
        }
        if (trackedSkbs < 1 || payloadBytes < 0 || payloadBytes > 24 || payloadOffset < 0) {
            throw new IllegalArgumentException("tracked " + trackedSkbs + ", payload " + payloadBytes);
        }
    }

    public CaptureOptions withPayload(int bytes, int offset) {
        return new CaptureOptions(ringBytes, trackedSkbs, bytes, offset, hooks, userSpace);
    }

    public CaptureOptions withRingBytes(int bytes) {
        return new CaptureOptions(bytes, trackedSkbs, payloadBytes, payloadOffset, hooks, userSpace);
    }

    public CaptureOptions withHooks(Hooks which) {
        return new CaptureOptions(ringBytes, trackedSkbs, payloadBytes, payloadOffset, which, userSpace);
    }

    public CaptureOptions withUserSpace(boolean told) {
        return new CaptureOptions(ringBytes, trackedSkbs, payloadBytes, payloadOffset, hooks, told);
    }
}
