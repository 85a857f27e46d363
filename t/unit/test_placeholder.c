/*
 * The validator "not_placeholder": examples and masks, and real values that
 * hold the characters of one by chance.
 */

#include "mcp_validate.h"

#include "tap.h"


static const char *const  masks[] = {
    "%s", "Bearer %s", "sk-%s", "%s:%s", "token_%s", "%s-key", "<%s>",
    "%(password)s", "${PASSWORD}", "{{ password }}", "$PASSWORD", "%PASSWORD%",
    "<password>", "changeme", "your-password", "xxxxxxxx", "********",
    "my-example-key", "12345678", "aaaaaaaaaa", "abc...xyz", "process.env.X",
    "sk_test_000000", "REDACTED"
};

static const char *const  values[] = {
    "p%ssW0rd19", "ab%sx9Zq7T", "q9%sK!xT2", "Zx8!%s3kQp", "t7%sssR2vL",
    "hunter2!B", "c0rrect-h0rse", "K9v%d2Lx!", "9fQ%2Fz!kX", "S3cr3t.Pa55"
};


static int
real(const char *value)
{
    size_t             at_len;
    const char        *error, *at;
    mcp_validators_t   vs;

    if (mcp_validators_parse(&vs, "not_placeholder",
                             sizeof("not_placeholder") - 1, &error, &at,
                             &at_len)
        != MCP_OK)
    {
        return -1;
    }

    return mcp_validate(&vs, (const unsigned char *) value, strlen(value));
}


int
main(void)
{
    size_t  i;

    for (i = 0; i < sizeof(masks) / sizeof(masks[0]); i++) {
        is_int(real(masks[i]), 0, "a mask: %s", masks[i]);
    }

    for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        is_int(real(values[i]), 1, "a value: %s", values[i]);
    }

    return done();
}
