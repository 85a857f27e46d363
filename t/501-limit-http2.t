# Rate limits with the store in shared memory, over HTTP/2.

use FindBin;
use lib "$FindBin::Bin/lib";
use MCPTest;
use MCPTest::Store;
use Test::Nginx::Socket 'no_plan';

Test::Base::spec_string(MCPTest::Store::blocks('mcp_store shm:1m;', http2 => 1));
MCPTest::run();
