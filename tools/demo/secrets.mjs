/*
 * Made-up credentials whose checksums hold.  They are made anew at each run,
 * so no file of the project holds one, and no service knows them.
 */

import { randomInt } from 'node:crypto';
import { crc32 } from 'node:zlib';

const DIGITS = '0123456789';
const UPPER = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const LOWER = UPPER.toLowerCase();
const BASE62 = DIGITS + UPPER + LOWER;

function pick(alphabet, length)
{
    let s = '';

    while (s.length < length) {
        s += alphabet[randomInt(alphabet.length)];
    }

    return s;
}

function base62(number, width)
{
    let s = '';

    for (let n = number; n > 0; n = Math.floor(n / 62)) {
        s = BASE62[n % 62] + s;
    }

    return s.padStart(width, '0');
}

/* the last six characters are the CRC-32 of the thirty before them */
export function githubToken()
{
    const body = pick(BASE62, 30);

    return `ghp_${body}${base62(crc32(body), 6)}`;
}

export const awsKeyId = () => `AKIA${pick(UPPER + '234567', 16)}`;

export const awsSecretKey = () => pick(BASE62 + '+/', 40);

export const stripeKey = () => `sk_live_${pick(BASE62, 24)}`;

/* user:password in the URL of a database */
export const databaseUrl = () =>
    `postgresql://app:${pick(BASE62, 20)}@db.internal:5432/orders`;
