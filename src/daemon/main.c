/* main.c: offhookd: options, signals, and a run of the daemon. */
#include "base/log.h"
#include "base/mem.h"
#include "conf/conf.h"
#include "daemon/daemon.h"
#include "daemon/signals.h"

#include <config.h>
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
    const char *path;
    bool test, verbose;
};

static void usage(FILE *to)
{
    fputs("usage: offhookd [-c FILE] [-t] [-v] [-V]\n"
          "  -c FILE  configuration (" USUAL_FILE ")\n"
          "  -t       check the configuration and exit: 0 fine, 1 not\n"
          "  -v       log more\n"
          "  -V       print the version\n",
          to);
}

static void read_options(struct options *options, int argc, char **argv)
{
    int option;

    while ((option = getopt(argc, argv, "c:tvVh")) >= 0) {
        switch (option) {
        case 'c':
            options->path = optarg;
            break;
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

/* Signals are waited for on a thread of their own and handed to control. */
static void *wait_for_signals(void *arg)
{
    for (;;)
        daemon_signal(arg, signals_wait());
    return NULL;
}

int main(int argc, char **argv)
{
    struct options options = {0};
    char error[CONF_ERROR];
    const char *reason = "";
    struct daemon *daemon;
    struct conf *conf;
    pthread_t thread;
    int err;

    read_options(&options, argc, argv);
    /* without a file at the usual place there are the defaults */
    if (!options.path)
        options.path = access(USUAL_FILE, F_OK) == 0 ? USUAL_FILE : "";
    if (conf_read(&conf, options.path, error)) {
        fprintf(stderr, "%s\n", error);
        return 1;
    }
    if (options.test) {
        mem_unref(conf);
        return 0;
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
    pthread_cancel(thread);
    pthread_join(thread, NULL);
    daemon_free(daemon);
    return 0;
}
