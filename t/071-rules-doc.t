# docs/rules.md, done by the letter: its files are written, its commands run,
# and what they print is what it says.  "..." stands for anything.

use strict;
use warnings;

use File::Basename qw(dirname);
use File::Temp qw(tempdir);
use FindBin;
use Test::More;

my $mcpctl = $ENV{MCPCTL} || "$FindBin::Bin/../build/mcpctl";
my $dir = tempdir(CLEANUP => 1);

open my $fh, '<', "$FindBin::Bin/../docs/rules.md" or die $!;
my $doc = do { local $/; <$fh> };
close $fh;

sub run {
    my ($command) = @_;
    my $bin = dirname($mcpctl);
    return scalar qx(cd $dir && PATH="$bin:\$PATH" $command 2>&1);
}

my ($files, $commands) = (0, 0);

while ($doc =~ /(?:^`(\S+)`:\n\n)?^```(\w*)\n(.*?)^```$/msg) {
    my ($name, $kind, $text) = ($1, $2, $3);

    if (defined $name) {
        open my $out, '>', "$dir/$name" or die $!;
        print $out $text;
        close $out or die $!;
        $files++;
        next;
    }

    next if $kind ne 'console';

    while ($text =~ /^\$ (.*)\n((?:(?!\$ ).*\n)*)/mg) {
        my ($command, $want) = ($1, $2);
        my $re = quotemeta($want) =~ s/\\\.\\\.\\\./(?s:.*)/gr;

        like(run($command), qr/\A$re\z/, $command);
        $commands++;
    }
}

cmp_ok($files, '>=', 4, 'the files are there');
cmp_ok($commands, '>=', 5, 'so are the commands');


# what it says of patterns

sub check {
    my ($pattern, $match, $no_match, $more) = @_;

    my $list = sub { join ', ', map { "'" . s/'/''/gr . "'" } @{$_[0]} };
    open my $out, '>', "$dir/check.yaml" or die $!;
    print $out <<"END" . ($more // '');
pack: check
rules:
  - id: check
    category: secret
    surfaces: [result]
    action: redact
    pattern: '@{[$pattern =~ s/'/''/gr]}'
    examples:
      match: [@{[$list->($match)]}]
      no_match: [@{[$list->($no_match)]}]
END
    close $out or die $!;
    return run('mcpctl rules check check.yaml');
}

my $good = qr/^1 rules, \d+ examples, 0 wrong;/;

like(check('acme(?=x)', ['acmex'], ['acme']), qr/: look-around is not supported/, 'look-around');
like(check('(acme)\1', ['acmeacme'], ['acme']), qr/: .*back.?ref/i, 'back reference');
like(check('(?:(?:acme)+)+x', ['acmex'], ['acme']), qr/: quantifiers inside each other/, 'quantifiers');
like(check('acme (?i)key', ['acme KEY'], ['ACME key']), $good, '(?i) holds from where it stands');
like(check('\b<acme>', ['<acme>'], ['acme']), qr/: \\b beside a character that is no word/, '\b');
like(check('^acme$', ['acme'], ['acme ', ' acme']), $good, '^ and $');
like(check('acme[^\n]{0,60}key', ['acme, a key'], ['acme, no key'], "    unless: 'no'\n"), $good, 'unless');
like(check('acme-(\w{8})', ['acme-0a1b2c3d'], ['acme-00000000'], "    validate: distinct>=4 digits>=2\n"),
     $good, 'validators look at the group');
like(check('acme-(\w{8})', ['acme-0a1b2c3d'], ['acme'], "    validate: nice\n"),
     qr/: "validate": .* "nice"/, 'unknown validator');

open my $out, '>', "$dir/member.yaml" or die $!;
print $out <<'END';
pack: member
rules:
  - id: member
    category: secret
    surfaces: [result]
    action: redact
    pattern: '\bacmeword: *(\S+)'
END
close $out or die $!;

for my $result ('{"acmeword":"xyzzy"}', '{"other":"acmeword: xyzzy"}') {
    open my $out, '>', "$dir/member.json" or die $!;
    print $out qq({"jsonrpc":"2.0","id":1,"result":{"content":[],"structuredContent":$result}});
    close $out or die $!;
    like(run('mcpctl inspect -r member.yaml member.json'), qr/: redact\n/, "in $result");
}

my %word = map { $_ => 1 } $doc =~ /`(\w+)`/g;
open my $src, '<', "$FindBin::Bin/../ngx_mcp_module/core/mcp_validate.c" or die $!;
my @validators = map { /^    \{ "(\w+)", \w*check_/ } <$src>;
close $src;
cmp_ok(scalar @validators, '>', 20, 'validators');
is_deeply([grep { !$word{$_} } @validators], [], 'all of them are named');

done_testing();
