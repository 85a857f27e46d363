# How to get to Redis: URIs, sockets, users, TLS, names.

use FindBin;
use lib "$FindBin::Bin/lib";
use MCPTest;
use MCPTest::Redis;
use MCPTest::Store;
use Test::Nginx::Socket 'no_plan';
use Time::HiRes qw(sleep time);

our $limit = "mcp_rate_limit rate=1000000r/d burst=1000000;\n";
our %redis = (
    plain => MCPTest::Redis->new(unix => 1),
    secret => MCPTest::Redis->new(requirepass => '"a b%c@d:e/f"',
                                  login => ['a b%c@d:e/f'],
                                  user => 'anna on >pass:word ~mcp:* +@all'),
    example => MCPTest::Redis->new(
        include => "$FindBin::Bin/../conf/redis.conf.example",
        login => ['admin', 'x'], user => 'admin on >x ~* &* +@all'),
);
our %port = map { $_ => $redis{$_}->port } keys %redis;

# Certificates: a CA, another one, and servers of the first.
our $tls = File::Temp::tempdir('mcptls-XXXXXX', TMPDIR => 1, CLEANUP => 1);
chmod 0755, $tls;

sub openssl {
    my $out = `openssl @_ 2>&1`;
    die "openssl @_: $out\n" if $?;
}

for my $ca (qw(ca other)) {
    openssl(qw(req -x509 -newkey rsa:2048 -nodes -days 2), '-subj', "/CN=$ca",
            '-keyout', "$tls/$ca.key", '-out', "$tls/$ca.pem");
}

for ([right => 'DNS:localhost,IP:127.0.0.1'], [wrong => 'DNS:example.com']) {
    my ($name, $san) = @$_;
    my $port = MCPTest::Redis::free_port();

    open my $out, '>', "$tls/$name.ext" or die "ext: $!\n";
    print $out "subjectAltName=$san\n";
    close $out;

    openssl(qw(req -newkey rsa:2048 -nodes -subj /CN=redis), '-keyout',
            "$tls/$name.key", '-out', "$tls/$name.csr");
    openssl(qw(x509 -req -days 2), '-in', "$tls/$name.csr", '-CA',
            "$tls/ca.pem", '-CAkey', "$tls/ca.key", qw(-CAcreateserial),
            '-extfile', "$tls/$name.ext", '-out', "$tls/$name.pem");

    $redis{$name} = MCPTest::Redis->new('tls-port' => $port,
        'tls-cert-file' => "$tls/$name.pem",
        'tls-key-file' => "$tls/$name.key",
        'tls-ca-cert-file' => "$tls/ca.pem", 'tls-auth-clients' => 'no');
    $port{$name} = $port;
}

sub store { my ($uri, @options) = @_; "mcp_store $uri @options;\n" }

sub ask { MCPTest::Store::ask(::call('echo')) }
sub passes { MCPTest::wait_for(sub { ask() eq 'pass' }, $_[0] // 2) }

sub log_lines {
    my $text = MCPTest::slurp('error.log');
    return grep { /mcp: store/ } split /\n/, $text;
}

# Never passes; one line tells why.
sub refused {
    my ($line) = @_;

    ::ok(MCPTest::wait_for(sub { ::ask() eq 'error' && ::log_lines() }, 3), 'refused');
    sleep 1;
    ::is(MCPTest::Store::counts(map { ::ask() } 1 .. 10), '10 error', 'always');
    my @lines = ::log_lines();
    ::is(scalar @lines, 1, 'one line');
    ::like($lines[0], $line, 'that says why');
}

# A server of names that knows one: its port, and a file with the address.
our ($dns_port, $dns_file, $dns_pid);

sub dns {
    require IO::Socket::INET;
    my $sock = IO::Socket::INET->new(Proto => 'udp', LocalAddr => '127.0.0.1');
    $dns_port = $sock->sockport;
    $dns_file = "$tls/address";
    name_is('127.0.0.1');
    $dns_pid = fork() // die "fork: $!\n";
    return if $dns_pid;

    while (defined(my $from = recv $sock, my $q, 512, 0)) {
        my $type = unpack 'n', substr $q, -4, 2;
        open my $in, '<', $dns_file or next;
        my ($ip) = <$in> =~ /(\S+)/;
        my $a = $type == 1 ? pack('nnnNn', 0xc00c, 1, 1, 1, 4)
                             . pack('C4', split /\./, $ip) : '';
        send $sock, substr($q, 0, 2) . pack('n5', 0x8180, 1, $a ne '', 0, 0)
                    . substr($q, 12) . $a, 0, $from;
    }
}

sub name_is {
    open my $out, '>', "$dns_file.new" or die "dns: $!\n";
    print $out "$_[0]\n";
    close $out;
    rename "$dns_file.new", $dns_file;
}

dns();
END { kill 'KILL', $dns_pid if $dns_pid }

MCPTest::run();

__DATA__

=== TEST 1: a socket
--- http eval: ::store("redis+unix:" . $::redis{plain}->path . '?db=5')
--- mcp eval: $::limit
--- probe eval
sub {
    ::ok(::passes(), 'passes');
    ::is($::redis{plain}->command('SELECT', 5), 'OK', 'in the database');
    ::cmp_ok($::redis{plain}->command('DBSIZE'), '>=', 1, 'is a key');
    ::is(scalar ::log_lines(), 0, 'nothing to tell');
}


=== TEST 2: a socket that is not there
--- http eval: ::store('redis+unix:/no/such/socket')
--- mcp eval: $::limit
--- probe eval: sub { ::refused(qr{\[error\].*"unix:/no/such/socket": could not connect.*No such file}) }


=== TEST 3: names of keys, and what is in them
--- http eval: ::store("redis://127.0.0.1:$::port{plain}/7")
--- mcp
mcp_server_name "a {b} ü";
mcp_client $http_x_secret;
mcp_rate_limit rate=10r/m burst=5;
--- post eval: [(::call('echo', '{"argument":"text"}')) x 2]
--- more_headers
X-Secret: ghs_clienttoken
--- error_code eval: [200, 200]
--- probe eval
sub {
    my $redis = $::redis{plain};
    $redis->command('SELECT', 7);
    my @keys = sort @{ $redis->command('KEYS', '*') };
    require Digest::SHA;
    my %want = map { ("mcp:{a%20%7Bb%7D%20%C3%BC/" . substr(Digest::SHA::sha256_hex($_), 0, 32) . '}' => 1) } 'ghs_clienttoken';
    my @tags = map { /^(mcp:\{[^}]*\}):limit:[!-~]+\z/ ? $1 : $_ } @keys;
    ::is("@tags", CORE::join(' ', keys %want), 'server, digest of the client, limit');
    my $value = $redis->command('GET', $keys[0]);
    ::like($value, qr/^\d{16}$/, 'the value is a time');
    ::cmp_ok($redis->command('PTTL', $keys[0]), '>', 5000, 'and has an end');
    ::cmp_ok($redis->command('PTTL', $keys[0]), '<=', 36000, 'in time');
}


=== TEST 4: keys of key=
--- http eval: ::store("redis://127.0.0.1:$::port{plain}/8")
--- mcp
mcp_server_name s;
mcp_rate_limit rate=10r/m burst=5 key=$http_x_tenant;
mcp_rate_limit rate=10r/h burst=5;
--- post eval: ::call('echo')
--- more_headers
X-Tenant: tenant-secret
--- probe eval
sub {
    $::redis{plain}->command('SELECT', 8);
    my @keys = @{ $::redis{plain}->command('KEYS', '*') };
    ::is(scalar(grep { /^mcp:\{s\}:limit:[!-~]+:[0-9a-f]{32}\z/ } @keys), 2, 'both are in the slot of the server');
    ::is(scalar @keys, 2, 'no other');
    ::unlike("@keys", qr/tenant-secret/, 'nothing in clear');
}


=== TEST 5: a password in the URI
--- http eval: ::store("redis://:a%20b%25c%40d%3Ae%2Ff\@127.0.0.1:$::port{secret}")
--- mcp eval: $::limit
--- probe eval: sub { ::ok(::passes(), 'passes') }


=== TEST 6: user and password in the URI
--- http eval: ::store("redis://anna:pass%3Aword\@127.0.0.1:$::port{secret}")
--- mcp eval: $::limit
--- probe eval
sub {
    ::ok(::passes(), 'passes');
    my ($c) = $::redis{secret}->clients;
    ::like($c, qr/ name=ngx-mcp-module .* user=anna /, 'as this user');
}


=== TEST 7: a password from a file
--- user_files
>>> ../conf/pw
a b%c@d:e/f
and more lines
--- http eval: ::store("redis://127.0.0.1:$::port{secret}", 'password_file=pw')
--- mcp eval: $::limit
--- probe eval: sub { ::ok(::passes(), 'passes') }


=== TEST 8: a user who is not there
--- user_files
>>> ../conf/pw
a b%c@d:e/f
--- http eval: ::store("redis://bert\@127.0.0.1:$::port{secret}", 'password_file=pw')
--- mcp eval: $::limit
--- probe eval: sub { ::refused(qr/user or password are wrong: WRONGPASS/) }


=== TEST 9: a password where none is asked for
--- http eval: ::store("redis://:secret\@127.0.0.1:$::port{plain}")
--- mcp eval: $::limit
--- probe eval: sub { ::refused(qr/it refuses AUTH/) }


=== TEST 10: a database that is not there
--- http eval: ::store("redis://127.0.0.1:$::port{plain}/99")
--- mcp eval: $::limit
--- probe eval: sub { ::refused(qr/it refuses SELECT/) }


=== TEST 11: the user of redis.conf.example
--- user_files
>>> ../conf/pw
change-this-password
--- http eval: ::store("redis://mcp\@127.0.0.1:$::port{example}/3", 'password_file=pw')
--- mcp
mcp_rate_limit rate=1000000r/d burst=1000000;
mcp_rate_limit rate=1000000r/d burst=1000000 key=all;
--- probe eval
sub {
    ::ok(::passes(), 'passes');
    $::redis{example}->command('SCRIPT', 'FLUSH');
    ::is(::ask(), 'pass', 'also after SCRIPT FLUSH');
    ::is(scalar ::log_lines(), 0, 'nothing to tell');
    my ($c) = $::redis{example}->clients;
    ::like($c, qr/ user=mcp /, 'as this user');

    my $as = sub { $::redis{example}->command('ACL', 'DRYRUN', 'mcp', @_) };
    ::is($as->('GET', 'mcp:{a}:limit:x'), 'OK', 'its own keys');
    for (['GET', 'other'], ['KEYS', '*'], ['FLUSHALL'], ['CONFIG', 'GET', '*'], ['DEL', 'mcp:{a}'], ['ACL', 'LIST'], ['CLIENT', 'LIST'],
         ['SUBSCRIBE', 'a'], ['SCAN', 0], ['SCRIPT', 'FLUSH'], ['DEBUG', 'SLEEP', 0], ['SHUTDOWN'], ['REPLICAOF', 'NO', 'ONE'], ['EVAL_RO', '1', 0])
    {
        ::like($as->(@$_), qr/no permissions/, "not @$_");
    }

    # and nothing that it does not need
    my ($rules) = MCPTest::slurp("$FindBin::Bin/../conf/redis.conf.example") =~ /^user mcp (.*)/m;
    for my $word ($rules =~ /\+(\S+)/g) {
        my $r = $::redis{example};
        $r->command('ACL', 'SETUSER', 'mcp', "-$word");
        $r->command('SCRIPT', 'FLUSH');
        $r->command('CLIENT', 'KILL', 'USER', 'mcp');
        sleep 0.3;
        my $works = MCPTest::wait_for(sub { ::ask() ne 'error' && $r->clients && $r->calls('eval') }, 0.5) ? 'works' : 'fails';
        ::is($works, 'fails', "fails without $word");
        $r->command('ACL', 'SETUSER', 'mcp', "+$word");
        MCPTest::wait_for(sub { ::ask() ne 'error' }, 2);
        $r->command('CONFIG', 'RESETSTAT');
    }
}


=== TEST 12: TLS, by name
--- http eval: ::store("rediss://localhost:$::port{right}/2", "ca=$::tls/ca.pem")
--- mcp eval: $::limit
--- probe eval
sub {
    ::ok(::passes(3), 'passes');
    ::is(scalar(grep { !/could not connect|it is back/ } ::log_lines()), 0, 'nothing to tell, if only 127.0.0.1 listens');
    $::redis{right}->command('SCRIPT', 'FLUSH');
    ::is(MCPTest::Store::counts(map { ::ask() } 1 .. 50), '50 pass', 'many');
    $::redis{right}->command('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    ::ok(::passes(3), 'again after it was closed');
}


=== TEST 13: TLS, by address
--- http eval: ::store("rediss://127.0.0.1:$::port{right}", "ca=$::tls/ca.pem")
--- mcp eval: $::limit
--- probe eval: sub { ::ok(::passes(), 'passes') }


=== TEST 14: TLS with a certificate of another CA
--- http eval: ::store("rediss://127.0.0.1:$::port{right}", "ca=$::tls/other.pem")
--- mcp eval: $::limit
--- probe eval: sub { ::refused(qr/its certificate is not valid: .*(issuer|self)/) }


=== TEST 15: TLS with a certificate that the system's CAs do not know
--- http eval: ::store("rediss://127.0.0.1:$::port{right}")
--- mcp eval: $::limit
--- probe eval: sub { ::refused(qr/its certificate is not valid/) }


=== TEST 16: TLS with the certificate of another host
--- http eval: ::store("rediss://127.0.0.1:$::port{wrong}", "ca=$::tls/ca.pem")
--- mcp eval: $::limit
--- probe eval: sub { ::refused(qr/its certificate is of another host/) }


=== TEST 17: TLS with the certificate of another name
--- http eval: ::store("rediss://localhost:$::port{wrong}", "ca=$::tls/ca.pem")
--- mcp eval: $::limit
--- probe eval
sub {
    ::ok(MCPTest::wait_for(sub { grep { /of another host/ } ::log_lines() }, 3), 'told');
    ::is(MCPTest::Store::counts(map { ::ask() } 1 .. 10), '10 error', 'refused');
}


=== TEST 18: TLS to a server that speaks none
--- http eval: ::store("rediss://127.0.0.1:$::port{plain}", "ca=$::tls/ca.pem")
--- mcp eval: $::limit
--- probe eval: sub { ::refused(qr/TLS handshake failed|closed the connection|does not answer in time/) }


=== TEST 19: no TLS to a server that speaks nothing else
--- http eval: ::store("redis://127.0.0.1:$::port{right}")
--- mcp eval: $::limit
--- probe eval: sub { ::refused(qr/closed the connection|lost|not Redis' protocol/) }


=== TEST 20: a name that means another server by now (S9)
--- http eval
$::moving = MCPTest::Redis->new;
$::target = MCPTest::Redis->new(host => '127.0.0.2', at => $::moving->port);
"resolver 127.0.0.1:$::dns_port ipv6=off valid=1s;\n" . ::store('redis://redis.test:' . $::moving->port);
--- mcp eval: $::limit
--- probe eval
sub {
    ::ok(::passes(3), 'passes');
    ::cmp_ok(scalar $::moving->clients, '>=', 1, 'the first server is asked');
    ::name_is('127.0.0.2');
    $::moving->stop;
    sleep 0.2;
    ::ok(::passes(4), 'passes again');
    ::cmp_ok(scalar $::target->clients, '>=', 1, 'the second server is asked');
}
--- suppress_stderr


=== TEST 21: an unknown scheme
--- http: mcp_store redisx://127.0.0.1;
--- must_die


=== TEST 22: nothing after the scheme
--- http: mcp_store redis://;
--- must_die
--- error_log
mcp_store: the URI has no scheme that is known, or nothing follows it


=== TEST 23: a bad port, and no password in the message
--- http: mcp_store redis://:geheim@127.0.0.1:99999;
--- must_die
--- error_log
mcp_store: the URI has no host and port where one should be
--- no_error_log
geheim


=== TEST 24: several servers
--- http: mcp_store redis://127.0.0.1,127.0.0.2;
--- must_die
--- error_log
mcp_store: the URI names several servers


=== TEST 25: a database that is no number
--- http: mcp_store redis://127.0.0.1/x;
--- must_die
--- error_log
mcp_store: the URI has a database that is no number


=== TEST 26: a relative path
--- http: mcp_store redis+unix:run/redis;
--- must_die
--- error_log
mcp_store: the URI has no absolute path


=== TEST 27: Sentinel without a master
--- http: mcp_store redis-sentinel://127.0.0.1;
--- must_die
--- error_log
mcp_store: the URI has no name of a master


=== TEST 28: a database of a cluster
--- http: mcp_store redis-cluster://127.0.0.1/1;
--- must_die
--- error_log
mcp_store: the URI has a database, and clusters have none


=== TEST 29: a user without a password
--- http: mcp_store redis://anna@127.0.0.1;
--- must_die
--- error_log
mcp_store: a user without a password: "password_file" is missing


=== TEST 30: two passwords
--- user_files
>>> ../conf/pw
x
--- http: mcp_store redis://:y@127.0.0.1 password_file=pw;
--- must_die
--- error_log
mcp_store: a password in the URI and "password_file"


=== TEST 31: a password file that is not there
--- http: mcp_store redis://127.0.0.1 password_file=nowhere;
--- must_die
--- error_log
No such file or directory


=== TEST 32: an empty password file
--- user_files
>>> ../conf/pw

--- http: mcp_store redis://127.0.0.1 password_file=pw;
--- must_die
--- error_log
mcp_store: no password in the first line of


=== TEST 33: a CA without TLS
--- http: mcp_store redis://127.0.0.1 ca=ca.pem;
--- must_die
--- error_log
mcp_store: "ca" without "rediss://"


=== TEST 34: a CA that is not there
--- http: mcp_store rediss://127.0.0.1 ca=ca.pem;
--- must_die
--- error_log
SSL_CTX_load_verify_locations


=== TEST 35: a name that has no address is no reason not to start
--- http: mcp_store redis://no-such-host.invalid;
--- mcp eval: $::limit
--- probe eval
sub {
    ::is(::ask(), 'error', 'refused');
    ::like((::log_lines())[0], qr/no address is known for this name/, 'told');
}
--- suppress_stderr
