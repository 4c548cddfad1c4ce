/* calbus logs: what the services say. */
#include "commands.h"
#include "suite.h"

#include "base/alloc.h"
#include "base/bytes.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST_FILES = 256, LAST_LINES = 20, LOOK_AGAIN_MS = 200, WHOLE_TAIL = 1 << 20 };

static const struct ctl_flag flags[] = {
    { "follow", 'f', CTL_FLAG_BOOL, NULL, "Go on printing what is added, until interrupted." },
    { "lines", 0, CTL_FLAG_INT, "N", "Print the last N lines of each (20)." },
    { NULL, 0, CTL_FLAG_BOOL, NULL, NULL },
};

/* The log files that are shown, and how far they have been read. */
struct shown {
    size_t n;
    struct {
        char *unit;
        int fd;
        off_t at;
    } file[MOST_FILES];
};

/* "generator" is all of its instances, "generator.2" one. */
static bool is_asked_for(const char *unit, const char *asked)
{
    size_t length = asked == NULL ? 0 : strlen(asked);
    return asked == NULL ||
           (strncmp(unit, asked, length) == 0 && (unit[length] == '\0' || unit[length] == '.'));
}

static void open_logs(const struct ctl *ctl, const char *asked, struct shown *shown)
{
    cb_auto(cb_free) char *folder_path = ctl_home_path(&ctl->layout, "log");
    DIR *folder = opendir(folder_path);
    for (struct dirent *entry = NULL; folder != NULL && (entry = readdir(folder)) != NULL;) {
        size_t length = strlen(entry->d_name);
        if (length <= 4 || strcmp(entry->d_name + length - 4, ".log") != 0 || shown->n == MOST_FILES)
            continue;
        cb_auto(cb_free) char *unit = cb_xstrndup(entry->d_name, length - 4);
        if (!is_asked_for(unit, asked))
            continue;
        int fd = openat(dirfd(folder), entry->d_name, O_RDONLY | O_CLOEXEC);
        if (fd < 0)
            continue;
        shown->file[shown->n].fd = fd;
        shown->file[shown->n].at = lseek(fd, 0, SEEK_END);
        shown->file[shown->n++].unit = cb_steal(unit);
    }
    if (folder != NULL)
        closedir(folder);
}

/* Lines of several files are told apart by the unit in front. */
static void print_text(FILE *out, const char *unit, const char *text)
{
    while (*text != '\0') {
        size_t length = strcspn(text, "\n");
        if (unit != NULL)
            fprintf(out, "%-14s ", unit);
        fprintf(out, "%.*s\n", (int)length, text);
        text += length + (text[length] == '\n');
    }
}

/* What was added; a file that became shorter has been turned over and is read from its start. */
static void print_added(const struct ctl *ctl, struct shown *shown)
{
    for (size_t i = 0; i < shown->n; i++) {
        struct stat status;
        if (fstat(shown->file[i].fd, &status) != 0)
            continue;
        if (status.st_size < shown->file[i].at)
            shown->file[i].at = 0;
        while (status.st_size > shown->file[i].at) {
            char piece[8192];
            ssize_t n = pread(shown->file[i].fd, piece, sizeof piece - 1, shown->file[i].at);
            if (n <= 0)
                break;
            piece[n] = '\0';
            char *last = strrchr(piece, '\n');
            if (last != NULL)
                last[1] = '\0';
            shown->file[i].at += (off_t)strlen(piece) > 0 ? (off_t)strlen(piece) : n;
            print_text(ctl->out, shown->n > 1 ? shown->file[i].unit : NULL, piece);
        }
    }
    fflush(ctl->out);
}

static bool logs(struct ctl *ctl, struct cb_error *err)
{
    struct shown *shown = cb_xalloc(sizeof *shown);
    const char *asked = ctl_word(ctl, 0);
    open_logs(ctl, asked, shown);
    bool found = shown->n > 0;
    int64_t lines = ctl_args_int(&ctl->args, "lines", LAST_LINES);
    for (size_t i = 0; i < shown->n; i++) {
        cb_auto_bytes struct cb_bytes tail = CB_BYTES(WHOLE_TAIL);
        ctl_log_tail(&ctl->layout, shown->file[i].unit, lines < 0 ? 0 : (size_t)lines, &tail);
        print_text(ctl->out, shown->n > 1 ? shown->file[i].unit : NULL, cb_bytes_text(&tail));
    }
    while (found && ctl_args_has(&ctl->args, "follow") && ferror(ctl->out) == 0) {
        print_added(ctl, shown);
        ctl_pause_ms(LOOK_AGAIN_MS);
    }
    for (size_t i = 0; i < shown->n; i++) {
        close(shown->file[i].fd);
        free(shown->file[i].unit);
    }
    free(shown);
    if (found)
        return true;
    if (asked == NULL)
        return ctl_refuse(ctl, CTL_NOT_FOUND, err, "there are no logs under \"%s\" yet", ctl->layout.home);
    return ctl_refuse(ctl, CTL_NOT_FOUND, err, "there is no log of \"%s\"; calbus status lists the units",
                      asked);
}

static const struct ctl_verb verbs[] = {
    { .name = NULL,
      .words = "[SERVICE]",
      .summary = "Print what the services say.",
      .examples = "calbus logs\ncalbus logs ingest -f\ncalbus logs generator.2 --lines 100",
      .flags = flags,
      .most = 1,
      .run = logs },
    { .run = NULL },
};
const struct ctl_noun noun_logs = { "logs", "Print what the services say.", verbs, false };
