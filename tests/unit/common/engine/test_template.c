/* bps templates: what is filled in, from where, and what is refused. */
#include "engine/template.h"
#include "files.h"
#include "support/spec.h"

#define SHIPPED CB_GOLDEN "/../../deploy/cp_pipe/bps/templates/"
#define STAMP "20241210T010203Z"

static struct files files;

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

static const char *const campaign[] = {
    "CP_PIPE_DIR=/opt/cp_pipe",
    "USER_CALIB_PREFIX=",
    "INSTRUMENT=LSSTComCam",
    "TICKET=DM-48520",
    "TAG=DP1",
    "RERUN=20250207a",
    "REPO=/repo/main",
    "BOOTSTRAP_RUN_NUMBER=1",
    "RAW_COLLECTION=LSSTComCam/raw/all",
    "CALIB_COLLECTIONS=LSSTComCam/calib/DM-48650,   LSSTComCam/calib/DM-47447/gainFixup/ptc.20241107a,\n   "
    "LSSTComCam/calib/DM-46360/isrTaskLSST/ptc.20240926a",
    "SELECTION_BIAS=instrument='LSSTComCam' and exposure.observation_type='bias'",
    "SELECTION_FLAT_r=exposure.seq_num in (17..36)",
    NULL,
};

static struct cb_template *load(const char *path, const char *const *environment, struct cb_error *err)
{
    const struct cb_environment given = { .entry = environment };
    struct cb_template *template = NULL;
    return cb_template_load(path, &given, STAMP, NULL, &template, err) ? template : NULL;
}

static void the_shipped_bias_template_gives_the_names_of_the_technote(void **state)
{
    (void)state;
    struct cb_error err = { 0 };
    cb_auto(cb_template_free) struct cb_template *template = load(SHIPPED "bps_bias.yaml", campaign, &err);
    assert_string_equal(err.text, "");
    assert_string_equal(template->pipeline, "/opt/cp_pipe/pipelines/LSSTComCam/cpBias.yaml");
    assert_string_equal(template->output, "LSSTComCam/calib/DM-48520/DP1/biasGen.20250207a");
    assert_string_equal(template->output_run, "LSSTComCam/calib/DM-48520/DP1/biasGen.20250207a/" STAMP);
    assert_string_equal(template->repository, "/repo/main");
    assert_string_equal(template->where, "instrument='LSSTComCam' and exposure.observation_type='bias'");
    assert_int_equal(template->inputs.count, 5);
    assert_string_equal(template->inputs.at[0], "LSSTComCam/calib/DM-48520");
    assert_string_equal(template->inputs.at[1], "LSSTComCam/raw/all");
    assert_string_equal(template->inputs.at[4], "LSSTComCam/calib/DM-46360/isrTaskLSST/ptc.20240926a");
}

static void a_bootstrap_has_a_run_number_and_falls_back_to_the_plain_selection(void **state)
{
    (void)state;
    struct cb_error err = { 0 };
    cb_auto(cb_template_free) struct cb_template *template =
        load(SHIPPED "bps_biasBootstrap.yaml", campaign, &err);
    assert_string_equal(err.text, "");
    assert_string_equal(template->output_run,
                        "LSSTComCam/calib/DM-48520/DP1/biasBootstrapGen.20250207a/run1");
    assert_string_equal(template->where, "instrument='LSSTComCam' and exposure.observation_type='bias'");
}

static void a_flat_is_of_its_band_only(void **state)
{
    (void)state;
    struct cb_error err = { 0 };
    cb_auto(cb_template_free) struct cb_template *template = load(SHIPPED "bps_flat_r.yaml", campaign, &err);
    assert_string_equal(err.text, "");
    assert_string_equal(template->where, "(exposure.seq_num in (17..36)) and band='r'");
    assert_string_equal(template->output, "LSSTComCam/calib/DM-48520/DP1/flatGen-r.20250207a");
}

static void an_unset_variable_is_named_with_the_key_that_needs_it(void **state)
{
    (void)state;
    struct cb_error err = { 0 };
    assert_null(load(SHIPPED "bps_dark.yaml", campaign, &err));
    assert_int_equal(err.kind, CB_ERR_INVALID);
    assert_non_null(strstr(err.text, "payload.dataQuery: environment variable SELECTION_DARK is not set"));
}

static void an_unset_scratch_is_no_error(void **state)
{
    (void)state;
    struct cb_error err = { 0 };
    cb_auto(cb_template_free) struct cb_template *template = load(SHIPPED "bps_bias.yaml", campaign, &err);
    assert_null(template->submit_path);
    assert_int_equal(template->warnings.count, 1);
}

static void names_are_filled_in_within_each_other(void **state)
{
    (void)state;
    struct cb_error err = { 0 };
    const char *path =
        files_add(&files, "a.yaml",
                  "pipelineYaml: /p/{which}.yaml\nwhich: cp{kind}\nkind: Bias\nversion: 3\n"
                  "submitPath: /s/{outputRun}\n"
                  "payload:\n  payloadName: x{version}\n  output: a/{payloadName}\n"
                  "  butlerConfig: /r\n  inCollection: \" b , c,\\\n  ,b\"\n  dataQuery: ''\n");
    cb_auto(cb_template_free) struct cb_template *template = load(path, campaign, &err);
    assert_string_equal(err.text, "");
    assert_string_equal(template->pipeline, "/p/cpBias.yaml");
    assert_string_equal(template->output_run, "a/x3/" STAMP);
    assert_string_equal(template->submit_path, "/s/a/x3/" STAMP);
    assert_int_equal(template->inputs.count, 2);
}

static void names_in_a_circle_and_unknown_names_are_refused(void **state)
{
    (void)state;
    struct cb_error err = { 0 };
    const char *body = "payload: {output: o, butlerConfig: r, inCollection: c}\n";
    char text[300];
    snprintf(text, sizeof text, "pipelineYaml: '{a}'\na: '{b}'\nb: '{a}'\n%s", body);
    assert_null(load(files_add(&files, "circle.yaml", text), campaign, &err));
    assert_non_null(strstr(err.text, "leads to itself"));
    snprintf(text, sizeof text, "pipelineYaml: '{nobody}'\n%s", body);
    assert_null(load(files_add(&files, "nobody.yaml", text), campaign, &err));
    assert_non_null(strstr(err.text, "nothing is called \"nobody\""));
}

static void the_including_file_wins_key_by_key(void **state)
{
    (void)state;
    struct cb_error err = { 0 };
    files_add(&files, "low.yaml",
              "pipelineYaml: low\nproject: p\npayload: {output: low, butlerConfig: /low}\n");
    const char *path = files_add(&files, "high.yaml",
                                 "includeConfigs:\n- low.yaml\npipelineYaml: high\n"
                                 "payload: {output: high, inCollection: c}\n");
    cb_auto(cb_template_free) struct cb_template *template = load(path, campaign, &err);
    assert_string_equal(err.text, "");
    assert_string_equal(template->pipeline, "high");
    assert_string_equal(template->output, "high");
    assert_string_equal(template->repository, "/low");
    assert_string_equal(template->project, "p");
}

static void only_config_options_are_taken(void **state)
{
    (void)state;
    struct cb_error err = { 0 };
    cb_auto(cb_template_free) struct cb_template *template = cb_xalloc(sizeof *template);
    assert_true(cb_overrides_parse("-c a:x=1 --config 'b:y.z=[1, 2]' --config=c:w=\"q r\"", template, &err));
    assert_int_equal(template->overrides, 3);
    assert_string_equal(template->override[1].task, "b");
    assert_string_equal(template->override[1].field, "y.z");
    assert_string_equal(template->override[1].value, "[1, 2]");
    assert_string_equal(template->override[2].value, "q r");
    assert_false(cb_overrides_parse("--skip-existing", template, &err));
    assert_non_null(strstr(err.text, "\"--skip-existing\""));
    assert_false(cb_overrides_parse("-c a:x", template, &err));
    assert_false(cb_overrides_parse("-c", template, &err));
}

static void the_command_line_stands_over_the_file(void **state)
{
    (void)state;
    struct cb_error err = { 0 };
    const struct cb_environment given = { .entry = campaign };
    const struct cb_template_value values[] = { { "payload.output", "mine" }, { NULL, NULL } };
    struct cb_template *template = NULL;
    assert_true(cb_template_load(SHIPPED "bps_bias.yaml", &given, STAMP, values, &template, &err));
    assert_string_equal(template->output_run, "mine/" STAMP);
    cb_template_free(template);
}

static void clusters_and_resources_are_kept(void **state)
{
    (void)state;
    struct cb_error err = { 0 };
    const char *path =
        files_add(&files, "cluster.yaml",
                  "pipelineYaml: p\nclusterAlgorithm: a.b.fancy\n"
                  "cluster:\n  isr:\n    pipetasks: cpBiasIsr,cpBiasCombine\n    dimensions: detector\n"
                  "pipetask:\n  cpBiasCombine:\n    requestMemory: 4096\n"
                  "payload: {output: o, butlerConfig: r, inCollection: c}\n");
    cb_auto(cb_template_free) struct cb_template *template = load(path, campaign, &err);
    assert_string_equal(err.text, "");
    assert_int_equal(template->clusters, 1);
    assert_int_equal(template->cluster[0].pipetasks.count, 2);
    assert_int_equal(template->resources[0].memory_mb, 4096);
    assert_int_equal(template->warnings.count, 1);
}

int main(void)
{
    const struct CMUnitTest template[] = {
        cmocka_unit_test(the_shipped_bias_template_gives_the_names_of_the_technote),
        cmocka_unit_test(a_bootstrap_has_a_run_number_and_falls_back_to_the_plain_selection),
        cmocka_unit_test(a_flat_is_of_its_band_only),
        cmocka_unit_test(an_unset_variable_is_named_with_the_key_that_needs_it),
        cmocka_unit_test(an_unset_scratch_is_no_error),
        cmocka_unit_test_setup_teardown(names_are_filled_in_within_each_other, open_files, close_files),
        cmocka_unit_test_setup_teardown(names_in_a_circle_and_unknown_names_are_refused, open_files,
                                        close_files),
        cmocka_unit_test_setup_teardown(the_including_file_wins_key_by_key, open_files, close_files),
        cmocka_unit_test(only_config_options_are_taken),
        cmocka_unit_test(the_command_line_stands_over_the_file),
        cmocka_unit_test_setup_teardown(clusters_and_resources_are_kept, open_files, close_files),
    };
    return cmocka_run_group_tests_name("bps template", template, NULL, NULL);
}
