/* A schema registry's client. */
#include "io/registry.h"

#include "base/alloc.h"
#include "base/json.h"
#include "io/http_client.h"

#include <jansson.h>
#include <string.h>

#define ANSWER_MAX (1u << 20)
#define TIMEOUT_MS 10000

static bool read_id(const struct cb_http_answer *answer, const char *subject, uint32_t *ret_id,
                    struct cb_error *err)
{
    json_t *root = json_loadb(cb_bytes_text(&answer->body), answer->body.size, 0, NULL);
    const json_t *id = json_object_get(root, "id");
    bool good = json_is_integer(id) && json_integer_value(id) >= 0 && json_integer_value(id) <= UINT32_MAX;
    if (good)
        *ret_id = (uint32_t)json_integer_value(id);
    json_decref(root);
    return good ||
           cb_fail(err, CB_ERR_INVALID, "the schema registry answered for \"%s\" without an id", subject);
}

static bool refuse(const struct cb_http_answer *answer, const char *subject, struct cb_error *err)
{
    enum cb_err_kind kind = answer->status == 409                            ? CB_ERR_CONFLICT
                            : answer->status >= 500 || answer->status == 429 ? CB_ERR_TRANSIENT
                                                                             : CB_ERR_INVALID;
    return cb_fail(err, kind, "the schema registry refuses a schema of \"%s\" (HTTP %d): %.300s", subject,
                   answer->status, cb_bytes_text(&answer->body));
}

bool cb_registry_register(const char *url, const char *subject, const char *schema, uint32_t *ret_id,
                          struct cb_error *err)
{
    static const char *const headers[] = { "Content-Type: application/vnd.schemaregistry.v1+json", NULL };
    cb_auto_bytes struct cb_bytes body = CB_BYTES(ANSWER_MAX);
    struct cb_json json = CB_JSON(&body);
    cb_json_open(&json, NULL, '{');
    cb_json_str(&json, "schema", schema);
    cb_json_close(&json);
    const char *slash = url[0] != '\0' && url[strlen(url) - 1] == '/' ? "" : "/";
    cb_auto(cb_free) char *address = cb_xasprintf("%s%ssubjects/%s/versions", url, slash, subject);
    const struct cb_http_call call = { .method = "POST",
                                       .url = address,
                                       .headers = headers,
                                       .body = cb_bytes_text(&body),
                                       .body_size = body.size,
                                       .timeout_ms = TIMEOUT_MS,
                                       .answer_max = ANSWER_MAX };
    cb_auto_answer struct cb_http_answer answer = { 0 };
    if (!cb_http_ask(&call, &answer, err))
        return cb_context(err, "cannot register a schema of \"%s\"", subject);
    return answer.status == 200 ? read_id(&answer, subject, ret_id, err) : refuse(&answer, subject, err);
}
