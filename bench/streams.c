/*
 * Idle event streams: memory of the nginx worker for each, with the filter
 * and without, and how long an event takes from the server to the client.
 *
 *     streams PLAIN_PORT MCP_PORT UPSTREAM_PORT STREAMS WORKER_PID
 *
 * It is server and client at once, on 127.0.0.1, in one thread with epoll.
 */

#define _GNU_SOURCE

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>


#define EVENTS  2000            /* events timed on each side                 */


static int   epoll;
static int   listener;
static int  *servers;           /* accepted, by order                        */
static int   nservers;
static int   closed;

static const char  head[] =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
    "Cache-Control: no-cache\r\nTransfer-Encoding: chunked\r\n\r\n"
    "3\r\n:\n\n\r\n";

static const char  event[] =
    "event: message\ndata: {\"jsonrpc\":\"2.0\",\"method\":"
    "\"notifications/message\",\"params\":{\"level\":\"info\",\"data\":"
    "\"the report of this week is ready\"}}\n\n";


static void
fail(const char *what)
{
    fprintf(stderr, "streams: %s: %s\n", what, strerror(errno));
    exit(2);
}


static double
now(void)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_MONOTONIC, &ts);

    return ts.tv_sec + ts.tv_nsec / 1e9;
}


static void
watch(int fd)
{
    struct epoll_event  ev;

    ev.events = EPOLLIN;
    ev.data.fd = fd;

    if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &ev) == -1) {
        fail("epoll_ctl()");
    }
}


static int
dial(int port)
{
    int                 fd, on;
    char                req[256];
    struct sockaddr_in  a;

    fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd == -1) {
        fail("socket()");
    }

    memset(&a, 0, sizeof(a));
    a.sin_family = AF_INET;
    a.sin_port = htons((uint16_t) port);
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);

    if (connect(fd, (struct sockaddr *) &a, sizeof(a)) == -1) {
        fail("connect()");
    }

    on = 1;
    (void) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));

    (void) snprintf(req, sizeof(req), "GET /streams HTTP/1.1\r\n"
                    "Host: 127.0.0.1\r\nAccept: text/event-stream\r\n\r\n");

    if (write(fd, req, strlen(req)) == -1) {
        fail("write()");
    }

    return fd;
}


/* Accepts, answers and drains until nothing happens for that long. */
static void
turn(int ms)
{
    int                 i, n, fd;
    char                buf[4096];
    struct epoll_event  ev[256];

    while ((n = epoll_wait(epoll, ev, 256, ms)) > 0) {

        for (i = 0; i < n; i++) {
            fd = ev[i].data.fd;

            if (fd == listener) {
                fd = accept(listener, NULL, NULL);

                if (fd == -1) {
                    fail("accept()");
                }

                servers[nservers++] = fd;

                if (write(fd, head, sizeof(head) - 1) == -1) {
                    fail("write()");
                }

            } else if (read(fd, buf, sizeof(buf)) <= 0) {
                (void) epoll_ctl(epoll, EPOLL_CTL_DEL, fd, NULL);
                closed++;
            }
        }
    }
}


/* Private memory of a process in KB. */
static long
memory(const char *pid)
{
    long   kb, sum;
    FILE  *f;
    char   line[256], path[64];

    (void) snprintf(path, sizeof(path), "/proc/%s/smaps_rollup", pid);

    f = fopen(path, "r");
    if (f == NULL) {
        fail(path);
    }

    sum = 0;

    while (fgets(line, sizeof(line), f) != NULL) {
        if (sscanf(line, "Private_Clean: %ld", &kb) == 1
            || sscanf(line, "Private_Dirty: %ld", &kb) == 1)
        {
            sum += kb;
        }
    }

    (void) fclose(f);

    return sum;
}


static int
compare(const void *a, const void *b)
{
    double  x = *(const double *) a, y = *(const double *) b;

    return (x > y) - (x < y);
}


/* Microseconds from write() at the server to read() at the client. */
static void
latency(int server, int client, double *t)
{
    int     i, n;
    char    buf[4096], chunk[512];
    size_t  got, len;

    len = (size_t) snprintf(chunk, sizeof(chunk), "%zx\r\n%s\r\n",
                            sizeof(event) - 1, event);

    for (i = 0; i < EVENTS; i++) {
        t[i] = now();

        if (write(server, chunk, len) == -1) {
            fail("write()");
        }

        for (got = 0; got < sizeof(event) - 1; got += (size_t) n) {
            n = (int) read(client, buf, sizeof(buf));

            if (n <= 0) {
                fail("read()");
            }
        }

        t[i] = (now() - t[i]) * 1e6;
    }

    qsort(t, EVENTS, sizeof(double), compare);
}


/* Opens the streams of one side; returns KB of the worker for each. */
static double
side(int port, int streams, const char *pid, double *t)
{
    int     i, first, *clients;
    long    before, after;
    double  deadline;

    clients = malloc(sizeof(int) * (size_t) streams);
    if (clients == NULL) {
        fail("malloc()");
    }

    first = nservers;
    deadline = now() + 60;

    /* one stream first, so that what all of them share is there already */

    clients[0] = dial(port);
    watch(clients[0]);
    turn(300);

    before = memory(pid);

    for (i = 1; i < streams; i++) {
        clients[i] = dial(port);
        watch(clients[i]);

        /* not more under way than queues of listening sockets hold */

        while (i - (nservers - first) > 128 && now() < deadline) {
            turn(1);
        }
    }

    while (nservers - first < streams && now() < deadline) {
        turn(10);
    }

    turn(500);
    after = memory(pid);

    if (nservers - first != streams) {
        fprintf(stderr, "streams: %d of %d streams arrived\n",
                nservers - first, streams);
        exit(1);
    }

    (void) epoll_ctl(epoll, EPOLL_CTL_DEL, clients[0], NULL);
    latency(servers[first], clients[0], t);

    for (i = 0; i < streams; i++) {
        (void) close(clients[i]);
        (void) close(servers[first + i]);
    }

    free(clients);
    turn(500);

    return (double) (after - before) / (streams - 1);
}


int
main(int argc, char **argv)
{
    int                 on, streams;
    double              plain, mcp, tp[EVENTS], tm[EVENTS];
    struct sockaddr_in  a;

    if (argc != 6 || (streams = atoi(argv[4])) < 2) {
        fprintf(stderr, "usage: streams PLAIN_PORT MCP_PORT UPSTREAM_PORT "
                        "STREAMS WORKER_PID\n");
        return 2;
    }

    servers = malloc(sizeof(int) * 2 * (size_t) streams);
    epoll = epoll_create1(0);
    listener = socket(AF_INET, SOCK_STREAM, 0);

    if (servers == NULL || epoll == -1 || listener == -1) {
        fail("start");
    }

    on = 1;
    (void) setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));

    memset(&a, 0, sizeof(a));
    a.sin_family = AF_INET;
    a.sin_port = htons((uint16_t) atoi(argv[3]));
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);

    if (bind(listener, (struct sockaddr *) &a, sizeof(a)) == -1
        || listen(listener, 4096) == -1)
    {
        fail("bind()");
    }

    watch(listener);

    plain = side(atoi(argv[1]), streams, argv[5], tp);
    mcp = side(atoi(argv[2]), streams, argv[5], tm);

    printf("%d idle streams: plain %.1f KB each, mcp %.1f KB each, "
           "%.1f KB more (want <= 8)  %s\n", streams, plain, mcp,
           mcp - plain, mcp - plain <= 8 ? "ok" : "above");

    printf("event latency: plain p50 %.0f us p99 %.0f us, "
           "mcp p50 %.0f us p99 %.0f us (want p99 <= 1000)  %s\n",
           tp[EVENTS / 2], tp[EVENTS * 99 / 100], tm[EVENTS / 2],
           tm[EVENTS * 99 / 100],
           tm[EVENTS * 99 / 100] <= 1000 ? "ok" : "above");

    return 0;
}
