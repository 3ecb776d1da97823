/* main.c: load, a SIP and RTP load generator: it calls a server over UDP, sings on
 * each call, and tells what came back and what it cost. See bench/README.md.
 * Exit status: 0 all was right, 1 the server did wrong, 2 could not measure. */
#include "bench/load/options.h"
#include "bench/load/run.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

enum { NICE = -15 };

static void allow_many_sockets(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

/* What else runs on the machine should wait for us, who are no part of what is measured. */
static void hurry(void)
{
    (void)!setpriority(PRIO_PROCESS, 0, NICE);
}

int main(int argc, char **argv)
{
    struct options options;
    int err;

    if (options_read(&options, argc, argv))
        return 2;
    allow_many_sockets();
    hurry();
    err = options.setup ? setup_run(&options) : rooms_run(&options);
    if (err && err != EPROTO)
        fprintf(stderr, "load: %s\n", strerror(err));
    return err == EPROTO ? 1 : err ? 2 : 0;
}
