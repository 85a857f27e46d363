package MCPTest::Check;

# What the sections of a block say must have come out; MCPTest.pm lists them.

use strict;
use warnings;

use Time::HiRes ();


sub pattern_lines {
    my $value = shift;

    return ref $value eq 'ARRAY' ? @$value
           : ref $value ? $value
           : grep { /\S/ && !/^#/ } split /\n/, $value;
}


sub value_of {
    my ($block, $section, $i) = @_;
    my $value = $block->$section;

    return ref $value eq 'ARRAY' && $section ne 'upstream' ? $value->[$i]
                                                           : $value;
}


# After each response.
sub check {
    my ($block, $body, $i, $repeated, $dry_run) = @_;
    my $name = $block->name;
    my $post = ($block->posts || [])->[$i];
    my ($many) = grep { ref eq 'ARRAY' } $block->pipelined_requests // '',
                                         $block->request // '';
    my $n_requests = $many && !defined $block->raw_request ? @$many : 1;

    return if $dry_run;

    $body //= '';

    my ($res, $left) = @MCPTest::last{qw(res left)};
    my $length = $res ? $res->header('Content-Length') : undef;

    if (defined $length && $length ne length $body
        && $res->code !~ /^(204|304)$/
        && ($block->request // '') !~ /\AHEAD / && !defined $block->cut)
    {
        Test::More::is(length $body, $length, "$name - Content-Length");
    }

    # a second end of a chunked body would be the start of another response
    if (length($left // '') && !defined $block->pipelined_requests) {
        Test::More::is($left, '', "$name - nothing behind the response");
    }

    for my $section (qw(refused withheld blocked rpc_error)) {
        my $value = value_of($block, $section, $i) // next;
        check_answer($block, $section, $value, $body);
    }

    if (defined(my $lines = value_of($block, 'json', $i))) {
        my $data = eval { MCPTest::decode($body) };

        if (ref $data) {
            check_pointer("$name - answer", $data, $_)
                for pattern_lines($lines);

        } else {
            Test::More::fail("$name - the answer is JSON");
            Test::More::diag("got: $body");
        }
    }

    if (defined(my $want = $block->events)) {
        check_events($name, $want, $body);
    }

    if (defined $block->unchanged) {
        my $script = $block->upstream;
        $script = [$script] if ref $script eq 'HASH';
        my $a = $script->[$i > $#$script ? -1 : $i];
        my $sent = ref $a->{body} ? join('', grep { !ref } @{ $a->{body} })
                                  : $a->{body};

        Test::More::is($body, $sent, "$name - the body is the server's");
    }

    # the rest once, after the last request

    return if $i < $n_requests - 1;

    check_upstream($block, $name, $post);
    check_logs($block, $name);

    if (defined(my $probe = $block->probe)) {
        die "$name: --- probe is no sub: $probe\n" if ref $probe ne 'CODE';
        $probe->($block, $body, \%MCPTest::last);
    }

    check_audit_log($block, $name);
}


# Our own answers: everything about them in one line.
sub check_answer {
    my ($block, $section, $value, $body) = @_;
    my $name = $block->name;
    my $data = eval { MCPTest::decode($body) } || {};
    my @want = split ' ', $value;

    $data = {} if ref $data ne 'HASH';

    my $res = $MCPTest::last{res};
    my $length = $res ? $res->header('Content-Length') : undef;
    my $reached = $section eq 'withheld' || defined $block->upstream_count
                  ? '-' : scalar MCPTest::requests();
    my %got = (type => $res ? lc($res->header('Content-Type') // '') : undef,
               length => !defined $length || $length == length $body ? 'right'
                                                                      : $length,
               jsonrpc => $data->{jsonrpc}, forwarded => $reached,
               id => exists $data->{id} ? MCPTest::encode($data->{id})
                                        : 'absent',
               code => 'none', reason => '-', rule => '-');
    my %want = (type => 'application/json', length => 'right',
                jsonrpc => '2.0', rule => '-',
                forwarded => $section eq 'withheld'
                             || defined $block->upstream_count ? '-' : 0);

    if ($section eq 'blocked') {
        my $result = ref $data->{result} eq 'HASH' ? $data->{result} : {};
        my $verdict = $result->{_meta}{'ngx-mcp-module/verdict'} || {};

        @got{qw(code reason rule)} = @$verdict{qw(code reason rule)};
        @want{qw(rule id)} = @want;
        @want{qw(code reason)} = (-31001, 'rule');
        $want{id} //= 1;

        $got{members} = join ',', sort keys %$data;
        $want{members} = 'id,jsonrpc,result';
        $got{isError} = $result->{isError} ? 'true' : 'false';
        $want{isError} = 'true';
        $got{text} = eval { $result->{content}[0]{text} } // '';
        $got{text} = $got{text} =~ /rule \Q$want{rule}\E\b/
                     && $got{text} =~ /\b\Q$verdict->{request}\E\b/
                     ? 'names rule and request' : $got{text};
        $want{text} = 'names rule and request';

    } else {
        my $error = ref $data->{error} eq 'HASH' ? $data->{error} : {};

        shift @want if $section ne 'rpc_error';
        @want{qw(code id reason)} = @want;
        $want{id} //= 'null';
        $want{reason} //= '-';

        $got{code} = $error->{code} // 'none';
        $got{reason} = $error->{data}{reason} // '-'
            if $want{reason} ne '-' && ref $error->{data} eq 'HASH';
        $got{members} = join ',', sort keys %$data;
        $want{members} = 'error,id,jsonrpc';
        $got{message} = length($error->{message} // '') ? 'text' : 'none';
        $want{message} = 'text';
    }

    my $line = sub {
        my $h = shift;
        join ' ', map { "$_=" . ($h->{$_} // 'undef') } sort keys %$h;
    };

    if (!Test::More::is($line->(\%got), $line->(\%want),
                        "$name - $section: $value"))
    {
        Test::More::diag("got: $body");
    }
}


sub check_pointer {
    my ($name, $data, $line) = @_;
    my ($pointer, $want) = $line =~ /^\s*(\S*)\s+(.*?)\s*$/
        or die "bad line \"$line\"\n";
    my $there = 1;

    $pointer = '' if $pointer eq '""';

    for my $part (grep { defined && length } split m{/}, $pointer) {
        $part =~ s/~1/\//g;
        $part =~ s/~0/~/g;

        if (ref $data eq 'HASH' && exists $data->{$part}) {
            $data = $data->{$part};

        } elsif (ref $data eq 'ARRAY' && $part =~ /^\d+$/
                 && $part <= $#$data)
        {
            $data = $data->[$part];

        } else {
            $there = 0;
            last;
        }
    }

    if ($want eq 'absent') {
        return Test::More::ok(!$there, "$name: $pointer is absent");
    }

    if (!$there) {
        Test::More::fail("$name: $pointer is there");
        return;
    }

    if ($want =~ /^~(.*)/) {
        my $re = $1;
        my $text = ref $data ? MCPTest::encode($data) : $data // 'null';
        return Test::More::like($text, qr/$re/, "$name: $pointer");
    }

    return Test::More::is(MCPTest::encode($data),
                          MCPTest::encode(MCPTest::decode($want)),
                          "$name: $pointer");
}


sub check_events {
    my ($name, $want, $body) = @_;
    my @want = ref $want ? @$want : split /\n/, $want;
    my @got = MCPTest::Make::events($body);

    Test::More::is(scalar @got, scalar @want, "$name - events")
        or Test::More::diag("got: $body");

    for my $i (0 .. $#want) {
        my ($head, $re) = $want[$i] =~ m{\A(\S+ \[.*?\] )/(.*)/\z}s;
        my $got = $got[$i] // 'none';

        defined $re
            ? Test::More::like($got, qr/\A\Q$head\E$re\z/s, "$name - event $i")
            : Test::More::is($got, $want[$i], "$name - event $i");
    }
}


sub check_upstream {
    my ($block, $name, $post) = @_;
    my @r = MCPTest::requests();

    if (defined(my $n = $block->upstream_count)) {
        Test::More::is(scalar @r, $n, "$name - requests that were forwarded");
    }

    if (defined $block->forwarded) {
        $post = $1 if !defined $post && !ref $block->request
                      && $block->request =~ /\A[^\n]*\n(.*)\z/s;

        Test::More::is(scalar @r, 1, "$name - forwarded once");
        Test::More::is(@r ? $r[-1]{body} : undef, $post // '',
                       "$name - forwarded byte for byte");
    }

    for my $section (qw(upstream_head no_upstream_head)) {
        my $lines = $block->$section // next;

        for my $re (pattern_lines($lines)) {
            my $head = @r ? $r[-1]{head} : '';
            $section =~ /^no/
                ? Test::More::unlike($head, qr/$re/mi, "$name - $section $re")
                : Test::More::like($head, qr/$re/mi, "$name - $section $re");
        }
    }
}


sub check_logs {
    my ($block, $name) = @_;

    if (defined(my $lines = $block->vars)) {

        # written when a request is over
        my $n = ref $block->request eq 'ARRAY' ? @{ $block->request } : 1;
        MCPTest::wait_for(sub {
            MCPTest::slurp('vars.log') =~ /\n\n\z/
            && (() = MCPTest::slurp('vars.log') =~ /\n\n/g) >= $n;
        });

        my ($text) = MCPTest::slurp('vars.log') =~ /(?:\A|\n\n)((?:.+\n)+)\n\z/;
        my %got = map { /^([a-z_]+)=(.*)/ } split /\n/, $text // '';

        for (pattern_lines($lines)) {
            my ($var, $want) = /^\s*\$?([a-z_]+)\s*=\s*(.*?)\s*$/
                or die "bad line \"$_\"\n";

            $want =~ s/^~//
                ? Test::More::like($got{$var} // '', qr/$want/, "$name - $var")
                : Test::More::is($got{$var} // '', $want, "$name - $var");
        }
    }

    my @audit;
    my $want_count = $block->audit_count;
    my $lines = $block->audit;

    if (defined $want_count || defined $lines) {
        my $least = $want_count // 1;
        MCPTest::wait_for(sub { (@audit = MCPTest::audit()) >= $least });
    }

    if (defined $want_count) {
        Time::HiRes::sleep(0.05) if @audit == $want_count;
        @audit = MCPTest::audit();
        Test::More::is(scalar @audit, $want_count, "$name - audit lines");
    }

    for (defined $lines ? pattern_lines($lines) : ()) {
        my ($n, $rest) = /^\s*(-?\d+)\s+(.*)/ or die "bad line \"$_\"\n";
        my $line = $audit[$n > 0 ? $n - 1 : $n];
        check_pointer("$name - audit line $n", $line // {}, $rest);
    }
}


sub check_audit_log {
    my ($block, $name) = @_;
    my $text = MCPTest::slurp('audit.log');
    my @bad = grep { /[^\x20-\x7e]/ || length > 16384
                     || ref(eval { MCPTest::decode($_) }) ne 'HASH' }
              split /\n/, $text;

    push @bad, 'the last line has no end' if $text =~ /[^\n]\z/;
    Test::More::is("@bad", '', "$name - the audit log is JSON in ASCII");

    my @tokens = MCPTest::Make::tokens();
    my $logs = $text . MCPTest::slurp('error.log');
    my @leaked = grep { index($logs, $_) >= 0 } @tokens;

    Test::More::is("@leaked", '', "$name - no secret in the logs");
}


1;
