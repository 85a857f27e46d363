# A rule pack that does not compile stops nginx: file, line, rule and reason.
# One line of the table is one block.

use FindBin;
use lib "$FindBin::Bin/lib";
use MCPTest;
use Test::Nginx::Socket 'no_plan';

# A pack whose rule has these lines; "<" takes a default line away.
sub pack_of {
    my (@lines) = @_;
    my %rule = (category => 'abuse', surfaces => '[arguments]',
                action => 'block', pattern => q('\bplumbus\b'));
    my @order = qw(category surfaces action pattern);

    for (@lines) {
        my ($key, $value) = /^(<?\w+):? ?(.*)/s;

        if ($key =~ s/^<//) {
            delete $rule{$key};
            next;
        }

        push @order, $key if !exists $rule{$key};
        $rule{$key} = $value;
    }

    return "pack: broken\nrules:\n  - id: the-rule\n"
           . join '', map { "    $_: $rule{$_}\n" }
                      grep { exists $rule{$_} } @order;
}

# name, pack, line of the error, the rest of it ("": it starts)
our @cases = (
    ['all is well', pack_of(), 0, ''],
    ['all keys', pack_of('severity: high', 'validate: length>=3', 'description: d', 'tags: [a, b]',
        "kinds: [command, text]", "examples: {match: ['a plumbus'], no_match: ['x']}"), 0, ''],
    ['a signal', "pack: b\ncombine: {abuse: {flag: 1, block: 2}}\n" . (pack_of('<action', 'signal: 2') =~ s/^pack.*\n//r), 0, ''],

    ['not YAML', "pack: [\n", 1, qr/.+/],
    ['empty', '', 1, qr/empty/],
    ['a list', "- a\n", 1, qr/mapping/],
    ['text', "hello\n", 1, qr/mapping/],
    ['two documents', pack_of() . "---\n" . pack_of(), 8, qr/more than one document/],
    ['a tab', "pack: b\nrules:\n\t- id: x\n", 3, qr/.+/],
    ['broken UTF-8', "pack: b\nrules: # \xff\n", 2, qr/.+/],
    ['an anchor', "pack: &a b\nrules: []\n", 1, qr/anchors are not supported/],
    ['an alias', "pack: b\nrules: *a\n", 2, qr/aliases are not supported/],
    ['a tag', "pack: !!str b\nrules: []\n", 1, qr/tags are not supported/],
    ['no rules', "pack: b\n", 2, qr/"rules" is missing/],
    ['an unknown key of a pack', "pack: b\nowner: me\n" . (pack_of() =~ s/^pack.*\n//r), 2, qr/unknown key "owner"/],
    ['the same key twice', "pack: b\npack: c\nrules: []\n", 2, qr/"pack" is duplicate/],
    ['rules are no list', "pack: b\nrules: {}\n", 2, qr/"rules" must be a list/],

    ['no id', "pack: b\nrules:\n  - category: abuse\n    surfaces: [arguments]\n    action: block\n    pattern: 'plumbus'\n", 3, qr/rule without "id"/],
    ['a bad id', "pack: b\nrules:\n  - id: 'The Rule'\n", 3, qr/bad id/],
    ['the same id twice', pack_of() . (pack_of() =~ s/\A.*\n.*\n//r), 8, qr/duplicate id, first used in \S+broken\.yaml:3/],

    ['no category', pack_of('<category'), 3, qr/rule "the-rule": "category" is missing/],
    ['no surfaces', pack_of('<surfaces'), 3, qr/rule "the-rule": "surfaces" is missing/],
    ['no action', pack_of('<action'), 3, qr/rule "the-rule": "action" is missing/],
    ['no pattern', pack_of('<pattern'), 3, qr/rule "the-rule": "pattern" is missing/],
    ['an unknown key', pack_of('colour: red'), 8, qr/rule "the-rule": unknown key "colour"/],
    ['an unknown category', pack_of('category: spam'), 4, qr/rule "the-rule": unknown category "spam"/],
    ['an unknown surface', pack_of('surfaces: [arguments, all]'), 5, qr/rule "the-rule": unknown surface "all"/],
    ['no surface in the list', pack_of('surfaces: []'), 5, qr/rule "the-rule": "surfaces" is empty/],
    ['the same surface twice', pack_of('surfaces: [result, result]'), 5, qr/rule "the-rule": "surfaces" names the same twice/],
    ['surfaces are no list', pack_of('surfaces: arguments'), 5, qr/rule "the-rule": "surfaces" must be a list/],
    ['an unknown action', pack_of('action: allow'), 6, qr/rule "the-rule": unknown action "allow"/],
    ['an unknown severity', pack_of('severity: huge'), 8, qr/rule "the-rule": unknown severity "huge"/],
    ['an unknown kind', pack_of('kinds: [prose]'), 8, qr/rule "the-rule": unknown kind "prose"/],
    ['kinds of no argument', pack_of('surfaces: [result]', 'kinds: [command]'), 3, qr/rule "the-rule": "kinds" without the surface "arguments"/],
    ['an unknown validator', pack_of('validate: looks_good'), 8, qr/rule "the-rule": "validate": .*"looks_good/],
    ['a validator without its number', pack_of('validate: entropy'), 8, qr/rule "the-rule": "validate": .*/],
    ['action and signal', pack_of('signal: 2'), 3, qr/rule "the-rule": both "action" and "signal"/],
    ['a signal of 0', pack_of('<action', 'signal: 0'), 7, qr/rule "the-rule": "signal" must not be 0/],
    ['a signal that is no number', pack_of('<action', 'signal: strong'), 7, qr/rule "the-rule": "signal" must be a number/],
    ['an unknown judge', pack_of('<pattern', 'judge: me'), 7, qr/rule "the-rule": unknown judge "me"/],
    ['pattern and judge', pack_of('judge: url'), 3, qr/rule "the-rule": both "pattern" and "judge"/],
    ['combine: block below flag', "pack: b\ncombine: {abuse: {flag: 5, block: 2}}\n" . (pack_of() =~ s/^pack.*\n//r), 2, qr/"combine": "block" is less than "flag"/],

    ['an empty pattern', pack_of("pattern: ''"), 7, qr/rule "the-rule": "pattern" is empty/],
    ['a pattern that does not parse', pack_of("pattern: 'plumbus('"), 7, qr/rule "the-rule": .+ \(at \d+ in the pattern\)/],
    ['a class that does not end', pack_of("pattern: 'plumbus[a'"), 7, qr/rule "the-rule": .+/],
    ['a range in the wrong order', pack_of("pattern: 'plumbus[z-a]'"), 7, qr/rule "the-rule": .+/],
    ['a repeat in the wrong order', pack_of("pattern: 'plumbus{3,2}'"), 7, qr/rule "the-rule": .+/],
    ['look-ahead', pack_of("pattern: 'plumbus(?=x)'"), 7, qr/rule "the-rule": .+/],
    ['look-behind', pack_of("pattern: '(?<=x)plumbus'"), 7, qr/rule "the-rule": .+/],
    ['a back-reference', pack_of("pattern: '(p)lumbus\\1'"), 7, qr/rule "the-rule": .+/],
    ['a recursion', pack_of("pattern: 'plumbus(?R)'"), 7, qr/rule "the-rule": .+/],
    ['a pattern that matches nothing', pack_of("pattern: 'x*'"), 7, qr/rule "the-rule": .+/],
    ['a pattern that is too wide', pack_of("pattern: '[a-z]+'"), 7, qr/rule "the-rule": pattern is too wide/],
    ['an unknown group', pack_of("pattern: '(?Q)plumbus'"), 7, qr/rule "the-rule": .+/],
);


sub blocks_of {
    my $spec = '';

    for my $i (0 .. $#cases) {
        my ($name, $text, $line, $error) = @{ $cases[$i] };
        my $n = $i + 1;

        $spec .= "=== TEST $n: $name\n--- user_files eval\n"
                 . "[['../conf/broken.yaml', \$::cases[$i][1]]]\n--- rules: broken.yaml\n";
        $spec .= !ref $error ? "--- post eval\n::call('echo', '{\"t\":\"a plumbus\"}')\n"
                               . "--- error_code: 200\n--- response_body_like: "
                               . ($name =~ /signal|all is|all keys/ ? 'the-rule' : 'hello') . "\n\n"
                 : "--- must_die\n--- error_log eval\nmy \$re = \$::cases[$i][3];\n"
                   . "qr/mcp_rules: \\S+broken\\.yaml:$line: .*\$re.* in \\S+nginx\\.conf:\\d+\$/\n\n";
    }

    return $spec;
}


Test::Base::spec_string(blocks_of());
MCPTest::run();
