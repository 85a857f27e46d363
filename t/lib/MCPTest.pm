package MCPTest;

# The Test::Nginx suites of the MCP firewall:
#
#     use FindBin;
#     use lib "$FindBin::Bin/lib";
#     use MCPTest;                          # before Test::Nginx
#     use Test::Nginx::Socket 'no_plan';
#
#     MCPTest::run();
#
# A block has the sections of Test::Nginx and these of our own.
#
#   Configuration
#     mcp             directives for the location /mcp, which is switched on
#                     and goes to the scripted server (upstream.pl)
#     server          directives and locations for the server{}
#     config          in place of both
#     http            directives for http{}, beside those of all blocks
#     rules           the mcp_rules of http{} (default: lib/rules/suite.yaml)
#
#   Request
#     post            a message for POST /mcp
#     request, more_headers, ...     as in Test::Nginx; a POST gets
#                     Content-Type and Accept where the block has none
#     bare            no such headers
#     modern          NAME: the mirrored headers of 2026-07-28 for "post"
#
#   Server
#     upstream eval   answers, see upstream.pl
#
#   What must have come out; each is one test or more
#     refused         STATUS CODE ID REASON: our own JSON-RPC error, and
#                     nothing reached the server
#     withheld        the same without the last clause: of a response
#     blocked         RULE ID: a tools/call that got an isError
#     rpc_error       CODE ID [REASON]: status 200, one that was not forwarded
#     json            "POINTER VALUE" lines: members of the answer; VALUE is
#                     JSON, or ~REGEX, or "absent"
#     events eval     list of "NAME [ID] DATA": what a client reads out of the
#                     stream; DATA may be a regex in slashes
#     forwarded       the server got exactly this one request, byte for byte
#     unchanged       the client got the server's body, byte for byte
#     upstream_count  requests that the server got
#     upstream_head, no_upstream_head   regexes, one a line, on the head of
#                     the last request that the server got; case is free
#     vars            "NAME=VALUE" lines: variables at the end of the request
#     audit           "N POINTER VALUE" lines on lines of the audit log;
#                     "N" from 1, or -1 for the last one
#     audit_count     lines of it
#     alerts          there may be an alert in the error log
#     cut             the body may be shorter than its Content-Length
#     probe eval      sub that runs tests of its own while nginx is up
#
# Of every block that does not die: no alert, crit, emerg or signal in the
# error log, also not at shutdown; the audit log is JSON in ASCII; and no
# token of MCPTest::Make::token() in either.

use strict;
use warnings;

use Cwd ();
use File::Basename ();
use File::Copy ();
use File::Temp ();
use IO::Socket::INET;
use IPC::Run ();
use JSON::PP ();
use List::Util ();
use Storable ();
use Time::HiRes ();

use MCPTest::Make;
use MCPTest::Client;
use MCPTest::H2;

our ($dir, $upstream_port, $upstream_pid, $lib, %last);
my ($owner, %sections);

# The first port of a free pair, below those that the system hands out.
sub free_port {
    for (1 .. 200) {
        my $port = 20000 + 2 * int rand 6000;
        my @s = grep { defined } map {
            IO::Socket::INET->new(Listen => 1, LocalAddr => '0.0.0.0',
                                  LocalPort => $_)
        } $port, $port + 1;

        return $port if @s == 2;
    }

    die "no free ports\n";
}


BEGIN {
    $owner = $$;
    $lib = Cwd::abs_path(File::Basename::dirname(__FILE__));
    my $top = Cwd::abs_path("$lib/../..");

    if (!$ENV{TEST_NGINX_BINARY}) {
        $ENV{TEST_NGINX_BINARY} = -x '/usr/sbin/nginx' ? '/usr/sbin/nginx'
                                                       : 'nginx';
        $ENV{TEST_NGINX_LOAD_MODULES} //= "$top/build/ngx_http_mcp_module.so";
    }

    if (!$ENV{TEST_NGINX_SERVROOT}) {
        mkdir "$top/build";
        $ENV{TEST_NGINX_SERVROOT} = "$top/build/servroot";
    }

    if (!$ENV{TEST_NGINX_PORT} && !$ENV{TEST_NGINX_SERVER_PORT}) {
        $ENV{TEST_NGINX_PORT} = free_port();
    }

    # blocks with one configuration share a running nginx
    $ENV{TEST_NGINX_FORCE_RESTART_ON_TEST} //= 0;

    # what Test::Nginx waits for a log line, a third of it
    $ENV{TEST_NGINX_SLEEP} //= 0.007;
}


sub run {
    my %opt = @_;

    $dir = File::Temp::tempdir('mcptest-XXXXXX', TMPDIR => 1, CLEANUP => 1);

    copy_modules();
    start_upstream();
    adapt_test_nginx();

    Test::Nginx::Util::log_level('info');
    Test::Nginx::Util::master_on();
    Test::Nginx::Util::no_long_string();

    my @blocks = Test::Base::blocks();
    my %groups;

    for my $block (@blocks) {
        prepare($block);
        push @{ $groups{$block->config . (defined $block->must_die
                                          ? $block->name : '')} }, $block;
    }

    # in random order, but blocks of one configuration one after the other

    @blocks = map { List::Util::shuffle(@{ $groups{$_} }) }
              List::Util::shuffle(keys %groups) if !$opt{ordered};

    Test::Base::default_object()->block_list(\@blocks);
    Test::Nginx::Util::no_shuffle();
    Test::Nginx::Util::add_block_preprocessor(\&before);
    Test::Nginx::Socket::add_response_body_check(\&check);
    Test::Nginx::Util::run_tests();
}


# A module that is built anew while nginx has it mapped takes nginx down with
# it, so the suites run a copy.
sub copy_modules {
    my @copies;

    for my $file (split ' ', $Test::Nginx::Util::LoadModules // '') {
        my $copy = "$dir/modules/" . File::Basename::basename($file);

        mkdir "$dir/modules";

        # again, when it was being written meanwhile
        for (1 .. 20) {
            my @before = stat $file;
            File::Copy::copy($file, $copy) or die "$file: $!\n";
            my @after = stat $file;

            last if $before[7] == $after[7] && $before[9] == $after[9]
                    && time > $after[9] + 1;
            sleep 1;
        }

        push @copies, $copy;
    }

    $Test::Nginx::Util::LoadModules = "@copies";
}


sub start_upstream {

    pipe(my $in, my $out) or die "pipe: $!\n";
    $upstream_pid = fork() // die "fork: $!\n";

    if (!$upstream_pid) {
        setpgrp;
        open STDOUT, '>&', $out or die "dup: $!\n";
        exec $^X, "$lib/upstream.pl", $dir;
        die "exec: $!\n";
    }

    close $out;
    $upstream_port = <$in> // die "the upstream did not start\n";
    chomp $upstream_port;
}


END {
    if ($upstream_pid && $$ == $owner) {
        my $rc = $?;
        kill 'TERM', -$upstream_pid;
        waitpid $upstream_pid, 0;
        $? = $rc;
    }
}


sub adapt_test_nginx {
    no warnings 'redefine';

    # what a response looked like, for check()
    my $parse = \&Test::Nginx::Socket::parse_response;

    *Test::Nginx::Socket::parse_response = sub ($$$) {
        my @r = $parse->(@_);
        %last = (raw => $_[1], res => $r[0], head => $r[1] // '',
                 left => $r[2]);
        return @r;
    };

    # an answer that comes before curl has sent the body makes it give up, as
    # often as not: "(92) Stream error in the HTTP/2 framing layer"
    my $run = \&IPC::Run::run;

    *IPC::Run::run = sub {
        my ($cmd, $in, $out, $err) = @_;
        my ($ok, $try);

        return $run->(@_) if ref $cmd ne 'ARRAY' || $cmd->[0] ne 'curl';

        for $try (1 .. 40) {
            ($$out, $$err) = ('', '');
            $ok = $run->(@_);
            last if $$out ne '' || $$err !~ /\(92\)/;
        }

        return $ok;
    };

    # "http2 on" came with nginx 1.25.1, Test::Nginx writes it for 1.19.9
    my $write = \&Test::Nginx::Util::write_config_file;

    *Test::Nginx::Util::write_config_file = sub ($$$) {
        my $v = $Test::Nginx::Util::NginxVersion;
        local $Test::Nginx::Util::NginxVersion = $v < 1.025001 ? 1.018 : $v;
        return $write->(@_);
    };
}


# Fills in what a block leaves out.
sub prepare {
    my $block = shift;
    my $name = $block->name;

    for my $section (keys %$block) {
        my $value = $block->{$section};
        next if ref $value ne 'ARRAY' || ref $value->[0] || !defined $value->[0];

        die "$name: --- $section: $value->[0]\n"
            if $value->[0] =~ / at \(eval \d+\) line \d+/;
    }

    prepare_request($block) if !defined $block->must_die;
    prepare_config($block);
    prepare_checks($block);
}


sub prepare_config {
    my $block = shift;
    my $config = $block->config;
    my $rules = $block->rules // "$lib/rules/suite.yaml";
    my $http = $block->http // '';

    if (!defined $config) {
        $config = ($block->server // '') . location('/mcp', $block->mcp // '');
    }

    $rules =~ s/^\$lib/$lib/;
    $rules = "mcp_rules $rules;" if $rules =~ /\S/;

    my $main = $block->main_config // '';
    $http = <<HTTP . $http;
    underscores_in_headers on;
    ignore_invalid_headers off;
    large_client_header_buffers 4 16k;
    client_body_buffer_size 16k;
    $rules
    mcp_audit_log logs/audit.log;

    log_format vars escape=none
        'era=\$mcp_era\\nversion=\$mcp_version\\nmethod=\$mcp_method\\n'
        'tool=\$mcp_tool\\nid=\$mcp_id\\nsession=\$mcp_session\\n'
        'client=\$mcp_client\\nserver=\$mcp_server\\n'
        'verdict=\$mcp_verdict\\nrule=\$mcp_rule\\nreason=\$mcp_reason\\n'
        'inspect_time=\$mcp_inspect_time\\n'
        'limit_remaining=\$mcp_limit_remaining\\n';
    access_log logs/access.log;
    access_log logs/vars.log vars;

    upstream mcp_server {
        server 127.0.0.1:$upstream_port max_fails=0;
        keepalive 8;
    }
HTTP

    for ($config, $http, $main) {
        s/\$upstream_port\b/$upstream_port/g;
        s/\$lib\b/$lib/g;
    }

    $block->set_value(http_config => $http);
    $block->set_value(main_config => $main) if $main ne '';

    # nginx is started anew where this text is another one
    my $files = $block->user_files // '';
    $files = JSON::PP->new->canonical->encode($files) if ref $files;

    my $key = join "\0", $http, $main, $files, $block->server_name // '',
              defined $block->http2 ? 1 : 0, $block->log_level // '';
    require Digest::MD5;
    utf8::encode($key) if utf8::is_utf8($key);
    $config .= "\n# " . Digest::MD5::md5_hex($key) . "\n";

    $block->set_value(config => $config);
}


# A location in front of the scripted server; conf/mcp_proxy.conf in short.
sub location {
    my ($name, $mcp, $target) = @_;

    $target //= "http://mcp_server";
    my $lines = '';

    for (['mcp', 'on'], ['proxy_http_version', '1.1'],
         ['proxy_buffering', 'off'], ['proxy_read_timeout', '5s'],
         ['proxy_ignore_headers', 'X-Accel-Redirect X-Accel-Expires'
          . ' X-Accel-Limit-Rate X-Accel-Charset X-Accel-Buffering'])
    {
        my ($directive, $value) = @$_;
        $lines .= "    $directive $value;\n"
            if $mcp !~ /(?:^|[;\n])\s*$directive\s/;
    }

    $lines .= "    proxy_set_header Connection \"\";\n"
        if $mcp !~ /proxy_set_header\s+Connection/;
    $lines .= "    proxy_pass $target;\n"
        if $mcp !~ /(?:^|[;\s])(?:proxy_pass|return|root|try_files|alias)\s/;

    return "location $name {\n$lines$mcp\n}\n";
}


sub prepare_request {
    my $block = shift;
    my $request = $block->request;
    my $post = $block->post;

    if (defined $post) {
        my @posts = ref $post eq 'ARRAY' ? @$post : $post;

        if (!ref $post && ($block->_section_map->{post}{filters} // '')
                          !~ /eval|:/)
        {
            chomp @posts;
        }

        $block->set_value(posts => [@posts]);
        $request = [map { "POST /mcp\n$_" } @posts];
    }

    return if defined $block->raw_request || defined $block->pipelined_requests;

    if (!defined $request) {
        my $ping = '{"jsonrpc":"2.0","id":1,"method":"ping"}';
        $request = ["POST /mcp\n$ping"];
        $block->set_value(posts => [$ping]);
    }

    $request = [$request] if !ref $request;
    my $extra = $block->more_headers // '';
    my @headers;

    for my $i (0 .. $#$request) {
        my $h = ref $extra ? $extra->[$i] : $extra;
        my $r = $request->[$i];
        $r = join '', map { ref $_ ? $_->{value} : $_ } @$r if ref $r;

        $h .= "\n" if $h ne '' && $h !~ /\n\z/;
        $h = headers($block, $r) . $h;

        # exactly these bytes; Test::Nginx would trim them
        if ($r =~ /\A[^\n]*\n(.+)\z/s
            && $h !~ /^(Content-Length|Transfer-Encoding):/mi)
        {
            $h .= 'Content-Length: ' . length($1) . "\n";
        }

        push @headers, $h;
    }

    if (@$request == 1) {
        $block->set_value(request => $request->[0]) if !ref $request->[0];
        $block->set_value(request => $request) if ref $request->[0];
        $block->set_value(more_headers => @headers);

    } else {
        $block->set_value(request => $request);
        $block->set_value(more_headers => \@headers);
    }
}


sub headers {
    my ($block, $request) = @_;

    return '' if defined $block->bare || $request !~ /\APOST /;

    my $extra = $block->more_headers // '';
    $extra = join "\n", @$extra if ref $extra;
    my $h = '';

    $h .= "Content-Type: application/json\n" if $extra !~ /^Content-Type:/mi;
    $h .= "Accept: application/json, text/event-stream\n"
        if $extra !~ /^Accept:/mi;

    if (defined $block->modern) {
        my ($method) = $request =~ /"method"\s*:\s*"([^"]*)"/;
        my $name = $block->modern;

        $h .= "MCP-Protocol-Version: 2026-07-28\n"
            if $extra !~ /^MCP-Protocol-Version:/mi;
        $h .= "Mcp-Method: $method\n"
            if defined $method && $extra !~ /^Mcp-Method:/mi;
        $h .= "Mcp-Name: $name\n" if $name =~ /\S/ && $extra !~ /^Mcp-Name:/mi;
    }

    return $h;
}


sub prepare_checks {
    my $block = shift;

    if (defined $block->must_die) {
        my $seen = $block->error_log // '';
        $seen = [grep { /\S/ } split /\n/, $seen] if !ref $seen;
        $seen = [$seen] if ref $seen eq 'Regexp';

        $block->set_value(error_log => ['[emerg]', @$seen]);
        $block->set_value(suppress_stderr => 1);
        return;
    }

    for my $section (qw(refused withheld blocked rpc_error)) {
        my $value = $block->$section // next;
        my @values = ref $value ? @$value : $value;
        my @codes = map { $section =~ /refused|withheld/ && /^(\d+)/ ? $1
                                                                     : 200 }
                    @values;

        if (!defined $block->error_code) {
            $block->set_value(error_code => @codes == 1 ? $codes[0] : \@codes);
        }
    }

    my $bad = $block->no_error_log // [];

    if (!ref $bad) {
        chomp $bad;
        $bad = [split /\n+/, $bad];
    }

    $bad = [@$bad] if ref $bad eq 'ARRAY';
    $bad = [$bad] if ref $bad eq 'Regexp';

    my $seen = $block->error_log // '';
    $seen = join "\n", @$seen if ref $seen eq 'ARRAY';
    $seen .= '[alert]' if defined $block->alerts;

    push @$bad, grep { index($seen, $_) < 0 }
                '[alert]', '[crit]', '[emerg]', 'exited on signal';

    $block->set_value(no_error_log => $bad);
    $block->set_value(no_shutdown_error_log => ['[alert]', '[crit]',
                                                '[emerg]'])
        if index($seen, '[crit]') < 0 && index($seen, '[alert]') < 0
           && !defined $block->no_shutdown_error_log;
}


# Runs before nginx is started or asked.
sub before {
    my $block = shift;

    # nginx that stops at its configuration does not tidy up

    our $lsan //= $ENV{LSAN_OPTIONS} // '';
    $ENV{LSAN_OPTIONS} = defined $block->must_die ? "$lsan:detect_leaks=0"
                                                  : $lsan;

    unlink grep { -f } glob "$dir/*";
    %last = ();

    my $script = $block->upstream;

    if (defined $script) {
        die $block->name . ": --- upstream is no script\n" if !ref $script;
        $script = [$script] if ref $script eq 'HASH'
                               && !grep { /^(\*|\/)/ } keys %$script;
        Storable::store($script, "$dir/script");
    }

    # a running nginx appends

    my $logs = Test::Nginx::Util::server_root() . '/logs';

    for (qw(error.log access.log vars.log audit.log)) {
        truncate "$logs/$_", 0 if -e "$logs/$_";
    }
}


# What the server got in this block.
sub requests {
    my @r;

    for (my $n = 1; -e "$dir/req-$n"; $n++) {
        push @r, Storable::retrieve("$dir/req-$n");
    }

    return @r;
}


# When the peer left while request N was being answered; undef: it did not.
sub gone {
    my $n = shift;

    return -e "$dir/gone-$n" ? Storable::retrieve("$dir/gone-$n")->{time}
                             : undef;
}


# Waits until something is true, for a second at most.
sub wait_for(&;$) {
    my ($code, $seconds) = @_;
    my $end = Time::HiRes::time() + ($seconds // 1);

    for (;;) {
        my $r = $code->();
        return $r if $r || Time::HiRes::time() > $end;
        Time::HiRes::sleep(0.01);
    }
}


sub slurp {
    my $file = shift;

    $file = Test::Nginx::Util::server_root() . "/logs/$file"
        if $file !~ m{^/};
    open my $fh, '<:raw', $file or return '';
    local $/;
    return <$fh> // '';
}


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

    my $length = $last{res} ? $last{res}->header('Content-Length') : undef;

    if (defined $length && $length ne length $body
        && $last{res}->code !~ /^(204|304)$/
        && ($block->request // '') !~ /\AHEAD / && !defined $block->cut)
    {
        Test::More::is(length $body, $length, "$name - Content-Length");
    }

    # a second end of a chunked body would be the start of another response
    if (length($last{left} // '') && !defined $block->pipelined_requests) {
        Test::More::is($last{left}, '', "$name - nothing behind the response");
    }

    for my $section (qw(refused withheld blocked rpc_error)) {
        my $value = value_of($block, $section, $i) // next;
        check_answer($block, $section, $value, $body);
    }

    if (defined(my $lines = value_of($block, 'json', $i))) {
        my $data = eval { decode($body) };

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
        $probe->($block, $body, \%last);
    }

    check_audit_log($block, $name);
}


sub decode {
    return JSON::PP->new->utf8->allow_nonref->decode(shift);
}


sub encode {
    return JSON::PP->new->utf8->canonical->allow_nonref->encode(shift);
}


# Our own answers: everything about them in one line.
sub check_answer {
    my ($block, $section, $value, $body) = @_;
    my $name = $block->name;
    my $data = eval { decode($body) } || {};
    my @want = split ' ', $value;

    $data = {} if ref $data ne 'HASH';

    my $res = $last{res};
    my $length = $res ? $res->header('Content-Length') : undef;
    my $reached = $section eq 'withheld' || defined $block->upstream_count
                  ? '-' : scalar requests();
    my %got = (type => $res ? lc($res->header('Content-Type') // '') : undef,
               length => !defined $length || $length == length $body ? 'right'
                                                                      : $length,
               jsonrpc => $data->{jsonrpc}, forwarded => $reached,
               id => exists $data->{id} ? encode($data->{id}) : 'absent',
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
        my $text = ref $data ? encode($data) : $data // 'null';
        return Test::More::like($text, qr/$re/, "$name: $pointer");
    }

    return Test::More::is(encode($data), encode(decode($want)),
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
    my @r = requests();

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

        # written when the request is over
        wait_for { slurp('vars.log') =~ /\n\n\z/ };

        my ($text) = slurp('vars.log') =~ /(?:\A|\n\n)((?:.+\n)+)\n\z/;
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
        wait_for { (@audit = audit()) >= $least };
    }

    if (defined $want_count) {
        Time::HiRes::sleep(0.05) if @audit == $want_count;
        @audit = audit();
        Test::More::is(scalar @audit, $want_count, "$name - audit lines");
    }

    for (defined $lines ? pattern_lines($lines) : ()) {
        my ($n, $rest) = /^\s*(-?\d+)\s+(.*)/ or die "bad line \"$_\"\n";
        my $line = $audit[$n > 0 ? $n - 1 : $n];
        check_pointer("$name - audit line $n", $line // {}, $rest);
    }
}


# The lines of the audit log, decoded; text where one is no JSON.
sub audit {
    return map { eval { decode($_) } || $_ } split /\n/, slurp('audit.log');
}


sub check_audit_log {
    my ($block, $name) = @_;
    my $text = slurp('audit.log');
    my @bad = grep { /[^\x20-\x7e]/ || length > 16384
                     || ref(eval { decode($_) }) ne 'HASH' }
              split /\n/, $text;

    push @bad, 'the last line has no end' if $text =~ /[^\n]\z/;
    Test::More::is("@bad", '', "$name - the audit log is JSON in ASCII");

    my @tokens = MCPTest::Make::tokens();
    my $logs = $text . slurp('error.log');
    my @leaked = grep { index($logs, $_) >= 0 } @tokens;

    Test::More::is("@leaked", '', "$name - no secret in the logs");
}


# The blocks of these files for HTTP/2, where they can be.
sub twins {
    my $out = '';
    my $n = 0;

    for my $file (@_) {
        open my $fh, '<', "$FindBin::Bin/$file" or die "$file: $!\n";
        my $text = do { local $/; <$fh> };
        close $fh;

        my ($code, $spec) = $text =~ /\A(.*?)^__DATA__\n(.*)\z/ms
            or die "$file has no blocks\n";

        # what blocks call is marked
        if ($code =~ /^# twins: begin\n(.*?)^# twins: end\n/ms) {
            eval "package main; no strict; $1; 1" or die "$file: $@";
        }

        for my $block ($spec =~ /^(===.*?)(?=^===|\z)/msg) {
            next if $block =~ /^---\x20(no_http2|raw_request|must_die|http2
                                        |pipelined_requests)\b/mx;

            my $number = ++$n;
            $block =~ s/^=== TEST \d+: (.*)\n/=== TEST $number: $1 ($file)\n--- http2\n/;
            $out .= $block;
        }
    }

    return $out;
}


1;
