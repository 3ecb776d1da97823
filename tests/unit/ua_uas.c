/* ua_uas.c: a user agent that answers every call, for load from outside:
 *   ua_uas PORT & sipp -sn uac -r 200 -m 1000 127.0.0.1:PORT; kill %1
 * On SIGTERM it stops and says what is left: `dialogs=0 alive=0`, exit 0. */
#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "ua/root.h"
#include "ua/ua.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char sdp[] = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\n"
                          "t=0 0\r\nm=audio 40000 RTP/AVP 0\r\n";
static struct ua_root *root;
static struct loop *loop;
static struct ua *ua;
static unsigned long calls, ended;

static void on_ended(int status, const char *phrase, bool remote, int q850, void *arg)
{
    (void)status;
    (void)phrase;
    (void)remote;
    (void)q850;
    ended++;
    mem_unref(arg);
}

static void on_acked(const char *answer, void *arg)
{
    (void)answer;
    (void)arg;
}

static void on_reoffer(const char *offer, void *arg)
{
    (void)offer;
    dialog_reoffer_answer(arg, sdp);
}

static const struct dialog_handlers handlers = {
    .acked = on_acked, .reoffer = on_reoffer, .ended = on_ended};

static void on_incoming(struct dialog *dialog, void *arg)
{
    (void)arg;
    calls++;
    dialog_handle(mem_ref(dialog), &handlers, dialog);
    dialog_ring(dialog, NULL);
    dialog_answer(dialog, sdp);
}

static void on_stopped(void *arg)
{
    (void)arg;
    ua_root_break(root);
}

static void stop(void *arg)
{
    (void)arg;
    ua_stop(ua, on_stopped, NULL);
}

static void on_signal(int number)
{
    (void)number;
    loop_post(loop, stop, NULL);
}

int main(int argc, char **argv)
{
    struct ua_listen listen[2] = {{"udp", "127.0.0.1", 0}, {"tcp", "127.0.0.1", 0}};
    struct ua_handlers up = {.incoming = on_incoming};
    struct ua_conf conf = {.listen = listen, .listen_count = 2};
    unsigned dialogs;

    listen[0].port = listen[1].port = argc > 1 ? (unsigned)atoi(argv[1]) : 0;
    if (loop_alloc(&loop) || ua_root_alloc(&root, loop) ||
        ua_start(&ua, ua_root_su(root), &conf, &up))
        return 2;
    printf("%s\n", ua_address(ua));
    fflush(stdout);
    signal(SIGTERM, on_signal);
    ua_root_run(root);
    dialogs = ua_dialogs(ua);
    ua = mem_unref(ua);
    root = mem_unref(root);
    loop = mem_unref(loop);
    printf("calls=%lu ended=%lu dialogs=%u alive=%zu\n", calls, ended, dialogs, mem_alive());
    return dialogs || mem_alive() || calls != ended;
}
