/* attempt.c: a call at one of a trunk's targets: may it begin, what its INVITE says of who calls
 * (RFC 3261 From, RFC 3325 P-Asserted-Identity, RFC 3323 Privacy, RFC 5806 Diversion), what came
 * of it. */
#include "trunk/private.h"
#include "base/clock.h"
#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { SHUT_MOST = 600 /* [s] that a Retry-After is obeyed */ };

/* Counting. */

int trunk_begin(struct trunk *trunk)
{
    static const struct sockaddr_storage anyone = {.ss_family = AF_INET};

    if (!trunk)
        return 0;
    MAGIC_CHECK(trunk, TRUNK_MAGIC);
    if (trunk->conf->capacity && trunk->calls >= trunk->conf->capacity) {
        trunk->over_capacity++;
        log_info("trunk", "%s is full: calls=%u capacity=%u", trunk->conf->name, trunk->calls,
                 trunk->conf->capacity);
        return EDQUOT;
    }
    if (trunk->limiter && !limiter_admit(trunk->limiter, &anyone, clock_mono_ms())) {
        trunk->over_rate++;
        log_info("trunk", "%s takes no more than %u new calls a second", trunk->conf->name,
                 trunk->conf->rate);
        return EAGAIN;
    }
    trunk->calls++;
    trunk->tried++;
    mem_ref(trunk);
    return 0;
}

void trunk_begin_inbound(struct trunk *trunk)
{
    if (!trunk)
        return;
    trunk->calls++;
    trunk->inbound++;
    mem_ref(trunk);
}

void trunk_end(struct trunk *trunk)
{
    if (!trunk)
        return;
    MAGIC_CHECK(trunk, TRUNK_MAGIC);
    assert(trunk->calls);
    trunk->calls--;
    mem_unref(trunk);
}

/* Saying who calls. */

static void add_line(struct trunk_words *words, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void add_line(struct trunk_words *words, const char *name, const char *format, ...)
{
    char *line = words->lines[words->header_count];
    va_list ap;

    va_start(ap, format);
    vsnprintf(line, sizeof words->lines[0], format, ap);
    va_end(ap);
    words->headers[words->header_count++] = (struct ua_header){name, line};
}

static bool is_set(const char *text)
{
    return text && *text;
}

/* The domain of numbers of ours: the trunk's, everybody's, or the host of the proxy. */
static void write_domain(const struct trunk_attempt *attempt, char *out, size_t size)
{
    const struct trunk *trunk = attempt->trunk;
    const char *host;
    size_t length;

    if (is_set(trunk->conf->from_domain)) {
        snprintf(out, size, "%s", trunk->conf->from_domain);
    } else if (trunk->trunks && is_set(trunk->trunks->conf->sip.domain)) {
        snprintf(out, size, "%s", trunk->trunks->conf->sip.domain);
    } else {
        length = proxy_host(attempt->uri, &host);
        snprintf(out, size, "%.*s", (int)length, host);
    }
}

/* Who we are there, where the caller is not to be told in From. */
const char *trunk_own_user(const struct conf_trunk *conf)
{
    if (is_set(conf->from_user))
        return conf->from_user;
    return is_set(conf->username) ? conf->username : "";
}

static bool is_hidden(const struct conf_trunk *conf, const struct trunk_caller *caller)
{
    return conf->privacy == CONF_PRIVACY_ALWAYS || (!caller->number && !caller->name);
}

static void write_identity(const struct trunk_attempt *attempt, const struct trunk_caller *caller,
                           struct trunk_words *words)
{
    const struct conf_trunk *conf = attempt->trunk->conf;
    bool hidden = is_hidden(conf, caller);
    char number[TRUNK_WORD], domain[TRUNK_LINE / 2];

    if (caller->number &&
        conf_rewrite(conf->caller, conf->caller_count, caller->number, number, sizeof number)) {
    } else {
        snprintf(number, sizeof number, "%.100s",
                 caller->name ? caller->name : trunk_own_user(conf));
    }
    if (is_set(conf->from_user) || (conf->identity && !(conf->identity & CONF_IDENTITY_FROM)))
        snprintf(words->from_user, sizeof words->from_user, "%.100s", trunk_own_user(conf));
    else
        snprintf(words->from_user, sizeof words->from_user, "%s", number);
    if (hidden)
        words->from_user[0] = '\0';
    write_domain(attempt, domain, sizeof domain);
    if (*number && conf->identity & CONF_IDENTITY_PAI)
        add_line(words, "P-Asserted-Identity", "<sip:%s@%s>", number, domain);
    if (*number && conf->identity & CONF_IDENTITY_PPI)
        add_line(words, "P-Preferred-Identity", "<sip:%s@%s>", number, domain);
    if (*number && conf->identity & CONF_IDENTITY_RPID)
        add_line(words, "Remote-Party-ID", "<sip:%s@%s>;party=calling;screen=yes;privacy=%s",
                 number, domain, hidden ? "full" : "off");
    if (hidden && conf->privacy != CONF_PRIVACY_OFF)
        add_line(words, "Privacy", "id");
    if (conf->diversion && caller->diverted &&
        conf_rewrite(conf->caller, conf->caller_count, caller->diverted, number, sizeof number))
        add_line(words, "Diversion", "<sip:%s@%s>;reason=unconditional", number, domain);
}

void trunk_write_route(const struct conf_trunk *conf, char *out, size_t size)
{
    size_t at = 0;

    out[0] = '\0';
    for (size_t i = 0; i < conf->route_count && at < size; i++)
        at += (size_t)snprintf(out + at, size - at, "%s%s", i ? ", " : "", conf->routes[i]);
}

void trunk_address(const struct trunk_attempt *attempt, const struct trunk_caller *caller,
                   struct trunk_words *words, struct dialog_target *target)
{
    const struct conf_trunk *conf = trunk_conf(attempt->trunk);

    words->header_count = 0;
    words->route[0] = words->hop[0] = words->from_user[0] = '\0';
    target->uri = attempt->uri;
    target->from_user = words->from_user;
    if (!conf) {
        snprintf(words->from_user, sizeof words->from_user, "%.100s",
                 caller->number ? caller->number
                 : caller->name ? caller->name
                                : "");
        return;
    }
    write_identity(attempt, caller, words);
    trunk_write_route(conf, words->route, sizeof words->route);
    if (is_set(conf->from_domain))
        target->from_host = conf->from_domain;
    if (words->route[0])
        target->route = words->route;
    else if (attempt->target && attempt->target->hop[0])
        target->next_hop = attempt->target->hop;
    target->credentials =
        (struct ua_credentials){.user = conf->username, .password = conf->password};
}

/* What came of it. */

static void keep(char *out, size_t size, const char *text)
{
    snprintf(out, size, "%s", text ? text : "");
}

static void note_failure(struct trunk *trunk, const struct trunk_attempt *attempt,
                         const struct trunk_outcome *outcome)
{
    struct trunk_failure *failure = &trunk->failures[trunk->failure_count++ % TRUNK_FAILURES];

    *failure = (struct trunk_failure){
        .at = clock_wall_ms(), .status = outcome->err ? 0 : outcome->status, .err = outcome->err};
    keep(failure->uri, sizeof failure->uri, attempt->uri);
    keep(failure->from, sizeof failure->from, outcome->from);
    keep(failure->phrase, sizeof failure->phrase, outcome->phrase);
    keep(failure->warning, sizeof failure->warning, outcome->warning);
    keep(failure->codecs, sizeof failure->codecs, outcome->codecs);
    keep(failure->theirs, sizeof failure->theirs, outcome->theirs);
}

void trunk_told(const struct trunk_attempt *attempt, const struct trunk_outcome *outcome)
{
    struct trunk *trunk = attempt->trunk;
    struct trunk_target *target = attempt->target;

    if (!trunk || outcome->cancelled)
        return;
    if (target && outcome->err)
        target_told(target, 0, outcome->err);
    if (outcome->status < 300 && !outcome->err) {
        trunk->answered++;
        return;
    }
    trunk->failed++;
    note_failure(trunk, attempt, outcome);
    log_info("trunk", "%s refused uri=%s status=%d %s%s%s", trunk->conf->name, attempt->uri,
             outcome->err ? 0 : outcome->status,
             outcome->err      ? strerror(outcome->err)
             : outcome->phrase ? outcome->phrase
                               : "",
             is_set(outcome->warning) ? " warning=" : "",
             is_set(outcome->warning) ? outcome->warning : "");
    if (target && !outcome->err && outcome->status == 503 && outcome->retry_after) {
        unsigned seconds = outcome->retry_after < SHUT_MOST ? outcome->retry_after : SHUT_MOST;

        target->shut = clock_mono_ms() + (int64_t)seconds * 1000;
        log_info("trunk", "%s is left alone for %u s: 503 with Retry-After", trunk->conf->name,
                 seconds);
    }
}

bool trunk_goes_on(const struct trunk_attempt *attempt, int status)
{
    static const unsigned standard[] = {408, 500, 502, 503, 504};
    const struct conf_trunk *conf = trunk_conf(attempt->trunk);
    const unsigned *list = conf ? conf->failover_on : standard;
    size_t count = conf ? conf->failover_count : sizeof standard / sizeof *standard;

    if (attempt->timeout && status >= 500 && status < 600)
        return true;
    for (size_t i = 0; i < count; i++) {
        if (list[i] == (unsigned)status)
            return true;
    }
    return false;
}

const char *trunk_called(const struct trunk *trunk, const char *user, const char *to)
{
    const struct conf_trunk *conf = trunk_conf(trunk);

    if (!conf || !conf->is_register || !is_set(to) || strcmp(user, trunk_own_user(conf)) != 0)
        return user;
    return to;
}

void trunk_read_number(const struct trunk *trunk, const char *user, char *out, size_t size)
{
    const struct conf_trunk *conf = trunk_conf(trunk);

    if (!conf || !conf->inbound_count || user[strspn(user, "+0123456789 -.()/")] ||
        !conf_rewrite(conf->inbound, conf->inbound_count, user, out, size))
        snprintf(out, size, "%s", user);
}
