/* An HTTP client: one request, one answer, over libcurl. */
#pragma once

#include "base/bytes.h"
#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

/* What is asked. Texts are borrowed; NULL where nothing is wanted. */
struct cb_http_call {
    const char *method;         /* "GET" when NULL */
    const char *url;            /* http or https */
    const char *const *headers; /* "Name: value", ended by NULL */
    const void *body;
    size_t body_size;
    int64_t timeout_ms;  /* of the whole; 0: 30 s */
    size_t answer_max;   /* 0: 16 MiB */
    const char *ca_file; /* PEM of who may sign the peer's certificate; NULL: the system's */
    const char *client_certificate, *client_key; /* PEM files */
    const char *user_password;                   /* "user:password", Basic; with aws_signature the keys */
    const char *aws_signature; /* "aws:amz:REGION:SERVICE": signed as Amazon wants it, version 4 */
    bool to_file;              /* the body of an answer of status 2xx goes to answer_file, without limits of
                                  size and time as long as bytes come */
    int answer_file;           /* a descriptor */
    bool follows;              /* redirects, up to 10 */
};

struct cb_http_answer {
    int status;
    int64_t length; /* of the body, as the peer tells it; -1: it does not */
    struct cb_bytes body;
    struct cb_bytes headers; /* as they came, one a line */
};
void cb_http_answer_done(struct cb_http_answer *answer);
static inline void cb_http_answer_done_at_exit(struct cb_http_answer *answer)
{
    cb_http_answer_done(answer);
}
#define cb_auto_answer __attribute__((cleanup(cb_http_answer_done_at_exit)))

/* Any status is an answer. Errors: CB_ERR_TRANSIENT the peer cannot be reached or is too slow; CB_ERR_INVALID
 * the URL or the answer is none, or longer than answer_max. Passwords never appear in texts. */
CB_MUST_CHECK bool cb_http_ask(const struct cb_http_call *call, struct cb_http_answer *ret_answer,
                               struct cb_error *err);
/* Once, before threads. */
void cb_http_client_init(void);
