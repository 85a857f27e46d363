/*
 * Loaded before a server that cannot be told where to listen
 * (node --import): TCP listeners without an address get 127.0.0.1, so that a
 * demonstration is never open to the network.
 */

import { Server } from 'node:net';

const listen = Server.prototype.listen;

Server.prototype.listen = function (...args) {
    const [first, second] = args;

    if (typeof first === 'object' && first !== null) {
        if (first.port !== undefined && first.host === undefined) {
            args[0] = { ...first, host: '127.0.0.1' };
        }

    } else if (Number.isInteger(Number(first)) && typeof second !== 'string') {
        args.splice(1, 0, '127.0.0.1');
    }

    return listen.apply(this, args);
};
