# JSONTestSuite through nginx: what a parser must accept passes as an argument,
# byte for byte; what it must refuse is refused; and what is free has a frozen
# answer.

use FindBin;
use lib "$FindBin::Bin/lib";
use MCPTest;

our ($suite, %free);

BEGIN {
    $suite = "$FindBin::Bin/../../shared/json-test-suite/test_parsing";

    if (!-d $suite) {
        print "1..0 # SKIP no JSONTestSuite beside the repository\n";
        exit 0;
    }
}

use Test::Nginx::Socket 'no_plan';

# Of the free ones, numbers pass as they are as long as 64 characters are
# enough for them; broken Unicode and 500 levels do not.
%free = map { $_ => 1 } qw(
    i_number_double_huge_neg_exp i_number_neg_int_huge_exp
    i_number_pos_double_huge_exp i_number_real_neg_overflow
    i_number_real_pos_overflow i_number_real_underflow
    i_number_too_big_neg_int i_number_too_big_pos_int
    i_number_very_big_negative_int
);

# These are right for a parser, and ambiguous for two of them.
our %ambiguous = map { $_ => 1 } qw(
    y_object_duplicated_key y_object_duplicated_key_and_value
    y_object_escaped_null_in_key
);


sub files {
    my $kind = shift;
    my @files = sort glob "$suite/${kind}_*.json";

    return map {
        open my $fh, '<:raw', $_ or die "$_: $!\n";
        my $bytes = do { local $/; <$fh> } // '';
        my ($name) = m{([^/]+)\.json\z};
        [$name, $bytes];
    } @files;
}


# Sends each file as an argument, or as the whole body; the function says what
# the status must be, 200 meaning that it also reached the server as it is.
sub probe {
    my ($kind, $whole, $status) = @_;

    return sub {
        my $client;
        my $n = scalar MCPTest::requests();

        for my $file (files($kind)) {
            my ($name, $bytes) = @$file;
            my $body = $whole ? $bytes : ::call('n', qq({"v":$bytes}));
            my $want = $status->($name);

            $client = MCPTest::Client->new if !$client || $client->{closed};
            $client->post($body);

            my $r = $client->response;
            my $got = $r ? $r->{status} : 'no answer';

            $client->{closed} = !$r || $r->{head} =~ /^Connection: close/mi;
            ::is($got, $want, "$name - status");

            if ($want == 200) {
                $n++;
                my @r = MCPTest::requests();
                ::ok(@r == $n && $r[-1]{body} eq $body, "$name - forwarded");

            } else {
                ::like($r->{body}, qr/^\{"jsonrpc":"2\.0","id":null,"error":\{"code":-32[67]00,/,
                       "$name - answer");
            }
        }

        ::is(scalar MCPTest::requests(), $n, 'nothing else was forwarded');
    };
}


MCPTest::run();

__DATA__

=== TEST 1: what must be accepted
--- probe eval
::probe('y', 0, sub { $::ambiguous{$_[0]} ? 400 : 200 })


=== TEST 2: what must be refused, as an argument
--- probe eval
::probe('n', 0, sub { 400 })


=== TEST 3: what must be refused, alone
--- probe eval
::probe('n', 1, sub { 400 })


=== TEST 4: what is free
--- probe eval
::probe('i', 0, sub { $::free{$_[0]} ? 200 : 400 })


=== TEST 5: what must be refused, over a temporary file
--- mcp
client_body_in_file_only clean;
--- probe eval
::probe('n', 0, sub { 400 })
