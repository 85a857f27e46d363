package MCPTest::FakeRedis;

# A server that says what a test wants it to say.
#
#     my $fake = MCPTest::FakeRedis->new(sub {
#         my ($number, @command) = @_;     # the number of this EVAL/EVALSHA
#         return ("+OK\r\n", 'wait 0.1', "+OK\r\n");
#     });
#     $fake->port; $fake->connects; $fake->asked;
#
# The sub gives what is sent: texts, "wait SECONDS" in between, "close" or
# "reset" for the connection.  What is to be sent later does not
# keep other connections.  Commands of the handshake get +OK; with all => 1
# the sub is asked about them too.

use strict;
use warnings;

use IO::Select;
use IO::Socket::INET;
use Socket qw(SOL_SOCKET SO_LINGER);
use Time::HiRes qw(time);

use MCPTest::Redis ();

my $owner = $$;
my @all;


sub new {
    my ($class, $answer, %opt) = @_;
    my $port = $opt{port} // MCPTest::Redis::free_port();
    my $self = bless { port => $port, %opt }, $class;

    $self->{file} = File::Temp->new(TEMPLATE => 'mcpfake-XXXXXX',
                                    TMPDIR => 1);
    my $listen = IO::Socket::INET->new(LocalAddr => '127.0.0.1',
        LocalPort => $port, Listen => 128, ReuseAddr => 1, Blocking => 0)
        or die "listen: $!\n";

    $self->{pid} = fork() // die "fork: $!\n";

    if (!$self->{pid}) {
        open $self->{log}, '>>', "$self->{file}" or die "log: $!\n";
        $self->{log}->autoflush(1);
        $self->{answer} = $answer;
        $self->{count} = 0;
        eval { $self->loop($listen) };
        require POSIX;
        POSIX::_exit(0);
    }

    push @all, $self;

    return $self;
}


sub port { $_[0]{port} }

sub connects { scalar grep { /^connect/ } $_[0]->lines }
sub asked { scalar grep { /^ask/ } $_[0]->lines }


sub lines {
    my $self = shift;
    open my $in, '<', "$self->{file}" or die "log: $!\n";
    return <$in>;
}


sub stop {
    my $self = shift;

    return if !$self->{pid};

    kill 'KILL', $self->{pid};
    waitpid $self->{pid}, 0;
    delete $self->{pid};
}


sub loop {
    my ($self, $listen) = @_;
    my $select = IO::Select->new($listen);
    my %conns;

    $SIG{PIPE} = 'IGNORE';

    while (1) {
        my $wait = 1;

        for my $c (values %conns) {
            next if !@{ $c->{todo} };
            my $rest = $c->{at} - time;
            $wait = $rest < 0 ? 0 : $rest if $rest < $wait;
        }

        for my $sock ($select->can_read($wait)) {

            if ($sock == $listen) {
                my $new = $listen->accept // next;
                printf { $self->{log} } "connect %.3f\n", time;
                $select->add($new);
                $conns{$new} = { sock => $new, buf => '', todo => [],
                                 at => 0 };
                next;
            }

            my $c = $conns{$sock};
            my $n = sysread $sock, $c->{buf}, 65536, length $c->{buf};

            if (!$n) {
                next if !defined $n && $!{EAGAIN};
                drop($select, \%conns, $c);
                next;
            }

            while (my @command = take($c)) {
                push @{ $c->{todo} }, $self->reply(@command);
            }
        }

        for my $c (values %conns) {
            work($select, \%conns, $c);
        }
    }
}


sub drop {
    my ($select, $conns, $c) = @_;

    $select->remove($c->{sock});
    delete $conns->{$c->{sock}};
    close $c->{sock};
}


sub work {
    my ($select, $conns, $c) = @_;

    while (@{ $c->{todo} } && time >= $c->{at}) {
        my $what = shift @{ $c->{todo} };

        if ($what =~ /^wait ([\d.]+)\z/) {
            $c->{at} = time + $1;

        } elsif ($what eq 'reset' || $what eq 'close') {
            setsockopt $c->{sock}, SOL_SOCKET, SO_LINGER, pack 'ii', 1, 0
                if $what eq 'reset';
            drop($select, $conns, $c);
            return;

        } else {
            $c->{sock}->blocking(1);

            while (length $what) {
                my $n = syswrite $c->{sock}, $what;

                if (!$n) {
                    drop($select, $conns, $c);
                    return;
                }

                substr $what, 0, $n, '';
            }

            $c->{sock}->blocking(0);
        }
    }
}


sub take {
    my $c = shift;

    return if $c->{buf} !~ /\A\*(\d+)\r\n/;

    my ($n, $pos, @command) = ($1, $+[0]);

    for (1 .. $n) {
        pos($c->{buf}) = $pos;
        return if $c->{buf} !~ /\G\$(\d+)\r\n/g;
        $pos = $+[0];
        return if length $c->{buf} < $pos + $1 + 2;
        push @command, substr $c->{buf}, $pos, $1;
        $pos += $1 + 2;
    }

    substr $c->{buf}, 0, $pos, '';

    return @command;
}


sub reply {
    my ($self, @command) = @_;
    my $ask = $command[0] =~ /^EVAL/;

    return "+OK\r\n" if !$ask && !$self->{all};

    if ($ask || $self->{all}) {
        print { $self->{log} } sprintf('%s %.3f ', $ask ? 'ask' : 'other',
            time) . join(' ', grep { defined } @command[0, 1]) . "\n";
    }

    $self->{count}++ if $ask;

    return $self->{answer}->($self->{count}, @command);
}


END {
    if ($$ == $owner) {
        my $rc = $?;
        $_->stop for @all;
        $? = $rc;
    }
}


1;
