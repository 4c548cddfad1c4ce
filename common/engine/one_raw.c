/* One raw exposure through ISR outside any run. */
#include "engine/one_raw.h"

#include "engine/call_state.h"
#include "engine/tasks.h"

static const struct cb_pipeline_task *find_isr(const struct cb_pipeline *pipeline)
{
    for (size_t i = 0; i < pipeline->tasks; i++)
        if (pipeline->task[i].class == &cb_task_isr)
            return &pipeline->task[i];
    return NULL;
}

bool cb_process_one_raw(const struct cb_pipeline *pipeline, const struct cb_call_input *input, size_t inputs,
                        struct cb_image **ret_image, struct cb_header **ret_header, struct cb_error *err)
{
    const struct cb_pipeline_task *task = find_isr(pipeline);
    if (task == NULL)
        return cb_fail(err, CB_ERR_NOT_FOUND, "the pipeline \"%s\" has no task of class %s",
                       pipeline->description, cb_task_isr.name);
    struct cb_call_state state = { 0 }; /* no database: each file's checksum is computed */
    struct cb_isr_report report;
    struct cb_call call = {
        .run_id = "",
        .pipeline = pipeline,
        .task = task,
        .config = task->config,
        .id = input[0].data_id,
        .input = input,
        .inputs = inputs,
        .state = &state,
    };
    bool done = cb_call_process(&call, "ccdExposure", 0, ret_image, ret_header, &report, err);
    cb_call_state_done(&state);
    return done;
}
