#!/usr/bin/perl
#
# Has every packet of an nfnetlink queue copied to user space and lets it pass; IPv4 datagrams of UDP
# with BYTES more behind their payload, if that is given. Or drops every packet. Runs until it is
# ended. The messages are those of the kernel's include/uapi/linux/netfilter/nfnetlink_queue.h.
#
# usage: nfqueue.pl QUEUE [BYTES | drop]
use strict;
use warnings;
use Socket;

use constant {
    AF_NETLINK         => 16,
    NETLINK_NETFILTER  => 12,
    NLM_F_REQUEST      => 1,
    NLMSG_ERROR        => 2,
    SUBSYSTEM          => 3 << 8,    # NFNL_SUBSYS_QUEUE in the upper half of a message's type
    PACKET             => 0,         # NFQNL_MSG_*
    VERDICT            => 1,
    CONFIG             => 2,
    CFG_CMD            => 1,         # attributes of CONFIG: NFQA_CFG_*
    CFG_PARAMS         => 2,
    CFG_CMD_BIND       => 1,
    COPY_PACKET        => 2,
    PACKET_HDR         => 1,         # attributes of PACKET and VERDICT: NFQA_*
    VERDICT_HDR        => 2,
    PAYLOAD            => 10,
    NF_DROP            => 0,
    NF_ACCEPT          => 1,
    HEADERS            => 20,        # struct nlmsghdr and struct nfgenmsg
    ATTRIBUTE          => 4,         # struct nlattr
    TYPE_MASK          => 0x3fff,
    IPV4_HEADER        => 20,
    UDP_HEADER         => 8,
};

"@ARGV" =~ /^\d{1,5}( (\d{1,5}|drop))?$/ or die "usage: nfqueue.pl QUEUE [BYTES | drop]\n";
my ($queue, $what) = (@ARGV, 0);
my $drops = $what eq 'drop';
my $more  = $drops ? 0 : $what;

socket(my $netlink, AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER) or die "cannot open a netlink socket: $!\n";
bind($netlink, pack('S x2 L L', AF_NETLINK, 0, 0)) or die "cannot bind a netlink socket: $!\n";

# A message with pairs of an attribute's number and its value.
sub request {
    my ($type, @attributes) = @_;
    my $body = pack('C C n', AF_UNSPEC, 0, $queue);
    while (my ($attribute, $value) = splice @attributes, 0, 2) {
        $body .= pack('S S', ATTRIBUTE + length $value, $attribute) . $value;
        $body .= "\0" x (-length($body) % 4);
    }
    my $message = pack('L S S L L', 16 + length $body, SUBSYSTEM | $type, NLM_F_REQUEST, 0, 0) . $body;
    defined(syswrite $netlink, $message) or die "cannot tell the kernel: $!\n";
}

# What a message says of a packet, by attribute: these follow the headers, each padded to 4 bytes.
sub attributes {
    my ($message) = @_;
    my $at = HEADERS;
    my %values;
    while ($at + ATTRIBUTE <= length $message) {
        my ($length, $type) = unpack 'S S', substr $message, $at, ATTRIBUTE;
        last if $length < ATTRIBUTE;
        $values{$type & TYPE_MASK} = substr $message, $at + ATTRIBUTE, $length - ATTRIBUTE;
        $at += ($length + 3) & ~3;
    }
    return \%values;
}

# The same datagram with more bytes. UDP needs no checksum over IPv4.
sub longer {
    my ($packet) = @_;
    my $length = length($packet) + $more;
    $packet .= "\0" x $more;
    substr($packet, 2,  2) = pack 'n', $length;
    substr($packet, 10, 2) = "\0\0";
    my $sum = unpack '%32n*', substr $packet, 0, IPV4_HEADER;
    $sum = ($sum & 0xffff) + ($sum >> 16) while $sum >> 16;
    substr($packet, 10, 2) = pack 'n', ~$sum & 0xffff;
    substr($packet, IPV4_HEADER + 4, 4) = pack 'n n', $length - IPV4_HEADER, 0;
    return $packet;
}

sub verdict {
    my ($packet) = @_;
    my $id    = unpack 'N', $packet->{+PACKET_HDR};
    my @other = ();
    if ($more && length($packet->{+PAYLOAD} // '') >= IPV4_HEADER + UDP_HEADER
        && $packet->{+PAYLOAD} =~ /^\x45.{8}\x11/s) {
        @other = (PAYLOAD, longer($packet->{+PAYLOAD}));
    }
    request(VERDICT, VERDICT_HDR, pack('N N', $drops ? NF_DROP : NF_ACCEPT, $id), @other);
}

request(CONFIG, CFG_CMD, pack('C x n', CFG_CMD_BIND, 0));
request(CONFIG, CFG_PARAMS, pack('N C', 0xffff, COPY_PACKET));

while (defined sysread $netlink, my $buffer, 1 << 17) {
    while (length $buffer >= HEADERS) {
        my ($length, $type) = unpack 'L S', $buffer;
        last if $length < HEADERS || $length > length $buffer;
        if ($type == NLMSG_ERROR && unpack('l', substr $buffer, 16, 4) != 0) {
            $! = -unpack 'l', substr $buffer, 16, 4;
            die "the kernel refuses: $!\n";
        }
        my $packet = attributes(substr $buffer, 0, $length);
        verdict($packet) if $type == (SUBSYSTEM | PACKET) && defined $packet->{+PACKET_HDR};
        substr($buffer, 0, ($length + 3) & ~3) = '';
    }
}
die "cannot read from the kernel: $!\n";
