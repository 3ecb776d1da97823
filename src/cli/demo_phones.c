/* demo_phones.c: the caller and the callee: two SIP user agents, each with a tone of
 * its own, and what they say of themselves. */
#include "cli/demo.h"

#include "base/clock.h"
#include "base/mem.h"

#include <stdio.h>
#include <string.h>

static const struct offer_ability both_laws = {.formats = {{CODEC_PCMU}, {CODEC_PCMA}}, .count = 2};

static void on_incoming(struct line *line, void *arg)
{
    struct demo_side *side = arg;

    side->line = line;
    demo_say(side->demo, DEMO_PLAIN, side->name, "rings");
}

static void on_progress(struct line *line, int status, bool early, void *arg)
{
    struct demo_side *side = arg;

    (void)line;
    (void)early;
    if (status == 180 && !side->ringing)
        demo_say(side->demo, DEMO_PLAIN, side->name, "is told that it rings (180)");
    side->ringing = side->ringing || status == 180;
}

static void on_answered(struct line *line, void *arg)
{
    struct demo_side *side = arg;

    side->answered = clock_mono_ms();
    demo_say(side->demo, DEMO_PLAIN, side->name, "is connected, %s", line_codec(line));
}

static void on_ended(struct line *line, int status, const char *phrase, bool remote, void *arg)
{
    struct demo_side *side = arg;

    (void)line;
    side->ended = clock_mono_ms();
    side->status = status;
    side->remote = remote;
    if (status >= 300)
        demo_say(side->demo, DEMO_PLAIN, side->name, "is told %d %s", status, phrase ? phrase : "");
    else
        demo_say(side->demo, DEMO_PLAIN, side->name, remote ? "is hung up on" : "has hung up");
}

static bool start(struct demo *demo, struct demo_side *side)
{
    const struct phone_conf conf = {.address = "127.0.0.1", .transport = "udp"};
    const struct phone_handlers on = {.incoming = on_incoming,
                                      .progress = on_progress,
                                      .answered = on_answered,
                                      .ended = on_ended,
                                      .arg = side};
    int err = phone_start(&side->phone, ua_root_su(demo->root), demo->loop, &conf, &on);

    side->demo = demo;
    if (err)
        return demo_check(demo, false, side->name, "no phone: %s", strerror(err));
    demo_say(demo, DEMO_PLAIN, side->name, "%s hums %u Hz, SIP on %s", side->number, side->tone,
             phone_address(side->phone));
    return true;
}

bool demo_phones_start(struct demo *demo)
{
    const struct phone_policy policy = {.action = PHONE_ANSWER,
                                        .delay = DEMO_RING_MS,
                                        .tone = DEMO_TONE_CALLEE,
                                        .amplitude = DEMO_AMPLITUDE,
                                        .can = both_laws};

    demo->caller = (struct demo_side){.name = "caller",
                                      .number = DEMO_CALLER,
                                      .tone = DEMO_TONE_CALLER,
                                      .other_tone = DEMO_TONE_CALLEE};
    demo->callee = (struct demo_side){.name = "callee",
                                      .number = DEMO_CALLEE,
                                      .tone = DEMO_TONE_CALLEE,
                                      .other_tone = DEMO_TONE_CALLER};
    return start(demo, &demo->caller) && start(demo, &demo->callee) &&
           phone_accept(demo->callee.phone, NULL, &policy) == 0;
}

int demo_phones_call(struct demo *demo)
{
    char uri[128];
    const struct phone_call call = {.name = "call",
                                    .uri = uri,
                                    .from = DEMO_CALLER,
                                    .tone = DEMO_TONE_CALLER,
                                    .amplitude = DEMO_AMPLITUDE,
                                    .can = both_laws};

    snprintf(uri, sizeof uri, "sip:%s@%s", DEMO_NUMBER, demo->sip);
    return phone_call(demo->caller.phone, &call, &demo->caller.line);
}

static void on_stopped(void *arg)
{
    struct demo_side *side = arg;

    side->stopped = true;
}

static void stop(struct demo_side *side)
{
    int64_t until = clock_mono_ms() + DEMO_PATIENCE;

    if (!side->phone)
        return;
    phone_stop(side->phone, on_stopped, side);
    while (!side->stopped && clock_mono_ms() < until)
        ua_root_step(side->demo->root, 20);
    side->phone = mem_unref(side->phone);
    side->line = NULL;
}

void demo_phones_stop(struct demo *demo)
{
    stop(&demo->caller);
    stop(&demo->callee);
}
