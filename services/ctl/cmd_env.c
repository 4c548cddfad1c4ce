/* calbus env: what a shell needs, so that butler, bps and the other drop-ins find this suite. */
#include "commands.h"
#include "shell_quote.h"
#include "sites_setup.h"
#include "suite.h"

#include "base/alloc.h"

#include <string.h>

static void put(struct cb_bytes *out, const char *name, const char *value)
{
    cb_bytes_printf(out, "export %s=", name);
    ctl_shell_quote(out, value);
    cb_bytes_puts(out, "\n");
}

/* Ours first, once: what stands there from an earlier env is taken out. */
static void put_path(struct cb_bytes *out, const struct ctl_layout *layout, const char *path)
{
    cb_auto_bytes struct cb_bytes list = CB_BYTES(1 << 20);
    const char *const own[] = { layout->dropins, layout->programs };
    cb_bytes_printf(&list, "%s:%s", own[0], own[1]);
    for (const char *at = path; *at != '\0';) {
        size_t length = strcspn(at, ":");
        bool is_own = false;
        for (size_t i = 0; i < 2; i++)
            is_own = is_own || (strlen(own[i]) == length && strncmp(own[i], at, length) == 0);
        if (!is_own && length > 0)
            cb_bytes_printf(&list, ":%.*s", (int)length, at);
        at += length + (at[length] == ':');
    }
    put(out, "PATH", cb_bytes_text(&list));
}

static const char *path_of(const struct ctl *ctl)
{
    for (const char *const *line = ctl->environment; *line != NULL; line++)
        if (strncmp(*line, "PATH=", 5) == 0)
            return *line + 5;
    return "/usr/local/bin:/usr/bin:/bin";
}

/* Where a service is, or will be, reached. */
static char *url(const struct ctl *ctl, const struct ctl_suite *suite, const char *unit,
                 const char *configured)
{
    char *running = ctl_service_url(&ctl->layout, suite, unit);
    return running != NULL ? running : cb_xasprintf("http://%s", configured);
}

static bool env(struct ctl *ctl, struct cb_error *err)
{
    const struct ctl_settings *settings = NULL;
    struct ctl_suite suite;
    if (!ctl_settings_of(ctl, &settings, err))
        return false;
    ctl_suite_read(&ctl->layout, &suite);
    cb_auto(cb_free) char *index = ctl_repository_index(&ctl->layout);
    cb_auto(cb_free) char *pipe = cb_xasprintf("%s/cp_pipe", ctl->layout.shipped);
    cb_auto(cb_free) char *verify = cb_xasprintf("%s/cp_verify", ctl->layout.shipped);
    cb_auto(cb_free) char *rucio = url(ctl, &suite, "distributor.1", settings->rucio_listen);
    cb_auto(cb_free) char *console = url(ctl, &suite, "console.1", settings->console_listen);
    cb_auto_bytes struct cb_bytes out = CB_BYTES(1 << 21);
    put_path(&out, &ctl->layout, path_of(ctl));
    put(&out, "CALBUS_HOME", ctl->layout.home);
    put(&out, "CP_PIPE_DIR", pipe);
    put(&out, "CP_VERIFY_DIR", verify);
    put(&out, "DAF_BUTLER_REPOSITORY_INDEX", index);
    put(&out, "CALBUS_RUCIO_URL", rucio);
    put(&out, "CALBUS_CONSOLE_URL", console);
    fputs(cb_bytes_text(&out), ctl->out);
    return true;
}

static const struct ctl_verb verbs[] = {
    { .name = NULL,
      .words = "",
      .summary = "Print the export lines that put butler, bps and the other drop-ins first on PATH.",
      .examples = "eval \"$(calbus env)\"",
      .run = env },
    { .run = NULL },
};
const struct ctl_noun noun_env = { "env", "Print what a shell needs.", verbs, false };
