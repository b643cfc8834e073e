package traitrace.names;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * Makes names that others chose fit to be shown: printable ASCII of bounded length.
 *
 * <p>Processes, devices and files may carry any bytes: escape sequences that rewrite a terminal, line ends that forge a
 * line of output, letters that look like others. Every byte outside 0x20 to 0x7e becomes {@code \xNN}, and so does the
 * backslash, so that two different names never look the same.
 */
public final class SafeText {
    /** Longer names are cut; long enough for a container id of 64 hex digits and a word. */
    public static final int MAX_LENGTH = 80;

    private static final String CUT = "...";

    private SafeText() {}

    /** A name whose chars are bytes, such as {@code EventView.rawName()}; a char above 0xff counts as its UTF-8. */
    public static String ofLatin1(String raw) {
        for (int i = 0; i < raw.length(); i++) {
            if (raw.charAt(i) > 0xff) {
                return ofText(raw);
            }
        }
        return plain(raw) ? raw : ofBytes(raw.getBytes(StandardCharsets.ISO_8859_1));
    }

    /** A name that Java decoded, such as that of a file; what is not ASCII is shown as its UTF-8 bytes. */
    public static String ofText(String raw) {
        return plain(raw) ? raw : ofBytes(raw.getBytes(StandardCharsets.UTF_8));
    }

    /** The last part of a path, by its bytes: a string would hold another letter where Java cannot decode them. */
    public static String ofFileName(Path path) {
        String name = path.getFileName().toString();
        if (plain(name)) {
            return name;
        }
        // Only the form as a URI has the bytes.
        String raw = path.toUri().getRawPath();
        raw = raw.endsWith("/") ? raw.substring(0, raw.length() - 1) : raw;
        raw = raw.substring(raw.lastIndexOf('/') + 1);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(raw.length());
        for (int i = 0; i < raw.length(); i++) {
            if (raw.charAt(i) == '%') {
                bytes.write(Integer.parseInt(raw, i + 1, i + 3, 16));
                i += 2;
            } else {
                bytes.write(raw.charAt(i));
            }
        }
        return ofBytes(bytes.toByteArray());
    }

    /** Bytes as the kernel keeps them. */
    public static String ofBytes(byte[] raw) {
        StringBuilder text = new StringBuilder(Math.min(raw.length, MAX_LENGTH) + 8);
        int cutAt = 0;
        for (byte b : raw) {
            if (b >= 0x20 && b <= 0x7e && b != '\\') {
                text.append((char) b);
            } else {
                text.append("\\x").append(Character.forDigit(b >> 4 & 0xf, 16)).append(Character.forDigit(b & 0xf, 16));
            }
            if (text.length() <= MAX_LENGTH - CUT.length()) {
                // An escape is never cut in two.
                cutAt = text.length();
            } else if (text.length() > MAX_LENGTH) {
                text.setLength(cutAt);
                return text.append(CUT).toString();
            }
        }
        return text.toString();
    }

    private static boolean plain(String raw) {
        if (raw.length() > MAX_LENGTH) {
            return false;
        }
        for (int i = 0; i < raw.length(); i++) {
            char c = raw.charAt(i);
            if (c < 0x20 || c > 0x7e || c == '\\') {
                return false;
            }
        }
        return true;
    }
}
