#!/usr/bin/perl
#
# Has every packet of an nfnetlink queue copied to user space and lets it pass. Runs until it is
# ended. The messages are those of the kernel's include/uapi/linux/netfilter/nfnetlink_queue.h.
#
# usage: nfqueue.pl QUEUE
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
    NF_ACCEPT          => 1,
    HEADERS            => 20,        # struct nlmsghdr and struct nfgenmsg
    ATTRIBUTE          => 4,         # struct nlattr
    TYPE_MASK          => 0x3fff,
};

@ARGV == 1 && $ARGV[0] =~ /^\d{1,5}$/ or die "usage: nfqueue.pl QUEUE\n";
my $queue = $ARGV[0];

socket(my $netlink, AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER) or die "cannot open a netlink socket: $!\n";
bind($netlink, pack('S x2 L L', AF_NETLINK, 0, 0)) or die "cannot bind a netlink socket: $!\n";

sub request {
    my ($type, $attribute, $value) = @_;
    my $body = pack('C C n', AF_UNSPEC, 0, $queue) . pack('S S', ATTRIBUTE + length $value, $attribute) . $value;
    $body .= "\0" x (-length($body) % 4);
    my $message = pack('L S S L L', 16 + length $body, SUBSYSTEM | $type, NLM_F_REQUEST, 0, 0) . $body;
    defined(syswrite $netlink, $message) or die "cannot tell the kernel: $!\n";
}

# The id of a packet; its attributes follow the headers, each padded to 4 bytes.
sub packet_id {
    my ($message) = @_;
    my $at = HEADERS;
    while ($at + ATTRIBUTE <= length $message) {
        my ($length, $type) = unpack 'S S', substr $message, $at, ATTRIBUTE;
        last if $length < ATTRIBUTE;
        return unpack 'N', substr $message, $at + ATTRIBUTE, 4 if ($type & TYPE_MASK) == PACKET_HDR;
        $at += ($length + 3) & ~3;
    }
    return;
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
        my $id = $type == (SUBSYSTEM | PACKET) ? packet_id(substr $buffer, 0, $length) : undef;
        request(VERDICT, VERDICT_HDR, pack('N N', NF_ACCEPT, $id)) if defined $id;
        substr($buffer, 0, ($length + 3) & ~3) = '';
    }
}
die "cannot read from the kernel: $!\n";
