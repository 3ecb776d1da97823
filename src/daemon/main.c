/* main.c: offhookd: options, signals, and a run of the daemon. */
#include "base/log.h"
#include "base/mem.h"
#include "conf/conf.h"
#include "daemon/daemon.h"
#include "daemon/signals.h"
#include "ncco/call.h"

#include <config.h>
#include <errno.h>
#include <getopt.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define USUAL_FILE OFFHOOK_SYSCONF "/offhook.conf"

struct options {
    const char *path, *ncco;
    bool test, verbose;
};

static void usage(FILE *to)
{
    fputs("usage: offhookd [-c FILE] [-t] [-v] [-V]\n"
          "       offhookd -n FILE | -N\n"
          "  -c FILE  configuration (" USUAL_FILE ")\n"
          "  -t       check the configuration and exit: 0 fine, 1 not\n"
          "  -n FILE  check an NCCO (-: the standard input) and exit: 0 fine, 1 not\n"
          "  -N       print the actions of an NCCO and their options\n"
          "  -v       log more\n"
          "  -V       print the version\n",
          to);
}

static void read_options(struct options *options, int argc, char **argv)
{
    int option;

    while ((option = getopt(argc, argv, "c:n:NtvVh")) >= 0) {
        switch (option) {
        case 'c':
            options->path = optarg;
            break;
        case 'n':
            options->ncco = optarg;
            break;
        case 'N':
            ncco_describe(stdout);
            exit(0);
        case 't':
            options->test = true;
            break;
        case 'v':
            options->verbose = true;
            break;
        case 'V':
            puts("offhookd " PACKAGE_VERSION);
            exit(0);
        case 'h':
            usage(stdout);
            exit(0);
        default:
            usage(stderr);
            exit(2);
        }
    }
    if (optind < argc) {
        usage(stderr);
        exit(2);
    }
}

static int check_ncco(const char *path)
{
    bool standard = strcmp(path, "-") == 0;
    const char *name = standard ? "standard input" : path;
    FILE *file = standard ? stdin : fopen(path, "r");
    char reason[NCCO_REASON];
    json_error_t error;
    json_t *ncco;
    bool good = false;

    if (!file) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        return 1;
    }
    ncco = json_loadf(file, JSON_DECODE_ANY, &error);
    if (!ncco)
        fprintf(stderr, "%s:%d:%d: %s\n", name, error.line, error.column, error.text);
    else if (!(good = ncco_check(ncco, reason)))
        fprintf(stderr, "%s: %s\n", name, reason);
    if (!standard)
        fclose(file);
    json_decref(ncco);
    return !good;
}

/* Signals are waited for on a thread of their own and handed to control. */
static void *wait_for_signals(void *arg)
{
    int number;

    while ((number = signals_wait()) != 0)
        daemon_signal(arg, number);
    return NULL;
}

/* What the file names must be good as well. */
static int check_conf(struct conf *conf)
{
    char reason[DAEMON_REASON];
    int err = daemon_check(conf, reason);

    if (err)
        fprintf(stderr, "%s: %s\n", conf->path, reason);
    mem_unref(conf);
    return err ? 1 : 0;
}

int main(int argc, char **argv)
{
    char fault[DAEMON_REASON];
    struct options options = {0};
    char error[CONF_ERROR];
    const char *reason = "";
    struct daemon *daemon;
    struct conf *conf;
    pthread_t thread;
    int err;

    read_options(&options, argc, argv);
    if (options.ncco)
        return check_ncco(options.ncco);
    /* without a file at the usual place there are the defaults */
    if (!options.path)
        options.path = access(USUAL_FILE, F_OK) == 0 ? USUAL_FILE : "";
    if (conf_read(&conf, options.path, error)) {
        fprintf(stderr, "%s\n", error);
        return 1;
    }
    if (options.test)
        return check_conf(conf);
    if (daemon_check(conf, fault)) {
        log_error("daemon", "cannot start: %s", fault);
        mem_unref(conf);
        return 1;
    }
    signals_block();
    err = daemon_start(&daemon, conf, options.verbose, &reason);
    mem_unref(conf);
    if (err) {
        log_error("daemon", "cannot start: %s", reason);
        return 1;
    }
    if (pthread_create(&thread, NULL, wait_for_signals, daemon)) {
        log_error("daemon", "cannot start: no thread for signals");
        return 1;
    }
    daemon_run(daemon);
    signals_end(thread);
    pthread_join(thread, NULL);
    daemon_free(daemon);
    return 0;
}
