/*
 * Validators: what a pattern cannot say.  A rule names some of them, separated
 * by spaces, and all must hold for the text of the finding.
 *
 *   github_crc32     last six characters are the CRC-32 of what stands between
 *                    the prefix and them, base62 (GitHub, npm: npm_crc32)
 *   atlassian_crc32  last eight are the CRC-32 of all before, capital hex
 *   gitlab_crc32     routable GitLab token: last seven are the CRC-32 of all
 *                    before, base36
 *   jwt              base64url parts, the first one JSON with "alg"
 *   pem              an armoured private key: base64 with the first byte of a
 *                    DER sequence, the OpenSSH magic, or an OpenPGP packet
 *   luhn iban        check digits
 *   base58check      double SHA-256 checksum (Bitcoin WIF, xprv)
 *   bech32           BIP 173 or BIP 350 checksum
 *   base64           decodes, with right padding
 *   basic_auth       base64 of "user:password"
 *   entropy>=N       Shannon, bits a character
 *   digits>=N upper>=N lower>=N letters>=N symbols>=N length>=N distinct>=N
 *                    counts; distinct: different characters
 *   mixed>=N         so many of the four: upper, lower, digits, symbols
 *   not_placeholder  no example, mask, template or variable reference
 *   not_uuid not_hex not_word not_path not_url not_date
 *                    does not look like that
 */

#ifndef MCP_VALIDATE_H
#define MCP_VALIDATE_H

#include "mcp_types.h"


#define MCP_VALIDATORS_MAX  8         /* of one rule                         */

typedef struct {
    uint8_t   check[MCP_VALIDATORS_MAX];
    double    arg[MCP_VALIDATORS_MAX];
    unsigned  n;
} mcp_validators_t;


/*
 * Reads a list of names.  MCP_ERROR: *error is static text, *at and *at_len
 * the word that it is about.
 */
mcp_rc_t mcp_validators_parse(mcp_validators_t *vs, const char *list,
    size_t len, const char **error, const char **at, size_t *at_len);

/* 1 when all of them hold for the text; time is linear in len. */
int mcp_validate(const mcp_validators_t *vs, const unsigned char *text,
    size_t len);

/* Shannon entropy in bits a byte; 0 for an empty text. */
double mcp_entropy(const unsigned char *text, size_t len);

/* CRC-32 (IEEE 802.3), as GitHub, npm, GitLab and Atlassian use it. */
uint32_t mcp_crc32(const unsigned char *text, size_t len);

#endif /* MCP_VALIDATE_H */
