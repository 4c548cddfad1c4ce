/* say: puts exposure.ingested events into the outbox, for tests; and migrates the database.
 *   say URI migrate
 *   say URI put KEY FIRST COUNT [REASON]      each in a transaction of its own; seq_num counts from FIRST
 *   say URI dead-letter list|retry ID|drop ID
 */
#include "calbus/v1/exposure.pb-c.h"
#include "io/clock.h"
#include "service/dead_letter.h"
#include "service/migrate.h"
#include "service/outbox.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool put(struct cb_db *db, const char *key, int64_t seq, const char *reason, struct cb_error *err)
{
    char dataset[CB_UUID_TEXT_SIZE];
    cb_uuid_new_text(dataset);
    Calbus__V1__ExposureIngested said = CALBUS__V1__EXPOSURE_INGESTED__INIT;
    Calbus__V1__ExposureEvent wrapper = CALBUS__V1__EXPOSURE_EVENT__INIT;
    said.site = (char *)"usdf";
    said.repository = (char *)"/repo/main";
    said.instrument = (char *)"LSSTComCam";
    said.exposure = 2024120800000ULL + (uint64_t)seq;
    said.obs_id = (char *)"CC_O_20241208_000690";
    said.day_obs = 20241208;
    said.seq_num = (uint32_t)seq;
    said.observation_type = (char *)"bias";
    said.observation_reason = (char *)(uintptr_t)reason;
    said.dataset_id = dataset;
    wrapper.event_case = CALBUS__V1__EXPOSURE_EVENT__EVENT_INGESTED;
    wrapper.ingested = &said;
    cb_auto(cb_tx_abandon) struct cb_tx *tx = NULL;
    return cb_tx_begin(db, &tx, err) &&
           cb_outbox_put(db, &(struct cb_outgoing){ .type = "exposure.ingested", .key = key }, &wrapper.base,
                         err) &&
           cb_tx_commit(&tx, err);
}

static bool put_many(struct cb_db *db, int argc, char **argv, struct cb_error *err)
{
    if (argc < 6)
        return cb_fail(err, CB_ERR_INVALID, "put KEY FIRST COUNT [REASON]");
    int64_t first = strtoll(argv[4], NULL, 10), count = strtoll(argv[5], NULL, 10);
    for (int64_t i = 0; i < count; i++)
        if (!put(db, argv[3], first + i, argc > 6 ? argv[6] : "", err))
            return false;
    return true;
}

static bool dead_letter(struct cb_db *db, int argc, char **argv, struct cb_error *err)
{
    if (argc == 5 && strcmp(argv[3], "retry") == 0)
        return cb_dead_letter_retry(db, strtoll(argv[4], NULL, 10), "test", err);
    if (argc == 5 && strcmp(argv[3], "drop") == 0)
        return cb_dead_letter_drop(db, strtoll(argv[4], NULL, 10), "test", err);
    struct cb_dead_letters letters = { .rows = NULL };
    if (!cb_dead_letter_list(db, NULL, 100, &letters, err))
        return false;
    for (size_t i = 0; i < letters.count; i++)
        fprintf(stdout, "%lld|%s|%s|%s|%s\n", (long long)letters.list[i].id, letters.list[i].topic,
                letters.list[i].kind, letters.list[i].state, letters.list[i].error);
    cb_dead_letters_done(&letters);
    return true;
}

int main(int argc, char **argv)
{
    struct cb_error err = { .kind = CB_ERR_NONE };
    struct cb_db *db = NULL;
    cb_outbox_set_source("usdf", "say");
    bool ok = argc >= 3 && cb_db_open(argv[1], "say", &db, &err);
    if (ok && strcmp(argv[2], "migrate") == 0)
        ok = cb_migrate_apply(db, NULL, NULL, NULL, &err);
    else if (ok && strcmp(argv[2], "put") == 0)
        ok = put_many(db, argc, argv, &err);
    else if (ok && strcmp(argv[2], "dead-letter") == 0)
        ok = dead_letter(db, argc, argv, &err);
    cb_db_close(db);
    if (!ok)
        fprintf(stderr, "say: %s\n", err.text);
    return ok ? 0 : 1;
}
