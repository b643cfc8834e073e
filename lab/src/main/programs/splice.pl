#!/usr/bin/perl
#
# A TCP server that sends back what it receives without looking at it: splice(2) moves the bytes from
# the socket to a pipe and from there back, and none of them comes into this program's memory. Runs
# until it is ended; serves one connection after another. For x86-64, whose number of splice it has.
#
# usage: splice.pl PORT
use strict;
use warnings;
use Socket;

use constant {
    SYS_SPLICE    => 275,
    SPLICE_F_MOVE => 1,
    MOST          => 65536,
};

my $port = shift // die "usage: splice.pl PORT\n";
socket(my $server, PF_INET, SOCK_STREAM, 0) or die "socket: $!\n";
setsockopt($server, SOL_SOCKET, SO_REUSEADDR, pack('l', 1)) or die "setsockopt: $!\n";
bind($server, sockaddr_in($port, INADDR_ANY)) or die "bind: $!\n";
listen($server, 16) or die "listen: $!\n";

sub move_bytes {
    my ($from, $to, $most) = @_;
    return syscall(SYS_SPLICE, fileno($from), 0, fileno($to), 0, $most, SPLICE_F_MOVE);
}

while (accept(my $client, $server)) {
    pipe(my $out, my $in) or die "pipe: $!\n";
    while ((my $bytes = move_bytes($client, $in, MOST)) > 0) {
        while ($bytes > 0) {
            my $sent = move_bytes($out, $client, $bytes);
            last if $sent <= 0;
            $bytes -= $sent;
        }
    }
    close $client;
}
