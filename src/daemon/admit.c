/* admit.c: who may call, and how often: sources of trunks, and phones of users where they may be.
 * Strangers get no answer, nor does who guesses passwords. Who is asked for a password is asked so
 * often a second, and the answer to a wrong name is that to a wrong password. */
#include "daemon/private.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "net/addr.h"

#include <stdio.h>
#include <string.h>

enum { SOURCES = 4096, BURST = 4 /* seconds' worth of challenges at once: an office comes back */ };

/* What the networks of trunks say of a source. */
struct standing {
    bool is_trunk; /* of a trunk whose callers need no password */
    bool is_asked; /* of one whose callers do */
};

static struct standing standing_of(const struct daemon *daemon, const struct sockaddr_storage *from)
{
    const struct conf_trunk *own = trunk_conf(trunk_from(daemon->trunks, from));
    const struct conf *conf = daemon->conf;
    struct standing standing = {false, false};

    if (own && own->allows_proxies) /* it need not be in any network */
        *(*own->inbound_user ? &standing.is_asked : &standing.is_trunk) = true;

    for (size_t i = 0; i < conf->trunk_count; i++) {
        const struct conf_trunk *trunk = &conf->trunks[i];

        if (!conf_network_has(trunk->allow, trunk->allow_count, from))
            continue;
        if (*trunk->inbound_user)
            standing.is_asked = true;
        else
            standing.is_trunk = true;
    }
    return standing;
}

static bool may_register(const struct conf *conf, const struct sockaddr_storage *from)
{
    return conf->sip.is_registrar &&
           conf_network_has(conf->sip.registrar_allow, conf->sip.registrar_allow_count, from);
}

static enum ua_verdict count_call(struct daemon *daemon, const struct sockaddr_storage *from)
{
    struct sockaddr_storage anyone = {.ss_family = AF_INET};
    int64_t now = clock_mono_ms();

    if (lag_refuses(daemon) || (daemon->each && !limiter_admit(daemon->each, from, now)))
        return UA_BUSY;
    return daemon->all && !limiter_admit(daemon->all, &anyone, now) ? UA_BUSY : UA_ALLOW;
}

/* It is asked to prove who it is, unless it has guessed, or asks too often. */
static enum ua_verdict challenge(struct daemon *daemon, const struct sockaddr_storage *from)
{
    int64_t now = clock_mono_ms();

    if (guard_silences(daemon->guard, from, now) || !daemon->challenges ||
        !limiter_admit(daemon->challenges, from, now))
        return UA_IGNORE;
    return UA_CHALLENGE;
}

enum ua_verdict daemon_admit(const struct sockaddr_storage *from, const char *method, void *arg)
{
    struct daemon *daemon = arg;
    struct standing standing = standing_of(daemon, from);
    bool phone = may_register(daemon->conf, from), call = !strcmp(method, "INVITE");
    enum ua_verdict verdict;

    if (phone && !strcmp(method, "REGISTER"))
        return challenge(daemon, from);
    /* a phone on the network of a trunk is a phone all the same, where it has registered */
    if (standing.is_trunk && !(phone && registrar_knows(daemon->registrar, from)))
        return call ? count_call(daemon, from) : UA_ALLOW;
    if (!standing.is_asked && !phone)
        return UA_IGNORE;
    if (!call && standing.is_asked && !strcmp(method, "OPTIONS"))
        return UA_ALLOW;
    verdict = challenge(daemon, from);
    if (verdict == UA_CHALLENGE && call && count_call(daemon, from) == UA_BUSY)
        return UA_BUSY;
    return verdict;
}

bool daemon_secret(const struct sockaddr_storage *from, const char *user, char *password,
                   size_t size, void *arg)
{
    struct daemon *daemon = arg;
    const struct conf_trunk *trunk = conf_trunk_of_caller(daemon->conf, from, user);
    const char *known = trunk ? trunk->inbound_password : NULL;

    if (!trunk && may_register(daemon->conf, from))
        user_of_login(daemon->bridge, user, &known);
    if (!known || strlen(known) >= size)
        return false;
    memcpy(password, known, strlen(known) + 1);
    return true;
}

void daemon_tried(const struct sockaddr_storage *from, const char *user, bool right, void *arg)
{
    struct daemon *daemon = arg;
    int64_t silence = guard_tried(daemon->guard, from, user, right, clock_mono_ms());
    char source[ADDR_TEXT];

    if (right)
        return;
    addr_format(source, from);
    if (silence)
        log_warning("daemon", "wrong password source=%s user=%.40s: not answered for %lld s",
                    source, user, (long long)(silence / 1000));
    else
        log_info("daemon", "wrong password source=%s user=%.40s", source, user);
}

void daemon_make_limiters(struct daemon *daemon)
{
    unsigned all = daemon->conf->limits.calls_per_second;
    unsigned each = daemon->conf->limits.calls_per_second_per_source;
    unsigned challenges = daemon->conf->limits.challenges_per_second_per_source;

    daemon->all = mem_unref(daemon->all);
    daemon->each = mem_unref(daemon->each);
    daemon->challenges = mem_unref(daemon->challenges);
    if (all)
        limiter_alloc(&daemon->all, all, all, 1);
    if (each)
        limiter_alloc(&daemon->each, each, each, SOURCES);
    limiter_alloc(&daemon->challenges, challenges, (double)challenges * BURST, SOURCES);
}
