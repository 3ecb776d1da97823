/* audible.c: the pair rules. Only pairs that do not hear each other have one; a
 * rule that has faded back to hearing is set aside for the next use, so a tick
 * neither allocates nor frees. */
#include "audio/frame.h"
#include "base/mem.h"
#include "mixer/member.h"

#include <errno.h>
#include <string.h>

static void set_aside(struct mixer *mixer, struct rule *rule)
{
    list_remove(&rule->by_listener);
    list_remove(&rule->by_speaker);
    list_append(&mixer->spare, &rule->by_listener);
}

static struct rule *find(struct mixer_member *listener, struct mixer_member *speaker)
{
    list_each (node, &listener->rules) {
        struct rule *rule = list_entry(node, struct rule, by_listener);
        if (rule->speaker == speaker)
            return rule;
    }
    return NULL;
}

static struct rule *make(struct mixer_member *listener, struct mixer_member *speaker)
{
    struct list *spare = list_first(&listener->mixer->spare);
    struct rule *rule =
        spare ? list_entry(spare, struct rule, by_listener) : mem_alloc(sizeof *rule, NULL);
    if (!rule)
        return NULL;
    list_remove(&rule->by_listener);
    rule->speaker = speaker;
    rule->hears = (struct fade){FRAME_GAIN_ONE, FRAME_GAIN_ONE};
    list_append(&listener->rules, &rule->by_listener);
    list_append(&speaker->heard_by, &rule->by_speaker);
    return rule;
}

int mixer_audible(struct mixer_member *listener, struct mixer_member *speaker, bool on)
{
    if (listener == speaker)
        return 0;
    struct rule *rule = find(listener, speaker);
    if (!rule && on)
        return 0;
    if (!rule)
        rule = make(listener, speaker);
    if (!rule)
        return ENOMEM;
    rule->hears.to = on ? FRAME_GAIN_ONE : 0;
    /* Where nothing is heard yet there is nothing to fade, and nothing may slip out. */
    if (listener->ear.now == 0 || speaker->voice.now == 0)
        rule->hears.now = rule->hears.to;
    return 0;
}

static bool is_open(const struct fade *fade)
{
    return fade->now == FRAME_GAIN_ONE && fade->to == FRAME_GAIN_ONE;
}

bool mixer_open(const struct mixer_member *member)
{
    return is_open(&member->voice) && is_open(&member->ear) && list_empty(&member->rules) &&
           list_empty(&member->heard_by);
}

/* Takes away what is not heard: all of the frame, or a ramp of it. */
static void take_out(struct mixer *mixer, const struct rule *rule, int32_t *sum)
{
    if (rule->hears.now == 0 && rule->hears.to == 0) {
        frame_subtract(sum, rule->speaker->own, mixer->frame);
        return;
    }
    memcpy(mixer->scaled, rule->speaker->own, mixer->frame * sizeof *mixer->scaled);
    frame_gain(mixer->scaled, mixer->frame, FRAME_GAIN_ONE - rule->hears.now,
               FRAME_GAIN_ONE - rule->hears.to);
    frame_subtract(sum, mixer->scaled, mixer->frame);
}

void rules_apply(struct mixer_member *listener, int32_t *sum)
{
    list_each (node, &listener->rules) {
        struct rule *rule = list_entry(node, struct rule, by_listener);
        if (rule->speaker->summed)
            take_out(listener->mixer, rule, sum);
        rule->hears.now = rule->hears.to;
        if (rule->hears.now == FRAME_GAIN_ONE)
            set_aside(listener->mixer, rule);
    }
}

void rules_forget(struct mixer_member *member)
{
    list_each (node, &member->rules)
        set_aside(member->mixer, list_entry(node, struct rule, by_listener));
    list_each (node, &member->heard_by)
        set_aside(member->mixer, list_entry(node, struct rule, by_speaker));
}
