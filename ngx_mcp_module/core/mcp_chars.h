/*
 * Kinds of ASCII characters, whatever the locale.
 */

#ifndef MCP_CHARS_H
#define MCP_CHARS_H


static inline int
mcp_is_alpha(unsigned char c)
{
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}


static inline int
mcp_is_digit(unsigned char c)
{
    return c >= '0' && c <= '9';
}


/* What \w takes. */
static inline int
mcp_is_word(unsigned char c)
{
    return mcp_is_alpha(c) || mcp_is_digit(c) || c == '_';
}


static inline int
mcp_is_blank(unsigned char c)
{
    return c == ' ' || c == '\t';
}


/* White space of a pattern: one of ' ', \t, \n, \v, \f, \r. */
static inline int
mcp_is_white(unsigned char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

#endif /* MCP_CHARS_H */
