/* The HTTP server and client, talking to each other over loopback. */
#include "io/http.h"
#include "io/http_client.h"
#include "support/spec.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int streamed;

static ssize_t three_blocks(void *self, char *buffer, size_t size)
{
    int *left = self;
    if (*left == 0)
        return -1;
    (*left)--;
    return snprintf(buffer, size, "data: %d\n\n", *left);
}

static ssize_t endless(void *self, char *buffer, size_t size)
{
    (void)self;
    (void)buffer;
    (void)size;
    poll(NULL, 0, 1);
    return 0;
}

static void serve(void *self, const struct cb_http_request *request, struct cb_http_reply *reply)
{
    const char *file = self;
    if (strcmp(request->path, "/stream") == 0) {
        streamed = 3;
        reply->stream = three_blocks;
        reply->stream_self = &streamed;
        return;
    }
    if (strcmp(request->path, "/endless") == 0) {
        reply->stream = endless;
        return;
    }
    if (strcmp(request->path, "/file") == 0) {
        reply->file = strdup(file);
        return;
    }
    const char *who = cb_http_query(request, "who"), *header = cb_http_header(request, "x-test");
    char text[512];
    snprintf(text, sizeof text, "%s %s raw=%s who=%s header=%s body=%zu:%.20s", request->method,
             request->path, request->raw_path, who != NULL ? who : "-", header != NULL ? header : "-",
             request->body_size, request->body);
    cb_http_reply_header(reply, "X-Split", "a\r\nX-Evil: b");
    cb_http_reply_text(reply, 201, "text/plain", text);
}

struct fixture {
    struct cb_http_server *server;
    char url[128];
    char file[64];
};

static int start(void **state)
{
    struct fixture *it = calloc(1, sizeof *it);
    snprintf(it->file, sizeof it->file, "/tmp/calbus-http-XXXXXX");
    int fd = mkstemp(it->file);
    assert_int_equal(write(fd, "0123456789", 10), 10);
    close(fd);
    const struct cb_http_config config = { .listen = "127.0.0.1:0", .body_max = 1000 };
    assert_true(cb_http_server_start(&config, serve, it->file, &it->server, NULL));
    snprintf(it->url, sizeof it->url, "http://%s", cb_http_server_address(it->server));
    *state = it;
    return 0;
}

static int stop(void **state)
{
    struct fixture *it = *state;
    cb_http_server_stop(it->server);
    unlink(it->file);
    free(it);
    return 0;
}

static struct cb_http_answer ask(struct fixture *it, const char *path, struct cb_http_call call)
{
    char url[256];
    snprintf(url, sizeof url, "%s%s", it->url, path);
    call.url = url;
    struct cb_http_answer answer = { 0 };
    struct cb_error err = { 0 };
    if (!cb_http_ask(&call, &answer, &err))
        fail_msg("%s", err.text);
    return answer;
}

static void a_request_arrives_whole(void **state)
{
    const char *const headers[] = { "X-Test: yes", NULL };
    cb_auto_answer struct cb_http_answer answer =
        ask(*state, "/a%2Fb?who=me%20too",
            (struct cb_http_call){ .method = "PUT", .headers = headers, .body = "hello", .body_size = 5 });
    assert_int_equal(answer.status, 201);
    assert_string_equal(cb_bytes_text(&answer.body),
                        "PUT /a/b raw=/a%2Fb who=me too header=yes body=5:hello");
}

static void a_header_cannot_be_split(void **state)
{
    cb_auto_answer struct cb_http_answer answer = ask(*state, "/", (struct cb_http_call){ .method = NULL });
    assert_non_null(strstr(cb_bytes_text(&answer.headers), "X-Split: a\r\n"));
    assert_null(strstr(cb_bytes_text(&answer.headers), "X-Evil"));
}

static void a_body_beyond_the_limit_is_413(void **state)
{
    char body[1001];
    memset(body, 'x', sizeof body);
    cb_auto_answer struct cb_http_answer too_long =
        ask(*state, "/", (struct cb_http_call){ .method = "POST", .body = body, .body_size = 1001 });
    assert_int_equal(too_long.status, 413);
    cb_auto_answer struct cb_http_answer fits =
        ask(*state, "/", (struct cb_http_call){ .method = "POST", .body = body, .body_size = 1000 });
    assert_int_equal(fits.status, 201);
}

static void a_stream_ends_when_it_says_so(void **state)
{
    cb_auto_answer struct cb_http_answer answer =
        ask(*state, "/stream", (struct cb_http_call){ .method = NULL });
    assert_string_equal(cb_bytes_text(&answer.body), "data: 2\n\ndata: 1\n\ndata: 0\n\n");
}

static void a_file_is_sent_and_so_is_a_part_of_it(void **state)
{
    cb_auto_answer struct cb_http_answer whole =
        ask(*state, "/file", (struct cb_http_call){ .method = NULL });
    assert_string_equal(cb_bytes_text(&whole.body), "0123456789");
    const struct {
        const char *range, *expected;
    } cases[] = { { "Range: bytes=2-4", "234" }, { "Range: bytes=7-", "789" }, { "Range: bytes=-2", "89" } };
    for (size_t i = 0; i < 3; i++) {
        const char *const headers[] = { cases[i].range, NULL };
        cb_auto_answer struct cb_http_answer part =
            ask(*state, "/file", (struct cb_http_call){ .headers = headers });
        assert_int_equal(part.status, 206);
        assert_string_equal(cb_bytes_text(&part.body), cases[i].expected);
    }
}

static void a_dead_peer_is_transient_and_a_slow_one_too(void **state)
{
    struct fixture *it = *state;
    struct cb_http_answer answer = { 0 };
    struct cb_error err = { 0 };
    assert_false(
        cb_http_ask(&(struct cb_http_call){ .url = "http://u:secret@127.0.0.1:1/x" }, &answer, &err));
    assert_int_equal(err.kind, CB_ERR_TRANSIENT);
    assert_null(strstr(err.text, "secret"));
    char url[160];
    snprintf(url, sizeof url, "%s/endless", it->url);
    assert_false(cb_http_ask(&(struct cb_http_call){ .url = url, .timeout_ms = 200 }, &answer, &err));
    assert_int_equal(err.kind, CB_ERR_TRANSIENT);
}

int main(void)
{
    cb_http_client_init();
    const struct CMUnitTest http[] = {
        cmocka_unit_test_setup_teardown(a_request_arrives_whole, start, stop),
        cmocka_unit_test_setup_teardown(a_header_cannot_be_split, start, stop),
        cmocka_unit_test_setup_teardown(a_body_beyond_the_limit_is_413, start, stop),
        cmocka_unit_test_setup_teardown(a_stream_ends_when_it_says_so, start, stop),
        cmocka_unit_test_setup_teardown(a_file_is_sent_and_so_is_a_part_of_it, start, stop),
        cmocka_unit_test_setup_teardown(a_dead_peer_is_transient_and_a_slow_one_too, start, stop),
    };
    return cmocka_run_group_tests_name("http", http, NULL, NULL);
}
