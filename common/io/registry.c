/* A schema registry of Confluent's API, over HTTP. */
#include "io/registry.h"

#include "base/alloc.h"
#include "base/json.h"
#include "io/http_client.h"

#include <ctype.h>
#include <jansson.h>
#include <string.h>

enum { ANSWER_MS = 30000, TEXT_MAX = 4 << 20 };

static const char *const json_headers[] = { "Content-Type: application/vnd.schemaregistry.v1+json", NULL };

/* A subject as a piece of a path. */
static void add_escaped(struct cb_bytes *out, const char *text)
{
    for (; *text != '\0'; text++)
        cb_bytes_printf(out, isalnum((unsigned char)*text) || strchr("-_.~", *text) != NULL ? "%c" : "%%%02X",
                        (unsigned)(unsigned char)*text);
}

static bool check_status(const struct cb_http_answer *answer, const char *subject, struct cb_error *err)
{
    if (answer->status >= 200 && answer->status < 300)
        return true;
    enum cb_err_kind kind = answer->status == 409                            ? CB_ERR_CONFLICT
                            : answer->status == 429 || answer->status >= 500 ? CB_ERR_TRANSIENT
                                                                             : CB_ERR_INVALID;
    return cb_fail(err, kind, "schema registry refuses subject \"%s\": status %d: %.200s", subject,
                   answer->status, cb_bytes_text(&answer->body));
}

/* Ask with a JSON body (NULL: none) at <url>/<before>/<subject><after>; the answer's JSON is the caller's to
 * free. */
static bool ask(const char *method, const char *url, const char *before, const char *subject,
                const char *after, const struct cb_bytes *body, json_t **ret_json, struct cb_error *err)
{
    cb_auto_bytes struct cb_bytes address = CB_BYTES(4096);
    size_t length = strlen(url);
    while (length > 0 && url[length - 1] == '/')
        length--;
    cb_bytes_printf(&address, "%.*s/%s/", (int)length, url, before);
    add_escaped(&address, subject);
    cb_bytes_puts(&address, after);
    const struct cb_http_call call = { .method = method,
                                       .url = cb_bytes_text(&address),
                                       .headers = json_headers,
                                       .body = body != NULL ? body->data : NULL,
                                       .body_size = body != NULL ? body->size : 0,
                                       .timeout_ms = ANSWER_MS };
    cb_auto_answer struct cb_http_answer answer = { .status = 0 };
    if (!cb_http_ask(&call, &answer, err) || !check_status(&answer, subject, err))
        return false;
    *ret_json = json_loadb(cb_bytes_text(&answer.body), answer.body.size, 0, NULL);
    if (*ret_json == NULL)
        return cb_fail(err, CB_ERR_TRANSIENT, "schema registry answered no JSON for subject \"%s\"", subject);
    return true;
}

static void write_schema(struct cb_bytes *body, const struct cb_schema *schema, int64_t reference_version)
{
    struct cb_json json = CB_JSON(body);
    cb_json_open(&json, NULL, '{');
    cb_json_str(&json, "schemaType", schema->type);
    cb_json_str(&json, "schema", schema->text);
    if (schema->reference_name != NULL) {
        cb_json_open(&json, "references", '[');
        cb_json_open(&json, NULL, '{');
        cb_json_str(&json, "name", schema->reference_name);
        cb_json_str(&json, "subject", schema->reference_subject);
        cb_json_int(&json, "version", reference_version);
        cb_json_close(&json);
        cb_json_close(&json);
    }
    cb_json_close(&json);
}

static bool find_version(const char *url, const char *subject, int64_t *ret_version, struct cb_error *err)
{
    json_t *answer = NULL;
    if (!ask("GET", url, "subjects", subject, "/versions/latest", NULL, &answer, err))
        return false;
    *ret_version = json_integer_value(json_object_get(answer, "version"));
    json_decref(answer);
    return true;
}

static bool read_id(json_t *answer, const char *subject, int32_t *ret_id, struct cb_error *err)
{
    json_int_t id = json_integer_value(json_object_get(answer, "id"));
    json_decref(answer);
    if (id <= 0 || id > INT32_MAX)
        return cb_fail(err, CB_ERR_TRANSIENT, "schema registry gave no id for subject \"%s\"", subject);
    *ret_id = (int32_t)id;
    return true;
}

/* Registered already, by somebody at the same moment or by a request of ours that was not answered in time?
 */
static bool find_id(const char *url, const char *subject, const struct cb_bytes *body, int32_t *ret_id)
{
    json_t *answer = NULL;
    struct cb_error ignored;
    return ask("POST", url, "subjects", subject, "", body, &answer, &ignored) &&
           read_id(answer, subject, ret_id, &ignored);
}

bool cb_registry_register(const char *url, const struct cb_schema *schema, int32_t *ret_id,
                          struct cb_error *err)
{
    cb_auto_bytes struct cb_bytes body = CB_BYTES(TEXT_MAX);
    json_t *answer = NULL;
    int64_t version = 0;
    struct cb_error refusal = { .kind = CB_ERR_NONE };
    if (schema->reference_name != NULL && !find_version(url, schema->reference_subject, &version, err))
        return false;
    write_schema(&body, schema, version);
    if (ask("POST", url, "subjects", schema->subject, "/versions", &body, &answer, &refusal))
        return read_id(answer, schema->subject, ret_id, err);
    if (refusal.kind == CB_ERR_CONFLICT && find_id(url, schema->subject, &body, ret_id))
        return true;
    if (err != NULL)
        *err = refusal;
    return false;
}

bool cb_registry_set_compatibility(const char *url, const char *subject, const char *level,
                                   struct cb_error *err)
{
    cb_auto_bytes struct cb_bytes body = CB_BYTES(1024);
    struct cb_json json = CB_JSON(&body);
    json_t *answer = NULL;
    cb_json_open(&json, NULL, '{');
    cb_json_str(&json, "compatibility", level);
    cb_json_close(&json);
    if (!ask("PUT", url, "config", subject, "", &body, &answer, err))
        return false;
    json_decref(answer);
    return true;
}
