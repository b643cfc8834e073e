/** Networks in namespaces, described as data, with traffic whose truth is known. */
package traitrace.lab;
