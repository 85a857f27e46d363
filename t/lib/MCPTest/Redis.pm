package MCPTest::Redis;

# Redis servers for tests: real ones, Sentinels, clusters, and one that
# replays bytes.  All of them listen on free ports of 127.0.0.1 and end with
# the suite, by their process id.
#
#     my $redis = MCPTest::Redis->new(requirepass => 'secret');
#     $redis->port;  $redis->command('PING');  # "PONG"; errors: "-ERR ..."
#     $redis->kill('STOP');  $redis->stop;  $redis->start;

use strict;
use warnings;

use File::Temp ();
use IO::Select;
use IO::Socket::INET;
use IO::Socket::UNIX;
use Time::HiRes qw(sleep time);

my $owner = $$;
my @all;


# A free port whose cluster bus (+ 10000) is free too, and below those that
# the system hands out.
sub free_port {
    for (1 .. 500) {
        my $port = 12000 + int rand 8000;
        my @s = grep { defined } map {
            IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1',
                                  LocalPort => $_)
        } $port, $port + 10000;

        return $port if @s == 2;
    }

    die "no free ports\n";
}


# Options are lines of redis.conf; unix => 1 gives it a socket, sentinel =>
# [LINE...] makes it a Sentinel, login => [USER, PASSWORD] is how command() comes in,
# host => where it listens, at => port, start => 0: not yet.
sub new {
    my ($class, %opt) = @_;
    my $self = bless { port => delete $opt{at} // free_port(),
                       host => delete $opt{host} // '127.0.0.1' }, $class;

    $self->{dir} = File::Temp::tempdir('mcpredis-XXXXXX', TMPDIR => 1,
                                       CLEANUP => 1);
    chmod 0755, $self->{dir};
    $self->{$_} = delete $opt{$_} for qw(sentinel unix start login);
    $self->{login} //= [$opt{requirepass}] if defined $opt{requirepass};

    my %conf = (port => $self->{port}, bind => $self->{host},
                dir => $self->{dir}, save => '""', appendonly => 'no',
                logfile => "$self->{dir}/log", daemonize => 'no', %opt);

    $conf{unixsocket} = $self->path if $self->{unix};
    $conf{unixsocketperm} = 777 if $self->{unix};

    if ($self->{sentinel}) {
        delete @conf{qw(save appendonly)};
        $conf{sentinel} = $self->{sentinel};
    }

    open my $out, '>', "$self->{dir}/redis.conf" or die "redis.conf: $!\n";

    for my $name (sort keys %conf) {
        print $out "$name $_\n"
            for ref $conf{$name} ? @{ $conf{$name} } : $conf{$name};
    }

    close $out;
    push @all, $self;
    $self->start if $self->{start} // 1;

    return $self;
}


sub port { $_[0]{port} }
sub path { "$_[0]{dir}/sock" }
sub pid { $_[0]{pid} }


sub start {
    my $self = shift;
    my @command = ('redis-server', "$self->{dir}/redis.conf");

    push @command, '--sentinel' if $self->{sentinel};

    $self->{pid} = fork() // die "fork: $!\n";

    if (!$self->{pid}) {
        open STDOUT, '>', "$self->{dir}/out";
        open STDERR, '>&', \*STDOUT;
        open STDIN, '<', '/dev/null';
        { exec @command }
        require POSIX;
        POSIX::_exit(1);
    }

    for (1 .. 500) {
        my $pong = eval { $self->command('PING') } // '';
        return $self if $pong eq 'PONG' || $pong =~ /^-(NOAUTH|LOADING)/;
        sleep 0.01;
    }

    die "redis-server did not start: $self->{dir}\n";
}


sub kill {
    my ($self, $signal) = @_;

    CORE::kill($signal, $self->{pid}) if $self->{pid};
}


# At once, as by kill -9.
sub stop {
    my $self = shift;

    return if !$self->{pid};

    CORE::kill('CONT', $self->{pid});
    CORE::kill('KILL', $self->{pid});
    waitpid $self->{pid}, 0;
    delete @$self{qw(pid sock)};
}


# One command over a connection that is kept: scalars, or array references;
# an error is a text that begins with "-".
sub command {
    my ($self, @args) = @_;

    for my $try (1, 2) {
        my $sock = $self->{sock} //= $self->connect // die "connect: $!\n";
        my $bytes = encode(@args);

        local $SIG{PIPE} = 'IGNORE';
        my $reply = eval {
            print $sock $bytes or die "write: $!\n";
            read_reply($sock);
        };

        return $reply if !$@;

        delete $self->{sock};
        die $@ if $try == 2;
    }
}


sub connect {
    my $self = shift;
    my $sock = IO::Socket::INET->new(PeerAddr => $self->{host}, Timeout => 3,
                                     PeerPort => $self->{port}) // return;

    $sock->autoflush(1);

    if ($self->{login}) {
        print $sock encode('AUTH', @{ $self->{login} });
        read_reply($sock);
    }

    return $sock;
}


sub encode {
    return '*' . @_ . "\r\n"
           . join '', map { '$' . length($_) . "\r\n$_\r\n" } @_;
}


sub read_reply {
    my $sock = shift;
    my $line = <$sock> // die "closed\n";

    $line =~ s/\r\n\z//;

    my $type = substr $line, 0, 1, '';

    return $line if $type eq '+' || $type eq ':';
    return "-$line" if $type eq '-';
    return undef if $line == -1;
    return [map { read_reply($sock) } 1 .. $line] if $type eq '*';

    read $sock, my $data, $line + 2;

    return substr $data, 0, $line;
}


# Lines of INFO as a hash.
sub info {
    my ($self, @section) = @_;

    return map { /^(\w+):(.*?)\r?$/ ? ($1, $2) : () }
           split /\n/, $self->command('INFO', @section);
}


# How often a command was called.
sub calls {
    my ($self, $command) = @_;
    my %info = $self->info('commandstats');

    return ($info{"cmdstat_$command"} // '') =~ /calls=(\d+)/ ? $1 : 0;
}


# A cluster of three masters, and a replica of the first when there is a
# fourth server.
sub cluster {
    my ($n) = @_;
    my @nodes = map {
        MCPTest::Redis->new('cluster-enabled' => 'yes',
                            'cluster-node-timeout' => 1000,
                            'cluster-replica-validity-factor' => 0,
                            'cluster-require-full-coverage' => 'no')
    } 1 .. $n;

    for my $i (0 .. $#nodes) {
        $nodes[$i]->command('CLUSTER', 'SET-CONFIG-EPOCH', $i + 1);
        $nodes[$i]->command('CLUSTER', 'MEET', '127.0.0.1', $nodes[0]->port)
            if $i;
    }

    $nodes[0]->command('CLUSTER', 'ADDSLOTSRANGE', 0, 5460);
    $nodes[1]->command('CLUSTER', 'ADDSLOTSRANGE', 5461, 10922);
    $nodes[2]->command('CLUSTER', 'ADDSLOTSRANGE', 10923, 16383);

    if ($n > 3) {
        my $id = $nodes[0]->command('CLUSTER', 'MYID');

        for (1 .. 500) {
            last if $nodes[3]->command('CLUSTER', 'REPLICATE', $id) eq 'OK';
            sleep 0.02;
        }
    }

    return @nodes;
}


# Waits until all of its servers know all of it.
sub cluster_ready {
    my @nodes = @_;

    return MCPTest::wait_for(sub {
        for (@nodes) {
            my $info = $_->command('CLUSTER', 'INFO');

            return 0 if $info !~ /cluster_state:ok/
                        || $info !~ /cluster_known_nodes:${\scalar @nodes}\b/
                        || @{ $_->command('CLUSTER', 'SLOTS') } != 3;
        }

        my %replica = $nodes[-1]->info('replication');

        return @nodes == 3
               || ($replica{master_link_status} // '') eq 'up';
    }, 20);
}


# Connections of the module, by the name that they give themselves.
sub clients {
    my $self = shift;

    return grep { /\bname=ngx-mcp-module\b/ }
           split /\n/, $self->command('CLIENT', 'LIST');
}


# Waits until so many of them are there.
sub connected {
    my ($self, $n, $seconds) = @_;

    return MCPTest::wait_for(sub {
        (eval { scalar $self->clients } // 0) >= $n
    }, $seconds // 3);
}


END {
    if ($$ == $owner) {
        my $rc = $?;
        $_->stop for reverse @all;
        $? = $rc;
    }
}


1;
