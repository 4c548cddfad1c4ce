/* Writes PTC tables: rows of big-endian values put together in memory. */
#include "io/fits_ptc.h"

#include "io/file.h"
#include "io/fits_ptc_columns.h"
#include "io/fits_record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX ((size_t)1 << 31)
#define PTC_VERSION 2.6

/* The table in the making: column descriptions, and rows of the same layout. */
struct writer {
    const struct cb_ptc *ptc;
    struct cb_header *columns;
    int count;
    struct cb_bytes rows; /* all rows */
    size_t row;           /* the row that is being added; columns are described in the first */
    struct cb_error *err;
    bool ok;
};

static void describe(struct writer *w, const char *name, const char *form, const char *dim)
{
    char key[32];
    if (w->row > 0)
        return;
    w->count++;
    snprintf(key, sizeof key, "TTYPE%d", w->count);
    cb_header_set_string(w->columns, key, name, NULL);
    snprintf(key, sizeof key, "TFORM%d", w->count);
    cb_header_set_string(w->columns, key, form, NULL);
    snprintf(key, sizeof key, "TDIM%d", w->count);
    if (dim != NULL)
        cb_header_set_string(w->columns, key, dim, NULL);
}

static void add_uint64(struct cb_bytes *out, uint64_t value)
{
    value = __builtin_bswap64(value);
    cb_bytes_add(out, &value, sizeof value);
}

static void add_double(struct cb_bytes *out, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    add_uint64(out, bits);
}

/* All rows of a table have one layout: a list must be as long in each amplifier as in the first. */
static void check_length(struct writer *w, const char *name, size_t count, size_t first)
{
    if (w->ok && count != first)
        w->ok = cb_fail(w->err, CB_ERR_INVALID, "amplifier %s has %zu values of %s, %s has %zu",
                        w->ptc->amp[w->row].name, count, name, w->ptc->amp[0].name, first);
}

static void put_text(struct writer *w, const char *name, const char *text, size_t width)
{
    char form[32];
    snprintf(form, sizeof form, "%zuA", width);
    describe(w, name, form, NULL);
    size_t length = strlen(text) < width ? strlen(text) : width;
    cb_bytes_add(&w->rows, text, length);
    for (; length < width; length++)
        cb_bytes_add(&w->rows, "", 1);
}

static void put_int(struct writer *w, const char *name, int64_t value)
{
    describe(w, name, "1K", NULL);
    add_uint64(&w->rows, (uint64_t)value);
}

static void put_number(struct writer *w, const char *name, double value)
{
    describe(w, name, "1D", NULL);
    add_double(&w->rows, value);
}

static void put_list(struct writer *w, const char *name, const struct cb_doubles *list,
                     const struct cb_doubles *first)
{
    char form[32], dim[32];
    check_length(w, name, list->count, first->count);
    snprintf(form, sizeof form, "%zuD", list->count);
    snprintf(dim, sizeof dim, "(%zu)", list->count);
    describe(w, name, form, list->count > 0 ? dim : NULL);
    for (size_t i = 0; i < list->count; i++)
        add_double(&w->rows, list->at[i]);
}

static void put_flags(struct writer *w, const char *name, const bool *flags, size_t count)
{
    char form[32], dim[32];
    snprintf(form, sizeof form, "%zuL", count);
    snprintf(dim, sizeof dim, "(%zu)", count);
    describe(w, name, form, count > 0 ? dim : NULL);
    for (size_t i = 0; i < count; i++)
        cb_bytes_add(&w->rows, flags != NULL && flags[i] ? "T" : "F", 1);
}

static void put_pairs(struct writer *w, const struct cb_ptc_amp *amp)
{
    char form[32], dim[32];
    check_length(w, "INPUT_EXP_ID_PAIRS", amp->pairs, w->ptc->amp[0].pairs);
    snprintf(form, sizeof form, "%zuK", 2 * amp->pairs);
    snprintf(dim, sizeof dim, "(2,%zu)", amp->pairs);
    describe(w, "INPUT_EXP_ID_PAIRS", form, amp->pairs > 0 ? dim : NULL);
    for (size_t i = 0; i < 2 * amp->pairs; i++)
        add_uint64(&w->rows, amp->input_exp_id_pairs != NULL ? (uint64_t)amp->input_exp_id_pairs[i] : 0);
}

static size_t longest(char *const *texts, size_t count, size_t at_least)
{
    for (size_t i = 0; i < count; i++)
        at_least = strlen(texts[i]) > at_least ? strlen(texts[i]) : at_least;
    return at_least;
}

static void put_texts(struct writer *w, const char *name, char *const *texts, size_t count, size_t width)
{
    char form[32], dim[48];
    snprintf(form, sizeof form, "%zuA", (count > 0 ? count : 1) * width); /* an empty list is a blank text */
    snprintf(dim, sizeof dim, "(%zu,%zu)", width, count);
    describe(w, name, form, dim);
    for (size_t i = 0; count == 0 && i < width; i++)
        cb_bytes_add(&w->rows, "", 1);
    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(texts[i]);
        cb_bytes_add(&w->rows, texts[i], length);
        for (; length < width; length++)
            cb_bytes_add(&w->rows, "", 1);
    }
}

/* ---- a row
 * ----------------------------------------------------------------------------------------------------------------
 */

static void put_columns(struct writer *w, const struct cb_ptc_amp *amp, const char *from, const char *until)
{
    bool within = false;
    for (size_t i = 0; i < cb_ptc_column_count; i++) {
        const struct cb_ptc_column *column = &cb_ptc_columns[i];
        within |= strcmp(column->name, from) == 0;
        const char *place = (const char *)amp + column->offset;
        const char *first = (const char *)&w->ptc->amp[0] + column->offset;
        if (within && column->kind == CB_PTC_NUMBER)
            put_number(w, column->name, *(const double *)(const void *)place);
        else if (within)
            put_list(w, column->name, (const struct cb_doubles *)(const void *)place,
                     (const struct cb_doubles *)(const void *)first);
        if (within && strcmp(column->name, until) == 0)
            return;
    }
}

/* Texts of an auxiliary value are as wide as the longest of any amplifier. */
static size_t aux_width(const struct cb_ptc *ptc, size_t index)
{
    size_t width = 1;
    for (size_t i = 0; i < ptc->amps; i++)
        if (index < ptc->amp[i].aux_count && ptc->amp[i].aux[index].is_text)
            width = longest(ptc->amp[i].aux[index].texts, ptc->amp[i].aux[index].count, width);
    return width;
}

static void put_aux(struct writer *w, const struct cb_ptc_amp *amp, size_t index)
{
    char name[80], form[32], dim[32];
    const struct cb_ptc_aux *aux = &amp->aux[index], *first = &w->ptc->amp[0].aux[index];
    snprintf(name, sizeof name, "PTCAUX_%s", aux->key);
    check_length(w, name, aux->count, first->count);
    if (w->ok && (strcmp(aux->key, first->key) != 0 || aux->is_text != first->is_text))
        w->ok = cb_fail(w->err, CB_ERR_INVALID, "auxiliary value %s differs between amplifiers", aux->key);
    if (!w->ok)
        return;
    if (aux->is_text) {
        put_texts(w, name, aux->texts, aux->count, aux_width(w->ptc, index));
        return;
    }
    if (!aux->is_integer) {
        put_list(w, name, &aux->numbers, &first->numbers);
        return;
    }
    snprintf(form, sizeof form, "%zuK", aux->count);
    snprintf(dim, sizeof dim, "(%zu)", aux->count);
    describe(w, name, form, dim);
    for (size_t i = 0; i < aux->count; i++)
        add_uint64(&w->rows, (uint64_t)(int64_t)aux->numbers.at[i]);
}

static void put_amp(struct writer *w, const struct cb_ptc_amp *amp)
{
    const struct cb_ptc *ptc = w->ptc;
    size_t name_width = 1;
    for (size_t i = 0; i < ptc->amps; i++)
        name_width = strlen(ptc->amp[i].name) > name_width ? strlen(ptc->amp[i].name) : name_width;
    put_text(w, "AMPLIFIER_NAME", amp->name, name_width);
    put_text(w, "PTC_FIT_TYPE", ptc->fit_type, strlen(ptc->fit_type) > 0 ? strlen(ptc->fit_type) : 1);
    put_int(w, "COV_MATRIX_SIDE", ptc->cov_side);
    put_int(w, "COV_MATRIX_SIDE_FULL_COV_FIT", ptc->cov_side_fit);
    put_pairs(w, amp);
    put_columns(w, amp, "INPUT_EXP_PAIR_MJD_START", "INPUT_EXP_PAIR_MJD_START");
    put_flags(w, "EXP_ID_MASK", amp->exp_id_mask, amp->pairs);
    put_flags(w, "EXP_ID_ROLLOFF_MASK", amp->exp_id_rolloff_mask, amp->pairs);
    put_columns(w, amp, "RAW_EXP_TIMES", "NOISE_MATRIX");
    put_texts(w, "BAD_AMPS", ptc->bad_amps, ptc->bad_amp_count,
              longest(ptc->bad_amps, ptc->bad_amp_count, 3));
    put_columns(w, amp, "PHOTO_CHARGE", "AMP_OFFSETS");
    put_int(w, "NPIXEL_COVARIANCES", amp->npixel_covariances);
    put_columns(w, amp, "COVARIANCES", "FINAL_MEANS");
    if (w->ok && amp->aux_count != ptc->amp[0].aux_count)
        w->ok = cb_fail(w->err, CB_ERR_INVALID, "amplifier %s has %zu auxiliary values, %s has %zu",
                        amp->name, amp->aux_count, ptc->amp[0].name, ptc->amp[0].aux_count);
    for (size_t i = 0; w->ok && i < amp->aux_count; i++)
        put_aux(w, amp, i);
}

/* ---- the file
 * ----------------------------------------------------------------------------------------------------------------
 */

static struct cb_header *metadata_of(const struct cb_ptc *ptc, const struct cb_header *metadata)
{
    struct cb_header *cards = cb_header_copy(metadata);
    cb_header_remove(cards, "EXTNAME");
    cb_header_set_string(cards, "OBSTYPE", "PTC", NULL);
    cb_header_set_string(cards, "PTC_SCHEMA", "Gen3 Photon Transfer Curve", NULL);
    cb_header_set_double(cards, "PTC_VERSION", PTC_VERSION, NULL);
    cb_header_set_string(cards, "CALIBCLS", "lsst.ip.isr.ptcDataset.PhotonTransferCurveDataset", NULL);
    cb_header_set_string(cards, "PTC_FIT_TYPE", ptc->fit_type, NULL);
    return cards;
}

static bool add_table_header(struct cb_bytes *out, const struct writer *w, const struct cb_header *metadata,
                             struct cb_error *err)
{
    cb_auto(cb_header_free) struct cb_header *cards = cb_header_new();
    cb_auto(cb_header_free) struct cb_header *content = metadata_of(w->ptc, metadata);
    cb_header_set_string(cards, "XTENSION", "BINTABLE", "binary table extension");
    cb_header_set_int(cards, "BITPIX", 8, "array data type");
    cb_header_set_int(cards, "NAXIS", 2, "number of array dimensions");
    cb_header_set_int(cards, "NAXIS1", (int64_t)(w->rows.size / w->ptc->amps), "length of dimension 1");
    cb_header_set_int(cards, "NAXIS2", (int64_t)w->ptc->amps, "length of dimension 2");
    cb_header_set_int(cards, "PCOUNT", 0, "number of group parameters");
    cb_header_set_int(cards, "GCOUNT", 1, "number of groups");
    cb_header_set_int(cards, "TFIELDS", w->count, "number of table fields");
    if (!cb_fits_add_cards(out, cards, err) || !cb_fits_add_cards(out, w->columns, err) ||
        !cb_fits_add_content(out, content, err))
        return false;
    cb_fits_end_header(out);
    return true;
}

static bool put_file(const char *path, struct writer *w, const struct cb_header *metadata,
                     struct cb_error *err)
{
    cb_auto_bytes struct cb_bytes out = CB_BYTES(FILE_MAX);
    if (!cb_fits_add_empty_primary(&out, err) || !add_table_header(&out, w, metadata, err))
        return false;
    cb_bytes_add(&out, w->rows.data, w->rows.size);
    while (out.size % CB_FITS_BLOCK != 0 && cb_bytes_ok(&out))
        cb_bytes_add(&out, "", 1);
    if (!cb_bytes_ok(&out) || !cb_bytes_ok(&w->rows))
        return cb_fail(err, CB_ERR_INVALID, "PTC \"%s\" has more than %zu bytes", path, FILE_MAX);
    return cb_file_make_parents(path, err) && cb_file_replace(path, out.data, out.size, err);
}

bool cb_ptc_write(const char *path, const struct cb_ptc *ptc, const struct cb_header *metadata,
                  struct cb_error *err)
{
    if (ptc->amps == 0)
        return cb_fail(err, CB_ERR_INVALID, "a PTC without amplifiers cannot be written to \"%s\"", path);
    struct writer w = {
        .ptc = ptc, .columns = cb_header_new(), .rows = CB_BYTES(FILE_MAX), .err = err, .ok = true
    };
    for (; w.ok && w.row < ptc->amps; w.row++)
        put_amp(&w, &ptc->amp[w.row]);
    bool ok = w.ok && put_file(path, &w, metadata, err);
    cb_header_free(w.columns);
    cb_bytes_done(&w.rows);
    return ok;
}
