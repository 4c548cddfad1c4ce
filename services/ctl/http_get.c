/* A plain HTTP GET on this machine. */
#include "http_get.h"

#include "io/clock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LARGEST_ANSWER = 4 << 20 };

static bool parse_address(const char *text, struct sockaddr_in *ret_address)
{
    char host[64];
    int port = 0;
    if (sscanf(text, "%63[0-9.]:%d", host, &port) != 2 || port < 1 || port > 65535)
        return false;
    *ret_address = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    return inet_pton(AF_INET, host, &ret_address->sin_addr) == 1;
}

static bool wait_for(int fd, short events, int64_t deadline)
{
    struct pollfd wait = { .fd = fd, .events = events };
    int64_t left = deadline - cb_clock_monotonic_ms();
    return left > 0 && poll(&wait, 1, (int)left) == 1;
}

static bool connect_to(int fd, const struct sockaddr_in *address, int64_t deadline)
{
    if (connect(fd, (const struct sockaddr *)address, sizeof *address) == 0)
        return true;
    int problem = 0;
    socklen_t size = sizeof problem;
    return errno == EINPROGRESS && wait_for(fd, POLLOUT, deadline) &&
           getsockopt(fd, SOL_SOCKET, SO_ERROR, &problem, &size) == 0 && problem == 0;
}

static bool converse(int fd, const char *request, int64_t deadline, struct cb_bytes *answer)
{
    size_t sent = 0, size = strlen(request);
    while (sent < size) {
        ssize_t n = send(fd, request + sent, size - sent, MSG_NOSIGNAL);
        if (n < 0 && errno == EAGAIN ? !wait_for(fd, POLLOUT, deadline) : n < 0)
            return false;
        sent += n > 0 ? (size_t)n : 0;
    }
    for (;;) {
        char piece[4096];
        if (!wait_for(fd, POLLIN, deadline))
            return false;
        ssize_t n = recv(fd, piece, sizeof piece, 0);
        if (n == 0)
            return true;
        if (n < 0)
            return false;
        cb_bytes_add(answer, piece, (size_t)n);
    }
}

bool ctl_http_get(const char *address, const char *path, int timeout_ms, int *ret_status,
                  struct cb_bytes *body, struct cb_error *err)
{
    struct sockaddr_in place;
    char request[512];
    int64_t deadline = cb_clock_monotonic_ms() + timeout_ms;
    cb_auto_bytes struct cb_bytes answer = CB_BYTES(LARGEST_ANSWER);
    if (!parse_address(address, &place))
        return cb_fail(err, CB_ERR_INVALID, "\"%s\" is not an address", address);
    snprintf(request, sizeof request, "GET %s HTTP/1.0\r\nHost: %s\r\nConnection: close\r\n\r\n", path,
             address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool answered = fd >= 0 && connect_to(fd, &place, deadline) && converse(fd, request, deadline, &answer);
    if (fd >= 0)
        close(fd);
    if (!answered)
        return cb_fail(err, CB_ERR_TRANSIENT, "no answer from http://%s%s", address, path);
    int status = 0;
    const char *end = strstr(cb_bytes_text(&answer), "\r\n\r\n");
    if (end == NULL || sscanf(cb_bytes_text(&answer), "HTTP/1.%*d %d", &status) != 1)
        return cb_fail(err, CB_ERR_INVALID, "what answers at http://%s%s is not HTTP", address, path);
    *ret_status = status;
    cb_bytes_puts(body, end + 4);
    return true;
}
