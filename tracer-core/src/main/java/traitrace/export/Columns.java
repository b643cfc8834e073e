package traitrace.export;

import java.util.List;

/**
 * Which columns a timeline has at a width. 0 = left out: the stage goes first, then the namespace, then the device; the
 * last two then stand in lines of their own where they change.
 *
 * @param gap blanks between columns
 */
record Columns(int gap, int label, int netns, int device, int stage, int what) {
    /** A sign for drops and guesses, and a blank. */
    static final int GUTTER = 2;

    static final int DELTA = 8;

    private static final int STAGE = 9;
    private static final int WHAT = 19;
    /** Room that what changed should have. */
    private static final int NOTES = 22;

    private static final int MIN_NAME = 6;
    private static final int MAX_NETNS = 20;
    private static final int MAX_DEVICE = 15;
    private static final int WIDE = 72;

    /**
     * @param label width of the longest skb label; 0 = there is only one skb
     * @param netns length of the longest namespace name
     * @param device length of the longest device name
     * @param what length of the longest description
     */
    static Columns of(int columns, int label, int netns, int device, int what) {
        int gap = columns < WIDE ? 1 : 2;
        int n = Math.max(MIN_NAME, Math.min(netns, MAX_NETNS));
        int d = device == 0 ? 0 : Math.max(MIN_NAME, Math.min(device, MAX_DEVICE));
        int w = Math.max(WHAT, Math.min(what, columns / 4));
        int shortN = Math.min(n, columns / 8);
        int shortD = Math.min(d, columns / 8);
        for (Columns wish : List.of(
                new Columns(gap, label, n, d, STAGE, w),
                new Columns(gap, label, n, d, 0, w),
                new Columns(gap, label, shortN, shortD, 0, w))) {
            if (columns >= WIDE && wish.indent() + w + gap + NOTES <= columns) {
                return wish;
            }
        }
        Columns noNetns = new Columns(gap, label, 0, d, 0, WHAT);
        return noNetns.indent() + WHAT <= columns ? noNetns : new Columns(gap, label, 0, 0, 0, WHAT);
    }

    /** Where the description begins. */
    int indent() {
        return GUTTER + DELTA + gap + width(label) + width(netns) + width(device) + width(stage);
    }

    private int width(int column) {
        return column == 0 ? 0 : column + gap;
    }
}
