# Rate limits with the store in a cluster: the suite that every store passes.

use FindBin;
use lib "$FindBin::Bin/lib";
use MCPTest;
use MCPTest::Redis;
use MCPTest::Store;
use Test::Nginx::Socket 'no_plan';

my @nodes = MCPTest::Redis::cluster(3);
my $uri = 'redis-cluster://127.0.0.1:' . $nodes[0]->port;

MCPTest::Redis::cluster_ready(@nodes) or die "no cluster\n";

Test::Base::spec_string(MCPTest::Store::blocks("mcp_store $uri;"));
MCPTest::run();
