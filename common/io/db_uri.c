/* Addresses of databases. */
#include "io/db_uri.h"

#include "base/alloc.h"
#include "base/bytes.h"

#include <ctype.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <string.h>

/* The four things that tell databases apart. */
struct address {
    char *host, *port, *name, *user;
};

static void address_done(struct address *address)
{
    free(address->host);
    free(address->port);
    free(address->name);
    free(address->user);
}

static const char *option(const PQconninfoOption *options, const char *keyword)
{
    for (const PQconninfoOption *o = options; o != NULL && o->keyword != NULL; o++)
        if (strcmp(o->keyword, keyword) == 0 && o->val != NULL && o->val[0] != '\0')
            return o->val;
    return NULL;
}

static char *pick(const PQconninfoOption *given, const PQconninfoOption *defaults, const char *keyword,
                  const char *last_resort)
{
    const char *value = option(given, keyword);
    if (value == NULL)
        value = option(defaults, keyword);
    return cb_xstrdup(value != NULL ? value : last_resort);
}

/* What libpq quotes in its message may be the password, or a part of it. */
static PQconninfoOption *parse(const char *uri, struct cb_error *err)
{
    char *message = NULL;
    PQconninfoOption *given = PQconninfoParse(uri, &message);
    if (given == NULL) {
        if (message != NULL)
            message[strcspn(message, ":\"\n")] = '\0';
        cb_fail(err, CB_ERR_INVALID, "not a database address: %s",
                message != NULL ? message : "out of memory");
        PQfreemem(message);
    }
    return given;
}

bool cb_db_uri_check(const char *uri, struct cb_error *err)
{
    PQconninfoOption *given = parse(uri, err);
    PQconninfoFree(given);
    return given != NULL;
}

static void put_masked(struct cb_bytes *out, const char *text, const char *from, const char *until)
{
    cb_bytes_add(out, text, (size_t)(from - text));
    cb_bytes_printf(out, "***%s", until);
}

/* "scheme://user:password@host...": the parts of the password; a slash in it, which ought to be encoded,
 * belongs to it. */
static bool find_in_url(const char *text, const char **ret_from, const char **ret_until)
{
    const char *place = strstr(text, "://");
    if (place == NULL)
        return false;
    place += 3;
    const char *end = place + strcspn(place, "/?#"), *at = NULL;
    for (const char *c = place; c < end; c++)
        if (*c == '@')
            at = c;
    if (at == NULL)
        at = strchr(end, '@');
    const char *colon = at != NULL ? memchr(place, ':', (size_t)(at - place)) : NULL;
    *ret_from = colon != NULL ? colon + 1 : NULL;
    *ret_until = at;
    return colon != NULL;
}

char *cb_db_uri_masked(const char *text)
{
    const char *from = NULL, *until = NULL;
    struct cb_bytes out = CB_BYTES(1 << 20);
    if (!find_in_url(text, &from, &until)) {
        from = strstr(text, "password="); /* "host=... password=...", "?password=..." */
        if (from == NULL)
            return cb_xstrdup(text);
        from += strlen("password=");
        until = from + strcspn(from, " &");
    }
    put_masked(&out, text, from, until);
    return cb_bytes_steal(&out);
}

static bool read_address(const char *uri, struct address *ret_address, struct cb_error *err)
{
    PQconninfoOption *given = parse(uri, err);
    if (given == NULL)
        return false;
    PQconninfoOption *defaults = PQconndefaults();
    ret_address->host = option(given, "host") == NULL && option(given, "hostaddr") != NULL
                            ? cb_xstrdup(option(given, "hostaddr"))
                            : pick(given, defaults, "host", "/var/run/postgresql");
    ret_address->port = pick(given, defaults, "port", "5432");
    ret_address->user = pick(given, defaults, "user", "");
    ret_address->name = pick(given, defaults, "dbname", ret_address->user);
    PQconninfoFree(given);
    PQconninfoFree(defaults);
    return true;
}

/* Percent-encode what could end a part of a URL. */
static void put_part(struct cb_bytes *out, const char *text, const char *also_plain)
{
    for (const char *c = text; *c != '\0'; c++)
        if (isalnum((unsigned char)*c) || strchr("-._~", *c) != NULL || strchr(also_plain, *c) != NULL)
            cb_bytes_add(out, c, 1);
        else
            cb_bytes_printf(out, "%%%02X", (unsigned)(unsigned char)*c);
}

static char *write_url(const char *scheme, const struct address *address)
{
    struct cb_bytes out = CB_BYTES(8192);
    bool is_socket = address->host[0] == '/';
    cb_bytes_printf(&out, "%s://", scheme);
    put_part(&out, address->user, "");
    cb_bytes_puts(&out, "@");
    if (!is_socket) {
        bool is_ipv6 = strchr(address->host, ':') != NULL;
        cb_bytes_puts(&out, is_ipv6 ? "[" : "");
        put_part(&out, address->host, ":");
        cb_bytes_printf(&out, "%s:%s", is_ipv6 ? "]" : "", address->port);
    }
    cb_bytes_puts(&out, "/");
    put_part(&out, address->name, "");
    if (is_socket) {
        cb_bytes_puts(&out, "?host=");
        put_part(&out, address->host, "/");
        cb_bytes_printf(&out, "&port=%s", address->port);
    }
    return cb_bytes_steal(&out);
}

bool cb_db_uri_for_python(const char *uri, char **ret_url, struct cb_error *err)
{
    struct address address = { 0 };
    if (!read_address(uri, &address, err))
        return false;
    *ret_url = write_url("postgresql+psycopg2", &address);
    address_done(&address);
    return true;
}

char *cb_db_uri_of_parts(const char *user, const char *host, const char *port, const char *name)
{
    const struct address address = {
        .host = (char *)host, .port = (char *)port, .name = (char *)name, .user = (char *)user
    };
    return write_url("postgresql", &address);
}

bool cb_db_uri_from_python(const char *url, char **ret_uri, struct cb_error *err)
{
    size_t scheme = strcspn(url, "+:");
    const char *rest = strstr(url, "://");
    bool is_postgres = (scheme == 10 && strncmp(url, "postgresql", 10) == 0) ||
                       (scheme == 8 && strncmp(url, "postgres", 8) == 0);
    if (rest == NULL || !is_postgres)
        return cb_fail(err, CB_ERR_INVALID, "the registry is not in PostgreSQL but in \"%.*s\"",
                       (int)strcspn(url, ":+/"), url);
    *ret_uri = cb_xasprintf("postgresql%s", rest);
    return true;
}

bool cb_db_uri_same(const char *a, const char *b)
{
    struct address left = { 0 }, right = { 0 };
    bool same = read_address(a, &left, NULL) && read_address(b, &right, NULL) &&
                strcmp(left.host, right.host) == 0 && strcmp(left.port, right.port) == 0 &&
                strcmp(left.name, right.name) == 0 && strcmp(left.user, right.user) == 0;
    address_done(&left);
    address_done(&right);
    return same;
}
