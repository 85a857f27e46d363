# Every directive: good and bad values, duplicates, contexts.  What is wrong is
# an error with file and line, never a silent default.
#
# The table makes one block of each line.

use FindBin;
use lib "$FindBin::Bin/lib";
use MCPTest;
use Test::Nginx::Socket 'no_plan';

our $at = qr/ in \S+nginx\.conf:\d+$/;

# name, directives of a location, what the error log must say ("": it starts),
# status of a ping then (200)
our @cases = (

    ['mcp: a wrong word', 'mcp yes;', qr/invalid value "yes" in "mcp" directive.*$at/],
    ['mcp: twice', 'mcp on; mcp on;', qr/"mcp" directive is duplicate$at/],
    ['mcp: no word', 'mcp;', qr/invalid number of arguments in "mcp" directive$at/],
    ['mcp: off', 'mcp off;', ''],

    ['mcp_mode: enforce', 'mcp_mode enforce;', ''],
    ['mcp_mode: monitor', 'mcp_mode monitor;', ''],
    ['mcp_mode: a wrong word', 'mcp_mode watch;', qr/invalid value "watch"$at/],
    ['mcp_mode: twice', 'mcp_mode enforce; mcp_mode monitor;', qr/"mcp_mode" directive is duplicate$at/],
    ['mcp_mode: two words', 'mcp_mode enforce monitor;', qr/invalid number of arguments in "mcp_mode" directive$at/],

    ['mcp_server_name: a name', 'mcp_server_name "my files";', ''],
    ['mcp_server_name: empty', 'mcp_server_name "";', qr/invalid length of "".*$at/],
    ['mcp_server_name: too long', 'mcp_server_name ' . 'x' x 257 . ';', qr/invalid length.*$at/],
    ['mcp_server_name: a variable', 'mcp_server_name $host;', qr/"mcp_server_name" directive takes no variables$at/],
    ['mcp_server_name: a control character', "mcp_server_name \"a\x01b\";", qr/control character.*$at/],
    ['mcp_server_name: twice', 'mcp_server_name a; mcp_server_name b;', qr/"mcp_server_name" directive is duplicate$at/],

    ['mcp_client: a variable', 'mcp_client $remote_user;', '', 401],
    ['mcp_client: text', 'mcp_client everyone;', ''],
    ['mcp_client: an unknown variable', 'mcp_client $no_such_variable;', qr/unknown "no_such_variable" variable/],
    ['mcp_client: empty', 'mcp_client "";', qr/"mcp_client" directive has an empty value.*$at/],
    ['mcp_client: twice', 'mcp_client a; mcp_client b;', qr/"mcp_client" directive is duplicate$at/],

    ['mcp_era: legacy', 'mcp_era legacy;', ''],
    ['mcp_era: both', 'mcp_era modern legacy;', ''],
    ['mcp_era: a wrong word', 'mcp_era 2025-11-25;', qr/invalid value "2025-11-25" in "mcp_era" directive.*$at/],
    ['mcp_era: the same word twice', 'mcp_era legacy legacy;', qr/duplicate value "legacy"$at/],
    ['mcp_era: twice', 'mcp_era legacy; mcp_era modern;', qr/"mcp_era" directive is duplicate$at/],
    ['mcp_era: no word', 'mcp_era;', qr/invalid number of arguments in "mcp_era" directive$at/],

    ['mcp_origin: any', 'mcp_origin any;', ''],
    ['mcp_origin: self and values', 'mcp_origin self https://a.example http://b.example:8080 null;', ''],
    ['mcp_origin: several lines', "mcp_origin self;\nmcp_origin https://a.example;", ''],
    ['mcp_origin: any and others', 'mcp_origin any https://a.example;', qr/"mcp_origin" directive allows "any" origin and cannot.*$at/],
    ['mcp_origin: any and self, in two lines', "mcp_origin any;\nmcp_origin self;", qr/allows "any" origin.*$at/],
    ['mcp_origin: a host alone', 'mcp_origin a.example;', qr/invalid origin "a\.example".*$at/],
    ['mcp_origin: a path', 'mcp_origin https://a.example/;', qr/invalid origin "https:\/\/a\.example\/".*$at/],
    ['mcp_origin: a wildcard', 'mcp_origin https://*.a.example;', qr/invalid origin.*$at/],
    ['mcp_origin: a user', 'mcp_origin https://u@a.example;', qr/invalid origin.*$at/],
    ['mcp_origin: a query', 'mcp_origin https://a.example?x;', qr/invalid origin.*$at/],
    ['mcp_origin: a scheme alone', 'mcp_origin https://;', qr/invalid origin.*$at/],
    ['mcp_origin: no scheme', 'mcp_origin ://a.example;', qr/invalid origin.*$at/],
    ['mcp_origin: two in one', 'mcp_origin "https://a.example, https://b.example";', qr/invalid origin.*$at/],

    ['mcp_method: allow', 'mcp_method allow vendor/* x?;', ''],
    ['mcp_method: deny', 'mcp_method deny *;', ''],
    ['mcp_method: a wrong word', 'mcp_method block x;', qr/invalid value "block" in "mcp_method" directive.*$at/],
    ['mcp_method: no pattern', 'mcp_method deny;', qr/invalid number of arguments in "mcp_method" directive$at/],
    ['mcp_method: an empty pattern', 'mcp_method deny "";', qr/invalid length of "".*$at/],

    ['mcp_tool: allow and deny', "mcp_tool allow a b*;\nmcp_tool deny *;", ''],
    ['mcp_tool: if=', 'mcp_tool deny a if=$http_x;', ''],
    ['mcp_tool: a wrong word', 'mcp_tool block a;', qr/invalid value "block" in "mcp_tool" directive.*$at/],
    ['mcp_tool: consent is of a later version', 'mcp_tool consent a;', qr/"mcp_tool" directive.*consent.*$at/],
    ['mcp_tool: no pattern', 'mcp_tool deny;', qr/invalid number of arguments in "mcp_tool" directive$at/],
    ['mcp_tool: an empty pattern', 'mcp_tool deny "";', qr/invalid length of "".*$at/],
    ['mcp_tool: a long pattern', 'mcp_tool deny ' . 'x' x 257 . ';', qr/invalid length.*$at/],
    ['mcp_tool: only if=', 'mcp_tool deny if=$http_x;', qr/"mcp_tool" directive has no pattern.*$at/],
    ['mcp_tool: an empty if=', 'mcp_tool deny a if=;', qr/empty "if="$at/],
    ['mcp_tool: if= that is not last', 'mcp_tool deny if=$http_x a;', qr/"mcp_tool" directive takes one "if=", which must come last$at/],
    ['mcp_tool: two if=', 'mcp_tool deny a if=$http_x if=$http_y;', qr/takes one "if=".*$at/],
    ['mcp_tool: an unknown variable', 'mcp_tool deny a if=$no_such_variable;', qr/unknown "no_such_variable" variable/],
    ['mcp_tool: 64 conditions', join("\n", map { "mcp_tool deny t$_ if=\$http_x$_;" } 1 .. 64), ''],
    ['mcp_tool: 65 conditions', join("\n", map { "mcp_tool deny t$_ if=\$http_x$_;" } 1 .. 65), qr/too many "if=".*$at/],

    ['mcp_max_request_size: a size', 'mcp_max_request_size 64k;', ''],
    ['mcp_max_request_size: no size', 'mcp_max_request_size much;', qr/"mcp_max_request_size" directive invalid value$at/],
    ['mcp_max_request_size: 0', 'mcp_max_request_size 0;', qr/"mcp_max_request_size" directive .*$at/],
    ['mcp_max_request_size: too large', 'mcp_max_request_size 2048m;', qr/"mcp_max_request_size" directive .*$at/],
    ['mcp_max_request_size: twice', 'mcp_max_request_size 1k; mcp_max_request_size 2k;', qr/is duplicate$at/],
    ['mcp_max_response_size: a size', 'mcp_max_response_size 2047m;', ''],
    ['mcp_max_response_size: no size', 'mcp_max_response_size -1;', qr/"mcp_max_response_size" directive invalid value$at/],
    ['mcp_max_response_size: 0', 'mcp_max_response_size 0;', qr/"mcp_max_response_size" directive .*$at/],
    ['mcp_max_response_size: twice', 'mcp_max_response_size 1k; mcp_max_response_size 2k;', qr/is duplicate$at/],
    ['mcp_max_depth: 1', 'mcp_max_depth 1;', '', 502],
    ['mcp_max_depth: 512', 'mcp_max_depth 512;', ''],
    ['mcp_max_depth: 0', 'mcp_max_depth 0;', qr/value must be between 1 and 512$at/],
    ['mcp_max_depth: 513', 'mcp_max_depth 513;', qr/value must be between 1 and 512$at/],
    ['mcp_max_depth: no number', 'mcp_max_depth deep;', qr/"mcp_max_depth" directive invalid number$at/],
    ['mcp_max_depth: twice', 'mcp_max_depth 8; mcp_max_depth 9;', qr/is duplicate$at/],

    ['mcp_blocked_response: tool_error', 'mcp_blocked_response tool_error;', ''],
    ['mcp_blocked_response: a wrong word', 'mcp_blocked_response 403;', qr/invalid value "403"$at/],
    ['mcp_blocked_response: twice', 'mcp_blocked_response tool_error; mcp_blocked_response rpc_error;', qr/is duplicate$at/],

    ['mcp_audit_log: a file', 'mcp_audit_log logs/a.log;', ''],
    ['mcp_audit_log: all', 'mcp_audit_log logs/a.log level=all;', ''],
    ['mcp_audit_log: off', 'mcp_audit_log off;', ''],
    ['mcp_audit_log: syslog', 'mcp_audit_log syslog:server=127.0.0.1:9,tag=mcp;', ''],
    ['mcp_audit_log: another level', 'mcp_audit_log logs/a.log level=some;', qr/invalid parameter "level=some".*$at/],
    ['mcp_audit_log: off with a level', 'mcp_audit_log off level=all;', qr/invalid parameter "level=all"$at/],
    ['mcp_audit_log: empty', 'mcp_audit_log "";', qr/"mcp_audit_log" directive has an empty path$at/],
    ['mcp_audit_log: variables', 'mcp_audit_log logs/$host.log;', qr/"mcp_audit_log" directive takes no variables.*$at/],
    ['mcp_audit_log: a bad syslog', 'mcp_audit_log syslog:facility=none,server=127.0.0.1;', qr/unknown syslog facility "none"$at/],
    ['mcp_audit_log: a folder that is not there', 'mcp_audit_log nowhere/a.log;', qr/open\(\) "\S+nowhere\/a\.log" failed \(2: No such file or directory\)/],
    ['mcp_audit_log: twice', 'mcp_audit_log logs/a.log; mcp_audit_log logs/b.log;', qr/"mcp_audit_log" directive is duplicate$at/],

    ['mcp_rule: an id', 'mcp_rule suite-token off;', ''],
    ['mcp_rule: a category', 'mcp_rule @secret log;', ''],
    ['mcp_rule: all, of a tool', 'mcp_rule * block tool=a*;', ''],
    ['mcp_rule: an unknown id', 'mcp_rule no-such-rule off;', qr/unknown rule "no-such-rule" in "mcp_rule" directive$at/],
    ['mcp_rule: an unknown category', 'mcp_rule @secrets off;', qr/unknown category of rules "\@secrets"$at/],
    ['mcp_rule: an empty selector', 'mcp_rule "" off;', qr/invalid length of "".*$at/],
    ['mcp_rule: a wrong action', 'mcp_rule suite-token allow;', qr/invalid value "allow" in "mcp_rule" directive.*$at/],
    ['mcp_rule: a wrong parameter', 'mcp_rule suite-token off method=x;', qr/invalid parameter "method=x"$at/],
    ['mcp_rule: an empty tool', 'mcp_rule suite-token off tool=;', qr/invalid length of "".*$at/],
    ['mcp_rule: no action', 'mcp_rule suite-token;', qr/invalid number of arguments in "mcp_rule" directive$at/],

    ['mcp_rules: default', 'mcp_rules default;', ''],
    ['mcp_rules: a file', 'mcp_rules $lib/rules/suite.yaml;', ''],
    ['mcp_rules: a mask', 'mcp_rules $lib/rules/s*.yaml;', ''],
    ['mcp_rules: default and a file', 'mcp_rules default $lib/rules/one.yaml;', ''],
    ['mcp_rules: an empty name', 'mcp_rules "";', qr/empty name of a rule pack$at/],
    ['mcp_rules: twice the same file', 'mcp_rules $lib/rules/suite.yaml $lib/rules/suite.yaml;', qr/duplicate rule pack "\S+suite\.yaml"$at/],
    ['mcp_rules: twice default', 'mcp_rules default default;', qr/duplicate rule pack "default"$at/],
    ['mcp_rules: a mask that matches a file named before', 'mcp_rules $lib/rules/suite.yaml $lib/rules/*.yaml;', qr/duplicate rule pack.*$at/],
    ['mcp_rules: a mask that matches nothing', 'mcp_rules $lib/rules/none-*.yaml;', qr/no rule pack matches "\S+none-\*\.yaml"$at/],
    ['mcp_rules: no file', 'mcp_rules nowhere.yaml;', qr/open\(\) "\S+conf\/nowhere\.yaml" failed \(2: No such file or directory\)$at/],
    ['mcp_rules: a folder', 'mcp_rules $lib/rules;', qr/mcp_rules: \S+rules(:\d+)?: .*$at/],
    ['mcp_rules: twice', 'mcp_rules default; mcp_rules default;', qr/"mcp_rules" directive is duplicate$at/],
    ['mcp_rate_limit: a rate', 'mcp_rate_limit rate=10r/m;', ''],
    ['mcp_rate_limit: all of it', 'mcp_rate_limit key=$remote_addr$mcp_tool tool=a*,b burst=5 rate=1000000r/s;', ''],
    ['mcp_rate_limit: a day', 'mcp_rate_limit rate=1r/d burst=364;', ''],
    ['mcp_rate_limit: more than a year', 'mcp_rate_limit rate=1r/d burst=366;', qr/"burst=366" is more than "rate=1r\/d" allows in a year$at/],
    ['mcp_rate_limit: a burst without end', 'mcp_rate_limit rate=1r/s burst=9223372036854775807;', qr/is more than "rate=1r\/s" allows in a year$at/],
    ['mcp_rate_limit: 16 of them', join('', map { "mcp_rate_limit rate=${_}r/m;" } 1 .. 16), ''],
    ['mcp_rate_limit: 17 of them', join('', map { "mcp_rate_limit rate=${_}r/m;" } 1 .. 17), qr/too many "mcp_rate_limit" directives, there can be 16 on one level$at/],
    ['mcp_rate_limit: twice the same', 'mcp_rate_limit rate=1r/m burst=2; mcp_rate_limit burst=2 rate=1r/m;', qr/"mcp_rate_limit" directive is duplicate$at/],
    ['mcp_rate_limit: not quite the same', 'mcp_rate_limit rate=1r/m tool=a,key=b; mcp_rate_limit rate=1r/m tool=a key=b;', ''],
    ['mcp_rate_limit: no rate', 'mcp_rate_limit burst=5;', qr/"mcp_rate_limit" directive has no "rate="$at/],
    ['mcp_rate_limit: no unit', 'mcp_rate_limit rate=10;', qr/invalid parameter "rate=10" in "mcp_rate_limit" directive$at/],
    ['mcp_rate_limit: a wrong unit', 'mcp_rate_limit rate=10r/w;', qr/invalid parameter "rate=10r\/w".*$at/],
    ['mcp_rate_limit: none at all', 'mcp_rate_limit rate=0r/s;', qr/invalid parameter "rate=0r\/s".*$at/],
    ['mcp_rate_limit: an empty rate', 'mcp_rate_limit rate=;', qr/invalid parameter "rate=".*$at/],
    ['mcp_rate_limit: a negative burst', 'mcp_rate_limit rate=1r/s burst=-1;', qr/invalid parameter "burst=-1".*$at/],
    ['mcp_rate_limit: a burst that is no number', 'mcp_rate_limit rate=1r/s burst=some;', qr/invalid parameter "burst=some".*$at/],
    ['mcp_rate_limit: an empty tool', 'mcp_rate_limit rate=1r/s tool=;', qr/invalid parameter "tool=".*$at/],
    ['mcp_rate_limit: a tool too long', 'mcp_rate_limit rate=1r/s tool=' . 'x' x 257 . ';', qr/invalid length of.*$at/],
    ['mcp_rate_limit: an empty key', 'mcp_rate_limit rate=1r/s key=;', qr/invalid parameter "key=".*$at/],
    ['mcp_rate_limit: an unknown variable', 'mcp_rate_limit rate=1r/s key=$no_such_variable;', qr/unknown "no_such_variable" variable/],
    ['mcp_rate_limit: twice the rate', 'mcp_rate_limit rate=1r/s rate=2r/s;', qr/duplicate parameter "rate=2r\/s" in "mcp_rate_limit" directive$at/],
    ['mcp_rate_limit: a wrong parameter', 'mcp_rate_limit rate=1r/s delay=1;', qr/invalid parameter "delay=1".*$at/],
    ['mcp_rate_limit: no parameter', 'mcp_rate_limit;', qr/invalid number of arguments in "mcp_rate_limit" directive$at/],

    ['mcp_status: in a location', 'location /mcp/status { mcp_status; }', ''],
    ['mcp_status: twice', 'location /mcp/status { mcp_status; mcp_status; }', qr/"mcp_status" directive is duplicate$at/],
    ['mcp_status: a word', 'location /mcp/status { mcp_status on; }', qr/invalid number of arguments in "mcp_status" directive$at/],
    ['mcp_status: not for if{}', 'if ($http_x) { mcp_status; }', qr/"mcp_status" directive is not allowed here$at/],

    ['mcp_store: not for a location', 'mcp_store shm:1m;', qr/"mcp_store" directive is not allowed here$at/],

    ['mcp_rules: no file, though nothing is switched on', 'mcp off; mcp_rules nowhere.yaml;', qr/open\(\) "\S+nowhere\.yaml" failed/],
);

# directive with a good value, to be tried where it does not belong
our @directives = (
    'mcp on', 'mcp_mode enforce', 'mcp_server_name x', 'mcp_client x',
    'mcp_era legacy', 'mcp_origin any', 'mcp_method allow x', 'mcp_tool allow x',
    'mcp_rules default', 'mcp_rule * log', 'mcp_max_request_size 1k',
    'mcp_max_response_size 1k', 'mcp_max_depth 8',
    'mcp_blocked_response rpc_error', 'mcp_audit_log off',
    'mcp_rate_limit rate=100r/s', 'mcp_store shm:1m',
);


sub blocks_of {
    my $spec = '';
    my $n = 0;

    for my $case (@cases) {
        my ($name, $lines, $error, $code) = @$case;
        $n++;
        $spec .= "=== TEST $n: $name\n--- mcp\n$lines\n";

        # a line of the log, without the pid that stands before it
        $spec .= $error eq '' ? "--- post eval\n::rpc('ping')\n--- error_code: @{[$code // 200]}\n\n"
                 : "--- must_die\n--- error_log eval\n[\$::cases[@{[$n - 1]}][2]]\n\n";
    }

    for my $d (@directives) {
        my ($name) = split / /, $d;

        $n++;
        $spec .= "=== TEST $n: $name is not for main{}\n--- main_config\n$d;\n"
                 . "--- must_die\n--- error_log eval\nqr/\"$name\" directive is not allowed here\$::at/\n\n";
        $n++;
        $spec .= "=== TEST $n: $name is not for if{}\n--- mcp\nif (\$http_x) { $d; }\n"
                 . "--- must_die\n--- error_log eval\nqr/\"$name\" directive is not allowed here\$::at/\n\n";
    }

    # all that may stand there, in http{} and in server{}
    my @all = map { "$_;" } grep { !/^(mcp_rules|mcp_audit_log)/ } @directives;
    s/^mcp_origin any/mcp_origin self/ for @all;

    $n++;
    $spec .= "=== TEST $n: all of them in http{}\n--- http\n" . join("\n", @all)
             . "\n--- config\nlocation /mcp { proxy_pass http://mcp_server; }\n"
             . "--- post eval\n::rpc('ping')\n--- forwarded\n--- vars\nserver=x\nclient=x\n\n";
    $n++;
    $spec .= "=== TEST $n: all of them in server{}\n--- config\n" . join("\n", @all)
             . "\nmcp_rules \$lib/rules/suite.yaml;\nmcp_audit_log logs/b.log;\n"
             . "location /mcp { proxy_pass http://mcp_server; }\n"
             . "--- post eval\n::rpc('ping')\n--- forwarded\n--- vars\nserver=x\nclient=x\n\n";

    return $spec;
}


Test::Base::spec_string(blocks_of());
MCPTest::run();
