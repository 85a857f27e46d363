package MCPTest::Client;

# A plain HTTP/1.1 client for probes: several requests over one connection,
# with times, half sent, cut.
#
#     my $c = MCPTest::Client->new;
#     $c->post($json, 'Mcp-Name' => 'x');
#     my $r = $c->response;       # {status, head, headers, body, at}
#     $c->read_until(qr/.../, $seconds);

use strict;
use warnings;

use IO::Select;
use IO::Socket::INET;
use Socket qw(SOL_SOCKET SO_LINGER IPPROTO_TCP TCP_NODELAY);
use Time::HiRes qw(time sleep);


sub new {
    my ($class, %opt) = @_;
    my $sock;

    for (1 .. 100) {
        $sock = IO::Socket::INET->new(PeerAddr => '127.0.0.1', Proto => 'tcp',
                    PeerPort => $opt{port}
                                || $Test::Nginx::Util::ServerPortForClient);
        last if $sock;
        sleep 0.02;
    }

    die "connect: $!\n" if !$sock;
    setsockopt $sock, IPPROTO_TCP, TCP_NODELAY, 1;

    return bless { sock => $sock, buf => '', eof => 0 }, $class;
}


sub send {
    my ($self, $bytes) = @_;
    local $SIG{PIPE} = 'IGNORE';

    while (length $bytes) {
        my $n = syswrite $self->{sock}, $bytes;
        return 0 if !$n;
        substr $bytes, 0, $n, '';
    }

    return 1;
}


sub head {
    my ($method, $uri, $length, @headers) = @_;
    my %given = map { lc $headers[2 * $_] => 1 } 0 .. @headers / 2 - 1;
    my $head = "$method $uri HTTP/1.1\r\n";

    $head .= "Host: localhost\r\n" if !$given{host};

    if ($method eq 'POST') {
        $head .= "Content-Type: application/json\r\n"
            if !$given{'content-type'};
        $head .= "Accept: application/json, text/event-stream\r\n"
            if !$given{accept};
        $head .= "Content-Length: $length\r\n"
            if !$given{'content-length'} && !$given{'transfer-encoding'};
    }

    while (my ($name, $value) = splice @headers, 0, 2) {
        $head .= "$name: $value\r\n";
    }

    return "$head\r\n";
}


sub post {
    my ($self, $body, @headers) = @_;

    return $self->send(head('POST', '/mcp', length $body, @headers) . $body);
}


sub get {
    my ($self, $uri, @headers) = @_;

    return $self->send(head('GET', $uri, 0, @headers));
}


# Reads more; false at the end or after so many seconds.
sub more {
    my ($self, $seconds) = @_;

    return 0 if $self->{eof};
    return 0 if !IO::Select->new($self->{sock})->can_read($seconds // 3);

    my $n = sysread $self->{sock}, $self->{buf}, 65536, length $self->{buf};

    if (!$n) {
        $self->{eof} = 1;
        $self->{reset} = !defined $n;
        return 0;
    }

    return 1;
}


# Until the text read so far matches; returns the time, or undef.
sub read_until {
    my ($self, $re, $seconds) = @_;
    my $end = time + ($seconds // 3);

    while ($self->{buf} !~ $re) {
        my $rest = $end - time;
        return undef if $rest <= 0;
        $self->more($rest) or return undef;
    }

    return time;
}


# Until the connection is closed; 1 when it was.
sub read_to_end {
    my ($self, $seconds) = @_;
    my $end = time + ($seconds // 3);

    while (!$self->{eof} && time < $end) {
        $self->more($end - time);
    }

    return $self->{eof};
}


# One whole response, taken out of what was read; undef: it did not come.
sub response {
    my ($self, $seconds, $head_only) = @_;

    $self->read_until(qr/\r\n\r\n/, $seconds) or return undef;
    $self->{buf} =~ s/\A(.*?\r\n)\r\n//s;

    my $r = { head => $1, body => '', at => time, complete => 1 };
    ($r->{status}) = $r->{head} =~ m{\AHTTP/\S+ (\d+)};
    $r->{headers} = { map { /^([^:]+):\s*(.*?)\s*$/ ? (lc $1, $2) : () }
                      split /\r\n/, $r->{head} };

    return $self->response($seconds, $head_only)
        if $r->{status} >= 100 && $r->{status} < 200 && $r->{status} != 101;
    return $r if $head_only || $r->{status} == 204 || $r->{status} == 304;

    my $length = $r->{headers}{'content-length'};

    if (($r->{headers}{'transfer-encoding'} // '') eq 'chunked') {
        $self->chunks($r, $seconds);

    } elsif (defined $length) {

        while (length $self->{buf} < $length) {
            $self->more($seconds) or last;
        }

        $r->{complete} = length $self->{buf} >= $length;
        $r->{body} = substr $self->{buf}, 0, $length, '';

    } else {
        $self->read_to_end($seconds);
        $r->{body} = $self->{buf};
        $self->{buf} = '';
    }

    return $r;
}


sub chunks {
    my ($self, $r, $seconds) = @_;

    for (;;) {
        if (!$self->read_until(qr/\A[0-9a-fA-F]+\r\n/, $seconds)) {
            $r->{complete} = 0;
            return;
        }

        $self->{buf} =~ s/\A([0-9a-fA-F]+)\r\n//;
        my $size = hex $1;

        while (length $self->{buf} < $size + 2) {
            if (!$self->more($seconds)) {
                $r->{body} .= $self->{buf};
                $r->{complete} = 0;
                return;
            }
        }

        $r->{body} .= substr $self->{buf}, 0, $size, '';
        substr $self->{buf}, 0, 2, '';
        return if !$size;
    }
}


# Waits for the head of a response and leaves the rest in the buffer.
sub start {
    my ($self, $seconds) = @_;

    return $self->response($seconds, 1);
}


sub close {
    my $self = shift;

    CORE::close $self->{sock};
}


# Closes with RST.
sub reset {
    my $self = shift;

    setsockopt $self->{sock}, SOL_SOCKET, SO_LINGER, pack('ii', 1, 0);
    CORE::close $self->{sock};
}


1;
