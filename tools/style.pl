#!/usr/bin/perl
#
# The part of the house style that a program can see.  Prints FILE:LINE: what
# for each finding; exit status 1 when there is one.

use strict;
use warnings;
use open qw(:std :encoding(UTF-8));

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Find qw(find);

chdir dirname(abs_path($0)) . '/..' or die "chdir: $!\n";

my $found = 0;
my (@c, @scripts);

find({ no_chdir => 1, wanted => sub {
    if (/node_modules|servroot/) {
        $File::Find::prune = 1;
        return;
    }
    push @c, $_ if -f && /\.[ch]$/;
    push @scripts, $_ if -f && /\.(sh|pl|mjs|lua)$/;
} }, grep { -d } qw(ngx_mcp_module t fuzz bench tools));

check_c($_) for sort @c;
check_text($_, slurp($_), 0) for sort @scripts, grep { -f } qw(config);
check_directives();

printf "style: %d C files, %d scripts, %d findings\n",
       scalar @c, scalar @scripts, $found;
exit($found ? 1 : 0);


sub say_at {
    my ($file, $line, $what) = @_;

    print "$file:$line: $what\n";
    $found++;
}


sub slurp {
    my ($file) = @_;

    open my $fh, '<', $file or die "$file: $!\n";
    local $/;
    my $text = <$fh>;
    close $fh;

    return defined $text ? $text : '';
}


# What holds for every text file; columns and length only for C.
sub check_text {
    my ($file, $text, $is_c) = @_;
    my $n = 0;

    # the program that looks for these words has to name them
    my $words = $file =~ m{tools/style\.pl$} ? qr/(?!)/
                                             : qr/\b(TODO|FIXME|XXX)\b/;

    for my $line (split /\n/, $text, -1) {
        $n++;
        say_at($file, $n, 'trailing space') if $line =~ /[ \t\r]$/;
        say_at($file, $n, "$1 left in the code") if $line =~ $words;
        next if !$is_c;
        say_at($file, $n, 'tab') if $line =~ /\t/;
        say_at($file, $n, length($line) . ' columns') if length($line) > 80;
    }

    say_at($file, $n, 'no newline at the end') if $text !~ /\n\z/;
    say_at($file, $n, "more than 1000 lines") if $is_c && $n - 1 > 1000;
}


sub check_c {
    my ($file) = @_;
    my $text = slurp($file);

    check_text($file, $text, 1);

    if ($file =~ m{/core/}) {
        while ($text =~ /^[ ]*\#[ ]*include\s+[<"](ngx_[^>"]*)/mg) {
            say_at($file, line_of($text, $-[0]), "core includes $1");
        }
    }

    my $code = blank($text);

    while ($code =~ /\b(if|for|while|switch)\(/g) {
        say_at($file, line_of($code, $-[0]), "no space after \"$1\"");
    }

    while ($code =~ /\b(if|for|while|else|do)\b/g) {
        my ($word, $at, $pos) = ($1, $-[0], $+[0]);
        my $line_start = rindex($code, "\n", $at) + 1;

        # a directive of the preprocessor; in macros braces are checked too
        next if substr($code, $line_start, $at - $line_start) =~ /^\s*\#/;

        if ($word eq 'if' || $word eq 'for' || $word eq 'while') {
            $pos = skip_parens($code, $pos);

            if (!defined $pos) {
                say_at($file, line_of($code, $at), "\"$word\" without (");
                next;
            }
        }

        my $rest = substr($code, $pos, 200);
        $rest =~ s/\\\n/ /g;
        $rest =~ s/^\s+//;

        next if $rest =~ /^\{/;
        next if $word eq 'else' && $rest =~ /^if\b/;
        next if $word eq 'while' && substr($code, 0, $at) =~ /\}[\s\\]*\z/;

        say_at($file, line_of($code, $at), "\"$word\" without braces");
    }
}


# Comments and literals become blanks, so that places stay the same.
sub blank {
    my ($text) = @_;

    $text =~ s{
        ( /\*.*?\*/ | //[^\n]* | "(?:[^"\\\n]|\\.)*" | '(?:[^'\\\n]|\\.)*' )
    }{ my $s = $1; $s =~ s/[^\n]/ /g; $s }gexs;

    return $text;
}


sub skip_parens {
    my ($code, $pos) = @_;
    my $depth = 0;

    while (substr($code, $pos, 1) =~ /^[\s\\]$/) {
        $pos++;
    }

    return undef if substr($code, $pos, 1) ne '(';

    for (; $pos < length $code; $pos++) {
        my $ch = substr($code, $pos, 1);

        $depth++ if $ch eq '(';

        if ($ch eq ')' && --$depth == 0) {
            return $pos + 1;
        }
    }

    return undef;
}


sub line_of {
    my ($text, $at) = @_;

    return 1 + (substr($text, 0, $at) =~ tr/\n//);
}


# Each directive and variable in the tables of the glue stands in the
# reference, and the reference names no directive that is not there.
sub check_directives {
    my $doc = 'docs/directives.md';
    my (%code, %ref);

    return if !-f $doc;

    for my $file (glob 'ngx_mcp_module/http/*.c') {
        my $text = slurp($file);
        $text =~ s{/\*.*?\*/}{}gs;

        $code{$1} = $file
            while $text =~ /\bngx_string\("(mcp(?:_[a-z_]+)?)"\)\s*,
                            \s*NGX_HTTP_/gx;
    }

    my $text = slurp($doc);
    $ref{$1} = line_of($text, $-[0])
        while $text =~ /^\#+\s+`?(mcp(?:_[a-z_]+)?)`?\s*$/mg;

    for my $name (sort keys %code) {
        say_at($doc, 1, "directive \"$name\" has no section")
            if !exists $ref{$name};
    }

    for my $name (sort keys %ref) {
        say_at($doc, $ref{$name}, "directive \"$name\" is not in the code")
            if !exists $code{$name};
    }
}
