package traitrace.names;

import java.util.Locale;

/** Whether a word is likely a slip of the finger for another. */
public final class NearMiss {
    private NearMiss() {}

    /** At most two letters apart, fewer for short words; the case of letters does not count. */
    public static boolean near(String typed, String known) {
        String a = typed.toLowerCase(Locale.ROOT);
        String b = known.toLowerCase(Locale.ROOT);
        int allowed = Math.min(a.length(), b.length()) <= 3 ? 1 : 2;
        if (a.isEmpty() || Math.abs(a.length() - b.length()) > allowed) {
            return false;
        }
        return distance(a, b) <= allowed;
    }

    /** Insertions, deletions, replacements and swaps of neighbours that make one of the other. */
    private static int distance(String a, String b) {
        int[] older = new int[b.length() + 1];
        int[] old = new int[b.length() + 1];
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            old[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int same = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
                int best = Math.min(Math.min(old[j] + 1, row[j - 1] + 1), old[j - 1] + same);
                if (i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1)) {
                    best = Math.min(best, older[j - 2] + 1);
                }
                row[j] = best;
            }
            int[] reuse = older;
            older = old;
            old = row;
            row = reuse;
        }
        return old[b.length()];
    }
}
