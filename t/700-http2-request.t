# Requests over HTTP/2: the blocks of other suites once more, where they do not
# speak of HTTP/1.1 itself.

use FindBin;
use lib "$FindBin::Bin/lib";
use MCPTest;
use Test::Nginx::Socket 'no_plan';

Test::Base::spec_string(MCPTest::twins(qw(100-request.t 110-era.t 120-forward.t 130-http.t 140-batch.t 150-policy.t)));
MCPTest::run();
