/*
 * Kills nginx inside the lock of the store in shared memory, at any chosen
 * instruction; for t/520-store-killed.t.
 *
 * Preloaded, it stands in for clock_gettime(), which the store calls inside
 * its lock, and nothing else of nginx with this clock.  When the file named
 * by KILLER has a number, and only once, the processor is made to trap after
 * each instruction, and the process is killed after so many.
 */

#define _GNU_SOURCE

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>


static volatile long  left;
static char           file[256];


static void
on_trap(int sig, siginfo_t *info, void *context)
{
    (void) sig;
    (void) info;
    (void) context;

    if (--left <= 0) {
        kill(getpid(), SIGKILL);
    }
}


__attribute__((constructor)) static void
init(void)
{
    const char       *name;
    struct sigaction  sa = { 0 };

    /* now, as nginx clears its environment later */

    name = getenv("KILLER");

    if (name != NULL) {
        strncpy(file, name, sizeof(file) - 1);
    }

    sa.sa_sigaction = on_trap;
    sa.sa_flags = SA_SIGINFO;

    (void) sigaction(SIGTRAP, &sa, NULL);
}


static long
order(void)
{
    int      fd;
    char     buf[16];
    ssize_t  n;

    fd = open(file, O_RDONLY);

    if (fd == -1) {
        return 0;
    }

    n = read(fd, buf, sizeof(buf) - 1);
    (void) close(fd);

    if (n <= 0 || unlink(file) != 0) {
        return 0;
    }

    buf[n] = '\0';

    return atol(buf);
}


int
clock_gettime(clockid_t id, struct timespec *ts)
{
    int   rc;
    long  n;

    n = (id == CLOCK_BOOTTIME) ? order() : 0;
    rc = (int) syscall(SYS_clock_gettime, id, ts);

    if (n > 0) {
        left = n;

        /* the trap flag; below the red zone of the stack */

        __asm__ volatile("lea -128(%%rsp), %%rsp\n\t"
                         "pushfq\n\t"
                         "orq $0x100, (%%rsp)\n\t"
                         "popfq\n\t"
                         "lea 128(%%rsp), %%rsp"
                         : : : "memory", "cc");
    }

    return rc;
}
