/* Reads PTC tables by cfitsio. */
#include "io/fits_ptc.h"

#include "io/fits_file.h"
#include "io/fits_ptc_columns.h"

#include "base/alloc.h"

#include <fitsio.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define MAX_AMPS 1000
#define MAX_REPEAT (INT64_C(1) << 24)
#define MAX_TEXT 4096
#define AUX_PREFIX "PTCAUX_"
#define NOISE_IS_VARIANCE_BEFORE 1.9 /* schema version */

/* The open table. */
struct table {
    fitsfile *fits;
    const char *path;
    long rows;
};

static bool fail_status(const struct table *table, int status, const char *column, struct cb_error *err)
{
    char reason[FLEN_STATUS] = "";
    fits_get_errstatus(status, reason);
    fits_clear_errmsg();
    return cb_fail(err, CB_ERR_INVALID, "PTC \"%s\": cannot read column %s: %s", table->path, column, reason);
}

/* Number of a column and how many values a row has; 0 when it is absent. */
static int find_column(const struct table *table, const char *name, int *ret_type, long *ret_repeat)
{
    int status = 0, number = 0;
    long width = 0;
    char wanted[FLEN_VALUE];
    snprintf(wanted, sizeof wanted, "%s", name);
    if (fits_get_colnum(table->fits, CASESEN, wanted, &number, &status) != 0 ||
        fits_get_coltype(table->fits, number, ret_type, ret_repeat, &width, &status) != 0) {
        fits_clear_errmsg();
        return 0;
    }
    return number;
}

static bool check_repeat(const struct table *table, const char *name, long repeat, struct cb_error *err)
{
    return (repeat >= 0 && repeat <= MAX_REPEAT) ||
           cb_fail(err, CB_ERR_INVALID, "PTC \"%s\": column %s has %ld values a row", table->path, name,
                   repeat);
}

static bool read_doubles(const struct table *table, const char *name, long row, double **ret_values,
                         size_t *ret_count, struct cb_error *err)
{
    int type = 0, status = 0, any_null = 0;
    long repeat = 0;
    int column = find_column(table, name, &type, &repeat);
    if (column == 0 || repeat == 0)
        return true;
    if (!check_repeat(table, name, repeat, err))
        return false;
    double missing = NAN;
    cb_auto(cb_free) double *values = cb_xalloc_array((size_t)repeat, sizeof *values);
    if (fits_read_col(table->fits, TDOUBLE, column, row, 1, repeat, &missing, values, &any_null, &status) !=
        0)
        return fail_status(table, status, name, err);
    *ret_values = cb_steal(values);
    *ret_count = (size_t)repeat;
    return true;
}

static bool read_columns(const struct table *table, long row, struct cb_ptc_amp *amp, struct cb_error *err)
{
    for (size_t i = 0; i < cb_ptc_column_count; i++) {
        const struct cb_ptc_column *column = &cb_ptc_columns[i];
        struct cb_doubles list = { .at = NULL };
        if (!read_doubles(table, column->name, row, &list.at, &list.count, err))
            return false;
        char *place = (char *)amp + column->offset;
        if (column->kind == CB_PTC_LIST) {
            *(struct cb_doubles *)(void *)place = list;
        } else {
            if (list.count > 0)
                *(double *)(void *)place = list.at[0];
            free(list.at);
        }
    }
    return true;
}

/* One text of a row; with several in a row, number index of them. */
static bool read_text(const struct table *table, const char *name, long row, long index, char *ret_text,
                      size_t size, struct cb_error *err)
{
    int type = 0, status = 0, any_null = 0;
    long repeat = 0;
    char text[MAX_TEXT] = "", *texts[1] = { text };
    int column = find_column(table, name, &type, &repeat);
    ret_text[0] = '\0';
    if (column == 0 || repeat == 0)
        return true;
    if (type != TSTRING || repeat >= MAX_TEXT)
        return cb_fail(err, CB_ERR_INVALID, "PTC \"%s\": column %s holds no short text", table->path, name);
    if (fits_read_col(table->fits, TSTRING, column, row, index, 1, NULL, texts, &any_null, &status) != 0)
        return fail_status(table, status, name, err);
    size_t length = strlen(text);
    while (length > 0 && text[length - 1] == ' ')
        text[--length] = '\0';
    if (length >= size)
        return cb_fail(err, CB_ERR_INVALID, "PTC \"%s\": \"%.40s\" in column %s is too long", table->path,
                       text, name);
    memcpy(ret_text, text, length + 1);
    return true;
}

static bool read_flags(const struct table *table, const char *name, long row, bool **ret_flags,
                       size_t *ret_count, struct cb_error *err)
{
    int type = 0, status = 0, any_null = 0;
    long repeat = 0;
    int column = find_column(table, name, &type, &repeat);
    if (column == 0 || repeat == 0)
        return true;
    if (!check_repeat(table, name, repeat, err))
        return false;
    cb_auto(cb_free) char *bytes = cb_xalloc_array((size_t)repeat, 1);
    if (fits_read_col(table->fits, TLOGICAL, column, row, 1, repeat, NULL, bytes, &any_null, &status) != 0)
        return fail_status(table, status, name, err);
    bool *flags = cb_xalloc_array((size_t)repeat, sizeof *flags);
    for (long i = 0; i < repeat; i++)
        flags[i] = bytes[i] == 1;
    *ret_flags = flags;
    *ret_count = (size_t)repeat;
    return true;
}

static bool read_int(const struct table *table, const char *name, long row, int64_t *value,
                     struct cb_error *err)
{
    int type = 0, status = 0, any_null = 0;
    long repeat = 0;
    LONGLONG number = 0;
    int column = find_column(table, name, &type, &repeat);
    if (column == 0 || repeat == 0)
        return true;
    if (fits_read_col(table->fits, TLONGLONG, column, row, 1, 1, NULL, &number, &any_null, &status) != 0)
        return fail_status(table, status, name, err);
    *value = (int64_t)number;
    return true;
}

static bool read_pairs(const struct table *table, long row, struct cb_ptc_amp *amp, struct cb_error *err)
{
    int type = 0, status = 0, any_null = 0;
    long repeat = 0;
    int column = find_column(table, "INPUT_EXP_ID_PAIRS", &type, &repeat);
    if (column == 0 || repeat == 0)
        return true;
    if (!check_repeat(table, "INPUT_EXP_ID_PAIRS", repeat, err))
        return false;
    amp->input_exp_id_pairs = cb_xalloc_array((size_t)repeat, sizeof *amp->input_exp_id_pairs);
    amp->pairs = (size_t)repeat / 2;
    cb_auto(cb_free) LONGLONG *ids = cb_xalloc_array((size_t)repeat, sizeof *ids);
    if (fits_read_col(table->fits, TLONGLONG, column, row, 1, repeat, NULL, ids, &any_null, &status) != 0)
        return fail_status(table, status, "INPUT_EXP_ID_PAIRS", err);
    for (long i = 0; i < repeat; i++)
        amp->input_exp_id_pairs[i] = (int64_t)ids[i];
    return true;
}

/* ---- auxiliary values
 * ----------------------------------------------------------------------------------------------- */

static bool read_aux(const struct table *table, int column, const char *name, long row,
                     struct cb_ptc_aux *ret_aux, struct cb_error *err)
{
    int type = 0, status = 0;
    long repeat = 0, width = 0;
    struct cb_ptc_aux aux = { .key = cb_xstrdup(name + strlen(AUX_PREFIX)) };
    *ret_aux = aux;
    if (fits_get_coltype(table->fits, column, &type, &repeat, &width, &status) != 0)
        return fail_status(table, status, name, err);
    ret_aux->is_integer = type == TLONGLONG || type == TLONG || type == TSHORT || type == TINT;
    ret_aux->is_text = type == TSTRING;
    if (!ret_aux->is_text) {
        bool ok = read_doubles(table, name, row, &ret_aux->numbers.at, &ret_aux->numbers.count, err);
        ret_aux->count = ret_aux->numbers.count;
        return ok;
    }
    size_t count = width > 0 ? (size_t)(repeat / width) : 0;
    ret_aux->texts = cb_xalloc_array(count + 1, sizeof *ret_aux->texts);
    for (; ret_aux->count < count; ret_aux->count++) {
        char text[MAX_TEXT];
        if (!read_text(table, name, row, (long)ret_aux->count + 1, text, sizeof text, err))
            return false;
        ret_aux->texts[ret_aux->count] = cb_xstrdup(text);
    }
    return true;
}

static bool read_all_aux(const struct table *table, long row, struct cb_ptc_amp *amp, struct cb_error *err)
{
    int columns = 0, status = 0;
    fits_get_num_cols(table->fits, &columns, &status);
    for (int column = 1; column <= columns; column++) {
        char key[16], name[FLEN_VALUE] = "";
        snprintf(key, sizeof key, "TTYPE%d", column);
        if (fits_read_key(table->fits, TSTRING, key, name, NULL, &status) != 0 ||
            strncmp(name, AUX_PREFIX, strlen(AUX_PREFIX)) != 0) {
            status = 0;
            continue;
        }
        amp->aux = cb_xrealloc_array(amp->aux, amp->aux_count + 1, sizeof *amp->aux);
        amp->aux[amp->aux_count] = (struct cb_ptc_aux){ .key = NULL };
        amp->aux_count++;
        if (!read_aux(table, column, name, row, &amp->aux[amp->aux_count - 1], err))
            return false;
    }
    fits_clear_errmsg();
    return true;
}

/* ---- the table
 * ----------------------------------------------------------------------------------------------------------
 */

static bool read_amp(const struct table *table, long row, struct cb_ptc_amp *amp, struct cb_error *err)
{
    size_t rolloff = 0, pairs = 0;
    if (!read_text(table, "AMPLIFIER_NAME", row, 1, amp->name, sizeof amp->name, err) ||
        !read_columns(table, row, amp, err) || !read_pairs(table, row, amp, err) ||
        !read_flags(table, "EXP_ID_MASK", row, &amp->exp_id_mask, &pairs, err) ||
        !read_flags(table, "EXP_ID_ROLLOFF_MASK", row, &amp->exp_id_rolloff_mask, &rolloff, err) ||
        !read_int(table, "NPIXEL_COVARIANCES", row, &amp->npixel_covariances, err) ||
        !read_all_aux(table, row, amp, err))
        return false;
    if (amp->input_exp_id_pairs == NULL)
        amp->pairs = pairs;
    if ((amp->exp_id_mask != NULL && pairs != amp->pairs) ||
        (amp->exp_id_rolloff_mask != NULL && rolloff != amp->pairs))
        return cb_fail(err, CB_ERR_INVALID, "PTC \"%s\", amplifier %s: %zu pairs and masks of %zu and %zu",
                       table->path, amp->name, amp->pairs, pairs, rolloff);
    return true;
}

static bool read_bad_amps(const struct table *table, struct cb_ptc *ptc, struct cb_error *err)
{
    int type = 0, status = 0;
    long repeat = 0, width = 0;
    int column = find_column(table, "BAD_AMPS", &type, &repeat);
    if (column == 0 || fits_get_coltype(table->fits, column, &type, &repeat, &width, &status) != 0 ||
        width < 1)
        return true;
    size_t count = (size_t)(repeat / width);
    ptc->bad_amps = cb_xalloc_array(count + 1, sizeof *ptc->bad_amps);
    for (size_t i = 0; i < count; i++) {
        char text[MAX_TEXT];
        if (!read_text(table, "BAD_AMPS", 1, (long)i + 1, text, sizeof text, err))
            return false;
        if (text[0] != '\0')
            ptc->bad_amps[ptc->bad_amp_count++] = cb_xstrdup(text);
    }
    return true;
}

/* Before version 1.9 the noise of a full covariance fit was stored as a variance. */
static void mend_old(struct cb_ptc *ptc, const struct cb_header *header)
{
    double version = NOISE_IS_VARIANCE_BEFORE;
    cb_header_get_double(header, "PTC_VERSION", &version);
    for (size_t i = 0; i < ptc->amps; i++) {
        struct cb_ptc_amp *amp = &ptc->amp[i];
        if (version < NOISE_IS_VARIANCE_BEFORE && strncmp(ptc->fit_type, "FULLCOVARIANCE", 14) == 0)
            amp->noise = sqrt(amp->noise);
        if (isnan(amp->gain_unadjusted))
            amp->gain_unadjusted = amp->gain;
    }
}

static bool read_table(const struct table *table, const struct cb_header *header, struct cb_ptc **ret_ptc,
                       struct cb_error *err)
{
    static const char *const required[] = { "AMPLIFIER_NAME", "GAIN", "NOISE" };
    int type = 0;
    long repeat = 0;
    for (size_t i = 0; i < 3; i++)
        if (find_column(table, required[i], &type, &repeat) == 0)
            return cb_fail(err, CB_ERR_INVALID, "PTC \"%s\" has no column %s", table->path, required[i]);
    if (table->rows < 1 || table->rows > MAX_AMPS)
        return cb_fail(err, CB_ERR_INVALID, "PTC \"%s\" has %ld amplifiers", table->path, table->rows);
    cb_auto(cb_ptc_free) struct cb_ptc *ptc = cb_ptc_new((size_t)table->rows);
    for (size_t i = 0; i < ptc->amps; i++)
        if (!read_amp(table, (long)i + 1, &ptc->amp[i], err))
            return false;
    if (!read_text(table, "PTC_FIT_TYPE", 1, 1, ptc->fit_type, sizeof ptc->fit_type, err) ||
        !read_int(table, "COV_MATRIX_SIDE", 1, &ptc->cov_side, err))
        return false;
    ptc->cov_side_fit = ptc->cov_side;
    if (!read_int(table, "COV_MATRIX_SIDE_FULL_COV_FIT", 1, &ptc->cov_side_fit, err) ||
        !read_bad_amps(table, ptc, err))
        return false;
    mend_old(ptc, header);
    *ret_ptc = cb_steal(ptc);
    return true;
}

bool cb_ptc_read(const char *path, struct cb_ptc **ret_ptc, struct cb_header **ret_header,
                 struct cb_error *err)
{
    cb_auto(cb_fits_close) struct cb_fits *fits = NULL;
    cb_auto(cb_header_free) struct cb_header *header = NULL;
    struct table table = { .path = path };
    int status = 0, ignored = 0;
    if (!cb_fits_open(path, &fits, err))
        return false;
    if (fits->hdus < 2)
        return cb_fail(err, CB_ERR_INVALID, "PTC \"%s\" has no table", path);
    header = cb_fits_content(fits->hdu[1].cards);
    fits_open_diskfile(&table.fits, path, READONLY, &status);
    fits_movabs_hdu(table.fits, 2, NULL, &status);
    fits_get_num_rows(table.fits, &table.rows, &status);
    bool ok = status == 0 ? read_table(&table, header, ret_ptc, err) : fail_status(&table, status, "1", err);
    if (table.fits != NULL)
        fits_close_file(table.fits, &ignored);
    if (ok && ret_header != NULL)
        *ret_header = cb_steal(header);
    return ok;
}
