/* butler: the drop-in for the stock command of that name, on the same repositories. */
#include "butler_cli.h"
#include "commands.h"

#include "base/cleanup.h"

#include <stdio.h>
#include <string.h>

static const struct butler_command *const commands[] = {
    &butler_associate,
    &butler_certify_calibrations,
    &butler_collection_chain,
    &butler_create,
    &butler_export_calibs,
    &butler_import,
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
    &butler_write_curated_calibrations,
};
enum { COMMAND_COUNT = sizeof commands / sizeof commands[0] };

enum { EXIT_DONE = 0, EXIT_REFUSED = 1, EXIT_USAGE = 2 };

/* Options before the command; values are accepted and have no effect here. */
static const struct butler_option global_options[] = {
    { "log-level", 0, BUTLER_TEXT, "The logging level." },
    { "long-log", 0, BUTLER_FLAG, "Make log messages appear in long format." },
    { "log-file", 0, BUTLER_TEXT, "File(s) to write log messages." },
    { "log-tty", 0, BUTLER_FLAG, "Log to terminal." },
    { "no-log-tty", 0, BUTLER_FLAG, "Do not log to terminal." },
    { "log-label", 0, BUTLER_TEXT, "Keyword=value pairs to add to log messages." },
    { "help", 'h', BUTLER_FLAG, "Show this message and exit." },
    { .name = NULL },
};

static void print_all(FILE *out)
{
    fputs("Usage: butler [OPTIONS] COMMAND [ARGS]...\n\nCommands:\n", out);
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        fprintf(out, "  %-25s %s\n", commands[i]->name, commands[i]->summary);
}

static void print_command(const struct butler_command *command, FILE *out)
{
    fprintf(out, "Usage: butler %s [OPTIONS] %s\n\n  %s\n\nOptions:\n", command->name, command->words,
            command->summary);
    for (const struct butler_option *o = command->options; o != NULL && o->name != NULL; o++) {
        char flag[80], letter[8] = "";
        if (o->letter != 0)
            snprintf(letter, sizeof letter, "-%c, ", o->letter);
        snprintf(flag, sizeof flag, "%s--%s%s", letter, o->name,
                 o->kind == BUTLER_FLAG  ? ""
                 : o->kind == BUTLER_INT ? " INTEGER"
                                         : " TEXT");
        fprintf(out, "  %-28s %s\n", flag, o->help);
    }
    fprintf(out, "  %-28s %s\n", "-h, --help", "Show this message and exit.");
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

static int run_command(const struct butler_command *command, int argc, char **argv)
{
    struct cb_error err = { 0 };
    struct butler_args args = { 0 };
    if (asks_for_help(argc, argv)) {
        print_command(command, stdout);
        return EXIT_DONE;
    }
    if (!butler_args_parse(command->options, argc, argv, &args, &err))
        return fail_usage(command, err.text);
    int status = EXIT_DONE;
    if (args.n_words < command->least) {
        char what[160];
        snprintf(what, sizeof what, "Missing argument; expected %s.", command->words);
        status = fail_usage(command, what);
    } else if (args.n_words > command->most) {
        char what[160];
        snprintf(what, sizeof what, "Got unexpected extra argument (%.80s)", args.words[command->most]);
        status = fail_usage(command, what);
    } else if (!command->run(&args, &err)) {
        fprintf(stderr, "butler %s: ERROR: %s\n", command->name, err.text);
        status = EXIT_REFUSED;
    }
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

int butler_main(int argc, char **argv)
{
    struct cb_error err = { 0 };
    struct butler_args globals = { 0 };
    int at = skip_globals(argc, argv);
    if (!butler_args_parse(global_options, (at < argc ? at : argc) - 1, argv + 1, &globals, &err)) {
        fprintf(stderr,
                "Usage: butler [OPTIONS] COMMAND [ARGS]...\nTry 'butler --help' for help.\n\nError: %s\n",
                err.text);
        return EXIT_USAGE;
    }
    bool help = butler_flag(&globals, "help");
    butler_args_done(&globals);
    if (help || at >= argc) {
        print_all(help ? stdout : stderr);
        return help ? EXIT_DONE : EXIT_USAGE;
    }
    const struct butler_command *command = find_command(argv[at]);
    if (command == NULL) {
        fprintf(stderr,
                "Usage: butler [OPTIONS] COMMAND [ARGS]...\nTry 'butler --help' for help.\n\n"
                "Error: No such command '%s'.\n",
                argv[at]);
        return EXIT_USAGE;
    }
    return run_command(command, argc - at - 1, argv + at + 1);
}
