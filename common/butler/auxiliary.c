/* Auxiliary products: put, chained, found by the defaults. */
#include "butler/auxiliary.h"

#include "base/alloc.h"
#include "butler/dataset_tables.h"
#include "butler/rows.h"
#include "sql.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* A reference catalogue has up to 131072 files: so many are put at once. */
enum { BATCH = 2000 };

static bool count(struct cb_repo *repo, const struct cb_auxiliary *product, int64_t *ret_count,
                  struct cb_error *err)
{
    cb_auto(cb_tx_abandon) struct cb_tx *tx = NULL;
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!cb_repo_read(repo, &tx, err) ||
        !cb_db_run(repo->db, sql_count_datasets_in_run,
                   CB_P(cb_p_text(product->run), cb_p_text(product->type)), &rows, err))
        return false;
    *ret_count = cb_rows_int(rows, 0, 0);
    return true;
}

/* What was there already must be what is given now, as far as sizes tell. */
static bool check_same(struct cb_repo *repo, const struct cb_auxiliary *product, const struct cb_put *puts,
                       size_t n, char (*ids)[CB_UUID_TEXT_SIZE], struct cb_error *err)
{
    cb_auto(cb_tx_abandon) struct cb_tx *tx = NULL;
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    cb_auto_bytes struct cb_bytes array = CB_BYTES(CB_ARRAY_MAX);
    cb_array_begin(&array);
    for (size_t i = 0; i < n; i++)
        cb_array_text(&array, ids[i]);
    if (!cb_repo_read(repo, &tx, err) ||
        !cb_db_run(repo->db, sql_find_file_sizes, CB_P(cb_p_text(cb_array_end(&array))), &rows, err))
        return false;
    for (size_t i = 0; i < n; i++) {
        struct stat given;
        int64_t stored = cb_rows_is_null(rows, i, 0) ? -1 : cb_rows_int(rows, i, 0);
        if (stored >= 0 && stat(puts[i].file, &given) == 0 && given.st_size != stored)
            return cb_fail(err, CB_ERR_CONFLICT,
                           "\"%s\" has %" PRId64 " bytes; the %s that is in \"%s\" already has %" PRId64,
                           puts[i].file, (int64_t)given.st_size, product->type, product->run, stored);
    }
    return true;
}

/* Each batch asks what is there already; so many at once are ahead of autovacuum. */
static bool refresh(struct cb_repo *repo, const struct cb_auxiliary *product, struct cb_error *err)
{
    cb_auto_dataset_type struct cb_dataset_type type = { 0 };
    cb_auto(cb_tx_abandon) struct cb_tx *tx = NULL;
    return cb_repo_read(repo, &tx, err) && cb_dataset_type_find(repo, product->type, &type, err) &&
           cb_dataset_table_refresh(repo, type.tags_table, err);
}

static bool put_batch(struct cb_repo *repo, const struct cb_auxiliary *product, size_t first, size_t n,
                      struct cb_error *err)
{
    const struct cb_put_options options = { .transfer = product->transfer,
                                            .id_mode = CB_ID_UNIQUE,
                                            .existing = CB_EXISTING_SKIP };
    char(*ids)[CB_UUID_TEXT_SIZE] = cb_xalloc_array(n, sizeof *ids);
    bool ok =
        cb_dataset_put(repo, product->type, product->run, product->puts + first, n, &options, ids, err) &&
        check_same(repo, product, product->puts + first, n, ids, err);
    free(ids);
    return ok;
}

/* A RUN that is in its chain stays where somebody put it. */
static bool chain_run(struct cb_repo *repo, const struct cb_auxiliary *product, struct cb_error *err)
{
    cb_auto_collections struct cb_collection_list members = { 0 };
    if (!cb_collection_register(repo, product->chain, CB_COLLECTION_CHAINED, NULL, NULL, err) ||
        !cb_chain_children(repo, product->chain, &members, err))
        return false;
    for (size_t i = 0; i < members.count; i++)
        if (strcmp(members.item[i].name, product->run) == 0)
            return true;
    return cb_chain_change(repo, product->chain, product->place, &product->run, 1, err);
}

struct registering {
    const struct cb_auxiliary *product;
    size_t n_new;
};

static bool register_all(struct cb_repo *repo, void *arg, struct cb_error *err)
{
    struct registering *it = arg;
    const struct cb_auxiliary *product = it->product;
    int64_t before, after;
    if (!cb_collection_register(repo, product->run, CB_COLLECTION_RUN, NULL, NULL, err) ||
        !count(repo, product, &before, err))
        return false;
    for (size_t i = 0; i < product->n; i += BATCH)
        if ((product->n > BATCH && !refresh(repo, product, err)) ||
            !put_batch(repo, product, i, product->n - i < BATCH ? product->n - i : BATCH, err))
            return false;
    if (!count(repo, product, &after, err) || !chain_run(repo, product, err) ||
        !cb_defaults_update_all(repo, product->instruments, product->n_instruments, err))
        return false;
    it->n_new = (size_t)(after - before);
    return true;
}

bool cb_auxiliary_register(struct cb_repo *repo, const struct cb_auxiliary *product, size_t *ret_new,
                           struct cb_error *err)
{
    struct registering it = { .product = product };
    bool is_new = false;
    /* the type first and by itself: making its tables locks those that raws are being registered in */
    if (!cb_dataset_type_register(repo, product->type, product->dims, product->storage_class, false, &is_new,
                                  err))
        return false;
    if (!cb_repo_transact(repo, register_all, &it, err)) {
        if (is_new) /* nobody else has used it, or it stays */
            (void)!cb_dataset_type_remove(repo, product->type, NULL);
        return false;
    }
    *ret_new = it.n_new;
    return true;
}
