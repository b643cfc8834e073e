package traitrace.cli;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.stream.Collectors;
import traitrace.TracerException;
import traitrace.TracerException.Kind;
import traitrace.cli.Tracer.RecordSource;
import traitrace.cli.Tracer.Request;
import traitrace.cli.Tracer.TimelineSink;
import traitrace.cli.Tracer.TimelineSource;
import traitrace.event.EventSink;
import traitrace.event.Losses;
import traitrace.export.CaptureInfo;
import traitrace.lab.Exchange;
import traitrace.lab.Laboratory;
import traitrace.lab.Needs;
import traitrace.lab.Scenario;
import traitrace.lab.Scenarios;
import traitrace.lab.Traffic;
import traitrace.lineage.Lineage.Limits;
import traitrace.names.Names;
import traitrace.timeline.TimelineStream;

/**
 * The demo's network with its traffic, as a source: sends it once and tells of its packets only. Closing removes the
 * network.
 */
final class DemoTraffic implements TimelineSource, RecordSource {
    private static final String SCENARIO = "demo";
    /** What is still in rings and queues when the traffic has ended, ns. */
    private static final long GRACE_NS = 200_000_000L;

    private final Scenario scenario;
    private final Laboratory laboratory;
    private final RecordSource records;
    private final Map<Long, String> namespaces;
    private final Names names;
    private volatile boolean sent;
    private volatile RuntimeException failure;

    private DemoTraffic(Scenario scenario, Laboratory laboratory, RecordSource records) {
        this.scenario = scenario;
        this.laboratory = laboratory;
        this.records = records;
        this.namespaces = scenario.topology().namespaces().stream()
                .collect(Collectors.toMap(laboratory::inode, Function.identity()));
        this.names = new NamespaceNames(records.names(), namespaces);
    }

    /**
     * What is to be built and sent.
     *
     * @throws TracerException naming what is missing here to do so and the command that mends it
     */
    static Scenario scenario() {
        Scenario scenario = Scenarios.named(SCENARIO);
        Needs.missing(scenario).ifPresent(missing -> {
            throw new TracerException(
                    Kind.ENVIRONMENT, missing, "run as root: ./traitrace demo, which installs programs by apt");
        });
        return scenario;
    }

    /**
     * Builds the network and attaches the probes.
     *
     * @throws TracerException saying what this host lacks; nothing is left behind
     */
    static DemoTraffic open(Scenario scenario, Tracer tracer) {
        Laboratory laboratory = build(scenario);
        RecordSource records = null;
        try {
            // Not before: the pings that resolve neighbours are nobody's story.
            records = tracer.records(new Request("", List.of()));
            return new DemoTraffic(scenario, laboratory, records);
        } catch (RuntimeException | Error e) {
            if (records != null) {
                records.close();
            }
            laboratory.close();
            throw e;
        }
    }

    private static Laboratory build(Scenario scenario) {
        try {
            return Laboratory.build(scenario.topology());
        } catch (TracerException e) {
            throw new TracerException(
                    Kind.ENVIRONMENT,
                    "the demo's network cannot be built here: " + e.getMessage(),
                    "the kernel needs veth, bridge, vxlan, nf_tables and nf_nat: modprobe -a veth bridge vxlan nft_nat",
                    e);
        }
    }

    @Override
    public CaptureInfo info() {
        return records.info();
    }

    @Override
    public Names names() {
        return names;
    }

    @Override
    public void run(TimelineSink sink, BooleanSupplier stop) {
        TimelineStream stream = new TimelineStream(names, info().exact(), packet -> true, Limits.DEFAULT, sink);
        run(stream, sink::idle, stop);
        stream.finish();
    }

    @Override
    public void run(EventSink sink, Runnable idle, BooleanSupplier stop) {
        Thread sender = new Thread(this::send, "demo-traffic");
        // Whoever interrupts the demo need not wait for its last message.
        sender.setDaemon(true);
        sender.start();
        long[] end = {Long.MAX_VALUE};
        records.run(new NamespaceRecords(namespaces.keySet(), sink), idle, () -> {
            long now = System.nanoTime();
            if (sent && end[0] == Long.MAX_VALUE) {
                end[0] = now + GRACE_NS;
            }
            return now >= end[0] || stop.getAsBoolean();
        });
        if (failure != null && !stop.getAsBoolean()) {
            throw failure;
        }
    }

    private void send() {
        try {
            long number = 1;
            for (Traffic traffic : scenario.traffic()) {
                Exchange.run(laboratory, traffic, number);
                number += traffic.count();
            }
        } catch (RuntimeException e) {
            failure = e;
        } finally {
            sent = true;
        }
    }

    @Override
    public Losses losses() {
        return records.losses();
    }

    @Override
    public Optional<String> notice() {
        return Optional.empty();
    }

    @Override
    public void close() {
        try {
            records.close();
        } finally {
            laboratory.close();
        }
    }
}
