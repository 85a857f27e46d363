# mcpctl inspect: forms of input, what is printed, and a terminal.

use strict;
use warnings;

use File::Temp qw(tempdir);
use FindBin;
use JSON::PP qw(decode_json);
use Test::More;

my $mcpctl = $ENV{MCPCTL} || "$FindBin::Bin/../build/mcpctl";
my $dir = tempdir(CLEANUP => 1);

delete $ENV{NO_COLOR};
$ENV{LC_ALL} = 'C.UTF-8';

sub slurp {
    open my $fh, '<', $_[0] or die "$_[0]: $!";
    local $/;
    return scalar <$fh> // '';
}

sub file {
    my ($name, $text) = @_;
    open my $fh, '>', "$dir/$name" or die $!;
    print $fh $text;
    close $fh or die $!;
}

# exit status, standard output, standard error
sub run {
    my ($args, $input) = @_;
    file('in', $input // '');
    system("cd $dir && '$mcpctl' $args < in > out 2> err");
    return ($? >> 8, slurp("$dir/out"), slurp("$dir/err"));
}

# what a terminal is sent
sub terminal {
    my ($args) = @_;
    my $out = qx(cd $dir && script -qec "'$mcpctl' $args" /dev/null < /dev/null);
    return $out =~ s/\r\n/\n/gr;
}

sub result {
    return qq({"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"$_[0]"}]}});
}

file('rules.yaml', <<'END');
pack: mine
rules:
  - id: mine-block
    category: injection
    surfaces: [result, arguments]
    action: block
    pattern: '\bxyzzy\b'
  - id: mine-log
    category: injection
    surfaces: [result]
    action: log
    pattern: '\bplugh\b'
  - id: mine-signal
    category: abuse
    surfaces: [result]
    signal: 1
    pattern: '\bfrobozz\b'
  - id: mine-secret
    category: secret
    surfaces: [result]
    action: redact
    pattern: '\bACME-\w{8}\b'
END

my ($rc, $out, $err);


# forms

for my $form (['a message', result('say xyzzy'), 'in.json', 'in.json'],
              ['over several lines', result('say xyzzy') =~ s/,/,\n/gr, 'in.json', 'in.json'],
              ['lines', result('fine') . "\n" . result('say xyzzy'), 'in.json', 'in.json:2'],
              ['lines with an empty one', result('fine') . "\r\n\r\n" . result('say xyzzy') . "\r\n", 'in.json', 'in.json:3'],
              ['a stream', 'data: ' . result('fine') . "\n\n: none\n\nid: 7\ndata: " . result('say xyzzy') . "\n\n", 'in.json', 'in.json: event 2'],
              ['standard input', result('say xyzzy'), '', '-'],
              ['standard input by name', result('say xyzzy'), '-', '-'])
{
    my ($name, $text, $file, $where) = @$form;
    file('in.json', $text);
    ($rc, $out, $err) = run("inspect -r rules.yaml $file", $text);
    is($rc, 1, $name);
    like($out, qr/^\Q$where\E: block\n  block   mine-block at \/result\/content\/0\/text\n      say xyzzy\n/, "$name: place and text");
}

file('in.json', result('fine'));
($rc, $out) = run('inspect -r rules.yaml in.json');
is($rc, 0, 'nothing found');
is($out, "1 message, 0 with findings, 0 invalid\n", 'and that is all');

file('in.json', '{"jsonrpc":"2.0"');
($rc, $out) = run('inspect -r rules.yaml in.json');
is($rc, 2, 'not JSON');
like($out, qr/^in\.json: invalid: .+\n1 message, 0 with findings, 1 invalid$/, 'is told');

($rc, $out, $err) = run('inspect -r rules.yaml', '');
is($rc, 2, 'nothing at all');
is($err, "mcpctl: -: empty\n", 'is told');

my $call = '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"t","arguments":{"q":"xyzzy"}}}';
($rc, $out) = run('inspect -r rules.yaml', $call);
like($out, qr{mine-block at /params/arguments/q}, 'a request is from the client');
($rc, $out) = run('inspect -r rules.yaml --from server', $call);
like($out, qr/^-: deny: method not allowed/, 'if not told otherwise');

for my $bad ('--from nobody', '--format xml', 'a b', '--what') {
    ($rc, $out, $err) = run("inspect -r rules.yaml $bad");
    is($rc, 2, $bad);
    like($err, qr/usage: mcpctl inspect/, 'shows the usage');
}


# events of a stream follow each other, messages of a file do not

my @cut = map { qq({"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"$_"}}) } 'say xy', 'zzy';
file('in.json', join '', map { "data: $_\n\n" } @cut);
($rc, $out) = run('inspect -r rules.yaml in.json');
is($rc, 0, 'a rule that is for results');
file('log.yaml', slurp("$dir/rules.yaml") =~ s/surfaces: \[result/surfaces: [log, result/gr);
($rc, $out) = run('inspect -r log.yaml in.json');
is($rc, 1, 'a word in two events');
like($out, qr{^in\.json: event 2: block\n  block   mine-block at /params/data\n      zzy\n}, 'is found in the second');
file('in.json', join '', map { "$_\n" } @cut);
($rc, $out) = run('inspect -r log.yaml in.json');
is($rc, 0, 'in two messages it is not');


# a document that says the same words all the time is not too much

my $page = 'A cookie has a name and a value. The cookie jar keeps the cookies of a session; '
           . "send each cookie back with the next request to https://api.example.com/v1.\\n"
           . 'The password field is a text field, and contacts are people; messages are sent to the server.\\n';
for my $n (1, 10, 100, 1000) {
    file('in.json', result($page x $n));
    ($rc, $out) = run('inspect in.json');
    is($out, "1 message, 0 with findings, 0 invalid\n", "$n times the same page");
}


# text

file('in.json', result('a plugh, a frobozz'));
($rc, $out) = run('inspect -r rules.yaml in.json');
is($rc, 1, 'flagged');
like($out, qr/^in\.json: flag\n  log     mine-log .*\n.*\n  signal  mine-signal /, 'log and signal');

my $long = 'word ' x 40;
file('in.json', result($long . 'xyzzy ' . $long));
($rc, $out) = run('inspect -r rules.yaml in.json');
like($out, qr/^      \.\.\.[ word]{24}xyzzy[ word]{24}\.\.\.$/m, 'a long text is cut');

file('in.json', result('key ACME-0a1b2c3d and xyzzy'));
($rc, $out) = run('inspect -r rules.yaml in.json');
like($out, qr/redact  mine-secret .*\n      key ACME\*{9} and xyzzy$/m, 'of a secret the first characters');
like($out, qr/block   mine-block .*\n      key ACME\*{9} and xyzzy$/m, 'wherever it is shown');
unlike($out, qr/0a1b/, 'nothing else');

file('in.json', result('k\u016f\u0148 \u202exyzzy\u001b[2J \ud83d\ude00'));
($rc, $out) = run('inspect -r rules.yaml in.json');
like($out, qr/^      k\xc5\xaf\xc5\x88 <U\+202E>xyzzy<U\+001B>\[2J \xf0\x9f\x98\x80$/m, 'what cannot be seen is spelled out');
unlike($out, qr/\033/, 'and has no effect');

$ENV{LC_ALL} = 'C';
($rc, $out) = run('inspect -r rules.yaml in.json');
like($out, qr/^      k<U\+016F><U\+0148> <U\+202E>xyzzy<U\+001B>\[2J <U\+1F600>$/m, 'so is all that is not ASCII, if it must');
$ENV{LC_ALL} = 'C.UTF-8';


# a terminal

file('in.json', result('a xyzzy, plugh, ACME-0a1b2c3d, frobozz\u200b'));
$out = terminal('inspect -r rules.yaml in.json');
like($out, qr/^in\.json: \033\[1;31mblock\033\[0m$/m, 'the verdict in colour');
like($out, qr/^  \033\[1;31mblock  \033\[0m mine-block .*\n      a \033\[1;31mxyzzy\033\[0m, plugh, /m, 'block is red');
like($out, qr/^  \033\[1;36mlog    \033\[0m mine-log .*\n      a xyzzy, \033\[1;36mplugh\033\[0m, /m, 'log is cyan');
like($out, qr/^  \033\[1;33mredact \033\[0m mine-secret .*\n.*, \033\[1;33mACME\*{9}\033\[0m, /m, 'redact is yellow');
like($out, qr/^  \033\[1;35msignal \033\[0m mine-signal .*\n.*, \033\[1;35mfrobozz\033\[0m\033\[7m<U\+200B>\033\[27m$/m, 'a signal is magenta');
is(scalar(() = $out =~ /\033\[1;3\dm/g), scalar(() = $out =~ /\033\[0m/g), 'every colour ends');

$ENV{NO_COLOR} = 1;
unlike(terminal('inspect -r rules.yaml in.json'), qr/\033/, 'NO_COLOR');
delete $ENV{NO_COLOR};

file('in.json', result('x' x 400 . ' xyzzy' . 'x' x 400));
unlike(terminal('inspect -r rules.yaml in.json'), qr/\033\[1/, 'nothing found, no colour');


# JSON

file('in.json', result('fine') . "\n" . result('\ufb00 plugh xyzzy') . "\nnothing\n");
($rc, $out) = run('inspect -r rules.yaml --format json in.json');
is($rc, 2, 'JSON');
my @lines = map { decode_json($_) } split /\n/, $out;
is(scalar @lines, 3, 'a line for each message');
is_deeply($lines[0], {message => 'in.json:1', verdict => 'allow', findings => []}, 'that passes');
like(delete $_->{digest}, qr/^[0-9a-f]{4}$/, 'digest') for @{$lines[1]{findings}};
is_deeply($lines[1],
          {message => 'in.json:2', verdict => 'block',
           findings => [{rule => 'mine-log', category => 'injection', severity => 'medium', action => 'log',
                         path => '/result/content/0/text', from => 4, to => 9, layer => 0},
                        {rule => 'mine-block', category => 'injection', severity => 'high', action => 'block',
                         path => '/result/content/0/text', from => 10, to => 15, layer => 0}]},
          'with what was found');
is($lines[2]{verdict}, 'invalid', 'or is none');
ok($lines[2]{detail}, 'and why');

done_testing();
