/* stream.c: the `stream` action: a sound is played to the leg. */
#include "ncco/private.h"

static const struct option options[] = {
    {"streamUrl", OPTION_SOUND, true, .help = "of a WAV or MP3, or sound:NAME of a bundled one"},
    {"level", OPTION_NUMBER, false, "0", -1, 1, .help = "loudness; 0: as recorded"},
    {"bargeIn", OPTION_BOOL, false, "false",
     .help = "a key ends it; the flow goes on at once, to the input that takes the key"},
    {"loop", OPTION_INTEGER, false, "1", .high = 1000000, .help = "how often; 0: for ever"},
    {0},
};

static void start(struct call *call, json_t *object)
{
    const struct audio_play play = {
        .url = option_text(options, object, "streamUrl"),
        .loop = (unsigned)option_number(options, object, "loop"),
        .level = option_number(options, object, "level"),
    };

    prompt_play(call, &play, option_bool(options, object, "bargeIn"));
}

const struct action action_stream = {
    .name = "stream",
    .help = "Plays a sound to the leg.",
    .options = options,
    .answers = true,
    .start = start,
};
