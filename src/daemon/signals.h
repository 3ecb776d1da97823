/* signals.h: SIGTERM, SIGINT and SIGHUP as calls on the control loop. */
#ifndef OFFHOOK_DAEMON_SIGNALS_H
#define OFFHOOK_DAEMON_SIGNALS_H

#include <pthread.h>

/* Before any thread is started: they all inherit the mask. */
void signals_block(void);

/* Waits for the next of them on the calling thread; its number. 0: signals_end(). */
int signals_wait(void);

/* Ends the waiting of that thread of ours. */
void signals_end(pthread_t thread);

#endif
