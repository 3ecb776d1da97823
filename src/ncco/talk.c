/* talk.c: the `talk` action: a text is spoken to the leg. */
#include "ncco/private.h"
#include "speech/speech.h"

#include <stdio.h>
#include <string.h>

static const struct option options[] = {
    {"text", OPTION_TEXT, true, .low = 1, .high = SPEECH_BYTES_MAX,
     .help = "what to say: at most 1500 characters without tags; SSML inside <speak>"},
    {"bargeIn", OPTION_BOOL, false, "false",
     .help = "a key ends it; the flow goes on at once, to the input that takes the key"},
    {"loop", OPTION_INTEGER, false, "1", .high = 1000000, .help = "how often; 0: for ever"},
    {"level", OPTION_NUMBER, false, "0", -1, 1, .help = "loudness; 0: as it is"},
    {"language", OPTION_TEXT, false, "en-US", 2, 35, .help = "BCP-47 tag of the voice"},
    {"style", OPTION_INTEGER, false, "0", 0, 1000, .help = "which of the voices of a language"},
    {"premium", OPTION_BOOL, false, "false", .help = "a better voice, where there is one"},
    {"voiceName", OPTION_TEXT, false, .high = 100,
     .help = "deprecated: a name that stands for language and style"},
    {0},
};

static bool check(const json_t *object, struct option_fault *fault)
{
    bool named = option_value(object, "voiceName") && !option_value(object, "language");
    struct speech_request request = {
        .text = option_text(options, object, "text"),
        .language = named ? NULL : option_text(options, object, "language"),
        .style = (unsigned)option_number(options, object, "style"),
        .voice_name = option_text(options, object, "voiceName"),
    };
    char reason[SPEECH_REASON];

    if (!speech_check(&request, reason))
        return true;
    snprintf(fault->path, sizeof fault->path, "text");
    snprintf(fault->reason, sizeof fault->reason, "cannot be said: %.140s", reason);
    return false;
}

static void start(struct call *call, json_t *object)
{
    bool named = option_value(object, "voiceName") && !option_value(object, "language");
    const char *text = option_text(options, object, "text");
    const struct audio_say say = {
        .text = text,
        .language = named ? NULL : option_text(options, object, "language"),
        .voice_name = option_text(options, object, "voiceName"),
        .style = (unsigned)option_number(options, object, "style"),
        .loop = (unsigned)option_number(options, object, "loop"),
        .level = option_number(options, object, "level"),
        .premium = option_bool(options, object, "premium"),
        .ssml = strncmp(text, "<speak", strlen("<speak")) == 0,
    };

    prompt_say(call, &say, option_bool(options, object, "bargeIn"));
}

const struct action action_talk = {
    .name = "talk",
    .help = "Speaks a text to the leg.",
    .options = options,
    .answers = true,
    .start = start,
    .check = check,
};
