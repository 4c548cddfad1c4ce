/* An HTTP server: libmicrohttpd, one thread a connection, one function that answers every request. */
#pragma once

#include "base/bytes.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct cb_http_server;

/* A request whose body has come completely. Texts live until the reply is made. */
struct cb_http_request {
    const char *method;   /* "GET"; a HEAD is served as GET */
    const char *path;     /* percent-decoded, without the query */
    const char *raw_path; /* as it came, up to the "?": tells "%2F" from "/" */
    const char *body;     /* NUL-terminated after body_size bytes */
    size_t body_size;
    void *connection; /* libmicrohttpd's */
};
/* The first value of a query argument, percent-decoded, NULL if absent ("" for ?name). Borrowed. */
const char *cb_http_query(const struct cb_http_request *request, const char *name);
/* A header by name, any case, NULL if absent. Borrowed. */
const char *cb_http_header(const struct cb_http_request *request, const char *name);
/* Every query argument in order; value is NULL for "?name". */
typedef void cb_http_argument(void *self, const char *name, const char *value);
void cb_http_each_query(const struct cb_http_request *request, cb_http_argument *tell, void *self);

/* Bytes of a stream: > 0 how many were put into buffer, 0 nothing new came (wait at most a second before
 * saying so), < 0 the end. */
typedef ssize_t cb_http_stream(void *self, char *buffer, size_t size);

/* What is answered; starts as 200 without body. */
struct cb_http_reply {
    int status;
    struct cb_bytes body;
    char *file;             /* a file's path, sent instead of body (with Range honoured); owned */
    cb_http_stream *stream; /* sent instead of body until it ends or the server stops */
    void *stream_self;
    void (*stream_done)(void *stream_self);
    struct cb_http_pair *headers;
    size_t header_count;
};
struct cb_http_pair {
    char *name, *value;
};
/* Add a header; "\r" and "\n" in value are cut off. */
void cb_http_reply_header(struct cb_http_reply *reply, const char *name, const char *value);
/* The usual answer: status, content type, text. Replaces a body made before. */
void cb_http_reply_text(struct cb_http_reply *reply, int status, const char *content_type, const char *text);

/* Answers a request; called in the connection's thread. */
typedef void cb_http_serve(void *self, const struct cb_http_request *request, struct cb_http_reply *reply);

struct cb_http_config {
    const char *listen;  /* "127.0.0.1:0" (a port of the system's choice), "0.0.0.0:8440", "[::1]:80" */
    size_t body_max;     /* larger ones are answered 413; 0: 16 MiB */
    int connections_max; /* 0: 256 */
    const char *tls_certificate, *tls_key; /* PEM text; both NULL: plain */
};
/* Errors: CB_ERR_INVALID listen is no address; CB_ERR_FATAL it cannot be bound. */
CB_MUST_CHECK bool cb_http_server_start(const struct cb_http_config *config, cb_http_serve *serve, void *self,
                                        struct cb_http_server **ret_server, struct cb_error *err);
/* Ends streams, waits for running requests. Accepts NULL. */
void cb_http_server_stop(struct cb_http_server *server);
/* "127.0.0.1:38211" */
const char *cb_http_server_address(const struct cb_http_server *server);
