/* Which calibration somebody asks for. */
#include "calib_question.h"

#include "base/alloc.h"
#include "butler/dataset_types.h"
#include "domain/instrument.h"

#include <stdlib.h>
#include <string.h>

void calib_question_done(struct calib_question *question)
{
    for (size_t i = 0; i < question->path.count; i++)
        free(question->path.item[i]);
    free(question->path.item);
    question->path.item = NULL;
    question->path.count = 0;
}

bool calib_question_detector(struct ctl *ctl, const char *text, struct cb_data_id *id, struct cb_error *err)
{
    const struct cb_instrument *instrument = cb_instrument_find(id->instrument);
    struct cb_detector known;
    if (text[strspn(text, "0123456789")] == '\0' && cb_data_id_set(id, CB_DETECTOR, text, NULL)) {
        if (instrument == NULL ||
            (id->number[CB_DETECTOR] < 1000 &&
             cb_instrument_detector(instrument, (int)id->number[CB_DETECTOR], &known, NULL)))
            return true;
    } else if (instrument == NULL) {
        return ctl_refuse(ctl, CTL_USAGE, err, "\"%s\" is no number of a detector", text);
    } else if (cb_instrument_detector_named(instrument, text, &known, NULL)) {
        cb_data_id_set_number(id, CB_DETECTOR, known.id);
        return true;
    }
    return ctl_refuse(ctl, CTL_NOT_FOUND, err,
                      "%s has no detector \"%s\": give a number below %zu, or a full name such as R22_S11",
                      id->instrument, text, instrument->n_detectors);
}

static bool read_filter(struct ctl *ctl, const char *text, struct cb_data_id *id, struct cb_error *err)
{
    const struct cb_instrument *instrument = cb_instrument_find(id->instrument);
    char band[CB_FILTER_NAME_SIZE];
    if (instrument != NULL && !cb_instrument_band(instrument, text, band, NULL))
        return ctl_refuse(ctl, CTL_NOT_FOUND, err,
                          "%s has no physical filter \"%s\": give a name, not a band, as r_03 of LSSTComCam",
                          id->instrument, text);
    return cb_data_id_set(id, CB_PHYSICAL_FILTER, text, err);
}

static void read_path(const struct ctl *ctl, struct calib_question *it)
{
    size_t n = 0;
    it->path.item = cb_xalloc_array(2, sizeof *it->path.item);
    for (char *one; (one = ctl_args_item(&ctl->args, "collections", n)) != NULL; n++) {
        it->path.item = cb_xrealloc_array(it->path.item, n + 2, sizeof *it->path.item);
        it->path.item[n] = one;
    }
    if (n == 0)
        it->path.item[n++] = cb_xasprintf("%s/calib", ctl_word(ctl, 0));
    it->path.count = n;
}

/* FILTER as a word, or as the flag that `which` has too. */
static bool choose_filter(struct ctl *ctl, bool is_word, const char **ret_filter, struct cb_error *err)
{
    const char *flag = ctl_args_text(&ctl->args, "filter", NULL);
    if (is_word && flag != NULL)
        return ctl_refuse(ctl, CTL_USAGE, err, "the filter is given twice: \"%s\" and --filter %s",
                          ctl_word(ctl, 3), flag);
    *ret_filter = is_word ? ctl_word(ctl, 3) : flag;
    return true;
}

bool calib_question_read(struct ctl *ctl, struct calib_question *ret_question, struct cb_error *err)
{
    const bool has_filter = ctl->args.n_words == 5;
    const char *filter = NULL;
    int64_t time_ns;
    ret_question->type = ctl_word(ctl, 2);
    ret_question->time_text = ctl_word(ctl, has_filter ? 4 : 3);
    if (!choose_filter(ctl, has_filter, &filter, err) ||
        !cb_data_id_set(&ret_question->id, CB_INSTRUMENT, ctl_word(ctl, 0), err) ||
        !calib_question_detector(ctl, ctl_word(ctl, 1), &ret_question->id, err) ||
        (filter != NULL && !read_filter(ctl, filter, &ret_question->id, err)))
        return false;
    if (!cb_timespan_parse_date(ret_question->time_text, &time_ns, err)) {
        ctl->exit = CTL_USAGE;
        return false;
    }
    ret_question->when = cb_timespan_of(time_ns, time_ns);
    read_path(ctl, ret_question);
    return true;
}

/* A detector's frame is corrected by what is the whole instrument's, too. */
bool calib_question_fit(struct ctl *ctl, struct cb_repo *repo, struct calib_question *question,
                        struct cb_error *err)
{
    cb_auto(cb_tx_abandon) struct cb_tx *tx = NULL;
    cb_auto_dataset_type struct cb_dataset_type type = { 0 };
    if (!cb_repo_read(repo, &tx, err) || !cb_dataset_type_find(repo, question->type, &type, err))
        return false;
    question->id.has &= type.dims | ~CB_DIM(CB_DETECTOR);
    const bool needs = (type.dims & CB_DIM(CB_PHYSICAL_FILTER)) != 0;
    if (needs == cb_data_id_has(&question->id, CB_PHYSICAL_FILTER))
        return true;
    return ctl_refuse(ctl, CTL_USAGE, err,
                      needs ? "datasets of type %s have a physical_filter: give it before the time"
                            : "datasets of type %s have no physical_filter: leave it out",
                      question->type);
}
