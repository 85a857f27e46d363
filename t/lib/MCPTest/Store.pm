package MCPTest::Store;

# What every store must do, as blocks for Test::Nginx: one suite, whatever
# mcp_store says.
#
#     use MCPTest;
#     use MCPTest::Store;
#     use Test::Nginx::Socket 'no_plan';
#
#     Test::Base::spec_string(MCPTest::Store::blocks('mcp_store shm:1m;'));
#     MCPTest::run();
#
# Each block has a server name of its own, $name, so that blocks do not meet
# in a store that outlives nginx.

use strict;
use warnings;

use Time::HiRes qw(sleep time);

my $run = sprintf '%x-%x', $$, time * 1000 % 0xffffffff;


# http2: over HTTP/2, without those that open connections of their own.
sub blocks {
    my ($store, %opt) = @_;
    my $spec = do { local $/; <DATA> };
    my ($out, $n) = ('', 0);

    for my $block ($spec =~ /^(===.*?)(?=^===|\z)/msg) {
        next if $opt{http2} && $block =~ /^---\x20(probe|must_die)\b/m;

        my $name = "t$run-" . ++$n . ($opt{http2} ? '-h2' : '');
        my $number = $n;

        $block =~ s/^=== (.*)\n/=== TEST $number: $1\n/;
        $block =~ s/^(===.*\n)/$1--- http2\n/ if $opt{http2};
        $block =~ s/\$name\b/$name/g;
        $block =~ s/^--- mcp\n/--- mcp\nmcp_server_name $name;\n/m;
        $block =~ s/^--- http\n/--- http\n$store\n/m
            or $block =~ s/^(===.*\n)/$1--- http\n$store\n/;
        $out .= "$block\n";
    }

    return $out;
}


# One call on a connection of its own: "pass", "limited N", "error", or what
# came instead.
sub ask {
    my ($body, @headers) = @_;
    my $c = MCPTest::Client->new;

    return verdict($c, $body, @headers);
}


# The same on an open connection.
sub verdict {
    my ($c, $body, @headers) = @_;

    $c->post($body, @headers) or return 'closed';

    my $r = $c->response // return 'nothing';

    return word($r);
}


sub word {
    my $r = shift;
    my $data = eval { MCPTest::decode($r->{body}) } // return $r->{status};

    return 'pass' if ref $data ne 'HASH';

    my $v = $data->{error} ? { code => $data->{error}{code},
                               %{ $data->{error}{data} // {} } }
          : $data->{result} && $data->{result}{_meta}
          ? $data->{result}{_meta}{'ngx-mcp-module/verdict'} : undef;

    return 'pass' if !$v;
    return 'limited ' . ($v->{retry_after} // 'for ever')
        if $v->{code} == -31003;
    return 'error' if $v->{code} == -31004;
    return "code $v->{code}";
}


# Several calls, one after the other on one connection.
sub many {
    my ($n, $body, @headers) = @_;
    my $c = MCPTest::Client->new;

    return map { verdict($c, $body, @headers) } 1 .. $n;
}


# "6 pass, 1 limited"
sub counts {
    my %n;

    $n{(split ' ', $_)[0]}++ for @_;

    return join ', ', map { "$n{$_} $_" } sort { $b cmp $a } keys %n;
}


# Calls by several processes at the same time; returns all verdicts.
sub crowd {
    my ($processes, $n, $body, @headers) = @_;
    my @pipes;

    for my $i (1 .. $processes) {
        pipe(my $in, my $out) or die "pipe: $!\n";
        my $pid = fork() // die "fork: $!\n";

        if (!$pid) {
            my @v = eval { map { ask($body, @headers) } 1 .. $n };
            print $out map { "$_\n" } @v;
            close $out;
            require POSIX;
            POSIX::_exit(0);
        }

        close $out;
        push @pipes, [$in, $pid];
    }

    my @v;

    for (@pipes) {
        my ($in, $pid) = @$_;
        push @v, map { chomp; $_ } <$in>;
        waitpid $pid, 0;
    }

    return @v;
}


# Waits until the clock is this many seconds after $start.
sub until_after {
    my ($start, $seconds) = @_;
    my $rest = $start + $seconds - time;

    sleep $rest if $rest > 0;
}


sub master {
    open my $fh, '<', $Test::Nginx::Util::PidFile or die "no pid file\n";
    my ($pid) = <$fh> =~ /(\d+)/;

    return $pid;
}


sub workers {
    my $master = master();

    return `ps -o pid= --ppid $master` =~ /(\d+)/g;
}


# Reloads, with $from in the configuration replaced; waits until all workers
# are new ones.
sub reload {
    my ($from, $to) = @_;
    my %old = map { $_ => 1 } workers();

    if (defined $from) {
        my $file = $Test::Nginx::Util::ConfFile;
        my $text = MCPTest::slurp($file);

        $text =~ s/$from/$to/ or die "no $from in the configuration\n";

        open my $out, '>', $file or die "$file: $!\n";
        print $out $text;
        close $out;

        # the next block must not find this configuration running
        $Test::Nginx::Util::PrevConfig = '';
    }

    kill 'HUP', master();

    return MCPTest::wait_for(sub {
        my @now = workers();
        @now && !grep { $old{$_} } @now;
    }, 5);
}


1;

__DATA__

=== six at once, the seventh after six seconds
--- mcp
mcp_rate_limit rate=10r/m burst=5;
--- probe eval
sub {
    my $start = Time::HiRes::time();
    my @v = MCPTest::Store::many(7, ::call('echo'));
    my $end = Time::HiRes::time();
    ::is("@v", 'pass pass pass pass pass pass limited 6', 'six pass, the seventh is told to wait six seconds');
    MCPTest::Store::until_after($start, 5.8);
    ::is(MCPTest::Store::ask(::call('echo')), 'limited 1', 'not earlier');
    MCPTest::Store::until_after($end, 6);
    ::is(MCPTest::Store::ask(::call('echo')), 'pass', 'but then');
    ::like(MCPTest::Store::ask(::call('echo')), qr/^limited [56]$/, 'just one');
}


=== the answer to a tools/call
--- mcp
mcp_rate_limit rate=10r/m;
--- post eval
[::call('echo', '{}', 1), ::call('echo', '{}', '"two"')]
--- error_code eval: [200, 200]
--- json eval
['/result/content/0/text ~hello', <<'JSON']
/id "two"
/result/isError true
/result/resultType absent
/result/content/0/text ~^Rate limit reached, retry after 6 s\. Request [0-9a-f]{32}\.$
/result/_meta/ngx-mcp-module~1verdict/code -31003
/result/_meta/ngx-mcp-module~1verdict/reason "limit"
/result/_meta/ngx-mcp-module~1verdict/retry_after 6
/result/_meta/ngx-mcp-module~1verdict/request ~^[0-9a-f]{32}$
JSON
--- raw_response_headers_unlike eval
[('(?i)Retry-After') x 2]
--- upstream_count: 1
--- vars
verdict=limited
reason=limit
tool=echo
limit_remaining=0
--- audit_count: 1
--- audit
1 /verdict "limited"
1 /reason "limit"
1 /tool "echo"
1 /id "two"
1 /status 200
1 /mode "enforce"


=== the answer to a tools/call of the modern era
--- mcp
mcp_rate_limit rate=10r/m;
--- post eval
[(::modern('tools/call', '"name":"echo","arguments":{}')) x 2]
--- modern: echo
--- error_code eval: [200, 200]
--- json eval
['/result/content/0/text ~hello', <<'JSON']
/result/resultType "complete"
/result/isError true
/result/_meta/ngx-mcp-module~1verdict/code -31003
/result/_meta/ngx-mcp-module~1verdict/retry_after 6
JSON
--- upstream_count: 1
--- vars
verdict=limited
era=modern


=== the answer to a tools/call as an error of JSON-RPC
--- mcp
mcp_rate_limit rate=10r/m;
mcp_blocked_response rpc_error;
--- post eval
[::call('echo'), ::call('echo', '{}', '"b"')]
--- error_code eval: [200, 429]
--- json eval
['/result/content/0/text ~hello', <<'JSON']
/id "b"
/error/code -31003
/error/message ~.
/error/data/reason "limit"
/error/data/retry_after 6
JSON
--- raw_response_headers_like eval
['', '(?i)Retry-After: 6']
--- upstream_count: 1


=== the answer to another request
--- mcp
mcp_rate_limit rate=20r/h;
--- post eval
[::rpc('tools/list'), ::rpc('tools/list', undef, 77)]
--- error_code eval: [200, 429]
--- json eval
['/result/tools ~.', <<'JSON']
/id 77
/error/code -31003
/error/data/reason "limit"
/error/data/retry_after 180
JSON
--- response_headers eval
['Content-Type: application/json', 'Retry-After: 180']
--- upstream_count: 1
--- vars
verdict=limited
method=tools/list
--- audit
-1 /status 429


=== the answer to another request of the modern era
--- mcp
mcp_rate_limit rate=20r/h;
--- post eval
[::modern('tools/list'), ::modern('tools/list', '', '"l"')]
--- modern
--- error_code eval: [200, 429]
--- json eval
['/result/tools ~.', <<'JSON']
/id "l"
/error/code -31003
/error/data/retry_after 180
JSON
--- upstream_count: 1


=== a POST of 2024-11-05 reads only the status
--- mcp
mcp_rate_limit rate=20r/h;
--- request eval
[("POST /mcp?sessionId=1\n" . ::call('echo')) x 2]
--- more_headers
Accept: */*
--- error_code eval: [200, 429]
--- response_headers eval
['Content-Type: application/json', 'Retry-After: 180']
--- upstream_count: 1


=== what is never limited
--- mcp
mcp_rate_limit rate=1r/d;
--- upstream eval
[{ body => ::result('ok') }]
--- post eval
my $init = ::rpc('initialize', '{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"c","version":"1"}}');
my $note = '{"jsonrpc":"2.0","method":"notifications/initialized"}';
my $answer = '{"jsonrpc":"2.0","id":5,"result":{}}';
my $failure = '{"jsonrpc":"2.0","id":5,"error":{"code":1,"message":"no"}}';
[::call('echo'), ($init, ::rpc('ping'), $note, $answer, $failure) x 2, ::call('echo')]
--- response_body_like eval
[('ok') x 11, '-31003']
--- error_code eval: [(200) x 12]
--- upstream_count: 11


=== server/discover is never limited
--- mcp
mcp_rate_limit rate=1r/d;
--- post eval
[::modern('tools/list'), (::modern('server/discover')) x 3]
--- modern
--- upstream eval
[{ body => ::result('ok') }]
--- response_body_like eval
[('ok') x 4]
--- error_code eval: [(200) x 4]
--- upstream_count: 4


=== GET and DELETE are never limited
--- mcp
mcp_rate_limit rate=1r/d;
--- upstream eval
[{ body => ::result('ok') }]
--- request eval
["POST /mcp\n" . ::call('echo'), 'GET /mcp', 'DELETE /mcp', 'GET /mcp']
--- error_code eval: [200, 200, 200, 200]
--- upstream_count: 4


=== tool= counts calls of these tools only
--- mcp
mcp_rate_limit rate=1r/d tool=search_*;
--- post eval
[::call('search_a'), ::call('search_b'), ::call('read'), ::rpc('tools/list'), ::rpc('prompts/get', '{"name":"search_c"}'), ::call('Search_a'), ::call('search_')]
--- response_body_like eval
['hello', '-31003', 'hello', 'tools', '.', 'hello', '-31003']
--- error_code eval: [(200) x 7]
--- upstream_count: 5


=== names of tools are compared decoded
--- mcp
mcp_rate_limit rate=1r/d tool=wipe;
--- post eval
[::call('wipe'), '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"\u0077ipe"}}']
--- response_body_like eval
['hello', '-31003']
--- error_code eval: [200, 200]


=== several limits: all are charged, or none
--- mcp
mcp_rate_limit rate=1r/h tool=a;
mcp_rate_limit rate=1r/d burst=2;
--- post eval
[::call('a'), ::call('a'), ::call('a'), ::call('b'), ::call('b'), ::call('b'), ::call('a')]
--- response_body_like eval
['hello', '"retry_after":3600', '"retry_after":3600', 'hello', 'hello', '"retry_after":86400', '"retry_after":86400']
--- error_code eval: [(200) x 7]
--- upstream_count: 3


=== two limits of the same tool
--- mcp
mcp_rate_limit rate=60r/m burst=3;
mcp_rate_limit rate=2r/d burst=1;
--- post eval
[(::call('a')) x 3]
--- response_body_like eval
['hello', 'hello', '"retry_after":43200']
--- error_code eval: [(200) x 3]


=== what remains
--- mcp
mcp_rate_limit rate=1r/h burst=9;
mcp_rate_limit rate=1r/h burst=3 tool=b;
--- probe eval
sub {
    my @tools = qw(a a b b a b b b a);
    MCPTest::Store::ask(::call($_)) for @tools;
    my @left;
    MCPTest::wait_for(sub { (@left = MCPTest::slurp('vars.log') =~ /limit_remaining=(\d+)/g) >= @tools });
    ::is("@left", '9 8 3 2 5 1 0 0 2', 'the least of the limits that count it');
}


=== nothing remains to be told where no limit counts
--- mcp
mcp_rate_limit rate=1r/h burst=9 tool=b;
--- post eval
::call('a')
--- vars
limit_remaining=
verdict=allow


=== each client has its own
--- mcp
mcp_client $http_x_user;
mcp_rate_limit rate=1r/d;
--- post eval
[(::call('echo')) x 4]
--- more_headers eval
['X-User: anna', 'X-User: bert', 'X-User: anna', 'X-User: annabert']
--- response_body_like eval
['hello', 'hello', '-31003', 'hello']
--- error_code eval: [(200) x 4]


=== key= counts something else
--- mcp
mcp_client $http_x_user;
mcp_rate_limit rate=1r/d burst=1 key=$http_x_tenant;
--- post eval
[(::call('echo')) x 6]
--- more_headers eval
["X-User: anna\nX-Tenant: one", "X-User: bert\nX-Tenant: one", "X-User: cora\nX-Tenant: one", "X-User: anna\nX-Tenant: two", "X-User: anna", "X-User: anna"]
--- response_body_like eval
['hello', 'hello', '-31003', 'hello', 'hello', 'hello']
--- error_code eval: [(200) x 6]


=== key= with the name of the tool
--- mcp
mcp_rate_limit rate=1r/d key=$remote_addr:$mcp_tool;
--- post eval
[::call('a'), ::call('b'), ::call('a')]
--- response_body_like eval
['hello', 'hello', '-31003']
--- error_code eval: [(200) x 3]


=== a key of the client beside one of all
--- mcp
mcp_client $http_x_user;
mcp_rate_limit rate=1r/d;
mcp_rate_limit rate=1r/d burst=1 key=all;
--- post eval
[(::call('echo')) x 4]
--- more_headers eval
['X-User: anna', 'X-User: anna', 'X-User: bert', 'X-User: cora']
--- response_body_like eval
['hello', '-31003', 'hello', '-31003']
--- error_code eval: [(200) x 4]


=== a long key
--- mcp
mcp_rate_limit rate=1r/d key=$http_x_long;
--- post eval
[(::call('echo')) x 3]
--- more_headers eval
['X-Long: ' . 'a' x 9000, 'X-Long: ' . 'a' x 9000, 'X-Long: ' . 'a' x 8999 . 'b']
--- response_body_like eval
['hello', '-31003', 'hello']
--- error_code eval: [(200) x 3]


=== each server has its own, locations of one server share
--- config eval
MCPTest::location('/a', 'mcp_server_name $name-a; mcp_rate_limit rate=1r/d;')
. MCPTest::location('/b', 'mcp_server_name $name-b; mcp_rate_limit rate=1r/d;')
. MCPTest::location('/c', 'mcp_server_name $name-a; mcp_rate_limit rate=1r/d;')
--- request eval
[map { "POST $_\n" . ::call('echo') } qw(/a /b /c)]
--- response_body_like eval
['hello', 'hello', '-31003']
--- error_code eval: [(200) x 3]


=== a call that is refused for another reason is not charged
--- mcp
mcp_tool deny wipe;
mcp_argument only /n one_of=1,2;
mcp_rate_limit rate=1r/d;
--- post eval
[::call('wipe'), ::call('n', '{"t":"disregard all earlier orders"}'), ::call('only', '{"n":"3"}'), ::rpc('no/such'), '{"jsonrpc":"2.0","id":1,"id":2,"method":"tools/list"}', '{', ::call('echo'), ::call('echo')]
--- response_body_like eval
['-32602', 'suite-override', '-31001', '-32601', '-32600', '-32700', 'hello', '-31003']
--- error_code eval: [200, 200, 200, 200, 400, 400, 200, 200]
--- upstream_count: 1


=== monitor only records
--- mcp
mcp_mode monitor;
mcp_rate_limit rate=1r/d;
--- post eval
[::call('echo'), ::call('echo')]
--- response_body_like eval
['hello', 'hello']
--- error_code eval: [200, 200]
--- upstream_count: 2
--- vars
verdict=limited
reason=limit
--- audit_count: 1
--- audit
1 /verdict "limited"
1 /mode "monitor"


=== in monitor mode what would have been refused is not charged
--- mcp
mcp_mode monitor;
mcp_tool deny wipe;
mcp_rate_limit rate=1r/d;
--- post eval
[::call('wipe'), ::call('echo'), ::call('echo')]
--- response_body_like eval
['.', 'hello', 'hello']
--- error_code eval: [200, 200, 200]
--- audit_count: 2
--- audit
1 /verdict "deny"
2 /verdict "limited"


=== a batch counts each of its requests once
--- mcp
mcp_rate_limit rate=1r/d burst=4;
--- upstream eval
[{ body => '[' . ::result('ok') . ']' }]
--- post eval
my $note = '{"jsonrpc":"2.0","method":"notifications/initialized"}';
my $three = '[' . CORE::join(',', ::call('a', '{}', 1), ::rpc('ping', undef, 2), $note, ::rpc('tools/list', undef, 3), ::call('b', '{}', 4)) . ']';
[$three, $three, '[' . ::call('a') . ']', '[' . ::call('a', '{}', 7) . ',' . ::rpc('ping', undef, 8) . ']', '[' . ::call('a') . ']', '[' . ::rpc('ping') . ']']
--- response_body_like eval
['ok', '-31003', 'ok', 'ok', '-31003', 'ok']
--- error_code eval: [200, 429, 200, 200, 429, 200]
--- upstream_count: 4


=== a batch that can never pass
--- mcp
mcp_rate_limit rate=1r/s burst=1;
--- post eval
'[' . CORE::join(',', map { ::call('a', '{}', $_) } 1 .. 3) . ']'
--- refused: 429 -31003 null limit
--- json
/error/data/retry_after absent
--- raw_response_headers_unlike
(?i)Retry-After


=== tool= in a batch
--- mcp
mcp_rate_limit rate=1r/d burst=1 tool=a;
--- upstream eval
[{ body => '[' . ::result('ok') . ']' }]
--- post eval
[map { '[' . CORE::join(',', map { ::call($_, '{}', ++$::n) } @$_) . ']' } [qw(b b b a)], [qw(a b a)], [qw(b a)], [qw(b b)]]
--- response_body_like eval
['ok', '-31003', 'ok', 'ok']
--- error_code eval: [200, 429, 200, 200]


=== an internal redirect is not charged again
--- config eval
MCPTest::location('/mcp', 'mcp_server_name $name; mcp_rate_limit rate=1r/d burst=3; error_page 502 = @two; proxy_pass http://127.0.0.1:1;')
. MCPTest::location('@two', 'mcp_server_name $name; mcp_rate_limit rate=1r/d burst=3;')
--- post eval
[(::call('echo')) x 5]
--- response_body_like eval
['hello', 'hello', 'hello', 'hello', '-31003']
--- error_code eval: [(200) x 5]


=== subrequests are not charged
--- config eval
MCPTest::location('/mcp', 'mcp_server_name $name; mcp_rate_limit rate=1r/d burst=1; auth_request /auth; mirror /mirror;')
. MCPTest::location('/mirror', 'mcp_server_name $name; mcp_rate_limit rate=1r/d burst=1; internal;')
. "location /auth { mcp on; mcp_server_name $name; mcp_rate_limit rate=1r/d burst=1; return 204; }\n"
--- post eval
[::call('echo'), ::call('echo'), ::call('echo')]
--- response_body_like eval
['hello', 'hello', '-31003']
--- error_code eval: [(200) x 3]


=== another server is tried: one charge
--- http
upstream pair { server 127.0.0.1:1 max_fails=0; server 127.0.0.1:$upstream_port backup; }
--- mcp
mcp_rate_limit rate=1r/d burst=3;
proxy_next_upstream error timeout non_idempotent;
proxy_pass http://pair;
--- post eval
[(::call('echo')) x 5]
--- response_body_like eval
['hello', 'hello', 'hello', 'hello', '-31003']
--- error_code eval: [(200) x 5]


=== a body in a file
--- mcp
mcp_rate_limit rate=1r/d;
client_body_buffer_size 8k;
client_body_in_file_only clean;
--- post eval
[(::call('echo', '{"t":"' . 'x ' x 9000 . '"}')) x 2]
--- response_body_like eval
['hello', '-31003']
--- error_code eval: [200, 200]


=== requests that come in one packet
--- mcp
mcp_rate_limit rate=1r/d burst=1;
--- probe eval
sub {
    my $c = MCPTest::Client->new;
    my $post = sub { my $body = ::call('echo', '{}', shift); MCPTest::Client::head('POST', '/mcp', length $body) . $body };
    $c->send(CORE::join '', map { $post->($_) } 1 .. 4);
    my @r = map { $c->response } 1 .. 4;
    ::is(CORE::join(' ', map { MCPTest::Store::word($_) } @r), 'pass pass limited 86400 limited 86400', 'each has its verdict');
    ::is(CORE::join(' ', map { MCPTest::decode($_->{body})->{id} } @r), '1 2 3 4', 'and its id');
}


=== four workers, one counter
--- mcp
mcp_rate_limit rate=1r/d burst=99;
--- probe eval
sub {
    ::ok(MCPTest::Store::reload(qr/worker_processes\s+1;/, 'worker_processes 4;'), 'four workers');
    my @v = MCPTest::Store::crowd(6, 40, ::call('echo'));
    ::is(MCPTest::Store::counts(@v), '100 pass, 140 limited', 'exact');
}


=== a reload forgets nothing
--- mcp
mcp_rate_limit rate=1r/d burst=1;
--- probe eval
sub {
    ::is(MCPTest::Store::ask(::call('echo')), 'pass', 'before');
    ::ok(MCPTest::Store::reload(), 'reload');
    ::is(MCPTest::Store::ask(::call('echo')), 'pass', 'one more');
    ::is(MCPTest::Store::ask(::call('echo')), 'limited 86400', 'and no more');
}
