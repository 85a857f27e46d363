# What a request must be before anything else is looked at: media type,
# encoding, size, doubled headers, JSON-RPC envelope.  Each refusal with its
# status, code and id, and nothing reaches the server.

use FindBin;
use lib "$FindBin::Bin/lib";
use MCPTest;
use Test::Nginx::Socket 'no_plan';

MCPTest::run();

__DATA__

=== TEST 1: a plain call passes
--- post
{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"echo","arguments":{"text":"hello"}}}
--- forwarded
--- json
/id 7
/result/content/0/text "hello"
--- vars
era=legacy
method=tools/call
tool=echo
id=7
verdict=allow
--- audit_count: 0


=== TEST 2: a notification passes
--- post
{"jsonrpc":"2.0","method":"notifications/initialized"}
--- error_code: 202
--- forwarded


=== TEST 3: a response of the client passes
--- post
{"jsonrpc":"2.0","id":5,"result":{"roots":[]}}
--- error_code: 202
--- forwarded


=== TEST 4: an error response of the client passes
--- post
{"jsonrpc":"2.0","id":5,"error":{"code":-32601,"message":"Method not found"}}
--- error_code: 202
--- forwarded


=== TEST 5: initialize passes, and its session reaches the client
--- post
{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"c","version":"1"}}}
--- upstream eval
{ headers => [['Mcp-Session-Id', 'abc-1']],
  body => '{"jsonrpc":"2.0","id":0,"result":{"protocolVersion":"2025-11-25",'
          . '"capabilities":{},"serverInfo":{"name":"s","version":"1"}}}' }
--- unchanged
--- response_headers
Mcp-Session-Id: abc-1
--- vars
version=2025-11-25
method=initialize
session=abc-1


=== TEST 6: another media type is refused
--- post
{"jsonrpc":"2.0","id":1,"method":"ping"}
--- more_headers
Content-Type: text/plain
--- refused: 415 -32600 null content_type


=== TEST 7: no media type is refused
--- post
{"jsonrpc":"2.0","id":1,"method":"ping"}
--- bare
--- refused: 415 -32600 null content_type


=== TEST 8: an empty media type is refused
--- post
{"jsonrpc":"2.0","id":1,"method":"ping"}
--- more_headers
Content-Type:
--- refused: 415 -32600 null content_type


=== TEST 9: a longer media type is refused
--- post
{"jsonrpc":"2.0","id":1,"method":"ping"}
--- more_headers
Content-Type: application/jsonfoo
--- refused: 415 -32600 null content_type


=== TEST 10: a structured suffix is refused
--- post
{"jsonrpc":"2.0","id":1,"method":"ping"}
--- more_headers
Content-Type: application/vnd.api+json
--- refused: 415 -32600 null content_type


=== TEST 11: a list of media types is refused
--- post
{"jsonrpc":"2.0","id":1,"method":"ping"}
--- more_headers
Content-Type: application/json, text/plain
--- refused: 415 -32600 null content_type


=== TEST 12: a media type in a parameter is refused
--- post
{"jsonrpc":"2.0","id":1,"method":"ping"}
--- more_headers
Content-Type: text/plain; x=application/json
--- refused: 415 -32600 null content_type


=== TEST 13: an unknown parameter is refused
--- post
{"jsonrpc":"2.0","id":1,"method":"ping"}
--- more_headers
Content-Type: application/json; boundary=x
--- refused: 415 -32600 null content_type


=== TEST 14: the media type in other case passes
--- post
{"jsonrpc":"2.0","id":1,"method":"ping"}
--- more_headers
Content-Type: Application/JSON
--- forwarded


=== TEST 15: charset utf-8 passes
--- post
{"jsonrpc":"2.0","id":1,"method":"ping"}
--- more_headers
Content-Type: application/json; charset=UTF-8
--- forwarded


=== TEST 16: charset "utf-8" in quotes passes
--- post
{"jsonrpc":"2.0","id":1,"method":"ping"}
--- more_headers
Content-Type: application/json ;charset="utf-8"
--- forwarded


=== TEST 17: charset utf-7 is refused
--- post
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"+AGEAYg-"}}
--- more_headers
Content-Type: application/json; charset=utf-7
--- refused: 415 -32600 null content_type


=== TEST 18: charset utf-16 is refused
--- post
{"jsonrpc":"2.0","id":1,"method":"ping"}
--- more_headers
Content-Type: application/json; charset=utf-16
--- refused: 415 -32600 null content_type


=== TEST 19: two charsets are refused
--- post
{"jsonrpc":"2.0","id":1,"method":"ping"}
--- more_headers
Content-Type: application/json; charset=utf-8; charset=utf-7
--- refused: 415 -32600 null content_type


=== TEST 20: a body in gzip is refused
--- post
{"jsonrpc":"2.0","id":1,"method":"ping"}
--- more_headers
Content-Encoding: gzip
--- refused: 415 -32600 null content_encoding


=== TEST 21: a list of codings is refused
--- post
{"jsonrpc":"2.0","id":1,"method":"ping"}
--- more_headers
Content-Encoding: identity, gzip
--- refused: 415 -32600 null content_encoding


=== TEST 22: identity is no coding
--- post
{"jsonrpc":"2.0","id":1,"method":"ping"}
--- more_headers
Content-Encoding: identity
--- forwarded


=== TEST 23: an empty body is refused
--- request eval
"POST /mcp\n"
--- more_headers
Content-Length: 0
--- refused: 400 -32700 null parse


=== TEST 24: a body of blanks is refused
--- post eval
"  \n "
--- refused: 400 -32700 null parse


=== TEST 25: no body at all is refused
--- no_http2
--- raw_request eval
"POST /mcp HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
. "Content-Type: application/json\r\n\r\n"
--- refused: 400 -32700 null parse


=== TEST 26: a body larger than the limit is refused
--- mcp
mcp_max_request_size 100;
--- post eval
::call('echo', '{"text":"' . 'x' x 100 . '"}')
--- refused: 413 -32600 null too_large


=== TEST 27: a body of exactly the limit passes
--- mcp eval
my $len = length ::call('echo', '{"text":"' . 'x' x 100 . '"}');
"mcp_max_request_size $len;"
--- post eval
::call('echo', '{"text":"' . 'x' x 100 . '"}')
--- forwarded


=== TEST 28: one byte more than the limit is refused
--- mcp eval
my $len = length(::call('echo', '{"text":"' . 'x' x 100 . '"}')) - 1;
"mcp_max_request_size $len;"
--- post eval
::call('echo', '{"text":"' . 'x' x 100 . '"}')
--- refused: 413 -32600 null too_large


=== TEST 29: client_max_body_size answers in JSON-RPC too
--- mcp
client_max_body_size 100;
--- post eval
::call('echo', '{"text":"' . 'x' x 100 . '"}')
--- refused: 413 -32600 null too_large


=== TEST 30: a chunked body larger than the limit is refused
--- mcp
mcp_max_request_size 1000;
--- no_http2
--- raw_request eval
my $body = ::call('echo', '{"text":"' . 'x' x 2000 . '"}');
"POST /mcp HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
. "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
. sprintf("%x\r\n%s\r\n0\r\n\r\n", length $body, $body)
--- refused: 413 -32600 null too_large


=== TEST 31: a chunked body larger than client_max_body_size is refused
--- mcp
client_max_body_size 1000;
--- no_http2
--- raw_request eval
my $body = ::call('echo', '{"text":"' . 'x' x 2000 . '"}');
"POST /mcp HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
. "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
. sprintf("%x\r\n%s\r\n0\r\n\r\n", length $body, $body)
--- refused: 413 -32600 null too_large


=== TEST 32: Content-Type twice is refused
--- post
{"jsonrpc":"2.0","id":1,"method":"ping"}
--- more_headers
Content-Type: application/json
Content-Type: application/json
--- refused: 400 -32600 null header


=== TEST 33: Content-Encoding twice is refused
--- post
{"jsonrpc":"2.0","id":1,"method":"ping"}
--- more_headers
Content-Encoding: identity
Content-Encoding: identity
--- refused: 400 -32600 null header


=== TEST 34: Origin twice is refused
--- post
{"jsonrpc":"2.0","id":1,"method":"ping"}
--- more_headers
Origin: http://localhost
Origin: http://localhost
--- refused: 400 -32600 null header


=== TEST 35: Mcp-Session-Id twice is refused
--- post
{"jsonrpc":"2.0","id":1,"method":"ping"}
--- more_headers
Mcp-Session-Id: a
MCP-Session-Id: a
--- refused: 400 -32600 null header


=== TEST 36: MCP-Protocol-Version twice is refused
--- post
{"jsonrpc":"2.0","id":1,"method":"ping"}
--- more_headers
MCP-Protocol-Version: 2025-06-18
mcp-protocol-version: 2025-06-18
--- refused: 400 -32600 null header


=== TEST 37: Mcp-Method twice is refused
--- post
{"jsonrpc":"2.0","id":1,"method":"ping"}
--- more_headers
Mcp-Method: ping
Mcp-Method: ping
--- refused: 400 -32600 null header


=== TEST 38: Mcp-Name twice is refused
--- post
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo"}}
--- more_headers
Mcp-Name: echo
Mcp-Name: other
--- refused: 400 -32600 null header


=== TEST 39: the same Mcp-Param header twice is refused
--- post
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo"}}
--- more_headers
Mcp-Param-Region: eu
X-Other: 1
mcp-param-region: us
--- refused: 400 -32600 null header


=== TEST 40: two different Mcp-Param headers pass
--- post
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo"}}
--- more_headers
Mcp-Param-Region: eu
Mcp-Param-user_id: 7
--- forwarded
--- upstream_head
^Mcp-Param-Region: eu\r$
^Mcp-Param-user_id: 7\r$


=== TEST 41: Authorization twice is refused
--- post
{"jsonrpc":"2.0","id":1,"method":"ping"}
--- more_headers
Authorization: Bearer a
Authorization: Bearer b
--- error_code: 400
--- upstream_count: 0


=== TEST 42: a doubled header is refused before its body is sent
--- no_http2
--- probe eval
sub {
    my $c = MCPTest::Client->new;
    $c->send("POST /mcp HTTP/1.1\r\nHost: localhost\r\n"
             . "Content-Type: application/json\r\nContent-Type: text/plain\r\n"
             . "Content-Length: 100000\r\n\r\n");
    my $r = $c->response(1);
    ::is($r->{status}, 400, 'refused at once');
    ::like($r->{body}, qr/-32600/, 'in JSON-RPC');
}


=== TEST 43: Mcp-Consent-Token never reaches the server
--- post
{"jsonrpc":"2.0","id":1,"method":"ping"}
--- more_headers
Mcp-Consent-Token: s3cret-of-the-gateway
X-Kept: yes
--- forwarded
--- upstream_head
^X-Kept: yes\r$
--- no_upstream_head
(?i)mcp-consent-token


=== TEST 44: Mcp-Consent-Token does not reach the server in monitor mode either
--- mcp
mcp_mode monitor;
--- post
{"jsonrpc":"2.0","id":1,"method":"ping"}
--- more_headers
Mcp-Consent-Token: s3cret-of-the-gateway
--- forwarded
--- no_upstream_head
(?i)mcp-consent-token


=== TEST 45: the server is asked for plain bytes
--- post
{"jsonrpc":"2.0","id":1,"method":"ping"}
--- more_headers
Accept-Encoding: gzip, deflate, br
--- forwarded
--- upstream_head
^Accept-Encoding: identity\r$
--- no_upstream_head
gzip


=== TEST 46: Accept-Encoding twice: each of them
--- post
{"jsonrpc":"2.0","id":1,"method":"ping"}
--- more_headers
Accept-Encoding: gzip
Accept-Encoding: br
--- forwarded
--- no_upstream_head
(gzip|br\r)


=== TEST 47: X-Forwarded-For and other headers are left alone
--- post
{"jsonrpc":"2.0","id":1,"method":"ping"}
--- more_headers
X-Forwarded-For: 192.0.2.1
Authorization: Bearer x
Mcp-Session-Id: 1868a90c
--- forwarded
--- upstream_head
^X-Forwarded-For: 192\.0\.2\.1\r$
^Authorization: Bearer x\r$
^Mcp-Session-Id: 1868a90c\r$
--- vars
session=1868a90c


=== TEST 48: a refusal does not echo what was sent
--- post
{"jsonrpc":"2.0","id":1,"method":"ping","zzzattack":1}
--- refused: 400 -32600 null invalid
--- response_body_unlike: zzzattack
--- no_error_log
zzzattack
--- audit
1 /verdict "invalid"
1 /reason "invalid"
1 /status 400
1 /direction "request"


=== TEST 49: each refusal is audited with the id that the client got
--- post
{"jsonrpc":"2.0","id":1,"method":"ping","method":"ping"}
--- refused: 400 -32600 null
--- audit_count: 1
--- probe eval
sub {
    my ($block, $body) = @_;
    my ($line) = MCPTest::audit();
    ::is($line->{request}, MCPTest::decode($body)->{error}{data}{request},
         $block->name . ' - one request id');
}


=== TEST 50: HTTP/1.0 without keepalive works
--- no_http2
--- raw_request eval
my $body = ::call('echo');
"POST /mcp HTTP/1.0\r\nHost: localhost\r\nContent-Type: application/json\r\n"
. "Content-Length: " . length($body) . "\r\n\r\n$body"
--- response_body_like: "text":"hello"
--- upstream_count: 1


=== TEST 51: a location without mcp is not looked at
--- config
location /plain {
    proxy_pass http://mcp_server;
}
--- request
POST /plain
{"a":1,"a":2}
--- upstream eval
{ type => 'text/html', body => 'anything' }
--- response_body: anything
--- forwarded
--- vars
era=
method=
verdict=
client=
server=
inspect_time=


=== TEST 52: mcp off in a location below mcp on
--- http
mcp on;
--- config
location /plain {
    mcp off;
    proxy_pass http://mcp_server;
}
--- request
POST /plain
not json
--- upstream eval
{ type => 'text/html', body => 'anything' }
--- response_body: anything
--- forwarded
