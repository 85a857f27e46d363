# What becomes of messages, and of nginx, when Redis is not as it should be.

use FindBin;
use lib "$FindBin::Bin/lib";
use MCPTest;
use MCPTest::FakeRedis;
use MCPTest::Redis;
use MCPTest::Store;
use Test::Nginx::Socket 'no_plan';
use Time::HiRes qw(sleep time);

our $slack = $ENV{ASAN_OPTIONS} ? 0.1 : 0.01;
our $redis = MCPTest::Redis->new;
our $absent = MCPTest::Redis::free_port();
our %fake;

# A server that says what the sub gives; its port.
sub fake {
    my ($name, @args) = @_;
    $fake{$name} = MCPTest::FakeRedis->new(@args);
    return $fake{$name}->port;
}

sub store { "mcp_store redis://127.0.0.1:$_[0] $_[1];\n" }

# The limit of most blocks lets much through.
our $limit = "mcp_rate_limit rate=1000000r/d burst=1000000;\n";

our $pass = "*3\r\n:1\r\n:5\r\n:0\r\n";

# Seconds of one call, and its verdict.
sub timed {
    my $start = time;
    my $v = MCPTest::Store::ask(::call('echo'));
    return (time - $start, $v);
}

# Calls on one connection until a time; [verdict, seconds] of each.
sub load {
    my ($until) = @_;
    my $c = MCPTest::Client->new;
    my @r;

    while (time < $until) {
        my $start = time;
        my $v = MCPTest::Store::verdict($c, ::call('echo'));
        push @r, [$v, time - $start];
        $c = MCPTest::Client->new if $v =~ /^(closed|nothing)$/;
    }

    return @r;
}

# The same by several processes.
sub loads {
    my ($n, $seconds) = @_;
    my $until = time + $seconds;
    my @pipes;

    for (1 .. $n) {
        pipe(my $in, my $out) or die "pipe: $!\n";
        my $pid = fork() // die "fork: $!\n";

        if (!$pid) {
            print $out map { "$_->[0] $_->[1]\n" } load($until);
            close $out;
            require POSIX;
            POSIX::_exit(0);
        }

        close $out;
        push @pipes, [$in, $pid];
    }

    return sub {
        my @r;

        for (@pipes) {
            my ($in, $pid) = @$_;
            push @r, map { /^(.*) (\S+)$/ ? [$1, $2] : () } <$in>;
            waitpid $pid, 0;
        }

        return @r;
    };
}

sub verdicts { MCPTest::Store::counts(map { $_->[0] } @_) }

sub p99 {
    my @t = sort { $a <=> $b } map { $_->[1] } @_;
    return $t[int(@t * 0.99)];
}

sub wait_pass {
    my $seconds = shift;
    my $start = time;

    while (time - $start < $seconds) {
        return time - $start if MCPTest::Store::ask(::call('echo')) eq 'pass';
        sleep 0.02;
    }

    return;
}

sub worker {
    my ($pid) = MCPTest::Store::workers();
    return $pid;
}

sub rss {
    my $pid = worker();
    return MCPTest::slurp("/proc/$pid/status") =~ /VmRSS:\s+(\d+)/ ? $1 : 0;
}

# AddressSanitizer keeps what was freed, so it says nothing of memory.
sub memory_ok {
    my $before = shift;
    return if $ENV{ASAN_OPTIONS};
    cmp_ok(rss() - $before, '<', 4096, 'memory');
}

sub log_lines {
    my $text = MCPTest::slurp('error.log');
    return grep { /mcp: store/ } split /\n/, $text;
}

MCPTest::run();

__DATA__

=== TEST 1: no Redis at the start (S1)
--- http eval: ::store($::absent, 'timeout=200ms')
--- mcp eval: $::limit
--- probe eval
sub {
    my ($t, $v) = ::timed();
    ::is($v, 'error', 'refused');
    ::cmp_ok($t, '<', 0.005 + $::slack, "at once: $t");
    my @r = map { [::timed()] } 1 .. 50;
    ::is(scalar(grep { $_->[1] eq 'error' } @r), 50, 'all of them');
    ::is(scalar(grep { $_->[0] > 0.005 + $::slack } @r), 0, 'at once');
    sleep 2.5;
    my @lines = ::log_lines();
    ::is(scalar @lines, 1, 'one line in the log');
    ::like($lines[0], qr/\[error\].*"127\.0\.0\.1:$::absent": could not connect: .*Connection refused/, 'that says why');
}


=== TEST 2: no Redis at the start, fail=open
--- http eval: ::store($::absent, 'fail=open')
--- mcp eval: $::limit
--- post eval: ::call('echo')
--- response_body_like: hello
--- audit_count: 1
--- audit
1 /verdict "allow"
1 /reason "store"


=== TEST 3: what a caller is told
--- http eval: ::store($::absent, '')
--- mcp eval: $::limit
--- post eval: [::call('echo'), ::rpc('tools/list', undef, 9)]
--- error_code eval: [200, 200]
--- json eval
[<<'A', <<'B']
/result/isError true
/result/_meta/ngx-mcp-module~1verdict/code -31004
/result/_meta/ngx-mcp-module~1verdict/reason "store"
A
/id 9
/error/code -31004
B
--- upstream_count: 0


=== TEST 4: it comes later
--- http eval: ::store($::late = MCPTest::Redis::free_port(), '')
--- mcp eval: $::limit
--- probe eval
sub {
    ::is(MCPTest::Store::ask(::call('echo')), 'error', 'not yet');
    sleep 0.5;
    my $late = MCPTest::Redis->new(at => $::late);
    my $t = ::wait_pass(3);
    ::ok(defined $t && $t <= 1 + $::slack, 'found within a second of its start: ' . ($t // 'never'));
    ::ok((::log_lines())[-1] =~ /\[notice\].*it is back/, 'and told');
    $late->stop;
}


=== TEST 5: a server that closes at once is not stormed (S1)
--- http eval: ::store(::fake(t5 => sub { 'close' }, all => 1), '')
--- mcp eval: $::limit
--- probe eval
sub {
    MCPTest::wait_for(sub { $::fake{t5}->connects >= 2 }, 2);
    my $before = $::fake{t5}->connects;
    my $until = time + 3;
    my $n = 0;
    while (time < $until) { MCPTest::Store::ask(::call('echo')); $n++; sleep 0.005 }
    my @at = map { /^connect (\S+)/ ? $1 : () } $::fake{t5}->lines;
    my @gaps = map { $at[$_] - $at[$_ - 1] } 1 .. $#at;
    ::cmp_ok($n, '>', 100, 'many questions');
    ::cmp_ok($::fake{t5}->connects - $before, '<=', 15, 'few attempts: ' . ($::fake{t5}->connects - $before));
    ::is(scalar(grep { $_ < 0.19 } @gaps), 0, 'never two within 200 ms');
    ::cmp_ok(keys %{ { map { sprintf('%.3f', $_) => 1 } @gaps } }, '>', 3, 'and not in step');
    ::is(scalar ::log_lines(), 1, 'one line');
}


=== TEST 6: kill -9 under load, and back (S2)
--- http eval: ::store($::redis->port, 'timeout=200ms')
--- mcp eval: $::limit . "keepalive_requests 100000;"
--- probe eval
sub {
    ::wait_pass(2);
    my $worker = ::worker();
    my $r = ::loads(8, 4);
    sleep 1;
    $::redis->stop;
    sleep 1;
    $::redis->start;
    my $t = ::wait_pass(3);
    my @r = $r->();
    ::ok(defined $t && $t <= 1 + $::slack, 'recovers within a second: ' . ($t // 'never'));
    ::like(::verdicts(@r), qr/^\d+ pass, \d+ error$/, 'all are answered: ' . ::verdicts(@r));
    ::cmp_ok((sort { $b <=> $a } map { $_->[1] } @r)[0], '<', 0.3 + 5 * $::slack, 'none waits longer than the timeout');
    ::is(::worker(), $worker, 'the worker lives');
    ::cmp_ok(scalar ::log_lines(), '<=', 4, 'few lines');
}


=== TEST 7: CLIENT PAUSE (S3)
--- http eval: ::store($::redis->port, 'timeout=150ms')
--- mcp eval: $::limit . "keepalive_requests 100000;"
--- probe eval
sub {
    ::wait_pass(2);
    my $r = ::loads(8, 2.5);
    sleep 0.3;
    $::redis->command('CLIENT', 'PAUSE', 1000);
    my @r = $r->();
    ::like(::verdicts(@r), qr/^\d+ pass, \d+ error$/, ::verdicts(@r));
    ::cmp_ok(::p99(grep { $_->[0] eq 'error' } @r), '<=', 0.160 + $::slack, 'each waits for the timeout: ' . ::p99(grep { $_->[0] eq 'error' } @r));
    ::is($r[-1][0], 'pass', 'then it goes on');
}


=== TEST 8: SIGSTOP for ten seconds (S3)
--- timeout: 30
--- http eval: ::store($::redis->port, 'timeout=100ms')
--- mcp eval: $::limit . "keepalive_requests 1000000;"
--- probe eval
sub {
    ::wait_pass(2);
    my $r = ::loads(6, 12.5);
    sleep 0.5;
    $::redis->kill('STOP');
    sleep 10;
    $::redis->kill('CONT');
    my $t = ::wait_pass(3);
    my @r = $r->();
    ::like(::verdicts(@r), qr/^\d+ (pass|error), \d+ (pass|error)$/, ::verdicts(@r));
    ::cmp_ok(::p99(@r), '<=', 0.110 + $::slack, 'p99: ' . ::p99(@r));
    ::ok(defined $t && $t <= 1.2 + $::slack, 'back in time: ' . ($t // 'never'));
    my @lines = grep { /\[error\]/ } ::log_lines();
    ::cmp_ok(scalar @lines, '<=', 4, 'few lines');
}


=== TEST 9: slow, then slower (S4)
--- http eval: ::store(::fake(t9 => sub { ('wait ' . ($_[0] <= 20 ? 0.001 : $_[0] <= 40 ? 0.01 : 0.1), $::pass) }), 'timeout=300ms')
--- mcp eval: $::limit
--- probe eval
sub {
    my @t;
    for my $n (1 .. 50) {
        my ($t, $v) = ::timed();
        $v eq 'pass' or ::fail("call $n: $v");
        push @t, $t;
    }
    my $mean = sub { my $s = 0; $s += $_ for @_; $s / @_ };
    ::cmp_ok($mean->(@t[1 .. 19]), '<', 0.008 + $::slack, '1 ms');
    ::cmp_ok($mean->(@t[20 .. 39]), '<', 0.018 + $::slack, '10 ms');
    ::cmp_ok($mean->(@t[40 .. 49]), '<', 0.110 + $::slack, '100 ms');
    ::is($::fake{t9}->asked, 50, 'one round trip each');
}


=== TEST 10: the queue has an end (S4)
--- http eval: ::store(::fake(t10 => sub { 'wait 5' }), 'timeout=20ms')
--- mcp eval: $::limit . "keepalive_requests 100000;"
--- probe eval
sub {
    my @r = ::loads(30, 2.5)->();
    ::like(::verdicts(@r), qr/^\d+ error$/, ::verdicts(@r));
    ::cmp_ok(::p99(@r), '<=', 0.030 + 3 * $::slack, 'none waits longer: ' . ::p99(@r));
    ::cmp_ok($::fake{t10}->asked, '<=', 1024 * 3, 'no more than fit: ' . $::fake{t10}->asked);
}


=== TEST 11: one byte in a packet (S5)
--- http eval: ::store(::fake(t11 => sub { map { ($_, "wait 0.001") } split //, $::pass }), 'timeout=500ms')
--- mcp eval: $::limit
--- probe eval
sub {
    ::is(MCPTest::Store::ask(::call('echo')), 'pass', "call $_") for 1 .. 3;
}


=== TEST 12: a reset in mid reply (S5)
--- http eval: ::store(::fake(t12 => sub { $_[0] % 2 ? ("*3\r\n:1\r\n", "wait 0.02", 'reset') : $::pass }), 'timeout=500ms')
--- mcp eval: $::limit
--- probe eval
sub {
    my ($t, $v) = ::timed();
    ::is($v, 'error', 'refused');
    ::cmp_ok($t, '<', 0.1 + $::slack, 'as soon as it is known');
    ::ok(defined ::wait_pass(2), 'and again');
    ::is($::fake{t12}->asked, 2, 'what was sent is not sent again');
}


=== TEST 13: 64 MB (S5)
--- http eval: ::store(::fake(t13 => sub { my $mb = 'x' x 1048576; ("\$67108864\r\n", map { $mb } 1 .. 64) }), 'timeout=900ms')
--- mcp eval: $::limit
--- probe eval
sub {
    my $before = ::rss();
    ::is(MCPTest::Store::ask(::call('echo')), 'error', 'refused');
    ::memory_ok($before);
    ::like((::log_lines())[0], qr/its reply is too large/, 'told');
}


=== TEST 14: a million small elements (S5)
--- http eval: ::store(::fake(t14 => sub { ("*1000000\r\n" . ":1\r\n" x 1_000_000) }), 'timeout=900ms')
--- mcp eval: $::limit
--- probe eval
sub {
    my $before = ::rss();
    ::is(MCPTest::Store::ask(::call('echo')), 'error', 'refused');
    ::memory_ok($before);
}


=== TEST 15: many arrays that each are small (S5)
--- http eval: ::store(::fake(t15 => sub { ("*30000\r\n" . "*1000\r\n" . ":1\r\n" x 1000) x 20 }), 'timeout=900ms')
--- mcp eval: $::limit
--- probe eval
sub {
    my $before = ::rss();
    ::is(MCPTest::Store::ask(::call('echo')), 'error', 'refused');
    ::memory_ok($before);
}


=== TEST 16: what is not the protocol, or not what was asked for (S5)
--- timeout: 30
--- http eval
@::bad = ("HTTP/1.1 200 OK\r\n\r\n", "*-5\r\n", "*4294967296\r\n", "*9223372036854775807\r\n", '*1' . "\r\n*1" x 40 . "\r\n:1\r\n",
            "\$-2\r\n", "\$99999999999999999999\r\n", "\0\0\0\0", "\xff" x 100, ">2\r\n+a\r\n+b\r\n", "%1\r\n+a\r\n+b\r\n", "_\r\n",
            "*3\r\n:1\r\n:5\r\n", "*3\r\n:2\r\n:5\r\n:0\r\n", "*3\r\n:-2\r\n:5\r\n:0\r\n", "*3\r\n:1\r\n:-5\r\n:0\r\n", "*3\r\n:1\r\n:5\r\n:-1\r\n",
            "*3\r\n+1\r\n:5\r\n:0\r\n", "*2\r\n:1\r\n:5\r\n", "*4\r\n:1\r\n:5\r\n:0\r\n:0\r\n", "*0\r\n", "*-1\r\n", "+OK\r\n", ":1\r\n", "\$-1\r\n",
            "*3\r\n*0\r\n:5\r\n:0\r\n", "*3\r\n:1\r\n\$-1\r\n:0\r\n", "-\r\n", "- \r\n", "-ERR\r\n", "-" . 'A' x 100000 . "\r\n", "-MOVED\r\n",
            "-MOVED 1\r\n", "-ASK 99999 a:1\r\n", "-MOVED 1 :\r\n", "-NOSCRIPT\r\n",
            ":1\r\n:1\r\n");
::store(::fake(t16 => sub { $::bad[$_[0] - 1] // $::pass }), 'timeout=100ms')
--- mcp eval: $::limit
--- probe eval
sub {
    my $worker = ::worker();
    my $fake = $::fake{t16};
    my %v;
    my $before = ::rss();
    my $until = time + 25;
    while (time < $until && !$v{pass}) {
        $v{MCPTest::Store::ask(::call('echo'))}++;
        sleep 0.05;
    }
    ::is($v{pass}, 1, 'the first that makes sense passes');
    ::cmp_ok($fake->asked, '>=', @::bad, 'all were told: ' . $fake->asked);
    ::is(::worker(), $worker, 'the worker lives');
    ::memory_ok($before);
    ::unlike(MCPTest::slurp('error.log'), qr/AAAAAAAAAAAAAAAAA/, 'no text of a reply in the log');
}


=== TEST 17: SCRIPT FLUSH: one EVAL, charged once (S6)
--- http eval: ::store($::redis->port, '')
--- mcp
mcp_server_name s6;
mcp_rate_limit rate=1r/d burst=5;
--- probe eval
sub {
    my @v;
    for (1 .. 7) {
        $::redis->command('SCRIPT', 'FLUSH') if $_ % 2;
        my ($sha, $eval) = map { $::redis->calls($_) } qw(evalsha eval);
        push @v, MCPTest::Store::ask(::call('echo'));
        ::is($::redis->calls('eval') - $eval, $_ % 2, "call $_: EVAL");
        ::is($::redis->calls('evalsha') - $sha, 1, "call $_: EVALSHA");
    }
    ::is(MCPTest::Store::counts(@v), '6 pass, 1 limited', 'right');
    ::is(scalar ::log_lines(), 0, 'nothing to tell');
}


=== TEST 18: a client that goes away while it waits
--- http eval: ::store(::fake(t18 => sub { ('wait 0.2', $::pass) }), 'timeout=1s')
--- mcp eval: $::limit
--- probe eval
sub {
    ::is(MCPTest::Store::ask(::call('echo')), 'pass', 'before');
    my $before = () = MCPTest::requests();
    for my $how (qw(close reset) x 3) {
        my $c = MCPTest::Client->new;
        $c->post(::call('echo'));
        sleep 0.05;
        $c->$how;
    }
    sleep 1.5;
    ::is(scalar(() = MCPTest::requests()), $before, 'nothing reached the server');
    ::is(MCPTest::Store::ask(::call('echo')), 'pass', 'after');
    ::like(MCPTest::slurp('access.log'), qr/ 499 /, 'as the access log tells');
}


=== TEST 19: a reload while messages wait
--- http eval: ::store(::fake(t19 => sub { ($_[0] == 1 ? 'wait 0.8' : (), $::pass) }), 'timeout=2s')
--- mcp eval: $::limit
--- probe eval
sub {
    my @c = map { my $c = MCPTest::Client->new; $c->post(::call('echo')); $c } 1 .. 5;
    sleep 0.2;
    my @old = MCPTest::Store::workers();
    kill 'HUP', MCPTest::Store::master();
    my @v = map { my $r = $_->response(3); $r ? MCPTest::Store::word($r) : 'nothing' } @c;
    ::is("@v", 'pass pass pass pass pass', 'all are answered by the old worker');
    $_->close for @c;
    my %old = map { $_ => 1 } @old;
    ::ok(MCPTest::wait_for(sub { !grep { $old{$_} } MCPTest::Store::workers() }, 2), 'which then leaves');
    ::is(MCPTest::Store::ask(::call('echo')), 'pass', 'the new one works');
    $Test::Nginx::Util::PrevConfig = '';
}


=== TEST 20: worker_shutdown_timeout while messages wait
--- main_config
worker_shutdown_timeout 200ms;
--- http eval: ::store(::fake(t20 => sub { ('wait 5', $::pass) }), 'timeout=3s')
--- mcp eval: $::limit
--- probe eval
sub {
    my @c = map { my $c = MCPTest::Client->new; $c->post(::call('echo')); $c } 1 .. 3;
    sleep 0.2;
    my @old = MCPTest::Store::workers();
    kill 'HUP', MCPTest::Store::master();
    my %old = map { $_ => 1 } @old;
    ::ok(MCPTest::wait_for(sub { !grep { $old{$_} } MCPTest::Store::workers() }, 2), 'the old worker leaves');
    $Test::Nginx::Util::PrevConfig = '';
}


=== TEST 21: an idle connection that Redis closes is opened again
--- http eval: ::store($::redis->port, '')
--- mcp eval: $::limit
--- probe eval
sub {
    ::wait_pass(2);
    sleep 1.1;
    for (1 .. 3) {
        $::redis->command('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
        ::is(MCPTest::Store::ask(::call('echo')), 'pass', 'nobody notices');
        sleep 1.1;
    }
    ::is(scalar ::log_lines(), 0, 'nothing to tell');
    ::is(scalar $::redis->clients, 2, 'two connections of a worker');
}
