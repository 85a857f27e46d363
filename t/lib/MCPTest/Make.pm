package MCPTest::Make;

# Messages, events and secrets for the suites.  Blocks call these as main
# functions (::call(...)).
#
# Secrets are made when a suite runs, with checksums that hold, so that no
# file of the repository has one in it.

use strict;
use warnings;

my (@tokens, %token);

my @base62 = ('0' .. '9', 'A' .. 'Z', 'a' .. 'z');

for my $name (qw(token pin call list rpc result event modern error tools
                 sse json_text events note request))
{
    no strict 'refs';
    *{"main::$name"} = \&{$name};
}


sub crc32 {
    my $crc = 0xffffffff;

    for my $c (unpack 'C*', shift) {
        $crc ^= $c;
        $crc = $crc & 1 ? ($crc >> 1) ^ 0xedb88320 : $crc >> 1 for 1 .. 8;
    }

    return $crc ^ 0xffffffff;
}


sub base62 {
    my ($n, $width) = @_;
    my $s = '';

    for (1 .. $width) {
        $s = $base62[$n % 62] . $s;
        $n = int $n / 62;
    }

    return $s;
}


# A token of GitHub's form; the same one for the same name.
sub token {
    my $name = shift // 'one';

    return $token{$name} if $token{$name};

    my $random = join '', map { $base62[rand 62] } 1 .. 30;
    my $token = 'ghp_' . $random . base62(crc32($random), 6);

    push @tokens, $token;
    return $token{$name} = $token;
}


sub tokens {
    return @tokens;
}


# Secrets that a suite made itself, for the check of the logs.
sub know {
    push @tokens, @_;
}


sub json_text {
    my $s = shift;

    $s =~ s/([\\"])/\\$1/g;
    $s =~ s/\n/\\n/g;
    return qq{"$s"};
}


# A tools/call: name, arguments as JSON text, id as JSON text.
sub call {
    my ($name, $arguments, $id) = @_;

    return rpc('tools/call', '{"name":' . json_text($name) . ',"arguments":'
                             . ($arguments // '{}') . '}', $id);
}


sub rpc {
    my ($method, $params, $id) = @_;

    return '{"jsonrpc":"2.0","id":' . ($id // 1) . qq{,"method":"$method"}
           . (defined $params ? qq{,"params":$params} : '') . '}';
}


# The same in the modern era: method, members of params.
sub modern {
    my ($method, $params, $id, $claim) = @_;

    $params = defined $params && $params ne '' ? "$params," : '';
    $claim //= '2026-07-28';

    return rpc($method, "{$params" . '"_meta":{'
               . qq{"io.modelcontextprotocol/protocolVersion":"$claim",}
               . '"io.modelcontextprotocol/clientCapabilities":{}}}', $id);
}


# The result of a tools/call with one text.
sub result {
    my ($text, $id) = @_;

    return '{"jsonrpc":"2.0","id":' . ($id // 1) . ',"result":{"content":'
           . '[{"type":"text","text":' . json_text($text) . '}]}}';
}


sub error {
    my ($code, $message, $id) = @_;

    return '{"jsonrpc":"2.0","id":' . ($id // 1) . ',"error":{"code":' . $code
           . ',"message":' . json_text($message) . '}}';
}


# A list of tools: [name, description], ...
sub tools {
    my @tools = map {
        '{"name":' . json_text($_->[0]) . ',"description":'
        . json_text($_->[1] // 'A tool') . ',"inputSchema":{"type":"object"}}'
    } @_;

    return join ',', @tools;
}


# An event in the form that servers write: data, then id and name of it.
sub event {
    my ($data, %field) = @_;
    my $name = exists $field{event} ? $field{event} : 'message';

    return (defined $name ? "event: $name\n" : '')
           . (defined $field{id} ? "id: $field{id}\n" : '')
           . (defined $field{retry} ? "retry: $field{retry}\n" : '')
           . "data: $data\n\n";
}


# A notification and a request of a server.
sub note {
    my ($text, $method) = @_;

    return '{"jsonrpc":"2.0","method":"' . ($method // 'notifications/message')
           . '","params":{"level":"info","data":' . json_text($text) . '}}';
}


sub request {
    my ($method, $params, $id) = @_;

    return '{"jsonrpc":"2.0","id":' . ($id // '"s-1"')
           . qq(,"method":"$method","params":$params});
}


# What a client makes of a stream (WHATWG HTML 9.2.6): "NAME ID DATA" for each
# event that has data, the id being the last one seen.
sub events {
    my $text = shift;
    my ($id, $event, $data, @events) = ('', '');

    $text =~ s/\A\xef\xbb\xbf//;

    # what has no end at the end of the stream is lost
    $text =~ s/\r\n|\r/\n/g;
    $text =~ s/[^\n]+\z//;

    for my $line (split /\n/, $text, -1) {

        if ($line eq '') {
            push @events, ($event eq '' ? 'message' : $event) . " [$id] $data"
                if defined $data;
            ($event, $data) = ('', undef);
            next;
        }

        my ($field, $value) = $line =~ /\A([^:]*)(?::\x20?(.*))?\z/s;
        $value //= '';

        if ($field eq 'event') {
            $event = $value;

        } elsif ($field eq 'data') {
            $data = defined $data ? "$data\n$value" : $value;

        } elsif ($field eq 'id') {
            $id = $value if $value !~ /\0/;
        }
    }

    return @events;
}


# An answer of upstream.pl with a stream.
sub sse {
    my @parts = @_;
    my %opt = ref $parts[-1] eq 'HASH' && !exists $parts[-1]{sleep}
              && !exists $parts[-1]{close} && !exists $parts[-1]{reset}
              ? %{ pop @parts } : ();

    return { type => 'text/event-stream', framing => 'chunked',
             body => \@parts, %opt };
}


1;
