/* An HTTP client over libcurl's easy interface. */
#include "io/http_client.h"

#include "io/file.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

enum {
    DEFAULT_TIMEOUT_MS = 30000,
    DEFAULT_ANSWER_MAX = 16 << 20,
    HEADERS_MAX = 64 << 10,
    CONNECT_MS = 10000,
    STALLED_S = 60
};

void cb_http_client_init(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

void cb_http_answer_done(struct cb_http_answer *answer)
{
    cb_bytes_done(&answer->body);
    cb_bytes_done(&answer->headers);
}

static size_t collect(char *data, size_t size, size_t count, void *self)
{
    struct cb_bytes *bytes = self;
    cb_bytes_add(bytes, data, size * count);
    return cb_bytes_ok(bytes) ? size * count : 0;
}

static void close_curl(CURL *curl)
{
    curl_easy_cleanup(curl);
}
CB_DEFINE_CLEANUP(CURL *, close_curl)

static void free_list(struct curl_slist *list)
{
    curl_slist_free_all(list);
}
CB_DEFINE_CLEANUP(struct curl_slist *, free_list)

/* Where the body goes: into memory, or, when the answer is a good one, into the caller's file. */
struct sink {
    CURL *curl;
    int fd;
    bool failed; /* the file could not be written */
};

static size_t collect_file(char *data, size_t size, size_t count, void *self)
{
    struct sink *sink = self;
    long status = 0;
    curl_easy_getinfo(sink->curl, CURLINFO_RESPONSE_CODE, &status);
    if (status < 200 || status >= 300)
        return size * count; /* what else is told is not wanted */
    sink->failed = !cb_file_write_all(sink->fd, data, size * count);
    return sink->failed ? 0 : size * count;
}

static void describe_file(CURL *curl, struct sink *sink)
{
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, collect_file);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, sink);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, 0L);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, (long)STALLED_S);
}

static void describe_body(CURL *curl, const struct cb_http_call *call)
{
    const char *method = call->method != NULL ? call->method : "GET";
    if (call->body != NULL) {
        curl_easy_setopt(curl, CURLOPT_POST, 1L);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->body_size);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, call->body);
    }
    if (strcmp(method, "HEAD") == 0)
        curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
    else
        curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
}

static void describe_security(CURL *curl, const struct cb_http_call *call)
{
    if (call->ca_file != NULL)
        curl_easy_setopt(curl, CURLOPT_CAINFO, call->ca_file);
    if (call->client_certificate != NULL)
        curl_easy_setopt(curl, CURLOPT_SSLCERT, call->client_certificate);
    if (call->client_key != NULL)
        curl_easy_setopt(curl, CURLOPT_SSLKEY, call->client_key);
    if (call->user_password != NULL)
        curl_easy_setopt(curl, CURLOPT_USERPWD, call->user_password);
    if (call->aws_signature != NULL)
        curl_easy_setopt(curl, CURLOPT_AWS_SIGV4, call->aws_signature);
    if (call->follows) {
        curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
        curl_easy_setopt(curl, CURLOPT_MAXREDIRS, 10L);
        curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    }
}

static void describe(CURL *curl, const struct cb_http_call *call, struct curl_slist *headers,
                     struct cb_http_answer *answer)
{
    curl_easy_setopt(curl, CURLOPT_URL, call->url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L); /* we have threads */
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS,
                     call->timeout_ms > 0 ? (long)call->timeout_ms : (long)DEFAULT_TIMEOUT_MS);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, collect);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer->body);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, collect);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, &answer->headers);
    describe_body(curl, call);
    describe_security(curl, call);
}

static bool fail_call(CURLcode code, const char *url, const char *detail, struct cb_error *err)
{
    enum cb_err_kind kind = CB_ERR_TRANSIENT;
    if (code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL || code == CURLE_WRITE_ERROR ||
        code == CURLE_WEIRD_SERVER_REPLY)
        kind = CB_ERR_INVALID;
    const char *shown =
        strchr(url, '@') != NULL ? strchr(url, '@') + 1 : url; /* user:password@ stays secret */
    return cb_fail(err, kind, "no answer from %s: %s", shown,
                   code == CURLE_WRITE_ERROR ? "it is too long"
                   : detail[0] != '\0'       ? detail
                                             : curl_easy_strerror(code));
}

bool cb_http_ask(const struct cb_http_call *call, struct cb_http_answer *ret_answer, struct cb_error *err)
{
    cb_auto(close_curl) CURL *curl = curl_easy_init();
    cb_auto(free_list) struct curl_slist *headers = curl_slist_append(NULL, "Expect:"); /* no 100-continue */
    if (curl == NULL)
        return cb_fail(err, CB_ERR_TRANSIENT, "could not make an HTTP client");
    for (size_t i = 0; call->headers != NULL && call->headers[i] != NULL; i++)
        headers = curl_slist_append(headers, call->headers[i]);
    struct cb_http_answer answer = { .body = CB_BYTES(call->answer_max > 0 ? call->answer_max
                                                                           : DEFAULT_ANSWER_MAX),
                                     .headers = CB_BYTES(HEADERS_MAX) };
    char detail[CURL_ERROR_SIZE] = "";
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, detail);
    struct sink sink = { .curl = curl, .fd = call->answer_file };
    describe(curl, call, headers, &answer);
    if (call->to_file)
        describe_file(curl, &sink);
    CURLcode code = curl_easy_perform(curl);
    if (code != CURLE_OK) {
        cb_http_answer_done(&answer);
        if (sink.failed)
            return cb_fail(err, CB_ERR_TRANSIENT, "could not write the answer: %s", strerror(errno));
        return fail_call(code, call->url, detail, err);
    }
    long status = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    curl_off_t length = -1;
    curl_easy_getinfo(curl, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    answer.status = (int)status;
    answer.length = length;
    *ret_answer = answer;
    return true;
}
