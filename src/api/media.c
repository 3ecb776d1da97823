/* media.c: what bodies of requests say of sound, and the acts that they ask for. The same
 * members mean the same behind every door. */
#include "api/events.h"
#include "base/mem.h"
#include "record/record.h"
#include "speech/speech.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { LANGUAGE = 35, STYLE = 1000, LOOPS = 1000000, LEG_LOOPS = 10 };

const struct shape media_url[] = {{"", SHAPE_STRING, .low = 1, .high = 2048, .format = FORMAT_URI}};
const struct shape media_hook[] = {
    {"", SHAPE_STRING, .low = 1, .high = 2048, .format = FORMAT_URL}};
const char *const media_formats[] = {"mp3", "wav", "ogg", "vorbis", NULL};
const char *const media_methods[] = {"GET", "POST", NULL};
static const char *const ways[] = {"in", "out", NULL};

#define SOUND_ROWS(loops)                                                                \
    {"level",   SHAPE_NUMBER, SHAPE_NUMERIC_TEXT,                                        \
     .low = -1, .high = 1,    .help = "-1 (softest) to 1; 0: as it is."},                \
        {"loop",   SHAPE_INTEGER,   SHAPE_NUMERIC_TEXT,                                  \
         .low = 0, .high = (loops), .help = "How often; 0: until it is stopped."},       \
    {                                                                                    \
        "queue", SHAPE_BOOL, .help = "Behind what sounds already, and not in its place." \
    }

#define PLAY_ROWS(loops)                                                           \
    {"stream_url",                                                                 \
     SHAPE_ARRAY,                                                                  \
     SHAPE_REQUIRED | SHAPE_ONE,                                                   \
     .low = 1,                                                                     \
     .high = MEDIA_URLS,                                                           \
     .members = media_url,                                                         \
     .help = "http(s) URL of a WAV or MP3, or sound:NAME; of several the first."}, \
        SOUND_ROWS(loops)
#define SAY_ROWS(loops)                                                                          \
    {"text",         SHAPE_STRING,                                                               \
     SHAPE_REQUIRED, .low = 1,                                                                   \
     .high = 20000,  .help = "At most 1500 characters without tags. SSML begins with <speak>."}, \
        {"language", SHAPE_STRING, .high = LANGUAGE, .help = "BCP-47; default en-US."},          \
        {"style",  SHAPE_INTEGER, SHAPE_NUMERIC_TEXT,                                            \
         .low = 0, .high = STYLE, .help = "Which voice."},                                       \
        {"voice_name", SHAPE_STRING, .high = 100, .help = "An old name of a voice."},            \
        {"premium", SHAPE_BOOL, .help = "There is one quality here."},                           \
        {"ssml", SHAPE_BOOL, .help = "The text is SSML."}, SOUND_ROWS(loops)

const struct shape media_play_body[] = {PLAY_ROWS(LOOPS), {0}};
const struct shape media_say_body[] = {SAY_ROWS(LOOPS), {0}};
/* legs count their loops to ten */
const struct shape media_leg_play_body[] = {PLAY_ROWS(LEG_LOOPS), {0}};
const struct shape media_leg_say_body[] = {SAY_ROWS(LEG_LOOPS), {0}};
const struct shape media_record_body[] = {
    MEDIA_RECORD_ROWS,
    {"split", SHAPE_BOOL, .help = "What the leg says left, what it hears right."},
    {"retention_ttl", SHAPE_INTEGER, .low = 1, .high = MEDIA_RETENTION,
     .help = "[s] the file is kept; default as configured (30 days)."},
    {0},
};
const struct shape media_digits_body[] = {
    {"digits", SHAPE_STRING, .low = 1, .high = 1000, .pattern = "[A-Da-d0-9*#pP]+",
     .help = "0-9 A-D * #, and p: a pause of half a second."},
    {"digit", SHAPE_STRING, .low = 1, .high = 1000, .pattern = "[A-Da-d0-9*#pP]+",
     .help = "The same."},
    {"method", SHAPE_STRING, .words = ways,
     .help = "out: sent to the leg; in: as if it had pressed them. Default out."},
    {"duration", SHAPE_INTEGER, .high = 60000, .help = "Not looked at."},
    {0},
};

static double number_of(const json_t *body, const char *name, double otherwise)
{
    const json_t *value = json_object_get(body, name);

    if (json_is_string(value))
        return strtod(json_string_value(value), NULL);
    return json_is_number(value) ? json_number_value(value) : otherwise;
}

static const char *text_of(const json_t *body, const char *name)
{
    return json_string_value(json_object_get(body, name));
}

static bool is_on(const json_t *body, const char *name)
{
    return json_is_true(json_object_get(body, name));
}

/* Checks. */

static bool is_sound(const char *url)
{
    return fetch_is_url(url) || !strncmp(url, "sound:", strlen("sound:"));
}

void media_check_play(struct api_request *request, const json_t *body)
{
    const char *url = api_url(body, "stream_url");

    if (url && !is_sound(url))
        api_fault(request, "stream_url", "must be a valid uri");
}

void media_check_say(struct api_request *request, const json_t *body)
{
    const char *text = text_of(body, "text"), *language = text_of(body, "language");
    struct speech_request speech = {
        .text = text, .language = language, .ssml = is_on(body, "ssml")};
    char reason[SPEECH_REASON];

    if (text && speech_length(text) > SPEECH_TEXT_MAX)
        api_fault(request, "text", "length must be less than or equal to %d characters long",
                  SPEECH_TEXT_MAX);
    else if (language && !speech_language(language))
        api_fault(request, "language", "must be one of the languages that are spoken");
    else if (speech_check(&speech, reason))
        api_fault(request, "text", "cannot be spoken: %s", reason);
}

/* Of a format that has no more than two of them. */
void media_check_record(struct api_request *request, const json_t *body)
{
    const char *format = text_of(body, "format");

    if (number_of(body, "channels", 1) > 2 && format && strcmp(format, "wav") != 0)
        api_fault(request, "format", "must be wav with more than two channels");
}

void media_check_digits(struct api_request *request, const json_t *body)
{
    if (!json_object_get(body, "digits") && !json_object_get(body, "digit"))
        api_fault(request, "digits", "is required");
}

/* Acts. */

int media_play(const struct audio_target *target, const json_t *body, int64_t *event,
               const char **reason)
{
    struct audio_play play = {
        .url = api_url(body, "stream_url"),
        .loop = (unsigned)number_of(body, "loop", 1),
        .level = number_of(body, "level", 0),
        .queue = is_on(body, "queue"),
    };
    char id[ID_UUID];

    return audio_play(target, &play, id, event, reason);
}

int media_say(const struct audio_target *target, const json_t *body, int64_t *event,
              const char **reason)
{
    struct audio_say say = {
        .text = text_of(body, "text"),
        .language = text_of(body, "language"),
        .voice_name = text_of(body, "voice_name"),
        .style = (unsigned)number_of(body, "style", 0),
        .loop = (unsigned)number_of(body, "loop", 1),
        .level = number_of(body, "level", 0),
        .premium = is_on(body, "premium"),
        .ssml = is_on(body, "ssml"),
        .queue = is_on(body, "queue"),
    };
    char id[ID_UUID];

    return audio_say(target, &say, id, event, reason);
}

/* "conversation", true, or two channels. */
static bool is_split(const json_t *body)
{
    const json_t *split = json_object_get(body, "split");

    return json_is_true(split) || json_string_length(split) > 0 ||
           number_of(body, "channels", 1) >= 2;
}

static const char *format_of(const json_t *body)
{
    const char *format = text_of(body, "format");

    if (format)
        return !strcmp(format, "vorbis") ? "ogg" : format;
    if (number_of(body, "channels", 1) > 2)
        return "wav";
    return recording_format_can(RECORDING_MP3) ? "mp3" : "wav";
}

static const json_t *transcription_of(const json_t *body)
{
    const json_t *asked = json_object_get(body, "transcription");

    return json_is_object(asked) ? asked : NULL;
}

int media_record(struct api_request *request, const struct audio_target *target, const json_t *body,
                 char id[ID_UUID], int64_t *event, const char **reason)
{
    struct audio_record record = {
        .format = format_of(body),
        .split = is_split(body),
        .channels = (unsigned)number_of(body, "channels", 0),
        .tell_channels = json_object_get(body, "channels") != NULL,
        .beep_start = is_on(body, "beep_start") || is_on(body, "beep"),
        .beep_stop = is_on(body, "beep_stop"),
        .streamed = is_on(body, "streamed"),
        .timeout = (unsigned)number_of(body, "timeout", 0),
        .validity = (unsigned)number_of(body, "validity", number_of(body, "validity_time", 0)),
        .kept = (int64_t)number_of(body, "retention_ttl", 0),
        .url = request->origin,
        .webhook = api_url(body, "event_url"),
        .method = text_of(body, "event_method"),
        .transcription = transcription_of(body),
    };

    return audio_record(target, &record, id, event, reason);
}

int media_digits(const struct audio_target *target, const json_t *body, int64_t *event,
                 const char **reason)
{
    const char *digits = text_of(body, "digits"), *method = text_of(body, "method");

    return audio_digits(target, digits ? digits : text_of(body, "digit"),
                        method && !strcmp(method, "in"), event, reason);
}

void media_refuse(struct api_request *request, int err, const char *reason)
{
    switch (err) {
    case ENODEV:
        api_refuse(request, API_NO_AUDIO, NULL);
        break;
    case ENOENT:
        api_refuse(request, API_NO_ACT, NULL);
        break;
    case EINVAL:
    case ENOTSUP:
        api_fault(request, "body", "cannot be done: %s", reason ? reason : strerror(err));
        api_refuse_faults(request);
        break;
    default:
        api_refuse_errno(request, err, NULL);
    }
}
