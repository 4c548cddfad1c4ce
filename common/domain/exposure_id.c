/* Numbers that identify exposures. Source: generation.md 14.5. */
#include "domain/translate.h"

#include "base/tai.h"

#include <inttypes.h>
#include <string.h>

static const char controllers[] = "OCHPQS";

/* Controllers whose frames count as the observatory's (O) from a day on. */
static bool counts_as_o(char controller, int64_t day_obs)
{
    if (controller == 'C')
        return day_obs > 20231004;
    return strchr("PSQ", controller) != NULL && day_obs > 20250417;
}

static bool days_of(int64_t day_obs, int64_t *ret_days)
{
    return day_obs >= 10000101 && day_obs <= 99991231 &&
           cb_days_from_date((int)(day_obs / 10000), (int)(day_obs / 100 % 100), (int)(day_obs % 100),
                             ret_days);
}

bool cb_exposure_id(int64_t day_obs, int64_t seq_num, char controller, int64_t *ret_id, struct cb_error *err)
{
    int64_t days = 0;
    const char *index = controller == '\0' ? NULL : strchr(controllers, controller);
    if (!days_of(day_obs, &days))
        return cb_fail(err, CB_ERR_INVALID, "DAYOBS must be a date YYYYMMDD, not %" PRId64, day_obs);
    if (seq_num < 0 || seq_num > 99999)
        return cb_fail(err, CB_ERR_INVALID, "SEQNUM must be 0 to 99999, not %" PRId64, seq_num);
    if (index == NULL)
        return cb_fail(err, CB_ERR_INVALID, "unrecognized controller \"%c\" in CONTRLLR: expected one of %s",
                       controller, controllers);
    int64_t number = counts_as_o(controller, day_obs) ? 0 : index - controllers;
    *ret_id = (day_obs + number * 10000000) * 100000 + seq_num;
    return true;
}

void cb_exposure_id_unpack(int64_t id, int64_t *ret_day_obs, int64_t *ret_seq_num, int *ret_controller)
{
    int64_t day = id / 100000;
    int controller = (int)(day / 10000000) - 2; /* years 20xx */
    *ret_seq_num = id % 100000;
    *ret_controller = controller;
    *ret_day_obs = day - controller * INT64_C(10000000);
}

bool cb_detector_exposure_id(int64_t exposure_id, int detector, bool one_to_one, int64_t *ret_id,
                             struct cb_error *err)
{
    int64_t day = 0, seq = 0, days = 0, first = 0;
    int controller = 0;
    cb_exposure_id_unpack(exposure_id, &day, &seq, &controller);
    (void)cb_days_from_date(2010, 1, 1, &first);
    if (controller < 0 || controller > 5 || !days_of(day, &days) || seq >= 32768 || detector < 0 ||
        detector > 255)
        return cb_fail(err, CB_ERR_INVALID,
                       "exposure %" PRId64 " and detector %d cannot be packed into one number", exposure_id,
                       detector);
    *ret_id =
        detector + 256 * (seq + 32768 * ((days - first) +
                                         16384 * (controller + (one_to_one ? INT64_C(8) : INT64_C(0)))));
    return true;
}
