#!/usr/bin/perl
#
# The MCP server behind nginx in the Test::Nginx suites: answers what a block
# scripts, byte for byte, and keeps what it got.
#
#     upstream.pl DIR
#
# Prints its port and serves until its parent is gone.  DIR holds
#
#     script      what to answer (Storable; MCPTest.pm writes it): a list of
#                 answers for the first, second, ... request, the last one for
#                 all that follow; or a hash of such lists by path, "*" for
#                 other paths.  Without it: a small MCP server.
#     req-N       each request: {head, body, conn}, numbered from 1
#     gone-N      the peer closed while request N was being answered
#
# An answer is a hash:
#
#     status, reason, headers => [[name, value], ...]
#     type      Content-Type, undef for none
#     body      text, or a list of text and {sleep => seconds}, {close => 1}
#               (and no more), {reset => 1}
#     framing   "length" (default), "chunked", "close"
#     length    what Content-Length says, when that is not true
#     slice     write so many bytes at a time
#     encoding  "gzip": compress the body and say so
#     raw       the whole answer, as body; nothing is added
#     cut       end without the last chunk
#     keep      0: close the connection afterwards
#     delay     seconds before the head

use strict;
use warnings;

use IO::Select;
use IO::Socket::INET;
use POSIX ();
use Socket qw(SOL_SOCKET SO_LINGER IPPROTO_TCP TCP_NODELAY);
use Storable qw(retrieve store);
use Fcntl qw(:flock);
use Time::HiRes qw(sleep time);

my $dir = shift or die "usage: upstream.pl DIR\n";
my $parent = getppid();

$SIG{PIPE} = 'IGNORE';
$SIG{CHLD} = 'IGNORE';
$SIG{INT} = $SIG{TERM} = sub { POSIX::_exit(0) };

my $listen = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => 0,
                                   Listen => 256, Proto => 'tcp')
    or die "upstream: $@\n";

$| = 1;
print $listen->sockport, "\n";

my $wait = IO::Select->new($listen);

while (getppid() == $parent) {
    next if !$wait->can_read(0.5);

    my $c = $listen->accept or next;
    my $pid = fork();

    if (defined $pid && $pid == 0) {
        close $listen;
        setsockopt($c, IPPROTO_TCP, TCP_NODELAY, 1);
        eval { serve($c) };
        print STDERR "upstream: $@" if $@ && $@ !~ /^peer is gone/;
        POSIX::_exit(0);
    }

    close $c;
}


sub serve {
    my $c = shift;
    my $buf = '';

    while (my $r = read_request($c, \$buf)) {
        my ($n, $answer) = note($r, $c);
        $answer ||= server($r);
        last if !answer($c, $r, $n, $answer);
    }
}


sub read_request {
    my ($c, $buf) = @_;

    while ($$buf !~ /\r\n\r\n/) {
        more($c, $buf) or return;
    }

    $$buf =~ s/\A(.*?\r\n)\r\n//s;
    my $r = { head => $1, body => '' };

    ($r->{method}, $r->{path}) = $r->{head} =~ /\A(\S+) ([^\s?]*)/;

    if ($r->{head} =~ /^Content-Length:\s*(\d+)/mi) {
        while (length $$buf < $1) {
            more($c, $buf) or return;
        }

        $r->{body} = substr $$buf, 0, $1, '';

    } elsif ($r->{head} =~ /^Transfer-Encoding:\s*chunked/mi) {
        for (;;) {
            while ($$buf !~ /\A([0-9a-fA-F]+)[^\n]*\r\n/) {
                more($c, $buf) or return;
            }

            $$buf =~ s/\A([0-9a-fA-F]+)[^\n]*\r\n//;
            my $size = hex $1;

            while (length $$buf < $size + 2) {
                more($c, $buf) or return;
            }

            $r->{body} .= substr $$buf, 0, $size, '';
            substr $$buf, 0, 2, '';
            last if !$size;
        }
    }

    return $r;
}


sub more {
    my ($c, $buf) = @_;

    return sysread $c, $$buf, 65536, length $$buf;
}


# Keeps the request and finds its answer.
sub note {
    my ($r, $c) = @_;

    open my $lock, '>>', "$dir/lock" or die "lock: $!\n";
    flock $lock, LOCK_EX or die "lock: $!\n";

    my $n = 1;
    $n++ while -e "$dir/req-$n";

    store({ head => $r->{head}, body => $r->{body}, path => $r->{path},
            method => $r->{method}, conn => $c->peerport, time => time },
          "$dir/new");
    rename "$dir/new", "$dir/req-$n";

    return $n if !-e "$dir/script";

    my $script = retrieve("$dir/script");
    my $i = $n;

    if (ref $script eq 'HASH') {
        my $key = sub { exists $script->{$_[0]} ? $_[0] : '*' };
        my $mine = $key->($r->{path});

        $i = grep { $key->(retrieve("$dir/req-$_")->{path}) eq $mine } 1 .. $n;
        $script = $script->{$mine} or return $n;
    }

    return ($n, $script->[$i > @$script ? -1 : $i - 1]);
}


# Returns true when the connection may serve another request.
sub answer {
    my ($c, $r, $n, $a) = @_;
    my $keep = $r->{head} !~ /^Connection:\s*close/mi
               && $r->{head} =~ m{\A\S+ \S+ HTTP/1\.1};

    $keep = $a->{keep} if exists $a->{keep};

    if ($a->{delay}) {
        pause($c, $n, $a->{delay});
    }

    if (exists $a->{raw}) {
        return send_parts($c, $n, $a, $a->{raw}, 0) && $keep;
    }

    my $parts = $a->{body} // '';
    $parts = [$parts] if !ref $parts;

    my $whole = join '', grep { !ref } @$parts;

    if (($a->{encoding} // '') eq 'gzip') {
        require IO::Compress::Gzip;
        my $packed;
        IO::Compress::Gzip::gzip(\$whole, \$packed);
        $whole = $packed;
        $parts = [$whole];
    }

    my $framing = $a->{framing} // 'length';
    my $status = $a->{status} // 200;
    my $reason = $a->{reason} // 'Reason';
    my $type = exists $a->{type} ? $a->{type} : 'application/json';
    my $head = "HTTP/1.1 $status $reason\r\n";

    $head .= "Content-Type: $type\r\n" if defined $type;
    $head .= "Content-Encoding: $a->{encoding}\r\n" if $a->{encoding};
    $head .= "$_->[0]: $_->[1]\r\n" for @{ $a->{headers} || [] };

    if ($framing eq 'chunked') {
        $head .= "Transfer-Encoding: chunked\r\n";

    } elsif ($framing eq 'length') {
        if ($status != 204 && $status != 304 && $status >= 200
            && !(exists $a->{length} && !defined $a->{length}))
        {
            $head .= 'Content-Length: ' . ($a->{length} // length $whole)
                     . "\r\n";
        }

    } else {
        $keep = 0;
    }

    $head .= "Connection: close\r\n" if !$keep;
    put($c, $n, "$head\r\n");

    return $keep if $r->{method} eq 'HEAD';

    send_parts($c, $n, $a, $parts, $framing eq 'chunked') or return 0;

    if ($framing eq 'chunked') {
        return 0 if $a->{cut};
        put($c, $n, "0\r\n\r\n");
    }

    return $keep;
}


sub send_parts {
    my ($c, $n, $a, $parts, $chunked) = @_;

    for my $part (ref $parts ? @$parts : $parts) {

        if (ref $part) {
            return 0 if $part->{close};

            if ($part->{reset}) {
                setsockopt $c, SOL_SOCKET, SO_LINGER, pack('ii', 1, 0);
                return 0;
            }

            pause($c, $n, $part->{sleep}) if $part->{sleep};
            next;
        }

        my $slice = $a->{slice} || length $part;

        for (my $i = 0; $i < length $part; $i += $slice) {
            my $s = substr $part, $i, $slice;
            $s = sprintf("%x\r\n%s\r\n", length $s, $s) if $chunked;
            put($c, $n, $s);
            sleep 0.0001 if $a->{slice} && length $part < 4000;
        }
    }

    return 1;
}


sub put {
    my ($c, $n, $s) = @_;

    while (length $s) {
        my $sent = syswrite $c, $s;
        gone($n) if !$sent;
        substr $s, 0, $sent, '';
    }
}


# Waits, and notices when the peer goes.
sub pause {
    my ($c, $n, $seconds) = @_;
    my $end = time + $seconds;
    my $rest;

    while (($rest = $end - time) > 0) {
        next if !IO::Select->new($c)->can_read($rest);

        my $got = sysread $c, my $buf, 1024;
        gone($n) if !$got;
    }
}


sub gone {
    my $n = shift;

    store({ time => time }, "$dir/left-$n");
    rename "$dir/left-$n", "$dir/gone-$n";
    die "peer is gone\n";
}


# What a well-behaved server of the legacy era says.
sub server {
    my $r = shift;

    if ($r->{method} eq 'GET') {
        return { type => 'text/event-stream', framing => 'chunked',
                 body => qq(event: message\ndata: {"jsonrpc":"2.0","method":)
                         . qq("notifications/message","params":)
                         . qq({"level":"info","data":"hello"}}\n\n) };
    }

    if ($r->{method} ne 'POST') {
        return { status => 200, type => undef };
    }

    my $body = $r->{body};
    my $result = '{}';

    if ($body =~ /\A\s*\[/) {
        my @ids = $body =~ /"id"\s*:\s*("[^"]*"|-?\d+)/g;
        return { status => 202, type => undef }
            if !@ids || $body !~ /"method"/;

        return { body => '[' . join(',', map {
                     qq{{"jsonrpc":"2.0","id":$_,"result":{}}} } @ids) . ']' };
    }

    my ($id) = $body =~ /"id"\s*:\s*("(?:[^"\\]|\\.)*"|-?\d+)/;

    if (!defined $id || $body !~ /"method"/) {
        return { status => 202, type => undef };
    }

    my $modern = $body =~ m{"io\.modelcontextprotocol/protocolVersion"};

    if ($body =~ m{"method"\s*:\s*"tools/call"}) {
        $result = '{"content":[{"type":"text","text":"hello"}]}';

    } elsif ($body =~ m{"method"\s*:\s*"tools/list"}) {
        $result = '{"tools":[{"name":"echo","description":"Echoes",'
                  . '"inputSchema":{"type":"object"}}]}';

    } elsif ($body =~ m{"method"\s*:\s*"initialize"}) {
        $result = '{"protocolVersion":"2025-11-25","capabilities":{},'
                  . '"serverInfo":{"name":"s","version":"1"}}';
    }

    $result =~ s/\A\{/{"resultType":"complete",/ if $modern;
    $result =~ s/,\}/}/;

    return { body => qq{{"jsonrpc":"2.0","id":$id,"result":$result}} };
}
