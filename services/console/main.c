/* console: the status board and the reports, over HTTP. */
#include "base/alloc.h"
#include "base/tai.h"
#include "io/clock.h"
#include "io/http.h"
#include "page.h"
#include "service/service.h"
#include "web.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { PAGE_MAX = 8 << 20 };

struct console {
    char *reports; /* $CALBUS_HOME/reports, resolved when it exists */
};

static const char *cell(const void *rows, size_t row, size_t column)
{
    return cb_rows_text(rows, row, column);
}

static void add_policy(struct cb_http_reply *reply)
{
    cb_http_reply_header(
        reply, "Content-Security-Policy",
        "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; "
        "frame-ancestors 'none'; form-action 'none'");
    cb_http_reply_header(reply, "Cache-Control", "no-store");
    cb_http_reply_header(reply, "X-Content-Type-Options", "nosniff");
}

static bool write_board(struct cb_db *db, struct cb_bytes *page, struct cb_error *err)
{
    char utc[CB_ISO_SIZE], tai[CB_ISO_SIZE];
    int64_t now = cb_clock_tai_ns();
    cb_iso_format(cb_utc_from_tai(now), 0, ' ', utc);
    cb_iso_format(now, 0, ' ', tai);
    write_page_start(page, "calbus", utc, tai);
    for (const struct section *section = sections; section->name != NULL; section++) {
        cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
        if (!cb_db_run(db, section->sql, CB_P0, &rows, err))
            return false;
        write_section(page, section, rows, cb_rows_count(rows), cell);
    }
    write_page_end(page);
    return true;
}

static bool serve_board(void *self, struct cb_db *db, const struct cb_http_request *request,
                        struct cb_http_reply *reply, struct cb_error *err)
{
    (void)self;
    add_policy(reply);
    if (strcmp(request->path, "/board.css") == 0) {
        cb_http_reply_text(reply, 200, "text/css; charset=utf-8", web_board);
        return true;
    }
    if (strcmp(request->path, "/") != 0) {
        cb_http_reply_text(reply, 404, "text/plain; charset=utf-8",
                           "there is no such page; the board is at /\n");
        return true;
    }
    cb_auto_bytes struct cb_bytes page = CB_BYTES(PAGE_MAX);
    if (!write_board(db, &page, err))
        return false;
    cb_http_reply_text(reply, 200, "text/html; charset=utf-8", cb_bytes_text(&page));
    return true;
}

static bool serve_section(void *self, struct cb_db *db, const struct cb_http_request *request,
                          struct cb_http_reply *reply, struct cb_error *err)
{
    (void)self;
    add_policy(reply);
    const char *name = request->path + strlen("/api/v1/");
    for (const struct section *section = sections; section->name != NULL; section++) {
        if (strcmp(name, section->name) != 0)
            continue;
        cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
        cb_auto_bytes struct cb_bytes out = CB_BYTES(PAGE_MAX);
        if (!cb_db_run(db, section->sql, CB_P0, &rows, err))
            return false;
        write_section_json(&out, section, rows, cb_rows_count(rows), cell);
        cb_http_reply_text(reply, 200, "application/json", cb_bytes_text(&out));
        return true;
    }
    cb_http_reply_text(reply, 404, "application/json", "{\"error\":\"there is no such section\"}\n");
    return true;
}

static const char *content_type(const char *path)
{
    static const char *const types[][2] = { { ".html", "text/html; charset=utf-8" },
                                            { ".css", "text/css; charset=utf-8" },
                                            { ".png", "image/png" },
                                            { ".json", "application/json" },
                                            { ".yaml", "text/plain; charset=utf-8" } };
    size_t length = strlen(path);
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        size_t part = strlen(types[i][0]);
        if (length > part && strcmp(path + length - part, types[i][0]) == 0)
            return types[i][1];
    }
    return "application/octet-stream";
}

/* Only what really lies below the folder of reports, whatever the path says. */
static bool serve_report(void *self, struct cb_db *db, const struct cb_http_request *request,
                         struct cb_http_reply *reply, struct cb_error *err)
{
    (void)db;
    (void)err;
    const struct console *me = self;
    char folder[PATH_MAX], real[PATH_MAX];
    cb_auto(cb_free) char *wanted = cb_xasprintf("%s/%s", me->reports, request->path + strlen("/reports/"));
    bool inside = realpath(me->reports, folder) != NULL && realpath(wanted, real) != NULL &&
                  strncmp(real, folder, strlen(folder)) == 0 && real[strlen(folder)] == '/';
    add_policy(reply);
    if (!inside) {
        cb_http_reply_text(reply, 404, "text/plain; charset=utf-8", "there is no such report\n");
        return true;
    }
    cb_http_reply_header(reply, "Content-Type", content_type(real));
    reply->file = cb_xstrdup(real);
    return true;
}

static const struct cb_route routes[] = {
    { "GET", "/api/v1/", serve_section },
    { "GET", "/reports/", serve_report },
    { "GET", "/", serve_board },
    { NULL, NULL, NULL },
};

static bool start(void *self, const struct cb_service_config *common, struct cb_db *db, struct cb_error *err)
{
    (void)db;
    (void)err;
    struct console *me = self;
    me->reports = cb_xasprintf("%s/reports", common->home);
    return true;
}

static void stop(void *self)
{
    struct console *me = self;
    free(me->reports);
    me->reports = NULL;
}

int main(int argc, char **argv)
{
    static const struct cb_service service = {
        .name = "console",
        .summary = "Show the status board and the verification reports in a browser.",
        .routes = routes,
        .start = start,
        .stop = stop,
    };
    struct console console = { 0 };
    return cb_service_main(argc, argv, &service, &console, NULL);
}
