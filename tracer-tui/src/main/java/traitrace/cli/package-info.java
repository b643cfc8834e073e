/** The {@code traitrace} command: arguments, subcommands, text output and exit codes. */
package traitrace.cli;
