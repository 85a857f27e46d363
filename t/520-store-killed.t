# Workers that are killed inside the lock of the store in shared memory, at
# every place of it: the others go on, and no counter is lost.

use FindBin;
use lib "$FindBin::Bin/lib";

our ($killer, $order, $skip);

BEGIN {
    require File::Temp;

    my $dir = File::Temp::tempdir('killer-XXXXXX', TMPDIR => 1, CLEANUP => 1);

    chmod 0777, $dir;
    ($killer, $order) = ("$dir/killer.so", "$dir/order");
    $skip = `uname -m` !~ /^x86_64/ ? 'written for x86_64'
            : $ENV{ASAN_OPTIONS} ? 'not with sanitizers' : undef;

    if (!$skip) {
        system('cc', '-O2', '-shared', '-fPIC', '-o', $killer,
               "$FindBin::Bin/lib/killer.c") == 0 or die "cc failed\n";
    }
}

use MCPTest;
use MCPTest::Store;
use Test::Nginx::Socket $skip ? (skip_all => $skip) : 'no_plan';
use Time::HiRes qw(time sleep);

our $tries = $ENV{KILLER_TRIES} || 1000;

# The next one who is inside the lock dies after $n instructions.
sub kill_after {
    my $n = shift;

    open my $fh, '>', "$order.new" or die "$order: $!\n";
    print $fh $n;
    close $fh;
    chmod 0666, "$order.new";
    rename "$order.new", $order;
}

# A call, by a client of that name.
sub call_as {
    my ($user, $tool) = @_;

    return MCPTest::Store::ask(::call($tool // 'echo'), 'X-User' => $user);
}

$ENV{TEST_NGINX_LD_PRELOAD} = $killer;
$ENV{KILLER} = $order;

MCPTest::run();

__DATA__

=== TEST 1: killed inside the lock
--- http
mcp_store shm:32k;
--- server
location = /echo {
    default_type application/json;
    return 200 '{"jsonrpc":"2.0","id":1,"result":{"content":[]}}';
}
--- mcp
mcp_client $http_x_user;
mcp_rate_limit rate=1r/d burst=1 tool=slow;
mcp_rate_limit rate=1000r/s burst=20;
mcp_rate_limit rate=1000r/s burst=30 key=$http_x_user$mcp_tool;
proxy_pass http://127.0.0.1:$TEST_NGINX_SERVER_PORT/echo;
--- more_headers
X-User: x
--- probe eval
sub {
    ::ok(MCPTest::Store::reload(qr/worker_processes\s+1;/, 'worker_processes 2;'), 'two workers');

    my @known = map { "known-$_" } 1 .. 50;
    my ($n, $died, $slowest, %bad) = (0, 0, 0);

    ::call_as($_, 'slow'), ::call_as($_, 'slow') for @known;

    # the zone is full of counters that come and go

    ::call_as("filler-$_") for 1 .. 400;

    for my $try (1 .. $::tries) {
        ::kill_after(1 + int rand 1500);

        my $v = ::call_as('new-' . $n++);
        $died++ if $v eq 'nothing' || $v eq 'closed';
        unlink $::order;

        my $start = Time::HiRes::time();

        $v = ::call_as('new-' . $n++);
        $bad{$v}++ if $v ne 'pass';

        $v = ::call_as($known[$try % @known], 'slow');
        $bad{$v}++ if $v !~ /^limited/;

        my $took = Time::HiRes::time() - $start;
        $slowest = $took if $took > $slowest;
    }

    ::is($died, $::tries, 'a worker died each time');
    ::is(CORE::join(', ', map { "$bad{$_} $_" } sort keys %bad), '', 'and others had the right answer');
    ::cmp_ok($slowest, '<', 2, 'soon');

    my $log = MCPTest::slurp('error.log');
    my $put = () = $log =~ /a worker died inside the store, its \d+ counters were put in order/g;

    ::cmp_ok($put, '>', $::tries / 5, "$put times inside the lock");

    my @v = map { ::call_as('exact', 'slow') } 1 .. 4;
    ::like("@v", qr/^pass pass limited \d+ limited \d+$/, 'new counters are exact');

    @v = map { ::call_as($_, 'slow') } @known;
    ::is(MCPTest::Store::counts(@v), '50 limited', 'and old ones are not forgotten');
}
--- alerts
--- error_log
[alert]
exited on signal 9
--- timeout: 120
