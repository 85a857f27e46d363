# Answers over HTTP/2: the blocks of other suites once more, where they do not
# speak of HTTP/1.1 itself.

use FindBin;
use lib "$FindBin::Bin/lib";
use MCPTest;
use Test::Nginx::Socket 'no_plan';

Test::Base::spec_string(MCPTest::twins(qw(300-response-json.t 310-response-heads.t 320-redact.t 330-tools-list.t)));
MCPTest::run();
