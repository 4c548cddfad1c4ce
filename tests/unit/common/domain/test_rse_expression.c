/* RSE expressions (rucio.md 6). */
#include "domain/rse_expression.h"

#include "support/spec.h"

#include <stdio.h>
#include <string.h>

static const struct cb_rse_attribute slac[] = { { "site", "usdf", false },
                                                { "tier", "1", false },
                                                { "fast", "true", true } };
static const struct cb_rse_attribute summit[] = { { "site", "summit", false },
                                                  { "tier", "2", false },
                                                  { "calib", "true", true },
                                                  { "rse_type", "DISK", false } };
static const struct cb_rse_attribute bts[] = {
    { "site", "bts", false }, { "tier", "two", false }, { "calib", "true", true }, { "fast", "false", true }
};
static const struct cb_rse rses[] = {
    { "SLAC_BUTLER_DISK", slac, 3, true },
    { "SUMMIT_CALIB_DISK", summit, 4, true },
    { "BASE_CALIB_DISK", bts, 4, false },
};

/* First letters of the members: "S" SLAC, "M" summit, "B" base; or the error. */
static const char *members(const char *expression, bool writable_only)
{
    static char text[256];
    bool member[3] = { false, false, false };
    struct cb_error err = { 0 };
    if (!cb_rse_expression_evaluate(expression, rses, 3, writable_only, member, &err)) {
        snprintf(text, sizeof text, "%s", err.text);
        return text;
    }
    snprintf(text, sizeof text, "%s%s%s", member[0] ? "S" : "", member[1] ? "M" : "", member[2] ? "B" : "");
    return text;
}

static void elements_select_by_name_tag_and_attribute(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        { "*", "SMB" },
        { "SLAC_BUTLER_DISK", "S" },
        { "calib", "MB" },
        { "fast", "S" },
        { "site=usdf", "S" },
        { "tier=2", "M" },
        { "tier<2", "S" },
        { "tier>0", "SM" },
        { "fast=True", "S" },
        { "fast=false", "B" },
        { "rse_type=DISK", "M" },
        { "SLAC_BUTLER_DISK=true", "S" },
        { "fast=1", CB_RSE_EMPTY },
        { "tier<x", CB_RSE_EMPTY },
        { "nothing", CB_RSE_EMPTY },
        { "site=USDF", CB_RSE_EMPTY },
        { "site", CB_RSE_EMPTY },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_string_equal(members(cases[i][0], false), cases[i][1]);
}

static void operators_go_from_left_to_right(void **state)
{
    (void)state;
    assert_string_equal(members("SLAC_BUTLER_DISK|BASE_CALIB_DISK|SUMMIT_CALIB_DISK", false), "SMB");
    assert_string_equal(members("SLAC_BUTLER_DISK|calib&site=bts", false), "B");
    assert_string_equal(members("SLAC_BUTLER_DISK|(calib&site=bts)", false), "SB");
    assert_string_equal(members("calib\\site=bts|fast", false), "SM");
    assert_string_equal(members("*\\(calib|fast)", false), CB_RSE_EMPTY);
    assert_string_equal(members("((calib|fast)&site=summit)", false), "M");
    assert_string_equal(members("*\\((site=bts))\\fast", false), "M");
}

static void syntax_is_told_from_parentheses(void **state)
{
    (void)state;
    static const char *const syntax[] = { "",        "()",   "A|",     "|A", "A||B", "A B",  "!A",
                                          "a>=1",    "a==b", "(A)(B)", "A*", "**",   "(A|)", "A&|B",
                                          "num<2.5", "A.B",  "A-",     "_A", "A__B", "a=",   "A\n" };
    static const char *const parentheses[] = { "(A", "A)", ")A(", "((A)", "(A))(" };
    for (size_t i = 0; i < sizeof syntax / sizeof syntax[0]; i++)
        assert_string_equal(members(syntax[i], false), CB_RSE_SYNTAX);
    for (size_t i = 0; i < sizeof parentheses / sizeof parentheses[0]; i++)
        assert_string_equal(members(parentheses[i], false), CB_RSE_PARENTHESES);
}

static void what_cannot_be_written_is_dropped_for_rules(void **state)
{
    (void)state;
    bool member[3];
    struct cb_error err = { 0 };
    assert_string_equal(members("calib", true), "M");
    assert_string_equal(members("BASE_CALIB_DISK", true), CB_RSE_WRITE_BLOCKED);
    assert_false(cb_rse_expression_evaluate("BASE_CALIB_DISK", rses, 3, true, member, &err));
    assert_int_equal(err.kind, CB_ERR_CONFLICT);
    assert_false(cb_rse_expression_evaluate("*", rses, 0, true, member, &err));
    assert_int_equal(err.kind, CB_ERR_NOT_FOUND);
}

static void deep_parentheses_and_long_texts_are_borne(void **state)
{
    (void)state;
    char text[6002];
    memset(text, '(', 1400);
    memcpy(text + 1400, "calib", 5);
    memset(text + 1405, ')', 1400);
    text[2805] = '\0';
    assert_string_equal(members(text, false), "MB");
    memset(text, 'A', 6001);
    text[6001] = '\0';
    assert_string_equal(members(text, false), CB_RSE_SYNTAX);
}

int main(void)
{
    const struct CMUnitTest rse[] = {
        cmocka_unit_test(elements_select_by_name_tag_and_attribute),
        cmocka_unit_test(operators_go_from_left_to_right),
        cmocka_unit_test(syntax_is_told_from_parentheses),
        cmocka_unit_test(what_cannot_be_written_is_dropped_for_rules),
        cmocka_unit_test(deep_parentheses_and_long_texts_are_borne),
    };
    return cmocka_run_group_tests_name("RSE expressions", rse, NULL, NULL);
}
