/* gate.c: noise that is left out of the sum. A gate opens at once, with the first loud frame, so
 * that no beginning of a word is lost, and closes when the line is quiet for as long as
 * audio/activity.h takes to say so, over one frame. */
#include "audio/frame.h"
#include "mixer/member.h"

#include <string.h>

void mixer_gate(struct mixer *mixer, bool on)
{
    if (mixer->gated == on)
        return;
    mixer->gated = on;
    list_each (node, &mixer->members) {
        struct mixer_member *member = list_entry(node, struct mixer_member, node);

        memset(&member->activity, 0, sizeof member->activity);
        member->gate = (struct fade){FRAME_GAIN_ONE, FRAME_GAIN_ONE};
    }
}

bool gate_pass(struct mixer_member *member, const int16_t *frame)
{
    struct fade *gate = &member->gate;
    struct activity *activity = &member->activity;

    if (!member->mixer->gated)
        return true;
    activity_run(activity, frame, member->mixer->frame);
    gate->now = gate->to;
    gate->to = activity->on || activity->run ? FRAME_GAIN_ONE : 0;
    if (gate->to)
        gate->now = gate->to;
    return gate->now > 0;
}
