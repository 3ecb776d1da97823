/* server.c: a process's CPU clock (the same sum as utime + stime of /proc/PID/stat,
 * in ns instead of ticks) and its pages. */
#include "bench/load/server.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

static double seconds(clockid_t clock)
{
    struct timespec time;

    if (clock_gettime(clock, &time))
        return -1;
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

double server_cpu(pid_t pid)
{
    clockid_t clock;

    if (pid <= 0 || clock_getcpuclockid(pid, &clock))
        return -1;
    return seconds(clock);
}

long server_rss(pid_t pid)
{
    char path[32];
    long size, resident = -1;
    FILE *file;

    snprintf(path, sizeof path, "/proc/%d/statm", (int)pid);
    file = pid > 0 ? fopen(path, "r") : NULL;
    if (!file)
        return -1;
    if (fscanf(file, "%ld %ld", &size, &resident) != 2)
        resident = -1;
    fclose(file);
    return resident < 0 ? -1 : resident * (sysconf(_SC_PAGESIZE) / 1024);
}

double own_cpu(void)
{
    return seconds(CLOCK_PROCESS_CPUTIME_ID);
}
