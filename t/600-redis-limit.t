# Rate limits with the store in Redis: the suite that every store passes.

use FindBin;
use lib "$FindBin::Bin/lib";
use MCPTest;
use MCPTest::Redis;
use MCPTest::Store;
use Test::Nginx::Socket 'no_plan';

my $redis = MCPTest::Redis->new;
my $uri = 'redis://127.0.0.1:' . $redis->port . '/3';

Test::Base::spec_string(MCPTest::Store::blocks("mcp_store $uri;"));
MCPTest::run();
