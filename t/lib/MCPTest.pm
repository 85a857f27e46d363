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

use MCPTest::Check;
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
    Test::Nginx::Socket::add_response_body_check(\&MCPTest::Check::check);
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
        next if ref $value ne 'ARRAY' || ref $value->[0]
                || !defined $value->[0];

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
        Storable::store($script, "$dir/script.new");
        rename "$dir/script.new", "$dir/script";
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


sub decode {
    return JSON::PP->new->utf8->allow_nonref->decode(shift);
}


sub encode {
    return JSON::PP->new->utf8->canonical->allow_nonref->encode(shift);
}


# The lines of the audit log, decoded; text where one is no JSON.
sub audit {
    return map { eval { decode($_) } || $_ } split /\n/, slurp('audit.log');
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
            $block =~ s{^=== TEST \d+: (.*)\n}
                       {=== TEST $number: $1 ($file)\n--- http2\n};
            $out .= $block;
        }
    }

    return $out;
}


1;
