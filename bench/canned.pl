#!/usr/bin/perl
# Writes the canned answers: MCP results of given sizes in English prose.

use strict;
use warnings;

my $dir = shift or die "usage: canned.pl DIR\n";

my @words = qw(the report of this week shows that most people in our town
    walk to work when weather is good and take a bus if it rains library
    opens at nine every morning except on Sunday she wrote long letter about
    garden behind house prices for bread milk rose slightly during winter
    engineers tested bridge before first train crossed children played near
    river until evening please find minutes from yesterday meeting attached);

my $seed = 1;

sub text {
    my ($n) = @_;
    my $s = '';

    while (length($s) < $n) {
        $seed = ($seed * 1103515245 + 12345) % 2147483648;
        $s .= $words[($seed >> 8) % @words] . ($seed % 13 ? ' ' : '. ');
    }

    return substr($s, 0, $n);
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
