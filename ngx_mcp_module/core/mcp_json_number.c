/*
 * The inside of a number: a table of steps.
 *
 * Numbers are kept as text.  What a value means beyond the grammar (2^53 + 1,
 * 1e400, -0) is for those who read it; we change none of them.  Zeros in front
 * are no digits for the limit: 0.00...01 is long, but harmless.
 */

#include "mcp_json_int.h"


/* Places in a number; those from sw_zero to sw_exponent may end it. */
enum {
    sw_minus = 0,
    sw_point,
    sw_e,
    sw_e_sign,
    sw_zero,
    sw_integer,
    sw_fraction,
    sw_exponent,
    sw_end,                   /* behind it                                  */
    sw_no                     /* this cannot be                             */
};


/* Classes of bytes in and behind numbers; cl_other is what all others are. */
enum {
    cl_other = 0,
    cl_zero,
    cl_digit,
    cl_minus,
    cl_plus,
    cl_point,
    cl_e,
    cl_delimiter
};


static const unsigned char  classes[256] = {
    ['0'] = cl_zero, ['1'] = cl_digit, ['2'] = cl_digit, ['3'] = cl_digit,
    ['4'] = cl_digit, ['5'] = cl_digit, ['6'] = cl_digit, ['7'] = cl_digit,
    ['8'] = cl_digit, ['9'] = cl_digit,
    ['-'] = cl_minus, ['+'] = cl_plus, ['.'] = cl_point,
    ['e'] = cl_e, ['E'] = cl_e,
    [' '] = cl_delimiter, ['\n'] = cl_delimiter, ['\r'] = cl_delimiter,
    ['\t'] = cl_delimiter, [','] = cl_delimiter, [']'] = cl_delimiter,
    ['}'] = cl_delimiter
};


/* Where a byte leads to in a number. */
static const unsigned char  number_steps[][8] = {

    /*                 other  0            1-9          -          +
                       .         e or E  delimiter */

    [sw_minus] =     { sw_no, sw_zero,     sw_integer,  sw_no,     sw_no,
                       sw_no,    sw_no,  sw_no  },
    [sw_point] =     { sw_no, sw_fraction, sw_fraction, sw_no,     sw_no,
                       sw_no,    sw_no,  sw_no  },
    [sw_e] =         { sw_no, sw_exponent, sw_exponent, sw_e_sign, sw_e_sign,
                       sw_no,    sw_no,  sw_no  },
    [sw_e_sign] =    { sw_no, sw_exponent, sw_exponent, sw_no,     sw_no,
                       sw_no,    sw_no,  sw_no  },
    [sw_zero] =      { sw_no, sw_no,       sw_no,       sw_no,     sw_no,
                       sw_point, sw_e,   sw_end },
    [sw_integer] =   { sw_no, sw_integer,  sw_integer,  sw_no,     sw_no,
                       sw_point, sw_e,   sw_end },
    [sw_fraction] =  { sw_no, sw_fraction, sw_fraction, sw_no,     sw_no,
                       sw_no,    sw_e,   sw_end },
    [sw_exponent] =  { sw_no, sw_exponent, sw_exponent, sw_no,     sw_no,
                       sw_no,    sw_no,  sw_end }
};


void
mcp_json_number_start(mcp_json_t *j, const unsigned char *p)
{
    j->raw = mcp_json_offset(j, p);
    j->number[0] = (char) *p;
    j->number_len = 1;
    j->digits = (*p >= '1' && *p <= '9');
    j->sub = (*p == '-') ? sw_minus : (*p == '0') ? sw_zero : sw_integer;
}


mcp_rc_t
mcp_json_number(mcp_json_t *j, const unsigned char **pp,
    const unsigned char *end)
{
    unsigned              sub, class, len, digits;
    const unsigned char  *p;

    sub = j->sub;
    len = j->number_len;
    digits = j->digits;

    for (p = *pp; p < end; p++) {

        class = classes[*p];
        sub = number_steps[sub][class];

        if (sub >= sw_end) {

            if (sub == sw_no) {
                return mcp_json_fail_byte(j, MCP_JSON_E_SYNTAX, p);
            }

            break;
        }

        digits += (class == cl_digit || (class == cl_zero && digits > 0));

        if (len == MCP_JSON_MAX_NUMBER || digits > MCP_JSON_MAX_DIGITS) {
            return mcp_json_fail_byte(j, MCP_JSON_E_NUMBER, p);
        }

        j->number[len++] = (char) *p;
    }

    j->number_len = (unsigned char) len;
    j->digits = (unsigned char) digits;
    j->sub = sub;
    *pp = p;

    return (sub == sw_end) ? MCP_OK : MCP_AGAIN;
}


int
mcp_json_number_whole(const mcp_json_t *j)
{
    return j->sub >= sw_zero && j->sub <= sw_exponent;
}
