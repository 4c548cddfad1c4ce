/* Regions in where-expressions: which must overlap, and what is refused. The stock butler is asked about rows
 * by tests/system/butler_regions. */
#include "base/alloc.h"
#include "base/cleanup.h"
#include "domain/region.h"
#include "domain/where.h"
#include "support/spec.h"

#include <stdio.h>
#include <string.h>

static const struct cb_where_value values[] = { { CB_TYPE_FLOAT, "10.5" },
                                                { CB_TYPE_STRING, "CIRCLE 10 20 3" },
                                                { CB_TYPE_NULL, NULL } };
static const struct cb_where_bind binds[] = { { "ra", false, &values[0], 1 },
                                              { "pos", false, &values[1], 1 },
                                              { "nothing", false, &values[2], 1 } };
static const struct cb_where_context visits = { .dimensions = CB_DIM(CB_VISIT),
                                                .binds = binds,
                                                .n_binds = sizeof binds / sizeof binds[0] };

/* The overlaps of an expression: "visit~patch visit~REGION"; "ERR ..." when refused. */
static const char *overlaps_of(const char *expression)
{
    static char text[4096];
    cb_auto_where_sql sql = { 0 };
    struct cb_error err = { 0 };
    text[0] = '\0';
    if (!cb_where_compile(expression, &visits, &sql, &err)) {
        snprintf(text, sizeof text, "ERR %s", err.text);
        assert_int_equal(err.kind, CB_ERR_INVALID);
        assert_null(sql.overlaps);
        return text;
    }
    for (size_t i = 0; i < sql.n_overlaps; i++) {
        const struct cb_where_overlap *overlap = &sql.overlaps[i];
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s~%s", i > 0 ? " " : "",
                 cb_element_at(overlap->element)->name,
                 overlap->region != NULL ? "REGION" : cb_element_at(overlap->other)->name);
    }
    return text;
}

/* Is the region that the call writes the same as this POS, to the bit? */
static bool is_region(const char *call, const char *pos)
{
    cb_auto_where_sql sql = { 0 };
    cb_auto_region region = { 0 };
    cb_auto(cb_free) char *expression = cb_xasprintf("visit.region OVERLAPS %s", call);
    assert_true(cb_where_compile(expression, &visits, &sql, NULL));
    assert_true(cb_region_pos(pos, &region, NULL));
    cb_auto(cb_free) char *expected = cb_region_encode_text(&region);
    assert_int_equal(sql.n_overlaps, 1);
    return strcmp(sql.overlaps[0].region, expected) == 0;
}

static void regions_are_written_in_degrees(void **state)
{
    (void)state;
    assert_true(is_region("POINT(10, -20.5)", "CIRCLE 10 -20.5 0"));
    assert_true(is_region("point((10), 20)", "CIRCLE 10 20 0"));
    assert_true(is_region("Box(10, 20, 0, 0)", "RANGE 10 10 20 20"));
    assert_true(is_region("POLYGON(0,0, 1,0, 1,1, 0,1)", "POLYGON 0 0 1 0 1 1 0 1"));
    assert_true(is_region("REGION('RANGE 1 2 3 4')", "RANGE 1 2 3 4"));
    assert_true(is_region("REGION(:pos)", "CIRCLE 10 20 3"));
    assert_true(is_region("REGION(pos)", "CIRCLE 10 20 3"));
    assert_true(is_region("POINT(:ra, - -5)", "CIRCLE 10.5 5 0"));
    assert_true(is_region("POINT(ra, +5e0)", "CIRCLE 10.5 5 0"));
}

static void the_stock_butlers_circles_are_twice_as_wide(void **state)
{
    (void)state;
    assert_true(is_region("CIRCLE(10, 20, 1.5)", "CIRCLE 10 20 3"));
}

static void overlaps_are_handed_out_beside_the_sql(void **state)
{
    (void)state;
    assert_string_equal(overlaps_of("visit.region OVERLAPS POINT(1, 2)"), "visit~REGION");
    assert_string_equal(overlaps_of("POINT(1, 2) overlaps visit.region and visit.seq_num > 1"),
                        "visit~REGION");
    assert_string_equal(
        overlaps_of("visit.region overlaps patch.region and (htm7.region overlaps tract.region)"),
        "visit~patch htm7~tract");
    assert_string_equal(overlaps_of("visit.region = visit.region or visit.region = NULL"), "");
}

/* NOT (a OR NOT b) is b among what must hold. */
static void only_what_must_hold_may_compare_regions(void **state)
{
    (void)state;
    assert_string_equal(overlaps_of("not (visit.seq_num = 1 or not region overlaps POINT(1, 2))"),
                        "visit~REGION");
    assert_string_equal(
        overlaps_of("not region overlaps POINT(1, 2)"),
        "ERR Spatial overlap constraints nested inside OR or NOT are not supported. (line: 1, pos: 12)");
    assert_string_equal(
        overlaps_of("visit.seq_num = 1 or region overlaps POINT(1, 2)"),
        "ERR Spatial overlap constraints nested inside OR or NOT are not supported. (line: 1, pos: 29)");
    assert_string_equal(
        overlaps_of("not (visit.seq_num = 1 and not visit.region overlaps tract.region)"),
        "ERR Spatial overlap joins nested inside OR or NOT are not supported. (line: 1, pos: 45)");
}

static void what_cannot_be_compared_is_refused(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        { "POINT(1,2) overlaps POINT(1,2)", "Spatial overlap comparison requires at least one" },
        { "visit.region overlaps visit_detector_region.region",
          "Spatial join between visit and visit_detector_region" },
        { "htm7.region overlaps htm7.region", "Spatial join between htm7 and htm7" },
        { "visit.region overlaps visit.timespan", "do not agree" },
        { "visit.region overlaps T'2024-12-08'", "do not agree" },
        { "visit.region overlaps NULL", "Invalid types" },
        { "visit.region < POINT(1,2)", "Invalid column type region" },
        { "htm7.region = NULL", "Invalid types" },
        { "htm7.region = POINT(1,2)", "Invalid types" },
        { "visit.region overlaps POINT(1)", "POINT needs two arguments" },
        { "visit.region overlaps POINT(1+1, 2)", "in POINT() is not a literal number" },
        { "visit.region overlaps POINT(visit, 2)", "in POINT() is not a literal number" },
        { "visit.region overlaps POINT(nothing, 2)", "in POINT() is not a literal number" },
        { "visit.region overlaps CIRCLE((1), 2, 3)", "must be numeric expressions" },
        { "visit.region overlaps BOX('1', 2, 3, 4)", "must be numeric expressions" },
        { "visit.region overlaps CIRCLE(1, 90.5, 3)", "invalid latitude angle" },
        { "visit.region overlaps POLYGON(1, 2, 3, 4)", "POLYGON needs at least three pairs" },
        { "visit.region overlaps POLYGON(0,0,1,0,2,0)", "convex hull" },
        { "visit.region overlaps REGION(1)", "must be a string" },
        { "visit.region overlaps REGION(ra)", "in REGION() is not a literal string" },
        { "visit.region overlaps REGION('BOX 1 2 3 4')", "Unrecognized shape" },
        { "POINT(1,2)", "not a condition" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *text = overlaps_of(cases[i][0]);
        if (strncmp(text, "ERR ", 4) != 0 || strstr(text, cases[i][1]) == NULL)
            fail_msg("%s: %s", cases[i][0], text);
        assert_non_null(strstr(text, "(line: 1, pos: "));
    }
}

int main(void)
{
    const struct CMUnitTest regions[] = {
        cmocka_unit_test(regions_are_written_in_degrees),
        cmocka_unit_test(the_stock_butlers_circles_are_twice_as_wide),
        cmocka_unit_test(overlaps_are_handed_out_beside_the_sql),
        cmocka_unit_test(only_what_must_hold_may_compare_regions),
        cmocka_unit_test(what_cannot_be_compared_is_refused),
    };
    return cmocka_run_group_tests_name("regions in where-expressions", regions, NULL, NULL);
}
