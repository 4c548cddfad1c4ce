/* calbus-broker: the embedded broker in a process of its own. It keeps nothing: what it lost is published
 * again from the outbox by the relay. */
#include "base/alloc.h"
#include "base/log.h"
#include "io/bus.h"
#include "service/config.h"
#include "service/topics.h"
#include "service/version.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TOPICS_MAX = 64, EXIT_OK = 0, EXIT_USAGE = 2, EXIT_FATAL = 70 };

static void print_help(FILE *out)
{
    fputs("usage: calbus-broker [--bootstrap-file FILE]\n"
          "The embedded broker: starts at once, needs nothing, keeps nothing over a restart, at most 5 MiB a "
          "partition.\n"
          "\n  --bootstrap-file FILE   where it announces itself ($CALBUS_HOME/run/broker.json)\n"
          "  --version, --help\n",
          out);
}

/* True to go on; else *ret_status is how to end. */
static bool read_options(int argc, char **argv, char **ret_file, int *ret_status)
{
    static const struct option table[] = { { "help", no_argument, NULL, 'h' },
                                           { "version", no_argument, NULL, 'V' },
                                           { "bootstrap-file", required_argument, NULL, 'f' },
                                           { NULL, 0, NULL, 0 } };
    *ret_status = EXIT_OK;
    for (int option = 0; (option = getopt_long(argc, argv, "h", table, NULL)) != -1;) {
        if (option == 'f') {
            free(*ret_file);
            *ret_file = cb_xstrdup(optarg);
            continue;
        }
        if (option == 'h')
            print_help(stdout);
        else if (option == 'V')
            fprintf(stdout, "calbus-broker %s (git %s)\n", CB_VERSION, CB_GIT);
        else
            *ret_status = EXIT_USAGE;
        return false;
    }
    if (optind == argc)
        return true;
    fprintf(stderr, "calbus-broker: unexpected argument \"%s\"; see --help\n", argv[optind]);
    *ret_status = EXIT_USAGE;
    return false;
}

static size_t add_topics(const struct cb_topic *topic, struct cb_bus_topic *topics, size_t count)
{
    for (; topic->name != NULL && count < TOPICS_MAX; topic++)
        topics[count++] = (struct cb_bus_topic){ topic->name, topic->partitions, topic->retention_ms };
    return count;
}

static bool start(struct cb_embedded_broker **ret_broker, const char *file, struct cb_error *err)
{
    struct cb_bus_topic topics[TOPICS_MAX];
    struct cb_bus_place place;
    /* all that anybody may ask for: what this broker makes by itself has four partitions */
    size_t count = add_topics(cb_metric_topics, topics, add_topics(cb_topics, topics, 0));
    if (!cb_embedded_broker_start(topics, count, ret_broker, &place, err) ||
        !cb_bus_announce(file, &place, err))
        return false;
    cb_log(CB_INFO, "broker started", cb_str("bootstrap", place.bootstrap),
           cb_str("incarnation", place.incarnation), cb_str("file", file));
    return true;
}

static int serve(const char *file)
{
    struct cb_embedded_broker *broker = NULL;
    struct cb_error err = { .kind = CB_ERR_NONE };
    sigset_t stop;
    int number = 0;
    sigemptyset(&stop);
    sigaddset(&stop, SIGTERM);
    sigaddset(&stop, SIGINT);
    sigprocmask(SIG_BLOCK, &stop, NULL); /* before there are threads, which inherit it */
    bool ok = start(&broker, file, &err);
    if (ok)
        sigwait(&stop, &number);
    else
        cb_log_error("cannot start", &err);
    if (ok)
        unlink(file);
    cb_embedded_broker_stop(broker);
    cb_log(CB_INFO, "broker stopped");
    return ok ? EXIT_OK : EXIT_FATAL;
}

int main(int argc, char **argv)
{
    extern char **environ;
    cb_auto(cb_free) char *home = cb_config_home((const char *const *)environ);
    char *file = cb_xasprintf("%s/run/broker.json", home);
    int status = EXIT_OK;
    cb_log_init("broker", "1", CB_INFO);
    if (read_options(argc, argv, &file, &status)) {
        cb_auto(cb_free) char *folder = cb_xasprintf("%s/run", home);
        mkdir(folder, 0755); /* announcing tells if it is not there */
        status = serve(file);
    }
    free(file);
    return status;
}
