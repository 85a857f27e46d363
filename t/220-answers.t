# The grammar of what servers send: members that two clients may read
# differently are refused, as JSON and as an event; what is free stays free.

use FindBin;
use lib "$FindBin::Bin/lib";
use MCPTest;
use Test::Nginx::Socket 'no_plan';

sub answer { return '{"jsonrpc":"2.0","id":5,"result":' . shift() . '}' }

# name, message, passes
our @cases = (
    ['RESULT', '{"jsonrpc":"2.0","id":5,"RESULT":{}}', 0],
    ['an unknown member of the envelope', '{"jsonrpc":"2.0","id":5,"result":{},"extra":1}', 0],
    ['no jsonrpc', '{"id":5,"result":{}}', 0],
    ['jsonrpc 1.0', '{"jsonrpc":"1.0","id":5,"result":{}}', 0],
    ['result and error', '{"jsonrpc":"2.0","id":5,"result":{},"error":{"code":1,"message":"x"}}', 0],
    ['method and result', '{"jsonrpc":"2.0","id":5,"method":"ping","result":{}}', 0],
    ['no id', '{"jsonrpc":"2.0","result":{}}', 0],
    ['a result that is no object', answer(7), 0],
    ['an error without a code', '{"jsonrpc":"2.0","id":5,"error":{"message":"x"}}', 0],
    ['an error that is a text', '{"jsonrpc":"2.0","id":5,"error":"x"}', 0],
    ['an id that is an object', '{"jsonrpc":"2.0","id":{},"result":{}}', 0],

    ['Content', answer('{"Content":[{"type":"text","text":"x"}]}'), 0],
    ['IsError', answer('{"content":[],"IsError":true}'), 0],
    ['Text in a content item', answer('{"content":[{"type":"text","Text":"x"}]}'), 0],
    ['Type beside type', answer('{"content":[{"type":"text","Type":"text","text":"x"}]}'), 0],
    ['Tools', answer('{"Tools":[{"name":"x"}]}'), 0],
    ['Name of a tool', answer('{"tools":[{"Name":"x"}]}'), 0],
    ['Description of a tool', answer('{"tools":[{"name":"x","Description":"x"}]}'), 0],
    ['Contents of a resource', answer('{"Contents":[{"uri":"a","text":"x"}]}'), 0],
    ['Code of an error', '{"jsonrpc":"2.0","id":5,"error":{"Code":1,"message":"x"}}', 0],
    ['_Meta', answer('{"_Meta":{}}'), 0],
    ['ProgressToken in _meta', answer('{"_meta":{"ProgressToken":1}}'), 0],
    ['content with a long s', answer("{\"i\xc5\xbfError\":true,\"content\":[]}"), 0],
    ['a name with NUL', answer('{"content":[],"a\u0000":1}'), 0],
    ['a duplicate in structuredContent', answer('{"content":[],"structuredContent":{"a":1,"\u0061":2}}'), 0],
    ['a lone surrogate', answer('{"content":[{"type":"text","text":"\ud800"}]}'), 0],

    ['case in structuredContent', answer('{"content":[],"structuredContent":{"Name":1,"METHOD":2,"Text":3,"Result":{}}}'), 1],
    ['case in a schema', answer('{"tools":[{"name":"x","inputSchema":{"type":"object","properties":{"Name":{"type":"string"},"Method":{},"URI":{}}}}]}'), 1],
    ['case in the data of an error', '{"jsonrpc":"2.0","id":5,"error":{"code":1,"message":"x","data":{"Name":1,"Code":2}}}', 1],
    ['unknown members of a result', answer('{"content":[],"vendor":{"x":[1]},"x-y":null}'), 1],
    ['keys of others in _meta', answer('{"content":[],"_meta":{"example.com/X":1}}'), 1],
    ['an error without an id', '{"jsonrpc":"2.0","id":null,"error":{"code":1,"message":"x"}}', 1],
    ['an empty result', answer('{}'), 1],
);


sub blocks_of {
    my $spec = '';
    my $n = 0;

    for my $i (0 .. $#cases) {
        my ($name, undef, $passes) = @{ $cases[$i] };
        my $json = $passes ? '--- unchanged' : '--- withheld: 502 -31005 5 upstream_invalid';
        my $event = $passes ? '--- unchanged'
                    : "--- events eval\n[ 'message [] /\\{\"jsonrpc\":\"2.0\",\"id\":5,\"error\":\\{\"code\":-31005,.*/' ]";

        $n++;
        $spec .= "=== TEST $n: $name\n--- post eval\n::call('n', '{}', 5)\n"
                 . "--- upstream eval\n{ body => \$::cases[$i][1] }\n$json\n\n";
        $n++;
        $spec .= "=== TEST $n: $name, in a stream\n--- post eval\n::call('n', '{}', 5)\n"
                 . "--- upstream eval\n::sse(::event(\$::cases[$i][1]))\n$event\n\n";
    }

    return $spec;
}


Test::Base::spec_string(blocks_of());
MCPTest::run();
