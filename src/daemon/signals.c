/* signals.c: the signals of a daemon, blocked everywhere and waited for by one thread. */
#include "daemon/signals.h"

#include <pthread.h>
#include <signal.h>
#include <stddef.h>

static void ours(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGHUP);
}

void signals_block(void)
{
    sigset_t set;

    signal(SIGPIPE, SIG_IGN);
    ours(&set);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
}

int signals_wait(void)
{
    sigset_t set;
    int number = 0;

    ours(&set);
    while (sigwait(&set, &number) != 0)
        ;
    return number;
}
