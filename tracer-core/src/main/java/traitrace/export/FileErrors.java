package traitrace.export;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import traitrace.TracerException;
import traitrace.TracerException.Kind;

/** What the operating system says of a file, in the words of the user. */
final class FileErrors {
    private FileErrors() {}

    static TracerException reading(String file, IOException e) {
        if (e instanceof NoSuchFileException) {
            return new TracerException(Kind.FAILURE, "cannot read " + file + ": no such file", "check the name", e);
        }
        if (e instanceof AccessDeniedException) {
            return denied("read", file, e);
        }
        return new TracerException(Kind.FAILURE, "cannot read " + file + ": " + reason(e), "", e);
    }

    static TracerException writing(String file, IOException e) {
        if (e instanceof NoSuchFileException) {
            return new TracerException(
                    Kind.FAILURE, "cannot create " + file + ": its directory does not exist", "create it first", e);
        }
        if (e instanceof AccessDeniedException) {
            return denied("write", file, e);
        }
        return new TracerException(
                Kind.FAILURE, "cannot write " + file + ": " + reason(e), "what was written before can be read", e);
    }

    private static TracerException denied(String verb, String file, IOException e) {
        return new TracerException(
                Kind.PERMISSION,
                "cannot " + verb + " " + file + ": permission denied",
                "run as the owner of the file, or with sudo",
                e);
    }

    private static String reason(IOException e) {
        String reason = e instanceof FileSystemException f ? f.getReason() : e.getMessage();
        return reason == null ? e.getClass().getSimpleName() : reason;
    }
}
