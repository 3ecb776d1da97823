/* doctor.c: what is wrong with a trunk, in sentences: each target is asked by OPTIONS now; to that
 * come the registration, the names, how the carrier sees us, and the calls it refused last. */
#include "trunk/advice.h"
#include "trunk/private.h"
#include "net/addr.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct check { /* control thread; a reference of each question under way */
    struct trunk *trunk;
    trunk_check_h *done;
    void *arg;
    json_t *findings;
    bool ill;
    unsigned waiting;
    bool told;
};

struct question {
    struct check *check;
    struct trunk_target *target;
};

static void destroy(void *obj)
{
    struct check *check = obj;

    mem_unref(check->trunk);
    json_decref(check->findings);
}

static void find(struct check *check, const char *level, const char *subject, const char *setting,
                 const char *format, ...) __attribute__((format(printf, 5, 6)));

static void find(struct check *check, const char *level, const char *subject, const char *setting,
                 const char *format, ...)
{
    char text[700];
    json_t *value, *finding;
    va_list ap;

    va_start(ap, format);
    vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    for (char *c = text; *c; c++) {
        if ((unsigned char)*c < ' ' || (unsigned char)*c >= 0x7f)
            *c = '?'; /* texts of peers */
    }
    value = json_string(text);
    finding = json_pack("{s:s,s:s,s:o}", "level", level, "subject", subject, "text", value);
    if (*setting)
        json_object_set_new(finding, "setting", json_string(setting));
    json_array_append_new(check->findings, finding);
    check->ill = check->ill || strcmp(level, "error") == 0;
}

/* Pings. */

static const char *place_of(const struct trunk_target *target)
{
    return target->hop[0]  ? target->hop
           : target->proxy ? target->proxy->uri
                           : "a proxy that is gone";
}

static void find_seen(struct check *check, const struct sockaddr_storage *seen)
{
    const struct conf *conf = check->trunk->trunks ? check->trunk->trunks->conf : NULL;
    const char *told;
    char address[ADDR_TEXT], host[ADDR_TEXT];

    if (!conf || !seen->ss_family)
        return;
    addr_format(address, seen);
    snprintf(host, sizeof host, "%s", address);
    if (strrchr(host, ':'))
        *strrchr(host, ':') = '\0';
    told = *conf->sip.advertise ? conf->sip.advertise : NULL;
    for (size_t i = 0; !told && i < conf->sip.listen_count; i++) {
        const char *own = conf->sip.listen[i].host;

        if (strcmp(own, host) == 0 || strcmp(own, "0.0.0.0") == 0)
            return; /* as it is, or as the system chose it */
    }
    if (told && strcmp(told, host) == 0)
        return;
    find(
        check, "warning", "nat", "sip.advertise, rtp.advertise",
        "The carrier sees us as %s, but %s%s stands in our Contact and SDP: its requests and sound "
        "may not find the way here. Behind a NAT both settings want %s.",
        address, told ? told : "the address we listen on", "", host);
}

static void find_answer(struct check *check, const struct trunk_target *target,
                        const struct ua_echo *echo)
{
    const struct conf_trunk *conf = check->trunk->conf;
    struct advice advice = advice_on(conf, ADVICE_PING, echo->status, echo->err);
    bool there = !echo->err && echo->status != 408 && echo->status < 500;

    if (echo->err) {
        find(check, "error", "ping", advice.setting, "%s does not answer OPTIONS: %s. %s",
             place_of(target), strerror(echo->err), advice.text);
        return;
    }
    if (echo->status == 401 || echo->status == 407)
        find(check, "warning", "ping", advice.setting, "%s answers OPTIONS with %d. %s",
             place_of(target), echo->status, advice.text);
    else if (there || echo->status == 501)
        find(check, "ok", "ping", "", "%s answers OPTIONS with %d within %u ms.", place_of(target),
             echo->status, echo->ms);
    else
        find(check, "error", "ping", advice.setting, "%s answers OPTIONS with %d %s. %s",
             place_of(target), echo->status, echo->phrase ? echo->phrase : "", advice.text);
    find_seen(check, &echo->seen_as);
}

/* What is known without asking. */

static void find_names(struct check *check, const struct trunk_proxy *proxy)
{
    if (names_is_numeric(proxy->uri))
        return;
    if (proxy->why[0])
        find(check, proxy->resolved ? "warning" : "error", "dns", "proxy, sip.dns", "%s: %s.%s",
             proxy->uri, proxy->why, proxy->resolved ? " The last good answer is still used." : "");
    else if (proxy->resolved)
        find(check, "ok", "dns", "", "%s stands for %u place%s, by %s; good for %u s.", proxy->uri,
             proxy->count, proxy->count == 1 ? "" : "s",
             proxy->by_srv ? "SRV records" : "its address", proxy->ttl);
}

static void find_registration(struct check *check)
{
    const struct trunk_registration *own = &check->trunk->registration;
    const struct conf_trunk *conf = check->trunk->conf;
    struct advice advice =
        advice_on(conf, ADVICE_REGISTRATION, own->status, own->status ? 0 : ETIMEDOUT);

    if (!conf->is_register)
        return;
    if (own->state == REGISTRATION_UP)
        find(check, "ok", "registration", "", "Registered, for %u s.", own->expires);
    else if (own->state == REGISTRATION_TRYING)
        find(check, "warning", "registration", "", "Not registered yet: no answer has come.");
    else
        find(check, "error", "registration", advice.setting,
             "Not registered: %d %s. %s It is tried again in %u s.", own->status, own->phrase,
             advice.text, own->retry);
    find_seen(check, &own->seen_as);
}

/* Is it the last of its kind? Earlier ones are not told again. */
static bool is_last(const struct trunk *trunk, unsigned which)
{
    const struct trunk_failure *own = &trunk->failures[which % TRUNK_FAILURES];

    for (unsigned i = which + 1; i < trunk->failure_count; i++) {
        const struct trunk_failure *later = &trunk->failures[i % TRUNK_FAILURES];

        if (later->status == own->status && later->err == own->err)
            return false;
    }
    return true;
}

/* A person's own word needs no doctor. */
static bool is_personal(int status)
{
    return status == 486 || status == 487 || status == 600 || status == 603;
}

static void find_refusal(struct check *check, const struct trunk_failure *failure)
{
    struct advice advice =
        advice_on(check->trunk->conf, ADVICE_CALL, failure->status, failure->err);
    char codecs[300] = "", what[100];

    if (failure->err)
        snprintf(what, sizeof what, "got no answer (%s)", strerror(failure->err));
    else
        snprintf(what, sizeof what, "was refused with %d %s", failure->status, failure->phrase);
    if (failure->status == 488 || failure->status == 606 || failure->status == 406)
        snprintf(codecs, sizeof codecs, " We offered %s; it can do %s.", failure->codecs,
                 failure->theirs[0] ? failure->theirs : "what it does not say");
    find(check, "warning", "call", advice.setting, "The call to %s from \"%s\" %s%s%s%s. %s%s",
         failure->uri, failure->from, what, failure->warning[0] ? " (" : "", failure->warning,
         failure->warning[0] ? ")" : "", advice.text, codecs);
}

static void find_refusals(struct check *check)
{
    const struct trunk *trunk = check->trunk;
    unsigned kept = trunk->failure_count < TRUNK_FAILURES ? trunk->failure_count : TRUNK_FAILURES;

    for (unsigned i = trunk->failure_count - kept; i < trunk->failure_count; i++) {
        const struct trunk_failure *failure = &trunk->failures[i % TRUNK_FAILURES];

        if (is_last(trunk, i) && !is_personal(failure->status))
            find_refusal(check, failure);
    }
    if (trunk->conf->capacity && trunk->calls >= trunk->conf->capacity)
        find(check, "warning", "capacity", "capacity", "It is full: %u calls are up of %u.",
             trunk->calls, trunk->conf->capacity);
}

/* The visit. */

static void finish(struct check *check)
{
    json_t *report;

    if (check->told || check->waiting)
        return;
    check->told = true;
    find_refusals(check);
    report = json_pack("{s:s,s:b,s:O,s:o}", "name", check->trunk->conf->name, "ok", !check->ill,
                       "findings", check->findings, "trunk", trunk_json(check->trunk));
    check->done(report, check->arg);
}

static void on_echo(const struct ua_echo *echo, void *arg)
{
    struct question *question = arg;
    struct check *check = question->check;

    check->waiting--;
    find_answer(check, question->target, echo);
    finish(check);
    mem_unref(question->target);
    mem_unref(question);
    mem_unref(check);
}

static void ask(struct check *check, struct trunk_target *target)
{
    struct question *question = mem_alloc(sizeof *question, NULL);
    char route[1024];
    struct ua_ping ping;
    int err;

    if (!question)
        return;
    question->check = mem_ref(check);
    question->target = mem_ref(target);
    target_write_ping(target, route, &ping);
    check->waiting++;
    err = ua_ping(check->trunk->trunks->ua, &ping, on_echo, question);
    if (err)
        on_echo(&(struct ua_echo){.err = err, .phrase = "", .server = "", .allow = ""}, question);
}

int trunk_check(struct trunk *trunk, trunk_check_h *done, void *arg)
{
    struct check *check;

    MAGIC_CHECK(trunk, TRUNK_MAGIC);
    if (!trunk->trunks || !trunk->trunks->ua)
        return ESHUTDOWN;
    check = mem_alloc(sizeof *check, destroy);
    if (!check)
        return ENOMEM;
    check->trunk = mem_ref(trunk);
    check->done = done;
    check->arg = arg;
    check->findings = json_array();
    check->waiting = 1; /* until all have been asked */
    find_registration(check);
    for (unsigned i = 0; i < trunk->proxy_count; i++) {
        find_names(check, trunk->proxies[i]);
        for (unsigned k = 0; k < trunk->proxies[i]->count; k++)
            ask(check, trunk->proxies[i]->targets[k]);
    }
    check->waiting--;
    finish(check);
    mem_unref(check);
    return 0;
}
