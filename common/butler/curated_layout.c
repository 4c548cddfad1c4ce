/* Which columns a calibration class writes. */
#include "butler/curated_layout.h"

#include "base/alloc.h"

#include <string.h>

void cb_curated_set_none(struct cb_header *meta, enum cb_curated_none none)
{
    static const char *const keys[] = { "RAFTNAME", "SLOTNAME", "DET_NAME", "DET_SER", "FILTER",
                                        "CALIB_ID", "SEQFILE",  "SEQNAME",  "SEQCKSUM" };
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        const struct cb_card *card = cb_header_find(meta, keys[i]);
        if (card != NULL && card->type != CB_CARD_UNDEFINED &&
            (card->type != CB_CARD_STRING || card->text[0] != '\0'))
            continue;
        if (none == CB_CURATED_NONE_DROPPED)
            cb_header_remove(meta, keys[i]);
        else if (none == CB_CURATED_NONE_EMPTY)
            cb_header_set_string(meta, keys[i], "", NULL);
        else
            cb_header_set_undefined(meta, keys[i], NULL);
    }
}

static void fill(struct cb_table *table, const struct cb_curated_column *wanted)
{
    size_t width = wanted->width > 0 ? wanted->width : 1;
    struct cb_table_column *made = cb_table_add(table, wanted->name, wanted->kind, wanted->is_array, width);
    for (size_t i = 0; i < table->rows * width; i++)
        switch (wanted->kind) {
        case CB_TABLE_INT:
            made->ints[i] = (int64_t)wanted->filling;
            break;
        case CB_TABLE_REAL:
            made->reals[i] = wanted->filling;
            break;
        case CB_TABLE_BOOL:
            made->bools[i] = wanted->filling != 0;
            break;
        case CB_TABLE_TEXT:
            made->texts[i] = cb_xstrdup("");
            break;
        }
}

static const char *const kind_names[] = {
    [CB_TABLE_INT] = "whole numbers",
    [CB_TABLE_REAL] = "numbers",
    [CB_TABLE_BOOL] = "true or false",
    [CB_TABLE_TEXT] = "texts",
};

static bool take(struct cb_table *from, struct cb_table *to, const struct cb_curated_column *wanted,
                 struct cb_error *err)
{
    struct cb_table_column *column = cb_table_find(from, wanted->name);
    if (column == NULL && wanted->is_needed)
        return cb_fail(err, CB_ERR_INVALID, "column \"%s\" is missing", wanted->name);
    if (column == NULL) {
        fill(to, wanted);
        return true;
    }
    if (!cb_table_convert(column, from->rows, wanted->kind))
        return cb_fail(err, CB_ERR_INVALID, "column \"%s\" does not hold %s", wanted->name,
                       kind_names[wanted->kind]);
    if (column->is_array && !wanted->is_array)
        return cb_fail(err, CB_ERR_INVALID, "column \"%s\" holds lists", wanted->name);
    if (wanted->width > 0 && column->width != wanted->width)
        return cb_fail(err, CB_ERR_INVALID, "column \"%s\" has %zu values, not %zu", wanted->name,
                       column->width, wanted->width);
    column->is_array = wanted->is_array;
    cb_table_move(to, column);
    return true;
}

bool cb_curated_arrange(struct cb_table **table, const struct cb_curated_column *columns, size_t n,
                        struct cb_error *err)
{
    struct cb_table *from = *table;
    cb_auto(cb_table_free) struct cb_table *to = cb_table_new();
    to->rows = from->rows;
    for (size_t i = 0; i < n; i++)
        if (!take(from, to, &columns[i], err))
            return false;
    struct cb_header *meta = to->meta;
    to->meta = from->meta;
    from->meta = meta;
    *table = cb_steal(to);
    cb_table_free(from);
    return true;
}
