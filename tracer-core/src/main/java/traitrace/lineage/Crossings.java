package traitrace.lineage;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.LongPredicate;
import java.util.function.Predicate;
import traitrace.event.Transfer;
import traitrace.event.Transfer.Part;

/**
 * Finds for what processes send the receives that it was made of, by the strongest rule that holds: {@link Relation}.
 * A rule that leaves several open chooses none of them.
 *
 * <p>What is remembered is bounded for each process, and so is the number of processes. Records of a thread come in its
 * order.
 */
final class Crossings {
    private static final int MOST_PROCESSES = 1024;
    private static final int MOST_THREADS = 256;
    private static final int MOST_PIECES_OF_UMEMS = 1 << 14;
    private static final long IDLE_NS = 60_000_000_000L;

    /**
     * What was found of a send.
     *
     * @param feeds where its bytes came from, in order; all of them matched, or one that is guessed
     * @param candidates where there are no feeds: what the process had received and not passed on, newest first
     */
    record Found(List<Feed> feeds, List<Receive> candidates) {}

    private static final class Process {
        private final MemoryMap memory = new MemoryMap();
        private final PayloadIndex payloads = new PayloadIndex();
        private final StreamRelay streams = new StreamRelay(payloads);
        private final Pairs pairs = new Pairs();
        private final Recent<Integer, ThreadReceives> threads = new Recent<>(MOST_THREADS);
        private long time;

        /** An io_uring's work may be done by any thread, and a frame in a umem be any thread's: the process is one. */
        ThreadReceives thread(Transfer transfer) {
            boolean any = transfer.uring() || transfer.umem();
            return threads.computeIfAbsent(any ? 0 : transfer.tid(), tid -> new ThreadReceives());
        }

        List<Receive> unconsumed(long now) {
            List<Receive> all = new ArrayList<>();
            threads.values().forEach(thread -> all.addAll(thread.unconsumed(now)));
            all.sort(Comparator.comparingLong(Receive::time));
            return all;
        }
    }

    private final Recent<Integer, Process> processes = new Recent<>(MOST_PROCESSES);
    private final Pipes pipes = new Pipes();
    /** Addresses in umems are the kernel's, and mean the same chunk whichever process shares it. */
    private final MemoryMap umems = new MemoryMap(MOST_PIECES_OF_UMEMS);

    /** A process got bytes. */
    void received(Receive receive) {
        Transfer transfer = receive.transfer();
        Process process = process(transfer);
        if (transfer.pipe() != 0) {
            pipes.received(receive);
        }
        memory(process, transfer).received(receive);
        process.payloads.received(receive);
        process.streams.received(receive);
        process.thread(transfer).received(receive);
    }

    /**
     * A process gave bytes.
     *
     * @param began at this time the bytes had been given, CLOCK_MONOTONIC, ns: what was received later is not the cause
     * @param onward whether it can be because of a receive by the same socket: not, where it answers
     */
    Found sent(Transfer send, long began, Predicate<Receive> onward) {
        Process process = process(send);
        process.streams.sends(send);
        List<Feed> feeds = send.pipe() == 0 ? matched(process, send, began) : pipes.sent(send);
        Predicate<Receive> possible =
                r -> r.time() <= began && (!ProcessSockets.same(r.transfer(), send) || onward.test(r));
        if (feeds.isEmpty()) {
            feeds = guessed(process, send, possible);
        }
        for (Feed feed : feeds) {
            feed.receive().consume();
        }
        if (!feeds.isEmpty()) {
            process.pairs.learn(send, feeds.get(0).receive());
        }
        return new Found(feeds, feeds.isEmpty() ? candidates(process, send, possible) : List.of());
    }

    void expire(long now) {
        processes.values().removeIf(process -> now - process.time > IDLE_NS);
    }

    /** Processes of which something is remembered. */
    int size() {
        return processes.size();
    }

    private Process process(Transfer transfer) {
        Process process = processes.computeIfAbsent(transfer.pid(), pid -> new Process());
        process.time = transfer.timeNs();
        return process;
    }

    private MemoryMap memory(Process process, Transfer transfer) {
        return transfer.umem() ? umems : process.memory;
    }

    private List<Feed> matched(Process process, Transfer send, long began) {
        List<List<Feed>> byMemory = new ArrayList<>(1);
        Set<Long> sockets = new HashSet<>();
        long at = 0;
        for (Part part : send.parts()) {
            List<Feed> found = memory(process, send).sources(send, part, at);
            found.removeIf(feed -> feed.receive().time() > began);
            found.forEach(feed -> {
                process.streams.anchor(send, feed);
                sockets.add(ProcessSockets.key(feed.receive().transfer()));
            });
            byMemory.add(found);
            at += part.len();
        }
        // Beside the memory of one request, bytes like those of another are the program's own: headers, say.
        Predicate<Receive> possible = receive -> receive.time() <= began
                && (sockets.isEmpty() || sockets.contains(ProcessSockets.key(receive.transfer())));
        List<Feed> feeds = new ArrayList<>(1);
        at = 0;
        for (int i = 0; i < byMemory.size(); i++) {
            Part part = send.parts().get(i);
            List<Feed> found = byMemory.get(i);
            if (found.isEmpty()) {
                found = byBytes(process, send, possible, part, at);
            }
            process.payloads.sent(part, found.isEmpty() ? null : found.get(0).receive(), send.timeNs());
            feeds.addAll(found);
            at += part.len();
        }
        return feeds;
    }

    private static List<Feed> byBytes(Process process, Transfer send, Predicate<Receive> possible, Part part, long at) {
        LongPredicate alone = in -> process.unconsumed(send.timeNs()).stream()
                .map(Receive::transfer)
                .noneMatch(other ->
                        other.stream() && ProcessSockets.key(other) != in && !ProcessSockets.same(other, send));
        List<Feed> followed = process.streams.follow(send, part, at, 0, alone);
        if (!followed.isEmpty()) {
            return followed.stream().map(Feed::receive).allMatch(possible) ? followed : List.of();
        }
        PayloadIndex.Source source = process.payloads.source(part, send.stream(), send.timeNs());
        if (source == null || !possible.test(source.receive())) {
            return List.of();
        }
        long length = Math.min(part.len(), source.part().len());
        Feed first = new Feed(at, length, source.receive(), source.offset(), Relation.BYTES);
        process.streams.anchor(send, first);
        List<Feed> feeds = new ArrayList<>(List.of(first));
        feeds.addAll(process.streams.follow(send, part, at, length, alone));
        return feeds;
    }

    private List<Feed> guessed(Process process, Transfer send, Predicate<Receive> possible) {
        long now = send.timeNs();
        Receive chunk = send.umem() && !send.parts().isEmpty()
                ? umems.at(send.parts().get(0).address(), now)
                : null;
        if (chunk != null && !chunk.consumed() && possible.test(chunk)) {
            return List.of(new Feed(0, send.bytes(), chunk, 0, Relation.CHUNK));
        }
        ThreadReceives thread = process.thread(send);
        Receive receive = thread.only(possible, now);
        Relation relation = Relation.THREAD;
        if (receive != null) {
            thread.guessed(receive, now);
        } else {
            receive = process.pairs.next(
                    send, process.unconsumed(now).stream().filter(possible).toList());
            relation = Relation.PAIR;
        }
        return receive == null ? List.of() : List.of(new Feed(0, send.bytes(), receive, 0, relation));
    }

    private static List<Receive> candidates(Process process, Transfer send, Predicate<Receive> possible) {
        List<Receive> open = process.thread(send).unconsumed(send.timeNs());
        if (open.isEmpty()) {
            open = process.unconsumed(send.timeNs());
        }
        open.removeIf(possible.negate());
        List<Receive> newest =
                new ArrayList<>(open.subList(Math.max(0, open.size() - Packet.MOST_CANDIDATES), open.size()));
        Collections.reverse(newest);
        return newest;
    }
}
