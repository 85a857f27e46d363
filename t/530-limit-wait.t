# Requests that wait for the store, here a Redis that is stopped: clients that
# leave, reloads, shutdown, and the end of patience.

use FindBin;
use lib "$FindBin::Bin/lib";
use MCPTest;
use MCPTest::Redis;
use MCPTest::Store;
use Test::Nginx::Socket 'no_plan';
use Time::HiRes qw(time sleep);

our $redis = MCPTest::Redis->new;
my $uri = 'redis://127.0.0.1:' . $redis->port . '/0';

# While the code runs Redis does not answer.
sub stopped(&) {
    my $code = shift;

    $redis->kill('STOP');
    sleep 0.05;
    my @r = eval { $code->() };
    my $error = $@;
    $redis->kill('CONT');
    die $error if $error;

    return @r;
}

sub gone_count {
    my @n = MCPTest::slurp('error.log') =~ /client prematurely closed/g;

    return scalar @n;
}

my ($n, $spec) = (0, do { local $/; <DATA> });
my $run = sprintf '%x', time * 1000;

$spec =~ s/^=== TEST: (.*)\n/'=== TEST ' . ++$n . ": $1\n"/gme;
$spec =~ s/^--- mcp\n/"--- mcp\nmcp_server_name wait-$run-" . ++$n . ";\n"/gme;
$spec =~ s/\$uri\b/$uri/g;

Test::Base::spec_string($spec);
MCPTest::run();

__DATA__

=== TEST: an answer that comes late
--- http
mcp_store $uri timeout=3s;
--- mcp
mcp_rate_limit rate=1r/d burst=1;
--- probe eval
sub {
    my $c = MCPTest::Client->new;
    ::stopped(sub {
        $c->post(::call('echo'));
        ::ok(!$c->more(0.3), 'the call waits');
        ::is(scalar(MCPTest::requests()), 1, 'and the server does not know of it');
    });
    ::is(MCPTest::Store::word($c->response), 'pass', 'then it passes');
    ::is(MCPTest::Store::verdict($c, ::call('echo')), 'pass', 'the connection can be used again');
    ::like(MCPTest::Store::verdict($c, ::call('echo')), qr/^limited/, 'each was charged once');
}


=== TEST: the client leaves
--- http
mcp_store $uri timeout=3s;
--- mcp
mcp_rate_limit rate=1r/d burst=1;
--- probe eval
sub {
    my $before = MCPTest::requests();
    ::stopped(sub {
        my $c = MCPTest::Client->new;
        $c->post(::call('echo'));
        sleep 0.1;
        $c->close;
        ::ok(MCPTest::wait_for(sub { ::gone_count() == 1 }), 'noticed at once');
        $c = MCPTest::Client->new;
        $c->post(::call('echo'));
        sleep 0.1;
        $c->reset;
        ::ok(MCPTest::wait_for(sub { ::gone_count() == 2 }), 'also with RST');
    });
    sleep 0.1;
    ::is(scalar(MCPTest::requests()), $before, 'nothing reached the server');
    my @v = MCPTest::Store::many(3, ::call('echo'));
    ::like(MCPTest::Store::counts(@v), qr/^(?:[12] pass, )?[123] limited$/, 'each was charged at most once');
}


=== TEST: the client leaves while the script is not known
--- http
mcp_store $uri timeout=3s;
--- mcp
mcp_rate_limit rate=100r/d burst=20;
--- probe eval
sub {
    my $c = MCPTest::Client->new;
    ::is(MCPTest::Store::verdict($c, ::call('echo')), 'pass', 'connected');
    $::redis->command(qw(SCRIPT FLUSH));
    ::stopped(sub {
        $c->post(::call('echo'));
        sleep 0.1;
        $c->close;
        ::ok(MCPTest::wait_for(sub { ::gone_count() == 1 }), 'noticed');
    });
    sleep 0.1;
    $c = MCPTest::Client->new;
    ::is(MCPTest::Store::verdict($c, ::call('echo')), 'pass', 'who comes next brings the script');
}
--- no_error_log
[error]


=== TEST: a client of HTTP/2 leaves
--- http2
--- http
mcp_store $uri timeout=3s;
--- mcp
mcp_rate_limit rate=100r/d burst=20;
--- probe eval
sub {
    my $before = MCPTest::requests();
    ::stopped(sub {
        my $c = MCPTest::H2->new;
        my $gone = $c->post(::call('echo'));
        my $stays = $c->post(::rpc('ping'));
        ::is($c->response($stays)->{status}, 200, 'another stream goes on');
        $c->reset($gone);
        ::ok(MCPTest::wait_for(sub { MCPTest::slurp('access.log') =~ /" 499 / }), 'RST_STREAM is noticed');
        $before = MCPTest::requests();
    });
    sleep 0.1;
    ::is(scalar(MCPTest::requests()), $before, 'nothing reached the server');
}


=== TEST: requests behind one that waits
--- http
mcp_store $uri timeout=3s;
--- mcp
mcp_rate_limit rate=1r/d burst=1;
--- probe eval
sub {
    my $c = MCPTest::Client->new;
    ::stopped(sub {
        for (::call('echo', '{}', 1), ::rpc('ping', undef, 2), ::call('echo', '{}', 3), ::call('echo', '{}', 4)) {
            $c->post($_);
            sleep 0.05;
        }
    });
    my @r = map { $c->response } 1 .. 4;
    ::is(CORE::join(' ', map { MCPTest::decode($_->{body})->{id} } @r), '1 2 3 4', 'are answered one after the other');
    ::is(CORE::join(' ', map { MCPTest::Store::word($_) } @r), 'pass pass pass limited 86400', 'with the right verdicts');
}


=== TEST: many that wait
--- http
mcp_store $uri timeout=5s;
--- mcp
mcp_rate_limit rate=1r/d burst=15;
--- probe eval
sub {
    my @c = map { MCPTest::Client->new } 1 .. 24;
    ::stopped(sub {
        $_->post(::call('echo')) for @c;
        sleep 0.2;
        $_->close for splice @c, 0, 4;
    });
    my @v = map { MCPTest::Store::word($_->response // { status => 'none', body => '' }) } @c;
        my $pass = grep { $_ eq 'pass' } @v;
    ::cmp_ok($pass, '<=', 16, 'no more than may');
    ::cmp_ok($pass, '>=', 12, 'no fewer than must');
    ::is($pass + (grep { /^limited/ } @v), 20, 'have an answer of the store');
}


=== TEST: patience ends: refused
--- http
mcp_store $uri timeout=200ms;
--- mcp
mcp_rate_limit rate=1r/d burst=9;
--- probe eval
sub {
    my ($v, $took, $other);
    ::stopped(sub {
        my $start = Time::HiRes::time();
        $v = MCPTest::Store::ask(::call('echo'));
        $took = Time::HiRes::time() - $start;
        $other = MCPTest::Store::ask(::rpc('ping'));
    });
    ::is($v, 'error', 'refused');
    ::cmp_ok($took, '>', 0.19, 'not before');
    ::cmp_ok($took, '<', 0.4, 'soon after');
    ::is($other, 'pass', 'a ping does not wait');
    ::ok(MCPTest::wait_for(sub { MCPTest::Store::ask(::call('echo')) eq 'pass' }, 3), 'and again');
    my ($line) = grep { ($_->{verdict} // '') eq 'error' } MCPTest::audit();
    ::is("$line->{reason} $line->{status}", 'store 200', 'audit line');
}


=== TEST: patience ends: passes
--- http
mcp_store $uri timeout=200ms fail=open;
--- mcp
mcp_rate_limit rate=1r/d burst=9;
--- probe eval
sub {
    my $v;
    ::stopped(sub { $v = MCPTest::Store::ask(::call('echo')) });
    ::is($v, 'pass', 'passes');
    my ($line) = grep { ($_->{reason} // '') eq 'store' } MCPTest::audit();
    ::is("$line->{verdict} $line->{tool}", 'allow echo', 'and the audit line says so');
    ::ok(length $line->{detail}, "with the cause: $line->{detail}");
}


=== TEST: monitor does not refuse
--- http
mcp_store $uri timeout=200ms;
--- mcp
mcp_mode monitor;
mcp_rate_limit rate=1r/d burst=9;
--- probe eval
sub {
    my $v;
    ::stopped(sub { $v = MCPTest::Store::ask(::call('echo')) });
    ::is($v, 'pass', 'passes');
    my ($line) = grep { ($_->{reason} // '') eq 'store' } MCPTest::audit();
    ::is("$line->{verdict} $line->{mode}", 'error monitor', 'recorded');
}


=== TEST: a reload while a request waits
--- http
mcp_store $uri timeout=5s;
--- mcp
mcp_rate_limit rate=1r/d burst=1;
--- probe eval
sub {
    my $c = MCPTest::Client->new;
    my ($old) = MCPTest::Store::workers();
    ::stopped(sub {
        $c->post(::call('echo'));
        sleep 0.2;
        kill 'HUP', MCPTest::Store::master();
        ::ok(MCPTest::wait_for(sub { (my @w = MCPTest::Store::workers()) == 2 }, 3), 'the old worker stays');
    });
    ::is(MCPTest::Store::word($c->response), 'pass', 'until the answer is there');
    $c->close;
    ::ok(MCPTest::wait_for(sub { !grep { $_ == $old } MCPTest::Store::workers() }, 3), 'then it leaves');
    ::is(MCPTest::Store::ask(::call('echo')), 'pass', 'the new one goes on');
    ::like(MCPTest::Store::ask(::call('echo')), qr/^limited/, 'with the same counter');
}


=== TEST: an orderly shutdown while a request waits
--- http
mcp_store $uri timeout=5s;
--- mcp
mcp_rate_limit rate=2r/d burst=1;
--- probe eval
sub {
    my $c = MCPTest::Client->new;
    my $master = MCPTest::Store::master();
    ::stopped(sub {
        $c->post(::call('echo'));
        sleep 0.2;
        kill 'QUIT', $master;
        sleep 0.2;
    });
    ::is(MCPTest::Store::word($c->response), 'pass', 'it has its answer');
    $c->close;
    ::ok(MCPTest::wait_for(sub { !kill 0, $master }, 3), 'then all is gone');
    $Test::Nginx::Util::PrevConfig = '';
}


=== TEST: a fast shutdown while a request waits
--- http
mcp_store $uri timeout=5s;
--- mcp
mcp_rate_limit rate=3r/d burst=1;
--- probe eval
sub {
    my $c = MCPTest::Client->new;
    my $master = MCPTest::Store::master();
    ::stopped(sub {
        $c->post(::call('echo'));
        sleep 0.2;
        kill 'TERM', $master;
        ::ok(MCPTest::wait_for(sub { !kill 0, $master }, 3), 'all is gone');
    });
    $Test::Nginx::Util::PrevConfig = '';
}
