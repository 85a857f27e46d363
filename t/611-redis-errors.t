# Errors that Redis tells: each is an answer at once, one line in the log, and
# all is well when the cause is gone (S7, S9).

use FindBin;
use lib "$FindBin::Bin/lib";
use MCPTest;
use MCPTest::FakeRedis;
use MCPTest::Redis;
use MCPTest::Store;
use Test::Nginx::Socket 'no_plan';
use Time::HiRes qw(sleep time);

our (%fake, %redis);
our $other = MCPTest::Redis->new;
our $limit = "mcp_rate_limit rate=1000000r/d burst=1000000;\n";
our $pass = "*3\r\n:1\r\n:5\r\n:0\r\n";

sub real {
    my ($name, %opt) = @_;
    $redis{$name} = MCPTest::Redis->new(%opt);
    return "mcp_store redis://127.0.0.1:" . $redis{$name}->port . ";\n";
}

sub ask { MCPTest::Store::ask(::call('echo')) }

sub log_lines {
    my $text = MCPTest::slurp('error.log');
    return grep { /mcp: store/ } split /\n/, $text;
}

# The error of the moment: refused, told once, and over afterwards.
sub trouble {
    my ($line, $begin, $end) = @_;

    ::ok(MCPTest::wait_for(sub { ::ask() eq 'pass' }, 2), 'all is well');
    $begin->();
    ::ok(MCPTest::wait_for(sub { ::ask() eq 'error' }, 2), 'refused');
    my $start = time;
    my @v = map { ::ask() } 1 .. 20;
    ::is(MCPTest::Store::counts(@v), '20 error', 'always');
    ::cmp_ok(time - $start, '<', $ENV{ASAN_OPTIONS} ? 4 : 1, 'and at once');
    my @lines = grep { /$line/ } ::log_lines();
    ::is(scalar @lines, 1, "one line: $line");
    ::like($lines[0] // '', qr/\[error\]/, 'an error');
    $end->();
    ::ok(MCPTest::wait_for(sub { ::ask() eq 'pass' }, 2), 'all is well again');
}

MCPTest::run();

__DATA__

=== TEST 1: READONLY: it became a replica
--- http eval: ::real('readonly')
--- mcp eval: $::limit
--- probe eval
sub {
    ::trouble(qr/this is a replica: READONLY/,
        sub { $::redis{readonly}->command('REPLICAOF', '127.0.0.1', $::other->port) },
        sub { $::redis{readonly}->command('REPLICAOF', 'NO', 'ONE') });
}


=== TEST 2: OOM
--- http eval: ::real('oom')
--- mcp eval: $::limit
--- probe eval
sub {
    ::trouble(qr/out of memory \(maxmemory\): OOM/,
        sub { $::redis{oom}->command('CONFIG', 'SET', 'maxmemory', 1000) },
        sub { $::redis{oom}->command('CONFIG', 'SET', 'maxmemory', 0) });
}


=== TEST 3: BUSY
--- http eval: ::real('busy', 'busy-reply-threshold' => 10)
--- mcp eval: $::limit
--- probe eval
sub {
    my $sock = $::redis{busy}->connect;
    my $script = 'while true do end';
    ::trouble(qr/a script that does not end: BUSY/,
        sub { print $sock "*3\r\n\$4\r\nEVAL\r\n\$" . length($script) . "\r\n$script\r\n\$1\r\n0\r\n"; sleep 0.1 },
        sub { $::redis{busy}->command('SCRIPT', 'KILL') });
}


=== TEST 4: NOPERM
--- http eval: ::real('noperm')
--- mcp eval: $::limit
--- probe eval
sub {
    ::trouble(qr/the user may not run this: NOPERM/,
        sub { $::redis{noperm}->command('ACL', 'SETUSER', 'default', '-evalsha') },
        sub { $::redis{noperm}->command('ACL', 'SETUSER', 'default', '+evalsha') });
}


=== TEST 5: a password that nobody told us
--- http eval: ::real('noauth', requirepass => 'secret')
--- mcp eval: $::limit
--- probe eval
sub {
    ::ok(MCPTest::wait_for(sub { ::ask() eq 'error' }, 2), 'refused');
    sleep 1.5;
    my @v = map { ::ask() } 1 .. 20;
    ::is(MCPTest::Store::counts(@v), '20 error', 'always');
    ::is(scalar(grep { /it asks for a password: NOAUTH/ } ::log_lines()), 1, 'one line');
    $::redis{noauth}->command('CONFIG', 'SET', 'requirepass', '');
    delete @{$::redis{noauth}}{qw(login sock)};
    ::ok(MCPTest::wait_for(sub { ::ask() eq 'pass' }, 2), 'all is well again');
}


=== TEST 6: the password is changed, and changed back (S9)
--- user_files
>>> ../conf/password
first
--- http eval
::real('changed', requirepass => 'first') =~ s/;/ password_file=password;/r
--- mcp eval: $::limit
--- probe eval
sub {
    my $r = $::redis{changed};
    ::ok(MCPTest::wait_for(sub { ::ask() eq 'pass' }, 2), 'all is well');
    $r->command('CONFIG', 'SET', 'requirepass', 'second');
    $r->command('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    ::ok(MCPTest::wait_for(sub { ::ask() eq 'error' }, 2), 'refused');
    sleep 1.5;
    ::is(MCPTest::Store::counts(map { ::ask() } 1 .. 20), '20 error', 'always');
    ::is(scalar(grep { /user or password are wrong: WRONGPASS/ } ::log_lines()), 1, 'one line');
    ::unlike(MCPTest::slurp('error.log'), qr/first/, 'without the password');
    $r->command('CONFIG', 'SET', 'requirepass', 'first');
    ::ok(MCPTest::wait_for(sub { ::ask() eq 'pass' }, 2), 'all is well again, without a reload');
}


=== TEST 7: a cluster that was not announced
--- http eval: ::real('cluster', 'cluster-enabled' => 'yes', 'cluster-node-timeout' => 1000)
--- mcp eval: $::limit
--- probe eval
sub {
    ::ok(MCPTest::wait_for(sub { ::ask() eq 'error' }, 2), 'refused');
    ::is(MCPTest::Store::counts(map { ::ask() } 1 .. 20), '20 error', 'always');
    ::is(scalar(grep { /the cluster is down: CLUSTERDOWN/ } ::log_lines()), 1, 'no slots: one line');
    $::redis{cluster}->command('CLUSTER', 'ADDSLOTSRANGE', 0, 16383);
    ::ok(MCPTest::wait_for(sub { ::ask() eq 'pass' }, 5), 'one server with all slots will do');
}


=== TEST 8: errors of a kind
--- timeout: 30
--- http eval
@::words = (
    [ 'LOADING Redis is loading the dataset in memory', 'it loads its data: LOADING' ],
    [ 'MISCONF Redis is configured to save RDB snapshots', 'it cannot save and takes no writes: MISCONF' ],
    [ 'NOREPLICAS Not enough good replicas to write.', 'it has too few replicas and takes no writes: NOREPLICAS' ],
    [ 'MASTERDOWN Link with MASTER is down', 'this is a replica without its master: MASTERDOWN' ],
    [ 'MOVED 3999 127.0.0.1:6381', 'this is a cluster, which needs "redis-cluster://": MOVED' ],
    [ 'ASK 3999 127.0.0.1:6381', 'slots of the cluster are moving: ASK' ],
    [ 'TRYAGAIN Multiple keys request during rehashing', 'slots of the cluster are moving: TRYAGAIN' ],
    [ 'CROSSSLOT Keys in request', 'keys of one message in several slots of the cluster: CROSSSLOT' ],
    [ 'ERR Error running script (call to f_1): @user_script:1: -OOM command not allowed', 'it is out of memory (maxmemory): OOM' ],
    [ 'WEIRD some text of the server', 'an error that is not known here: WEIRD' ],
    [ 'some text of the server', 'an error that is not known here' ],
    [ "ERR \e[31m' \x{1}", 'an error that is not known here: ERR' ],
);
$::fake{words} = MCPTest::FakeRedis->new(sub {
    my $word = $::words[int(($_[0] - 1) / 3)];
    return $word ? "-$word->[0]\r\n" : $::pass;
});
"mcp_store redis://127.0.0.1:" . $::fake{words}->port . " timeout=300ms;\n";
--- mcp eval: $::limit
--- probe eval
sub {
    my %v;
    my $until = time + 20;
    while (time < $until && !$v{pass}) { $v{::ask()}++; sleep 0.02 }
    ::is($v{pass}, 1, 'in the end it passes');
    my @lines = ::log_lines();
    for my $word (@::words) {
        my $n = grep { /: \Q$word->[1]\E(?: \(\d+ more .*)?$/ } @lines;
        my $same = $word->[1] =~ /not known/ ? qr/^[01]$/ : qr/^1$/;
        ::like($n, $same, "one line: $word->[1]");
    }
    ::is(scalar(grep { /not known here/ } @lines), 1, 'one line for all that are not known');
    ::unlike(MCPTest::slurp('error.log'), qr/some text|\e/, 'and no text of the server');
}
