/** What all parts share: how something that the user has to know is said. */
package traitrace;
