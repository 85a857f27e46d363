# mcp_network: where URLs and hosts in arguments may point.

use FindBin;
use lib "$FindBin::Bin/lib";
use MCPTest;
use Test::Nginx::Socket 'no_plan';

our $at = qr/ in \S+nginx\.conf:\d+$/;

our $pack = <<'YAML';
>>> ../conf/net.yaml
pack: net
rules:
  - id: net-where
    category: network
    surfaces: [arguments]
    kinds: [url, host]
    action: block
    judge: address
  - id: net-how
    category: network
    surfaces: [arguments]
    kinds: [url]
    action: block
    judge: scheme
YAML

sub urls {
    return [map { ::call('fetch', qq({"url":"$_"})) } @_];
}

MCPTest::run();

__DATA__

=== TEST 1: public is the default
--- user_files eval: $::pack
--- rules: net.yaml
--- post eval
::urls('https://a.example/', 'http://127.0.0.1/', 'http://0x7f.1/')
--- response_body_like eval: ['hello', 'net-where', 'net-where']
--- error_code eval: [200, 200, 200]
--- upstream_count: 1


=== TEST 2: public
--- user_files eval: $::pack
--- rules: net.yaml
--- mcp
mcp_network public;
--- post eval
::urls('https://a.example/', 'http://127.0.0.1/')
--- response_body_like eval: ['hello', 'net-where']
--- error_code eval: [200, 200]


=== TEST 3: any address, but not any scheme
--- user_files eval: $::pack
--- rules: net.yaml
--- mcp
mcp_network any;
--- post eval
::urls('http://127.0.0.1/', 'http://169.254.169.254/', 'gopher://a.example/')
--- response_body_like eval: ['hello', 'hello', 'net-how']
--- error_code eval: [200, 200, 200]
--- upstream_count: 2


=== TEST 4: a list of names
--- user_files eval: $::pack
--- rules: net.yaml
--- mcp
mcp_network a.example *.b.example;
--- post eval
::urls('https://a.example/', 'https://x.b.example/', 'https://b.example/', 'https://c.example/')
--- response_body_like eval: ['hello', 'hello', 'net-where', 'net-where']
--- error_code eval: [200, 200, 200, 200]
--- upstream_count: 2


=== TEST 5: a list of addresses: private ones pass when they are listed
--- user_files eval: $::pack
--- rules: net.yaml
--- mcp
mcp_network 10.1.2.3 192.168.0.0/16 fd00::/8;
--- post eval
::urls('http://10.1.2.3/', 'http://0xa010203/', 'http://192.168.77.1/', 'http://[fd00::1]/', 'http://10.1.2.4/')
--- response_body_like eval: ['hello', 'hello', 'hello', 'hello', 'net-where']
--- error_code eval: [200, 200, 200, 200, 200]
--- upstream_count: 4


=== TEST 6: what parsers read differently is in no list
--- user_files eval: $::pack
--- rules: net.yaml
--- mcp
mcp_network a.example;
--- post eval
::urls('https://a.example@c.example/', 'https://a.example\\\\@c.example/', 'https://a.example @c.example/')
--- response_body_like eval: ['net-where', 'net-where', 'net-where']
--- error_code eval: [200, 200, 200]
--- upstream_count: 0


=== TEST 7: a list in several lines
--- mcp
mcp_network a.example;
mcp_network b.example;
--- post eval
::urls('https://a.example/', 'https://b.example/', 'https://c.example/')
--- response_body_like eval: ['hello', 'hello', 'network-address']
--- error_code eval: [200, 200, 200]


=== TEST 8: packs without such a rule: the list counts all the same
--- mcp
mcp_network a.example;
--- post eval
::call('fetch', '{"x":{"url":["https://c.example/?k=secret"]}}', 11)
--- blocked: network-address 11
--- vars
verdict=block
reason=rule
rule=network-address
--- audit
1 /verdict "block"
1 /rule "network-address"
1 /path "/params/arguments/x/url/0"
1 /findings_total 1
1 /findings/0/action "block"
1 /findings/0/surface "arguments"
--- error_log
rule "network-address"
--- no_error_log
c.example


=== TEST 9: a URL in a command
--- mcp
mcp_network a.example;
--- post eval
[map { ::call('run_shell', qq({"command":"curl $_"})) } 'https://a.example/x', 'https://c.example/x']
--- response_body_like eval: ['hello', 'network-address']
--- error_code eval: [200, 200]


=== TEST 10: prose is not judged
--- mcp
mcp_network a.example;
--- post eval
::call('note', '{"text":"have a look at https://c.example/x today"}')
--- forwarded


=== TEST 11: the URI of a resource
--- mcp
mcp_network a.example;
--- post eval
[map { ::rpc('resources/read', qq({"uri":"$_"})) } 'https://a.example/x', 'ui://widget/x', 'https://c.example/x']
--- response_body_like eval: ['result', 'result', '-31001']
--- error_code eval: [200, 200, 200]


=== TEST 12: mcp_rule speaks for the list as well
--- user_files eval: $::pack
--- rules: net.yaml
--- mcp
mcp_network a.example;
mcp_rule net-where log tool=fetch_any;
--- post eval
[::call('fetch_any', '{"url":"https://c.example/"}'), ::call('fetch', '{"url":"https://c.example/"}')]
--- response_body_like eval: ['hello', 'net-where']
--- error_code eval: [200, 200]
--- audit
1 /verdict "allow"
1 /rule "net-where"
2 /verdict "block"


=== TEST 13: monitor
--- mcp
mcp_mode monitor;
mcp_network a.example;
--- post eval
::call('fetch', '{"url":"https://c.example/"}')
--- forwarded
--- vars
verdict=block
rule=network-address


=== TEST 14: inherited
--- http
mcp_network a.example;
--- post eval
::urls('https://a.example/', 'https://c.example/')
--- response_body_like eval: ['hello', 'network-address']
--- error_code eval: [200, 200]


=== TEST 15: replaced by the level below
--- http
mcp_network a.example;
--- mcp
mcp_network c.example;
--- post eval
::urls('https://a.example/', 'https://c.example/')
--- response_body_like eval: ['network-address', 'hello']
--- error_code eval: [200, 200]


=== TEST 16: switched off by the level below
--- http
mcp_network a.example;
--- mcp
mcp_network any;
--- post eval
::call('fetch', '{"url":"https://c.example/"}')
--- forwarded


=== TEST 17: a body in small pieces
--- mcp
mcp_network a.example;
--- post eval
::call('fetch', '{"pad":"' . 'x' x 70000 . '","url":"https://c.example/"}', 11)
--- blocked: network-address 11


=== TEST 18: no host
--- mcp
mcp_network;
--- must_die
--- error_log eval: qr/invalid number of arguments in "mcp_network" directive$::at/


=== TEST 19: no host, but a URL
--- mcp
mcp_network https://a.example;
--- must_die
--- error_log eval: qr/invalid host "https:\/\/a\.example" in "mcp_network" directive.*$::at/


=== TEST 20: a network with bits behind its prefix
--- mcp
mcp_network 10.0.0.1/8;
--- must_die
--- error_log eval: qr/invalid host "10\.0\.0\.1\/8" in "mcp_network" directive.*$::at/


=== TEST 21: a port
--- mcp
mcp_network a.example:80;
--- must_die
--- error_log eval: qr/invalid host "a\.example:80".*$::at/


=== TEST 22: a star
--- mcp
mcp_network *;
--- must_die
--- error_log eval: qr/invalid host "\*".*$::at/


=== TEST 23: a word and a host
--- mcp
mcp_network public a.example;
--- must_die
--- error_log eval: qr/"mcp_network" directive takes "any", "public" or hosts, and only one of them$::at/


=== TEST 24: a word and a host, in two lines
--- mcp
mcp_network a.example;
mcp_network any;
--- must_die
--- error_log eval: qr/"mcp_network" directive takes "any", "public" or hosts.*$::at/


=== TEST 25: twice a word
--- mcp
mcp_network any;
mcp_network any;
--- must_die
--- error_log eval: qr/"mcp_network" directive takes "any", "public" or hosts.*$::at/


=== TEST 26: not for if{}
--- mcp
if ($http_x) { mcp_network any; }
--- must_die
--- error_log eval: qr/"mcp_network" directive is not allowed here$::at/
