package MCPTest::H2;

# A small HTTP/2 client for probes (RFC 9113): several streams on one
# connection, bodies in frames of any size, resets.
#
#     my $c = MCPTest::H2->new;
#     my $s = $c->post($json, 'mcp-name' => 'x');      # the whole request
#     my $s = $c->open('POST', '/mcp', $headers);      # its head, and then
#     $c->data($s, $bytes, $is_last);
#     $c->reset($s);
#     my $r = $c->response($s, $seconds);
#     # {status, body, complete, reset}
#
# Of response headers only the status is decoded: nginx never compresses it.

use strict;
use warnings;

use IO::Select;
use IO::Socket::INET;
use Socket qw(IPPROTO_TCP TCP_NODELAY);
use Time::HiRes qw(time sleep);

use constant { DATA => 0, HEADERS => 1, RST_STREAM => 3, SETTINGS => 4,
               PING => 6, GOAWAY => 7, WINDOW_UPDATE => 8 };

my %status = (8 => 200, 9 => 204, 10 => 206, 11 => 304, 12 => 400, 13 => 404,
              14 => 500);


sub new {
    my $class = shift;
    my $sock;

    for (1 .. 100) {
        $sock = IO::Socket::INET->new(PeerAddr => '127.0.0.1', Proto => 'tcp',
                    PeerPort => $Test::Nginx::Util::ServerPortForClient);
        last if $sock;
        sleep 0.02;
    }

    die "connect: $!\n" if !$sock;
    setsockopt $sock, IPPROTO_TCP, TCP_NODELAY, 1;

    my $self = bless { sock => $sock, buf => '', next => 1, streams => {},
                       window => 65535, initial => 65535, frame => 16384 },
                     $class;

    $self->write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" . frame(SETTINGS, 0, 0, '')
                 . frame(WINDOW_UPDATE, 0, 0, pack 'N', 0x7fff0000 - 65535));

    # the server's settings, so that its windows are known
    $self->run(sub { $self->{settings} }, 2);

    return $self;
}


sub frame {
    my ($type, $flags, $stream, $payload) = @_;

    return substr(pack('N', length $payload), 1)
           . pack('CCN', $type, $flags, $stream) . $payload;
}


sub write {
    my ($self, $bytes) = @_;
    local $SIG{PIPE} = 'IGNORE';

    while (length $bytes) {
        my $n = syswrite $self->{sock}, $bytes;
        return 0 if !$n;
        substr $bytes, 0, $n, '';
    }

    return 1;
}


# Integers and strings of HPACK (RFC 7541, 5.1, 5.2), never compressed.
sub integer {
    my ($first, $bits, $n) = @_;
    my $max = (1 << $bits) - 1;

    return chr($first | $n) if $n < $max;

    my $s = chr($first | $max);
    $n -= $max;

    while ($n >= 128) {
        $s .= chr($n % 128 + 128);
        $n = int $n / 128;
    }

    return $s . chr $n;
}


sub field {
    my ($name, $value) = @_;

    return "\0" . integer(0, 7, length $name) . $name
           . integer(0, 7, length $value) . $value;
}


# Sends the head of a request; returns its stream.
sub open {
    my ($self, $method, $path, $headers, $last) = @_;
    my $s = $self->{next};
    my $block = field(':method', $method) . field(':scheme', 'http')
                . field(':path', $path) . field(':authority', 'localhost');
    my @h = @{ $headers || [] };

    while (my ($name, $value) = splice @h, 0, 2) {
        $block .= field(lc $name, $value);
    }

    $self->{next} += 2;
    $self->{streams}{$s} = { body => '', window => $self->{initial} };
    $self->write(frame(HEADERS, 4 | ($last ? 1 : 0), $s, $block));

    return $s;
}


# Sends a part of the body, as far as windows allow within two seconds.
sub data {
    my ($self, $s, $bytes, $last, $size) = @_;
    my $stream = $self->{streams}{$s};

    for (;;) {
        my $n = List::Util::min(length $bytes, $size || $self->{frame},
                                $stream->{window}, $self->{window});

        if ($n <= 0 && length $bytes) {
            $self->run(sub { $stream->{window} > 0 && $self->{window} > 0
                             || $stream->{end} }, 2) or return 0;
            return 0 if $stream->{end};
            next;
        }

        my $part = substr $bytes, 0, $n, '';
        my $end = $last && $bytes eq '';

        $stream->{window} -= $n;
        $self->{window} -= $n;
        $self->write(frame(DATA, $end ? 1 : 0, $s, $part)) or return 0;
        return 1 if $bytes eq '';
    }
}


# A whole POST of JSON; header and body leave in one write where they fit.
sub post {
    my ($self, $body, @headers) = @_;
    my %given = map { lc $headers[2 * $_] => 1 } 0 .. @headers / 2 - 1;

    unshift @headers, 'content-type' => 'application/json'
        if !$given{'content-type'};

    my $s = $self->open('POST', '/mcp', \@headers);
    $self->data($s, $body, 1);

    return $s;
}


sub reset {
    my ($self, $s, $code) = @_;

    $self->write(frame(RST_STREAM, 0, $s, pack 'N', $code // 8));
}


# Reads frames until something is true.
sub run {
    my ($self, $until, $seconds) = @_;
    my $end = time + ($seconds // 3);

    for (;;) {
        my $r = $until->();
        return $r if $r;

        my $rest = $end - time;
        return 0 if $rest <= 0 || $self->{eof}
                    || !IO::Select->new($self->{sock})->can_read($rest);

        my $n = sysread $self->{sock}, $self->{buf}, 65536,
                        length $self->{buf};
        $self->{eof} = 1 if !$n;

        while (length $self->{buf} >= 9) {
            my $length = unpack 'N', "\0" . substr $self->{buf}, 0, 3;
            last if length $self->{buf} < 9 + $length;

            my ($type, $flags, $s) = unpack 'CCN', substr $self->{buf}, 3, 6;
            my $payload = substr $self->{buf}, 9, $length;
            substr $self->{buf}, 0, 9 + $length, '';
            $self->take($type, $flags, $s & 0x7fffffff, $payload);
        }
    }
}


sub take {
    my ($self, $type, $flags, $s, $payload) = @_;
    my $stream = $self->{streams}{$s} || {};

    if ($type == SETTINGS && !($flags & 1)) {

        while ($payload =~ s/\A(..)(....)//s) {
            my ($id, $value) = (unpack('n', $1), unpack 'N', $2);
            $self->{initial} = $value if $id == 4;
            $self->{frame} = $value if $id == 5;
        }

        $self->{settings} = 1;
        $self->write(frame(SETTINGS, 1, 0, ''));

    } elsif ($type == PING && !($flags & 1)) {
        $self->write(frame(PING, 1, 0, $payload));

    } elsif ($type == WINDOW_UPDATE) {
        my $n = unpack 'N', $payload;
        $s ? ($stream->{window} += $n) : ($self->{window} += $n);

    } elsif ($type == HEADERS) {

        # a change of the table's size may stand first
        $payload =~ s/\A[\x20-\x3f]+//;
        my $first = ord $payload;

        $stream->{status} //= $first & 0x80
                              ? $status{$first & 0x7f}
                              : ($payload =~ /\A.\x03(\d{3})/s)[0];
        $stream->{end} = 1 if $flags & 1;

    } elsif ($type == DATA) {
        $stream->{body} .= $payload;
        $stream->{end} = 1 if $flags & 1;
        $self->write(frame(WINDOW_UPDATE, 0, $s, pack 'N', length $payload))
            if length $payload && !$self->{still};

    } elsif ($type == RST_STREAM) {
        $stream->{reset} = unpack 'N', $payload;
        $stream->{cut} = 1 if !$stream->{end};
        $stream->{end} = 1;

    } elsif ($type == GOAWAY) {
        $self->{goaway} = unpack 'x4 N', $payload;
    }
}


# The response when it is whole, or as far as it came in that time.
sub response {
    my ($self, $s, $seconds) = @_;
    my $stream = $self->{streams}{$s};

    $self->run(sub { $stream->{end} }, $seconds);

    return { status => $stream->{status}, body => $stream->{body},
             complete => $stream->{end} && !$stream->{cut},
             reset => $stream->{reset} };
}


# Until the body of a stream matches; returns the time, or 0.
sub read_until {
    my ($self, $s, $re, $seconds) = @_;

    return $self->run(sub { $self->{streams}{$s}{body} =~ $re }, $seconds)
           ? time : 0;
}


sub close { CORE::close $_[0]{sock} }


1;
