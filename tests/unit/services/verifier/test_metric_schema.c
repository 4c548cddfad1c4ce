/* The Avro schema of metrics and its records. */
#include "metric_schema.h"
#include "service/topics.h"
#include "support/spec.h"

#include <jansson.h>
#include <string.h>

static json_t *fields_of(enum cb_verify_type type)
{
    cb_auto_bytes struct cb_bytes text = CB_BYTES(1 << 16);
    metric_schema(type, &text);
    json_t *root = json_loadb(cb_bytes_text(&text), text.size, 0, NULL);
    assert_non_null(root);
    json_t *fields = json_incref(json_object_get(root, "fields"));
    json_decref(root);
    return fields;
}

static const char *name_at(const json_t *fields, size_t i)
{
    return json_string_value(json_object_get(json_array_get(fields, i), "name"));
}

/* The order of sasquatch.md 2. */
static void common_fields_stand_in_the_order_of_sasquatch(void **state)
{
    (void)state;
    static const char *const names[] = { "id",
                                         "run",
                                         "dataset_type",
                                         "reference_package",
                                         "reference_package_version",
                                         "reference_package_timestamp",
                                         "run_timestamp",
                                         "timestamp",
                                         "dataset_tag",
                                         "detector",
                                         "patch",
                                         "skymap",
                                         "visit",
                                         "tract",
                                         "physical_filter",
                                         "instrument",
                                         "band",
                                         "exposure",
                                         "group",
                                         "day_obs" };
    json_t *fields = fields_of(CB_VERIFY_BIAS);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_string_equal(name_at(fields, i), names[i]);
    assert_string_equal(name_at(fields, 25), "MEAN_C00");
    assert_string_equal(name_at(fields, 25 + 5 * 16 - 1), "READ_NOISE_ADU_C17");
    assert_string_equal(name_at(fields, 25 + 5 * 16), "FAIL_MEAN");
    assert_int_equal(json_array_size(fields), 25 + 5 * 16 + 5);
    json_decref(fields);
}

static void each_type_has_its_topic(void **state)
{
    (void)state;
    for (int type = 0; type < CB_VERIFY_TYPES; type++) {
        char topic[48];
        metric_topic((enum cb_verify_type)type, topic, sizeof topic);
        assert_string_equal(cb_metric_topics[type].name, topic);
        assert_int_equal(cb_metric_topics[type].partitions, 1);
    }
    assert_null(cb_metric_topics[CB_VERIFY_TYPES].name);
}

static void no_field_is_there_twice(void **state)
{
    (void)state;
    for (int type = 0; type < CB_VERIFY_TYPES; type++) {
        json_t *fields = fields_of((enum cb_verify_type)type);
        for (size_t i = 0; i < json_array_size(fields); i++)
            for (size_t k = 0; k < i; k++)
                assert_string_not_equal(name_at(fields, i), name_at(fields, k));
        json_decref(fields);
    }
}

static void a_missing_metric_is_null_and_a_present_one_nine_bytes(void **state)
{
    (void)state;
    const struct metric_record record = { .id = "i",
                                          .run = "r",
                                          .instrument = "L",
                                          .physical_filter = "",
                                          .band = "",
                                          .dataset_tag = "daily",
                                          .calib_id = "",
                                          .vendor = "",
                                          .type = CB_VERIFY_DARK,
                                          .exposure = 2024120900012,
                                          .detector = 4,
                                          .day_obs = 20241209 };
    const struct metric_value value = { "NOISE", "C17", 5.5 };
    cb_auto_bytes struct cb_bytes none = CB_BYTES(4096), one = CB_BYTES(4096);
    metric_encode(&record, NULL, 0, &none);
    metric_encode(&record, &value, 1, &one);
    assert_int_equal(one.size - none.size, 8);
    /* four metrics of sixteen amplifiers, five tests without failures */
    assert_memory_equal(none.data + none.size - 69, (char[69]){ 0 }, 69);
    const struct metric_value failed = { "FAIL_NOISE", "", 3.0 };
    cb_auto_bytes struct cb_bytes three = CB_BYTES(4096);
    metric_encode(&record, &failed, 1, &three);
    assert_int_equal(three.size, none.size);
    assert_int_equal(((const unsigned char *)three.data)[three.size - 4], 6);
    char topic[48];
    metric_topic(CB_VERIFY_DARK, topic, sizeof topic);
    assert_string_equal(topic, "lsst.cp.verifyDark");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(common_fields_stand_in_the_order_of_sasquatch),
        cmocka_unit_test(each_type_has_its_topic),
        cmocka_unit_test(no_field_is_there_twice),
        cmocka_unit_test(a_missing_metric_is_null_and_a_present_one_nine_bytes),
    };
    return cmocka_run_group_tests_name("metric records", tests, NULL, NULL);
}
