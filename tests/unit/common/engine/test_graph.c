/* The quantum graph: which pieces of work follow from a pipeline and some frames. */
#include "engine/graph.h"
#include "base/alloc.h"
#include "support/spec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEPLOY CB_GOLDEN "/../../deploy/cp_pipe"
#define RUN_ID "0193a000-0000-7000-8000-000000000001"
#define FRAMES_MAX 64

static const char *const variables[] = { "CP_PIPE_DIR=" DEPLOY, NULL };

static struct cb_pipeline *load(const char *name)
{
    const struct cb_environment environment = { .entry = variables };
    struct cb_pipeline *pipeline = NULL;
    struct cb_error err = { 0 };
    cb_auto(cb_free) char *path = cb_xasprintf(DEPLOY "/pipelines/LSSTComCam/%s.yaml", name);
    if (!cb_pipeline_load(path, &environment, NULL, 0, &pipeline, &err))
        fail_msg("%s", err.text);
    return pipeline;
}

/* detectors x exposures raw frames, exposure e taken at e..e+1. */
static size_t make_frames(struct cb_frame *frame, int64_t detectors, int64_t exposures)
{
    size_t n = 0;
    for (int64_t e = exposures; e-- > 0;) {
        for (int64_t d = 0; d < detectors; d++) {
            frame[n] = (struct cb_frame){ .dataset_type = (char *)"raw",
                                          .run = (char *)"raw/all",
                                          .detector = d,
                                          .exposure = 100 + e,
                                          .physical_filter = (char *)"r_03",
                                          .band = (char *)"r",
                                          .when = { 100 + e, 101 + e } };
            snprintf(frame[n].dataset_id, sizeof frame[n].dataset_id, "00000000-0000-0000-%04d-%012d", (int)d,
                     (int)(100 + e));
            n++;
        }
    }
    return n;
}

/* Finds everything; with `changes_at` another dataset from that time on; nothing of the type `absent`. */
struct world {
    const char *absent;
    int64_t changes_at;
};

static bool find(void *self, const char *dataset_type, const struct cb_lookup_key *keys, size_t n,
                 struct cb_lookup_answer *ret_answer, struct cb_error *err)
{
    const struct world *world = self;
    (void)err;
    for (size_t i = 0; i < n; i++) {
        if (world->absent != NULL && strcmp(world->absent, dataset_type) == 0)
            continue;
        bool later = world->changes_at > 0 && keys[i].when.begin_ns >= world->changes_at;
        snprintf(ret_answer[i].dataset_id, sizeof ret_answer[i].dataset_id, "%08d-0000-0000-0000-%012d",
                 later ? 2 : 1, (int)keys[i].detector);
        ret_answer[i].run = cb_xstrdup("calib");
    }
    return true;
}

static struct cb_graph *build(const struct cb_pipeline *pipeline, struct cb_frame *frame, size_t n,
                              struct world *world, struct cb_error *err)
{
    const struct cb_lookup lookup = { .self = world, .find = find };
    struct cb_graph *graph = NULL;
    return cb_graph_build(pipeline, RUN_ID, "out/run", frame, n, &lookup, &graph, err) ? graph : NULL;
}

static size_t count_inputs(const struct cb_graph_quantum *quantum, const char *connection)
{
    size_t count = 0;
    for (size_t i = 0; i < quantum->inputs; i++)
        count += strcmp(quantum->input[i].connection, connection) == 0;
    return count;
}

static void a_bias_is_one_quantum_a_detector_fed_by_raws(void **state)
{
    (void)state;
    struct cb_frame frame[FRAMES_MAX];
    struct world world = { 0 };
    struct cb_error err = { 0 };
    size_t n = make_frames(frame, 9, 5);
    cb_auto(cb_pipeline_free) struct cb_pipeline *pipeline = load("cpBias");
    cb_auto(cb_graph_free) struct cb_graph *graph = build(pipeline, frame, n, &world, &err);
    assert_string_equal(err.text, "");
    assert_int_equal(graph->quanta, 9);
    for (size_t q = 0; q < 9; q++) {
        const struct cb_graph_quantum *quantum = &graph->quantum[q];
        assert_string_equal(quantum->task->label, "cpBiasCombine");
        assert_int_equal(quantum->detector, q);
        assert_int_equal(count_inputs(quantum, "inputExpHandles"), 5);
        assert_int_equal(count_inputs(quantum, "cpBiasIsr:ptc"), 1); /* the same for every exposure: once */
        assert_int_equal(quantum->input[0].exposure, 100);           /* in order */
        assert_int_equal(quantum->outputs, 1);
        assert_string_equal(quantum->output[0].dataset_type, "bias");
        assert_int_equal(quantum->need_count, 0);
    }
}

static void planning_twice_gives_the_same_ids(void **state)
{
    (void)state;
    struct cb_frame frame[FRAMES_MAX], again[FRAMES_MAX];
    struct world world = { 0 };
    struct cb_error err = { 0 };
    size_t n = make_frames(frame, 2, 3);
    make_frames(again, 2, 3);
    cb_auto(cb_pipeline_free) struct cb_pipeline *pipeline = load("cpBias");
    cb_auto(cb_graph_free) struct cb_graph *a = build(pipeline, frame, n, &world, &err);
    cb_auto(cb_graph_free) struct cb_graph *b = build(pipeline, again, n, &world, &err);
    assert_string_equal(a->quantum[1].id, b->quantum[1].id);
    assert_string_equal(a->quantum[1].output[0].dataset_id, b->quantum[1].output[0].dataset_id);
    assert_string_not_equal(a->quantum[0].id, a->quantum[1].id);
}

static void a_flat_waits_for_all_detectors_before_it_is_combined(void **state)
{
    (void)state;
    struct cb_frame frame[FRAMES_MAX];
    struct world world = { 0 };
    struct cb_error err = { 0 };
    size_t n = make_frames(frame, 3, 6);
    cb_auto(cb_pipeline_free) struct cb_pipeline *pipeline = load("cpFlat");
    cb_auto(cb_graph_free) struct cb_graph *graph = build(pipeline, frame, n, &world, &err);
    assert_string_equal(err.text, "");
    assert_int_equal(graph->quanta, 3 * 2 + 1 + 3); /* 6 exposures in quanta of 4 and 2 for each detector */
    const struct cb_graph_quantum *normalize = &graph->quantum[6], *combine = &graph->quantum[8];
    assert_string_equal(normalize->task->label, "cpFlatNormalize");
    assert_int_equal(normalize->need_count, 6);
    assert_int_equal(count_inputs(normalize, "inputMDs"), 18);
    assert_string_equal(combine->task->label, "cpFlatCombine");
    assert_int_equal(combine->need_count, 1);
    assert_int_equal(combine->needs[0], 6);
    assert_int_equal(count_inputs(combine, "inputScales"), 1);
    assert_int_equal(count_inputs(combine, "inputExpHandles"), 6);
    assert_int_equal(count_inputs(combine, "cpFlatIsr:dark"), 1);
    assert_string_equal(combine->output[0].physical_filter, "r_03");
    assert_int_equal(graph->quantum[0].exposures, 4);
    assert_int_equal(graph->quantum[0].outputs, 4);
    assert_int_equal(graph->quantum[1].exposures, 2);
}

static void a_calibration_that_changes_is_recorded_for_each_exposure(void **state)
{
    (void)state;
    struct cb_frame frame[FRAMES_MAX];
    struct world world = { .changes_at = 103 };
    struct cb_error err = { 0 };
    size_t n = make_frames(frame, 1, 5);
    cb_auto(cb_pipeline_free) struct cb_pipeline *pipeline = load("cpBias");
    cb_auto(cb_graph_free) struct cb_graph *graph = build(pipeline, frame, n, &world, &err);
    assert_int_equal(count_inputs(&graph->quantum[0], "cpBiasIsr:ptc"), 5);
}

static void an_absent_prerequisite_is_named(void **state)
{
    (void)state;
    struct cb_frame frame[FRAMES_MAX];
    struct world world = { .absent = "ptc" };
    struct cb_error err = { 0 };
    size_t n = make_frames(frame, 2, 2);
    cb_auto(cb_pipeline_free) struct cb_pipeline *pipeline = load("cpBias");
    assert_null(build(pipeline, frame, n, &world, &err));
    assert_int_equal(err.kind, CB_ERR_NOT_FOUND);
    assert_string_equal(err.text,
                        "task \"cpBiasIsr\": no ptc of detector 0 holds for exposure 100 in the input "
                        "collections");
}

static void a_bootstrap_needs_no_ptc(void **state)
{
    (void)state;
    struct cb_frame frame[FRAMES_MAX];
    struct world world = { .absent = "ptc" };
    struct cb_error err = { 0 };
    size_t n = make_frames(frame, 2, 2);
    cb_auto(cb_pipeline_free) struct cb_pipeline *pipeline = load("cpBiasBootstrap");
    cb_auto(cb_graph_free) struct cb_graph *graph = build(pipeline, frame, n, &world, &err);
    assert_string_equal(err.text, "");
    assert_int_equal(graph->quantum[0].inputs, 2);
}

static void isr_alone_is_a_quantum_for_each_frame(void **state)
{
    (void)state;
    struct cb_frame frame[FRAMES_MAX];
    struct world world = { 0 };
    struct cb_error err = { 0 };
    size_t n = make_frames(frame, 2, 2);
    cb_auto(cb_pipeline_free) struct cb_pipeline *pipeline = load("deploymentCheck");
    cb_auto(cb_graph_free) struct cb_graph *graph = build(pipeline, frame, n, &world, &err);
    assert_string_equal(err.text, "");
    assert_int_equal(graph->quanta, 4);
    assert_int_equal(count_inputs(&graph->quantum[0], "bias"), 1);
    assert_string_equal(graph->quantum[0].output[0].dataset_type, "deploymentCheckExp");
    assert_int_equal(graph->quantum[0].output[0].exposure, 100);
}

static void no_frame_is_refused(void **state)
{
    (void)state;
    struct world world = { 0 };
    struct cb_error err = { 0 };
    struct cb_frame none[1];
    cb_auto(cb_pipeline_free) struct cb_pipeline *pipeline = load("cpBias");
    assert_null(build(pipeline, none, 0, &world, &err));
    assert_int_equal(err.kind, CB_ERR_INVALID);
}

int main(void)
{
    const struct CMUnitTest graph[] = {
        cmocka_unit_test(a_bias_is_one_quantum_a_detector_fed_by_raws),
        cmocka_unit_test(planning_twice_gives_the_same_ids),
        cmocka_unit_test(a_flat_waits_for_all_detectors_before_it_is_combined),
        cmocka_unit_test(a_calibration_that_changes_is_recorded_for_each_exposure),
        cmocka_unit_test(an_absent_prerequisite_is_named),
        cmocka_unit_test(a_bootstrap_needs_no_ptc),
        cmocka_unit_test(isr_alone_is_a_quantum_for_each_frame),
        cmocka_unit_test(no_frame_is_refused),
    };
    return cmocka_run_group_tests_name("quantum graph", graph, NULL, NULL);
}
