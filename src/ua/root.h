/* root.h: the turning wheel of a control thread: Sofia's su_root with one of our
 * loops hung in it by its descriptor, so that timers, posted work and SIP all run
 * on the one thread that calls ua_root_run(). No extra thread is started. */
#ifndef OFFHOOK_UA_ROOT_H
#define OFFHOOK_UA_ROOT_H

#include "base/loop.h"

struct ua_root;

/* `loop` may be NULL, and must otherwise outlive the root. Release with mem_unref()
 * on the same thread, after every `struct ua` made on it. */
int ua_root_alloc(struct ua_root **root, struct loop *loop);

/* The su_root_t, for ua_start(). */
void *ua_root_su(struct ua_root *root);

/* Runs until ua_root_break(), which is for this thread only: from another one,
 * loop_post() a function that calls it. May be run again. */
void ua_root_run(struct ua_root *root);
void ua_root_break(struct ua_root *root);

/* Runs what is ready, waiting at most `timeout` [ms] for it. */
void ua_root_step(struct ua_root *root, int timeout);

#endif
