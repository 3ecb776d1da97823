/* recorded.c: who asked for a recording is told where its file is. */
#include "ncco/private.h"
#include "base/clock.h"

static void set_whole_time(json_t *fields, const char *name, int64_t at)
{
    char text[CLOCK_ISO];

    clock_iso_seconds(text, at);
    json_object_set_new(fields, name, json_string(text));
}

static void tell(struct calls *calls, const struct audio_recorded *recorded)
{
    struct webhook_event event = {
        .application = application_id(recorded->application),
        .lane = recorded->conversation_id,
        .url = *recorded->webhook ? recorded->webhook : NULL,
        .method = recorded->method,
        .fields = json_object(),
    };

    set_whole_time(event.fields, "start_time", recorded->started);
    json_object_set_new(event.fields, "recording_url", json_string(recorded->url));
    json_object_set_new(event.fields, "size", json_integer(recorded->size));
    json_object_set_new(event.fields, "recording_uuid", json_string(recorded->recording_id));
    set_whole_time(event.fields, "end_time", recorded->ended);
    json_object_set_new(event.fields, "conversation_uuid", json_string(recorded->conversation_id));
    fields_time(event.fields, "timestamp", clock_wall_ms());
    if (recorded->tell_channels)
        json_object_set_new(event.fields, "channels", json_integer(recorded->channels));
    notice_send(calls, recorded->application, &event);
}

void calls_recorded(const struct audio_recorded *recorded, void *arg)
{
    if (recorded->webhook && !recorded->told)
        tell(arg, recorded);
    if (recorded->transcription)
        transcription_begin(arg, recorded);
}
