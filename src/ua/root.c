/* root.c: see root.h. Sofia's own log lines come out as our debug lines. */
#define SU_ROOT_MAGIC_T struct ua_root
#define SU_WAKEUP_ARG_T struct ua_root
#define SU_PREPOLL_MAGIC_T struct ua_root

#include "ua/root.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

#include <sofia-sip/su.h>
#include <sofia-sip/su_log.h>
#include <sofia-sip/su_wait.h>

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { EMPTY = 10000 /* [ns] a turn takes in which nothing happens */, REST = 300000 /* [ns] */ };

struct ua_root { /* control thread */
    su_root_t *su;
    struct loop *loop;
    int place;    /* of the loop in su; -1: none */
    int64_t turn; /* [ns] when this one began */
};

static void on_sofia_log(void *stream, char const *format, va_list args)
{
    char line[1024];
    size_t size;

    (void)stream;
    if (log_get_level() < LOG_DEBUG)
        return;
    vsnprintf(line, sizeof line, format, args);
    size = strlen(line);
    while (size && line[size - 1] == '\n')
        line[--size] = '\0';
    if (size)
        log_debug("sofia", "%s", line);
}

static int on_loop(struct ua_root *unused, su_wait_t *wait, struct ua_root *root)
{
    (void)unused;
    (void)wait;
    loop_run(root->loop);
    return 0;
}

/* Before each wait. Sofia waits in whole milliseconds, rounded down: while its next timer is due in
 * less than one it asks again and again. After a turn of nothing we rest a bit, or until something
 * comes for the loop. */
static void before_wait(struct ua_root *root, su_root_t *su)
{
    struct pollfd loop = {.fd = root->loop ? loop_fd(root->loop) : -1, .events = POLLIN};
    int64_t now = clock_mono_ns();

    (void)su;
    if (now - root->turn < EMPTY) {
        ppoll(&loop, 1, &(struct timespec){.tv_nsec = REST}, NULL);
        now = clock_mono_ns();
    }
    root->turn = now;
}

static void destroy(void *obj)
{
    struct ua_root *root = obj;

    if (!root->su)
        return;
    if (root->place >= 0)
        su_root_deregister(root->su, root->place);
    su_root_destroy(root->su);
    su_deinit();
}

int ua_root_alloc(struct ua_root **rootp, struct loop *loop)
{
    struct ua_root *root = mem_alloc(sizeof *root, destroy);
    su_wait_t wait[1];
    int err = ENOMEM;

    if (!root)
        return ENOMEM;
    root->place = -1;
    root->loop = loop;
    su_init();
    su_log_redirect(NULL, on_sofia_log, NULL);
    su_log_set_level(NULL, 3);
    root->su = su_root_create(root);
    if (!root->su) {
        su_deinit();
        goto out;
    }
    su_root_threading(root->su, 0);
    if (su_root_add_prepoll(root->su, before_wait, root) < 0)
        goto out;
    if (loop) {
        if (su_wait_create(wait, loop_fd(loop), SU_WAIT_IN) < 0)
            goto out;
        root->place = su_root_register(root->su, wait, on_loop, root, 0);
        if (root->place < 0)
            goto out;
    }
    err = 0;
out:
    if (err)
        mem_unref(root);
    else
        *rootp = root;
    return err;
}

void *ua_root_su(struct ua_root *root)
{
    return root->su;
}

void ua_root_run(struct ua_root *root)
{
    su_root_run(root->su);
}

void ua_root_break(struct ua_root *root)
{
    su_root_break(root->su);
}

void ua_root_step(struct ua_root *root, int timeout)
{
    su_root_step(root->su, timeout);
}
