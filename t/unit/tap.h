/*
 * Test Anything Protocol for the unit tests, in one header.
 *
 *     int
 *     main(void)
 *     {
 *         ok(1 + 1 == 2, "sum of %d and %d", 1, 1);
 *         is_str(name, "ping", "name of the method");
 *
 *         return done();
 *     }
 *
 * Each check returns whether it held, so that a test may stop early.  The
 * plan is printed at the end; a program that dies before done() has no plan
 * and therefore fails under prove.
 */

#ifndef TAP_H
#define TAP_H

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#if defined(__GNUC__)
#define TAP_UNUSED            __attribute__((unused))
#define TAP_FORMAT(fmt, arg)  __attribute__((format(printf, fmt, arg), unused))
#else
#define TAP_UNUSED
#define TAP_FORMAT(fmt, arg)
#endif


static unsigned  tap_run;
static unsigned  tap_failed;

/* The place of the check that runs; the macros below set it. */
static const char  *tap_file;
static int          tap_line;


static int
tap_vcheck(int cond, const char *fmt, va_list args)
{
    char    name[512];
    size_t  i;

    (void) vsnprintf(name, sizeof(name), fmt, args);

    /* a "#" would start a directive, a line break would end the line */

    for (i = 0; name[i] != '\0'; i++) {
        if (name[i] == '#' || name[i] == '\n' || name[i] == '\r') {
            name[i] = ' ';
        }
    }

    tap_run++;
    printf("%sok %u - %s\n", cond ? "" : "not ", tap_run, name);

    if (!cond) {
        tap_failed++;
        printf("#   failed at %s line %d\n", tap_file, tap_line);
    }

    /* what was printed must survive a crash in the next step */
    fflush(stdout);

    return cond;
}


/* Prints bytes as a C string of at most 200 bytes. */
static void
tap_show(const char *label, const void *data, size_t len)
{
    size_t                i;
    const unsigned char  *p = data;

    if (p == NULL) {
        printf("#   %s: NULL\n", label);
        return;
    }

    printf("#   %s: %lu \"", label, (unsigned long) len);

    for (i = 0; i < len && i < 200; i++) {
        if (p[i] < 0x20 || p[i] >= 0x7f || p[i] == '"' || p[i] == '\\') {
            printf("\\x%02x", p[i]);

        } else {
            putchar(p[i]);
        }
    }

    printf("\"%s\n", i < len ? "..." : "");
}


TAP_FORMAT(2, 3)
static int
tap_ok(int cond, const char *fmt, ...)
{
    va_list  args;

    va_start(args, fmt);
    (void) tap_vcheck(cond, fmt, args);
    va_end(args);

    return cond;
}


TAP_FORMAT(3, 4)
static int
tap_is_int(long long got, long long want, const char *fmt, ...)
{
    va_list  args;

    va_start(args, fmt);
    (void) tap_vcheck(got == want, fmt, args);
    va_end(args);

    if (got != want) {
        printf("#   got: %lld\n#   expected: %lld\n", got, want);
    }

    return got == want;
}


TAP_FORMAT(3, 4)
static int
tap_is_str(const char *got, const char *want, const char *fmt, ...)
{
    int      same;
    va_list  args;

    if (got == NULL || want == NULL) {
        same = (got == want);

    } else {
        same = (strcmp(got, want) == 0);
    }

    va_start(args, fmt);
    (void) tap_vcheck(same, fmt, args);
    va_end(args);

    if (!same) {
        tap_show("got", got, got != NULL ? strlen(got) : 0);
        tap_show("expected", want, want != NULL ? strlen(want) : 0);
    }

    return same;
}


TAP_FORMAT(5, 6)
static int
tap_is_mem(const void *got, size_t got_len, const void *want, size_t want_len,
    const char *fmt, ...)
{
    int      same;
    va_list  args;

    same = (got_len == want_len
            && (want_len == 0
                || (got != NULL && want != NULL
                    && memcmp(got, want, want_len) == 0)));

    va_start(args, fmt);
    (void) tap_vcheck(same, fmt, args);
    va_end(args);

    if (!same) {
        tap_show("got", got, got_len);
        tap_show("expected", want, want_len);
    }

    return same;
}


/* A remark in the output; it checks nothing. */
TAP_FORMAT(1, 2)
static void
diag(const char *fmt, ...)
{
    va_list  args;

    printf("# ");
    va_start(args, fmt);
    (void) vprintf(fmt, args);
    va_end(args);
    putchar('\n');
}


/* Counts one check as skipped: what it needs is not here. */
TAP_FORMAT(1, 2)
static void
skip(const char *fmt, ...)
{
    va_list  args;

    printf("ok %u # SKIP ", ++tap_run);
    va_start(args, fmt);
    (void) vprintf(fmt, args);
    va_end(args);
    putchar('\n');
}


/* Prints the plan.  Returns the exit status: 0 when every check held. */
TAP_UNUSED
static int
done(void)
{
    printf("1..%u\n", tap_run);

    if (tap_failed > 0) {
        printf("# %u of %u checks failed\n", tap_failed, tap_run);
    }

    fflush(stdout);

    return tap_failed > 0 || tap_run == 0;
}


#define tap_here()   (tap_file = __FILE__, tap_line = __LINE__)

/* ok(cond, fmt, ...): the condition holds. */
#define ok(cond, ...)                                                         \
    (tap_here(), tap_ok((cond) ? 1 : 0, __VA_ARGS__))

/* is_int(got, want, fmt, ...): two integers are equal. */
#define is_int(got, want, ...)                                                \
    (tap_here(),                                                              \
     tap_is_int((long long) (got), (long long) (want), __VA_ARGS__))

/* is_str(got, want, fmt, ...): two zero ended strings; NULL equals NULL. */
#define is_str(got, want, ...)                                                \
    (tap_here(), tap_is_str((got), (want), __VA_ARGS__))

/* is_mem(got, got_len, want, want_len, fmt, ...): two runs of bytes. */
#define is_mem(got, got_len, want, want_len, ...)                             \
    (tap_here(),                                                              \
     tap_is_mem((got), (got_len), (want), (want_len), __VA_ARGS__))

#endif /* TAP_H */
