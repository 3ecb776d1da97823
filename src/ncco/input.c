/* input.c: the `input` action: keys and speech of the leg. */
#include "ncco/private.h"

#include <stdio.h>

static const struct option dtmf[] = {
    {"timeOut", OPTION_INTEGER, false, "3", 0, 10, .help = "after the last key [s]"},
    {"maxDigits", OPTION_INTEGER, false, "4", 1, 20, .help = "how many are enough"},
    {"submitOnHash", OPTION_BOOL, false, "false", .help = "# is the last one, and is left out"},
    {0},
};

static const struct option speech[] = {
    {"uuid", OPTION_IDS, false, .low = 1, .high = 1, .help = "the leg that is listened to"},
    {"endOnSilence", OPTION_NUMBER, false, "2", 0.4, 10, .help = "silence that ends it [s]"},
    {"language", OPTION_TEXT, false, "en-US", 2, 35, .help = "BCP-47 tag"},
    {"context", OPTION_IDS, false, .high = 1000, .help = "words and phrases to be expected"},
    {"startTimeout", OPTION_INTEGER, false, "10", 1, 60, .help = "silence at the start [s]"},
    {"maxDuration", OPTION_INTEGER, false, "60", 1, 60, .help = "longest speech [s]"},
    {"saveAudio", OPTION_BOOL, false, "false", .help = "keeps what was said as a file"},
    {"sensitivity", OPTION_INTEGER, false, "90", 10, 100, .help = "how little is taken for speech"},
    {0},
};

static const struct option options[] = {
    {"type", OPTION_WORDS, false, .values = "dtmf|speech",
     .help = "what is taken; absent (older schema): dtmf"},
    {"dtmf", OPTION_OBJECT, false, .inside = dtmf, .help = "how keys are taken"},
    {"speech", OPTION_OBJECT, false, .inside = speech, .help = "how speech is taken"},
    {"mode", OPTION_ENUM, false, "synchronous", .values = "synchronous|asynchronous",
     .help = "asynchronous: each key is told as it comes, and the flow goes on"},
    {"timeOut", OPTION_INTEGER, false, .high = 10, .help = "older name of dtmf.timeOut"},
    {"maxDigits", OPTION_INTEGER, false, .low = 1, .high = 20,
     .help = "older name of dtmf.maxDigits"},
    {"submitOnHash", OPTION_BOOL, false, .help = "older name of dtmf.submitOnHash"},
    {"eventUrl", OPTION_URL, false, .help = "who is told, and may answer with another NCCO"},
    {"eventMethod", OPTION_ENUM, false, "POST", .values = "GET|POST", .help = "how"},
    {0},
};

static void start(struct call *call, json_t *object)
{
    (void)object;
    call_next(call);
}

const struct action action_input = {
    .name = "input",
    .help = "Takes keys or speech, and tells them to a URL, whose answer may be another NCCO.",
    .options = options,
    .answers = true,
    .start = start,
};
