# mcp_argument: constraints on the arguments of tools.

use FindBin;
use lib "$FindBin::Bin/lib";
use MCPTest;
use Test::Nginx::Socket 'no_plan';

our $at = qr/ in \S+nginx\.conf:\d+$/;

# of a call that violates a constraint
our $refused = 'an argument of the call is not allowed';

MCPTest::run();

__DATA__

=== TEST 1: path_under
--- mcp
mcp_argument read_* /path path_under=/srv/data;
--- post eval
[map { ::call('read_file', qq({"path":"$_"})) } '/srv/data/a', '/srv/data/a/../b', '/srv/data/../x', '/srv/database', 'a']
--- response_body_like eval: ['hello', 'hello', $::refused, $::refused, $::refused]
--- error_code eval: [200, 200, 200, 200, 200]
--- upstream_count: 2


=== TEST 2: host_in
--- mcp
mcp_argument fetch /url host_in=a.example,*.b.example;
--- post eval
[map { ::call('fetch', qq({"url":"$_"})) } 'https://a.example/', 'https://x.b.example/', 'https://c.example/', 'https://a.example@c.example/']
--- response_body_like eval: ['hello', 'hello', $::refused, $::refused]
--- error_code eval: [200, 200, 200, 200]
--- upstream_count: 2


=== TEST 3: match
--- mcp
mcp_argument query /sql "match=^(?i)select [a-z, ]{1,40}$";
--- post eval
[map { ::call('query', qq({"sql":"$_"})) } 'SELECT a, b', 'delete a', 'select a\n']
--- response_body_like eval: ['hello', $::refused, $::refused]
--- error_code eval: [200, 200, 200]


=== TEST 4: one_of, of strings, numbers and booleans
--- mcp
mcp_argument t /a one_of=x,1,true;
--- post eval
[map { ::call('t', qq({"a":$_})) } '"x"', '1', 'true', '"y"', '1.0', 'false', 'null', '{}', '[]']
--- response_body_like eval: ['hello', 'hello', 'hello', ($::refused) x 6]
--- error_code eval: [(200) x 9]
--- upstream_count: 3


=== TEST 5: max_length, in characters
--- mcp
mcp_argument t /a max_length=3;
--- post eval
[map { ::call('t', qq({"a":"$_"})) } 'abc', '\u00e4\u00e4\u00e4', 'abcd']
--- response_body_like eval: ['hello', 'hello', $::refused]
--- error_code eval: [200, 200, 200]


=== TEST 6: present and absent
--- mcp
mcp_argument t /a present;
mcp_argument t /force absent;
--- post eval
[map { ::call('t', $_) } '{"a":1}', '{"a":null}', '{}', '{"a":1,"force":false}']
--- response_body_like eval: ['hello', $::refused, $::refused, $::refused]
--- error_code eval: [200, 200, 200, 200]
--- upstream_count: 1


=== TEST 7: an argument that is not there passes
--- mcp
mcp_argument t /a match=^x$;
--- post eval
::call('t', '{"b":"y"}')
--- forwarded


=== TEST 8: wildcards and escapes
--- mcp
mcp_argument t /files/*/path path_under=/srv;
mcp_argument t /a~1b~0c one_of=x;
--- post eval
[map { ::call('t', $_) } '{"files":[{"path":"/srv/a"},{"path":"/srv/b"}]}', '{"files":[{"path":"/srv/a"},{"path":"/etc/b"}]}', '{"a/b~c":"x"}', '{"a/b~c":"y"}']
--- response_body_like eval: ['hello', $::refused, 'hello', $::refused]
--- error_code eval: [200, 200, 200, 200]


=== TEST 9: another tool
--- mcp
mcp_argument read_* /path path_under=/srv;
--- post eval
::call('write_file', '{"path":"/tmp/x"}')
--- forwarded


=== TEST 10: what is told, and what is not
--- mcp
mcp_argument t /a/*/b one_of=x;
--- post eval
::call('t', '{"a":[{"b":"x"},{"b":"hunter2"}]}', 11)
--- error_code: 200
--- json
/id 11
/result/isError true
/result/content/0/text ~^Blocked by gateway policy: an argument of the call is not allowed\. Request [0-9a-f]{32}\.$
/result/_meta/ngx-mcp-module~1verdict/code -31001
/result/_meta/ngx-mcp-module~1verdict/reason "argument"
/result/_meta/ngx-mcp-module~1verdict/rule absent
--- response_body_unlike: hunter2
--- upstream_count: 0
--- vars
verdict=block
reason=argument
rule=
--- audit
1 /verdict "block"
1 /reason "argument"
1 /path "/params/arguments/a/1/b"
1 /detail "argument violates one_of"
1 /rule absent
1 /status 200
--- error_log eval
qr{\[error\].* mcp: block \(argument\) "tools/call" tool "t", at "/params/arguments/a/1/b", argument violates one_of}
--- no_error_log
hunter2


=== TEST 11: mcp_blocked_response rpc_error
--- mcp
mcp_blocked_response rpc_error;
mcp_argument t /a absent;
--- post eval
::call('t', '{"a":1}', 11)
--- rpc_error: -31001 11 argument


=== TEST 12: modern
--- mcp
mcp_argument t /a absent;
--- post eval
::modern('tools/call', '"name":"t","arguments":{"a":1}', 11)
--- modern: t
--- error_code: 200
--- json
/result/isError true
/result/resultType "complete"
--- upstream_count: 0


=== TEST 13: monitor
--- mcp
mcp_mode monitor;
mcp_argument t /a absent;
--- post eval
::call('t', '{"a":1}')
--- forwarded
--- vars
verdict=block
reason=argument
--- audit
1 /mode "monitor"
1 /path "/params/arguments/a"


=== TEST 14: a batch is refused as a whole
--- mcp
mcp_argument t /a absent;
--- post eval
'[' . ::call('t', '{"b":1}', 1) . ',' . ::call('t', '{"a":1}', 2) . ']'
--- more_headers
MCP-Protocol-Version: 2025-03-26
--- error_code: 200
--- upstream_count: 0
--- audit
1 /path "/1/params/arguments/a"


=== TEST 15: a secret in a member name is in no path
--- mcp
mcp_argument t /a/* absent;
--- post eval
::call('t', '{"a":{"' . ::token() . '":1}}', 11)
--- error_code: 200
--- upstream_count: 0
--- vars
reason=argument
--- audit
1 /path "/params"


=== TEST 16: prompts are not tools
--- mcp
mcp_argument * /a absent;
--- post eval
::rpc('prompts/get', '{"name":"t","arguments":{"a":"x"}}')
--- forwarded


=== TEST 17: inherited
--- http
mcp_argument t /a absent;
--- post eval
::call('t', '{"a":1}')
--- error_code: 200
--- response_body_like eval: $::refused


=== TEST 18: replaced by the level below
--- http
mcp_argument t /a absent;
--- mcp
mcp_argument t /b absent;
--- post eval
[::call('t', '{"a":1}'), ::call('t', '{"b":1}')]
--- response_body_like eval: ['hello', $::refused]
--- error_code eval: [200, 200]


=== TEST 19: a pattern that takes too long blocks in time
--- mcp
mcp_argument t /a match=(a+)+$;
--- post eval
::call('t', '{"a":"' . 'a' x 60000 . '!"}')
--- error_code: 200
--- response_body_like eval: $::refused
--- upstream_count: 0


=== TEST 20: no constraint
--- mcp
mcp_argument t /a;
--- must_die
--- error_log eval: qr/"mcp_argument" directive has no constraint$::at/


=== TEST 21: no pointer
--- mcp
mcp_argument t;
--- must_die
--- error_log eval: qr/invalid number of arguments in "mcp_argument" directive$::at/


=== TEST 22: an empty tool
--- mcp
mcp_argument "" /a present;
--- must_die
--- error_log eval: qr/invalid length of "".*$::at/


=== TEST 23: a name instead of a pointer
--- mcp
mcp_argument t a present;
--- must_die
--- error_log eval: qr/no "\/" at the start of pointer "a" in "mcp_argument" directive$::at/


=== TEST 24: a bad escape in a pointer
--- mcp
mcp_argument t /a~x present;
--- must_die
--- error_log eval: qr/"~" without 0 or 1 in pointer "\/a~x" in "mcp_argument" directive$::at/


=== TEST 25: an unknown constraint
--- mcp
mcp_argument t /a min_length=3;
--- must_die
--- error_log eval: qr/unknown constraint "min_length=3" in "mcp_argument" directive$::at/


=== TEST 26: twice the same
--- mcp
mcp_argument t /a max_length=3 max_length=4;
--- must_die
--- error_log eval: qr/duplicate constraint "max_length=4" in "mcp_argument" directive$::at/


=== TEST 27: absent and more
--- mcp
mcp_argument t /a absent match=x;
--- must_die
--- error_log eval: qr/"absent" beside other constraints on "\/a" in "mcp_argument" directive$::at/


=== TEST 28: a pattern that does not compile
--- mcp
mcp_argument t /a match=(a;
--- must_die
--- error_log eval: qr/missing closing parenthesis at 2 in "\(a" in "mcp_argument" directive$::at/


=== TEST 29: a directory that is none
--- mcp
mcp_argument t /a path_under=../x;
--- must_die
--- error_log eval: qr/no plain absolute directory: "\.\.\/x" in "mcp_argument" directive$::at/


=== TEST 30: a host that is none
--- mcp
mcp_argument t /a host_in=a.example,b:80;
--- must_die
--- error_log eval: qr/invalid host "b:80" in "mcp_argument" directive$::at/


=== TEST 31: a length that is none
--- mcp
mcp_argument t /a max_length=1k;
--- must_die
--- error_log eval: qr/invalid number "1k" in "mcp_argument" directive$::at/


=== TEST 32: an empty value
--- mcp
mcp_argument t /a one_of=a,;
--- must_die
--- error_log eval: qr/empty value in "one_of": "a," in "mcp_argument" directive$::at/


=== TEST 33: not for if{}
--- mcp
if ($http_x) { mcp_argument t /a present; }
--- must_die
--- error_log eval: qr/"mcp_argument" directive is not allowed here$::at/
