/* transcription.c: what a recording says, as text. There is nobody who could write down a whole
 * recording, and that is told: whoever asked for it waits for an answer. */
#include "ncco/private.h"
#include "base/clock.h"

/* Its eventUrl is a text or an array of one; absent: as of the recording. */
static const char *url_of(const struct audio_recorded *recorded)
{
    const json_t *url = json_object_get(recorded->transcription, "eventUrl");

    if (!url)
        url = json_object_get(recorded->transcription, "event_url");
    if (json_is_array(url))
        url = json_array_get(url, 0);
    return json_is_string(url) ? json_string_value(url) : recorded->webhook;
}

static const char *method_of(const struct audio_recorded *recorded)
{
    const json_t *method = json_object_get(recorded->transcription, "eventMethod");

    if (!method)
        method = json_object_get(recorded->transcription, "event_method");
    return json_is_string(method) ? json_string_value(method) : "POST";
}

void transcription_begin(struct calls *calls, const struct audio_recorded *recorded)
{
    const char *url = url_of(recorded);
    struct webhook_event event = {
        .application = application_id(recorded->application),
        .lane = recorded->conversation_id,
        .url = url && *url ? url : NULL,
        .method = method_of(recorded),
        .fields = json_pack("{s:s,s:s,s:s,s:s,s:s}", "type", "record", "status", "error", "reason",
                            "Speech recognition is not configured", "conversation_uuid",
                            recorded->conversation_id, "recording_uuid", recorded->recording_id),
    };

    fields_time(event.fields, "timestamp", clock_wall_ms());
    notice_send(calls, recorded->application, &event);
}
