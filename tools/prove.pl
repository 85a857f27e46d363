#!/usr/bin/perl
#
# Runs TAP programs (unit tests and Test::Nginx suites) as prove does and
# writes what came out to build/log, for tools/test.sh to add up.
#
#     tools/prove.pl --log NAME [--sanitizers] PROGRAM...
#
# build/log/NAME.tap/... has the raw output, build/log/NAME.sum the sums
# "passed failed skipped".  Exit status 0: something ran and nothing failed.

use strict;
use warnings;

use Getopt::Long;
use TAP::Harness;

my ($log, $sanitizers);

GetOptions('log=s' => \$log, 'sanitizers' => \$sanitizers) && $log
    or die "usage: prove.pl --log NAME [--sanitizers] PROGRAM...\n";

my $sum = "build/log/$log.sum";
mkdir $_ for 'build', 'build/log';

# until the end is reached, this run counts as failed
write_sum(0, 1, 0);

die "prove.pl: no tests for \"$log\"\n" if !@ARGV;

if ($sanitizers) {
    # LeakSanitizer runs at exit; a program that leaks fails.
    $ENV{ASAN_OPTIONS} ||= 'detect_leaks=1:allocator_may_return_null=1'
                           . ':detect_stack_use_after_return=1';
    $ENV{UBSAN_OPTIONS} ||= 'print_stacktrace=1:halt_on_error=1';
}

system('rm', '-rf', "build/log/$log.tap");
mkdir "build/log/$log.tap";
$ENV{PERL_TEST_HARNESS_DUMP_TAP} = "build/log/$log.tap";

my $harness = TAP::Harness->new({
    verbosity => 0,
    failures  => 1,
    comments  => 1,
    color     => 0,
    exec      => sub {
        my (undef, $file) = @_;
        return $file =~ /\.t$/ ? [$^X, $file] : [$file];
    },
});

my $all = $harness->runtests(@ARGV);

my ($failed, $skipped) = (0, 0);

for my $parser ($all->parsers) {
    my $bad = $parser->failed;

    # no plan, a wrong count of tests, or death by a signal: one failure
    # more than what the program could say itself
    if ($parser->parse_errors || (!$bad && ($parser->exit || $parser->wait))) {
        $bad++;
    }

    $failed += $bad;
    $skipped += $parser->skip_all ? 1 : $parser->skipped;
}

my $passed = $all->passed - $all->skipped;

write_sum($passed, $failed, $skipped);
print "$log: $passed passed, $failed failed, $skipped skipped\n";

exit($failed || !($passed || $skipped) ? 1 : 0);


sub write_sum {
    open my $fh, '>', $sum or die "$sum: $!\n";
    print $fh "@_\n";
    close $fh or die "$sum: $!\n";
}
