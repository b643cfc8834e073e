/**
 * Networks in namespaces, described as data, with traffic whose truth is known.
 *
 * <p>A {@link traitrace.lab.Scenario} is a network ({@link traitrace.lab.Topology}), numbered packets
 * ({@link traitrace.lab.Traffic}) and what must be seen of them. {@link traitrace.lab.ScenarioRunner} builds it, sends
 * under the eyes of an {@link traitrace.lab.Observer}. {@link traitrace.lab.ScenarioRecorder} does so before traitrace
 * itself and keeps two files, which {@link traitrace.lab.Playback} plays, wherever that is, for
 * {@link traitrace.lab.Judge} to compare.
 */
package traitrace.lab;
