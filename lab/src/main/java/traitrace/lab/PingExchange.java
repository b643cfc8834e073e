package traitrace.lab;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.LongStream;
import traitrace.lab.TrafficResult.Receipt;

/** Sends echo requests. Their numbers are ICMP sequence numbers, from 1. */
final class PingExchange {
    private static final Pattern REPLY = Pattern.compile("bytes from .*icmp_seq=(\\d+)");

    private PingExchange() {}

    static TrafficResult run(Laboratory lab, Traffic.Ping ping) {
        List<String> argv = new ArrayList<>(List.of(
                "ping",
                "-n",
                "-c",
                Integer.toString(ping.count()),
                "-s",
                Integer.toString(ping.payloadBytes()),
                "-i",
                String.format(Locale.ROOT, "%.3f", Math.max(ping.gapMicros(), 2000) / 1e6),
                "-W",
                "1",
                "-p",
                "54"));
        argv.addAll(ping.options());
        argv.add(ping.to());
        Command.Result result = lab.in(ping.from(), () -> Command.attempt(argv, "", Duration.ofSeconds(60)));
        List<Long> sent = LongStream.rangeClosed(1, ping.count()).boxed().toList();
        return new TrafficResult(ping, sent, 0, List.of(), replies(result.out()));
    }

    /** The replies that ping printed. It prints no usable time, so all have the time of its end. */
    static List<Receipt> replies(String output) {
        List<Receipt> replies = new ArrayList<>();
        Matcher matcher = REPLY.matcher(output);
        while (matcher.find()) {
            replies.add(new Receipt(Long.parseLong(matcher.group(1)), System.nanoTime()));
        }
        return replies;
    }
}
