/*
 * What the two halves of the validators share: classes of ASCII characters
 * and the checks of formats, for the table in mcp_validate.c.
 */

#ifndef MCP_VALIDATE_INT_H
#define MCP_VALIDATE_INT_H

#include "mcp_validate.h"


static inline int
is_digit(unsigned char c)
{
    return c >= '0' && c <= '9';
}


static inline int
is_upper(unsigned char c)
{
    return c >= 'A' && c <= 'Z';
}


static inline int
is_lower(unsigned char c)
{
    return c >= 'a' && c <= 'z';
}


static inline int
is_letter(unsigned char c)
{
    return is_upper(c) || is_lower(c);
}


static inline int
is_hex(unsigned char c)
{
    return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}


/* 1 when the zero ended word, not empty, stands somewhere in the text. */
int mcp_contains(const unsigned char *p, size_t len, const char *word);

/*
 * Checks: 1 when the text passes; arg is not used.  What each is about stands
 * in mcp_validate.h.
 */
int mcp_check_github_crc32(const unsigned char *p, size_t len, double arg);
int mcp_check_atlassian_crc32(const unsigned char *p, size_t len, double arg);
int mcp_check_gitlab_crc32(const unsigned char *p, size_t len, double arg);
int mcp_check_jwt(const unsigned char *p, size_t len, double arg);
int mcp_check_pem(const unsigned char *p, size_t len, double arg);
int mcp_check_luhn(const unsigned char *p, size_t len, double arg);
int mcp_check_iban(const unsigned char *p, size_t len, double arg);
int mcp_check_base58check(const unsigned char *p, size_t len, double arg);
int mcp_check_bech32(const unsigned char *p, size_t len, double arg);
int mcp_check_base64(const unsigned char *p, size_t len, double arg);
int mcp_check_basic_auth(const unsigned char *p, size_t len, double arg);

#endif /* MCP_VALIDATE_INT_H */
