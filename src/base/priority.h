/* priority.h: which of our threads the kernel runs first when there are more than cores.
 * Each call is about the calling thread; a thread starts with the priority of who made it,
 * and control's is what the process was given.
 *
 * Media goes first: a tick that is 20 ms late is heard. What clients can keep busy as long
 * as they like (HTTP) goes last; control, and what it waits for, is between. */
#ifndef OFFHOOK_BASE_PRIORITY_H
#define OFFHOOK_BASE_PRIORITY_H

enum priority {
    PRIORITY_LOW,       /* a third of the time of a usual thread, when both want all of it */
    PRIORITY_PROMPT,    /* soon after it wakes, as far as we may */
    PRIORITY_REAL_TIME, /* before all that is not (SCHED_FIFO); root or RLIMIT_RTPRIO */
};

/* 0, or an errno, EPERM mostly: we may not, and all is as it was. PRIORITY_PROMPT needs no right:
 * where a better nice value is not permitted, short turns are asked for, which Linux 6.12 and
 * later honour. */
int priority_take(enum priority priority);

#endif
