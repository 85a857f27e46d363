# The store in shared memory: how it is configured, what happens when it is
# full or its size changes, and that it keeps nothing in clear.

use FindBin;
use lib "$FindBin::Bin/lib";
use MCPTest;
use MCPTest::Store;
use Test::Nginx::Socket 'no_plan';

our $at = qr/ in \S+nginx\.conf:\d+$/;

# mcp_store of http{}, what the error log must say ("": it starts)
our @cases = (
    ['the default', 'mcp_store shm:;', ''],
    ['a size', 'mcp_store shm:32k;', ''],
    ['all of it', 'mcp_store shm:1m fail=open timeout=50ms;', ''],
    ['fail=closed', 'mcp_store shm:1m fail=closed;', ''],
    ['too small', 'mcp_store shm:31k;', qr/"shm:31k" in "mcp_store" directive is too small, it must be at least 32k$at/],
    ['no size', 'mcp_store shm:many;', qr/invalid size of "shm:many" in "mcp_store" directive$at/],
    ['a negative size', 'mcp_store shm:-1m;', qr/invalid size of "shm:-1m".*$at/],
    ['an unknown scheme', 'mcp_store memcached://user:pw@host;', qr/unknown store "memcached:" in "mcp_store" directive$at/],
    ['no scheme', 'mcp_store 8m;', qr/unknown store "8m" in "mcp_store" directive$at/],
    ['an empty one', 'mcp_store "";', qr/unknown store "" in "mcp_store" directive$at/],
    ['none', 'mcp_store;', qr/invalid number of arguments in "mcp_store" directive$at/],
    ['twice', 'mcp_store shm:1m; mcp_store shm:1m;', qr/"mcp_store" directive is duplicate$at/],
    ['no time', 'mcp_store shm:1m timeout=0;', qr/invalid parameter "timeout=0" in "mcp_store" directive$at/],
    ['a wrong time', 'mcp_store shm:1m timeout=soon;', qr/invalid parameter "timeout=soon".*$at/],
    ['two times', 'mcp_store shm:1m timeout=1s timeout=2s;', qr/duplicate parameter "timeout=2s".*$at/],
    ['a wrong policy', 'mcp_store shm:1m fail=safe;', qr/invalid parameter "fail=safe".*$at/],
    ['two policies', 'mcp_store shm:1m fail=closed fail=open;', qr/duplicate parameter "fail=open".*$at/],
    ['a password', 'mcp_store shm:1m password_file=pw;', qr/"password_file=" makes no sense for a "shm" store$at/],
    ['a CA', 'mcp_store shm:1m ca=ca.pem;', qr/"ca=" makes no sense for a "shm" store$at/],
    ['a wrong parameter', 'mcp_store shm:1m size=2m;', qr/invalid parameter "size=2m".*$at/],
    ['two sizes', "mcp_store shm:1m;\nserver { listen 127.0.0.1:1; mcp_store shm:2m; }", qr/the size 2097152 of shared memory zone "mcp_store" conflicts with already declared size 1048576$at/],
    ['one size twice', "mcp_store shm:1m;\nserver { listen \$TEST_NGINX_SERVER_PORT; server_name other; mcp_store shm:1m fail=open; }", ''],
);

# ten times what fits into 32k
our @users = map { "user-$_" } 1 .. 6500;

# Verdicts of one call for each of these users, on one connection.
sub each_of {
    my $c = MCPTest::Client->new;
    my $n = 0;

    return map {
        $c = MCPTest::Client->new if ++$n % 900 == 0;
        MCPTest::Store::verdict($c, ::call('echo'), 'X-User' => $_);
    } @_;
}

sub lines_of {
    my $re = shift;
    my @lines = grep { /$re/ } split /\n/, MCPTest::slurp('error.log');

    return @lines;
}

# The bytes of the zone in a worker.
sub zone_bytes {
    my ($pid) = MCPTest::Store::workers();
    my $bytes = '';

    open my $maps, '<', "/proc/$pid/maps" or die "maps: $!\n";
    open my $mem, '<:raw', "/proc/$pid/mem" or die "mem: $!\n";

    no warnings 'portable';

    while (<$maps>) {
        my ($from, $to) = m{^([0-9a-f]+)-([0-9a-f]+) rw-s .*/dev/zero} or next;
        my $n = hex($to) - hex $from;

        sysseek $mem, hex $from, 0 or next;
        sysread $mem, my $part, $n or next;
        $bytes .= $part;
    }

    return $bytes;
}

my $n = 0;

my $spec = join '', map {
    my ($name, $store, $error) = @$_;
    $n++;
    "=== TEST $n: mcp_store: $name\n--- http\n$store\n--- mcp\nmcp_rate_limit rate=1r/d burst=9;\n"
    . ($error eq '' ? "--- post eval\n::call('echo')\n--- forwarded\n\n"
       : "--- must_die\n--- error_log eval\n[\$::cases[@{[$n - 1]}][2]]\n\n");
} @cases;

$spec .= do { local $/; <DATA> };
$spec =~ s/^=== TEST: /'=== TEST ' . ++$n . ': '/gme;

Test::Base::spec_string($spec);
MCPTest::run();

__DATA__

=== TEST: the default takes a zone that is there
--- http
mcp_rate_limit rate=1r/d;
server { listen $TEST_NGINX_SERVER_PORT; server_name other; mcp_store shm:2m; }
--- mcp
--- post eval
[::call('echo'), ::call('echo')]
--- response_body_like eval
['hello', '-31003']
--- error_code eval: [200, 200]


=== TEST: a store that nobody asks
--- http
mcp_store shm:1m;
--- mcp
--- post eval
::call('echo')
--- forwarded


=== TEST: limits of http{} count in all locations
--- http
mcp_rate_limit rate=1r/d;
--- mcp
--- post eval
[::call('echo'), ::call('echo')]
--- response_body_like eval
['hello', '-31003']
--- error_code eval: [200, 200]


=== TEST: limits of a location are in place of those of the server
--- http
mcp_rate_limit rate=1r/d;
--- mcp
mcp_rate_limit rate=1r/d burst=1;
--- post eval
[(::call('echo')) x 3]
--- response_body_like eval
['hello', 'hello', '-31003']
--- error_code eval: [(200) x 3]


=== TEST: many times more clients than places: idle counters make room
--- http
mcp_store shm:32k;
--- server
location = /echo {
    default_type application/json;
    return 200 '{"jsonrpc":"2.0","id":1,"result":{"content":[]}}';
}
--- mcp
mcp_server_name server-1;
proxy_pass http://127.0.0.1:$TEST_NGINX_SERVER_PORT/echo;
mcp_client $http_x_user;
mcp_rate_limit rate=1000r/s;
--- more_headers
X-User: x
--- probe eval
sub {
    ::is(MCPTest::Store::counts(::each_of(@::users)), '6500 pass', 'all pass');
    ::is(scalar(::lines_of(qr/mcp: the store/)), 0, 'and nothing is logged');
}


=== TEST: idle counters make room, whatever their rate
--- http
mcp_store shm:32k;
--- server
location = /echo {
    default_type application/json;
    return 200 '{"jsonrpc":"2.0","id":1,"result":{"content":[]}}';
}
--- mcp
mcp_server_name server-2;
proxy_pass http://127.0.0.1:$TEST_NGINX_SERVER_PORT/echo;
mcp_client $http_x_user;
mcp_rate_limit rate=1r/d tool=slow;
mcp_rate_limit rate=1000r/s tool=echo;
--- more_headers
X-User: x
--- probe eval
sub {
    my $c = MCPTest::Client->new;
    ::is(MCPTest::Store::verdict($c, ::call('slow'), 'X-User' => 'sleeper'), 'pass', 'one that counts for a day');
    ::is(MCPTest::Store::counts(::each_of(@::users)), '6500 pass', 'others come and go');
    ::like(MCPTest::Store::verdict($c, ::call('slow'), 'X-User' => 'sleeper'), qr/^limited/, 'it is not forgotten');
}


=== TEST: full: refused, and nobody's limit is opened
--- http
mcp_store shm:32k;
--- server
location = /echo {
    default_type application/json;
    return 200 '{"jsonrpc":"2.0","id":1,"result":{"content":[]}}';
}
--- mcp
mcp_server_name server-3;
proxy_pass http://127.0.0.1:$TEST_NGINX_SERVER_PORT/echo;
mcp_client $http_x_user;
mcp_rate_limit rate=1r/d;
--- more_headers
X-User: x
--- probe eval
sub {
    my @v = ::each_of(@::users);
    my ($first) = grep { $v[$_] ne 'pass' } 0 .. $#v;
    ::cmp_ok($first, '>', 400, 'there is room for hundreds');
    ::is(MCPTest::Store::counts(@v[$first .. $#v]), @v - $first . ' error', 'then there is no answer for new ones');
    ::is(MCPTest::Store::counts(::each_of(@::users[0 .. $first - 1])), "$first limited", 'and the old ones are all known');
    my @lines = ::lines_of(qr/mcp: the store is full/);
    ::is(scalar(@lines), 1, 'one line in the log');
    ::like($lines[0], qr/\[error\] .*mcp: the store is full: none of $first counters is idle/, 'that says why');
}


=== TEST: full: the answer to a call
--- http
mcp_store shm:32k;
--- server
location = /echo {
    default_type application/json;
    return 200 '{"jsonrpc":"2.0","id":1,"result":{"content":[]}}';
}
--- mcp
mcp_server_name server-4;
proxy_pass http://127.0.0.1:$TEST_NGINX_SERVER_PORT/echo;
mcp_client $http_x_user;
mcp_rate_limit rate=1r/d;
--- more_headers
X-User: x
--- probe eval
sub {
    ::each_of(@::users[0 .. 999]);
    my $c = MCPTest::Client->new;
    $c->post(::call('echo', '{}', '"x"'), 'X-User' => 'late');
    my $r = $c->response;
    my $data = MCPTest::decode($r->{body});
    my $v = $data->{result}{_meta}{'ngx-mcp-module/verdict'};
    ::is("$r->{status} $data->{id} $v->{code} $v->{reason}", '200 x -31004 store', 'a result with isError');
    $c->post(::rpc('tools/list', undef, 7), 'X-User' => 'late');
    $r = $c->response;
    $data = MCPTest::decode($r->{body});
    ::is("$r->{status} $data->{id} $data->{error}{code} $data->{error}{data}{reason}", '200 7 -31004 store', 'an error');
    $c->post(::rpc('ping', undef, 8), 'X-User' => 'late');
    ::like($c->response->{body}, qr/"id":1,"result"/, 'a ping asks nothing');
    ::ok(MCPTest::wait_for(sub { MCPTest::slurp('vars.log') =~ /verdict=error\nrule=\nreason=store\n/ }), 'variables');
    my ($line) = grep { ($_->{id} // '') eq 'x' } MCPTest::audit();
    ::is("$line->{verdict} $line->{reason} $line->{detail}", 'error store store is full', 'audit line');
}


=== TEST: full: fail=open
--- http
mcp_store shm:32k fail=open;
--- server
location = /echo {
    default_type application/json;
    return 200 '{"jsonrpc":"2.0","id":1,"result":{"content":[]}}';
}
--- mcp
mcp_server_name server-5;
proxy_pass http://127.0.0.1:$TEST_NGINX_SERVER_PORT/echo;
mcp_client $http_x_user;
mcp_rate_limit rate=1r/d;
--- more_headers
X-User: x
--- probe eval
sub {
    ::is(MCPTest::Store::counts(::each_of(@::users)), '6500 pass', 'all pass');
    ::is(MCPTest::Store::counts(::each_of($::users[0])), '1 limited', 'who is known is limited');
    ::is(scalar(::lines_of(qr/mcp: the store is full/)), 1, 'one line in the log');
    my @lines = grep { $_->{verdict} eq 'allow' } MCPTest::audit();
    ::cmp_ok(scalar(@lines), '>', 5000, 'audit lines of those that were not counted');
    ::is("$lines[-1]{reason} $lines[-1]{detail} $lines[-1]{client}", 'store store is full user-6500', 'which say so');
}


=== TEST: a reload with another size
--- http
mcp_store shm:1m;
--- mcp
mcp_rate_limit rate=1r/d;
--- probe eval
sub {
    ::is(MCPTest::Store::counts(MCPTest::Store::many(2, ::call('echo'))), '1 pass, 1 limited', 'before');
    ::ok(MCPTest::Store::reload(qr/shm:1m/, 'shm:2m'), 'reload');
    ::is(MCPTest::Store::counts(MCPTest::Store::many(2, ::call('echo'))), '1 pass, 1 limited', 'counters start anew');
    my @lines = ::lines_of(qr/the size of "mcp_store" was changed from 1048576 to 2097152 bytes, counters start anew/);
    ::is(scalar(@lines), 1, 'and the log says so');
}


=== TEST: a reload with another limit
--- http
mcp_store shm:1m;
--- mcp
mcp_rate_limit rate=1r/d burst=2;
--- probe eval
sub {
    ::is(MCPTest::Store::counts(MCPTest::Store::many(4, ::call('echo'))), '3 pass, 1 limited', 'before');
    ::ok(MCPTest::Store::reload(qr/burst=2/, 'burst=4'), 'reload');
    ::is(MCPTest::Store::counts(MCPTest::Store::many(7, ::call('echo'))), '5 pass, 2 limited', 'starts anew');
}


=== TEST: no client in the zone
--- http
mcp_store shm:1m;
--- mcp
mcp_client $http_x_user;
mcp_rate_limit rate=1r/d;
mcp_rate_limit rate=2r/d key=$http_x_key;
--- more_headers
X-User: x
--- probe eval
sub {
    ::is(MCPTest::Store::ask(::call('echo'), 'X-User' => 'client-in-clear', 'X-Key' => 'key-in-clear'), 'pass', 'a call');
    my $bytes = ::zone_bytes();
    ::cmp_ok(length($bytes), '>=', 1048576, 'the zone was read');
    ::unlike($bytes, qr/in-clear/, 'and has no name in it');
}
