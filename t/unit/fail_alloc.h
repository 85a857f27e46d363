/*
 * Allocations that fail when a test says so, and a count of what is live.  A
 * test that includes this starts with the line
 *
 *     LDFLAGS: -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=free
 */

#ifndef FAIL_ALLOC_H
#define FAIL_ALLOC_H

#include <stddef.h>


void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
void __real_free(void *p);

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);
void __wrap_free(void *p);


static unsigned  calls;             /* allocations so far                    */
static unsigned  fail_at;           /* the one that fails; 0: none           */
static int       fail_after;        /* and all later ones                    */
static long      live;              /* blocks that are not freed             */


static int
fails(void)
{
    calls++;

    return fail_at != 0
           && (calls == fail_at || (fail_after && calls > fail_at));
}


void *
__wrap_malloc(size_t size)
{
    void  *p;

    p = fails() ? NULL : __real_malloc(size);
    live += (p != NULL);

    return p;
}


void *
__wrap_calloc(size_t n, size_t size)
{
    void  *p;

    p = fails() ? NULL : __real_calloc(n, size);
    live += (p != NULL);

    return p;
}


void *
__wrap_realloc(void *old, size_t size)
{
    void  *p;

    p = fails() ? NULL : __real_realloc(old, size);
    live += (p != NULL && old == NULL);

    return p;
}


void
__wrap_free(void *p)
{
    live -= (p != NULL);
    __real_free(p);
}

#endif /* FAIL_ALLOC_H */
