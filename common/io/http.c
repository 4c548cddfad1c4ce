/* An HTTP server over libmicrohttpd. */
#include "io/http.h"

#include "base/alloc.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <netdb.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DEFAULT_BODY_MAX = 16 << 20, DEFAULT_CONNECTIONS = 256, IDLE_S = 60, STREAM_BLOCK = 16384 };
#define REPLY_MAX ((size_t)256 << 20)

struct cb_http_server {
    struct MHD_Daemon *daemon;
    cb_http_serve *serve;
    void *self;
    size_t body_max;
    char address[80];
    atomic_bool stopping;
};

/* One request while it comes in. */
struct incoming {
    bool begun; /* the first call brings headers only */
    struct cb_bytes body;
    char *raw_path;
};

/* ---- reading the request ---- */

const char *cb_http_query(const struct cb_http_request *request, const char *name)
{
    const char *value = NULL;
    size_t size = 0;
    if (MHD_lookup_connection_value_n(request->connection, MHD_GET_ARGUMENT_KIND, name, strlen(name), &value,
                                      &size) != MHD_YES)
        return NULL;
    return value != NULL ? value : "";
}

const char *cb_http_header(const struct cb_http_request *request, const char *name)
{
    return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
}

struct each {
    cb_http_argument *tell;
    void *self;
};

static enum MHD_Result tell_argument(void *cls, enum MHD_ValueKind kind, const char *key, const char *value)
{
    (void)kind;
    const struct each *each = cls;
    each->tell(each->self, key, value);
    return MHD_YES;
}

void cb_http_each_query(const struct cb_http_request *request, cb_http_argument *tell, void *self)
{
    struct each each = { .tell = tell, .self = self };
    MHD_get_connection_values(request->connection, MHD_GET_ARGUMENT_KIND, tell_argument, &each);
}

/* ---- making the reply ---- */

void cb_http_reply_header(struct cb_http_reply *reply, const char *name, const char *value)
{
    reply->headers = cb_xrealloc_array(reply->headers, reply->header_count + 1, sizeof *reply->headers);
    struct cb_http_pair *pair = &reply->headers[reply->header_count++];
    pair->name = cb_xstrdup(name);
    pair->value = cb_xstrndup(value, strcspn(value, "\r\n"));
}

void cb_http_reply_text(struct cb_http_reply *reply, int status, const char *content_type, const char *text)
{
    reply->status = status;
    cb_bytes_clear(&reply->body);
    cb_bytes_puts(&reply->body, text);
    cb_http_reply_header(reply, "Content-Type", content_type);
}

static void reply_done(struct cb_http_reply *reply)
{
    for (size_t i = 0; i < reply->header_count; i++) {
        free(reply->headers[i].name);
        free(reply->headers[i].value);
    }
    free(reply->headers);
    free(reply->file);
    cb_bytes_done(&reply->body);
}

struct streaming {
    struct cb_http_server *server;
    cb_http_stream *stream;
    void *self;
    void (*done)(void *self);
};

static ssize_t read_stream(void *cls, uint64_t position, char *buffer, size_t size)
{
    (void)position;
    struct streaming *streaming = cls;
    while (!atomic_load(&streaming->server->stopping)) {
        ssize_t got = streaming->stream(streaming->self, buffer, size);
        if (got != 0)
            return got > 0 ? got : MHD_CONTENT_READER_END_OF_STREAM;
    }
    return MHD_CONTENT_READER_END_OF_STREAM;
}

static void end_stream(void *cls)
{
    struct streaming *streaming = cls;
    if (streaming->done != NULL)
        streaming->done(streaming->self);
    free(streaming);
}

static struct MHD_Response *respond_stream(struct cb_http_server *server, const struct cb_http_reply *reply)
{
    struct streaming *streaming = cb_xalloc(sizeof *streaming);
    *streaming = (struct streaming){
        .server = server, .stream = reply->stream, .self = reply->stream_self, .done = reply->stream_done
    };
    return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, STREAM_BLOCK, read_stream, streaming,
                                             end_stream);
}

/* Digits to a number; *text moves behind them. False when there are none. */
static bool take_number(const char **text, uint64_t *ret)
{
    char *end = NULL;
    if (!isdigit((unsigned char)**text))
        return false;
    errno = 0;
    *ret = strtoull(*text, &end, 10);
    *text = end;
    return errno == 0;
}

/* "bytes=A-B", "bytes=A-" or "bytes=-N" within size: one range. */
static bool parse_range(const char *text, uint64_t size, uint64_t *ret_first, uint64_t *ret_last)
{
    uint64_t first = 0, last = 0;
    if (text == NULL || size == 0 || strncmp(text, "bytes=", 6) != 0)
        return false;
    text += 6;
    bool has_first = take_number(&text, &first);
    if (*text++ != '-')
        return false;
    bool has_last = take_number(&text, &last);
    if (*text != '\0' || (has_first && first >= size) || (has_first && has_last && last < first) ||
        (!has_first && (!has_last || last == 0)))
        return false;
    *ret_first = has_first ? first : last < size ? size - last : 0;
    *ret_last = has_first && has_last && last < size ? last : size - 1;
    return true;
}

static struct MHD_Response *respond_file(const struct cb_http_request *request, struct cb_http_reply *reply)
{
    int fd = open(reply->file, O_RDONLY | O_CLOEXEC);
    struct stat status;
    if (fd < 0 || fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
        if (fd >= 0)
            close(fd);
        cb_http_reply_text(reply, 404, "text/plain; charset=utf-8", "there is no such file\n");
        return NULL;
    }
    uint64_t size = (uint64_t)status.st_size, first = 0, last = size > 0 ? size - 1 : 0;
    cb_http_reply_header(reply, "Accept-Ranges", "bytes");
    if (!parse_range(cb_http_header(request, "Range"), size, &first, &last) || reply->status != 200)
        return MHD_create_response_from_fd_at_offset64(size, fd, 0);
    char range[80];
    snprintf(range, sizeof range, "bytes %llu-%llu/%llu", (unsigned long long)first, (unsigned long long)last,
             (unsigned long long)size);
    cb_http_reply_header(reply, "Content-Range", range);
    reply->status = 206;
    return MHD_create_response_from_fd_at_offset64(last - first + 1, fd, first);
}

static enum MHD_Result send_reply(struct cb_http_server *server, const struct cb_http_request *request,
                                  struct cb_http_reply *reply)
{
    struct MHD_Response *response = NULL;
    if (reply->stream != NULL)
        response = respond_stream(server, reply);
    else if (reply->file != NULL)
        response = respond_file(request, reply);
    if (!cb_bytes_ok(&reply->body)) {
        reply->status = 500;
        cb_bytes_clear(&reply->body);
    }
    if (response == NULL)
        response = MHD_create_response_from_buffer(reply->body.size, (void *)cb_bytes_text(&reply->body),
                                                   MHD_RESPMEM_MUST_COPY);
    for (size_t i = 0; i < reply->header_count; i++)
        MHD_add_response_header(response, reply->headers[i].name, reply->headers[i].value);
    enum MHD_Result result = MHD_queue_response(request->connection, (unsigned)reply->status, response);
    MHD_destroy_response(response);
    return result;
}

/* ---- libmicrohttpd's calls ---- */

static void *on_uri(void *cls, const char *uri, struct MHD_Connection *connection)
{
    (void)connection;
    struct cb_http_server *server = cls;
    struct incoming *incoming = cb_xalloc(sizeof *incoming);
    incoming->body = (struct cb_bytes)CB_BYTES(server->body_max);
    incoming->raw_path = cb_xstrndup(uri, strcspn(uri, "?"));
    return incoming;
}

static void on_completed(void *cls, struct MHD_Connection *connection, void **slot,
                         enum MHD_RequestTerminationCode how)
{
    (void)cls;
    (void)connection;
    (void)how;
    struct incoming *incoming = *slot;
    *slot = NULL;
    if (incoming == NULL)
        return;
    cb_bytes_done(&incoming->body);
    free(incoming->raw_path);
    free(incoming);
}

static enum MHD_Result answer(struct cb_http_server *server, const struct cb_http_request *request,
                              bool too_large)
{
    struct cb_http_reply reply = { .status = 200, .body = CB_BYTES(REPLY_MAX) };
    if (too_large)
        cb_http_reply_text(&reply, 413, "text/plain; charset=utf-8", "the request's body is too large\n");
    else
        server->serve(server->self, request, &reply);
    enum MHD_Result result = send_reply(server, request, &reply);
    reply_done(&reply);
    return result;
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *path,
                                  const char *method, const char *version, const char *data, size_t *size,
                                  void **slot)
{
    (void)version;
    struct cb_http_server *server = cls;
    struct incoming *incoming = *slot;
    if (!incoming->begun) {
        incoming->begun = true;
        return MHD_YES;
    }
    if (*size > 0) {
        cb_bytes_add(&incoming->body, data, *size);
        *size = 0;
        return MHD_YES;
    }
    bool too_large = !cb_bytes_ok(&incoming->body);
    const struct cb_http_request request = { .method = strcmp(method, "HEAD") == 0 ? "GET" : method,
                                             .path = path,
                                             .raw_path = incoming->raw_path,
                                             .body = cb_bytes_text(&incoming->body),
                                             .body_size = incoming->body.size,
                                             .connection = connection };
    return answer(server, &request, too_large);
}

/* ---- starting and stopping ---- */

/* "host:port" or "[host]:port" to an address of numbers. */
static bool parse_listen(const char *listen_at, struct sockaddr_storage *ret_address, struct cb_error *err)
{
    char host[64];
    const char *colon = strrchr(listen_at, ':');
    size_t length = colon != NULL ? (size_t)(colon - listen_at) : 0;
    bool bracketed = length >= 2 && listen_at[0] == '[' && listen_at[length - 1] == ']';
    if (colon == NULL || length >= sizeof host)
        return cb_fail(err, CB_ERR_INVALID, "\"%s\" is not an address like 127.0.0.1:8440", listen_at);
    snprintf(host, sizeof host, "%.*s", (int)(bracketed ? length - 2 : length),
             bracketed ? listen_at + 1 : listen_at);
    const struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
                                    .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE };
    struct addrinfo *found = NULL;
    if (getaddrinfo(host, colon + 1, &hints, &found) != 0)
        return cb_fail(err, CB_ERR_INVALID, "\"%s\" is not an address like 127.0.0.1:8440", listen_at);
    memcpy(ret_address, found->ai_addr, found->ai_addrlen);
    freeaddrinfo(found);
    return true;
}

static bool start_daemon(struct cb_http_server *server, const struct cb_http_config *config,
                         const struct sockaddr_storage *address, struct cb_error *err)
{
    bool tls = config->tls_certificate != NULL;
    unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION | MHD_USE_POLL |
                     (tls ? (unsigned)MHD_USE_TLS : 0U) |
                     (address->ss_family == AF_INET6 ? (unsigned)MHD_USE_IPv6 : 0U);
    const struct MHD_OptionItem secrets[] = {
        { tls ? MHD_OPTION_HTTPS_MEM_CERT : MHD_OPTION_END, 0, (void *)config->tls_certificate },
        { MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)config->tls_key },
        { MHD_OPTION_END, 0, NULL },
    };
    server->daemon = MHD_start_daemon(
        flags, 0, NULL, NULL, on_request, server, MHD_OPTION_SOCK_ADDR, (const struct sockaddr *)address,
        MHD_OPTION_URI_LOG_CALLBACK, on_uri, server, MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL,
        MHD_OPTION_CONNECTION_LIMIT,
        (unsigned)(config->connections_max > 0 ? config->connections_max : DEFAULT_CONNECTIONS),
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_S, MHD_OPTION_LISTENING_ADDRESS_REUSE, 1U,
        MHD_OPTION_ARRAY, secrets, MHD_OPTION_END);
    if (server->daemon == NULL)
        return cb_fail(err, CB_ERR_FATAL, "cannot listen on %s: %s", config->listen, strerror(errno));
    return true;
}

static void note_address(struct cb_http_server *server)
{
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_LISTEN_FD);
    struct sockaddr_storage bound = { .ss_family = 0 };
    socklen_t size = sizeof bound;
    char host[64] = "", port[8] = "";
    if (info == NULL || getsockname(info->listen_fd, (struct sockaddr *)&bound, &size) != 0)
        return;
    getnameinfo((struct sockaddr *)&bound, size, host, sizeof host, port, sizeof port,
                NI_NUMERICHOST | NI_NUMERICSERV);
    snprintf(server->address, sizeof server->address, bound.ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host,
             port);
}

bool cb_http_server_start(const struct cb_http_config *config, cb_http_serve *serve, void *self,
                          struct cb_http_server **ret_server, struct cb_error *err)
{
    struct sockaddr_storage address = { .ss_family = 0 };
    if (!parse_listen(config->listen, &address, err))
        return false;
    struct cb_http_server *server = cb_xalloc(sizeof *server);
    server->serve = serve;
    server->self = self;
    server->body_max = config->body_max > 0 ? config->body_max : DEFAULT_BODY_MAX;
    if (!start_daemon(server, config, &address, err)) {
        free(server);
        return false;
    }
    note_address(server);
    *ret_server = server;
    return true;
}

void cb_http_server_stop(struct cb_http_server *server)
{
    if (server == NULL)
        return;
    atomic_store(&server->stopping, true);
    MHD_stop_daemon(server->daemon);
    free(server);
}

const char *cb_http_server_address(const struct cb_http_server *server)
{
    return server->address;
}
