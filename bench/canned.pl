#!/usr/bin/perl
# Writes the canned answers: MCP results of given sizes in English prose.

use strict;
use warnings;

use FindBin '$Bin';

my $dir = shift or die "usage: canned.pl DIR\n";

open my $in, '<', "$Bin/prose.txt" or die "prose.txt: $!\n";
my $prose = join ' ', map { chomp; $_ } grep { /\S/ } <$in>;
close $in;

my $at = 0;

# so many bytes of the prose, each time from where the last ended
sub text {
    my ($n) = @_;
    my $s = '';

    while (length($s) < $n) {
        my $piece = substr($prose, $at, $n - length($s));
        $s .= $piece;
        $at = ($at + length($piece)) % length($prose);
    }

    return $s;
}

sub result {
    my ($size, $string) = @_;
    my $head = '{"jsonrpc":"2.0","id":17,"result":{"content":[';
    my $tail = ']}}';
    my @items;
    my $left = $size - length($head) - length($tail);

    while ($left > 40) {
        my $n = $left - 29 < $string ? $left - 29 : $string;
        push @items, '{"type":"text","text":"' . text($n) . '"}';
        $left -= $n + 26;
    }

    return $head . join(',', @items) . $tail;
}

sub put {
    my ($name, $data) = @_;
    open my $f, '>', "$dir/$name" or die "$name: $!\n";
    print $f $data;
    close $f;
}

put('1k.json', result(1024, 4096));
put('10k.json', result(10240, 4096));
put('64k.json', result(65536, 4096));
put('1m.json', result(1048576, 4096));

my $events = '';

for my $i (1 .. 19) {
    my $head = '{"jsonrpc":"2.0","method":"notifications/progress","params":'
             . '{"progressToken":"p1","progress":' . $i . ',"message":"';
    my $n = 500 - length("event: message\ndata: \n\n") - length($head) - 3;
    $events .= "event: message\ndata: $head" . text($n) . "\"}}\n\n";
}

$events .= "event: message\ndata: " . result(470, 4096) . "\n\n";
put('20.sse', $events);
