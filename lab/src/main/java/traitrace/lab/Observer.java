package traitrace.lab;

/** Who watches a laboratory while its traffic is sent. */
public interface Observer {
    /** Watches nothing: for trying out scenarios. */
    Observer NONE = new Observer() {
        @Override
        public void start(Laboratory lab) {}

        @Override
        public void stop() {}
    };

    /** Called when the network stands, before the traffic. Returns when nothing sent from now on would be missed. */
    void start(Laboratory lab);

    /** Called after the traffic, while the network still stands. */
    void stop();

    /** Two that watch at the same time. */
    static Observer both(Observer first, Observer second) {
        return new Observer() {
            @Override
            public void start(Laboratory lab) {
                first.start(lab);
                try {
                    second.start(lab);
                } catch (RuntimeException e) {
                    first.stop();
                    throw e;
                }
            }

            @Override
            public void stop() {
                try {
                    second.stop();
                } finally {
                    first.stop();
                }
            }
        };
    }
}
