/* butler ingest-raws: raw files given on the command line into a repository, exposure by exposure. */
#include "butler_cli.h"

#include "base/alloc.h"
#include "butler/dataset_types.h"
#include "butler/raw_ingest.h"

#include <dirent.h>
#include <limits.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* The stock command's pattern for files of a folder. */
#define DEFAULT_REGEX "\\.fit[s]?(\\.gz|\\.fz)?$"

struct ingestion {
    struct cb_repo *repo;
    const char *run; /* NULL: INSTRUMENT/raw/all */
    const char *corrections;
    enum cb_transfer transfer;
    bool update, fail_fast, skip_existing;
    regex_t pattern;
    size_t ingested, skipped, failed;
};

static void tell(const struct cb_raw_file *file)
{
    butler_say(BUTLER_WARNING, "%s: %s: %s", file->path, cb_raw_fault_name(file->fault), file->reason);
}

/* One file, in a transaction of its own: what is wrong with one leaves the others alone. */
static bool ingest_file(struct ingestion *job, const char *path, struct cb_error *err)
{
    struct cb_raw_file file = { 0 };
    char id[CB_UUID_TEXT_SIZE];
    if (!cb_raw_inspect(path, job->corrections, &file, err))
        return false;
    bool ok = file.fault != CB_RAW_SOUND ||
              cb_raw_register(job->repo, &file, job->run, job->transfer, job->update, id, err);
    if (ok && file.fault == CB_RAW_SOUND) {
        job->ingested++;
    } else if (ok && file.fault == CB_RAW_DUPLICATE && job->skip_existing) {
        job->skipped++;
    } else if (ok) {
        tell(&file);
        job->failed++;
        ok = !job->fail_fast || cb_fail(err, CB_ERR_INVALID, "%s was refused", path);
    }
    cb_raw_file_done(&file);
    return ok;
}

static bool ingest_folder(struct ingestion *job, const char *path, struct cb_error *err)
{
    struct dirent **entries = NULL;
    int n = scandir(path, &entries, NULL, alphasort);
    bool ok = n >= 0 || cb_fail(err, CB_ERR_NOT_FOUND, "cannot look into folder \"%s\"", path);
    for (int i = 0; i < n; i++) {
        struct stat status;
        cb_auto(cb_free) char *full = cb_xasprintf("%s/%s", path, entries[i]->d_name);
        bool wanted = entries[i]->d_name[0] != '.' &&
                      regexec(&job->pattern, entries[i]->d_name, 0, NULL, 0) == 0 &&
                      stat(full, &status) == 0 && S_ISREG(status.st_mode);
        ok = ok && (!wanted || ingest_file(job, full, err));
        free(entries[i]);
    }
    free(entries);
    return ok;
}

static bool ingest_word(struct ingestion *job, const char *word, struct cb_error *err)
{
    char path[PATH_MAX];
    struct stat status;
    if (realpath(word, path) == NULL || stat(path, &status) != 0)
        return cb_fail(err, CB_ERR_NOT_FOUND, "no file or folder \"%s\"", word);
    return S_ISDIR(status.st_mode) ? ingest_folder(job, path, err) : ingest_file(job, path, err);
}

static bool read_options(const struct butler_args *args, struct ingestion *job, struct cb_error *err)
{
    const char *transfer = butler_text(args, "transfer", "auto");
    job->run = butler_text(args, "output-run", NULL);
    job->corrections = getenv("METADATA_CORRECTIONS_PATH");
    job->update = butler_flag(args, "update-records");
    job->fail_fast = butler_flag(args, "fail-fast");
    job->skip_existing = !butler_flag(args, "no-skip-existing");
    if (!cb_transfer_parse(transfer, &job->transfer))
        return cb_fail(err, CB_ERR_INVALID, "unrecognized transfer mode \"%s\"", transfer);
    const char *pattern = butler_text(args, "regex", DEFAULT_REGEX);
    if (regcomp(&job->pattern, pattern, REG_EXTENDED | REG_NOSUB) != 0)
        return cb_fail(err, CB_ERR_INVALID, "\"%s\" is no regular expression", pattern);
    return true;
}

static bool ingest_all(const struct butler_args *args, struct ingestion *job, struct cb_error *err)
{
    for (size_t i = 1; i < args->n_words; i++)
        if (!ingest_word(job, args->words[i], err))
            return false;
    butler_say(BUTLER_INFO, "%zu ingested, %zu there already, %zu failed", job->ingested, job->skipped,
               job->failed);
    if (job->failed > 0)
        return cb_fail(err, CB_ERR_INVALID, "Some failures encountered during ingestion");
    return true;
}

static bool run_ingest_raws(const struct butler_args *args, struct cb_error *err)
{
    struct ingestion job = { 0 };
    cb_auto(cb_repo_close) struct cb_repo *repo = NULL;
    if (!read_options(args, &job, err))
        return false;
    bool ok = butler_open(args->words[0], &repo, err);
    job.repo = repo;
    ok = ok && ingest_all(args, &job, err);
    regfree(&job.pattern);
    return ok;
}

static const struct butler_option options[] = {
    { "regex", 0, BUTLER_TEXT, "Pattern of the files to be taken from a folder." },
    { "output-run", 0, BUTLER_TEXT, "RUN of the raws; INSTRUMENT/raw/all unless given." },
    { "transfer", 't', BUTLER_TEXT, "auto, link, symlink, hardlink, copy, move, relsymlink or direct." },
    { "processes", 'j', BUTLER_INT, "Accepted, and not needed." },
    { "track-file-attrs", 0, BUTLER_FLAG, "Sizes are always recorded." },
    { "fail-fast", 0, BUTLER_FLAG, "Stop at the first file that is refused." },
    { "update-records", 0, BUTLER_FLAG, "Make stored exposure records equal to what the headers say." },
    { "skip-existing", 0, BUTLER_FLAG, "Pass over raws that are there already (the default)." },
    { "no-skip-existing", 0, BUTLER_FLAG, "A raw that is there already is a failure." },
    { .name = NULL },
};
const struct butler_command butler_ingest_raws = {
    "ingest-raws", "REPO LOCATION...", "Ingest raw frames into a repository.", options, 2,
    SIZE_MAX,      run_ingest_raws,
};
