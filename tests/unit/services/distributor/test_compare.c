/* What the header of a processed exposure names, against what was distributed. */
#include "compare.h"

#include "support/spec.h"

#include <string.h>

static struct cb_header *header_of(const char *run, const char *id, const char *sha256)
{
    struct cb_header *header = cb_header_new();
    cb_header_set_string(header, "LSST CALIB RUN BIAS", run, "");
    cb_header_set_string(header, "LSST CALIB UUID BIAS", id, "");
    cb_header_set_string(header, "LSST CALIB SHA256 BIAS", sha256, "");
    return header;
}

static const struct expected bias = { "bias", "run1", "id1", "sum1" };
static const struct expected both[] = { { "bias", "run1", "id1", "sum1" },
                                        { "dark", "run2", "id2", "sum2" } };

static bool compare(struct cb_header *header, const struct expected *expected, size_t n, const char *wanted)
{
    cb_auto_bytes struct cb_bytes detail = CB_BYTES(4096);
    bool named = header_names(header, expected, n, &detail);
    assert_string_equal(cb_bytes_text(&detail), wanted);
    cb_header_free(header);
    return named;
}

static void passes_when_run_id_and_checksum_agree(void **state)
{
    (void)state;
    assert_true(compare(header_of("run1", "id1", "sum1"), &bias, 1, "bias id1 of run1"));
}

static void fails_for_another_run_dataset_or_content(void **state)
{
    (void)state;
    assert_false(
        compare(header_of("run0", "id1", "sum1"), &bias, 1, "bias: the header has RUN run0 instead of run1"));
    assert_false(
        compare(header_of("run1", "id0", "sum1"), &bias, 1, "bias: the header has UUID id0 instead of id1"));
    assert_false(compare(header_of("run1", "id1", "sum0"), &bias, 1,
                         "bias: the header has SHA256 sum0 instead of sum1"));
}

static void tells_every_type_and_fails_when_one_is_missing(void **state)
{
    (void)state;
    assert_false(compare(header_of("run1", "id1", "sum1"), both, 2,
                         "bias id1 of run1; dark: the header has RUN nothing instead of run2"));
}

static void nothing_expected_is_no_pass(void **state)
{
    (void)state;
    assert_false(compare(header_of("run1", "id1", "sum1"), NULL, 0, ""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(passes_when_run_id_and_checksum_agree),
        cmocka_unit_test(fails_for_another_run_dataset_or_content),
        cmocka_unit_test(tells_every_type_and_fails_when_one_is_missing),
        cmocka_unit_test(nothing_expected_is_no_pass),
    };
    return cmocka_run_group_tests_name("comparing headers", tests, NULL, NULL);
}
