/* Passwords of databases, as the stock butler keeps them. */
#include "io/db_auth.h"

#include "base/alloc.h"
#include "base/cleanup.h"
#include "io/yaml.h"

#include <ctype.h>
#include <fnmatch.h>
#include <libpq-fe.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* The parts of an address, or of a pattern; NULL: not given. */
struct parts {
    char *scheme, *user, *host, *port, *database;
};

static void parts_done(struct parts *parts)
{
    free(parts->scheme);
    free(parts->user);
    free(parts->host);
    free(parts->port);
    free(parts->database);
}
#define auto_parts __attribute__((cleanup(parts_done))) struct parts

/* What the address itself says; libpq's defaults do not count. */
static bool read_address(const char *uri, struct parts *ret_parts)
{
    PQconninfoOption *options = PQconninfoParse(uri, NULL);
    for (const PQconninfoOption *o = options; o != NULL && o->keyword != NULL; o++) {
        char **slot = strcmp(o->keyword, "user") == 0     ? &ret_parts->user
                      : strcmp(o->keyword, "host") == 0   ? &ret_parts->host
                      : strcmp(o->keyword, "port") == 0   ? &ret_parts->port
                      : strcmp(o->keyword, "dbname") == 0 ? &ret_parts->database
                                                          : NULL;
        if (slot != NULL && o->val != NULL && o->val[0] != '\0')
            *slot = cb_xstrdup(o->val);
    }
    PQconninfoFree(options);
    return ret_parts->host != NULL && ret_parts->host[0] != '/' && ret_parts->database != NULL;
}

static char *lower(const char *text, size_t length)
{
    char *copy = cb_xstrndup(text, length);
    for (char *c = copy; *c != '\0'; c++)
        *c = (char)tolower((unsigned char)*c);
    return copy;
}

/* "[2001:db8::1]:5432", "host:5432", "host". */
static void read_host(const char *text, size_t length, struct parts *parts)
{
    const char *bracket = text[0] == '[' ? memchr(text, ']', length) : NULL;
    const char *name = bracket != NULL ? text + 1 : text;
    const char *after = bracket != NULL ? bracket + 1 : memchr(text, ':', length);
    const char *end = bracket != NULL ? bracket : after != NULL ? after : text + length;
    if (end > name)
        parts->host = lower(name, (size_t)(end - name));
    if (after != NULL && after + 1 < text + length && *after == ':')
        parts->port = cb_xstrndup(after + 1, (size_t)(text + length - after - 1));
}

/* "postgresql://user@*.example.org:5432/database"; what follows a question mark is no part of it. */
static bool read_pattern(const char *url, struct parts *ret_parts)
{
    const char *colon = strstr(url, "://");
    if (colon == NULL)
        return false;
    const char *place = colon + 3;
    size_t length = strcspn(place, "/?#");
    const char *path = place + length;
    const char *at = NULL;
    for (size_t i = 0; i < length; i++)
        if (place[i] == '@')
            at = place + i;
    ret_parts->scheme = cb_xstrndup(url, (size_t)(colon - url));
    if (at != NULL && at > place)
        ret_parts->user = cb_xstrndup(place, strcspn(place, ":@"));
    const char *host = at != NULL ? at + 1 : place;
    read_host(host, (size_t)(place + length - host), ret_parts);
    path += strspn(path, "/");
    if (strcspn(path, "?#") > 0)
        ret_parts->database = cb_xstrndup(path, strcspn(path, "?#"));
    return ret_parts->host != NULL;
}

static bool is_like(const char *pattern, const char *text)
{
    return pattern == NULL || (text != NULL && fnmatch(pattern, text, FNM_NOESCAPE) == 0);
}

static bool is_same(const char *wanted, const char *text)
{
    return wanted == NULL || (text != NULL && strcmp(wanted, text) == 0);
}

static bool matches(const struct parts *pattern, const struct parts *address)
{
    return strcmp(pattern->scheme, "postgresql") == 0 && is_like(pattern->database, address->database) &&
           is_same(pattern->user, address->user) && is_like(pattern->host, address->host) &&
           is_same(pattern->port, address->port);
}

/* FATAL: trying again does not help. */
static bool search(const struct cb_yaml *yaml, const struct parts *address, char **ret_user,
                   char **ret_password, struct cb_error *err)
{
    const struct cb_yaml_node *list = cb_yaml_root(yaml);
    if (list == NULL || list->kind != CB_YAML_SEQUENCE)
        return cb_fail(err, CB_ERR_FATAL, "%s is no list of url, username and password",
                       cb_yaml_origin(yaml));
    for (size_t i = 0; i < list->count; i++) {
        auto_parts pattern = { 0 };
        const char *url = cb_yaml_text(cb_yaml_get(list->item[i], "url"));
        const char *password = cb_yaml_text(cb_yaml_get(list->item[i], "password"));
        const char *user = cb_yaml_text(cb_yaml_get(list->item[i], "username"));
        if (url == NULL || !read_pattern(url, &pattern))
            return cb_fail(err, CB_ERR_FATAL, "%s:%zu: an entry needs a url with a host",
                           cb_yaml_origin(yaml), list->item[i]->line);
        if (!matches(&pattern, address))
            continue;
        if (password == NULL)
            return cb_fail(err, CB_ERR_FATAL, "%s:%zu: an entry needs a password", cb_yaml_origin(yaml),
                           list->item[i]->line);
        *ret_user = address->user == NULL ? cb_xstrdup(user) : NULL;
        *ret_password = cb_xstrdup(password);
        return true;
    }
    return true;
}

/* ~/.lsst/db-auth.yaml unless $LSST_DB_AUTH names another; to be freed. Read at each connection, as libpq
 * reads PGPASSWORD. */
static char *path_of_file(void)
{
    const char *given = getenv("LSST_DB_AUTH"), *home = getenv("HOME");
    const char *name = given != NULL ? given : "~/.lsst/db-auth.yaml";
    return name[0] == '~' && name[1] == '/' && home != NULL ? cb_xasprintf("%s%s", home, name + 1)
                                                            : cb_xstrdup(name);
}

/* NULL when there is none. */
static bool read_list(struct cb_yaml **ret_yaml, struct cb_error *err)
{
    const char *given = getenv("LSST_DB_AUTH_CREDENTIALS");
    *ret_yaml = NULL;
    if (given != NULL && given[0] != '\0')
        return cb_yaml_parse(given, strlen(given), "$LSST_DB_AUTH_CREDENTIALS", ret_yaml, err);
    cb_auto(cb_free) char *path = path_of_file();
    struct stat info;
    if (stat(path, &info) != 0 || !S_ISREG(info.st_mode))
        return true;
    if ((info.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        return cb_fail(err, CB_ERR_FATAL, "%s holds passwords and can be read by others (mode %o): chmod 600",
                       path, (unsigned)info.st_mode & 07777);
    return cb_yaml_read(path, ret_yaml, err);
}

bool cb_db_auth_find(const char *uri, char **ret_user, char **ret_password, struct cb_error *err)
{
    auto_parts address = { 0 };
    cb_auto(cb_yaml_free) struct cb_yaml *yaml = NULL;
    struct cb_error why = { 0 };
    *ret_user = *ret_password = NULL;
    if (!read_address(uri, &address))
        return true;
    if (!read_list(&yaml, &why))
        return cb_fail(err, CB_ERR_FATAL, "%s", why.text);
    return yaml == NULL || search(yaml, &address, ret_user, ret_password, err);
}
