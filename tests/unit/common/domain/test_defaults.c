/* The chain INSTRUMENT/defaults is completed without moving what is there. */
#include "domain/defaults.h"

#include "support/spec.h"

#include <stdio.h>
#include <string.h>

#define EVERYTHING ((1U << CB_DEFAULTS_COUNT) - 1)

/* Merge a comma-separated chain; the result in the same form. */
static const char *merged(const char *chain, unsigned wanted, unsigned *ret_added)
{
    static char result[4096], copy[2048];
    const char *members[16];
    char names[16 + CB_DEFAULTS_COUNT][CB_COLLECTION_NAME_SIZE];
    size_t n = 0;
    snprintf(copy, sizeof copy, "%s", chain);
    for (char *at = copy; *at != '\0'; n++) {
        members[n] = at;
        at += strcspn(at, ",");
        if (*at != '\0')
            *at++ = '\0';
    }
    n = cb_defaults_merge("LATISS", members, n, wanted, names, ret_added);
    result[0] = '\0';
    for (size_t i = 0, used = 0; i < n; i++)
        used += (size_t)snprintf(result + used, sizeof result - used, "%s%s", i > 0 ? "," : "", names[i]);
    return result;
}

static void an_empty_chain_gets_all_in_order(void **state)
{
    (void)state;
    unsigned added;
    assert_string_equal(merged("", EVERYTHING, &added),
                        "LATISS/raw/all,LATISS/calib,refcats,skymaps,pretrained_models,LATISS/calib/fgcmcal");
    assert_int_equal(added, EVERYTHING);
    assert_string_equal(merged("", 1U << CB_DEFAULTS_CALIB | 1U << CB_DEFAULTS_MODEL, &added),
                        "LATISS/calib,pretrained_models");
}

static void what_is_there_stays_where_it_is(void **state)
{
    (void)state;
    unsigned added;
    assert_string_equal(merged("u/x/first,LATISS/calib,refcats,u/x/last", EVERYTHING, &added),
                        "u/x/first,LATISS/raw/all,LATISS/calib,refcats,skymaps,pretrained_models,"
                        "LATISS/calib/fgcmcal,u/x/last");
    assert_int_equal(added, EVERYTHING & ~(1U << CB_DEFAULTS_CALIB | 1U << CB_DEFAULTS_REFCAT));
    assert_string_equal(merged("u/x,u/y", 1U << CB_DEFAULTS_SKYMAP, &added), "u/x,u/y,skymaps");
    /* an order that somebody chose is theirs */
    assert_string_equal(merged("refcats,LATISS/calib", 1U << CB_DEFAULTS_RAW, &added),
                        "LATISS/raw/all,refcats,LATISS/calib");
}

static void a_second_time_nothing_is_added(void **state)
{
    (void)state;
    unsigned added;
    char once[4096];
    snprintf(once, sizeof once, "%s", merged("u/x,refcats", EVERYTHING, &added));
    assert_string_equal(merged(once, EVERYTHING, &added), once);
    assert_int_equal(added, 0);
}

static void a_member_of_another_instrument_is_a_users(void **state)
{
    (void)state;
    unsigned added;
    assert_string_equal(merged("LSSTCam/calib", 1U << CB_DEFAULTS_CALIB, &added),
                        "LSSTCam/calib,LATISS/calib");
}

int main(void)
{
    const struct CMUnitTest defaults[] = {
        cmocka_unit_test(an_empty_chain_gets_all_in_order),
        cmocka_unit_test(what_is_there_stays_where_it_is),
        cmocka_unit_test(a_second_time_nothing_is_added),
        cmocka_unit_test(a_member_of_another_instrument_is_a_users),
    };
    return cmocka_run_group_tests_name("defaults", defaults, NULL, NULL);
}
