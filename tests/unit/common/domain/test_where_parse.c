/* Tokens, grammar and time literals of where-expressions. */
#include "domain/where_parse.h"

#include "base/alloc.h"
#include "base/tai.h"
#include "domain/where_time.h"
#include "support/spec.h"

#include <stdio.h>
#include <string.h>

/* The tree in one spelling, or the reason why there is none. */
static const char *parsed(const char *expression)
{
    static char text[1200];
    struct cb_error err = { 0 };
    cb_auto(cb_where_node_free) struct cb_where_node *root = NULL;
    cb_auto_bytes struct cb_bytes bytes = CB_BYTES(1000);
    if (!cb_where_parse(expression, &root, &err)) {
        const char *reason = strstr(err.text, "': ");
        snprintf(text, sizeof text, "ERR %s", reason != NULL ? reason + 3 : err.text);
        return text;
    }
    cb_where_node_format(root, &bytes);
    snprintf(text, sizeof text, "%s", cb_bytes_text(&bytes));
    return text;
}

static void tokens_are_told_apart_in_order(void **state)
{
    (void)state;
    assert_string_equal(parsed("a in (44..63)"), "a IN (44..63)");
    assert_string_equal(parsed("a in (-5 .. 7 : 2, +3, .5e2, 1.)"), "a IN (-5..7:2, 3, .5e2, 1.)");
    assert_string_equal(parsed("a=:b and c.d.e oVeRlAps f"), "a = :b AND c.d.e OVERLAPS f");
    assert_string_equal(parsed("a='it' and b=t'2024-01-01/tai'"),
                        "a = 'it' AND b = T'2024-01-01T00:00:00.000/tai'");
    assert_string_equal(parsed("a not in (uuid('{00000000000000000000000000000001}'), 1..3:2)"),
                        "a NOT IN (UUID('00000000-0000-0000-0000-000000000001'), 1..3:2)");
}

static void errors_name_the_place(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        { "a=1 and 'abc", "ERR Unexpected character at position 8" },
        { "a = 1..2..3", "ERR Unexpected character at position 8" },
        { "a=1 and b.c.d.e=3", "ERR Unexpected character at position 13" },
        { "a = \"x\"", "ERR Unexpected character at position 4" },
        { "a = '\xc3\xa9' ;", "ERR Unexpected character at position 8" },
        { "a=1 and\n and b=2", "ERR Syntax error at or near 'AND' (line: 2, pos: 2)" },
        { "a b", "ERR Syntax error at or near 'b' (line: 1, pos: 3)" },
        { "a in (1,)", "ERR Syntax error at or near ')' (line: 1, pos: 9)" },
        { "a in ()", "ERR Syntax error at or near ')' (line: 1, pos: 7)" },
        { "a in (1+2)", "ERR Syntax error at or near '+' (line: 1, pos: 8)" },
        { "a in (b.c)", "ERR Syntax error at or near 'b.c' (line: 1, pos: 7)" },
        { "a=1)", "ERR Syntax error at or near ')' (line: 1, pos: 4)" },
        { "a not b", "ERR Syntax error at or near 'b' (line: 1, pos: 7)" },
        { "a in ('x' 'y')", "ERR Syntax error at or near 'y' (line: 1, pos: 11)" },
        { "a=3x", "ERR Syntax error at or near 'x' (line: 1, pos: 4)" },
        { "a=1.5.6", "ERR Syntax error at or near '.6' (line: 1, pos: 6)" },
        { "a in (-'x')", "ERR Syntax error at or near 'x' (line: 1, pos: 8)" },
        { "a between 1 and 2", "ERR Syntax error at or near 'between' (line: 1, pos: 3)" },
        { "seq_num -690..700 = 0", "ERR Syntax error at or near '-690..700' (line: 1, pos: 9)" },
        { "a=1 and (b=2,c=3,d=4)", "ERR Syntax error at or near ',' (line: 1, pos: 17)" },
        { "a=1 and", "ERR End of input reached while expecting further input" },
        { "(a=1", "ERR End of input reached while expecting further input" },
        { "not", "ERR End of input reached while expecting further input" },
        { "a in (1, 2", "ERR End of input reached while expecting further input" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_string_equal(parsed(cases[i][0]), cases[i][1]);
}

static void a_failed_item_leaks_nothing(void **state)
{
    (void)state;
    assert_non_null(strstr(parsed("a in (1, 'x' ;"), "Unexpected character"));
    assert_non_null(strstr(parsed("f(a, (b, c) + ;"), "Unexpected character"));
    assert_non_null(strstr(parsed("a in (1, f(b), ;"), "Unexpected character"));
    assert_non_null(
        strstr(parsed("a in (1, f(b))"), "near 'f' (line: 1, pos: 10): IN takes no such function"));
    assert_non_null(strstr(parsed("a in (T'x', 2) b"), "near 'x' (line: 1, pos: 7)"));
    assert_non_null(strstr(parsed("T'x' b"), "near 'b' (line: 1, pos: 6)"));
    assert_non_null(strstr(parsed("UUID('x') $"), "Unexpected character at position 10"));
    assert_non_null(strstr(parsed("POLYGON(1,2,3,4) = a"), "POLYGON needs at least three pairs"));
    assert_non_null(strstr(parsed("UUID('x') = a"), "UUID must be a string of 8-4-4-4-12 hex digits"));
}

static void uuids_are_read_as_python_reads_them(void **state)
{
    (void)state;
    static const char *const good[] = { "be986e28-b26e-51f3-b816-0d1d7185ee49",
                                        "be986e28b26e51f3b8160d1d7185ee49",
                                        "{be986e28-b26e51f3b8160d1d7185ee49}",
                                        "urn:uuid:be986e28b26e51f3b8160d1d7185ee49" };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        cb_auto(cb_free) char *text = cb_xasprintf("a = UUID('%s')", good[i]);
        assert_string_equal(parsed(text), "a = UUID('be986e28-b26e-51f3-b816-0d1d7185ee49')");
    }
    assert_non_null(strstr(parsed("a = UUID('be986e28b26e51f3b8160d1d7185ee4')"), "UUID must be"));
    assert_non_null(strstr(parsed("a = UUID('be986e28b26e51f3b8160d1d7185ee4g')"), "UUID must be"));
}

static int64_t time_of(const char *text)
{
    int64_t ns = -1;
    return cb_where_time_parse(text, strlen(text), &ns, NULL) ? ns : -1;
}

#define NOON INT64_C(1733745600000000000) /* 2024-12-09T12:00:00 of any scale, taken as TAI */

static void calendar_times_are_utc_unless_told(void **state)
{
    (void)state;
    const int64_t utc = NOON + 37 * CB_NS_PER_S;
    assert_int_equal(time_of("2024-12-09T12:00:00"), utc);
    assert_int_equal(time_of("2024-12-09 12:00:00.25"), utc + 250000000);
    assert_int_equal(time_of("2024-12-9T12:00"), utc);
    assert_int_equal(time_of("2024-12-09T12:00:00+00:00"), utc);
    assert_int_equal(time_of("2024-12-09T12:00:00/tai"), NOON);
    assert_int_equal(time_of("isot/2024-12-09T12:00:00/TAI"), NOON);
    assert_int_equal(time_of("2024-12-09T12:00:00/tt"), NOON - INT64_C(32184000000));
    assert_int_equal(time_of("+02024-12-09T12:00:00"), utc);
    assert_int_equal(time_of("2024:344:12:00:00"), utc);
    assert_int_equal(time_of("2016-12-31T23:59:60"), INT64_C(1483228800000000000) + 36 * CB_NS_PER_S);
    assert_int_equal(time_of("2017-01-01T00:00:00"), INT64_C(1483228800000000000) + 37 * CB_NS_PER_S);
}

static void numbers_are_tai_unless_told(void **state)
{
    (void)state;
    assert_int_equal(time_of("60653.5"), NOON);
    assert_int_equal(time_of("mjd/60653.5"), NOON);
    assert_int_equal(time_of("60653.5/utc"), NOON + 37 * CB_NS_PER_S);
    assert_int_equal(time_of("jd/2460654.0"), NOON);
    assert_int_equal(time_of("unix/1733745600.0"), NOON + 37 * CB_NS_PER_S);
    assert_int_equal(time_of("cxcsec/0.0"), INT64_C(883612800) * CB_NS_PER_S - INT64_C(32184000000));
    assert_int_equal(time_of("jyear/2000.0"), INT64_C(946728000) * CB_NS_PER_S);
}

static void times_outside_the_repository_are_clipped(void **state)
{
    (void)state;
    assert_int_equal(time_of("1960-01-01T00:00:00"), 0);
    assert_int_equal(time_of("2200-01-01T00:00:00"), INT64_C(4102444800000000000));
    static const char *const early[] = { "0999-01-01", "0001:001", "unix/-99999999999.0", "gps/-9999999999.",
                                         "decimalyear/12.5" };
    static const char *const late[] = { "+12024-02-29T00:00:00", "unix/99999999999.0", "cxcsec/9999999999.",
                                        "decimalyear/60652.5" };
    for (size_t i = 0; i < sizeof early / sizeof early[0]; i++)
        assert_int_equal(time_of(early[i]), 0);
    for (size_t i = 0; i < sizeof late / sizeof late[0]; i++)
        assert_int_equal(time_of(late[i]), INT64_C(4102444800000000000));
}

/* Expected values: astropy 7, to the ns or to the rounding of its doubles. */
static void odd_times_are_those_of_astropy(void **state)
{
    (void)state;
    assert_int_equal(time_of("2023:343:12:01:61/tai"), INT64_C(1702123321000000000));
    assert_int_equal(time_of("2024-02-08T12:00:61/tt"), INT64_C(1707393628816000000));
    assert_int_equal(time_of("UNIX/10000.5"), INT64_C(10008500382015));
    assert_int_equal(time_of("1969:366:12:01:61/tt"), INT64_C(43288816000000));
    assert_int_equal(time_of("plot_date/739228.5"), INT64_C(1733659237000000000));
    assert_int_equal(time_of("60652.5/tcg") / 1000, INT64_C(1733659166761731));
    assert_int_equal(time_of("2024-12-09T00:00:62"), INT64_C(1733702499000000000));
}

static void a_scale_or_format_that_cannot_be_used_is_named(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        { "60652.5/tdb", "the time scale \"tdb\" is not supported: use utc, tai, tt or tcg" },
        { "mjd/60652.5/UT1", "the time scale \"ut1\" is not supported: use utc, tai, tt or tcg" },
        { "60652.5/foo", "unknown time scale \"foo\": expected utc, tai, tt or tcg" },
        { "foo/60652.5", "unknown time format \"foo\"" },
        { "ymdhms/2024-01-01/foo", "unknown time format \"ymdhms\"" }
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct cb_error reason = { 0 };
        int64_t ns = 0;
        assert_false(cb_where_time_parse(cases[i][0], strlen(cases[i][0]), &ns, &reason));
        assert_string_equal(reason.text, cases[i][1]);
    }
}

static void what_is_no_time_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = { "",
                                       "foo",
                                       "60652",
                                       "1.5e4",
                                       "2024-12",
                                       "2024-02-30",
                                       "24-12-09T00:00:00",
                                       "2024-12-09T00",
                                       "2024-12-09T24:00:00",
                                       "2024-12-09T00:00:00Z",
                                       "2024-12-09T00:00:00+01:00",
                                       "iso/2024-12-09T00:00:00",
                                       "isot/2024-12-09 00:00:00",
                                       "2024-12-09T00:00:00/foo",
                                       "foo/2024-12-09T00:00:00",
                                       "mjd/60652/tai/x",
                                       "mjd/nan",
                                       "jd/1e300",
                                       "+02024-12-9T00:00:00",
                                       "+02024-12-09T00:00",
                                       "2024-12-9T00:00:30.",
                                       "1733745600.0/utc",
                                       "2024-12-09/tcb",
                                       " 2024-12-09T00:00:00 " };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(time_of(bad[i]), -1);
}

int main(void)
{
    const struct CMUnitTest parse[] = {
        cmocka_unit_test(tokens_are_told_apart_in_order),
        cmocka_unit_test(errors_name_the_place),
        cmocka_unit_test(a_failed_item_leaks_nothing),
        cmocka_unit_test(uuids_are_read_as_python_reads_them),
        cmocka_unit_test(calendar_times_are_utc_unless_told),
        cmocka_unit_test(numbers_are_tai_unless_told),
        cmocka_unit_test(times_outside_the_repository_are_clipped),
        cmocka_unit_test(odd_times_are_those_of_astropy),
        cmocka_unit_test(a_scale_or_format_that_cannot_be_used_is_named),
        cmocka_unit_test(what_is_no_time_is_refused),
    };
    return cmocka_run_group_tests_name("syntax of where-expressions", parse, NULL, NULL);
}
