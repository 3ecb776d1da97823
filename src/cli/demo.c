/* demo.c: offhook demo: sets the stage, plays the call, clears away. */
#include "cli/command.h"
#include "cli/demo.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { STEP_MS = 50 };

static volatile sig_atomic_t broken;

static void on_signal(int number)
{
    (void)number;
    broken = 1;
}

bool demo_broken(const struct demo *demo)
{
    (void)demo;
    return broken;
}

bool demo_wait(struct demo *demo, bool (*test)(void *arg), void *arg, int timeout)
{
    int64_t until = clock_mono_ms() + timeout;

    while (!test(arg)) {
        if (broken || !demo_daemon_alive(demo) || (timeout && clock_mono_ms() >= until))
            return false;
        ua_root_step(demo->root, STEP_MS);
    }
    return true;
}

static void turn(void *arg)
{
    struct demo *demo = arg;

    ua_root_step(demo->root, STEP_MS);
}

static bool client_start(struct demo *demo)
{
    char error[256] = "out of memory", url[80];
    struct client_conf conf = {.url = url, .app = demo->app, .key = demo->key_path};

    snprintf(url, sizeof url, "http://%s", demo->http);
    if (client_open(&demo->client, &conf, demo->loop, turn, demo, error) == 0)
        return true;
    return demo_check(demo, false, "demo", "%s", error);
}

static bool never(void *arg)
{
    (void)arg;
    return false;
}

/* The daemon stays up for whoever wants to ring it. Returns the exit status. */
static int linger(struct demo *demo)
{
    char self[PATH_MAX];
    ssize_t size = readlink("/proc/self/exe", self, sizeof self - 1);

    self[size > 0 ? size : 0] = '\0';
    printf("\n The daemon stays up. Ring it with any SIP phone on this machine; you hear a welcome "
           "and\n"
           " some music, and then whoever else has rung:\n\n"
           "   sip:" DEMO_LOBBY "@%s\n\n"
           " And for tests: " DEMO_TESTS "0 sends back what you say, " DEMO_TESTS "1 is a tone,\n"
           " " DEMO_TESTS "2 a milliwatt, " DEMO_TESTS "3 is silent.\n\n"
           " Steer it from another terminal:\n\n"
           "   export OFFHOOK_URL=http://%s OFFHOOK_APP=%s\n"
           "   export OFFHOOK_KEY=%s\n"
           "   %s call list\n\n"
           " Ctrl-C ends it and leaves no trace.\n\n",
           demo->sip, demo->http, demo->app, demo->key_path, self);
    fflush(stdout);
    demo_wait(demo, never, NULL, 0);
    putchar('\n');
    if (broken)
        return COMMAND_DONE;
    return command_fail(COMMAND_REFUSED, "the daemon ended by itself");
}

static bool stage(struct demo *demo)
{
    return loop_alloc(&demo->loop) == 0 && ua_root_alloc(&demo->root, demo->loop) == 0 &&
           demo_phones_start(demo) && demo_application_start(demo) == 0 && demo_files(demo) == 0 &&
           demo_daemon_start(demo) == 0 && client_start(demo);
}

static void clear(struct demo *demo)
{
    if (demo->root) {
        demo_phones_stop(demo);
        mem_unref(demo->client);
        demo_daemon_stop(demo);
        demo_files_remove(demo);
        if (demo->rest)
            demo_application_stop(demo);
    }
    demo_print_close(demo);
    mem_unref(demo->root);
    mem_unref(demo->loop);
    mem_unref(demo->directory);
    mem_unref(demo->key_path);
    mem_unref(demo->program);
}

/* The daemon must end in order, too. Then the phones have nobody left to hang up on. */
static void end(struct demo *demo)
{
    demo_check(demo, demo_daemon_alive(demo) && demo_daemon_stop(demo), "daemon",
               "ends when it is told to");
}

static int play(struct demo *demo)
{
    int status = COMMAND_REFUSED;

    demo_title(demo, "A caller, a callee, a daemon between them, and an application that is told");
    if (stage(demo) && demo_call(demo) && demo->once)
        end(demo);
    if (broken)
        printf("\n broken off\n");
    else
        status = demo_summary(demo);
    if (!demo->once && status == 0)
        status = linger(demo);
    clear(demo);
    return status;
}

int command_demo(int argc, char **argv)
{
    struct demo demo = {.began = clock_mono_ms(), .tty = isatty(STDOUT_FILENO)};
    struct sigaction act = {.sa_handler = on_signal};

    demo.once = command_flag(&argc, argv, "--once") || !demo.tty;
    if (argc > 1)
        return command_fail(COMMAND_USAGE, "demo takes no `%s`", argv[1]);
    sigaction(SIGINT, &act, NULL);
    sigaction(SIGTERM, &act, NULL);
    sigaction(SIGHUP, &act, NULL);
    signal(SIGPIPE, SIG_IGN);
    log_set_level(LOG_WARNING);
    list_init(&demo.hooks);
    list_init(&demo.faults);
    return play(&demo);
}
