/* server.h: what the measured process uses. */
#ifndef OFFHOOK_BENCH_SERVER_H
#define OFFHOOK_BENCH_SERVER_H

#include <sys/types.h>

/* CPU time of all its threads, user and system, since it started [s]; -1 when there
 * is no such process. */
double server_cpu(pid_t pid);

/* Resident memory [KiB]; -1 when there is no such process. */
long server_rss(pid_t pid);

/* CPU time of this process [s]. */
double own_cpu(void);

#endif
