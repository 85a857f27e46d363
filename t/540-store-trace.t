# One trace of 10,000 steps, asked of both stores: equal verdicts, and as much
# remains.  Rates are of days, so that the time between steps decides nothing.

use FindBin;
use lib "$FindBin::Bin/lib";
use MCPTest;
use MCPTest::Redis;
use MCPTest::Store;
use Test::Nginx::Socket 'no_plan';
use Time::HiRes ();

our $redis = MCPTest::Redis->new;
our $steps = 10000;

my $run = sprintf '%x', Time::HiRes::time() * 1000;
my $uri = 'redis://127.0.0.1:' . $redis->port . '/0';

# The same numbers in each run.
my $state = 20260728;

sub below {
    $state = ($state * 1103515245 + 12345) % 2147483648;

    return int($state / 65536) % shift;
}

# Who calls what, alone or in a batch.
sub step {
    my @tools = map { qw(read write search admin)[below(4)] }
                1 .. (below(5) ? 1 : 1 + below(4));
    my $id = 0;
    my @calls = map { ::call($_, '{}', ++$id) } @tools;

    push @calls, ::rpc('ping', undef, ++$id) if !below(10);

    my $body = @calls == 1 && below(2) ? $calls[0]
                                       : '[' . CORE::join(',', @calls) . ']';

    return ($body, 'X-User' => 'user-' . below(300),
            'X-Team' => below(8) ? 'team-' . below(20) : '');
}

# "word remaining" of both stores for one step.
sub both {
    my ($c, $body, @headers) = @_;

    return map {
        $c->post($body, @headers, Host => $_) or die "closed\n";
        my $r = $c->response or die "no answer\n";
        my ($word) = MCPTest::Store::word($r) =~ /^(\w+)/;
        $word . ' ' . ($r->{headers}{'x-remaining'} // '-');
    } qw(shm redis);
}

my $limits = <<"LIMITS";
    mcp_client \$http_x_user;
    mcp_rate_limit rate=1r/d burst=40;
    mcp_rate_limit rate=2r/d burst=6 tool=write;
    mcp_rate_limit rate=1r/d tool=admin;
    mcp_rate_limit rate=3r/d burst=400 key=\$http_x_team;
    add_header X-Remaining \$mcp_limit_remaining always;
    location = /answer {
        default_type application/json;
        return 200 '{"jsonrpc":"2.0","id":1,"result":{"content":[]}}';
    }
    location /mcp {
        mcp on;
        mcp_server_name trace-$run;
        proxy_pass http://127.0.0.1:\$TEST_NGINX_SERVER_PORT/answer;
    }
LIMITS

Test::Base::spec_string(<<"SPEC");
=== TEST 1: one trace, two stores
--- http
server {
    listen \$TEST_NGINX_SERVER_PORT;
    server_name shm;
    mcp_store shm:1m;
$limits
}
server {
    listen \$TEST_NGINX_SERVER_PORT;
    server_name redis;
    mcp_store $uri timeout=2s;
$limits
}
--- mcp
--- probe eval
sub {
    my (%n, \@differ, \$c);

    for my \$n (1 .. \$::steps) {
        \$c = MCPTest::Client->new if \$n % 400 == 1;

        my (\$shm, \$redis) = ::both(\$c, ::step());

        \$n{(split ' ', \$shm)[0]}++;
        push \@differ, "step \$n: shm \$shm, redis \$redis" if \$shm ne \$redis;
    }

    ::is(scalar(\@differ), 0, "\$::steps steps, equal verdicts")
        or ::diag(CORE::join "\\n", \@differ[0 .. (\$#differ < 9 ? \$#differ : 9)]);
    ::cmp_ok(\$n{pass}, '>', 2000, "\$n{pass} passed");
    ::cmp_ok(\$n{limited}, '>', 2000, "\$n{limited} were limited");
    ::is(\$n{pass} + \$n{limited}, \$::steps, 'and nothing else');
}
SPEC
MCPTest::run();
