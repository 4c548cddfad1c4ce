/* What has landed becomes a row. */
#include "calbus/v1/exposure.pb-c.h"
#include "ingest.h"
#include "service/decode.h"
#include "sql.h"
#include "watch.h"

#include <string.h>

enum { FILES_AT_ONCE = 500 };

static bool put_landed(struct cb_db *db, const char *path, const char *site, struct cb_error *err)
{
    char name[256];
    exposure_name_of(path, name, sizeof name);
    return cb_db_run(db, sql_put_landed, CB_P(cb_p_text(path), cb_p_text(site), cb_p_text(name)), NULL, err);
}

/* The n-th enabled site: landing folders are watched in this order. */
static const char *site_of_folder(const struct ingest *me, size_t folder)
{
    for (size_t i = 0; i < CB_SITES; i++)
        if (me->config.sites.site[i].enabled && folder-- == 0)
            return cb_site_names[i];
    return "";
}

bool notice_files(void *self, struct cb_db *db, bool *ret_again, struct cb_error *err)
{
    struct ingest *me = self;
    const char *path;
    size_t folder, n = 0;
    while (n < FILES_AT_ONCE && watch_next(me->watch, &path, &folder)) {
        n++;
        if (put_landed(db, path, site_of_folder(me, folder), err))
            continue;
        watch_rescan(me->watch); /* what was handed out and not stored is found again */
        return false;
    }
    *ret_again = n == FILES_AT_ONCE;
    return true;
}

bool on_exposure_arrived(void *self, struct cb_db *db, const struct cb_event *event, struct cb_error *err)
{
    struct ingest *me = self;
    cb_auto(cb_event_free) ProtobufCMessage *message = NULL;
    if (!cb_event_decode(event, &message, err))
        return false;
    const Calbus__V1__ExposureArrived *arrived = ((const Calbus__V1__ExposureEvent *)message)->arrived;
    const struct cb_site *site = cb_site_find(&me->config.sites, arrived->site);
    if (site == NULL || !site->enabled)
        return cb_fail(err, CB_ERR_INVALID, "no site \"%s\" is enabled here", arrived->site);
    if (arrived->path[0] != '/' || !is_raw_name(strrchr(arrived->path, '/') + 1))
        return cb_fail(err, CB_ERR_INVALID, "\"%s\" is not the absolute path of a FITS file", arrived->path);
    return put_landed(db, arrived->path, arrived->site, err);
}
