/*
 * The canned server once more, with texts that nobody has seen before: in
 * each answer every text begins with another word.
 *
 *     fresh PORT FILE...
 *
 * It answers any request for /NAME with the file of that name, keeps
 * connections open, and runs in one thread with epoll.  Of requests it knows
 * what wrk and nginx send: a head, and a body of Content-Length bytes.
 */

#define _GNU_SOURCE

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>


#define MAX_FILES  16
#define MAX_TEXTS  4096         /* of a file                                 */
#define MAX_FD     1024
#define WORD       8            /* letters that change                       */
#define HEAD       16384        /* bytes of a request's head, and body       */


typedef struct {
    const char  *name;
    char        *data;          /* head and body of the answer               */
    size_t       len;
    char        *text[MAX_TEXTS];
    size_t       texts;
} file_t;

/* A connection: what was read of the request, what is left of the answer. */
typedef struct {
    char    *in;
    size_t   in_len;
    size_t   skip;              /* bytes of the body to come                 */
    char    *out;
    size_t   out_cap;
    size_t   out_len;
    size_t   sent;
} conn_t;


static int       epoll;
static int       files_n;
static file_t    files[MAX_FILES];
static conn_t    conns[MAX_FD];
static uint32_t  counter;


static void
fail(const char *what)
{
    fprintf(stderr, "fresh: %s: %s\n", what, strerror(errno));
    exit(2);
}


static void *
need(void *p)
{
    if (p == NULL) {
        fail("malloc()");
    }

    return p;
}


static void
load(const char *path)
{
    char        head[256], *p;
    long        size;
    FILE       *f;
    size_t      n;
    file_t     *file;
    const char *type;

    if (files_n == MAX_FILES) {
        errno = E2BIG;
        fail(path);
    }

    file = &files[files_n++];
    f = fopen(path, "r");

    if (f == NULL || fseek(f, 0, SEEK_END) != 0 || (size = ftell(f)) < 0) {
        fail(path);
    }

    rewind(f);

    file->name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
    type = strstr(path, ".sse") ? "text/event-stream" : "application/json";

    n = (size_t) snprintf(head, sizeof(head),
                          "HTTP/1.1 200 OK\r\nContent-Type: %s\r\n"
                          "Content-Length: %ld\r\n\r\n", type, size);

    file->len = n + (size_t) size;
    file->data = need(malloc(file->len + 1));
    memcpy(file->data, head, n);

    if (fread(file->data + n, 1, (size_t) size, f) != (size_t) size) {
        fail(path);
    }

    fclose(f);
    file->data[file->len] = '\0';

    for (p = file->data + n; *p != '\0' && file->texts < MAX_TEXTS; p++) {

        if (strncmp(p, "\"text\":\"", 8) == 0) {
            file->text[file->texts++] = p + 8;

        } else if (strncmp(p, "\"message\":\"", 11) == 0) {
            file->text[file->texts++] = p + 11;
        }
    }
}


/* Writes the answer to the request in c->in, of which the head is whole. */
static void
answer(conn_t *c)
{
    int       i;
    char     *name;
    size_t    n, k;
    file_t   *file;
    uint32_t  v;

    name = strchr(c->in, '/');
    file = &files[0];

    for (i = 0; i < files_n; i++) {
        n = strlen(files[i].name);

        if (name != NULL && strncmp(name + 1, files[i].name, n) == 0
            && name[1 + n] == ' ')
        {
            file = &files[i];
        }
    }

    for (n = 0; n < file->texts; n++) {
        for (k = 0, v = ++counter; k < WORD; k++, v = v / 26) {
            file->text[n][k] = (char) ('a' + v % 26);
        }
    }

    if (c->out_cap < c->out_len + file->len) {
        c->out_cap = c->out_len + file->len;
        c->out = need(realloc(c->out, c->out_cap));
    }

    memcpy(c->out + c->out_len, file->data, file->len);
    c->out_len += file->len;
}


static void
close_conn(int fd)
{
    free(conns[fd].in);
    free(conns[fd].out);
    memset(&conns[fd], 0, sizeof(conn_t));
    close(fd);
}


/* 0: the connection is gone. */
static int
flush(int fd)
{
    ssize_t             n;
    conn_t             *c = &conns[fd];
    struct epoll_event  ev;

    while (c->sent < c->out_len) {

        n = send(fd, c->out + c->sent, c->out_len - c->sent, MSG_NOSIGNAL);

        if (n < 0 && errno == EAGAIN) {
            break;
        }

        if (n < 0) {
            close_conn(fd);
            return 0;
        }

        c->sent += (size_t) n;
    }

    ev.events = EPOLLIN;
    ev.data.fd = fd;

    if (c->sent == c->out_len) {
        c->sent = c->out_len = 0;

    } else {
        ev.events |= EPOLLOUT;
    }

    if (epoll_ctl(epoll, EPOLL_CTL_MOD, fd, &ev) != 0) {
        fail("epoll_ctl()");
    }

    return 1;
}


/* Takes the requests that are whole. */
static void
requests(conn_t *c)
{
    char    *end, *length;
    size_t   n;

    for ( ;; ) {

        n = (c->skip < c->in_len) ? c->skip : c->in_len;
        c->skip -= n;
        c->in_len -= n;
        memmove(c->in, c->in + n, c->in_len);
        c->in[c->in_len] = '\0';

        end = strstr(c->in, "\r\n\r\n");

        if (c->skip > 0 || end == NULL) {
            return;
        }

        *end = '\0';
        length = strcasestr(c->in, "\r\ncontent-length:");
        c->skip = (length != NULL) ? strtoul(length + 17, NULL, 10) : 0;
        answer(c);

        n = (size_t) (end - c->in) + 4;
        c->in_len -= n;
        memmove(c->in, c->in + n, c->in_len + 1);
    }
}


static void
on_read(int fd)
{
    ssize_t  n;
    conn_t  *c = &conns[fd];

    n = recv(fd, c->in + c->in_len, HEAD - c->in_len, 0);

    if (n < 0 && errno == EAGAIN) {
        return;
    }

    if (n <= 0) {
        close_conn(fd);
        return;
    }

    c->in_len += (size_t) n;
    c->in[c->in_len] = '\0';
    requests(c);
    (void) flush(fd);
}


static void
on_accept(int listener)
{
    int                 fd, one = 1;
    struct epoll_event  ev;

    fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);

    if (fd < 0) {
        return;
    }

    if (fd >= MAX_FD) {
        close(fd);
        return;
    }

    (void) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    conns[fd].in = need(malloc(HEAD + 1));

    ev.events = EPOLLIN;
    ev.data.fd = fd;

    if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &ev) != 0) {
        fail("epoll_ctl()");
    }
}


int
main(int argc, char **argv)
{
    int                 i, n, listener, one = 1;
    struct epoll_event  ev, events[64];
    struct sockaddr_in  sin;

    if (argc < 3) {
        fprintf(stderr, "usage: fresh PORT FILE...\n");
        return 2;
    }

    for (i = 2; i < argc; i++) {
        load(argv[i]);
    }

    memset(&sin, 0, sizeof(sin));
    sin.sin_family = AF_INET;
    sin.sin_port = htons((uint16_t) atoi(argv[1]));
    sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);

    listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    epoll = epoll_create1(0);

    if (listener < 0 || epoll < 0
        || setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one))
        || bind(listener, (struct sockaddr *) &sin, sizeof(sin)) != 0
        || listen(listener, 512) != 0)
    {
        fail("listen()");
    }

    ev.events = EPOLLIN;
    ev.data.fd = listener;

    if (epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &ev) != 0) {
        fail("epoll_ctl()");
    }

    for ( ;; ) {

        n = epoll_wait(epoll, events, 64, -1);

        for (i = 0; i < n; i++) {

            if (events[i].data.fd == listener) {
                on_accept(listener);

            } else if (!(events[i].events & EPOLLOUT)
                       || flush(events[i].data.fd))
            {
                if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) {
                    on_read(events[i].data.fd);
                }
            }
        }
    }
}
