/* signals.c: the signals of a daemon, blocked everywhere and waited for by one thread. */
#include "daemon/signals.h"

#include <signal.h>
#include <stddef.h>
#include <unistd.h>

enum { END = SIGUSR1 }; /* sent by ourselves; anybody else's is passed over */

static void ours(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGHUP);
    sigaddset(set, END);
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
    siginfo_t info;

    ours(&set);
    for (;;) {
        int number = sigwaitinfo(&set, &info);

        if (number == END && info.si_pid == getpid())
            return 0;
        if (number > 0 && number != END)
            return number;
    }
}

void signals_end(pthread_t thread)
{
    pthread_kill(thread, END);
}
