/* ncco_fuzz.c: NCCOs that nobody would write. From good ones a seeded mutator makes bad ones, in
 * their JSON and in their bytes. Each is taken or refused with a reason that names the action
 * and, but for what is no action at all, the option; of one that is taken every option can be read.
 * FUZZ_SECONDS says how long (one second), FUZZ_SEED which ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ncco/private.h"

static const char *const seeds[] = {
    "[{\"action\":\"talk\",\"text\":\"Press 1\",\"bargeIn\":true,\"level\":\"0.5\",\"loop\":0,"
    "\"language\":\"en-GB\",\"style\":2},{\"action\":\"input\",\"type\":[\"dtmf\",\"speech\"],"
    "\"dtmf\":{\"maxDigits\":1,\"timeOut\":5},\"speech\":{\"context\":[\"yes\"],"
    "\"endOnSilence\":0.5},\"eventUrl\":[\"https://x.example/in\"]}]",
    "[{\"action\":\"connect\",\"from\":\"15550100002\",\"timeout\":20,"
    "\"eventType\":\"synchronous\",\"advancedMachineDetection\":{\"mode\":\"detect_beep\","
    "\"beep_timeout\":60},\"endpoint\":[{\"type\":\"phone\",\"number\":\"15550100003\","
    "\"dtmfAnswer\":\"1p2\",\"onAnswer\":{\"url\":\"https://x.example/a\"}}]}]",
    "[{\"action\":\"connect\",\"endpoint\":[{\"type\":\"sip\",\"uri\":\"sip:a@b.example\","
    "\"headers\":{\"a\":\"b\"},\"standardHeaders\":{\"User-to-User\":\"x\"}}]}]",
    "[{\"action\":\"connect\",\"endpoint\":[{\"type\":\"websocket\",\"uri\":\"wss://x/\","
    "\"content-type\":\"audio/l16;rate=16000\",\"headers\":{\"a\":1},"
    "\"authorization\":{\"type\":\"custom\",\"value\":\"x\"}}]}]",
    "[{\"action\":\"conversation\",\"name\":\"room\",\"startOnEnter\":false,"
    "\"musicOnHoldUrl\":\"https://x.example/h.mp3\",\"canHear\":[],\"record\":true}]",
    "[{\"action\":\"record\",\"split\":\"conversation\",\"channels\":4,\"format\":\"wav\","
    "\"endOnKey\":\"#\",\"endOnSilence\":3,\"transcription\":{\"language\":\"en-US\"}},"
    "{\"action\":\"stream\",\"streamUrl\":[\"https://x.example/a.mp3\"]}]",
    "[{\"action\":\"notify\",\"payload\":{\"a\":{\"b\":[1]}},\"eventUrl\":[\"http://x.example/\"]},"
    "{\"action\":\"wait\",\"timeout\":0.5},{\"action\":\"transfer\",\"conversationId\":\"CON-1\"}]",
    "[{\"action\":\"talk\",\"text\":\"<speak>a<break time='1s'/><prosody rate='slow'>b</prosody>"
    "</speak>\"}]",
};
enum { SEEDS = sizeof seeds / sizeof *seeds };

static uint64_t state_of_dice;

static uint32_t dice(uint32_t sides)
{
    state_of_dice = state_of_dice * 6364136223846793005ULL + 1442695040888963407ULL;
    return (uint32_t)(state_of_dice >> 33) % sides;
}

/* A value of any kind, now and then a nasty one. */
static json_t *anything(void)
{
    static const char *const texts[] = {"",
                                        " ",
                                        "talk",
                                        "-1",
                                        "1e999",
                                        "0x10",
                                        "nan",
                                        "15550100003",
                                        "http://",
                                        "https://x/%00",
                                        "sound:",
                                        "sip:",
                                        "<speak>",
                                        "\xf0\x9f\x98\x80",
                                        "a|b",
                                        "GET|POST",
                                        "synchronous",
                                        "conversation",
                                        "dtmf",
                                        "CON-1",
                                        "%s%n"};
    char *text;
    json_t *value;

    switch (dice(12)) {
    case 0:
        return json_null();
    case 1:
        return json_boolean(dice(2));
    case 2:
        return json_integer((json_int_t)dice(100) - 50);
    case 3:
        return json_integer(dice(2) ? INT64_MAX : INT64_MIN);
    case 4:
        return json_real((double)dice(1000) / 7 - 70);
    case 5:
        return json_real(dice(2) ? 1e308 : -1e-308);
    case 6:
        return json_array();
    case 7:
        value = json_array();
        json_array_append_new(value, anything());
        return value;
    case 8:
        return json_pack("{s:o}", texts[dice(6)], anything());
    case 9:
        text = malloc(3001);
        memset(text, "aé<\"\\"[dice(2) * 3], 3000);
        text[dice(3000)] = '\0';
        value = json_string_nocheck(text);
        free(text);
        return value;
    default:
        return json_string(texts[dice(sizeof texts / sizeof *texts)]);
    }
}

static const char *any_name(void)
{
    const struct action *action = ncco_actions[dice(9)];
    unsigned count = 0;

    while (action->options[count].name)
        count++;
    return dice(8) ? action->options[dice(count)].name : "action";
}

/* Changes one place of a value. */
static void mutate(json_t *value)
{
    const char *key;
    json_t *inner;
    size_t size = json_is_array(value) ? json_array_size(value) : json_object_size(value), i = 0;
    size_t place = size ? dice((uint32_t)size) : 0;

    if (json_is_array(value)) {
        inner = json_array_get(value, place);
        if (dice(4) && (json_is_object(inner) || json_is_array(inner)))
            mutate(inner);
        else if (dice(2) || !size)
            json_array_append_new(value, dice(2) && size ? json_deep_copy(inner) : anything());
        else if (dice(2))
            json_array_remove(value, place);
        else
            json_array_set_new(value, place, anything());
        return;
    }
    json_object_foreach (value, key, inner) {
        if (i++ != place)
            continue;
        if (dice(2) && (json_is_object(inner) || json_is_array(inner)))
            mutate(inner);
        else if (dice(3) == 0)
            json_object_del(value, key);
        else
            json_object_set_new(value, dice(3) ? key : any_name(), anything());
        return;
    }
    json_object_set_new(value, any_name(), anything());
}

static void read_all(const struct option *options, const json_t *object)
{
    for (; options->name; options++) {
        if (options->type == OPTION_NUMBER || options->type == OPTION_INTEGER) {
            double number = option_number(options, object, options->name);

            if (option_value(object, options->name) || options->clamped)
                assert_true(number >= options->low && number <= options->high);
        } else if (options->type == OPTION_BOOL) {
            option_bool(options, object, options->name);
        } else {
            option_text(options, object, options->name);
        }
        if (options->inside && option_value(object, options->name))
            read_all(options->inside, option_value(object, options->name));
    }
}

/* `action N (NAME): "OPTION" what is wrong` */
static void judge_reason(const char *text, const char *reason)
{
    unsigned long number;
    char *at;

    if (!strcmp(reason, "an NCCO is an array of actions"))
        return;
    if (strncmp(reason, "action ", 7) || !(number = strtoul(reason + 7, &at, 10)))
        fail_msg("%s: %s", text, reason);
    if (*at == ':')
        at += 2; /* no action: its name is quoted, or the word */
    else if (!strncmp(at, " (", 2) && strstr(at, "): \""))
        at = strstr(at, "): \"") + 3;
    if (*at != '"' || !strchr(at + 1, '"') || strlen(strchr(at + 1, '"')) < 4)
        fail_msg("%s: %s", text, reason);
    for (at = (char *)reason; *at; at++) {
        if (iscntrl((unsigned char)*at))
            fail_msg("%s: a control character in the reason: %s", text, reason);
    }
}

static bool judge(const json_t *ncco)
{
    char reason[NCCO_REASON] = "";
    bool good = ncco_check(ncco, reason);
    size_t i;
    json_t *object;

    if (!good) {
        char *text = json_dumps(ncco, JSON_ENCODE_ANY);

        judge_reason(text, reason);
        free(text);
        return false;
    }
    json_array_foreach (ncco, i, object)
        read_all(action_find(json_string_value(json_object_get(object, "action")))->options,
                 object);
    return true;
}

/* Bytes that are JSON no more, or another. */
static bool judge_bytes(json_t *ncco)
{
    char *text = json_dumps(ncco, JSON_COMPACT);
    size_t size = strlen(text);
    json_t *again;
    bool good;

    for (unsigned i = dice(4) + 1; i; i--)
        text[dice((uint32_t)size)] = "\"{}[],:0a\\<>"[dice(12)];
    again = json_loads(text, JSON_DECODE_ANY, NULL);
    good = again && judge(again);
    free(text);
    json_decref(again);
    return good;
}

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void test_fuzz(void **state)
{
    const char *seconds = getenv("FUZZ_SECONDS"), *seed = getenv("FUZZ_SEED");
    double end = now() + (seconds ? strtod(seconds, NULL) : 1);
    unsigned long tries = 0, good = 0;

    (void)state;
    state_of_dice = seed ? strtoull(seed, NULL, 10) : 20261121;
    do {
        json_t *ncco = json_loads(seeds[tries % SEEDS], 0, NULL);

        assert_true(judge(ncco));
        for (unsigned i = dice(5) + 1; i; i--)
            mutate(ncco);
        good += judge(ncco);
        good += judge_bytes(ncco);
        json_decref(ncco);
        tries++;
    } while (now() < end || tries < 2000);
    print_message("# %lu NCCOs and as many texts, %lu taken\n", tries, good);
    assert_true(good > 0 && good < tries * 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_fuzz)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
