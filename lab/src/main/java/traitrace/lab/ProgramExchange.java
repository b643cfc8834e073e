package traitrace.lab;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Has a program send messages: what it reads at once it sends at once. */
final class ProgramExchange {
    private static final long REPLY_NS = 3_000_000_000L;
    private static final long END_MS = 3000;

    private ProgramExchange() {}

    static TrafficResult run(Laboratory lab, Traffic.Program program, List<Long> numbers) throws Exception {
        Process process = lab.in(program.from(), () -> new ProcessBuilder(program.argv())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start());
        TcpExchange.MessageLog replies = new TcpExchange.MessageLog(program.payloadBytes(), program.numberOffset());
        try (DatagramSink sink = program.sink() == null
                ? null
                : DatagramSink.open(lab, program.sink(), program.sink().address(), program)) {
            Thread reader = new Thread(() -> read(process.getInputStream(), replies), "lab-program");
            reader.setDaemon(true);
            reader.start();
            int written = 0;
            try (OutputStream in = process.getOutputStream()) {
                for (int next = 0; next < numbers.size(); next += program.perWrite()) {
                    int end = Math.min(next + program.perWrite(), numbers.size());
                    // A gap of less would let the program read two messages at once, or before it is connected.
                    Exchange.gap(Math.max(program.gapMicros(), 1000));
                    in.write(messages(program, numbers.subList(next, end)));
                    in.flush();
                    written = end;
                    if (sink != null && program.perWrite() > 1) {
                        // What waits in the pipe the program would read together with what comes next.
                        sink.awaitCount(written);
                    }
                    if (program.lockstep()) {
                        awaitReplies(program, replies, written);
                    }
                }
                awaitReplies(program, replies, numbers.size());
            } catch (IOException ended) {
                // The program gave up (connection refused): the rest was never sent.
            }
            // Most end when there is nothing more to read: by then all was sent, on a slow machine too.
            process.waitFor(END_MS, TimeUnit.MILLISECONDS);
            List<TrafficResult.Receipt> received = sink == null ? List.of() : sink.finish(written);
            return new TrafficResult(program, numbers, numbers.size() - written, received, replies.receipts());
        } finally {
            Laboratory.end(process);
        }
    }

    private static byte[] messages(Traffic.Program program, List<Long> numbers) {
        ByteBuffer all = ByteBuffer.allocate(numbers.size() * program.payloadBytes());
        numbers.forEach(n -> all.put(Numbering.message(n, program.payloadBytes(), program.numberOffset())));
        return all.array();
    }

    private static void awaitReplies(Traffic.Program program, TcpExchange.MessageLog replies, int expected) {
        long end = System.nanoTime() + (program.replies() ? REPLY_NS : Exchange.QUIET_NS);
        while (System.nanoTime() < end && replies.size() < expected) {
            Exchange.gap(1000);
        }
    }

    static void read(InputStream from, TcpExchange.MessageLog replies) {
        byte[] buffer = new byte[65_536];
        try (from) {
            int n = from.read(buffer);
            while (n >= 0) {
                replies.add(ByteBuffer.wrap(buffer, 0, n));
                n = from.read(buffer);
            }
        } catch (IOException closed) {
            // The program was ended.
        }
    }
}
