/* retry.c: see retry.h. */
#include "ua/retry.h"
#include "base/id.h"

#include <stdint.h>

enum { FIRST = 30, SLOW = 600, LONGEST = 1800, WAIT_AT_MOST = 3600 }; /* [s] */

unsigned retry_chance(void)
{
    uint16_t chance;

    id_random(&chance, sizeof chance);
    return chance;
}

unsigned retry_pause(const struct retry_reason *reason, unsigned chance)
{
    int status = reason->status;
    unsigned pause =
        status == 401 || status == 403 || status == 404 || status == 407 ? SLOW : FIRST;

    for (unsigned i = 0; i < reason->failures && pause < LONGEST; i++)
        pause *= 2;
    if (pause > LONGEST)
        pause = LONGEST;
    pause -= (unsigned)((uint64_t)pause * chance / 4 >> 16);
    if (reason->retry_after) {
        unsigned told = reason->retry_after < WAIT_AT_MOST ? reason->retry_after : WAIT_AT_MOST;

        pause = told + (unsigned)((uint64_t)told * chance / 8 >> 16);
    }
    return pause;
}

unsigned long retry_refresh(unsigned expires, unsigned chance)
{
    uint64_t ms = (uint64_t)expires * 500 + ((uint64_t)expires * 400 * chance >> 16);

    return ms < 1000 ? 1000 : (unsigned long)ms;
}
