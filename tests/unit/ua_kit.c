/* ua_kit.c: see ua_kit.h. */
#include "ua_kit.h"
#include "base/clock.h"
#include "base/mem.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

unsigned kit_min_se;
struct ua_root *kit_root;
struct loop *kit_loop;

static void copy(char *to, size_t room, const char *text)
{
    snprintf(to, room, "%s", text ? text : "");
}

static void on_progress(int status, const char *sdp, const char *branch, void *arg)
{
    struct side *side = arg;

    side->progress++;
    side->progress_status = status;
    copy(side->sdp, sizeof side->sdp, sdp);
    copy(side->branch, sizeof side->branch, branch);
}

static void on_answered(const char *sdp, void *arg)
{
    struct side *side = arg;

    side->answered++;
    copy(side->sdp, sizeof side->sdp, sdp);
}

static void on_acked(const char *sdp, void *arg)
{
    struct side *side = arg;

    side->acked++;
    copy(side->sdp, sizeof side->sdp, sdp);
}

static void on_reoffer(const char *sdp, void *arg)
{
    struct side *side = arg;

    side->reoffers++;
    copy(side->sdp, sizeof side->sdp, sdp);
}

static const char *on_session(void *arg)
{
    struct side *side = arg;

    return side->session ? side->session : KIT_SDP;
}

static void on_refreshed(const char *sdp, void *arg)
{
    struct side *side = arg;

    side->refreshed++;
    copy(side->sdp, sizeof side->sdp, sdp);
}

static void on_referred(int status, void *arg)
{
    struct side *side = arg;

    side->referred++;
    side->referred_status = status;
}

static int on_refer(const struct dialog_refer *refer, void *arg)
{
    struct side *side = arg;

    side->refers++;
    side->refer_with = refer->with;
    snprintf(side->refer, sizeof side->refer, "%s %s %s %s %s", refer->uri, refer->user,
             refer->host, refer->referred_by, refer->replaces ? refer->replaces : "-");
    return side->refer_status;
}

static int on_info(const char *type, const char *body, void *arg)
{
    struct side *side = arg;

    side->infos++;
    copy(side->type, sizeof side->type, type);
    copy(side->body, sizeof side->body, body);
    return side->info_err;
}

static void on_informed(int status, void *arg)
{
    struct side *side = arg;

    side->informed++;
    side->informed_status = status;
}

static void on_ended(int status, const char *phrase, bool remote, int q850, void *arg)
{
    struct side *side = arg;

    side->ended++;
    side->status = status;
    side->remote = remote;
    side->q850 = q850;
    copy(side->phrase, sizeof side->phrase, phrase);
    side->dialog = mem_unref(side->dialog);
}

const struct dialog_handlers side_handlers = {
    .progress = on_progress,
    .answered = on_answered,
    .acked = on_acked,
    .reoffer = on_reoffer,
    .session = on_session,
    .refreshed = on_refreshed,
    .refer = on_refer,
    .referred = on_referred,
    .info = on_info,
    .info_types = "application/dtmf-relay, application/dtmf",
    .informed = on_informed,
    .ended = on_ended,
};

static enum ua_verdict on_source(const struct sockaddr_storage *from, const char *method, void *arg)
{
    struct phone *phone = arg;

    (void)from;
    (void)method;
    phone->asked++;
    return phone->verdict;
}

static bool on_secret(const struct sockaddr_storage *from, const char *user, char *password,
                      size_t size, void *arg)
{
    const struct phone *phone = arg;

    assert_int_not_equal(from->ss_family, 0);
    if (!phone->password || strcmp(user, "alice") != 0)
        return false;
    copy(password, size, phone->password);
    return true;
}

static void on_tried(const struct sockaddr_storage *from, const char *user, bool right, void *arg)
{
    struct phone *phone = arg;

    assert_int_not_equal(from->ss_family, 0);
    phone->right += right;
    phone->wrong += !right;
    copy(phone->tried_user, sizeof phone->tried_user, user);
}

static void on_incoming(struct dialog *dialog, void *arg)
{
    struct phone *phone = arg;
    struct side *side = &phone->incoming[phone->calls++ % 64];

    if (!phone->keep)
        return;
    memset(side, 0, sizeof *side);
    side->dialog = mem_ref(dialog);
    phone->replaced = dialog_invite_of(dialog)->replaces;
    dialog_handle(dialog, &side_handlers, side);
    if (dialog_hold_to(dialog, &phone->terms))
        return;
    if (phone->auto_answer)
        dialog_answer(dialog, KIT_SDP);
}

void kit_start(void)
{
    assert_int_equal(loop_alloc(&kit_loop), 0);
    assert_int_equal(ua_root_alloc(&kit_root, kit_loop), 0);
}

void kit_stop(void)
{
    kit_root = mem_unref(kit_root);
    kit_loop = mem_unref(kit_loop);
    assert_int_equal(mem_alive(), 0);
}

void phone_start(struct phone *phone, const char *transports, bool v6)
{
    struct ua_handlers handlers = {.source = on_source,
                                   .secret = on_secret,
                                   .tried = on_tried,
                                   .incoming = on_incoming,
                                   .arg = phone};
    struct ua_listen listen[2];
    struct ua_conf conf = {.listen = listen, .user_agent = "kit", .min_se = kit_min_se};

    memset(phone, 0, sizeof *phone);
    memset(listen, 0, sizeof listen);
    phone->keep = true;
    phone->verdict = UA_ALLOW;
    for (const char *at = transports; at && *at;
         at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL) {
        memcpy(listen[conf.listen_count].transport, at, 3);
        strcpy(listen[conf.listen_count++].host, v6 ? "::1" : "127.0.0.1");
    }
    assert_int_equal(ua_start(&phone->ua, ua_root_su(kit_root), &conf, &handlers), 0);
}

static void on_stopped(void *arg)
{
    ((struct phone *)arg)->stopped = true;
}

void phone_stop(struct phone *phone)
{
    ua_stop(phone->ua, on_stopped, phone);
    until(phone->stopped);
    assert_int_equal(ua_dialogs(phone->ua), 0);
    phone->ua = mem_unref(phone->ua);
}

const char *phone_uri(const struct phone *phone, const char *transport)
{
    static char uri[128];
    bool v6 = strchr(ua_address(phone->ua), '[') != NULL;

    snprintf(uri, sizeof uri, "sip:callee@%s:%u;transport=%s", v6 ? "[::1]" : "127.0.0.1",
             ua_port(phone->ua, transport), transport);
    return uri;
}

int phone_call(struct phone *phone, struct side *side, const char *uri, const char *sdp)
{
    struct dialog_target target = {
        .uri = uri, .from_user = "caller", .sdp = sdp, .terms = phone->terms};

    memset(side, 0, sizeof *side);
    return dialog_invite(phone->ua, &target, &side_handlers, side, &side->dialog);
}

int phone_call_as(struct phone *phone, struct side *side, const char *uri, const char *user,
                  const char *password)
{
    struct dialog_target target = {
        .uri = uri, .from_user = user, .credentials = {user, password, NULL}, .sdp = KIT_SDP};

    memset(side, 0, sizeof *side);
    return dialog_invite(phone->ua, &target, &side_handlers, side, &side->dialog);
}

void kit_idle(int ms)
{
    int64_t end = clock_mono_ms() + ms;

    while (clock_mono_ms() < end)
        ua_root_step(kit_root, 10);
}

int raw_open(unsigned *port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);

    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &size), 0);
    *port = ntohs(at.sin_port);
    return fd;
}

void raw_send(int fd, unsigned port, const char *text, size_t size)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

    to.sin_port = htons((uint16_t)port);
    assert_int_equal(sendto(fd, text, size, 0, (struct sockaddr *)&to, sizeof to), size);
}

size_t raw_receive(int fd, char *text, size_t room, int ms)
{
    int64_t end = clock_mono_ms() + ms;

    do {
        ssize_t size = recv(fd, text, room - 1, 0);

        if (size >= 0) {
            text[size] = '\0';
            return (size_t)size;
        }
        ua_root_step(kit_root, 5);
    } while (clock_mono_ms() < end);
    return 0;
}
