/* trouble.c: why a leg is not heard, in words. The stream finds it (stream/problem.c); told is what
 * matters to people: of a call that was answered a while ago, and no silence of one that is muted.
 *
 *   found ──answered for SETTLE, and no silence while muted──> told
 *   told  ──over, or muted──> its end is told */
#include "leg/private.h"
#include "base/clock.h"
#include "base/log.h"
#include "net/addr.h"

#include <stdio.h>
#include <string.h>

enum { SETTLE = 2000 /* [ms] from the answer on */, SENTENCE = 400, TYPES = 40 };

const char *leg_problem_text(enum stream_problem problem)
{
    static const char *const texts[STREAM_PROBLEMS] = {
        [STREAM_NO_PACKETS] = "no_packets",       [STREAM_SILENCE] = "silence",
        [STREAM_WRONG_PAYLOAD] = "wrong_payload", [STREAM_NAT_MISMATCH] = "nat_mismatch",
        [STREAM_SRTP_FAILURE] = "srtp_failure",   [STREAM_UNPROTECTED] = "unprotected",
    };

    return texts[problem];
}

/* "18, 97" */
static const char *write_types(char out[TYPES], const struct stream_trouble *found)
{
    size_t at = 0;

    *out = '\0';
    for (unsigned i = 0; i < found->type_count && at < TYPES; i++)
        at += (size_t)snprintf(out + at, TYPES - at, "%s%u", i ? ", " : "", found->types[i]);
    return out;
}

static void write_sentence(char out[SENTENCE], const struct leg *leg, const char *expected,
                           const char *seen)
{
    const struct trouble *trouble = &leg->trouble;
    bool latched = addr_is_set(&trouble->peer);
    char types[TYPES];

    switch (trouble->found.problem) {
    case STREAM_NO_PACKETS:
        snprintf(out, SENTENCE,
                 "No packets come from %s to %s:%u: look at firewall and NAT of the peer, and "
                 "whether it can reach the address that our SDP gives.",
                 expected, leg->local.address, leg->local.port);
        break;
    case STREAM_SILENCE:
        snprintf(out, SENTENCE,
                 "Packets come from %s, but they hold digital silence only: look at the "
                 "microphone of the peer and whether it is muted there.",
                 expected);
        break;
    case STREAM_WRONG_PAYLOAD:
        snprintf(out, SENTENCE,
                 "%s sends payload type %s, agreed was %u (%s): look at the codecs of the peer.",
                 seen, write_types(types, &trouble->found), trouble->payload_type,
                 codec_name(trouble->format.codec));
        break;
    case STREAM_NAT_MISMATCH:
        snprintf(out, SENTENCE,
                 "Packets come from %s, but the peer is %s %s: look at the NAT between, and "
                 "whether the peer moved without a re-INVITE.",
                 seen, latched ? "known at" : "at, by its SDP,", expected);
        break;
    case STREAM_SRTP_FAILURE:
        snprintf(out, SENTENCE,
                 "Packets of %s do not authenticate: they are under another key than its SDP has, "
                 "or in clear; look at the SRTP of the peer and of what is between.",
                 *seen ? seen : expected);
        break;
    case STREAM_UNPROTECTED: /* secure.c */
        break;
    }
}

static void note(const struct leg *leg, const struct leg_trouble *told)
{
    const char *name = leg_problem_text(told->problem);

    if (!told->on)
        log_info("leg", "sound is right again id=%s: no %s any more", leg->id, name);
    else if (told->harmless)
        log_info("leg", "media problem id=%s %s: %s", leg->id, name, told->text);
    else
        log_warning("leg", "media problem id=%s %s: %s", leg->id, name, told->text);
}

static void tell(struct leg *leg, bool on)
{
    struct trouble *trouble = &leg->trouble;
    char text[SENTENCE] = "", expected[ADDR_TEXT] = "", seen[ADDR_TEXT] = "";
    struct leg_trouble told = {.problem = trouble->found.problem,
                               .on = on,
                               .harmless = trouble->found.problem == STREAM_SILENCE,
                               .since = trouble->since,
                               .text = text,
                               .expected = expected,
                               .seen = seen,
                               .type_count = trouble->found.type_count};

    memcpy(told.types, trouble->found.types, sizeof told.types);
    addr_format(expected, addr_is_set(&trouble->peer) ? &trouble->peer : &trouble->agreed);
    if (addr_is_set(&trouble->found.from))
        addr_format(seen, &trouble->found.from);
    write_sentence(text, leg, expected, seen);
    trouble->told = on;
    if (on)
        leg->plane->sums.problems[told.problem]++;
    note(leg, &told);
    if (leg->handlers && leg->handlers->problem)
        leg->handlers->problem(leg, &told, leg->arg);
}

static bool is_worth_telling(const struct leg *leg)
{
    const struct trouble *trouble = &leg->trouble;

    return trouble->found.on && leg->answered && !timer_running(&trouble->settling) &&
           !(trouble->found.problem == STREAM_SILENCE && trouble->muted);
}

static void judge(struct leg *leg)
{
    bool worth = is_worth_telling(leg);

    if (!leg->over && worth != leg->trouble.told)
        tell(leg, worth);
}

static void settled(void *arg)
{
    judge(arg);
    secure_answered(arg);
}

void trouble_connect(struct leg *leg, const struct offer_agreed *agreed)
{
    struct trouble *trouble = &leg->trouble;

    if (!addr_same(&trouble->agreed, &agreed->remote))
        memset(&trouble->peer, 0, sizeof trouble->peer); /* to be latched anew */
    trouble->agreed = agreed->remote;
    trouble->format = agreed->format;
    trouble->payload_type =
        agreed->receive_payload_type ? agreed->receive_payload_type : agreed->payload_type;
}

void trouble_answered(struct leg *leg)
{
    loop_start(leg->plane->loop, &leg->trouble.settling, SETTLE, settled, leg);
}

void trouble_mute(struct leg *leg, bool on)
{
    leg->trouble.muted = on;
    judge(leg);
}

void trouble_stop(struct leg *leg)
{
    loop_cancel(leg->plane->loop, &leg->trouble.settling);
}

void trouble_latched(const struct sockaddr_storage *from, void *arg)
{
    struct leg *leg = arg;

    leg->trouble.peer = *from;
}

void trouble_found(const struct stream_trouble *found, void *arg)
{
    struct leg *leg = arg;
    struct trouble *trouble = &leg->trouble;

    MAGIC_CHECK(leg, LEG_MAGIC);
    if (found->on) {
        trouble->found = *found;
        trouble->since = clock_wall_ms();
    }
    trouble->found.on = found->on;
    judge(leg);
}

bool leg_troubled(const struct leg *leg, enum stream_problem *problem, int64_t *since)
{
    *problem = leg->trouble.found.problem;
    *since = leg->trouble.since;
    return leg->trouble.told;
}
