/* Requests for files of object stores and web servers. */
#include "io/remote.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "io/file.h"
#include "io/http_client.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { TRIES = 4, FIRST_PAUSE_MS = 200, TEXT_MAX = 16384 };

/* SHA-256 of no bytes: the body of every request here. */
#define EMPTY_SHA256 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

/* A request, ready to be sent. */
struct request {
    char *url;
    char *headers[3]; /* the last is NULL */
    char *keys;       /* "KEY:SECRET"; NULL: not signed */
    char *signature;  /* "aws:amz:REGION:s3" */
    char *ca_file, *certificate, *certificate_key;
};

static void request_done(struct request *r)
{
    free(r->url);
    for (size_t i = 0; i < 2; i++)
        free(r->headers[i]);
    free(r->keys);
    free(r->signature);
    free(r->ca_file);
    free(r->certificate);
    free(r->certificate_key);
}
#define auto_request __attribute__((cleanup(request_done))) struct request

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

bool cb_remote_is(const char *uri)
{
    return begins(uri, "s3://") || begins(uri, "http://") || begins(uri, "https://");
}

/* NULL where it is not set, or empty. */
static const char *environment(const char *name)
{
    const char *value = getenv(name);
    return value != NULL && value[0] != '\0' ? value : NULL;
}

/* ---- percent-encoding ---- */

static int hex(char c)
{
    return isdigit((unsigned char)c)    ? c - '0'
           : isxdigit((unsigned char)c) ? tolower((unsigned char)c) - 'a' + 10
                                        : -1;
}

static char *decoded(const char *text, size_t length)
{
    char *plain = cb_xalloc(length + 1), *to = plain;
    for (size_t i = 0; i < length; i++)
        if (text[i] == '%' && i + 2 < length && hex(text[i + 1]) >= 0 && hex(text[i + 2]) >= 0) {
            *to++ = (char)(hex(text[i + 1]) * 16 + hex(text[i + 2]));
            i += 2;
        } else {
            *to++ = text[i];
        }
    *to = '\0';
    return plain;
}

static void put_encoded(struct cb_bytes *out, const char *text)
{
    for (; *text != '\0'; text++)
        if (isalnum((unsigned char)*text) || strchr("-._~/", *text) != NULL)
            cb_bytes_add(out, text, 1);
        else
            cb_bytes_printf(out, "%%%02X", (unsigned)(unsigned char)*text);
}

char *cb_remote_join(const char *folder, const char *name)
{
    struct cb_bytes uri = CB_BYTES(TEXT_MAX);
    size_t length = strlen(folder);
    cb_bytes_printf(&uri, "%s%s", folder, length > 0 && folder[length - 1] == '/' ? "" : "/");
    put_encoded(&uri, name);
    return cb_bytes_steal(&uri);
}

char *cb_remote_path(const char *uri)
{
    const char *host = strstr(uri, "://"), *slash = host != NULL ? strchr(host + 3, '/') : NULL;
    const char *path = slash != NULL ? slash + 1 : "";
    return decoded(path, strcspn(path, begins(uri, "s3://") ? "" : "?#"));
}

/* ---- keys of object stores ---- */

/* Where a bucket is, and by whose keys. */
struct endpoint {
    char *url; /* NULL: Amazon */
    char *key, *secret, *token;
};

static void endpoint_done(struct endpoint *e)
{
    free(e->url);
    free(e->key);
    free(e->secret);
    free(e->token);
}
#define auto_endpoint __attribute__((cleanup(endpoint_done))) struct endpoint

/* "https://KEY:SECRET@HOST" into its parts. */
static bool read_endpoint(const char *text, struct endpoint *e, struct cb_error *err)
{
    const char *host = strstr(text, "://");
    if (host == NULL)
        return cb_fail(err, CB_ERR_INVALID, "the endpoint of S3 is no http or https URL");
    host += 3;
    size_t authority = strcspn(host, "/");
    const char *at = NULL, *colon;
    for (size_t i = 0; i < authority; i++)
        if (host[i] == '@')
            at = host + i;
    if (at != NULL) {
        colon = memchr(host, ':', (size_t)(at - host));
        if (colon == NULL)
            return cb_fail(err, CB_ERR_INVALID, "S3 access key and secret not in expected format.");
        e->key = decoded(host, (size_t)(colon - host));
        e->secret = decoded(colon + 1, (size_t)(at - colon - 1));
    }
    e->url = cb_xasprintf("%.*s%s", (int)(host - text), text, at != NULL ? at + 1 : host);
    for (size_t length = strlen(e->url); length > 0 && e->url[length - 1] == '/';)
        e->url[--length] = '\0';
    return true;
}

static char *credentials_file(void)
{
    const char *named = environment("AWS_SHARED_CREDENTIALS_FILE"), *home = environment("HOME");
    if (named != NULL)
        return cb_xstrdup(named);
    return home != NULL ? cb_xasprintf("%s/.aws/credentials", home) : NULL;
}

/* One "name = value" line of the profile. */
static void take_credential(const char *line, struct endpoint *e)
{
    const struct {
        const char *name;
        char **slot;
    } known[] = { { "aws_access_key_id", &e->key },
                  { "aws_secret_access_key", &e->secret },
                  { "aws_session_token", &e->token } };
    size_t name = strcspn(line, " \t=");
    const char *value = line + strcspn(line, "=");
    if (*value == '\0')
        return;
    value += 1 + strspn(value + 1, " \t");
    size_t length = strcspn(value, "\r\n");
    while (length > 0 && isspace((unsigned char)value[length - 1]))
        length--;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strlen(known[i].name) == name && strncmp(known[i].name, line, name) == 0 &&
            *known[i].slot == NULL)
            *known[i].slot = cb_xstrndup(value, length);
}

static void read_credentials(const char *profile, struct endpoint *e)
{
    cb_auto(cb_free) char *path = credentials_file();
    FILE *file = path != NULL ? fopen(path, "re") : NULL;
    char line[1024];
    bool inside = false;
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        const char *text = line + strspn(line, " \t");
        if (*text == '[')
            inside =
                strcspn(text + 1, "]") == strlen(profile) && strncmp(text + 1, profile, strlen(profile)) == 0;
        else if (inside && *text != '#' && *text != ';')
            take_credential(text, e);
    }
    if (file != NULL)
        (void)fclose(file);
}

static bool find_keys(const char *profile, struct endpoint *e, struct cb_error *err)
{
    if (e->key != NULL)
        return true;
    if (profile == NULL && environment("AWS_ACCESS_KEY_ID") != NULL) {
        e->key = cb_xstrdup(environment("AWS_ACCESS_KEY_ID"));
        e->secret = cb_xstrdup(environment("AWS_SECRET_ACCESS_KEY"));
        e->token = cb_xstrdup(environment("AWS_SESSION_TOKEN"));
    } else {
        const char *usual = environment("AWS_PROFILE");
        read_credentials(profile != NULL ? profile : usual != NULL ? usual : "default", e);
    }
    return (e->key != NULL && e->secret != NULL) ||
           cb_fail(
               err, CB_ERR_INVALID,
               "Unable to locate credentials%s%s: neither AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY nor a "
               "file of credentials has them",
               profile != NULL ? " of profile " : "", profile != NULL ? profile : "");
}

static bool find_endpoint(const char *profile, struct endpoint *e, struct cb_error *err)
{
    const char *text = NULL;
    if (profile != NULL) {
        cb_auto(cb_free) char *name = cb_xasprintf("LSST_RESOURCES_S3_PROFILE_%s", profile);
        text = environment(name);
    }
    if (text == NULL)
        text = environment("S3_ENDPOINT_URL");
    return (text == NULL || read_endpoint(text, e, err)) && find_keys(profile, e, err);
}

/* ---- requests ---- */

/* s3://[PROFILE@]BUCKET/KEY */
static bool describe_object(const char *uri, struct request *r, struct cb_error *err)
{
    const char *bucket = uri + strlen("s3://"), *slash = strchr(bucket, '/');
    auto_endpoint e = { NULL };
    if (slash == NULL || slash[1] == '\0')
        return cb_fail(err, CB_ERR_INVALID, "\"%s\" names no object: s3://BUCKET/KEY", uri);
    const char *at = memchr(bucket, '@', (size_t)(slash - bucket));
    cb_auto(cb_free) char *profile = at != NULL ? cb_xstrndup(bucket, (size_t)(at - bucket)) : NULL;
    bucket = at != NULL ? at + 1 : bucket;
    cb_auto(cb_free) char *key = decoded(slash + 1, strlen(slash + 1));
    cb_auto(cb_free) char *name = cb_xstrndup(bucket, (size_t)(slash - bucket));
    if (name[0] == '\0')
        return cb_fail(err, CB_ERR_INVALID, "S3 URI does not include bucket name: '%s'", uri);
    if (!find_endpoint(profile, &e, err))
        return false;
    const char *region = environment("AWS_DEFAULT_REGION");
    region = region != NULL ? region : "us-east-1";
    cb_auto_bytes struct cb_bytes url = CB_BYTES(TEXT_MAX);
    if (e.url == NULL) {
        cb_bytes_printf(&url, "https://%s.s3.%s.amazonaws.com/", name, region);
    } else {
        cb_bytes_printf(&url, "%s/", e.url);
        put_encoded(&url, name);
        cb_bytes_puts(&url, "/");
    }
    put_encoded(&url, key);
    r->url = cb_bytes_steal(&url);
    r->headers[0] = cb_xstrdup("x-amz-content-sha256: " EMPTY_SHA256);
    r->headers[1] = e.token != NULL ? cb_xasprintf("x-amz-security-token: %s", e.token) : NULL;
    r->keys = cb_xasprintf("%s:%s", e.key, e.secret);
    r->signature = cb_xasprintf("aws:amz:%s:s3", region);
    return true;
}

/* The variable holds the token, or names a file that does; to be freed. */
static char *bearer_token(void)
{
    const char *value = environment("LSST_HTTP_AUTH_BEARER_TOKEN");
    char text[TEXT_MAX] = "";
    FILE *file = value != NULL ? fopen(value, "re") : NULL;
    if (file == NULL)
        return cb_xstrdup(value);
    size_t length = fread(text, 1, sizeof text - 1, file);
    (void)fclose(file);
    text[length] = '\0';
    return cb_xstrndup(text, strcspn(text, "\r\n"));
}

static void describe_page(const char *uri, struct request *r)
{
    cb_auto(cb_free) char *token = bearer_token();
    r->url = cb_xstrdup(uri);
    r->headers[0] = token != NULL ? cb_xasprintf("Authorization: Bearer %s", token) : NULL;
    r->ca_file = cb_xstrdup(environment("LSST_HTTP_CACERT_BUNDLE"));
    r->certificate = cb_xstrdup(environment("LSST_HTTP_AUTH_CLIENT_CERT"));
    r->certificate_key = cb_xstrdup(environment("LSST_HTTP_AUTH_CLIENT_KEY"));
}

static bool check_status(const char *uri, int status, struct cb_error *err)
{
    if (status >= 200 && status < 300)
        return true;
    if (status == 404 || status == 410)
        return cb_fail(err, CB_ERR_NOT_FOUND, "there is no \"%s\"", uri);
    if (status == 401 || status == 403)
        return cb_fail(err, CB_ERR_INVALID, "permission denied for \"%s\" (status %d)", uri, status);
    return cb_fail(err, status == 429 || status >= 500 ? CB_ERR_TRANSIENT : CB_ERR_INVALID,
                   "could not read \"%s\": status %d", uri, status);
}

/* Where the file goes; neither: only its size is asked for. */
struct target {
    int fd; /* -1: not into a file */
    struct cb_bytes *text;
};

static bool ask_once(const char *uri, const struct request *r, const struct target *to, int64_t *ret_size,
                     struct cb_error *err)
{
    const struct cb_http_call call = { .method = to->fd < 0 && to->text == NULL ? "HEAD" : "GET",
                                       .url = r->url,
                                       .headers = (const char *const *)r->headers,
                                       .user_password = r->keys,
                                       .aws_signature = r->signature,
                                       .ca_file = r->ca_file,
                                       .client_certificate = r->certificate,
                                       .client_key = r->certificate_key,
                                       .answer_file = to->fd,
                                       .to_file = to->fd >= 0,
                                       .answer_max = to->text != NULL ? to->text->max : 0,
                                       .follows = r->keys == NULL };
    cb_auto_answer struct cb_http_answer answer = { 0 };
    if (!cb_http_ask(&call, &answer, err))
        return cb_context(err, "could not read \"%s\"", uri);
    if (!check_status(uri, answer.status, err))
        return false;
    *ret_size = answer.length;
    if (to->text != NULL)
        cb_bytes_add(to->text, cb_bytes_text(&answer.body), answer.body.size);
    return true;
}

static bool ask(const char *uri, const struct target *to, int64_t *ret_size, struct cb_error *err)
{
    auto_request r = { NULL };
    if (begins(uri, "s3://") && !describe_object(uri, &r, err))
        return false;
    if (!begins(uri, "s3://"))
        describe_page(uri, &r);
    struct cb_error why = { 0 };
    for (int attempt = 0; attempt < TRIES; attempt++) {
        why = (struct cb_error){ 0 };
        if (attempt > 0)
            (void)poll(NULL, 0, FIRST_PAUSE_MS << (attempt - 1));
        if (to->fd >= 0 && (lseek(to->fd, 0, SEEK_SET) != 0 || ftruncate(to->fd, 0) != 0))
            return cb_fail(err, CB_ERR_TRANSIENT, "could not write what \"%s\" holds: %s", uri,
                           strerror(errno));
        if (ask_once(uri, &r, to, ret_size, &why))
            return true;
        if (why.kind != CB_ERR_TRANSIENT)
            break;
    }
    if (err != NULL)
        *err = why;
    return false;
}

bool cb_remote_size(const char *uri, int64_t *ret_size, struct cb_error *err)
{
    const struct target none = { -1, NULL };
    return ask(uri, &none, ret_size, err) &&
           (*ret_size >= 0 || cb_fail(err, CB_ERR_INVALID, "the size of \"%s\" is not told", uri));
}

/* arg: the URI. */
static bool write_download(int fd, void *arg, struct cb_error *err)
{
    const char *const *uri = arg;
    const struct target file = { fd, NULL };
    int64_t size = 0;
    return ask(*uri, &file, &size, err);
}

bool cb_remote_read(const char *uri, struct cb_bytes *text, struct cb_error *err)
{
    const struct target memory = { -1, text };
    int64_t size = 0;
    return ask(uri, &memory, &size, err);
}

bool cb_remote_fetch(const char *uri, const char *path, struct cb_error *err)
{
    return cb_file_write(path, write_download, &uri, err);
}
