# The grammar of requests: strict JSON, one reading only, the envelope of
# JSON-RPC in its normal form.  One line of the table is one block.

use FindBin;
use lib "$FindBin::Bin/lib";
use MCPTest;
use Test::Nginx::Socket 'no_plan';

sub args { return ::call('n', shift, shift) }
sub deep { return ::args('{"x":' . '[' x $_[0] . ']' x $_[0] . '}') }

our $parse = '400 -32700 null parse';
our $invalid = '400 -32600 null invalid';
our $either = '400 ~^-32[67]00$ null';

# name, body, what must come: "pass" or a refusal
our @cases = (

    # bytes
    ['a raw NUL between tokens', "{\"jsonrpc\":\"2.0\",\0\"id\":1,\"method\":\"ping\"}", $parse],
    ['a raw NUL in a string', ::args("{\"a\":\"x\0y\"}"), $parse],
    ['a raw NUL after a number', "{\"jsonrpc\":\"2.0\",\"id\":1\0,\"method\":\"ping\"}", $parse],
    ['a raw NUL at the end', ::rpc('ping') . "\0", $parse],
    ['NUL as an escape in a value', ::args('{"a":"x\u0000y"}'), 'pass'],
    ['NUL as an escape in a name', ::args('{"a\u0000":1}'), $either],
    ['NUL as an escape in an envelope name', '{"jsonrpc":"2.0","id":1,"method":"ping","method\u0000":"x"}', $either],
    ['a raw tab in a string', ::args("{\"a\":\"x\ty\"}"), $parse],
    ['a raw line feed in a string', ::args("{\"a\":\"x\ny\"}"), $parse],
    ['DEL in a string', ::args("{\"a\":\"\x7f\"}"), 'pass'],
    ['a byte order mark', "\xef\xbb\xbf" . ::rpc('ping'), $parse],
    ['UTF-16', pack('v*', unpack 'C*', ::rpc('ping')), $parse],
    ['UTF-16 with a byte order mark', "\xff\xfe" . pack('v*', unpack 'C*', ::rpc('ping')), $parse],
    ['UTF-32', pack('V*', unpack 'C*', ::rpc('ping')), $parse],

    # UTF-8
    ['a lone continuation byte', ::args("{\"a\":\"\x80\"}"), $parse],
    ['an overlong slash', ::args("{\"a\":\"\xc0\xaf\"}"), $parse],
    ['an overlong NUL', ::args("{\"a\":\"\xc0\x80\"}"), $parse],
    ['overlong in three bytes', ::args("{\"a\":\"\xe0\x80\xaf\"}"), $parse],
    ['overlong in four bytes', ::args("{\"a\":\"\xf0\x80\x80\xaf\"}"), $parse],
    ['a surrogate in UTF-8', ::args("{\"a\":\"\xed\xa0\x80\"}"), $parse],
    ['above U+10FFFF', ::args("{\"a\":\"\xf4\x90\x80\x80\"}"), $parse],
    ['five bytes', ::args("{\"a\":\"\xf8\x88\x80\x80\x80\"}"), $parse],
    ['a character that is cut', ::args("{\"a\":\"\xe2\x82\"}"), $parse],
    ['a character that is cut by the end', "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\xe2", $parse],
    ['broken UTF-8 in a name', ::args("{\"\xff\":1}"), $parse],
    ['U+FFFE and U+FFFF', ::args("{\"a\":\"\xef\xbf\xbe\xef\xbf\xbf\"}"), 'pass'],

    # escapes
    ['a lone high surrogate', ::args('{"a":"\ud800"}'), $parse],
    ['a lone low surrogate', ::args('{"a":"\udc00"}'), $parse],
    ['a high surrogate and a letter', ::args('{"a":"\ud800x"}'), $parse],
    ['two high surrogates', ::args('{"a":"\ud800\ud800"}'), $parse],
    ['surrogates in the wrong order', ::args('{"a":"\udc00\ud800"}'), $parse],
    ['a pair of surrogates', ::args('{"a":"\ud83d\uDE00"}'), 'pass'],
    ['an unknown escape', ::args('{"a":"\x41"}'), $parse],
    ['a short escape', ::args('{"a":"\u00"}'), $parse],
    ['an escape with no hex digit', ::args('{"a":"\u00zz"}'), $parse],
    ['all short escapes', ::args('{"a":"\"\\\\\/\b\f\n\r\t"}'), 'pass'],

    # numbers
    ['2^53 + 1', ::args('{"a":9007199254740993}'), 'pass'],
    ['1e400', ::args('{"a":1e400}'), 'pass'],
    ['-0', ::args('{"a":-0}'), 'pass'],
    ['1.0', ::args('{"a":1.0}'), 'pass'],
    ['a number of 64 digits', ::args('{"a":' . '1' x 64 . '}'), 'pass'],
    ['a number of 2000 digits', ::args('{"a":' . '1' x 2000 . '}'), $either],
    ['a leading zero', ::args('{"a":01}'), $parse],
    ['a plus sign', ::args('{"a":+1}'), $parse],
    ['hexadecimal', ::args('{"a":0x1}'), $parse],
    ['a dot at the end', ::args('{"a":1.}'), $parse],
    ['a dot at the start', ::args('{"a":.5}'), $parse],
    ['an exponent without digits', ::args('{"a":1e}'), $parse],
    ['a minus alone', ::args('{"a":-}'), $parse],
    ['NaN', ::args('{"a":NaN}'), $parse],
    ['Infinity', ::args('{"a":Infinity}'), $parse],
    ['-Infinity', ::args('{"a":-Infinity}'), $parse],

    # structure
    ['a comma at the end of an object', ::args('{"a":1,}'), $parse],
    ['a comma at the end of an array', ::args('{"a":[1,]}'), $parse],
    ['a comment', ::args('{"a":1/* x */}'), $parse],
    ['a line comment', ::rpc('ping') . ' // x', $parse],
    ['single quotes', "{'jsonrpc':'2.0','id':1,'method':'ping'}", $parse],
    ['a name without quotes', '{jsonrpc:"2.0","id":1,"method":"ping"}', $parse],
    ['True', ::args('{"a":True}'), $parse],
    ['nul', ::args('{"a":nul}'), $parse],
    ['a missing value', ::args('{"a":}'), $parse],
    ['a missing colon', ::args('{"a" 1}'), $parse],
    ['mismatched brackets', ::args('{"a":[}]'), $parse],
    ['an object that does not end', '{"jsonrpc":"2.0","id":1,"method":"ping"', $parse],
    ['a string that does not end', '{"jsonrpc":"2.0","id":1,"method":"ping', $parse],
    ['a form feed between tokens', "{\f\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}", $parse],
    ['U+00A0 between tokens', "{\xc2\xa0\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}", $parse],
    ['trailing bytes', ::rpc('ping') . 'x', $parse],
    ['a trailing bracket', ::rpc('ping') . '}', $parse],
    ['trailing blanks', ::rpc('ping') . " \r\n\t", 'pass'],
    ['two documents', ::rpc('ping') . "\n" . ::rpc('ping'), $parse],
    ['JSON behind a guard', ")]}'\n" . ::rpc('ping'), $parse],

    # top level
    ['a string', '"ping"', $invalid],
    ['a number', '1', $invalid],
    ['null', 'null', $invalid],
    ['true', 'true', $invalid],
    ['an empty object', '{}', $invalid],

    # duplicates
    ['duplicate in the envelope', '{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/list"}', '400 -32600 null'],
    ['duplicate in escapes', '{"jsonrpc":"2.0","id":1,"method":"ping","\u006dethod":"tools/list"}', '400 -32600 null'],
    ['duplicate id', '{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}', '400 -32600 null'],
    ['duplicate in params', ::rpc('tools/call', '{"name":"a","name":"b"}'), '400 -32600 null'],
    ['duplicate in arguments', ::args('{"a":1,"a":2}'), '400 -32600 null'],
    ['duplicate far down', ::args('{"x":[{"y":{"a":1,"b":2,"\u0061":3}}]}'), '400 -32600 null'],
    ['duplicate of many', ::args('{' . join(',', map { qq("k$_":$_) } 1 .. 500) . ',"k77":0}'), '400 -32600 null'],
    ['the empty name twice', ::args('{"":1,"":2}'), '400 -32600 null'],
    ['the same name in different objects', ::args('{"a":{"a":{"a":1}},"b":[{"a":1},{"a":2}]}'), 'pass'],
    ['names that differ in case', ::args('{"a":1,"A":2}'), 'pass'],
    ['names that differ in form (NFC, NFD)', ::args("{\"\xc3\xa9\":1,\"e\xcc\x81\":2}"), 'pass'],

    # case variants of protocol members
    ['Method beside method', '{"jsonrpc":"2.0","id":1,"method":"ping","Method":"tools/list"}', $invalid],
    ['METHOD alone', '{"jsonrpc":"2.0","id":1,"METHOD":"ping"}', $invalid],
    ['ID', '{"jsonrpc":"2.0","ID":1,"method":"ping"}', $invalid],
    ['Params', '{"jsonrpc":"2.0","id":1,"method":"tools/call","Params":{"name":"n"}}', $invalid],
    ['Name beside name', ::rpc('tools/call', '{"name":"a","Name":"b"}'), $invalid],
    ['NAME alone', ::rpc('tools/call', '{"NAME":"a"}'), $invalid],
    ['Arguments', ::rpc('tools/call', '{"name":"a","Arguments":{}}'), $invalid],
    ['URI', ::rpc('resources/read', '{"URI":"file:///a"}'), $invalid],
    ['_META', ::rpc('tools/call', '{"name":"a","_META":{}}'), $invalid],
    ['params with a long s', "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"param\xc5\xbf\":{\"name\":\"n\"}}", $invalid],
    ['argument\u017f in escapes', ::rpc('tools/call', '{"name":"a","argument\u017f":{}}'), $invalid],
    ['taskId in other case', ::rpc('tasks/get', '{"taskid":"1"}'), $invalid],
    ['name with a blank', ::rpc('tools/call', '{"name":"a","name ":"b"}'), $invalid],
    ['ProgressToken in _meta', ::rpc('tools/call', '{"name":"n","_meta":{"ProgressToken":1}}'), $invalid],
    ['the claim in other case', ::rpc('tools/call', '{"name":"n","_meta":{"io.modelcontextprotocol/ProtocolVersion":"2026-07-28"}}'), $invalid],
    ['the prefix of the claim in other case', ::rpc('tools/call', '{"name":"n","_meta":{"IO.modelcontextprotocol/protocolVersion":"2026-07-28"}}'), $invalid],
    ['keys of others in _meta', ::rpc('tools/call', '{"name":"n","_meta":{"Example.com/X":"1"}}'), 'pass'],
    ['Name in ref', ::rpc('completion/complete', '{"ref":{"type":"ref/prompt","Name":"x"},"argument":{"name":"a","value":"b"}}'), $invalid],
    ['Content in an answer of the client', '{"jsonrpc":"2.0","id":5,"result":{"role":"assistant","Content":{"type":"text","text":"x"}}}', $invalid],
    ['Action in an answer of the client', '{"jsonrpc":"2.0","id":5,"result":{"Action":"accept","content":{}}}', $invalid],
    ['Name inside arguments is free', ::args('{"Name":1,"METHOD":2,"Id":3}'), 'pass'],
    ['unknown members of params', ::rpc('tools/call', '{"name":"a","vendorThing":{"x":1}}'), 'pass'],

    # envelope
    ['an unknown member', '{"jsonrpc":"2.0","id":1,"method":"ping","extra":1}', $invalid],
    ['no jsonrpc', '{"id":1,"method":"ping"}', $invalid],
    ['jsonrpc 1.0', '{"jsonrpc":"1.0","id":1,"method":"ping"}', $invalid],
    ['jsonrpc as a number', '{"jsonrpc":2.0,"id":1,"method":"ping"}', $invalid],
    ['no method', '{"jsonrpc":"2.0","id":1}', $invalid],
    ['method is a number', '{"jsonrpc":"2.0","id":1,"method":1}', $invalid],
    ['method is null', '{"jsonrpc":"2.0","id":1,"method":null}', $invalid],
    ['method is empty', '{"jsonrpc":"2.0","id":1,"method":""}', '~^(400|200)$'],
    ['method and result', '{"jsonrpc":"2.0","id":1,"method":"ping","result":{}}', $invalid],
    ['result and error', '{"jsonrpc":"2.0","id":1,"result":{},"error":{"code":1,"message":""}}', $invalid],
    ['a result without id', '{"jsonrpc":"2.0","result":{}}', $invalid],
    ['an error that is no object', '{"jsonrpc":"2.0","id":1,"error":"x"}', $invalid],
    ['params is an array', ::rpc('ping', '[]'), $invalid],
    ['params is null', ::rpc('ping', 'null'), $invalid],
    ['params is a string', ::rpc('ping', '"x"'), $invalid],
    ['the members in another order', '{"params":{"name":"n"},"method":"tools/call","id":1,"jsonrpc":"2.0"}', 'pass'],
    ['name is no string', ::rpc('tools/call', '{"name":["a"]}'), '~^(400|200)$'],
    ['no name', ::rpc('tools/call', '{}'), 'pass'],

    # id
    ['id null', '{"jsonrpc":"2.0","id":null,"method":"ping"}', $invalid],
    ['id true', '{"jsonrpc":"2.0","id":true,"method":"ping"}', $invalid],
    ['id is an object', '{"jsonrpc":"2.0","id":{},"method":"ping"}', $invalid],
    ['id is an array', '{"jsonrpc":"2.0","id":[1],"method":"ping"}', $invalid],
    ['id 1.0', ::rpc('ping', undef, '1.0'), $invalid],
    ['id 1.5', ::rpc('ping', undef, '1.5'), $invalid],
    ['id 1e3', ::rpc('ping', undef, '1e3'), $invalid],
    ['id 2^53 - 1', ::rpc('ping', undef, '9007199254740991'), 'pass'],
    ['id 2^53', ::rpc('ping', undef, '9007199254740992'), $invalid],
    ['id -(2^53 - 1)', ::rpc('ping', undef, '-9007199254740991'), 'pass'],
    ['id of twenty digits', ::rpc('ping', undef, '10000000000000000000'), $invalid],
    ['id is empty', ::rpc('ping', undef, '""'), 'pass'],
    ['id of 256 bytes', ::rpc('ping', undef, '"' . 'x' x 254 . '"'), 'pass'],
    ['id of 300 bytes', ::rpc('ping', undef, '"' . 'x' x 300 . '"'), $invalid],
    ['id with a control character', ::rpc('ping', undef, '"a\nb"'), $invalid],
    ['id with NUL', ::rpc('ping', undef, '"a\u0000b"'), $invalid],

    # size
    ['depth 64', ::deep(61), 'pass'],
    ['depth 65', ::deep(62), $either],
    ['depth 100000', '[' x 100_000, $either],
    ['depth 100000 of objects', '{"a":' x 100_000, $either],
    ['4000 members', ::args('{' . join(',', map { qq("k$_":$_) } 1 .. 4000) . '}'), 'pass'],
    ['10000 members', ::args('{' . join(',', map { qq("k$_":$_) } 1 .. 10000) . '}'), $either],
    ['10000 elements', ::args('{"a":[' . join(',', 1 .. 10000) . ']}'), 'pass'],
    ['a name of 1000 bytes', ::args('{"' . 'k' x 1000 . '":1}'), 'pass'],
    ['a name of 100000 bytes', ::args('{"' . 'k' x 100_000 . '":1}'), $either],
    ['a string of 500000 bytes', ::args('{"a":"' . 'x' x 500_000 . '"}'), 'pass'],
    ['100000 escapes', ::args('{"a":"' . '\u0041' x 100_000 . '"}'), 'pass'],
    ['a method of 200 bytes', ::rpc('x' x 200), '~^(400|200)$'],
);


sub blocks_of {
    my $spec = '';

    for my $i (0 .. $#cases) {
        my ($name, $body, $want) = @{ $cases[$i] };
        my $n = $i + 1;
        my $check;

        if ($want eq 'pass') {
            $check = '--- forwarded';

        } elsif ($want =~ /^~/) {
            # whatever it is, it is ours
            $check = "--- error_code_like: " . substr($want, 1)
                     . "\n--- upstream_count: 0\n--- json\n/error/code ~^-32";

        } elsif ($want =~ /^(\d+) ~(\S+) null/) {
            $check = "--- error_code: $1\n--- upstream_count: 0\n"
                     . "--- json\n/error/code ~$2\n/id null";

        } else {
            $check = "--- refused: $want";
        }

        $spec .= "=== TEST $n: $name\n--- post eval\n\$::cases[$i][1]\n"
                 . "$check\n\n";
    }

    return $spec;
}


Test::Base::spec_string(blocks_of());
MCPTest::run();
