/* calbus simulate: the camera, a program of its own. */
#include "commands.h"

static const struct ctl_verb verbs[] = {
    { .name = NULL,
      .words = "",
      .summary = "Write raw frames with known truth.",
      .examples = "calbus simulate --instrument LSSTComCam --out DIR --scale 8",
      .program = "calbus-simulator" },
    { .run = NULL },
};
const struct ctl_noun noun_simulate = { "simulate", "Write raw frames with known truth.", verbs, false };
