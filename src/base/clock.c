/* clock.c: wall and monotonic time. */
#include "base/clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static int64_t now_ns(clockid_t id)
{
    struct timespec t;

    clock_gettime(id, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

int64_t clock_wall_ns(void)
{
    return now_ns(CLOCK_REALTIME);
}

int64_t clock_wall_ms(void)
{
    return clock_wall_ns() / 1000000;
}

int64_t clock_mono_ns(void)
{
    return now_ns(CLOCK_MONOTONIC);
}

int64_t clock_mono_ms(void)
{
    return clock_mono_ns() / 1000000;
}

int64_t clock_thread_ns(void)
{
    return now_ns(CLOCK_THREAD_CPUTIME_ID);
}

void clock_iso_seconds(char out[CLOCK_ISO], int64_t wall_ms)
{
    time_t seconds = (time_t)(wall_ms / 1000);
    struct tm tm;

    gmtime_r(&seconds, &tm);
    strftime(out, CLOCK_ISO, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

void clock_iso(char out[CLOCK_ISO], int64_t wall_ms)
{
    clock_iso_seconds(out, wall_ms);
    snprintf(out + 19, CLOCK_ISO - 19, ".%03uZ", (unsigned)(wall_ms % 1000) % 1000U);
}

int64_t clock_parse_iso(const char *text)
{
    struct tm tm = {0};
    const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
    int ms = 0, scale = 100;

    if (!rest)
        return -1;
    if (*rest == '.') {
        for (rest++; *rest >= '0' && *rest <= '9'; rest++, scale /= 10)
            ms += (*rest - '0') * scale;
    }
    if (strcmp(rest, "Z") != 0 && *rest != '\0')
        return -1;
    return (int64_t)timegm(&tm) * 1000 + ms;
}
