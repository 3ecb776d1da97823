/* signals.h: SIGTERM, SIGINT and SIGHUP as calls on the control loop. */
#ifndef OFFHOOK_DAEMON_SIGNALS_H
#define OFFHOOK_DAEMON_SIGNALS_H

/* Before any thread is started: they all inherit the mask. */
void signals_block(void);

/* Waits for the next of them on the calling thread; its number. */
int signals_wait(void);

#endif
