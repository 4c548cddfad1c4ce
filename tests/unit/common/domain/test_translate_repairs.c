/* What is put right in headers, and the flags that are derived: for each rule a header just inside of its
 * range and one just outside (instruments.md 2.2, 2.3, 2.4). Times of begin are TAI, 37 s ahead of the UTC of
 * the rules. */
#include "domain/translate.h"

#include "header_cards.h"
#include "support/spec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 300 };

/* One header: what differs from the camera's usual one, and what a field of its record is then.
 *
 * changes  "KEY=value; -KEY": set, with values as in header_cards.h, or taken out. BEGIN sets the time of
 * begin. expected "refused: ..." where the header must be refused with these words */
struct header_case {
    const char *changes, *field, *expected;
};

static void set_begin(struct cards *cards, const char *iso)
{
    char quoted[40];
    snprintf(quoted, sizeof quoted, "'%s'", iso);
    set(cards, "DATE-BEG", quoted);
    set(cards, "DATE-OBS", quoted);
    drop(cards, "MJD-BEG");
    drop(cards, "MJD-OBS");
    set(cards, "DATE-END", "null");
}

static void change(struct cards *cards, const char *text)
{
    char key[40];
    const char *equals = strchr(text, '=');
    if (text[0] == '-') {
        drop(cards, text + 1);
        return;
    }
    assert_non_null(equals);
    snprintf(key, sizeof key, "%.*s", (int)(equals - text), text);
    if (strcmp(key, "BEGIN") == 0)
        set_begin(cards, equals + 1);
    else
        set(cards, key, equals + 1);
}

static void change_all(struct cards *cards, const char *changes)
{
    char copy[TEXT_MAX], *rest = NULL;
    snprintf(copy, sizeof copy, "%s", changes);
    for (char *one = strtok_r(copy, ";", &rest); one != NULL; one = strtok_r(NULL, ";", &rest))
        change(cards, one + strspn(one, " "));
}

static void put_number(char text[TEXT_MAX], struct cb_optional_number number)
{
    if (number.known)
        snprintf(text, TEXT_MAX, "%.10g", number.value);
    else
        snprintf(text, TEXT_MAX, "NULL");
}

static void field_text(const struct cb_exposure_record *r, const char *field, char text[TEXT_MAX])
{
    static const char *const words[] = { [CB_NO] = "no", [CB_YES] = "yes", [CB_UNKNOWN] = "NULL" };
    const struct {
        const char *name;
        struct cb_optional_number number;
    } numbers[] = {
        { "tracking_ra", r->tracking_ra_deg },
        { "tracking_dec", r->tracking_dec_deg },
        { "sky_angle", r->sky_angle_deg },
        { "azimuth", r->azimuth_deg },
        { "zenith_angle", r->zenith_angle_deg },
        { "dark_time", r->dark_time_s },
        { "exposure_time", { true, r->exposure_time_s } },
        { "seq_num", { true, (double)r->seq_num } },
        { "day_obs", { true, (double)r->day_obs } },
        { "day_offset", { true, (double)(r->day_obs_span.begin_ns % INT64_C(86400000000000)) / 1e9 } },
        { "length_ns", { true, (double)(r->span.end_ns - r->span.begin_ns) } },
    };
    const struct {
        const char *name, *text;
    } texts[] = {
        { "instrument", r->instrument->name },
        { "obs_id", r->obs_id },
        { "physical_filter", r->physical_filter },
        { "group", r->group },
        { "observation_type", r->observation_type },
        { "science_program", r->science_program },
        { "target_name", r->has_target ? r->target_name : "NULL" },
        { "can_see_sky", words[r->can_see_sky] },
        { "has_simulated", r->has_simulated ? "yes" : "no" },
        { "serial_differs", r->serial_differs ? "yes" : "no" },
        { "detector", r->detector.full_name },
    };
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        if (strcmp(numbers[i].name, field) == 0) {
            put_number(text, numbers[i].number);
            return;
        }
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (strcmp(texts[i].name, field) == 0) {
            snprintf(text, TEXT_MAX, "%s", texts[i].text);
            return;
        }
    fail_msg("a record has no field %s", field);
}

static void check_case(const struct cards *usual, const struct header_case *one)
{
    char text[TEXT_MAX];
    struct cards cards = *usual;
    struct cb_exposure_record record;
    struct cb_error err = { 0 };
    change_all(&cards, one->changes);
    struct cb_card_source source = source_of(&cards);
    if (cb_translate(&source, NULL, &record, &err)) {
        field_text(&record, one->field, text);
        if (strcmp(text, one->expected) != 0)
            fail_msg("%s: %s is %s, not %s", one->changes, one->field, text, one->expected);
    } else if (strncmp(one->expected, "refused: ", 9) != 0 || strstr(err.text, one->expected + 9) == NULL) {
        fail_msg("%s: refused, \"%s\", not %s %s", one->changes, err.text, one->field, one->expected);
    }
}

static void check_cases(const char *usual, const struct header_case *cases, size_t count)
{
    struct cards cards = real_header();
    change_all(&cards, usual);
    for (size_t i = 0; i < count; i++)
        check_case(&cards, &cases[i]);
}
#define CHECK(usual, cases) check_cases(usual, cases, sizeof(cases) / sizeof((cases)[0]))

/* On the telescope, on the sky. */
#define LSSTCAM                                                                                              \
    "INSTRUME=lsstCam; OBSID=MC_O_20250601_000005; DAYOBS='20250601'; SEQNUM=5; FILTER=r_57; "               \
    "LSST_NUM=null; "                                                                                        \
    "BEGIN=2025-06-02T05:00:00; ROTPA=10.0"
#define COMCAM "BEGIN=2024-11-09T05:00:00; ROTPA=10.0"
#define COMCAMSIM                                                                                            \
    "INSTRUME=ComCamSim; OBSID=CC_S_20240321_000093; DAYOBS='20240321'; SEQNUM=93; CONTRLLR=S; "             \
    "BEGIN=2024-03-22T03:42:41; ROTPA=10.0; VIGN_MIN=null"
#define LATISS                                                                                               \
    "INSTRUME=LATISS; TELESCOP='LSST AuxTelescope'; OBSID=AT_O_20230705_000379; DAYOBS='20230705'; "         \
    "SEQNUM=379; FILTER=SDSSr_65mm; GRATING=empty_1; BEGIN=2023-07-06T04:53:51; ROTPA=10.0; SHUTTIME=null"

static void lsstcam_filters(void **state)
{
    (void)state;
    static const struct header_case cases[] = {
        { "-FILTER; FILTER2=HIGH", "physical_filter", "unknown" },
        { "FILTER=null; FILTER2=HIGH", "physical_filter", "HIGH" },
        { "FILTER=ph_05; DAYOBS='20231107'", "physical_filter", "ph_5" },
        { "FILTER=ph_05; DAYOBS='20231108'", "physical_filter", "ph_5" },
        { "FILTER=ph_05; DAYOBS='20241015'", "physical_filter", "ph_5" },
        { "FILTER=ph_05; DAYOBS='20241016'", "physical_filter", "ph_5" },
        { "FILTER=ph_05; DAYOBS='20231106'", "", "refused: \"ph_05\" is not registered for LSSTCam" },
        { "FILTER=ph_05; DAYOBS='20231109'", "", "refused: \"ph_05\" is not registered for LSSTCam" },
        { "FILTER=ph_05; DAYOBS='20241014'", "", "refused: \"ph_05\" is not registered for LSSTCam" },
        { "FILTER=ph_05; DAYOBS='20241017'", "", "refused: \"ph_05\" is not registered for LSSTCam" },
        { "DAYOBS='20250609'; SEQNUM=75", "physical_filter", "r_57" },
        { "DAYOBS='20250609'; SEQNUM=76", "physical_filter", "z_20" },
        { "DAYOBS='20250609'; SEQNUM=578", "physical_filter", "z_20" },
        { "DAYOBS='20250609'; SEQNUM=579", "physical_filter", "r_57" },
        { "DAYOBS='20250608'; SEQNUM=100", "physical_filter", "r_57" },
        { "DAYOBS='20250610'; SEQNUM=100", "physical_filter", "r_57" },
        { "DAYOBS='20260315'; SEQNUM=48", "physical_filter", "r_57" },
        { "DAYOBS='20260315'; SEQNUM=49", "physical_filter", "i_39" },
        { "DAYOBS='20260315'; SEQNUM=109", "physical_filter", "i_39" },
        { "DAYOBS='20260315'; SEQNUM=110", "physical_filter", "r_57" },
        { "DAYOBS='20260314'; SEQNUM=60", "physical_filter", "r_57" },
        { "DAYOBS='20260316'; SEQNUM=60", "physical_filter", "r_57" },
        { "FILTER=SDSSr; FILTER1=ND_OD0.5; FILTER2=empty", "physical_filter", "SDSSr~ND_OD0.5" },
        { "FILTER=empty; FILTER1=empty; FILTER2=empty", "physical_filter", "empty" },
        { "FILTER=NONE; FILTER1=HIGH", "physical_filter", "none~HIGH" },
        { "FILTER=''; FILTER1=null; FILTER2=null", "physical_filter", "unknown" },
        { "FILTER=r_57; FILTER1=''", "", "refused: \"r_57~\" is not registered for LSSTCam" },
        { "-FILTER; -FILTER1; -FILTER2", "physical_filter", "unknown" },
    };
    CHECK(LSSTCAM, cases);
}

static void lsstcam_angles(void **state)
{
    (void)state;
    static const struct header_case cases[] = {
        { "DAYOBS='20250301'", "sky_angle", "10" },
        { "DAYOBS='20250302'", "sky_angle", "-80" },
        { "DAYOBS='20250421'", "sky_angle", "-80" },
        { "DAYOBS='20250421'; ROTPA=0.0", "sky_angle", "0" },
        { "DAYOBS='20250422'; SEQNUM=250", "sky_angle", "-170" },
        { "DAYOBS='20250422'; SEQNUM=250; ROTPA=200.0", "sky_angle", "20" },
        { "DAYOBS='20250422'; SEQNUM=250; ROTPA=-10.0", "sky_angle", "170" },
        { "DAYOBS='20250422'; SEQNUM=250; ROTPA=360.0", "sky_angle", "-180" },
        { "DAYOBS='20250422'; SEQNUM=250; ROTPA=0.0", "sky_angle", "0" },
        { "DAYOBS='20250422'; SEQNUM=251", "sky_angle", "10" },
        { "DAYOBS='20250423'; SEQNUM=5", "sky_angle", "10" },
    };
    CHECK(LSSTCAM, cases);
}

static void lsstcam_closed_domes(void **state)
{
    (void)state;
    static const struct header_case cases[] = {
        { "DAYOBS='20250517'; SEQNUM=700", "can_see_sky", "yes" },
        { "DAYOBS='20250518'; SEQNUM=1", "can_see_sky", "no" },
        { "DAYOBS='20250518'; SEQNUM=9000; VIGN_MIN=null", "can_see_sky", "no" },
        { "DAYOBS='20250518'; SEQNUM=1; -VIGN_MIN", "can_see_sky", "NULL" },
        { "DAYOBS='20250519'; SEQNUM=1", "can_see_sky", "yes" },
        { "DAYOBS='20250703'; SEQNUM=742", "can_see_sky", "yes" },
        { "DAYOBS='20250703'; SEQNUM=743", "can_see_sky", "no" },
        { "DAYOBS='20250703'; SEQNUM=745", "can_see_sky", "no" },
        { "DAYOBS='20250703'; SEQNUM=746", "can_see_sky", "yes" },
        { "DAYOBS='20250704'; SEQNUM=831", "can_see_sky", "yes" },
        { "DAYOBS='20250704'; SEQNUM=832", "can_see_sky", "no" },
        { "DAYOBS='20250704'; SEQNUM=834", "can_see_sky", "no" },
        { "DAYOBS='20250704'; SEQNUM=835", "can_see_sky", "yes" },
        { "DAYOBS='20250705'; SEQNUM=0", "can_see_sky", "yes" },
        { "DAYOBS='20250705'; SEQNUM=1", "can_see_sky", "no" },
        { "DAYOBS='20250705'; SEQNUM=736", "can_see_sky", "no" },
        { "DAYOBS='20250705'; SEQNUM=737", "can_see_sky", "yes" },
        { "DAYOBS='20250706'; SEQNUM=100", "can_see_sky", "yes" },
        { "DAYOBS='20250707'; SEQNUM=743", "can_see_sky", "yes" },
        { "DAYOBS='20250707'; SEQNUM=744", "can_see_sky", "no" },
        { "DAYOBS='20250707'; SEQNUM=783", "can_see_sky", "no" },
        { "DAYOBS='20250707'; SEQNUM=784", "can_see_sky", "no" },
        { "DAYOBS='20250707'; SEQNUM=823", "can_see_sky", "no" },
        { "DAYOBS='20250707'; SEQNUM=824", "can_see_sky", "yes" },
        { "DAYOBS='20250707'; SEQNUM=863", "can_see_sky", "yes" },
        { "DAYOBS='20250707'; SEQNUM=864", "can_see_sky", "no" },
        { "DAYOBS='20250707'; SEQNUM=903", "can_see_sky", "no" },
        { "DAYOBS='20250707'; SEQNUM=904", "can_see_sky", "no" },
        { "DAYOBS='20250707'; SEQNUM=943", "can_see_sky", "no" },
        { "DAYOBS='20250707'; SEQNUM=944", "can_see_sky", "yes" },
        { "DAYOBS='20250714'; SEQNUM=257", "can_see_sky", "yes" },
        { "DAYOBS='20250714'; SEQNUM=258", "can_see_sky", "no" },
        { "DAYOBS='20250714'; SEQNUM=781", "can_see_sky", "no" },
        { "DAYOBS='20250714'; SEQNUM=782", "can_see_sky", "yes" },
        { "DAYOBS='20250715'; SEQNUM=204", "can_see_sky", "yes" },
        { "DAYOBS='20250715'; SEQNUM=205", "can_see_sky", "no" },
        { "DAYOBS='20250715'; SEQNUM=1218", "can_see_sky", "no" },
        { "DAYOBS='20250715'; SEQNUM=1219", "can_see_sky", "yes" },
        { "DAYOBS='20250819'; SEQNUM=3", "can_see_sky", "yes" },
        { "DAYOBS='20250819'; SEQNUM=4", "can_see_sky", "no" },
        { "DAYOBS='20250819'; SEQNUM=1052", "can_see_sky", "no" },
        { "DAYOBS='20250819'; SEQNUM=1053", "can_see_sky", "yes" },
    };
    CHECK(LSSTCAM, cases);
}

static void lsstcam_programs(void **state)
{
    (void)state;
    static const char *const misnamed[] = { "20250415", "20250416", "20250417", "20250418",
                                            "20250421", "20250423", "20250424", "20250425",
                                            "20250503", "20250504", "20250512", "20250522",
                                            "20250524", "20250826", "20250827", "20250828" };
    static const char *const right[] = { "20250414", "20250419", "20250420", "20250422", "20250426",
                                         "20250502", "20250505", "20250511", "20250513", "20250521",
                                         "20250523", "20250525", "20250825", "20250829" };
    char changes[80];
    for (size_t i = 0; i < sizeof misnamed / sizeof misnamed[0]; i++) {
        snprintf(changes, sizeof changes, "PROGRAM=BLOCK-417; DAYOBS='%s'", misnamed[i]);
        struct header_case one[] = { { changes, "science_program", "BLOCK-T417" } };
        CHECK(LSSTCAM, one);
    }
    for (size_t i = 0; i < sizeof right / sizeof right[0]; i++) {
        snprintf(changes, sizeof changes, "PROGRAM=BLOCK-417; DAYOBS='%s'", right[i]);
        struct header_case one[] = { { changes, "science_program", "BLOCK-417" } };
        CHECK(LSSTCAM, one);
    }
    static const struct header_case others[] = {
        { "PROGRAM=BLOCK-418; DAYOBS='20250415'", "science_program", "BLOCK-418" },
        { "-PROGRAM; RUNNUM=3000000", "science_program", "3000000" },
        { "-PROGRAM; RUNNUM=1.5", "science_program", "1.5" },
        { "-PROGRAM; RUNNUM=2.0", "science_program", "2.0" },
        { "-PROGRAM; RUNNUM=true", "science_program", "True" },
    };
    CHECK(LSSTCAM, others);
}

static void comcam_repairs(void **state)
{
    (void)state;
    static const struct header_case cases[] = {
        { "-FILTER", "physical_filter", "unknown" },
        { "FILTER=null", "physical_filter", "unknown" },
        { "FILTER=r; BEGIN=2020-03-13T00:00:36", "physical_filter", "r_03" },
        { "FILTER=r; BEGIN=2020-03-13T00:00:38", "physical_filter", "empty" },
        { "FILTER=''; BEGIN=2020-03-13T00:00:36", "physical_filter", "r_03" },
        { "FILTER=''; BEGIN=2020-03-13T00:00:38", "physical_filter", "empty" },
        { "FILTER=i_06; BEGIN=2020-03-13T00:00:38", "physical_filter", "i_06" },
        { "INSTRUME=LSST_CAMERA; TELCODE=CC", "instrument", "LSSTComCam" },
        { "INSTRUME=LSST_CAMERA; TELCODE=MC", "", "refused: no camera is known" },
        { "INSTRUME=lsst_camera; TELCODE=CC; TELESCOP=x", "instrument", "LSSTComCam" },
        { "INSTRUME=COMCAM; TELESCOP=LSST", "instrument", "LSSTComCam" },
        { "INSTRUME=ComCam; TELESCOP='LSST AuxTelescope'", "", "refused: no camera is known" },
        { "INSTRUME=ComCam; -TELESCOP", "", "refused: no camera is known" },
        { "-ROTPA", "sky_angle", "0" },
        { "ROTPA=unknown", "sky_angle", "0" },
        { "ROTPA=null; ROTANGLE=7.0", "sky_angle", "0" },
        { "ROTPA=-12.5", "sky_angle", "-12.5" },
        { "LSST_NUM=ITL-3800C-000", "serial_differs", "yes" },
        { "DAYOBS='20250609'; SEQNUM=100", "physical_filter", "g_01" }, /* LSSTCam's repairs do not run */
        { "DAYOBS='20250421'", "sky_angle", "10" },
    };
    CHECK(COMCAM, cases);
    static const char *const slots[] = { "S00", "S01", "S02", "S10", "S11", "S12", "S20", "S21", "S22" };
    for (size_t i = 0; i < sizeof slots / sizeof slots[0]; i++) {
        char changes[80];
        snprintf(changes, sizeof changes, "-LSST_NUM; CCDSLOT=%s", slots[i]);
        struct header_case one[] = { { changes, "serial_differs", "no" } };
        CHECK(COMCAM, one);
    }
}

static void comcamsim_repairs(void **state)
{
    (void)state;
    static const struct header_case cases[] = {
        { "INSTRUME=comcamsim; TELESCOP=LSST", "instrument", "LSSTComCamSim" },
        { "-RASTART; -DECSTART", "tracking_ra", "53.1255" },
        { "-RASTART; -DECSTART", "tracking_dec", "-28.1" },
        { "RASTART=0.0; DECSTART=0.0", "tracking_ra", "53.1255" },
        { "RASTART=1.0; DECSTART=2.0", "tracking_ra", "1" },
        { "RASTART=null; RA=0.0", "tracking_ra", "0" },
        { "RADESYS=''", "tracking_dec", "-27.99476167" },
        { "RADESYS=null", "tracking_dec", "-27.99476167" },
        { "CONTRLLR=O", "has_simulated", "yes" },
        { "ELSTART=null; AMSTART=2.0", "zenith_angle", "60" },
        { "ELSTART=null; AMSTART=null", "zenith_angle", "45" },
        { "ELSTART=null; AMSTART=0.9", "zenith_angle", "NULL" },
        { "AZSTART=null; AMSTART=2.0", "azimuth", "0" },
        { "ELSTART=null; RA=null", "zenith_angle", "NULL" },
        { "ELSTART=60.0", "zenith_angle", "30" },
        { "BEGIN=2018-01-01T00:00:00", "zenith_angle", "20.27343873" }, /* always on the mountain */
        { "BEGIN=2019-05-01T00:00:00", "day_offset", "43200" },
        { "VIGN_MIN=null; IMGTYPE=OBJECT", "can_see_sky", "yes" },
        { "VIGN_MIN=null; IMGTYPE=FLAT", "can_see_sky", "no" },
        { "VIGN_MIN=null; IMGTYPE=ENGTEST", "can_see_sky", "NULL" },
    };
    CHECK(COMCAMSIM, cases);
}

static void latiss_identity(void **state)
{
    (void)state;
    static const struct header_case cases[] = {
        { "INSTRUME=LSST_ATISS", "instrument", "LATISS" },
        { "INSTRUME=latiss", "", "refused: no camera is known" },
        { "-INSTRUME; DETNAME=RXX_S00", "instrument", "LATISS" },
        { "INSTRUME=other; DETNAME=RXX_S00", "instrument", "LATISS" },
        { "INSTRUME=lsstCam; DETNAME=RXX_S00; FILTER=r_57; LSST_NUM=null", "instrument", "LSSTCam" },
        { "-OBSID; IMGNAME=AT_O_20230705_000379", "obs_id", "AT_O_20230705_000379" },
        { "OBSID=null; IMGNAME=AT_O_20230705_000379", "obs_id", "AT_O_20230705_000379" },
        { "-DAYOBS; OBS-NITE='20230101'", "day_obs", "20230705" },
        { "OBSID=AT_O_2023_000379; -DAYOBS; OBS-NITE='20230101'", "day_obs", "20230101" },
        { "DAYOBS=null", "", "refused: DAYOBS" }, /* a key that is there is no missing one */
        { "-SEQNUM", "seq_num", "379" },
        { "SEQNUM=null", "", "refused: SEQNUM" },
        { "LSST_NUM=ITL-3800C-098; BEGIN=2019-06-24T00:00:36", "serial_differs", "yes" },
        { "LSST_NUM=ITL-3800C-098; BEGIN=2019-06-24T00:00:38", "serial_differs", "no" },
    };
    CHECK(LATISS, cases);
}

static void latiss_dates(void **state)
{
    (void)state;
#define OF_1970                                                                                              \
    "DATE-OBS='1970-01-01T00:00:08'; DATE-BEG='1970-01-01T00:00:08'; MJD-BEG=40587.0000925935; "             \
    "DATE-END=null; "                                                                                        \
    "DATE='2020-07-21T23:41:04'; MJD=59051.5"
    static const struct header_case cases[] = {
        { OF_1970 "; DATE-END='2020-07-21T23:41:34'", "length_ns", "3e+10" },
        { OF_1970, "observation_type", "science" }, /* in 2020, on the mountain */
        { OF_1970 "; -DATE", "observation_type", "labobject" },
        { OF_1970 "; DATE-OBS=null", "observation_type", "labobject" },
        { "BEGIN=2020-02-01T00:00:36; DATE-END='2020-02-01T00:01:16'; TIMESYS=TAI", "length_ns", "3e+10" },
        { "BEGIN=2020-02-01T00:00:38; DATE-END='2020-02-01T00:01:18'; TIMESYS=TAI", "length_ns", "4e+10" },
    };
    CHECK(LATISS, cases);
#undef OF_1970
}

static void latiss_types(void **state)
{
    (void)state;
    static const struct header_case cases[] = {
        { "BEGIN=2019-11-07T00:00:36; IMGTYPE=''; GROUPID=BIAS", "observation_type", "bias" },
        { "BEGIN=2019-11-07T00:00:36; IMGTYPE=''; GROUPID=BIAS", "group", "2023070500379" },
        { "BEGIN=2019-11-07T00:00:38; IMGTYPE=''; GROUPID=BIAS", "observation_type", "" },
        { "BEGIN=2019-11-07T00:00:38; IMGTYPE=''; GROUPID=BIAS", "group", "BIAS" },
        { "BEGIN=2019-11-01T00:00:00; -IMGTYPE; GROUPID=dark_0001_0002", "observation_type", "dark" },
        { "BEGIN=2019-11-01T00:00:00; -IMGTYPE; GROUPID=dark_0001_0002", "group", "dark_0001_0002" },
        { "BEGIN=2019-11-01T00:00:00; IMGTYPE=null; GROUPID=FOCUS12", "observation_type", "focus" },
        { "BEGIN=2019-11-01T00:00:00; IMGTYPE=null; GROUPID=FOCUS12", "group", "FOCUS12" },
        { "BEGIN=2019-11-01T00:00:00; IMGTYPE=null; GROUPID=Focus3", "observation_type", "focus" },
        { "BEGIN=2019-11-01T00:00:00; IMGTYPE=null; GROUPID=FOCUS", "group", "2023070500379" },
        { "BEGIN=2019-11-01T00:00:00; IMGTYPE=''; GROUPID=test_1", "observation_type", "" },
        { "BEGIN=2019-11-01T00:00:00; IMGTYPE=''; GROUPID=''", "observation_type", "" },
        { "BEGIN=2019-11-01T00:00:00; IMGTYPE=FLAT; GROUPID=FLAT", "group", "2023070500379" },
        { "BEGIN=2019-11-07T00:00:38; IMGTYPE=FLAT; GROUPID=FLAT", "group", "FLAT" },
        { "BEGIN=2019-11-01T00:00:00; IMGTYPE=FLAT; GROUPID=BIAS", "group", "BIAS" },
        { "BEGIN=2020-01-27T20:00:36; IMGTYPE=OBJECT", "observation_type", "engtest" },
        { "BEGIN=2020-01-27T20:00:38; IMGTYPE=OBJECT", "observation_type", "science" },
        { "BEGIN=2020-01-27T20:00:36; IMGTYPE=SKYEXP", "observation_type", "science" },
        { "BEGIN=2020-01-01T00:00:36; OBSTYPE=OBJECT", "observation_type", "labobject" },
        { "BEGIN=2020-01-01T00:00:38; OBSTYPE=OBJECT", "observation_type", "science" },
        { "OBSTYPE=null; IMGTYPE=DARK", "observation_type", "dark" },
        { "OBSTYPE=null; IMGTYPE=null; EXPTIME=0.0", "observation_type", "bias" },
        { "OBSTYPE=null; IMGTYPE=null; EXPTIME=1.0", "observation_type", "unknown" },
    };
    CHECK(LATISS, cases);
}

static void latiss_targets(void **state)
{
    (void)state;
    static const struct header_case cases[] = {
        { "-OBJECT; IMGTYPE=OBJECT", "target_name", "NOTSET" },
        { "-OBJECT; IMGTYPE=FLAT", "target_name", "UNKNOWN" },
        { "-OBJECT; IMGTYPE=SKYEXP", "target_name", "NULL" }, /* on the sky nothing stands in for it */
        { "OBJECT=null; IMGTYPE=OBJECT", "target_name", "NULL" },
        { "OBJECT=null; IMGTYPE=OBJECT; BEGIN=2019-12-31T00:00:00", "target_name", "UNKNOWN" },
        { "OBJECT=spec:HD60753; BEGIN=2022-07-10T00:00:36", "target_name", "HD60753" },
        { "OBJECT=spec:HD60753; BEGIN=2022-07-10T00:00:38", "target_name", "spec:HD60753" },
        { "OBJECT='a spec:b spec:c'; BEGIN=2022-07-10T00:00:36", "target_name", "a b c" },
    };
    CHECK(LATISS, cases);
}

static void latiss_pointing(void **state)
{
    (void)state;
#define FALLBACK "RA=0.5; DEC=-0.5; RASTART=null; DECSTART=null; RAEND=null; "
    static const struct header_case cases[] = {
        { FALLBACK "BEGIN=2020-01-28T22:00:36", "tracking_ra", "28.64788976" },
        { FALLBACK "BEGIN=2020-01-28T22:00:38", "tracking_ra", "0.5" },
        { FALLBACK "BEGIN=2020-01-28T22:00:36", "tracking_dec", "-28.64788976" },
        { "RA=5.0; DEC=-3.0; RASTART=1.0; DECSTART=2.0; BEGIN=2020-05-01T00:00:36", "tracking_ra", "5" },
        { "RA=5.0; DEC=-3.0; RASTART=1.0; DECSTART=2.0; BEGIN=2020-05-01T00:00:38", "tracking_ra",
          "15.15416667" },
        { "RASTART=1.0; DECSTART=2.0; BEGIN=2021-02-11T18:45:36", "tracking_ra", "15.15416667" },
        { "RASTART=1.0; DECSTART=2.0; BEGIN=2021-02-11T18:45:38", "tracking_ra", "1.154166667" },
        { "RASTART=1.0; DECSTART=2.0; BEGIN=2021-02-12T00:00:36", "tracking_ra", "1.154166667" },
        { "RASTART=1.0; DECSTART=2.0; BEGIN=2021-02-12T00:00:38", "tracking_ra", "1" },
        { "RASTART=0.0; DECSTART=2.0; BEGIN=2021-02-11T18:45:36", "tracking_ra", "0" },
        { "BEGIN=2020-11-19T00:00:36", "sky_angle", "10" },
        { "BEGIN=2020-11-19T00:00:38", "sky_angle", "-170" },
        { "BEGIN=2021-10-29T00:00:36", "sky_angle", "-170" },
        { "BEGIN=2021-10-29T00:00:38", "sky_angle", "10" },
        { "BEGIN=2021-01-01T00:00:00; -RAEND", "sky_angle", "10" }, /* the repairs ended before */
        { "ROTPA=null; BEGIN=2023-01-01T00:00:00", "sky_angle", "NULL" },
        { "ROTPA=null; ROTANGLE=7.0", "sky_angle", "7" },
        { "RADESYS=''", "tracking_ra", "53.31240778" },
        { "TRACKSYS=''", "tracking_ra", "53.31240778" },
        { "TRACKSYS=SIDEREAL", "tracking_ra", "53.31240778" },
        { "TRACKSYS=LOCAL", "tracking_ra", "NULL" },
        { "SHUTTIME=12.5", "length_ns", "3e+10" },
        { "SHUTTIME=12.5", "can_see_sky", "yes" },
        { "SHUTTIME=0.0", "can_see_sky", "no" },
    };
    CHECK(LATISS, cases);
#undef FALLBACK
}

static void filters_of_latiss_are_pairs(void **state)
{
    (void)state;
    static const struct header_case cases[] = {
        { "FILTER=EMPTY_12; GRATING=''", "physical_filter", "empty~empty" },
        { "FILTER=empty1; GRATING=EMPTY_X", "physical_filter", "empty~empty" },
        { "FILTER=empty_a", "", "refused: \"empty_a~empty\" is not registered for LATISS" },
        { "FILTER=diffuser", "", "refused: \"diffuser~empty\" is not registered for LATISS" },
        { "FILTER=empty; GRATING=SDSSg_65mm", "physical_filter", "empty~SDSSg_65mm" },
        { "FILTER=null; GRATING=null", "physical_filter", "unknown~unknown" },
        { "FILTER=BG40; GRATING=pinhole_2_4_0100", "physical_filter", "BG40~pinhole_2_4_0100" },
    };
    CHECK(LATISS, cases);
}

static void cameras_come_to_the_mountain(void **state)
{
    (void)state;
    static const struct header_case lsstcam[] = {
        { "BEGIN=2025-03-01T00:00:36", "zenith_angle", "NULL" },
        { "BEGIN=2025-03-01T00:00:36", "can_see_sky", "no" },
        { "BEGIN=2025-03-01T00:00:36", "sky_angle", "NULL" },
        { "BEGIN=2025-03-01T00:00:38", "zenith_angle", "20.27343873" },
        { "BEGIN=2025-03-01T00:00:38", "can_see_sky", "yes" },
        { "BEGIN=2025-03-01T00:00:38", "sky_angle", "10" },
        { "BEGIN=2024-01-01T00:00:00; CONTRLLR=H", "zenith_angle", "20.27343873" },
        { "BEGIN=2024-01-01T00:00:00; CONTRLLR=H; VIGN_MIN=null", "can_see_sky", "yes" },
        { "VIGN_MIN=null", "can_see_sky", "NULL" },
        { "VIGN_MIN=''", "can_see_sky", "yes" },
        { "SHUTTIME=0.0", "can_see_sky", "no" },
    };
    static const struct header_case comcam[] = {
        { "BEGIN=2024-08-24T00:00:36", "zenith_angle", "NULL" },
        { "BEGIN=2024-08-24T00:00:38", "zenith_angle", "20.27343873" },
        { "VIGN_MIN=null", "can_see_sky", "NULL" },
    };
    static const struct header_case latiss[] = {
        { "BEGIN=2020-01-01T00:00:36", "zenith_angle", "NULL" },
        { "BEGIN=2020-01-01T00:00:38", "zenith_angle", "20.27343873" },
        { "VIGN_MIN=null", "can_see_sky", "yes" },
        { "VIGN_MIN=null; IMGTYPE=DARK", "can_see_sky", "no" },
        { "VIGN_MIN=null; IMGTYPE=ENGTEST", "can_see_sky", "NULL" },
    };
    CHECK(LSSTCAM, lsstcam);
    CHECK(COMCAM, comcam);
    CHECK(LATISS, latiss);
}

static void alt_az_is_clipped_and_wrapped(void **state)
{
    (void)state;
    static const struct header_case cases[] = {
        { "ELSTART=95.0", "zenith_angle", "0" },     { "ELSTART=-20.0", "zenith_angle", "95.55" },
        { "ELSTART=-90.5", "zenith_angle", "NULL" }, { "AZSTART=-360.0", "azimuth", "0" },
        { "AZSTART=-360.5", "azimuth", "NULL" },     { "AZSTART=400.0", "azimuth", "40" },
        { "AZSTART=null", "zenith_angle", "NULL" },  { "RASTART=-10.0", "tracking_ra", "350" },
        { "DECSTART=90.5", "tracking_dec", "NULL" }, { "ROTPA=290.3", "sky_angle", "290.3" },
        { "-DATE", "tracking_ra", "NULL" },          { "-ROTCOORD", "sky_angle", "NULL" },
    };
    CHECK(LSSTCAM, cases);
}

static void days_of_the_laboratory_follow_pacific_time(void **state)
{
    (void)state;
    static const struct header_case lsstcam[] = {
        { "BEGIN=2024-05-01T00:00:00", "day_offset", "43200" },
        { "BEGIN=2024-04-30T23:59:59", "day_offset", "25200" },
        { "BEGIN=2024-03-10T10:00:36", "day_offset", "28800" },
        { "BEGIN=2024-03-10T10:00:37", "day_offset", "25200" },
        { "BEGIN=2023-11-05T09:00:36", "day_offset", "25200" },
        { "BEGIN=2023-11-05T09:00:37", "day_offset", "28800" },
        { "BEGIN=2023-03-12T10:00:37", "day_offset", "25200" },
        { "BEGIN=2022-11-06T09:00:37", "day_offset", "28800" },
        { "BEGIN=2026-01-01T00:00:00", "day_offset", "43200" },
    };
    static const struct header_case comcam[] = {
        { "BEGIN=2020-03-01T00:00:00", "day_offset", "43200" },
        { "BEGIN=2020-02-29T23:59:59", "day_offset", "28800" },
        { "BEGIN=2019-05-26T12:00:00", "day_offset", "25200" },
    };
    static const struct header_case latiss[] = { { "BEGIN=2018-09-20T12:00:00", "day_offset", "43200" } };
    CHECK(LSSTCAM, lsstcam);
    CHECK(COMCAM, comcam);
    CHECK(LATISS, latiss);
}

static void controllers_and_simulations(void **state)
{
    (void)state;
    static const struct header_case cases[] = {
        { "SIMULATE MTMOUNT=true", "has_simulated", "yes" },
        { "SIMULATE MTMOUNT=0", "has_simulated", "no" },
        { "SIMULATE MTMOUNT=null", "has_simulated", "no" },
        { "CONTRLLR=P", "has_simulated", "yes" },
        { "CONTRLLR=Q", "has_simulated", "yes" },
        { "CONTRLLR=S", "has_simulated", "yes" },
        { "CONTRLLR=H", "has_simulated", "yes" },
        { "CONTRLLR=C", "has_simulated", "no" },
        { "CONTRLLR=O; SIMULATE MTMOUNT=false", "has_simulated", "no" },
        { "GROUPID=null; CONTRLLR=C; DAYOBS='20231004'", "group", "3023100400005" },
        { "GROUPID=null; CONTRLLR=C; DAYOBS='20231005'", "group", "2023100500005" },
        { "GROUPID=null; CONTRLLR=H; DAYOBS='20260101'", "group", "4026010100005" },
        { "GROUPID=null; CONTRLLR=P; DAYOBS='20250417'", "group", "5025041700005" },
        { "GROUPID=null; CONTRLLR=P; DAYOBS='20250418'", "group", "2025041800005" },
        { "GROUPID=null; CONTRLLR=Q; DAYOBS='20250417'", "group", "6025041700005" },
        { "GROUPID=null; CONTRLLR=Q; DAYOBS='20250418'", "group", "2025041800005" },
        { "GROUPID=null; CONTRLLR=S; DAYOBS='20250417'", "group", "7025041700005" },
        { "GROUPID=null; CONTRLLR=S; DAYOBS='20250418'", "group", "2025041800005" },
        { "GROUPID=null; CONTRLLR=null", "group", "2025060100005" },
        { "CONTRLLR=Z", "", "refused: CONTRLLR" },
        { "CALIB_ID=x", "", "refused: CALIB_ID" },
        { "CALIB_ID=null", "", "refused: CALIB_ID" },
        { "SEQNUM=99999", "seq_num", "99999" },
        { "SEQNUM=100000", "", "refused: SEQNUM" },
    };
    CHECK(LSSTCAM, cases);
}

static void an_end_before_the_begin_is_the_begin(void **state)
{
    (void)state;
    static const struct header_case cases[] = {
        { "DATE-END='2025-06-02T04:59:59'; TIMESYS=TAI", "length_ns", "1" },
        { "DATE-END='2025-06-02T05:00:00'; TIMESYS=TAI", "length_ns", "1" },
        { "DATE-END='2025-06-02T05:00:01'; TIMESYS=TAI", "length_ns", "1000000000" },
        { "DATE-END='2025-06-02T04:59:24'; TIMESYS=UTC", "length_ns", "1000000000" },
        { "DATE-END='2025-06-02T04:59:24'; -TIMESYS", "length_ns", "1000000000" },
        { "DATE-END=null; SHUTTIME=2.0", "length_ns", "2000000000" },
        { "DATE-END=null; SHUTTIME=0.0; EXPTIME=3.0", "length_ns", "3000000000" },
        { "DARKTIME=null; SHUTTIME=2.5", "dark_time", "2.5" },
        { "DARKTIME=1.0", "dark_time", "1" },
        { "IMGTYPE=''", "observation_type", "" },
        { "IMGTYPE=null", "", "refused: IMGTYPE" },
        { "EXPTIME=null", "", "refused: EXPTIME" },
    };
    CHECK(LSSTCAM, cases);
}

/* Begin and exposure time are added as the observatory's clock adds them, with its rounding: 1 ns more here.
 */
static void an_end_by_exposure_time_is_the_observatorys(void **state)
{
    (void)state;
    struct cards cards = real_header();
    struct cb_exposure_record record;
    change_all(&cards, LSSTCAM "; MJD-BEG=60990.88297665191; EXPTIME=1.1; SHUTTIME=null; IMGTYPE=BIAS");
    struct cb_card_source source = source_of(&cards);
    assert_true(cb_translate(&source, NULL, &record, NULL));
    assert_int_equal(record.span.begin_ns, INT64_C(1762895489182725199));
    assert_int_equal(record.span.end_ns, INT64_C(1762895490282725200));
}

/* A LATISS frame of 2020-01-21 whose time of observation was not known: the telescope's own angles tell where
 * it looked. Position as the observatory's translator gives it. */
static void a_frame_without_its_time_is_placed_by_the_telescopes_angles(void **state)
{
    (void)state;
    struct cards cards = real_header();
    struct cb_exposure_record record;
    change_all(&cards,
               LATISS "; OBSID=AT_O_20200121_000045; DAYOBS='20200121'; SEQNUM=45; IMGTYPE=SKYEXP; "
                      "DATE-OBS='1970-01-01T00:00:08.000'; DATE='2020-01-21T23:41:04.593'; TRACKSYS=null");
    change_all(&cards,
               "MJD=58869.9868587167; AZSTART=-89.9921103531815; ELSTART=79.9906243963924; ROTPA=5.0; "
               "OBSGEO-X=1818938.94; OBSGEO-Y=-5208470.95; OBSGEO-Z=-3195172.08");
    struct cb_card_source source = source_of(&cards);
    assert_true(cb_translate(&source, NULL, &record, NULL));
    assert_close(record.tracking_ra_deg.value, 33.40236459968723, 1.0 / 3600.0);
    assert_close(record.tracking_dec_deg.value, -29.82358627789406, 1.0 / 3600.0);
    assert_close(record.sky_angle_deg.value, 5.0, 0.0);
    set(&cards, "ELSTART", "null");
    assert_true(cb_translate(&source, NULL, &record, NULL));
    assert_false(record.tracking_ra_deg.known);
    assert_false(record.sky_angle_deg.known);
}

int main(void)
{
    const struct CMUnitTest repairs[] = {
        cmocka_unit_test(lsstcam_filters),
        cmocka_unit_test(lsstcam_angles),
        cmocka_unit_test(lsstcam_closed_domes),
        cmocka_unit_test(lsstcam_programs),
        cmocka_unit_test(comcam_repairs),
        cmocka_unit_test(comcamsim_repairs),
        cmocka_unit_test(latiss_identity),
        cmocka_unit_test(latiss_dates),
        cmocka_unit_test(latiss_types),
        cmocka_unit_test(latiss_targets),
        cmocka_unit_test(latiss_pointing),
        cmocka_unit_test(filters_of_latiss_are_pairs),
        cmocka_unit_test(cameras_come_to_the_mountain),
        cmocka_unit_test(alt_az_is_clipped_and_wrapped),
        cmocka_unit_test(days_of_the_laboratory_follow_pacific_time),
        cmocka_unit_test(controllers_and_simulations),
        cmocka_unit_test(an_end_before_the_begin_is_the_begin),
        cmocka_unit_test(an_end_by_exposure_time_is_the_observatorys),
        cmocka_unit_test(a_frame_without_its_time_is_placed_by_the_telescopes_angles),
    };
    return cmocka_run_group_tests_name("repairs of headers", repairs, NULL, NULL);
}
