/*
 * Where the packages come from.
 *
 * Nothing generated lives beside the sources: the SDKs are installed under
 * build/e2e.  Node looks for packages only in the folders above the importing
 * file, so a bare name that is not found there is looked up from build/e2e.
 *
 *     node --import ./t/e2e/lib/resolve.mjs FILE
 */

import { registerHooks } from 'node:module';
import { pathToFileURL } from 'node:url';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../../..');
const base = process.env.MCP_E2E_DIR ?? path.join(root, 'build', 'e2e');
const parentURL = pathToFileURL(path.join(base, 'package.json')).href;

const bare = (name) => !/^(\.|\/|#|[a-z]+:)/.test(name);

registerHooks({
    resolve(specifier, context, next) {
        try {
            return next(specifier, context);

        } catch (err) {
            if (err.code !== 'ERR_MODULE_NOT_FOUND' || !bare(specifier)) {
                throw err;
            }

            return next(specifier, { ...context, parentURL });
        }
    },
});
