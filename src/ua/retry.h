/* retry.h: when a registration is refreshed, and tried again. Pure. Private to ua/.
 *
 * Refreshed after half to nine tenths of its time; tried again after 30 s, and twice as long
 * each time until it is half an hour; who says 401, 403, 404 or 407 will hardly say something
 * else soon, and is asked after ten minutes first. All of it is spread by chance, lest a
 * registrar that comes back meets everybody at once. */
#ifndef OFFHOOK_UA_RETRY_H
#define OFFHOOK_UA_RETRY_H

enum {
    RETRY_USUAL_GRANT = 3600,    /* [s] asked for when nothing else is wanted */
    RETRY_LONGEST_GRANT = 604800 /* [s] believed */
};

struct retry_reason {
    int status;           /* 0: no answer */
    unsigned failures;    /* before this one, one after the other */
    unsigned retry_after; /* [s]; 0: not told. It is at least waited for */
};

/* 0 ... 0xffff */
unsigned retry_chance(void);
/* [s] until the next attempt */
unsigned retry_pause(const struct retry_reason *reason, unsigned chance);
/* [ms] until the refresh of what was granted for `expires` [s] */
unsigned long retry_refresh(unsigned expires, unsigned chance);

#endif
