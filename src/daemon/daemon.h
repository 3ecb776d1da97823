/* daemon.h: the whole house, put together from a configuration and taken apart again.
 * Control thread. */
#ifndef OFFHOOK_DAEMON_DAEMON_H
#define OFFHOOK_DAEMON_DAEMON_H

#include "conf/conf.h"

#include <stdbool.h>

struct daemon;

/* Is what the configuration names, its certificates, good? EINVAL: reason says what is not. */
enum { DAEMON_REASON = 400 };
int daemon_check(const struct conf *conf, char reason[DAEMON_REASON]);

/* Serves when it returns 0; else *reason is a sentence. verbose: logs everything, whatever
 * a configuration says. */
int daemon_start(struct daemon **daemon, struct conf *conf, bool verbose, const char **reason);

/* Runs until a drain has ended every call. Then daemon_free(). */
void daemon_run(struct daemon *daemon);
void daemon_free(struct daemon *daemon);

/* Reads the configuration again: applications, trunks, limits, log level, and the
 * certificates of TLS. */
void daemon_reload(struct daemon *daemon);

/* First: no new calls; ends when the last one has, or after drain_seconds. Again: now. */
void daemon_drain(struct daemon *daemon);

/* Any thread: SIGHUP reloads, SIGTERM and SIGINT drain. */
void daemon_signal(struct daemon *daemon, int number);

#endif
