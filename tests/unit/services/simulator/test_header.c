/* Headers of simulated raws beside those of a real one (golden/headers/ORIGIN). */
#include "support/spec.h"

#include "header.h"

#include "base/alloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One "KEY: value" of the real header; the structure of the compressed table comes after XTENSION. */
struct real_card {
    char key[64], value[80];
    bool in_primary;
};
enum { MOST_CARDS = 300 };

static size_t read_real(struct real_card *card)
{
    char path[512], line[256];
    size_t count = 0;
    bool primary = true;
    snprintf(path, sizeof path, "%s/headers/comCam-CC_O_20241108_000266_R22_S00.yaml", CB_GOLDEN);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    while (count < MOST_CARDS && fgets(line, sizeof line, file) != NULL) {
        char *colon = strstr(line, ": ");
        if (colon == NULL)
            continue;
        *colon = '\0';
        char *value = colon + 2;
        value[strcspn(value, "\r\n")] = '\0';
        if (value[0] == '\'') {
            value++;
            value[strcspn(value, "'")] = '\0';
        }
        primary = primary && strcmp(line, "XTENSION") != 0;
        snprintf(card[count].key, sizeof card[count].key, "%s", line);
        snprintf(card[count].value, sizeof card[count].value, "%s", value);
        card[count++].in_primary = primary;
    }
    fclose(file);
    return count;
}

static struct shot flat_shot(void)
{
    struct shot shot = { .exposure_id = 2024120800885,
                         .obsid = "CC_O_20241208_000885",
                         .day_obs = 20241208,
                         .seq_num = 885,
                         .index = 2,
                         .count = 30,
                         .type = "flat",
                         .reason = "flat",
                         .program = "BLOCK-T68",
                         .filter = "r_03",
                         .band = "r",
                         .group = "2024-12-08T20:30:00.000#2",
                         .exposure_s = 5,
                         .shutter_s = 5,
                         .dark_s = 5.4306,
                         .flux_e = 50000,
                         .begin_tai_ns = INT64_C(1733689807831000000) };
    return shot;
}

static struct cb_detector detector_of(int id)
{
    struct cb_detector detector;
    assert_true(cb_instrument_detector(cb_instrument_find("LSSTComCam"), id, &detector, NULL));
    return detector;
}

static void test_every_card_of_a_real_primary_header_is_there(void **state)
{
    (void)state;
    static struct real_card card[MOST_CARDS];
    size_t count = read_real(card), compared = 0;
    struct shot shot = flat_shot();
    struct cb_detector detector = detector_of(0);
    cb_auto(cb_header_free) struct cb_header *h = raw_primary_header(&shot, &detector);
    for (size_t i = 0; i < count && card[i].in_primary; i++) {
        if (strcmp(card[i].key, "SIMPLE") == 0 || strcmp(card[i].key, "EXTEND") == 0)
            continue;
        if (cb_header_find(h, card[i].key) == NULL)
            fail_msg("card \"%s\" is missing", card[i].key);
        compared++;
    }
    assert_true(compared > 100);
}

/* Types of the values agree too, so that readers meet text where they expect text. */
static void test_text_is_text_and_numbers_are_numbers(void **state)
{
    (void)state;
    static struct real_card card[MOST_CARDS];
    static const char *const texts[] = {
        "DAYOBS", "CCD_SERN", "SEQCKSUM", "FIRMWARE", "OBSANNOT", "IMAGETAG"
    };
    static const char *const integers[] = { "SEQNUM",   "CURINDEX", "MAXINDEX",     "BINX",
                                            "FILTSLOT", "HEADVER",  "STUTTER ROWS", "SIMULATE MTMOUNT" };
    static const char *const reals[] = { "EXPTIME", "DARKTIME", "SHUTTIME",
                                         "MJD-BEG", "OBS-LONG", "STUTTER DELAY" };
    struct shot shot = flat_shot();
    struct cb_detector detector = detector_of(0);
    cb_auto(cb_header_free) struct cb_header *h = raw_primary_header(&shot, &detector);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_int_equal(cb_header_find(h, texts[i])->type, CB_CARD_STRING);
    for (size_t i = 0; i < sizeof integers / sizeof *integers; i++)
        assert_int_equal(cb_header_find(h, integers[i])->type, CB_CARD_INT);
    for (size_t i = 0; i < sizeof reals / sizeof *reals; i++)
        assert_int_equal(cb_header_find(h, reals[i])->type, CB_CARD_DOUBLE);
    size_t count = read_real(card);
    for (size_t i = 0; i < count; i++)
        if (card[i].in_primary && strcmp(card[i].value, "null") == 0)
            assert_int_equal(cb_header_find(h, card[i].key)->type, CB_CARD_UNDEFINED);
}

static void is_text(const struct cb_header *h, const char *key, const char *expected)
{
    const char *text = NULL;
    assert_true(cb_header_get_string(h, key, &text));
    assert_string_equal(text, expected);
}

static void is_number(const struct cb_header *h, const char *key, double expected)
{
    double number = NAN;
    assert_true(cb_header_get_double(h, key, &number));
    assert_close(number, expected, 1e-9);
}

static void test_a_flat_says_what_it_is(void **state)
{
    (void)state;
    struct shot shot = flat_shot();
    struct cb_detector detector = detector_of(4);
    cb_auto(cb_header_free) struct cb_header *h = raw_primary_header(&shot, &detector);
    is_text(h, "OBSID", "CC_O_20241208_000885");
    is_text(h, "FILENAME", "CC_O_20241208_000885_R22_S11.fits");
    is_text(h, "IMGTYPE", "FLAT");
    is_text(h, "DAYOBS", "20241208");
    is_text(h, "GROUPID", "2024-12-08T20:30:00.000#2");
    is_text(h, "RAFTBAY", "R22");
    is_text(h, "CCDSLOT", "S11");
    is_text(h, "LSST_NUM", "ITL-3800C-283");
    is_text(h, "FILTER", "r_03");
    is_text(h, "DATE-BEG", "2024-12-08T20:30:07.831");
    is_text(h, "DATE-END", "2024-12-08T20:30:13.261");
    is_number(h, "DARKTIME", 5.4306);
    is_number(h, "SEQNUM", 885);
    is_number(h, "MAXINDEX", 30);
}

/* Values of Segment10 of detector S00 at full size, as the real file has them. */
static void test_a_segment_has_the_cards_of_a_real_one(void **state)
{
    (void)state;
    static struct real_card card[MOST_CARDS];
    struct cb_sim_layout layout;
    struct cb_detector detector = detector_of(0);
    assert_true(cb_sim_layout_make(1, 64, 48, &layout, NULL));
    cb_auto(cb_header_free) struct cb_header *h = raw_segment_header(&layout, &detector, 0);
    size_t count = read_real(card), compared = 0;
    bool content = false;
    for (size_t i = 0; i < count; i++) {
        content = content || strcmp(card[i].key, "CHANNEL") == 0;
        if (!content || strcmp(card[i].key, "ZDATASUM") == 0)
            continue;
        if (strcmp(card[i].key, "CHECKSUM") == 0)
            break;
        const char *text;
        double number;
        if (cb_header_get_double(h, card[i].key, &number))
            assert_close(number, strtod(card[i].value, NULL), 0);
        else if (cb_header_get_string(h, card[i].key, &text))
            assert_string_equal(text, card[i].value);
        else
            assert_string_equal(card[i].key, "INHERIT");
        compared++;
    }
    assert_int_equal(compared, 106);
}

/* Segment07 of detector S01 of a published raw: CC_S_20240404_000780. */
static void test_a_lower_segment_lies_where_the_real_one_does(void **state)
{
    (void)state;
    struct cb_sim_layout layout;
    struct cb_detector detector = detector_of(1);
    assert_true(cb_sim_layout_make(1, 64, 48, &layout, NULL));
    cb_auto(cb_header_free) struct cb_header *h = raw_segment_header(&layout, &detector, 8);
    is_text(h, "EXTNAME", "Segment07");
    is_text(h, "DETSEC", "[4072:3564,4000:2001]");
    is_number(h, "CHANNEL", 9);
    is_number(h, "DTV1", 4076);
    is_number(h, "DTV2", 4001);
    is_number(h, "DTM2_2", -1);
    is_number(h, "CRVAL1A", 0);
    is_number(h, "CRVAL2A", 513);
    is_number(h, "CRVAL2C", 4076);
    is_number(h, "CRVAL1R", 125);
    is_number(h, "CRVAL2R", 8390);
    is_number(h, "CRVAL1F", 25525);
    is_number(h, "CRVAL2F", 33790);
    is_number(h, "PC2_2E", 1);
    is_number(h, "CRVAL1Q", 8390);
}

static void test_the_electronics_say_that_the_bias_voltage_is_on(void **state)
{
    (void)state;
    cb_auto(cb_header_free) struct cb_header *h = raw_reb_header();
    is_text(h, "EXTNAME", "REB_COND");
    is_text(h, "HVBIAS", "ON");
    double volts = 0;
    assert_true(cb_header_get_double(h, "BSSVBS", &volts) && volts > 5);
    is_number(h, "TEMP1", -12.6875);
    cb_auto(cb_header_free) struct cb_header *config = raw_config_header();
    is_text(config, "EXTNAME", "CONFIG_COND");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_card_of_a_real_primary_header_is_there),
        cmocka_unit_test(test_text_is_text_and_numbers_are_numbers),
        cmocka_unit_test(test_a_flat_says_what_it_is),
        cmocka_unit_test(test_a_segment_has_the_cards_of_a_real_one),
        cmocka_unit_test(test_a_lower_segment_lies_where_the_real_one_does),
        cmocka_unit_test(test_the_electronics_say_that_the_bias_voltage_is_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
