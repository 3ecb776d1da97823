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

bool conversation_record_check(struct api_request *request)
{
    const json_t *channels = json_object_get(request->body, "channels");

    media_check_record(request, request->body);
    if (json_integer_value(channels) > 1 && !json_object_get(request->body, "split"))
        api_fault(request, "channels", "more than one needs split");
    return true;
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
