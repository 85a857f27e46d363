# mcpctl: the commands as a user calls them.  MCPCTL names another binary.

use strict;
use warnings;

use File::Temp qw(tempdir);
use FindBin;
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


# rules bench

file('one.yaml', pack_of('\bxyzzy[0-9]{2}\b'));
file('text.txt', join('', map { "line $_ with xyzzy1, and xyzzy42.\n" } 1 .. 400));

($rc, $out) = run(['rules', 'bench', '--seconds', '0.01', '-r', 'one.yaml', 'text.txt']);
is($rc, 0, 'bench of a text');
like($out, qr/^mine-one +\d+ +\d+ +[1-9]\d* +[1-9][\d.]* +\d+ +[\d.]+% +400$/m,
     'every match of a rule is counted');
like($out, qr/1 messages, 1 with a verdict; 0\.01 MB of text, /, 'so is the text');
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
like($out, qr/^all rules .* 400$/m, 'the sum has them all');

($rc, $out, $err) = run(['rules', 'bench', '-r', 'one.yaml', 'missing']);
is($rc, 2, 'bench of a file that is missing');
like($err, qr/^mcpctl: missing: No such file/, 'which the message names');

for my $bad (['--top', 'x'], ['--seconds', '0'], ['--what']) {
    ($rc, $out, $err) = run(['rules', 'bench', @$bad]);
    is($rc, 2, "bench @$bad");
    like($err, qr/usage: mcpctl rules/, 'shows the usage');
}

done_testing();
