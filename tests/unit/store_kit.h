/* store_kit.h: what the tests of the store share: a folder, a control loop that is
 * run until something came, and answers kept for the test to look at. */
#ifndef OFFHOOK_TESTS_STORE_KIT_H
#define OFFHOOK_TESTS_STORE_KIT_H

#include "base/clock.h"
#include "base/mem.h"
#include "store/store.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct kit {
    char folder[32], url[64];
    struct loop *control;
    struct store *store;
};

static inline int kit_setup(void **state)
{
    struct kit *kit = calloc(1, sizeof *kit);

    strcpy(kit->folder, "/tmp/offhook-store-XXXXXX");
    if (!mkdtemp(kit->folder) || loop_alloc(&kit->control))
        return -1;
    snprintf(kit->url, sizeof kit->url, "sqlite:%s/s.db", kit->folder);
    *state = kit;
    return 0;
}

static inline void kit_open(struct kit *kit)
{
    const char *reason = "";

    if (store_open(&kit->store, kit->url, kit->control, &reason))
        fail_msg("%s", reason);
}

static inline void kit_close(struct kit *kit)
{
    store_close(kit->store);
    kit->store = NULL;
}

static inline int kit_teardown(void **state)
{
    struct kit *kit = *state;
    char command[64];

    kit_close(kit);
    loop_run(kit->control);
    mem_unref(kit->control);
    snprintf(command, sizeof command, "rm -r %s", kit->folder);
    if (system(command) != 0)
        return -1;
    free(kit);
    return mem_alive() == 0 ? 0 : -1;
}

/* Runs the loop until *flag is set. */
static inline void kit_wait(struct kit *kit, const bool *flag)
{
    int64_t until = clock_mono_ms() + 20000;

    while (!*flag && clock_mono_ms() < until)
        loop_wait(kit->control, 100);
    assert_true(*flag);
}

static inline void kit_set(void *arg)
{
    *(bool *)arg = true;
}

static inline void kit_fence(struct kit *kit)
{
    bool done = false;

    assert_int_equal(store_fence(kit->store, kit_set, &done), 0);
    kit_wait(kit, &done);
}

struct kit_answer {
    bool came;
    int err;
    json_t *rows;
    int64_t count;
};

static inline void kit_take(int err, json_t *rows, int64_t count, void *arg)
{
    *(struct kit_answer *)arg = (struct kit_answer){true, err, rows, count};
}

#endif
