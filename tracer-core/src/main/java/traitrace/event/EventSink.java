package traitrace.event;

/** Takes records in order of time. The view is valid only during the call. */
@FunctionalInterface
public interface EventSink {
    void accept(EventView event);
}
