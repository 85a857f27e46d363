# The scripts of redis-schemas/: what is built in, and what they decide.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Digest::SHA;
use Time::HiRes qw(sleep);
use Test::More;

use MCPTest::Redis;

my $top = "$FindBin::Bin/..";
my $redis = MCPTest::Redis->new;
my %sha;

for my $file (glob "$top/redis-schemas/*.lua") {
    my ($name) = $file =~ m{(\w+)\.lua$};
    open my $in, '<', $file or die "$file: $!\n";
    my $text = do { local $/; <$in> };
    my $generated = slurp("$top/build/gen/ngx_mcp_redis_scripts.c");

    $sha{$name} = $redis->command('SCRIPT', 'LOAD', $text);
    is($sha{$name}, Digest::SHA::sha1_hex($text), "$name: SHA1 of Redis");

    my ($built) = $generated =~ /_${name}_script = \{.*?"([0-9a-f]{40})"/s;
    is($built, $sha{$name}, "$name: SHA1 that the module calls");

    my ($bytes) = $generated =~ /\b${name}_text\[\] = \{(.*?)\};/s;
    is(join('', map { chr } $bytes =~ /\d+/g), $text, "$name: text");

    like($text, qr/\A-- $name\.lua: .*^-- KEYS.*^-- ARGV.*^-- reply/ms,
         "$name: the head tells what it takes and gives");
}

sub slurp {
    my $file = shift;
    open my $in, '<', $file or die "$file: $!\n";
    local $/;
    return <$in>;
}

# limits are [key, emission, burst, cost]
sub ask {
    my @limits = @_;

    return join ' ', @{ $redis->command('EVALSHA', $sha{ask}, scalar @limits,
        (map { "mcp:{s/c}:limit:$_->[0]" } @limits),
        (map { @$_[1 .. 3] } @limits)) };
}

sub near {
    my ($got, $want, $name) = @_;
    my ($result, $remaining, $wait) = split ' ', $got;

    return ok($result == $want->[0] && $remaining == $want->[1]
              && $wait <= $want->[2] && $wait > $want->[2] - 2_000_000,
              "$name: $got");
}

my $six = 6_000_000;

is(ask(['a', $six, 5, 1]), "1 $_ 0", "$_ remain") for 5, 4, 3, 2, 1, 0;
near(ask(['a', $six, 5, 1]), [0, 0, $six], 'the seventh');

my $ttl = $redis->command('PTTL', 'mcp:{s/c}:limit:a');
cmp_ok($ttl, '>', 33_000, 'a counter lives as long as it counts');
cmp_ok($ttl, '<=', 36_001, 'and not longer');

is(ask(['b', $six, 5, 6]), '1 0 0', 'a cost of six');
is(ask(['c', $six, 5, 7]), '-1 6 0', 'a cost that never passes');
is($redis->command('EXISTS', 'mcp:{s/c}:limit:c'), 0, 'leaves nothing');

is(ask(['d', $six, 5, 1], ['e', 60 * $six, 0, 1]), '1 0 0', 'two limits');
near(ask(['d', $six, 5, 1], ['e', 60 * $six, 0, 1]), [0, 0, 60 * $six],
     'the wait of the longer one');
near(ask(['d', $six, 5, 6]), [0, 5, $six], 'and the other is not charged');
is(ask(['d', $six, 5, 4]), '1 1 0', 'as it shows');
is(ask(['d', $six, 5, 7], ['e', 60 * $six, 0, 1]), '-1 0 0',
   'never, though another one only waits');

is(ask(['f', 1, 0, 1]), '1 0 0', 'a million a second');
sleep 0.01;
is(ask(['f', 1, 0, 1]), '1 0 0', 'and again');
is(ask(['g', 86_400_000_000, 364, 1]), '1 364 0', 'a year');
is(ask(['g', 86_400_000_000, 364, 364]), '1 0 0', 'all of it');
like($redis->command('GET', 'mcp:{s/c}:limit:g'), qr/^\d{16}$/,
     'is an integer');

# the clock was put back by an hour: the counter is ahead of what can be
my $now = join '', map { sprintf '%06d', $_ } @{ $redis->command('TIME') };
$redis->command('SET', 'mcp:{s/c}:limit:h', $now + 3_600_000_000);
near(ask(['h', 100_000, 0, 1]), [0, 0, 100_000], 'full, not for an hour');
cmp_ok($redis->command('GET', 'mcp:{s/c}:limit:h'), '<', $now + 1_000_000,
       'it was set right');
cmp_ok($redis->command('PTTL', 'mcp:{s/c}:limit:h'), '>', 0, 'and expires');
sleep 0.11;
is(ask(['h', 100_000, 0, 1]), '1 0 0', 'one emission later it passes');

# the clock was put ahead: the counter is in the past
$redis->command('SET', 'mcp:{s/c}:limit:i', $now - 3_600_000_000);
is(ask(['i', $six, 5, 1]), '1 5 0', 'a new one');

# what a replica gets is what was written, with the same end
my $replica = MCPTest::Redis->new(
    replicaof => '127.0.0.1 ' . $redis->port);
my $found;
for (1 .. 100) {
    $found = $replica->command('GET', 'mcp:{s/c}:limit:g');
    last if defined $found;
    sleep 0.05;
}
is($found, $redis->command('GET', 'mcp:{s/c}:limit:g'), 'replicated');
my %args = (replica => $replica->command('PTTL', 'mcp:{s/c}:limit:g'),
            master => $redis->command('PTTL', 'mcp:{s/c}:limit:g'));
cmp_ok(abs($args{master} - $args{replica}), '<', 1000, 'with its end');

# every key expires
my @keys = @{ $redis->command('KEYS', '*') };
cmp_ok(scalar @keys, '>', 5, 'keys');
is(scalar(grep { $redis->command('PTTL', $_) < 0 } grep { !/:i$/ } @keys), 0,
   'all of them with a time to live');

done_testing();
