/* rest_bench.c: the HTTP server alone under load, without the daemon behind it. Serves a
 * small JSON text: /now from the HTTP thread, /later from another thread that gets the
 * request by its loop, as the control thread does. /cpu tells what the process and each of
 * the two threads used of the processor so far. Runs until it is stopped.
 *
 *     rest_bench [PORT]        then: wrk -t1 -c64 -d5 http://127.0.0.1:PORT/now */
#include "base/loop.h"
#include "base/mem.h"
#include "http/rest.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char json[] =
    "{\"uuid\":\"CON-d66d47de-5bcb-4300-94f0-0c9d4b948e9a\",\"name\":\"bench\","
    "\"timestamp\":{\"created\":\"2024-03-05T10:20:30.123Z\"},\"display_name\":\"a bench\","
    "\"sequence_number\":1,\"members\":[],\"numbers\":{},\"properties\":{},\"state\":\"ACTIVE\"}";

static struct loop *loop;
static clockid_t http_clock, control_clock;

static void answer(void *arg)
{
    rest_reply(arg, 200, "application/json", json, sizeof json - 1, NULL);
}

/* [us] */
static long long used(clockid_t clock)
{
    struct timespec at = {0, 0};

    clock_gettime(clock, &at);
    return at.tv_sec * 1000000LL + at.tv_nsec / 1000;
}

static void tell(struct rest_request *request)
{
    char text[128];
    int n;

    pthread_getcpuclockid(pthread_self(), &http_clock);
    n = snprintf(text, sizeof text, "{\"process\":%lld,\"http\":%lld,\"control\":%lld}\n",
                 used(CLOCK_PROCESS_CPUTIME_ID), used(http_clock), used(control_clock));
    rest_reply(request, 200, "application/json", text, (size_t)n, NULL);
}

static void on_request(struct rest_request *request, void *arg)
{
    (void)arg;
    if (!strcmp(rest_path(request), "/cpu"))
        tell(request);
    else if (strcmp(rest_path(request), "/later") != 0 || loop_post(loop, answer, request))
        answer(request);
}

static char *on_refuse(int status, const char *path, void *arg)
{
    (void)path, (void)arg;
    return mem_printf("{\"status\":%d}", status);
}

static volatile sig_atomic_t stopped;

static void on_signal(int number)
{
    (void)number;
    stopped = 1;
}

int main(int argc, char **argv)
{
    const struct rest_conf conf = {.host = "127.0.0.1",
                                   .port = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 0,
                                   .body_limit = 1 << 20};
    const struct rest_handlers handlers = {on_request, on_refuse, NULL};
    struct sigaction action = {.sa_handler = on_signal};
    struct rest *rest;

    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    pthread_getcpuclockid(pthread_self(), &control_clock);
    if (loop_alloc(&loop) || rest_start(&rest, &conf, &handlers)) {
        fprintf(stderr, "rest_bench: cannot serve\n");
        return 1;
    }
    printf("%u\n", rest_port(rest));
    fflush(stdout);
    while (!stopped)
        loop_wait(loop, 1000);
    rest_stop(rest);
    mem_unref(rest);
    mem_unref(loop);
    return 0;
}
