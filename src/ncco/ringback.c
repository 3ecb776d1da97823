/* ringback.c: what a caller hears while another is dialled (ringbackTone), in place of silence:
 * from the moment that the callee rings until it answers, it fails, or its own early media comes.
 * A caller who is not answered yet hears it as early media (183). */
#include "ncco/private.h"
#include "conversation/audio.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* What cannot be heard is told; the callee is dialled all the same. */
static void loaded(const char *reason, void *arg)
{
    struct call *call = arg;
    char text[NCCO_REASON];

    if (reason && call->member) {
        snprintf(text, sizeof text, "connect: ringbackTone: %s", reason);
        notice_error(call, text);
    }
    mem_unref(call);
}

void ringback_start(struct call *call, const char *url)
{
    int err;

    if (!call->member || leg_ending(call->leg))
        return;
    if (leg_status_of(call->leg) < LEG_ANSWERED)
        leg_early(call->leg);
    err = audio_music(call->member, url, loaded, mem_ref(call));
    if (err)
        loaded(err == EINVAL ? "no sound has such a name" : strerror(err), call);
    call->hums = true;
}

void ringback_stop(struct call *call)
{
    if (call->hums && call->member)
        audio_music_stop(call->member);
    call->hums = false;
}
