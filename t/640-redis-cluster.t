# Redis Cluster: slots, redirects, a master that is gone.

use FindBin;
use lib "$FindBin::Bin/lib";
use MCPTest;
use MCPTest::FakeRedis;
use MCPTest::Redis;
use MCPTest::Store;
use Test::Nginx::Socket 'no_plan';
use Time::HiRes qw(sleep time);

our $limit = "mcp_client \$http_x_user;\n"
             . "mcp_rate_limit rate=1000000r/d burst=1000000;\n";
our $pass = "*3\r\n:1\r\n:5\r\n:0\r\n";

our @nodes = MCPTest::Redis::cluster(4);
our @ids = map { $_->command('CLUSTER', 'MYID') } @nodes;

# Seeds: a server that is not there, and one of them.
our $uri = 'redis-cluster://127.0.0.1:' . MCPTest::Redis::free_port()
           . ',127.0.0.1:' . $nodes[1]->port;

sub ask { MCPTest::Store::ask(::call('echo'), 'X-User' => $_[0] // 'anna') }

sub log_lines {
    my $text = MCPTest::slurp('error.log');
    return grep { /mcp: store/ } split /\n/, $text;
}

# The slot of a client of the server $name, as a server tells.
sub slot {
    my ($name, $user) = @_;
    require Digest::SHA;
    my $digest = substr Digest::SHA::sha256_hex($user), 0, 32;
    return $nodes[0]->command('CLUSTER', 'KEYSLOT', "mcp:{$name/$digest}:");
}

# A client whose slot is in this range.
sub user_in {
    my ($name, $from, $to) = @_;
    for my $n (1 .. 100000) {
        my $slot = slot($name, "user$n");
        return ("user$n", $slot) if $slot >= $from && $slot <= $to;
    }
}

MCPTest::run(ordered => 1);

__DATA__

=== TEST 1: every server gets its share
--- http eval: "mcp_store $::uri;"
--- mcp eval: $::limit . 'mcp_server_name share;'
--- more_headers
X-User: nobody
--- probe eval
sub {
    ::ok(MCPTest::Redis::cluster_ready(@::nodes), 'three masters and a replica');
    ::ok(MCPTest::wait_for(sub { ::ask() eq 'pass' }, 3), 'passes');
    sleep 0.3;
    my @before = map { $_->calls('evalsha') } @::nodes;
    my @v = map { ::ask("user$_") } 1 .. 60;
    ::is(MCPTest::Store::counts(@v), '60 pass', 'all pass');
    my @calls = map { $::nodes[$_]->calls('evalsha') - $before[$_] } 0 .. 3;
    ::cmp_ok($_, '>', 5, "calls of a master: $_") for @calls[0 .. 2];
    ::is($calls[3], 0, 'the replica has none');
    ::is($calls[0] + $calls[1] + $calls[2], 60, 'one round trip each');
    ::is(scalar(grep { !/could not connect/ } ::log_lines()), 0, 'only the seed that is not there is told');
}


=== TEST 2: the first question finds its way
--- http eval: "mcp_store $::uri timeout=500ms;"
--- mcp eval: $::limit . 'mcp_server_name first;'
--- more_headers
X-User: nobody
--- probe eval
sub {
    kill 'HUP', MCPTest::Store::master();
    my %old = map { $_ => 1 } MCPTest::Store::workers();
    MCPTest::wait_for(sub { !grep { $old{$_} } MCPTest::Store::workers() }, 3);
    ::is(MCPTest::Store::counts(map { ::ask("u$_") } 1 .. 20), '20 pass', 'passes');
    $Test::Nginx::Util::PrevConfig = '';
}


=== TEST 3: several limits of a client are in one slot, and so are those with key=
--- http eval: "mcp_store $::uri;"
--- mcp
mcp_server_name several;
mcp_client $http_x_user;
mcp_rate_limit rate=1r/d burst=1;
mcp_rate_limit rate=1r/d burst=2 key=$http_x_user-x;
mcp_rate_limit rate=1r/h burst=9 key=all;
--- more_headers
X-User: nobody
--- probe eval
sub {
    MCPTest::wait_for(sub { ::ask('somebody') ne 'error' }, 3);
    my @v = map { my $u = "u$_"; map { ::ask($u) } 1 .. 3 } 1 .. 4;
    ::is(MCPTest::Store::counts(@v), '8 pass, 4 limited', 'each twice');
    ::is(::ask('u5'), 'pass', 'the ninth of all');
}


=== TEST 4: a slot that moves: ASK, then MOVED
--- timeout: 20
--- http eval: "mcp_store $::uri;"
--- mcp
mcp_server_name moves;
mcp_client $http_x_user;
mcp_rate_limit rate=1r/d burst=9;
--- more_headers
X-User: nobody
--- probe eval
sub {
    my ($user, $slot) = ::user_in('moves', 5461, 10922);
    ::ok(MCPTest::wait_for(sub { ::ask('x') ne 'error' }, 3), 'connected');
    sleep 0.3;
    ::is(MCPTest::Store::counts(map { ::ask($user) } 1 .. 2), '2 pass', 'before');
    $::nodes[2]->command('CLUSTER', 'SETSLOT', $slot, 'IMPORTING', $::ids[1]);
    $::nodes[1]->command('CLUSTER', 'SETSLOT', $slot, 'MIGRATING', $::ids[2]);
    ::is(::ask($user), 'pass', 'it begins to move: the key is still here');
    my @keys = @{ $::nodes[1]->command('CLUSTER', 'GETKEYSINSLOT', $slot, 10) };
    ::is(scalar @keys, 1, 'one key');
    ::is($::nodes[1]->command('MIGRATE', '127.0.0.1', $::nodes[2]->port, $keys[0], 0, 1000), 'OK', 'moved');
    my $before = $::nodes[2]->calls('asking');
    ::is(::ask($user), 'pass', 'ASK');
    ::is($::nodes[2]->calls('asking') - $before, 1, 'was followed');
    $::nodes[$_]->command('CLUSTER', 'SETSLOT', $slot, 'NODE', $::ids[2]) for 2, 1, 0;
    ::is(::ask($user), 'pass', 'MOVED');
    sleep 0.5;
    my @calls = map { $::nodes[$_]->calls('evalsha') } 1, 2;
    ::is(::ask($user), 'pass', 'and from now on');
    ::is($::nodes[1]->calls('evalsha') - $calls[0], 0, 'not the old server');
    ::is($::nodes[2]->calls('evalsha') - $calls[1], 1, 'but the new one');
    ::is(MCPTest::Store::counts(map { ::ask($user) } 1 .. 6), '4 pass, 2 limited', 'every call was charged once');
    ::is(scalar(grep { !/could not connect/ } ::log_lines()), 0, 'nothing to tell');
    $::nodes[1]->command('CLUSTER', 'SETSLOT', $slot, 'NODE', $::ids[2]);
}


=== TEST 5: NOSCRIPT on every server
--- http eval: "mcp_store $::uri;"
--- mcp eval: $::limit . 'mcp_server_name noscript;'
--- more_headers
X-User: nobody
--- probe eval
sub {
    MCPTest::wait_for(sub { ::ask() eq 'pass' }, 3);
    sleep 0.3;
    $_->command('SCRIPT', 'FLUSH') for @::nodes;
    ::is(MCPTest::Store::counts(map { ::ask("n$_") } 1 .. 30), '30 pass', 'all pass');
}


=== TEST 6: a master is killed, its replica promoted
--- timeout: 60
--- http eval: "mcp_store $::uri timeout=200ms;"
--- mcp
mcp_server_name killed;
mcp_client $http_x_user;
mcp_rate_limit rate=1r/d burst=3;
--- more_headers
X-User: nobody
--- probe eval
sub {
    my ($user) = ::user_in('killed', 0, 5460);
    my ($other) = ::user_in('killed', 11000, 16383);
    MCPTest::wait_for(sub { ::ask('x') ne 'error' }, 3);
    sleep 1;
    ::is(MCPTest::Store::counts(map { ::ask($user) } 1 .. 5), '4 pass, 1 limited', 'used up');
    sleep 0.5;
    $::nodes[0]->stop;
    my $start = time;
    ::is(::ask($other), 'pass', 'another slot does not notice');
    my (@v, $promoted, $back);
    while (time - $start < 30) {
        my $v = ::ask($user);
        push @v, $v;
        $promoted //= time if $::nodes[3]->command('ROLE')->[0] eq 'master';
        if ($promoted && $v =~ /limited/) { $back = time; last }
        sleep 0.02;
    }
    ::ok($back, 'the replica has taken over');
    ::cmp_ok($back - $promoted, '<=', 3, 'three seconds after its promotion at the latest: ' . ($back - $promoted));
    ::is(scalar(grep { $_ eq 'pass' } @v), 0, 'nothing passed that should not: ' . MCPTest::Store::counts(@v));
    ::cmp_ok(scalar(grep { /\[error\]/ } ::log_lines()), '<=', 5, 'few lines');
    ::is(MCPTest::Store::counts(map { ::ask("k$_") } 1 .. 30), '30 pass', 'all slots work');
    $::nodes[0]->start;
}


=== TEST 7: redirects in a circle, and to nowhere
--- http eval
$::circle_port = MCPTest::Redis::free_port();
$::circle = MCPTest::FakeRedis->new(sub {
    my ($n, @c) = @_;
    my $port = $::circle_port;
    return "*1\r\n*3\r\n:0\r\n:16383\r\n*3\r\n\$9\r\n127.0.0.1\r\n:$port\r\n\$1\r\nx\r\n" if $c[0] eq 'CLUSTER';
    return "+OK\r\n" if $c[0] !~ /^EVAL/;
    return "-MOVED 5 127.0.0.1:$port\r\n" if $n < 20;
    return "-MOVED 5 127.0.0.1:1\r\n" if $n < 22;
    return "-ASK 5 127.0.0.1:1\r\n" if $n < 24;
    return "-MOVED 5 no such host:1\r\n" if $n < 26;
    return $::pass;
}, all => 1, port => $::circle_port);
"mcp_store redis-cluster://127.0.0.1:$::circle_port;"
--- mcp eval: $::limit
--- more_headers
X-User: nobody
--- probe eval
sub {
    my $worker = (MCPTest::Store::workers())[0];
    ::is(::ask(), 'error', 'refused');
    ::cmp_ok($::circle->asked, '<=', 5, 'after few redirects');
    my %v;
    my $until = time + 5;
    while (time < $until && !$v{pass}) { $v{::ask()}++; sleep 0.05 }
    ::is($v{pass}, 1, 'and goes on when it can');
    ::is((MCPTest::Store::workers())[0], $worker, 'the worker lives');
}


=== TEST 8: maps of slots that make no sense
--- timeout: 20
--- http eval
@::maps = ("*0\r\n", "*-1\r\n", "+OK\r\n", "-ERR This instance has cluster support disabled\r\n", "*1\r\n:1\r\n", "*1\r\n*3\r\n:0\r\n:16384\r\n*2\r\n\$1\r\na\r\n:1\r\n",
           "*1\r\n*3\r\n:-1\r\n:5\r\n*2\r\n\$1\r\na\r\n:1\r\n", "*1\r\n*3\r\n:5\r\n:1\r\n*2\r\n\$1\r\na\r\n:1\r\n", "*1\r\n*3\r\n:0\r\n:5\r\n*2\r\n\$1\r\na\r\n:70000\r\n",
           "*1\r\n*3\r\n:0\r\n:5\r\n*1\r\n\$1\r\na\r\n", "*1\r\n*2\r\n:0\r\n:5\r\n", "*1\r\n*3\r\n:0\r\n:5\r\n*2\r\n\$3\r\na/b\r\n:1\r\n",
           "*200\r\n" . CORE::join('', map { "*3\r\n:$_\r\n:$_\r\n*2\r\n\$9\r\n127.0.0.1\r\n:$_\r\n" } 1 .. 200));
$::mad_port = MCPTest::Redis::free_port();
$::mad = MCPTest::FakeRedis->new(sub {
    my ($n, @c) = @_;
    return $c[0] eq 'CLUSTER' ? shift(@::maps) // "*1\r\n*3\r\n:0\r\n:16383\r\n*2\r\n\$-1\r\n:$::mad_port\r\n"
         : $c[0] =~ /^EVAL/ ? $::pass : "+OK\r\n";
}, all => 1, port => $::mad_port);
"mcp_store redis-cluster://127.0.0.1:$::mad_port;"
--- mcp eval: $::limit
--- more_headers
X-User: nobody
--- probe eval
sub {
    my $worker = (MCPTest::Store::workers())[0];
    my $until = time + 12;
    while (time < $until && (grep { /^other \S+ CLUSTER SLOTS/ } $::mad->lines) <= 13) { ::ask(); sleep 0.1 }
    ::cmp_ok(scalar(grep { /^other \S+ CLUSTER SLOTS/ } $::mad->lines), '>=', 14, 'all were told');
    ::is((MCPTest::Store::workers())[0], $worker, 'the worker lives');
    ::ok(MCPTest::wait_for(sub { ::ask() eq 'pass' }, 3), 'and works in the end');
}
