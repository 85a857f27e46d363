# Redis behind Sentinel: the master is found, and followed (S8).

use FindBin;
use lib "$FindBin::Bin/lib";
use MCPTest;
use MCPTest::FakeRedis;
use MCPTest::Redis;
use MCPTest::Store;
use Test::Nginx::Socket 'no_plan';
use Time::HiRes qw(sleep time);

our $limit = "mcp_rate_limit rate=1000000r/d burst=1000000;\n";
our $pass = "*3\r\n:1\r\n:5\r\n:0\r\n";

our $a = MCPTest::Redis->new;
our $b = MCPTest::Redis->new(replicaof => '127.0.0.1 ' . $a->port);
our @sentinels = map {
    MCPTest::Redis->new(sentinel => [
        'monitor mcp 127.0.0.1 ' . $a->port . ' 2',
        'down-after-milliseconds mcp 500', 'failover-timeout mcp 3000' ])
} 1 .. 3;

our $uri = 'redis-sentinel://'
           . join(',', map { '127.0.0.1:' . $_->port } @sentinels) . '/mcp/1';

sub master {
    my $reply = $sentinels[0]->command('SENTINEL', 'GET-MASTER-ADDR-BY-NAME',
                                       'mcp');
    return ref $reply ? $reply->[1] : 0;
}

# Both Sentinels and the replica have to know each other first.
sub settled {
    return MCPTest::wait_for(sub {
        my $ok = 0;
        for (@sentinels) {
            my %m = @{ $_->command('SENTINEL', 'MASTER', 'mcp') };
            $ok++ if $m{'num-slaves'} >= 1 && $m{'num-other-sentinels'} == 2
                     && $m{flags} eq 'master';
        }
        $ok == 3;
    }, 20);
}

sub ask { MCPTest::Store::ask(::call('echo')) }

sub log_lines {
    my $text = MCPTest::slurp('error.log');
    return grep { /mcp: store/ } split /\n/, $text;
}

# Asks all the time, until it passes again after it did not; seconds that
# it did not, and all verdicts.
sub outage {
    my ($seconds, $begin) = @_;
    my (@v, $failed, $back);
    my $start = time;

    $begin->();

    while (time - $start < $seconds) {
        my $v = ask();
        push @v, $v;
        $failed //= time if $v ne 'pass';
        if ($failed && $v eq 'pass') { $back = time; last }
        sleep 0.01;
    }

    return ($failed && $back ? $back - $failed : undef, @v);
}

MCPTest::run(ordered => 1);

__DATA__

=== TEST 1: the master is found, and its database
--- http eval: "mcp_store $::uri;"
--- mcp eval: $::limit
--- probe eval
sub {
    ::ok(::settled(), 'three Sentinels, a master and a replica');
    ::ok(MCPTest::wait_for(sub { ::ask() eq 'pass' }, 3), 'passes');
    ::cmp_ok(scalar $::a->clients, '>=', 1, 'the master is asked');
    ::is(scalar $::b->clients, 0, 'and not the replica');
    $::a->command('SELECT', 1);
    ::cmp_ok($::a->command('DBSIZE'), '>=', 1, 'in the database of the URI');
}


=== TEST 2: the first question finds the master, too
--- http eval: "mcp_store $::uri timeout=500ms;"
--- mcp eval: $::limit . 'mcp_server_name first;'
--- probe eval
sub {
    kill 'HUP', MCPTest::Store::master();
    my %old = map { $_ => 1 } MCPTest::Store::workers();
    MCPTest::wait_for(sub { !grep { $old{$_} } MCPTest::Store::workers() }, 3);
    ::is(::ask(), 'pass', 'passes');
    $Test::Nginx::Util::PrevConfig = '';
}


=== TEST 3: a failover that was asked for
--- timeout: 40
--- http eval: "mcp_store $::uri timeout=200ms;"
--- mcp
mcp_server_name keeps;
mcp_rate_limit rate=1r/d burst=3;
mcp_rate_limit rate=1000000r/d burst=1000000 tool=other;
--- probe eval
sub {
    ::settled();
    ::is(MCPTest::Store::counts(map { ::ask() } 1 .. 5), '4 pass, 1 limited', 'used up');
    sleep 1;
    ::is($::sentinels[0]->command('SENTINEL', 'FAILOVER', 'mcp'), 'OK', 'failover');
    ::ok(MCPTest::wait_for(sub { ::master() == $::b->port }, 10), 'the replica is master');
    ::ok(MCPTest::wait_for(sub { $::b->clients }, 3), 'and is asked in three seconds');
    ::ok(MCPTest::wait_for(sub { ::ask() =~ /^limited/ }, 2), 'it knows the counters');
    my @v = map { ::ask() } 1 .. 20;
    ::is(MCPTest::Store::counts(@v), '20 limited', 'nothing passes that should not');
}


=== TEST 4: the master is killed under load (S8)
--- timeout: 60
--- http eval: "mcp_store $::uri timeout=200ms;"
--- mcp eval: $::limit . 'mcp_server_name killed;'
--- probe eval
sub {
    MCPTest::wait_for(sub { $::a->command('ROLE')->[0] eq 'slave' }, 10);
    ::ok(::settled(), 'all know each other');
    my $old = ::master();
    my ($m, $r) = $old == $::a->port ? ($::a, $::b) : ($::b, $::a);
    ::ok(MCPTest::wait_for(sub { ::ask() eq 'pass' }, 3), 'passes');
    my $promoted;
    my $watch = fork();
    if (!$watch) {
        for (1 .. 2000) { last if ($r->command('ROLE') // [''])->[0] eq 'master'; sleep 0.01 }
        open my $out, '>', "$r->{dir}/promoted"; print $out time; close $out;
        require POSIX; POSIX::_exit(0);
    }
    delete $r->{sock};
    my ($out, @v) = ::outage(30, sub { $m->stop });
    my $back = time;
    waitpid $watch, 0;
    my ($at) = MCPTest::slurp("$r->{dir}/promoted") =~ /([\d.]+)/;
    ::ok(defined $out, 'it passes again, after ' . ($out // 'ever'));
    ::cmp_ok($back - $at, '<=', 3, 'three seconds after the promotion at the latest: ' . ($back - $at));
    ::like(MCPTest::Store::counts(@v), qr/^\d+ (pass|error), \d+ (pass|error)$/, MCPTest::Store::counts(@v));
    ::cmp_ok(scalar(grep { /\[error\]/ } ::log_lines()), '<=', 5, 'few lines');
    $m->start;
}


=== TEST 5: who is no master is not asked
--- http eval
$::m2 = MCPTest::Redis->new;
$::b2 = MCPTest::Redis->new(replicaof => '127.0.0.1 ' . $::m2->port);
$::liar = MCPTest::FakeRedis->new(sub { my ($n, @c) = @_; "*2\r\n\$9\r\n127.0.0.1\r\n\$" . length($::b2->port) . "\r\n" . $::b2->port . "\r\n" }, all => 1);
'mcp_store redis-sentinel://127.0.0.1:' . $::liar->port . '/mcp;'
--- mcp eval: $::limit
--- probe eval
sub {
    ::ok(MCPTest::wait_for(sub { ::ask() eq 'error' && ::log_lines() > 1 }, 3), 'refused');
    ::is(MCPTest::Store::counts(map { ::ask() } 1 .. 10), '10 error', 'always');
    ::is($::b2->calls('evalsha'), 0, 'it was not asked');
    ::is(scalar(grep { /Sentinel names it, but it is no master/ } ::log_lines()), 1, 'one line');
    $::b2->command('REPLICAOF', 'NO', 'ONE');
    ::ok(MCPTest::wait_for(sub { ::ask() eq 'pass' }, 3), 'until it is one');
}


=== TEST 6: no Sentinel, and one of two
--- http eval
$::none = MCPTest::Redis::free_port();
'mcp_store redis-sentinel://127.0.0.1:' . $::none . '/mcp;'
--- mcp eval: $::limit
--- probe eval
sub {
    my $start = time;
    ::is(::ask(), 'error', 'refused');
    ::cmp_ok(time - $start, '<', 0.05, 'at once');
    ::is(scalar(grep { /could not connect/ } ::log_lines()), 1, 'one line');
}


=== TEST 7: one Sentinel of two is gone, and one knows no such master
--- http eval
$::stranger = MCPTest::Redis->new(sentinel => []);
'mcp_store redis-sentinel://127.0.0.1:' . $::none . ',127.0.0.1:' . $::stranger->port . ',127.0.0.1:' . $::sentinels[2]->port . '/mcp;'
--- mcp eval: $::limit
--- probe eval
sub {
    ::ok(MCPTest::wait_for(sub { ::ask() eq 'pass' }, 3), 'passes');
    ::is(scalar(grep { /this Sentinel knows no such master: mcp/ } ::log_lines()), 1, 'told');
}
