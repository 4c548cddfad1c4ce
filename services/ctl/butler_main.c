/* butler: the drop-in for the stock command of that name, on the same repositories. */
#include "butler_cli.h"
#include "butler_presets.h"
#include "butler_refused.h"
#include "commands.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/cleanup.h"

#include <stdio.h>
#include <string.h>

static const struct butler_command *const commands[] = {
    &butler_associate,
    &butler_certify_calibrations,
    &butler_collection_chain,
    &butler_config_dump,
    &butler_create,
    &butler_export_calibs,
    &butler_import,
    &butler_ingest_files,
    &butler_ingest_raws,
    &butler_prune_datasets,
    &butler_query_collections,
    &butler_query_data_ids,
    &butler_query_dataset_types,
    &butler_query_datasets,
    &butler_query_dimension_records,
    &butler_register_dataset_type,
    &butler_register_instrument,
    &butler_remove_collections,
    &butler_remove_dataset_type,
    &butler_remove_runs,
    &butler_retrieve_artifacts,
    &butler_transfer_datasets,
    &butler_write_curated_calibrations,
};
enum { COMMAND_COUNT = sizeof commands / sizeof commands[0] };

enum { EXIT_DONE = 0, EXIT_REFUSED = 1, EXIT_USAGE = 2 };

/* Options before the command. */
static const struct butler_option global_options[] = {
    { "log-level", 0, BUTLER_LIST, "LEVEL or COMPONENT=LEVEL: the least that is told; INFO unless given." },
    { "long-log", 0, BUTLER_FLAG, "Make log messages appear in long format." },
    { "log-file", 0, BUTLER_LIST, "File(s) that messages are added to; as JSON where they end in .json." },
    { "log-tty", 0, BUTLER_FLAG, "Log to terminal (default)." },
    { "no-log-tty", 0, BUTLER_FLAG, "Do not log to terminal." },
    { "log-label", 0, BUTLER_LIST, "Keyword=value pairs to add to log messages." },
    { "progress", 0, BUTLER_FLAG, "Accepted: no command is slow enough for a progress bar." },
    { "no-progress", 0, BUTLER_FLAG, "Accepted." },
    { "help", 'h', BUTLER_FLAG, "Show this message and exit." },
    { .name = NULL },
};

/* Options of every command beside its own. */
static const struct butler_option common_options[] = {
    { "options-file", '@', BUTLER_TEXT, "YAML file: under the command's name values of options not given." },
    { "help", 'h', BUTLER_FLAG, "Show this message and exit." },
    { .name = NULL },
};

static void print_options(const struct butler_option *options, FILE *out)
{
    for (const struct butler_option *o = options; o != NULL && o->name != NULL; o++) {
        const char *const *values = butler_choices(o->name);
        fputs("  ", out);
        if (o->letter != 0)
            fprintf(out, "-%c, ", o->letter);
        int width = fprintf(out, "--%s", o->name);
        if (values != NULL)
            for (const char *const *value = values; *value != NULL; value++)
                width += fprintf(out, "%s%s", value == values ? " [" : "|", *value);
        width += fprintf(out, "%s",
                         values != NULL           ? "]"
                         : o->kind == BUTLER_FLAG ? ""
                         : o->kind == BUTLER_INT  ? " INTEGER"
                         : o->kind == BUTLER_LIST ? " TEXT ..."
                                                  : " TEXT");
        width += o->letter != 0 ? 6 : 2;
        fprintf(out, "%*s%s\n", width < 30 ? 32 - width : 2, "", o->help);
    }
}

static const char usage[] = "Usage: butler [OPTIONS] COMMAND [ARGS]...\n";

static void print_all(FILE *out)
{
    fprintf(out, "%s\n  Log options apply to all subcommands.\n\nOptions:\n", usage);
    print_options(global_options, out);
    fputs("\nCommands:\n", out);
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        fprintf(out, "  %-29s %s\n", commands[i]->name, commands[i]->summary);
    fputs("\nCommands of the stock butler that calbus does not have:\n", out);
    butler_refusals_print(out);
}

static void print_command(const struct butler_command *command, FILE *out)
{
    fprintf(out, "Usage: butler %s [OPTIONS] %s\n\n  %s\n\nOptions:\n", command->name, command->words,
            command->summary);
    print_options(command->options, out);
    print_options(common_options, out);
    fputs("\n  See 'butler --help' for more options.\n", out);
}

static const struct butler_command *find_command(const char *name)
{
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    return NULL;
}

static int fail_usage(const struct butler_command *command, const char *what)
{
    fprintf(stderr, "Usage: butler %s [OPTIONS] %s\nTry 'butler %s --help' for help.\n\nError: %s\n",
            command->name, command->words, command->name, what);
    return EXIT_USAGE;
}

static bool asks_for_help(int argc, char **argv)
{
    for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return true;
    return false;
}

/* Word number `place` of "REPO PARENT [CHILDREN]...". */
static int find_word(const char *words, size_t place, const char **ret_word)
{
    words += strspn(words, "[ .]");
    for (; place > 0; place--) {
        words += strcspn(words, "[ .]");
        words += strspn(words, "[ .]");
    }
    *ret_word = words;
    return (int)strcspn(words, "[ .]");
}

static bool check_words(const struct butler_command *command, const struct butler_args *args,
                        struct cb_error *err)
{
    cb_auto_bytes struct cb_bytes extra = CB_BYTES(160);
    if (args->n_words < command->least) {
        const char *word;
        int length = find_word(command->words, args->n_words, &word);
        return cb_fail(err, CB_ERR_INVALID, "Missing argument '%.*s'.", length, word);
    }
    if (args->n_words <= command->most)
        return true;
    for (size_t i = command->most; i < args->n_words; i++)
        cb_bytes_printf(&extra, "%s%s", i > command->most ? " " : "", args->words[i]);
    return cb_fail(err, CB_ERR_INVALID, "Got unexpected extra argument%s (%s)",
                   args->n_words > command->most + 1 ? "s" : "", cb_bytes_text(&extra));
}

/* The options of a command, those of all commands behind its own; to be freed. */
static struct butler_option *options_of(const struct butler_command *command)
{
    size_t own = 0;
    while (command->options != NULL && command->options[own].name != NULL)
        own++;
    struct butler_option *all =
        cb_xalloc_array(own + sizeof common_options / sizeof common_options[0], sizeof *all);
    if (own > 0)
        memcpy(all, command->options, own * sizeof *all);
    memcpy(all + own, common_options, sizeof common_options);
    return all;
}

static int run_parsed(const struct butler_command *command, struct butler_args *args)
{
    struct cb_error err = { 0 };
    butler_say_command("butler", command->name);
    if (!butler_presets_apply(command, args, &err) || !butler_args_check(args, &err) ||
        !check_words(command, args, &err))
        return fail_usage(command, err.text);
    if (command->run(args, &err))
        return EXIT_DONE;
    butler_say(BUTLER_ERROR, "%s", err.text);
    return EXIT_REFUSED;
}

static int run_command(const struct butler_command *command, int argc, char **argv)
{
    struct cb_error err = { 0 };
    struct butler_args args = { 0 };
    if (asks_for_help(argc, argv)) {
        print_command(command, stdout);
        return EXIT_DONE;
    }
    cb_auto(cb_free) struct butler_option *options = options_of(command);
    if (!butler_args_parse(options, argc, argv, &args, &err))
        return fail_usage(command, err.text);
    int status = run_parsed(command, &args);
    butler_args_done(&args);
    return fflush(stdout) == 0 ? status : EXIT_REFUSED;
}

/* Where the command's name stands: behind the global options and their values. */
static int skip_globals(int argc, char **argv)
{
    int i = 1;
    while (i < argc && argv[i][0] == '-') {
        const struct butler_option *option = global_options;
        while (option->name != NULL && strcmp(option->name, argv[i] + 1 + (argv[i][1] == '-')) != 0)
            option++;
        i += option->name != NULL && option->kind != BUTLER_FLAG ? 2 : 1;
    }
    return i;
}

/* What is wrong before the command's name; a pair that is no pair is no mistake of usage to the stock one. */
static int fail_globals(const struct cb_error *err)
{
    if (err->kind != CB_ERR_CONFLICT)
        fprintf(stderr, "%sTry 'butler --help' for help.\n\n", usage);
    fprintf(stderr, "Error: %s\n", err->text);
    return err->kind == CB_ERR_CONFLICT ? EXIT_REFUSED : EXIT_USAGE;
}

static int run_named(int argc, char **argv)
{
    const struct butler_command *command = find_command(argv[0]);
    const char *refusal = butler_refusal(argv[0]);
    if (command != NULL)
        return run_command(command, argc - 1, argv + 1);
    fprintf(stderr, "%sTry 'butler --help' for help.\n\n", usage);
    if (refusal != NULL)
        fprintf(stderr, "Error: calbus has no '%s': %s. Use the stock command \"butler %s\".\n", argv[0],
                refusal, argv[0]);
    else
        fprintf(stderr, "Error: No such command '%s'.\n", argv[0]);
    return EXIT_USAGE;
}

int butler_main(int argc, char **argv)
{
    struct cb_error err = { 0 };
    struct butler_args globals = { 0 };
    int at = skip_globals(argc, argv), status = EXIT_USAGE;
    if (!butler_args_parse(global_options, (at < argc ? at : argc) - 1, argv + 1, &globals, &err))
        return fail_globals(&err);
    bool help = butler_flag(&globals, "help");
    if (help || at >= argc) {
        print_all(help ? stdout : stderr);
        status = help ? EXIT_DONE : EXIT_USAGE;
    } else {
        status = butler_say_setup(&globals, &err) ? run_named(argc - at, argv + at) : fail_globals(&err);
    }
    butler_args_done(&globals);
    butler_say_done();
    return status;
}
