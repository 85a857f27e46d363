/*
 * @modelcontextprotocol/server-everything for "make run": on 127.0.0.1 only,
 * with an environment that holds made-up secrets.  One of its tools prints
 * its environment, so it gets nothing of the user's.
 *
 *     PORT=3001 node --import ./t/e2e/lib/resolve.mjs tools/demo/everything.mjs
 */

import './loopback.mjs';
import {
    awsKeyId, awsSecretKey, databaseUrl, githubToken, stripeKey,
} from './secrets.mjs';

const { PORT } = process.env;

for (const name of Object.keys(process.env)) {
    delete process.env[name];
}

Object.assign(process.env, {
    HOME: '/srv/demo',
    LANG: 'C.UTF-8',
    NODE_ENV: 'production',
    PORT,
    REGION: 'eu-central-1',
    GITHUB_TOKEN: githubToken(),
    AWS_ACCESS_KEY_ID: awsKeyId(),
    AWS_SECRET_ACCESS_KEY: awsSecretKey(),
    DATABASE_URL: databaseUrl(),
    STRIPE_API_KEY: stripeKey(),
});

process.argv[2] = 'streamableHttp';

await import('@modelcontextprotocol/server-everything/dist/index.js');
