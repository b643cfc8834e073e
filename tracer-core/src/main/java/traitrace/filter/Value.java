package traitrace.filter;

import traitrace.event.IpAddress;

/** What a field has or an expression compares it with. */
public sealed interface Value {

    /** Of a boolean. */
    record Flag(boolean value) implements Value {}

    /** Of a number; of a size in bytes; of a duration in nanoseconds. */
    record Amount(long value) implements Value {}

    /** Of a text or a word. */
    record Text(String value) implements Value {}

    record Id(long value) implements Value {}

    /**
     * Of an address: the addresses that share the first bits.
     *
     * @param address the bits after the prefix are zero
     * @param prefix length in bits; 32 of IPv4 or 128 of IPv6 is one address
     */
    record Network(IpAddress address, int prefix) implements Value {
        public Network {
            address = address.network(prefix);
        }

        /** One address. */
        static Network of(IpAddress address) {
            return new Network(address, address.bits());
        }

        boolean isAddress() {
            return prefix == address.bits();
        }

        boolean contains(IpAddress other) {
            return other.v6() == address.v6() && other.network(prefix).equals(address);
        }
    }

    /** Whether a field's value, which is never a network of several addresses, is this one or in it. */
    default boolean covers(Value actual) {
        return this instanceof Network network && actual instanceof Network one
                ? network.contains(one.address())
                : equals(actual);
    }

    /**
     * As {@link java.util.Comparator#compare}.
     *
     * @throws IllegalArgumentException if the values are of a type without an order
     */
    static int compare(Value a, Value b) {
        if (a instanceof Amount x && b instanceof Amount y) {
            return Long.compare(x.value, y.value);
        }
        if (a instanceof Network x && b instanceof Network y) {
            return x.address.compareTo(y.address);
        }
        throw new IllegalArgumentException(a + " and " + b + " have no order");
    }
}
