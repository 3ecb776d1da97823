/* ua_uas.c: a user agent with offer and answer but without sound, for SIPp to talk to:
 *   ua_uas PORT            answers every call: sipp -sn uac -r 200 -m 1000 127.0.0.1:PORT
 *   ua_uas PORT URI [s]    calls URI, ringing [s] at most; hangs up 1 s after the answer
 * On SIGTERM, or when its own call is over, it says what is left: `dialogs=0 alive=0`,
 * exit 0. */
#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "offer/offer.h"
#include "ua/root.h"
#include "ua/ua.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct offer_ability can = {.formats = {{CODEC_PCMU}, {CODEC_PCMA}}, .count = 2};
static struct offer_local local = {.address = "127.0.0.1", .port = 40000, .session = 1};
static struct ua_root *root;
static struct loop *loop;
static struct ua *ua;
static struct timer timer;
static struct dialog *call;
static unsigned long calls, ended;

static void stop(void *arg);

static void on_ended(int status, const char *phrase, bool remote, int q850, void *arg)
{
    (void)arg;
    ended++;
    if (!call)
        return;
    loop_cancel(loop, &timer);
    printf("ended status=%d phrase=\"%s\" remote=%d q850=%d timed_out=%d error=%d\n", status,
           phrase, remote, q850, dialog_timed_out(call), dialog_transport_error(call));
    call = mem_unref(call);
    loop_post(loop, stop, NULL);
}

static void on_caller_ended(int status, const char *phrase, bool remote, int q850, void *arg)
{
    on_ended(status, phrase, remote, q850, arg);
    mem_unref(arg);
}

static void on_acked(const char *answer, void *arg)
{
    (void)answer;
    (void)arg;
}

static void on_reoffer(const char *offer, void *arg)
{
    char sdp[OFFER_SDP], reason[OFFER_REASON];
    struct offer_agreed agreed;

    local.version++;
    if (!offer && !offer_make(&can, &local, sdp))
        dialog_reoffer_answer(arg, sdp);
    else if (offer_answer(&can, &local, offer, &agreed, sdp, reason))
        dialog_reoffer_reject(arg, 488, NULL, 305, reason);
    else
        dialog_reoffer_answer(arg, sdp);
}

static void on_progress(int status, const char *sdp, const char *branch, void *arg)
{
    (void)arg;
    printf("progress status=%d media=%d branch=%s\n", status, sdp != NULL, branch);
}

static void hang_up(void *arg)
{
    dialog_hangup(arg, 0, 0);
}

static void on_answered(const char *sdp, void *arg)
{
    char reason[OFFER_REASON];
    struct offer_agreed agreed;
    int err = sdp ? offer_accept(&can, &local, sdp, &agreed, reason) : EINVAL;

    (void)arg;
    dialog_ack(call, NULL);
    printf("answered err=%d codec=%s\n", err, err ? "-" : codec_name(agreed.format.codec));
    loop_start(loop, &timer, err ? 0 : 3000, hang_up, call);
}

static const struct dialog_handlers callee = {
    .acked = on_acked, .reoffer = on_reoffer, .ended = on_caller_ended};
static const struct dialog_handlers caller = {.progress = on_progress,
                                              .answered = on_answered,
                                              .acked = on_acked,
                                              .reoffer = on_reoffer,
                                              .ended = on_ended};

static void on_incoming(struct dialog *dialog, void *arg)
{
    const char *offer = dialog_invite_of(dialog)->sdp;
    char sdp[OFFER_SDP], reason[OFFER_REASON];
    struct offer_agreed agreed;
    int err;

    (void)arg;
    calls++;
    dialog_handle(mem_ref(dialog), &callee, dialog);
    err = offer ? offer_answer(&can, &local, offer, &agreed, sdp, reason)
                : offer_make(&can, &local, sdp);
    if (err) {
        dialog_reject(dialog, err == ENOTSUP ? 488 : 400, NULL, 305, reason);
        return;
    }
    dialog_ring(dialog, NULL);
    if (strcmp(dialog_invite_of(dialog)->to_user, "ringing"))
        dialog_answer(dialog, sdp);
}

static int make_call(const char *uri, unsigned ring_timeout)
{
    static const struct ua_header headers[] = {{"X-Colour", "green"}, {"User-to-User", "00ff"}};
    char sdp[OFFER_SDP];
    struct dialog_target target = {.uri = uri,
                                   .from_user = "15550100001",
                                   .headers = headers,
                                   .header_count = 2,
                                   .sdp = sdp,
                                   .ring_timeout = ring_timeout};

    calls++;
    return offer_make(&can, &local, sdp) || dialog_invite(ua, &target, &caller, NULL, &call);
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
    if (argc > 2 && make_call(argv[2], argc > 3 ? (unsigned)atoi(argv[3]) : 0))
        return 2;
    ua_root_run(root);
    dialogs = ua_dialogs(ua);
    ua = mem_unref(ua);
    root = mem_unref(root);
    loop = mem_unref(loop);
    printf("calls=%lu ended=%lu dialogs=%u alive=%zu\n", calls, ended, dialogs, mem_alive());
    return dialogs || mem_alive() || calls != ended;
}
