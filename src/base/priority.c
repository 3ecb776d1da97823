/* priority.c: by sched_setattr(2), which the C library has no function for. A usual thread
 * may ask for short turns: it then runs sooner after it wakes, and not longer. */
#include "base/priority.h"

#include <errno.h>
#include <sched.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    LOW = 5, /* nice values */
    PROMPT = -5,
    REAL_TIME = 10, /* of SCHED_FIFO */
    TURN = 100000   /* [ns] the shortest there is */
};

/* As the kernel has it: SCHED_ATTR_SIZE_VER0. */
struct attributes {
    uint32_t size, policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime, deadline, period; /* [ns] */
};

static int set(struct attributes attributes)
{
    attributes.size = sizeof attributes;
    return syscall(SYS_sched_setattr, 0, &attributes, 0) ? errno : 0;
}

static int set_prompt(void)
{
    struct attributes prompt = {.policy = SCHED_OTHER, .nice = PROMPT, .runtime = TURN};

    if (!set(prompt))
        return 0;
    prompt.nice = getpriority(PRIO_PROCESS, 0);
    return set(prompt);
}

int priority_take(enum priority priority)
{
    switch (priority) {
    case PRIORITY_LOW:
        return set((struct attributes){.policy = SCHED_OTHER, .nice = LOW});
    case PRIORITY_PROMPT:
        return set_prompt();
    case PRIORITY_REAL_TIME:
        return set((struct attributes){.policy = SCHED_FIFO, .priority = REAL_TIME});
    }
    return EINVAL;
}
