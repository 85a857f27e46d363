# mcpctl: the commands as a user calls them.  MCPCTL names another binary.

use strict;
use warnings;

use File::Temp qw(tempdir);
use FindBin;
use JSON::PP qw(decode_json);
use Test::More;

my $mcpctl = $ENV{MCPCTL} || "$FindBin::Bin/../build/mcpctl";
my $dir = tempdir(CLEANUP => 1);

# exit status, standard output, standard error
sub run {
    my ($args, $input) = @_;

    open my $in, '>', "$dir/in" or die $!;
    print $in $input // '';
    close $in;

    my @words = map { "'" . s/'/'\\''/gr . "'" } @$args;
    system("cd $dir && '$mcpctl' @words < in > out 2> err");

    return ($? >> 8, slurp("$dir/out"), slurp("$dir/err"));
}

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

sub pack_of {
    my ($pattern, %more) = @_;
    my $action = $more{action} // 'block';

    return <<"END";
pack: mine
rules:
  - id: mine-one
    category: injection
    surfaces: [result, arguments]
    action: $action
    pattern: '$pattern'
END
}

sub result {
    return qq({"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"$_[0]"}]}});
}

my ($rc, $out, $err);


# help

my $man = slurp("$FindBin::Bin/../docs/mcpctl.1") =~ s/^\.BR? //mgr;

for my $command ('inspect', 'corpus', 'score', 'rules check', 'rules list', 'rules bench', 'rules diff', 'bench') {
    ($rc, $out) = run([split(/ /, $command), '--help']);
    is($rc, 0, "$command --help");
    like($out, qr/^usage: mcpctl $command .*\n[a-z]/, 'usage, and what it is for');
    like($man, qr/^mcpctl $command$/m, 'the manual has it');

    for my $option ($out =~ /--(\w+)/g) {
        like($man, qr/\\-\\-$option\b/, "with --$option");
    }
}

for my $args (['--help'], ['help'], ['rules', '--help']) {
    ($rc, $out, $err) = run($args);
    is($rc, 0, "@$args");
    like($out, qr/^usage: mcpctl .*\bbench\b.*Exit status/s, 'lists the commands');
}

($rc, $out, $err) = run(['--version']);
is($rc, 0, 'version');
like($out, qr/^mcpctl \d+\.\d+\.\d+$/, 'a number');

for my $bad ([], ['rules']) {
    ($rc, $out, $err) = run($bad);
    is($rc, 2, "no command: @$bad");
    is($out, '', 'nothing on standard output');
    like($err, qr/^usage: mcpctl/, 'usage on the other');
}

for my $bad (['nonsense'], ['rules', 'nonsense']) {
    ($rc, $out, $err) = run($bad);
    is($rc, 2, 'unknown command');
    like($err, qr/^mcpctl: unknown command "nonsense"; see mcpctl/, 'is told');
}


# rules bench

file('one.yaml', pack_of('\bxyzzy[0-9]{2}\b'));
file('text.txt', join('', map { "line $_ with xyzzy1, and xyzzy42.\n" } 1 .. 100));

($rc, $out) = run(['rules', 'bench', '--seconds', '0.01', '-r', 'one.yaml', 'text.txt']);
is($rc, 0, 'bench of a text');
like($out, qr/^mine-one +\d+ +\d+ +[1-9]\d* +[1-9][\d.]* +\d+ +[\d.]+% +100$/m,
     'every match of a rule is counted');
like($out, qr/1 messages, 1 with a verdict; 0\.00 MB of text, /, 'so is the text');
like($out, qr/^compiled in \d+ ms, .*\n +mine-one +[\d.]+ ms$/m, 'time of compiling');

($rc, $out) = run(['rules', 'bench', '--seconds', '0.01', '-r', 'one.yaml']);
is($rc, 0, 'bench of harmless text');
like($out, qr/^1 of 1 rules had nothing to look at$/m, 'in which there is nothing');
like($out, qr/^16 messages, 0 with a verdict; 1\.05 MB/m, 'and which is long');

file('rows.jsonl', qq({"id":"a","surface":"tool_result","text":"xyzzy11"}\n)
                   . qq({"id":"b","surface":"tool_arguments","text":"{\\"name\\":\\"t\\",\\"arguments\\":{\\"q\\":\\"xyzzy12 xyzzy13\\"}}"}\n));
($rc, $out) = run(['rules', 'bench', '--seconds', '0.01', '-r', 'one.yaml', 'rows.jsonl']);
is($rc, 0, 'bench of a corpus');
like($out, qr/^mine-one .* 3$/m, 'rows are messages');

file('lines.jsonl', result('xyzzy21') . "\n" . result('none') . "\n");
($rc, $out) = run(['rules', 'bench', '--seconds', '0.01', '-r', 'one.yaml', 'lines.jsonl', 'rows.jsonl']);
like($out, qr/^mine-one .* 4$/m, 'messages and rows together');
like($out, qr/^4 messages, 3 with a verdict/m, 'are all judged');

($rc, $out) = run(['rules', 'bench', '--seconds', '0.01', '--top', '0', '-r', 'one.yaml', 'text.txt']);
unlike($out, qr/^mine-one .*%/m, 'no more rules than --top tells');
like($out, qr/^all rules .* 100$/m, 'the sum has them all');

($rc, $out, $err) = run(['rules', 'bench', '-r', 'one.yaml', 'missing']);
is($rc, 2, 'bench of a file that is missing');
like($err, qr/^mcpctl: missing: No such file/, 'which the message names');

for my $bad (['--top', 'x'], ['--seconds', '0'], ['--what']) {
    ($rc, $out, $err) = run(['rules', 'bench', @$bad]);
    is($rc, 2, "bench @$bad");
    like($err, qr/usage: mcpctl rules bench/, 'shows the usage');
}


# rules diff

file('log.yaml', pack_of('\bxyzzy[0-9]{2}\b', action => 'log'));
file('wide.yaml', pack_of('\bxyzzy[0-9]{1,2}\b'));
file('narrow.yaml', pack_of('\bxyzzy4[0-9]\b'));
file('other.yaml', pack_of('\bplugh[0-9]{2}\b') =~ s/mine-one/mine-two/r);
file('traffic.jsonl', join '', map { result($_) . "\n" } 'xyzzy21', 'xyzzy3, plugh11', 'none');

($rc, $out) = run(['rules', 'diff', 'one.yaml', 'one.yaml', 'traffic.jsonl']);
is($rc, 0, 'nothing changes');
is($out, "3 messages, 0 changed; verdicts: 0 stricter, 0 milder\n", 'and that is all');

($rc, $out) = run(['rules', 'diff', 'one.yaml', 'wide.yaml', 'traffic.jsonl']);
is($rc, 1, 'a wider pattern');
like($out, qr{^traffic\.jsonl:2: allow -> block\n  \+ block mine-one at /result/content/0/text\n\n}, 'finds more');
like($out, qr/^mine-one +1 +2 +0 +1 +0$/m, 'is told for the rule');
like($out, qr/^3 messages, 1 changed; verdicts: 1 stricter, 0 milder$/m, 'and in sum');

($rc, $out) = run(['rules', 'diff', 'one.yaml', 'narrow.yaml', 'traffic.jsonl']);
is($rc, 1, 'a narrower one');
like($out, qr{^traffic\.jsonl:1: block -> allow\n  - block mine-one at /result/content/0/text$}m, 'finds less');
like($out, qr/^mine-one +1 +0 +1 +0 +0$/m, 'is told for the rule');
like($out, qr/0 stricter, 1 milder$/m, 'and in sum');

($rc, $out) = run(['rules', 'diff', 'log.yaml', 'one.yaml', 'traffic.jsonl']);
is($rc, 1, 'another action');
like($out, qr{^traffic\.jsonl:1: flag -> block\n  ~ log -> block mine-one at /result/content/0/text$}m, 'is told');
like($out, qr/^mine-one +1 +1 +0 +0 +1$/m, 'for the rule');

($rc, $out) = run(['rules', 'diff', 'one.yaml', 'one.yaml,other.yaml', 'traffic.jsonl']);
is($rc, 1, 'one pack more');
like($out, qr{\+ block mine-two at}, 'finds more');
unlike($out, qr/^mine-one/m, 'the other rule has not changed');

($rc, $out) = run(['rules', 'diff', '--format', 'json', 'log.yaml', 'wide.yaml', 'traffic.jsonl']);
is($rc, 1, 'JSON');
my @lines = split /\n/, $out;
is(scalar @lines, 3, 'a line for each message that changes, and one for the sum');
is_deeply(decode_json($lines[0]),
          {message => 'traffic.jsonl:1', old => 'flag', new => 'block', lost => [], gained => [],
           changed => [{rule => 'mine-one', action => 'block', was => 'log', path => '/result/content/0/text', from => 0, to => 7}]},
          'has the changed action');
is_deeply(decode_json($lines[1])->{gained},
          [{rule => 'mine-one', action => 'block', path => '/result/content/0/text', from => 0, to => 6}],
          'has what was gained');
is_deeply(decode_json($lines[2]),
          {messages => 3, changed => 2, stricter => 2, milder => 0,
           rules => [{rule => 'mine-one', old => 1, new => 2, lost => 0, gained => 1, action_changed => 1}]}, 'has the sum');

($rc, $out) = run(['rules', 'diff', 'one.yaml', 'wide.yaml', 'rows.jsonl', 'traffic.jsonl']);
like($out, qr/^5 messages, 1 changed/m, 'a corpus and messages');

mkdir "$dir/packs";
file('packs/a.yaml', slurp("$dir/one.yaml"));
file('packs/b.yaml', slurp("$dir/other.yaml") =~ s/pack: mine/pack: theirs/r);
($rc, $out) = run(['rules', 'diff', 'one.yaml,other.yaml', 'packs', 'traffic.jsonl']);
is($rc, 0, 'the packs of a directory');

file('bad.yaml', pack_of('('));
for my $bad (['bad.yaml', 'one.yaml', 'traffic.jsonl'], ['one.yaml', 'bad.yaml', 'traffic.jsonl']) {
    ($rc, $out, $err) = run(['rules', 'diff', @$bad]);
    is($rc, 2, 'a pack that does not compile');
    like($err, qr/^mcpctl: bad\.yaml:7: rule "mine-one": /, 'is told');
}

($rc, $out, $err) = run(['rules', 'diff', 'one.yaml', 'wide.yaml', 'missing']);
is($rc, 2, 'traffic that is missing');

for my $bad ([], ['one.yaml', 'wide.yaml'], ['--format', 'xml', 'one.yaml', 'wide.yaml', 'traffic.jsonl']) {
    ($rc, $out, $err) = run(['rules', 'diff', @$bad]);
    is($rc, 2, "diff @$bad");
    like($err, qr/usage: mcpctl rules diff/, 'shows the usage');
}


# rules check, rules list

my $good = pack_of('\bxyzzy[0-9]{2}\b') . <<'END';
    description: Magic words
    tags: [owasp-mcp-06, magic]
    examples:
      match: [xyzzy11, say xyzzy12]
      no_match: [xyzzy1, xyzzy]
END
file('good.yaml', $good);

for my $args (['good.yaml'], ['--strict', 'good.yaml'], ['-r', 'good.yaml']) {
    ($rc, $out) = run(['rules', 'check', @$args]);
    is($rc, 0, "check @$args");
    like($out, qr/^1 rules, 4 examples, 0 wrong; compiled in \d+ ms, database [\d.]+ KB$/, 'tells what it did');
}

for my $lack (['two matching examples', qr/, say xyzzy12/], ['two harmless examples', qr/, xyzzy\]/ => ']'],
              ['tags', qr/^ +tags.*\n/m], ['a description', qr/^ +description.*\n/m])
{
    my ($what, $re, $put) = (@$lack, '');
    file('lack.yaml', $good =~ s/$re/$put/r);

    ($rc, $out) = run(['rules', 'check', 'lack.yaml']);
    is($rc, 0, "a rule without $what");

    ($rc, $out) = run(['rules', 'check', '--strict', 'lack.yaml']);
    is($rc, 1, 'is not for others');
    like($out, qr/^lack\.yaml:3: rule "mine-one": has not got $what$/m, 'which is told');
}

file('wrong.yaml', $good =~ s/say xyzzy12/say xyzzy/r =~ s/xyzzy1,/xyzzy10,/r);
($rc, $out) = run(['rules', 'check', 'wrong.yaml']);
is($rc, 1, 'examples that are wrong');
like($out, qr/^wrong\.yaml:3: rule "mine-one": match example 2: does not match$/m, 'the one that should match');
like($out, qr/^wrong\.yaml:3: rule "mine-one": no_match example 1: matches$/m, 'the one that should not');

($rc, $out) = run(['rules', 'list', 'good.yaml']);
is($rc, 0, 'list');
is($out, 'mine-one' . ' ' x 29 . "injection    block     high      Magic words [owasp-mcp-06,magic]\n", 'a rule on a line');

($rc, $out) = run(['rules', 'list', '--format', 'json', 'good.yaml']);
is($rc, 0, 'list as JSON');
is_deeply(decode_json($out),
          {id => 'mine-one', pack => 'mine', file => 'good.yaml', line => 3, category => 'injection',
           severity => 'high', action => 'block', signal => 0, pattern => '\bxyzzy[0-9]{2}\b', judge => undef,
           description => 'Magic words', surfaces => ['arguments', 'result'],
           kinds => [qw(command path url host sql content identifier text)], tags => ['owasp-mcp-06', 'magic']},
          'has all that is known of a rule');

($rc, $out) = run(['rules', 'list', '--format', 'json']);
my @all = map { decode_json($_) } split /\n/, $out;
my ($rc2, $text) = run(['rules', 'list', 'default']);
is(scalar @all, scalar(() = $text =~ /\n/g), 'as many rules as lines');
is_deeply([map { $_->{id} } @all], [map { /^(\S+)/ } split /\n/, $text], 'the same ones');
is(scalar(grep { defined $_->{pattern} == defined $_->{judge} } @all), 0, 'a pattern or a judge');

done_testing();
