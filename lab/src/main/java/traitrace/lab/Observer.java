package traitrace.lab;

/** A tracer, as the laboratory sees it. */
public interface Observer {
    /** Sees nothing: for trying out scenarios. */
    Observer NONE = new Observer() {
        @Override
        public void start(Laboratory lab) {}

        @Override
        public Observation stop() {
            return Observation.NONE;
        }
    };

    /** Called when the network stands, before the traffic. Returns when nothing sent from now on would be missed. */
    void start(Laboratory lab);

    /** Called after the traffic, while the network still stands. */
    Observation stop();
}
