/* conversation_media.c: PUT /conversations/{id}/record: one path starts and stops. */
#include "api/legs.h"

#include <errno.h>
#include <string.h>

static int run(struct api_request *request, const struct audio_target *target, const char **reason)
{
    char id[ID_UUID];
    int64_t event;
    int err;

    if (!strcmp(api_text(request, "action"), "start"))
        return media_record(request, target, request->body, id, &event, reason);
    err = audio_record_stop(target, NULL, &event);
    return err == ENOENT ? 0 : err; /* nothing to stop is as good as stopped */
}

void conversation_record(struct api_request *request)
{
    struct audio_target target = {.conversation = api_conversation(request)};
    const char *reason = NULL;
    int err;

    if (!target.conversation)
        return;
    err = run(request, &target, &reason);
    if (err)
        media_refuse(request, err, reason);
    else
        api_answer_done(request, request->route->success == 204 ? NULL : json_object());
}
