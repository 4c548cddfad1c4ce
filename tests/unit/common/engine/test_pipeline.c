/* Pipelines: imports, configuration, contracts, and what is refused with its name. */
#include "engine/pipeline.h"
#include "files.h"
#include "support/spec.h"

#define DEPLOY CB_GOLDEN "/../../deploy/cp_pipe"
#define SHIPPED DEPLOY "/pipelines/LSSTComCam/"

static struct files files;
static const char *const variables[] = { "CP_PIPE_DIR=" DEPLOY, NULL };

static int open_files(void **state)
{
    (void)state;
    files_open(&files);
    return 0;
}

static int close_files(void **state)
{
    (void)state;
    files_close(&files);
    return 0;
}

static struct cb_pipeline *load(const char *location, struct cb_error *err)
{
    const struct cb_environment environment = { .entry = variables };
    struct cb_pipeline *pipeline = NULL;
    return cb_pipeline_load(location, &environment, NULL, 0, &pipeline, err) ? pipeline : NULL;
}

static void every_shipped_pipeline_loads(void **state)
{
    (void)state;
    static const char *const names[] = { "cpBiasBootstrap", "cpDarkBootstrap", "cpFlatBootstrap", "cpBias",
                                         "cpDark",          "cpFlat",          "deploymentCheck" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct cb_error err = { 0 };
        cb_auto(cb_free) char *path = cb_xasprintf(SHIPPED "%s.yaml", names[i]);
        cb_auto(cb_pipeline_free) struct cb_pipeline *pipeline = load(path, &err);
        assert_string_equal(err.text, "");
        assert_non_null(pipeline);
    }
}

static void the_importing_file_wins_key_by_key(void **state)
{
    (void)state;
    struct cb_error err = { 0 };
    cb_auto(cb_pipeline_free) struct cb_pipeline *pipeline = load(SHIPPED "cpFlat.yaml", &err);
    assert_string_equal(err.text, "");
    const struct cb_pipeline_task *combine = cb_pipeline_find(pipeline, "cpFlatCombine");
    assert_string_equal(cb_config_text(combine->config, "flatSource"), "TWILIGHT");
    assert_string_equal(cb_config_text(combine->config, "exposureScaling"), "InputList");
    assert_string_equal(cb_pipeline_dataset_type(combine, "outputData"), "flat");
    assert_string_equal(cb_pipeline_producer(pipeline, "cpFlatNormScales")->label, "cpFlatNormalize");
    assert_string_equal(pipeline->task[pipeline->tasks - 1].label, "cpFlatCombine");
}

static void a_formatted_pipeline_reads_back_the_same(void **state)
{
    (void)state;
    struct cb_error err = { 0 };
    cb_auto(cb_pipeline_free) struct cb_pipeline *pipeline = load(SHIPPED "cpDark.yaml", &err), *again = NULL;
    cb_auto_bytes struct cb_bytes text = CB_BYTES(1U << 20), twice = CB_BYTES(1U << 20);
    assert_string_equal(err.text, "");
    cb_pipeline_format(pipeline, &text);
    if (!cb_pipeline_parse(cb_bytes_text(&text), "again", &again, &err))
        fail_msg("%s", err.text);
    cb_pipeline_format(again, &twice);
    assert_string_equal(cb_bytes_text(&text), cb_bytes_text(&twice));
    assert_true(cb_config_flag(cb_pipeline_find(again, "cpDarkIsr")->config, "doBias"));
}

static void refuse(const char *text, enum cb_err_kind kind, const char *part)
{
    struct cb_error err = { 0 };
    assert_null(load(files_add(&files, "x.yaml", text), &err));
    if (strstr(err.text, part) == NULL)
        fail_msg("\"%s\" lacks \"%s\"", err.text, part);
    assert_int_equal(err.kind, kind);
}

static void a_python_block_is_named_with_file_task_and_line(void **state)
{
    (void)state;
    refuse("tasks:\n  isr:\n    class: lsst.cp.pipe.CpFlatMeasureTask\n    config:\n      python: |\n        "
           "x = 1\n",
           CB_ERR_INVALID, "x.yaml:5");
    refuse("tasks:\n  isr:\n    class: lsst.cp.pipe.CpFlatMeasureTask\n    config:\n      python: |\n        "
           "x = 1\n",
           CB_ERR_INVALID, "task \"isr\" configures itself by a python block");
}

static void unknown_classes_fields_and_connections_are_named(void **state)
{
    (void)state;
    refuse("tasks:\n  a:\n    class: lsst.cp.pipe.CalibCombinTask\n", CB_ERR_NOT_FOUND,
           "there is no task class \"lsst.cp.pipe.CalibCombinTask\" (do you mean "
           "\"lsst.cp.pipe.CalibCombineTask\"?)");
    refuse("tasks:\n  a:\n    class: lsst.cp.pipe.CalibCombineTask\n    config: {exposureScalin: Unity}\n",
           CB_ERR_NOT_FOUND, "config field \"exposureScalin\" (do you mean \"exposureScaling\"?)");
    refuse("tasks:\n  a:\n    class: lsst.cp.pipe.CalibCombineTask\n    config: {connections.nothing: x}\n",
           CB_ERR_NOT_FOUND, "has no connection \"nothing\"");
    refuse("tasks:\n  a:\n    class: lsst.cp.pipe.CalibCombineTask\n    config: {clip: wide}\n",
           CB_ERR_INVALID, "config field \"clip\" takes a number");
    refuse("tasks:\n  a:\n    class: lsst.cp.pipe.CalibCombineTask\n    config: {exposureScaling: Fuzzy}\n",
           CB_ERR_INVALID, "exposureScaling: Fuzzy cannot be run here");
    refuse("tasks:\n  a: lsst.ip.isr.IsrTaskLSST\n", CB_ERR_INVALID,
           "doCheckUnprocessableData: true cannot be run");
}

static void a_contract_that_does_not_hold_is_said(void **state)
{
    (void)state;
    refuse("tasks:\n  a: lsst.cp.pipe.CalibCombineTask\ncontracts:\n- a.exposureScaling == \"DarkTime\"\n",
           CB_ERR_INVALID, "contract does not hold: a.exposureScaling == \"DarkTime\"");
    refuse("tasks:\n  a: lsst.cp.pipe.CalibCombineTask\ncontracts:\n- b.exposureScaling == \"DarkTime\"\n",
           CB_ERR_INVALID, "there is no \"b.exposureScaling\"");
    refuse("tasks:\n  a: lsst.cp.pipe.CalibCombineTask\ncontracts:\n- a.nIter > 5 or not a.checkNoData\n",
           CB_ERR_INVALID, "contract does not hold");
}

static void tasks_can_be_excluded_and_selected(void **state)
{
    (void)state;
    struct cb_error err = { 0 };
    const char *base =
        files_add(&files, "base.yaml",
                  "parameters: {scale: DarkTime}\n"
                  "tasks:\n  a:\n    class: lsst.cp.pipe.CalibCombineTask\n"
                  "    config: {exposureScaling: parameters.scale, connections.outputData: dark}\n"
                  "  b: lsst.cp.pipe.CpFlatMeasureTask\n"
                  "subsets: {both: [a, b]}\n"
                  "contracts: [b.numSigmaClip == 3.0]\n");
    const char *top = files_add(
        &files, "top.yaml", "imports:\n- location: base.yaml\n  exclude: b\nparameters: {scale: Unity}\n");
    cb_auto(cb_pipeline_free) struct cb_pipeline *pipeline = load(top, &err);
    assert_string_equal(err.text, "");
    assert_int_equal(pipeline->tasks, 1);
    assert_string_equal(cb_config_text(pipeline->task[0].config, "exposureScaling"), "Unity");
    cb_auto(cb_free) char *chosen = cb_xasprintf("%s#b", base);
    cb_auto(cb_pipeline_free) struct cb_pipeline *one = load(chosen, &err);
    assert_int_equal(one->tasks, 1);
    assert_string_equal(one->task[0].label, "b");
    cb_auto(cb_free) char *set = cb_xasprintf("%s#both", base);
    cb_auto(cb_pipeline_free) struct cb_pipeline *two = load(set, &err);
    assert_int_equal(two->tasks, 2);
    cb_auto(cb_free) char *wrong = cb_xasprintf("%s#c", base);
    assert_null(load(wrong, &err));
    assert_non_null(strstr(err.text, "there is no task or subset \"c\""));
}

static void overrides_are_applied_last(void **state)
{
    (void)state;
    struct cb_error err = { 0 };
    const struct cb_environment environment = { .entry = variables };
    struct cb_override good[] = { { (char *)"cpBiasCombine", (char *)"clip", (char *)"4" },
                                  { (char *)"cpBiasIsr", (char *)"integerDitherMode", (char *)"NONE" } };
    struct cb_override bad[] = { { (char *)"nobody", (char *)"clip", (char *)"4" } };
    struct cb_pipeline *pipeline = NULL;
    assert_true(cb_pipeline_load(SHIPPED "cpBias.yaml", &environment, good, 2, &pipeline, &err));
    assert_close(cb_config_real(cb_pipeline_find(pipeline, "cpBiasCombine")->config, "clip"), 4.0, 0.0);
    cb_pipeline_free(pipeline);
    assert_false(cb_pipeline_load(SHIPPED "cpBias.yaml", &environment, bad, 1, &pipeline, &err));
    assert_non_null(strstr(err.text, "the pipeline has no task \"nobody\""));
}

static void files_that_import_each_other_end(void **state)
{
    (void)state;
    struct cb_error err = { 0 };
    const char *path = files_add(&files, "loop.yaml", "imports: loop.yaml\n");
    assert_null(load(path, &err));
    assert_non_null(strstr(err.text, "import each other without end"));
}

int main(void)
{
    const struct CMUnitTest pipeline[] = {
        cmocka_unit_test(every_shipped_pipeline_loads),
        cmocka_unit_test(the_importing_file_wins_key_by_key),
        cmocka_unit_test(a_formatted_pipeline_reads_back_the_same),
        cmocka_unit_test_setup_teardown(a_python_block_is_named_with_file_task_and_line, open_files,
                                        close_files),
        cmocka_unit_test_setup_teardown(unknown_classes_fields_and_connections_are_named, open_files,
                                        close_files),
        cmocka_unit_test_setup_teardown(a_contract_that_does_not_hold_is_said, open_files, close_files),
        cmocka_unit_test_setup_teardown(tasks_can_be_excluded_and_selected, open_files, close_files),
        cmocka_unit_test(overrides_are_applied_last),
        cmocka_unit_test_setup_teardown(files_that_import_each_other_end, open_files, close_files),
    };
    return cmocka_run_group_tests_name("pipeline", pipeline, NULL, NULL);
}
