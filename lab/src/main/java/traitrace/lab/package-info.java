/**
 * Networks in namespaces, described as data, with traffic whose truth is known.
 *
 * <p>A {@link traitrace.lab.Scenario} is a network ({@link traitrace.lab.Topology}), numbered packets
 * ({@link traitrace.lab.Traffic}) and what must be seen of them. {@link traitrace.lab.ScenarioRunner} builds it, sends
 * under the eyes of an {@link traitrace.lab.Observer}, and lets {@link traitrace.lab.Judge} compare.
 */
package traitrace.lab;
