/* Where-expressions as SQL with parameters. Sentences and decisions as lsst-daf-butler 30.2026.4300 gives
 * them. */
#include "domain/where.h"

#include "support/spec.h"

#include <stdio.h>
#include <string.h>

static const struct cb_where_context exposures = { .dimensions = CB_DIM(CB_INSTRUMENT) | CB_DIM(CB_EXPOSURE) |
                                                                 CB_DIM(CB_DAY_OBS) | CB_DIM(CB_GROUP) |
                                                                 CB_DIM(CB_PHYSICAL_FILTER) |
                                                                 CB_DIM(CB_BAND) };

/* SQL of an expression over exposures, parameters in brackets behind it; "ERR ..." when refused. */
static const char *sql_in(const char *expression, const struct cb_where_context *ctx)
{
    static char text[8192];
    cb_auto_where_sql sql = { 0 };
    struct cb_error err = { 0 };
    if (!cb_where_compile(expression, ctx, &sql, &err)) {
        snprintf(text, sizeof text, "ERR %s", err.text);
        assert_int_equal(err.kind, CB_ERR_INVALID);
        assert_null(sql.text);
        return text;
    }
    snprintf(text, sizeof text, "%s", sql.text);
    for (size_t i = 0; i < sql.n_params; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), " [%s]", sql.params[i].value);
    return text;
}

static const char *sql_of(const char *expression)
{
    return sql_in(expression, &exposures);
}

#define assert_sql(expression, expected) assert_string_equal(sql_of(expression), expected)

static void nothing_is_true_for_every_row(void **state)
{
    (void)state;
    assert_sql("", "TRUE");
    assert_sql(" \t\n", "TRUE");
}

static void a_key_is_read_from_the_table_of_the_query(void **state)
{
    (void)state;
    assert_sql("instrument='LSSTComCam' and exposure.day_obs=20241208",
               "((\"exposure\".\"instrument\" = $1::text) AND (\"exposure\".\"day_obs\" = $2::bigint))"
               " [LSSTComCam] [20241208]");
    assert_sql("instrument='L' and group='g'",
               "((\"exposure\".\"instrument\" = $1::text) AND (\"exposure\".\"group\" = $2::text)) [L] [g]");
    assert_sql(
        "instrument='L' and exposure.id = exposure",
        "((\"exposure\".\"instrument\" = $1::text) AND (\"exposure\".\"id\" = \"exposure\".\"id\")) [L]");
}

static void a_band_needs_the_filter_table_and_a_detector_its_own(void **state)
{
    (void)state;
    cb_auto_where_sql band = { 0 }, detector = { 0 };
    assert_true(cb_where_compile("band='r'", &exposures, &band, NULL));
    assert_string_equal(band.text, "(\"physical_filter\".\"band\" = $1::text)");
    assert_int_equal(band.elements, CB_DIM(CB_PHYSICAL_FILTER));
    assert_true(cb_where_compile("instrument='L' and detector.raft='R22'", &exposures, &detector, NULL));
    assert_int_equal(detector.elements, CB_DIM(CB_DETECTOR) | CB_DIM(CB_EXPOSURE));
    assert_true(detector.dimensions & CB_DIM(CB_DETECTOR));
}

static void a_dataset_table_may_hold_the_keys(void **state)
{
    (void)state;
    const struct cb_where_key keys[] = { { CB_DETECTOR, "\"t\".\"detector\"" },
                                         { CB_INSTRUMENT, "\"t\".\"instrument\"" } };
    const struct cb_where_dataset bias = { .name = "bias",
                                           .run = "\"run\".\"name\"",
                                           .timespan = "\"t\".\"timespan\"",
                                           .ingest_date = "\"d\".\"ingest_date\"" };
    const struct cb_where_context ctx = { .dimensions = CB_DIM(CB_DETECTOR),
                                          .keys = keys,
                                          .n_keys = 2,
                                          .datasets = &bias,
                                          .n_datasets = 1,
                                          .params_before = 3 };
    assert_string_equal(sql_in("instrument='L' and detector=3 and bias.run='x'", &ctx),
                        "((\"t\".\"instrument\" = $4::text) AND (\"t\".\"detector\" = $5::bigint) AND "
                        "(\"run\".\"name\" = $6::text)) [L] [3] [x]");
    assert_string_equal(
        sql_in("bias.timespan overlaps T'2024-06-01/tai' and ingest_date > T'2024-06-01/tai'", &ctx),
        "((\"t\".\"timespan\" @> $4::bigint) AND (\"d\".\"ingest_date\" > $5::bigint))"
        " [1717200000000000000] [1717200000000000000]");
    assert_string_equal(
        sql_in("dark.run='x'", &ctx),
        "ERR Cannot reference dataset type(s) {'dark'} that have not been joined. (line: 1, pos: 1)");
    assert_string_equal(
        sql_in("bias.foo='x'", &ctx),
        "ERR Identifier 'bias.foo' references dataset type 'bias' but field 'foo' is not valid for "
        "datasets. (line: 1, pos: 1)");
}

static void a_bare_name_is_no_field_of_what_is_only_joined(void **state)
{
    (void)state;
    const struct cb_where_dataset flat = { .name = "flat", .run = "\"r\".\"name\"", .is_joined = true };
    const struct cb_where_context ctx = { .dimensions = CB_DIM(CB_DETECTOR),
                                          .joined_dimensions =
                                              CB_DIM(CB_PHYSICAL_FILTER) | CB_DIM(CB_EXPOSURE),
                                          .datasets = &flat,
                                          .n_datasets = 1 };
    assert_string_equal(sql_in("flat.run = 'x'", &ctx), "(\"r\".\"name\" = $1::text) [x]");
    assert_string_equal(sql_in("run = 'x'", &ctx), "ERR Unrecognized identifier 'run'. (line: 1, pos: 1)");
    assert_string_equal(sql_in("seq_num = 1", &ctx),
                        "ERR Unrecognized identifier 'seq_num'. (line: 1, pos: 1)");
    assert_string_equal(sql_in("flat.foo = 1", &ctx),
                        "ERR Unrecognized identifier 'flat.foo'. (line: 1, pos: 1)");
}

static void wrong_types_are_told_before_what_is_not_joined(void **state)
{
    (void)state;
    assert_sql("dark.run = 'x' and seq_num = 'a'",
               "ERR Column types for comparison exposure.seq_num == 'a' do not agree (int, string). "
               "(line: 1, pos: 28)");
    assert_sql("exposure.timespan overlaps day_obs.timespan and dark.run = 'x'",
               "ERR Cannot reference dataset type(s) {'dark'} that have not been joined. (line: 1, pos: 49)");
}

static void precedence_is_or_and_not_comparison_sum_product(void **state)
{
    (void)state;
    assert_sql(
        "not seq_num=1 and seq_num=2 or seq_num=3",
        "(((NOT (\"exposure\".\"seq_num\" = $1::bigint)) AND (\"exposure\".\"seq_num\" = $2::bigint)) OR "
        "(\"exposure\".\"seq_num\" = $3::bigint)) [1] [2] [3]");
    assert_sql("seq_num+2*3 = 7",
               "((\"exposure\".\"seq_num\" + ($1::bigint * $2::bigint)) = $3::bigint) [2] [3] [7]");
    assert_sql("seq_num-2-3 = 7",
               "(((\"exposure\".\"seq_num\" - $1::bigint) - $2::bigint) = $3::bigint) [2] [3] [7]");
    assert_sql("- seq_num = -690", "((- \"exposure\".\"seq_num\") = $1::bigint) [-690]");
    assert_sql("not not seq_num=1", "(NOT (NOT (\"exposure\".\"seq_num\" = $1::bigint))) [1]");
}

static void in_gathers_literals_and_ranges(void **state)
{
    (void)state;
    assert_sql("seq_num in (44..63)",
               "((\"exposure\".\"seq_num\" BETWEEN $1::bigint AND $2::bigint)) [44] [63]");
    assert_sql("seq_num in (1..9:2)",
               "(((\"exposure\".\"seq_num\" BETWEEN $1::bigint AND $2::bigint) AND "
               "(\"exposure\".\"seq_num\" % $3::bigint = $4::bigint))) [1] [9] [2] [1]");
    assert_sql("seq_num in (-3..9:2)",
               "(((\"exposure\".\"seq_num\" BETWEEN $1::bigint AND $2::bigint) AND "
               "(\"exposure\".\"seq_num\" % $3::bigint = $4::bigint))) [-3] [9] [2] [1]");
    assert_sql("seq_num in (7..7:2)", "((\"exposure\".\"seq_num\" = $1::bigint)) [7]");
    assert_sql("seq_num not in (690,NULL,-1)",
               "(NOT ((\"exposure\".\"seq_num\" IS NULL) OR (\"exposure\".\"seq_num\" = ANY($1::bigint[]))))"
               " [{\"690\",\"-1\"}]");
    assert_sql(
        "seq_num in (690, 691.5, exposure_time)",
        "((\"exposure\".\"seq_num\" = \"exposure\".\"exposure_time\") OR "
        "(\"exposure\".\"seq_num\" = ANY($1::bigint[])) OR (\"exposure\".\"seq_num\" = ANY($2::numeric[])))"
        " [{\"690\"}] [{\"691.5\"}]");
    assert_sql("observation_type in ('bias', 'a\"b\\')",
               "((\"exposure\".\"observation_type\" = ANY($1::text[]))) [{\"bias\",\"a\\\"b\\\\\"}]");
    assert_sql("seq_num in (700..699)",
               "((\"exposure\".\"seq_num\" BETWEEN $1::bigint AND $2::bigint)) [700] [699]");
    assert_sql("seq_num in (690..600)", "ERR Range stop must be >= start. (line: 1, pos: 13)");
    assert_sql("exposure_time in (1..3)",
               "ERR Column exposure.exposure_time is not an integer. (line: 1, pos: 19)");
}

static void null_is_tested_by_equality_only(void **state)
{
    (void)state;
    assert_sql("target_name = NULL", "(\"exposure\".\"target_name\" IS NULL)");
    assert_sql("null != exposure.can_see_sky", "(\"exposure\".\"can_see_sky\" IS NOT NULL)");
    assert_sql("exposure.timespan = NULL", "(\"exposure\".\"timespan\" IS NULL)");
    assert_sql("seq_num < NULL", "ERR Invalid types int, null for binary operator '<' in expression seq_num "
                                 "< NULL. (line: 1, pos: 9)");
    assert_sql(
        "NULL = NULL",
        "ERR Invalid types null, null for binary operator '=' in expression NULL = NULL. (line: 1, pos: 6)");
}

static void types_must_agree(void **state)
{
    (void)state;
    assert_sql("seq_num='a'",
               "ERR Column types for comparison exposure.seq_num == 'a' do not agree (int, string). "
               "(line: 1, pos: 8)");
    assert_sql("seq_num = 690.0", "(\"exposure\".\"seq_num\" = $1::numeric) [690]");
    assert_sql("seq_num + 1.0 = 691",
               "ERR Column types for operator + do not agree (int, float). (line: 1, pos: 9)");
    assert_sql("observation_type + 'a' = 'b'",
               "ERR Invalid column type string for operator '+'. (line: 1, pos: 18)");
    assert_sql("exposure_time % 2.0 = 0.0",
               "ERR Invalid column type float for operator '%'. (line: 1, pos: 15)");
    assert_sql("1<seq_num<3", "ERR Invalid types bool, int for binary operator '<' in expression 1 < seq_num "
                              "< 3. (line: 1, pos: 10)");
    assert_sql("seq_num = 690..691", "ERR Invalid types int, range for binary operator '=' in expression "
                                     "seq_num = 690..691. (line: 1, pos: 9)");
    assert_sql(
        "not seq_num",
        "ERR Unary operator 'NOT' is not valid for operand of type int in NOT seq_num. (line: 1, pos: 1)");
    assert_sql("exposure.timespan < exposure.timespan",
               "ERR Invalid column type timespan for operator '<'. (line: 1, pos: 19)");
    assert_sql("exposure.can_see_sky = exposure.has_simulated",
               "ERR Invalid types bool, bool for binary operator '=' in expression exposure.can_see_sky = "
               "exposure.has_simulated. (line: 1, pos: 22)");
    assert_sql(
        "has_simulated and 'a'",
        "ERR Invalid types bool, string for binary operator 'AND' in expression has_simulated AND 'a'. "
        "(line: 1, pos: 19)");
    assert_sql(
        "seq_num or exposure_time",
        "ERR Invalid types int, float for binary operator 'OR' in expression seq_num OR exposure_time. "
        "(line: 1, pos: 1)");
    assert_sql("seq_num",
               "ERR Invalid types: the expression seq_num is int, not a condition. (line: 1, pos: 1)");
    assert_sql("seq_num = 99999999999999999999",
               "(\"exposure\".\"seq_num\" = $1::numeric) [99999999999999999999]");
    assert_sql("seq_num in (1, 99999999999999999999)",
               "((\"exposure\".\"seq_num\" = ANY($1::bigint[])) OR (\"exposure\".\"seq_num\" = "
               "ANY($2::numeric[]))) [{\"1\"}] [{\"99999999999999999999\"}]");
    assert_sql("exposure_time < 1e400", "(\"exposure\".\"exposure_time\" < $1::float8) [Infinity]");
    assert_sql("exposure_time = 0.1000000000000000055",
               "(\"exposure\".\"exposure_time\" = $1::numeric) [0.1]");
}

static void a_bool_column_stands_alone(void **state)
{
    (void)state;
    assert_sql("exposure.can_see_sky", "\"exposure\".\"can_see_sky\"");
    assert_sql("not has_simulated or can_see_sky",
               "((NOT \"exposure\".\"has_simulated\") OR \"exposure\".\"can_see_sky\")");
}

static void a_quotient_of_integers_is_exact(void **state)
{
    (void)state;
    assert_sql("seq_num / 100 = 6.9",
               "((\"exposure\".\"seq_num\" / CAST($1::bigint AS numeric)) = $2::numeric) [100] [6.9]");
}

static void names_are_resolved_over_the_query(void **state)
{
    (void)state;
    assert_sql("foo=1", "ERR Unrecognized identifier 'foo'. (line: 1, pos: 1)");
    assert_sql("Exposure=3", "ERR Unrecognized identifier 'Exposure'. (line: 1, pos: 1)");
    assert_sql("name='x'",
               "ERR Ambiguous identifier 'name' matches multiple fields: 'band.name', 'group.name', "
               "'instrument.name', 'physical_filter.name'. (line: 1, pos: 1)");
    assert_sql("timespan.begin = NULL", "ERR Ambiguous identifier 'timespan' matches multiple fields: "
                                        "'day_obs.timespan', 'exposure.timespan'. (line: 1, pos: 1)");
    assert_sql("exposure.foo=1", "ERR Unrecognized field 'foo' for exposure. (line: 1, pos: 1)");
    assert_sql("exposure.band='r'", "ERR Unrecognized field 'band' for exposure. (line: 1, pos: 1)");
    assert_sql("zzz.id=1", "ERR Unrecognized identifier 'zzz.id'. (line: 1, pos: 1)");
    assert_sql("full_name='x'", "ERR Unrecognized identifier 'full_name'. (line: 1, pos: 1)");
    assert_sql("exposure.seq_num.begin = NULL",
               "ERR Invalid column type int for operator 'begin_of'. (line: 1, pos: 1)");
}

static void a_dimension_of_an_instrument_needs_the_instrument(void **state)
{
    (void)state;
    const char *refused =
        "ERR Query 'where' expression references a dimension dependent on instrument without "
        "constraining it directly.";
    assert_sql("exposure=1", refused);
    assert_sql("exposure.obs_id='a'", refused);
    assert_sql("instrument = NULL and exposure = 5", refused);
    assert_sql("instrument in (NULL) and exposure = 5", refused);
    assert_sql("exposure.seq_num=690", "(\"exposure\".\"seq_num\" = $1::bigint) [690]");
    assert_sql("band = 'r'", "(\"physical_filter\".\"band\" = $1::text) [r]");
    assert_true(strncmp(sql_of("exposure=5 or instrument!='L'"), "ERR", 3) != 0);
    assert_true(strncmp(sql_of("glob(instrument,'LSST*') and exposure>3"), "ERR", 3) != 0);
    assert_true(strncmp(sql_of("exposure.instrument in ('L') and exposure>3"), "ERR", 3) != 0);
}

static void the_default_data_id_gives_the_instrument(void **state)
{
    (void)state;
    struct cb_where_context ctx = exposures;
    ctx.default_instrument = "LSSTComCam";
    assert_string_equal(sql_in("exposure>5", &ctx),
                        "(\"exposure\".\"id\" > $1::bigint) AND "
                        "(\"exposure\".\"instrument\" = $2::text) [5] [LSSTComCam]");
    assert_string_equal(sql_in("seq_num=5", &ctx),
                        "(\"exposure\".\"seq_num\" = $1::bigint) AND "
                        "(\"exposure\".\"instrument\" = $2::text) [5] [LSSTComCam]");
}

static void timespans_overlap_ranges_and_times(void **state)
{
    (void)state;
    assert_sql("exposure.timespan overlaps (T'2024-12-08T20:00:00/tai', NULL)",
               "(\"exposure\".\"timespan\" && $1::int8range) [[1733688000000000000,)]");
    assert_sql("T'2024-12-08T20:00:00/tai' overlaps exposure.timespan",
               "($1::bigint <@ \"exposure\".\"timespan\") [1733688000000000000]");
    assert_sql("exposure.timespan overlaps (T'2024-01-01T00:00:00', T'2023-01-01T00:00:00')",
               "(\"exposure\".\"timespan\" && $1::int8range) [empty]");
    assert_sql("exposure.timespan.begin >= T'2024-12-08T20:00:00'",
               "(coalesce(lower(\"exposure\".\"timespan\"), 0) >= $1::bigint) [1733688037000000000]");
    assert_sql("exposure.timespan.end < T'2024-12-08T20:00:00/tai'",
               "(coalesce(upper(\"exposure\".\"timespan\"), 0) < $1::bigint) [1733688000000000000]");
    assert_sql("exposure.timespan overlaps ('2024-01-01','2025-01-01')",
               "ERR Invalid type in timespan tuple \"('2024-01-01', '2025-01-01')\" (Note that date/time "
               "strings must be "
               "preceded by \"T\" to be recognized). (line: 1, pos: 28)");
    assert_sql("exposure.timespan overlaps day_obs.timespan",
               "ERR Temporal join between exposure and day_obs is not necessary. (line: 1, pos: 19)");
    assert_sql("exposure.timespan overlaps seq_num",
               "ERR Column types for comparison exposure.timespan OVERLAPS exposure.seq_num do not agree "
               "(timespan, int). "
               "(line: 1, pos: 19)");
    assert_sql("seq_num = T'2024-12-08T20:00:00'", "ERR Column types for comparison exposure.seq_num == "
                                                   "2024-12-08T20:00:37 do not agree (int, datetime). "
                                                   "(line: 1, pos: 9)");
}

static void glob_becomes_like_with_its_own_wildcards_escaped(void **state)
{
    (void)state;
    assert_sql("glob(target_name, 'a*b?c%d_e\\*f')",
               "(\"exposure\".\"target_name\" LIKE $1::text ESCAPE E'\\\\') [a%b_c\\%d\\_e*f]");
    assert_sql(
        "glob(target_name, 'a\\\\*')", /* as the butler has it: LIKE is given one backslash, and escapes */
        "(\"exposure\".\"target_name\" LIKE $1::text ESCAPE E'\\\\') [a\\%]");
    assert_sql("glob(target_name, 'a\\\\')",
               "(\"exposure\".\"target_name\" LIKE $1::text ESCAPE E'\\\\') [a\\\\]");
    assert_sql("glob(target_name, '\\a\\\\\\b')",
               "(\"exposure\".\"target_name\" LIKE $1::text ESCAPE E'\\\\') [\\a\\\\b]");
    assert_sql("glob(target_name, '*')", "TRUE");
    assert_sql("glob(seq_num, '*1')", "ERR glob() first argument must be a string column. (line: 1, pos: 1)");
    assert_sql("f(seq_num)", "ERR Unknown function 'f' in expression (line: 1, pos: 1)");
}

static void binds_are_values_before_anything_else(void **state)
{
    (void)state;
    const struct cb_where_value one[] = { { CB_TYPE_INT, "690" } };
    const struct cb_where_value list[] = { { CB_TYPE_STRING, "bias" }, { CB_TYPE_STRING, "it's" } };
    const struct cb_where_value mixed[] = { { CB_TYPE_STRING, "bias" }, { CB_TYPE_INT, "1" } };
    const struct cb_where_bind binds[] = { { "n", false, one, 1 },
                                           { "types", true, list, 2 },
                                           { "none", true, NULL, 0 },
                                           { "mixed", true, mixed, 2 },
                                           { "seq_start", false, one, 1 } };
    struct cb_where_context ctx = exposures;
    ctx.binds = binds;
    ctx.n_binds = 5;
    assert_string_equal(sql_in("seq_num = :n", &ctx), "(\"exposure\".\"seq_num\" = $1::bigint) [690]");
    assert_string_equal(sql_in("seq_num = seq_start", &ctx), "(\"exposure\".\"seq_num\" = $1::bigint) [690]");
    assert_string_equal(sql_in("observation_type in (types)", &ctx),
                        "((\"exposure\".\"observation_type\" = ANY($1::text[]))) [{\"bias\",\"it's\"}]");
    assert_string_equal(sql_in("observation_type in (:none)", &ctx), "(FALSE)");
    assert_string_equal(sql_in("observation_type not in (:none)", &ctx), "(NOT (FALSE))");
    assert_string_equal(sql_in("- n in (:none)", &ctx), /* a parameter that is not in the text has no type */
                        "(FALSE AND ((- $1::bigint)) IS NULL) [690]");
    assert_string_equal(sql_in("observation_type in (:mixed)", &ctx),
                        "ERR Mismatched types in bind iterable 'mixed': string and int. (line: 1, pos: 22)");
    assert_string_equal(
        sql_in("seq_num in (:types)", &ctx),
        "ERR Column types for membership test exposure.seq_num IN :types do not agree (int, string). "
        "(line: 1, pos: 13)");
    assert_string_equal(
        sql_in("observation_type = :types", &ctx),
        "ERR Invalid types string, sequence for binary operator '=' in expression observation_type = :types. "
        "(line: 1, pos: 18)");
    assert_string_equal(sql_in("seq_num = :x", &ctx),
                        "ERR Name 'x' is not in the bind map. (line: 1, pos: 11)");
}

static void uuids_are_compared_as_such(void **state)
{
    (void)state;
    const struct cb_where_dataset bias = { .name = "bias", .dataset_id = "\"d\".\"id\"" };
    struct cb_where_context ctx = exposures;
    ctx.datasets = &bias;
    ctx.n_datasets = 1;
    assert_string_equal(sql_in("bias.dataset_id = uuid('840b31d9-05cd-5161-b2c8-00d32b280d0f')", &ctx),
                        "(\"d\".\"id\" = $1::uuid) [840b31d9-05cd-5161-b2c8-00d32b280d0f]");
    assert_string_equal(
        sql_in("bias.run = 'x'", &ctx),
        "ERR Field 'run' of dataset type 'bias' is not available in this query. (line: 1, pos: 1)");
}

static void no_text_of_the_expression_reaches_the_sql(void **state)
{
    (void)state;
    const char *sql = sql_of("target_name = 'x\"; DROP TABLE exposure; --'");
    assert_string_equal(sql, "(\"exposure\".\"target_name\" = $1::text) [x\"; DROP TABLE exposure; --]");
}

/* The selections of DMTN-222 section 7, as the shell hands them over (continued lines leave their blanks). */
static void the_selections_of_the_worked_example_compile(void **state)
{
    (void)state;
    static const char *const selections[] = {
        "instrument='LSSTComCam' and     ((exposure.day_obs=20241208 and exposure.seq_num >= 696) or     "
        "(exposure.day_obs=20241206 and exposure.seq_num >=427)) and     exposure.observation_type='bias'",
        "instrument='LSSTComCam' and     ((exposure.day_obs=20241208 and exposure.seq_num >= 696) or     "
        "(exposure.day_obs=20241206 and exposure.seq_num >=427)) and     exposure.observation_type='dark'",
        "instrument='LSSTComCam' and     exposure.day_obs=20240806 and exposure.science_program='BLOCK-T68' "
        "and     "
        "exposure.observation_reason='flat' and physical_filter='r_03'",
        "instrument='LSSTComCam' and     exposure.day_obs=20240806 and     "
        "exposure.science_program='BLOCK-T68' and     "
        "exposure.observation_reason='comcam_ptc' and     physical_filter='r_03'",
        "instrument='LSSTComCam' and     exposure.day_obs=20241110 and exposure.seq_num in (44..63)",
        "instrument='LSSTComCam' and     exposure.day_obs=20241126 and exposure.seq_num in (21..40)",
        "instrument='LSSTComCam' and     exposure.day_obs=20241111 and exposure.seq_num in (17..36)",
        "instrument='LSSTComCam' and     exposure.day_obs=20241120 and exposure.seq_num in (41..64) and "
        "exposure.seq_num != 58",
        "instrument='LSSTComCam' and     exposure.day_obs=20241112 and exposure.seq_num in (28..48)",
        "instrument='LSSTComCam' and     exposure.day_obs=20241119 and exposure.seq_num in (21..36)",
        "instrument='LSSTComCam' and     exposure in "
        "(2024120100160,2024120700307,2024120700297,2024120300156,"
        "    2024120700339,2024112000223)",
        "instrument='LSSTComCam' and     exposure in "
        "(2024102100509,2024102600031,2024102900175,2024110100164,"
        "    2024110800008,2024111200387,2024111600316,2024112200390,2024112300315)",
        "instrument='LSSTComCam' and detector in (5, 8)",
        "instrument='LSSTComCam'",
    };
    struct cb_where_context ctx = exposures;
    ctx.dimensions |= CB_DIM(CB_DETECTOR);
    for (size_t i = 0; i < sizeof selections / sizeof selections[0]; i++) {
        cb_auto_where_sql sql = { 0 };
        struct cb_error err = { 0 };
        if (!cb_where_compile(selections[i], &ctx, &sql, &err))
            fail_msg("%s", err.text);
        assert_true(sql.n_params > 0);
    }
    assert_sql(
        selections[0],
        "((\"exposure\".\"instrument\" = $1::text) AND (((\"exposure\".\"day_obs\" = $2::bigint) AND "
        "(\"exposure\".\"seq_num\" >= $3::bigint)) OR ((\"exposure\".\"day_obs\" = $4::bigint) AND "
        "(\"exposure\".\"seq_num\" >= $5::bigint))) AND (\"exposure\".\"observation_type\" = $6::text))"
        " [LSSTComCam] [20241208] [696] [20241206] [427] [bias]");
}

static void the_misprinted_selection_is_refused_at_its_second_and(void **state)
{
    (void)state;
    assert_sql("instrument='LSSTComCam' and     exposure.day_obs=20240806 and     and "
               "exposure.science_program='BLOCK-T68'",
               "ERR Failed to parse expression 'instrument='LSSTComCam' and     exposure.day_obs=20240806 "
               "and     and "
               "exposure.science_program='BLOCK-T68'': Syntax error at or near 'AND' (line: 1, pos: 67)");
    assert_sql("a=1 and \\ and b=2",
               "ERR Failed to parse expression 'a=1 and \\ and b=2': Unexpected character at position 8");
}

/* `count` times `before`, `middle`, `count` times `after`. */
static const char *nested(size_t count, const char *before, const char *middle, const char *after)
{
    static char text[1500000];
    size_t length = 0;
    for (size_t i = 0; i < count; i++)
        length += (size_t)snprintf(text + length, sizeof text - length, "%s", before);
    length += (size_t)snprintf(text + length, sizeof text - length, "%s", middle);
    for (size_t i = 0; i < count; i++)
        length += (size_t)snprintf(text + length, sizeof text - length, "%s", after);
    return text;
}

static void nine_hundred_levels_are_taken_and_a_hundred_thousand_refused(void **state)
{
    (void)state;
    static const char *const kinds[][3] = {
        { "(", "seq_num=1", ")" },   { "not ", "seq_num=1", "" }, { "-", "seq_num=1", "" },
        { "", "seq_num", "+1" },     { "(1+", "seq_num", ")" },   { "not (", "seq_num=1", ")" },
        { "", "seq_num=1", " = 1" }, { "f(", "1", ")" },          { "((NULL,", "NULL", "),NULL)" },
    };
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        const char *answer = sql_of(nested(400, kinds[i][0], kinds[i][1], kinds[i][2]));
        assert_null(strstr(answer, "nested more"));
        answer = sql_of(nested(100000, kinds[i][0], kinds[i][1], kinds[i][2]));
        assert_non_null(strstr(answer, "nested more than 1000 levels deep"));
        assert_non_null(strstr(answer, "(line: 1, pos: "));
    }
    assert_null(strstr(sql_of(nested(950, "(", "seq_num=1", ")")), "ERR"));
    assert_null(strstr(sql_of(nested(950, "not ", "seq_num=1", "")), "ERR"));
}

static void long_lists_are_taken(void **state)
{
    (void)state;
    static char text[400000];
    size_t length = 0;
    for (int i = 0; i < 5000; i++)
        length +=
            (size_t)snprintf(text + length, sizeof text - length, "%sseq_num=%d", i > 0 ? " or " : "", i);
    cb_auto_where_sql sql = { 0 };
    assert_true(cb_where_compile(text, &exposures, &sql, NULL));
    assert_int_equal(sql.n_params, 5000);
}

int main(void)
{
    const struct CMUnitTest where[] = {
        cmocka_unit_test(nothing_is_true_for_every_row),
        cmocka_unit_test(a_key_is_read_from_the_table_of_the_query),
        cmocka_unit_test(a_band_needs_the_filter_table_and_a_detector_its_own),
        cmocka_unit_test(a_dataset_table_may_hold_the_keys),
        cmocka_unit_test(a_bare_name_is_no_field_of_what_is_only_joined),
        cmocka_unit_test(wrong_types_are_told_before_what_is_not_joined),
        cmocka_unit_test(precedence_is_or_and_not_comparison_sum_product),
        cmocka_unit_test(in_gathers_literals_and_ranges),
        cmocka_unit_test(null_is_tested_by_equality_only),
        cmocka_unit_test(types_must_agree),
        cmocka_unit_test(a_bool_column_stands_alone),
        cmocka_unit_test(a_quotient_of_integers_is_exact),
        cmocka_unit_test(names_are_resolved_over_the_query),
        cmocka_unit_test(a_dimension_of_an_instrument_needs_the_instrument),
        cmocka_unit_test(the_default_data_id_gives_the_instrument),
        cmocka_unit_test(timespans_overlap_ranges_and_times),
        cmocka_unit_test(glob_becomes_like_with_its_own_wildcards_escaped),
        cmocka_unit_test(binds_are_values_before_anything_else),
        cmocka_unit_test(uuids_are_compared_as_such),
        cmocka_unit_test(no_text_of_the_expression_reaches_the_sql),
        cmocka_unit_test(the_selections_of_the_worked_example_compile),
        cmocka_unit_test(the_misprinted_selection_is_refused_at_its_second_and),
        cmocka_unit_test(nine_hundred_levels_are_taken_and_a_hundred_thousand_refused),
        cmocka_unit_test(long_lists_are_taken),
    };
    return cmocka_run_group_tests_name("where-expressions", where, NULL, NULL);
}
