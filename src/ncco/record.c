/* record.c: the `record` action: what is said on a leg goes to a file. */
#include "ncco/private.h"

const struct option transcription_options[] = {
    {"language", OPTION_TEXT, false, "en-US", 2, 35, .help = "BCP-47 tag"},
    {"eventUrl", OPTION_URL, false, .help = "who is told of the text"},
    {"eventMethod", OPTION_ENUM, false, "POST", .values = "GET|POST", .help = "how"},
    {"sentimentAnalysis", OPTION_BOOL, false, "false", .help = "asks for the mood, too"},
    {0},
};

static const struct option options[] = {
    {"format", OPTION_ENUM, false, .values = "mp3|wav|ogg",
     .help = "of the file; absent: mp3, or wav with more than two channels"},
    {"split", OPTION_ENUM, false, .values = "conversation",
     .help = "who speaks left, what he hears right"},
    {"channels", OPTION_INTEGER, false, "1", 1, 32, .with = "split",
     .help = "one for each participant; those beyond share the last"},
    {"endOnSilence", OPTION_NUMBER, false, .low = 3, .high = 10,
     .help = "silence that ends it [s]"},
    {"endOnKey", OPTION_KEYS, false, .low = 1, .high = 1, .values = "0123456789*#",
     .help = "a key that ends it"},
    {"timeOut", OPTION_INTEGER, false, .low = 3, .high = 7200, .help = "longest recording [s]"},
    {"beepStart", OPTION_BOOL, false, "false", .help = "a beep tells that it begins"},
    {"eventUrl", OPTION_URL, false, .help = "who is told of the file"},
    {"eventMethod", OPTION_ENUM, false, "POST", .values = "GET|POST", .help = "how"},
    {"transcription", OPTION_OBJECT, false, .inside = transcription_options,
     .help = "has it written down"},
    {0},
};

static void start(struct call *call, json_t *object)
{
    (void)object;
    call_next(call);
}

const struct action action_record = {
    .name = "record",
    .help = "Records the leg.",
    .options = options,
    .answers = true,
    .start = start,
};
