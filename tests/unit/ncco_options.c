/* ncco_options.c: every option of every action, against tests/fixtures/ncco_options.csv: it is
 * in our table with the type and default written there; and values at its limits are taken,
 * those beyond are refused by name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ncco/private.h"

#define ID "\"63f61863-4a51-4f6b-86e1-46edebcf9356\""
#define URL "\"http://x.example/a\""

/* Values of an option, each a JSON text: good ones, then bad ones. */
struct row {
    const char *action, *option;
    const char *good[7], *bad[9];
    const char *beside; /* members that it needs */
};

#define FLAG                   \
    {"true", "false", "null"}, \
    {                          \
        "1", "\"true\"", "[]"  \
    }
#define HOOK                                                             \
    {"[" URL "]", URL, "[\"https://x.example/\"]"},                      \
    {                                                                    \
        "[]", "[" URL "," URL "]", "\"ftp://x\"", "[\"x\"]", "[7]", "{}" \
    }
#define METHOD                                 \
    {"\"GET\"", "\"POST\""},                   \
    {                                          \
        "\"PUT\"", "\"\"", "1", "\"GET|POST\"" \
    }
#define LEGS            \
    {"[]", "[" ID "]"}, \
    {                   \
        ID, "[1]", "{}" \
    }
#define TAG                  \
    {"\"en-US\"", "\"de\""}, \
    {                        \
        "\"\"", "1", "\"e\"" \
    }

static const struct row rows[] = {
    {"record", "format", {"\"mp3\"", "\"wav\"", "\"ogg\""}, {"\"flac\"", "1", "\"\""}, NULL},
    {"record", "split", {"\"conversation\""}, {"\"Conversation\"", "true", "\"\""}, NULL},
    {"record",
     "channels",
     {"1", "32", "\"2\""},
     {"0", "33", "1.5", "\"two\""},
     "\"split\":\"conversation\",\"format\":\"wav\""},
    {"record", "endOnSilence", {"3", "10", "3.5"}, {"2.9", "10.1", "\"\"", "true"}, NULL},
    {"record",
     "endOnKey",
     {"\"*\"", "\"#\"", "\"0\"", "9"},
     {"\"\"", "\"12\"", "\"A\"", "[]"},
     NULL},
    {"record", "timeOut", {"3", "7200", "\"60\""}, {"2", "7201", "3.5", "\"x\""}, NULL},
    {"record", "timeout", {"3", "7200", "\"60\""}, {"2", "7201", "3.5", "\"x\""}, NULL},
    {"record", "beepStart", FLAG, NULL},
    {"record", "eventUrl", HOOK, NULL},
    {"record", "eventMethod", METHOD, NULL},
    {"record", "transcription", {"{}", "{\"language\":\"en-US\"}"}, {"[]", "true"}, NULL},
    {"record", "transcription.language", TAG, NULL},
    {"record", "transcription.eventUrl", HOOK, NULL},
    {"record", "transcription.eventMethod", METHOD, NULL},
    {"record", "transcription.sentimentAnalysis", FLAG, NULL},

    {"conversation", "name", {"\"a\"", "\"a room\""}, {"\"\"", "5", "null", "[]"}, NULL},
    {"conversation", "musicOnHoldUrl", HOOK, NULL},
    {"conversation", "startOnEnter", FLAG, NULL},
    {"conversation", "endOnExit", FLAG, NULL},
    {"conversation", "record", FLAG, NULL},
    {"conversation", "canSpeak", LEGS, NULL},
    {"conversation", "canHear", LEGS, NULL},
    {"conversation", "mute", FLAG, NULL},
    {"conversation", "eventUrl", HOOK, NULL},
    {"conversation", "eventMethod", METHOD, NULL},
    {"conversation", "transcription", {"{}"}, {"[]", "1"}, "\"record\":true"},

    {"connect",
     "endpoint",
     {"[{\"type\":\"phone\",\"number\":\"15550100003\"}]"},
     {"[]", "{}", "null", "[1]", "[{\"type\":\"fax\"}]",
      "[{\"type\":\"app\",\"user\":\"a\"},{\"type\":\"app\",\"user\":\"b\"}]"},
     NULL},
    {"connect", "from", {"\"15550100002\"", "\"Unknown\""}, {"1", "true"}, NULL},
    {"connect", "randomFromNumber", FLAG, NULL},
    {"connect", "eventType", {"\"synchronous\""}, {"\"asynchronous\"", "true"}, NULL},
    {"connect", "timeout", {"1", "60", "7200", "\"20\""}, {"0", "7201", "1.5", "\"soon\""}, NULL},
    {"connect", "limit", {"1", "7200"}, {"0", "7201", "\"\""}, NULL},
    {"connect", "machineDetection", {"\"continue\"", "\"hangup\""}, {"true", "\"off\""}, NULL},
    {"connect", "advancedMachineDetection", {"{}"}, {"[]", "\"continue\""}, NULL},
    {"connect",
     "advancedMachineDetection.behavior",
     {"\"continue\"", "\"hangup\""},
     {"\"\"", "1"},
     NULL},
    {"connect",
     "advancedMachineDetection.mode",
     {"\"default\"", "\"detect\"", "\"detect_beep\""},
     {"\"beep\"", "1"},
     NULL},
    {"connect",
     "advancedMachineDetection.beep_timeout",
     {"45", "120"},
     {"44", "121", "45.5"},
     NULL},
    {"connect", "eventUrl", HOOK, NULL},
    {"connect", "eventMethod", METHOD, NULL},
    {"connect", "ringbackTone", {URL, "\"sound:ringback\""}, {"\"x\"", "1"}, NULL},
    {"connect",
     "endpoint.phone.number",
     {"\"15550100003\"", "\"+1 555 0100003\"", "\"100\"", "\"123456789012345\""},
     {"\"\"", "\"12\"", "\"1234567890123456\"", "\"abc\"", "15550100003"},
     NULL},
    {"connect", "endpoint.phone.dtmfAnswer", {"\"1p2*3#\""}, {"\"A\"", "\"\"", "12.5"}, NULL},
    {"connect", "endpoint.phone.onAnswer.url", {URL}, {"\"x\"", "1"}, NULL},
    {"connect", "endpoint.phone.onAnswer.ringbackTone", {URL}, {"\"x\"", "1"}, "\"url\":" URL},
    {"connect", "endpoint.phone.shaken", {"\"eyJ;info=<x>\""}, {"1"}, NULL},
    {"connect", "endpoint.app.user", {"\"anna\""}, {"\"\"", "1", "null"}, NULL},
    {"connect",
     "endpoint.websocket.uri",
     {"\"ws://x/\"", "\"wss://x.example/a\""},
     {"\"http://x/\"", "\"ws://\"", "1"},
     NULL},
    {"connect",
     "endpoint.websocket.content-type",
     {"\"audio/l16;rate=8000\"", "\"audio/l16;rate=16000\"", "\"audio/l16;rate=24000\""},
     {"\"audio/l16;rate=44100\"", "1"},
     NULL},
    {"connect", "endpoint.websocket.headers", {"{}", "{\"a\":1}"}, {"[]", "\"a\""}, NULL},
    {"connect", "endpoint.websocket.authorization.type", {"\"vonage\""}, {"\"basic\"", "1"}, NULL},
    {"connect",
     "endpoint.websocket.authorization.value",
     {"\"Bearer x\""},
     {"1", "\"a\\u0001\""},
     "\"type\":\"custom\""},
    {"connect",
     "endpoint.sip.uri",
     {"\"sip:a@b.example;transport=tls\"", "\"sips:a@b.example\""},
     {"\"tel:1\"", "\"sip:a@b\\r\\nX: 1\"", "1"},
     NULL},
    {"connect", "endpoint.sip.domain", {"\"pbx\""}, {"1"}, NULL},
    {"connect", "endpoint.sip.user", {"\"anna\""}, {"1"}, "\"domain\":\"pbx\""},
    {"connect", "endpoint.sip.headers", {"{}", "{\"a\":\"b\"}"}, {"[]"}, NULL},
    {"connect", "endpoint.sip.standardHeaders.User-to-User", {"\"abc;encoding=hex\""}, {"1"}, NULL},
    {"connect", "endpoint.vbc.extension", {"\"4001\""}, {"\"\"", "\"a\""}, NULL},

    {"talk",
     "text",
     {"\"Hello\"", "\"<speak>Hello</speak>\""},
     {"\"\"", "1", "null", "\"<speak>a\""},
     NULL},
    {"talk", "bargeIn", FLAG, NULL},
    {"talk", "loop", {"0", "1", "\"3\""}, {"-1", "1.5", "\"x\""}, NULL},
    {"talk", "level", {"-1", "0", "1", "\"0.5\""}, {"-1.1", "1.1", "\"\"", "\"loud\""}, NULL},
    {"talk", "language", {"\"en-US\"", "\"de-DE\""}, {"\"xx-YY\"", "1", "\"\""}, NULL},
    {"talk", "style", {"0", "5", "\"1\""}, {"-1", "0.5"}, NULL},
    {"talk", "premium", FLAG, NULL},
    {"talk", "voiceName", {"\"Amy\"", "\"Nobody\""}, {"1"}, NULL},

    {"stream", "streamUrl", HOOK, NULL},
    {"stream", "level", {"-1", "0", "1", "\"0.5\""}, {"-1.1", "1.1", "true"}, NULL},
    {"stream", "bargeIn", FLAG, NULL},
    {"stream", "loop", {"0", "1", "\"3\""}, {"-1", "1.5", "\"x\""}, NULL},

    {"input",
     "type",
     {"[\"dtmf\"]", "[\"speech\"]", "[\"dtmf\",\"speech\"]", "null"},
     {"[]", "\"dtmf\"", "[\"keys\"]", "[1]"},
     NULL},
    {"input", "dtmf.timeOut", {"0", "10", "\"5\""}, {"-1", "11", "1.5"}, NULL},
    {"input", "dtmf.maxDigits", {"1", "20"}, {"0", "21", "\"\""}, NULL},
    {"input", "dtmf.submitOnHash", FLAG, NULL},
    {"input", "speech.uuid", {"[" ID "]"}, {"[]", ID, "[1]", "[" ID "," ID "]"}, NULL},
    {"input", "speech.endOnSilence", {"0.4", "10", "2"}, {"0.3", "10.1"}, NULL},
    {"input", "speech.language", TAG, NULL},
    {"input", "speech.context", {"[]", "[\"yes\",\"no\"]"}, {"\"yes\"", "[1]"}, NULL},
    {"input", "speech.startTimeout", {"1", "60"}, {"0", "61"}, NULL},
    {"input", "speech.maxDuration", {"1", "60"}, {"0", "61"}, NULL},
    {"input", "speech.saveAudio", FLAG, NULL},
    {"input", "speech.sensitivity", {"10", "100"}, {"9", "101"}, NULL},
    {"input", "eventUrl", HOOK, NULL},
    {"input", "eventMethod", METHOD, NULL},
    {"input", "mode", {"\"synchronous\"", "\"asynchronous\""}, {"\"later\"", "1"}, NULL},

    {"notify", "payload", {"{\"a\":1}"}, {"{}", "[]", "\"a\"", "null"}, NULL},
    {"notify", "eventUrl", HOOK, NULL},
    {"notify", "eventMethod", METHOD, NULL},

    /* out of range is the nearer end */
    {"wait", "timeout", {"0.1", "10", "7200", "0", "9000", "\"1\""}, {"\"x\"", "true"}, NULL},

    {"transfer", "conversationId", {"\"CON-1\""}, {"\"\"", "1", "null"}, NULL},
    {"transfer", "canHear", LEGS, NULL},
    {"transfer", "canSpeak", LEGS, NULL},
    {"transfer", "mute", FLAG, NULL},
};
enum { ROWS = sizeof rows / sizeof *rows };

/* What an action, an endpoint or an object inside one must have. */
static const struct {
    const char *name, *object;
} needs[] = {
    {"conversation", "{\"name\":\"room\"}"},
    {"connect", "{\"endpoint\":[{\"type\":\"phone\",\"number\":\"15550100003\"}]}"},
    {"talk", "{\"text\":\"Hello\"}"},
    {"stream", "{\"streamUrl\":[" URL "]}"},
    {"notify", "{\"payload\":{\"a\":1},\"eventUrl\":[" URL "]}"},
    {"transfer", "{\"conversationId\":\"CON-1\"}"},
    {"endpoint.phone", "{\"type\":\"phone\",\"number\":\"15550100003\"}"},
    {"endpoint.app", "{\"type\":\"app\",\"user\":\"anna\"}"},
    {"endpoint.websocket",
     "{\"type\":\"websocket\",\"uri\":\"ws://x/\",\"content-type\":\"audio/l16;rate=16000\"}"},
    {"endpoint.sip", "{\"type\":\"sip\"}"},
    {"endpoint.vbc", "{\"type\":\"vbc\",\"extension\":\"4001\"}"},
};

static json_t *parse(const char *text)
{
    json_error_t error;
    json_t *value = json_loads(text, JSON_DECODE_ANY, &error);

    if (!value)
        fail_msg("%s: %s", text, error.text);
    return value;
}

static json_t *needed(const char *name)
{
    for (size_t i = 0; i < sizeof needs / sizeof *needs; i++) {
        if (!strcmp(needs[i].name, name))
            return parse(needs[i].object);
    }
    return json_object();
}

/* Sets what a path says; "endpoint.KIND." leads into the endpoint. */
static void set_at(json_t *object, const char *path, const char *beside, json_t *value)
{
    const char *dot = strchr(path, '.');
    char name[64];
    json_t *inner;

    if (!dot) {
        char text[400];

        snprintf(text, sizeof text, "{%s}", beside ? beside : "");
        inner = parse(text);
        json_object_update(object, inner);
        json_decref(inner);
        json_object_set_new(object, path, value);
        return;
    }
    snprintf(name, sizeof name, "%.*s", (int)(dot - path), path);
    if (!strcmp(name, "endpoint")) {
        const char *rest = strchr(dot + 1, '.');

        snprintf(name, sizeof name, "%.*s", (int)(rest - path), path);
        inner = needed(name);
        set_at(inner, rest + 1, beside, value);
        if (!strcmp(name, "endpoint.sip") && !json_object_get(inner, "uri") &&
            !json_object_get(inner, "domain"))
            json_object_set_new(inner, "uri", json_string("sip:a@b.example"));
        json_object_set_new(object, "endpoint", json_pack("[o]", inner));
        return;
    }
    inner = json_object_get(object, name);
    if (!inner) {
        json_object_set_new(object, name, json_object());
        inner = json_object_get(object, name);
    }
    set_at(inner, dot + 1, beside, value);
}

static json_t *flow_of(const struct row *row, const char *text)
{
    json_t *action = needed(row->action);

    json_object_set_new(action, "action", json_string(row->action));
    set_at(action, row->option, row->beside, parse(text));
    return json_pack("[o]", action);
}

static void test_limits(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        for (const char *const *good = rows[i].good; *good; good++) {
            json_t *flow = flow_of(&rows[i], *good);
            char reason[NCCO_REASON] = "";

            if (strcmp(*good, "null") && !ncco_check(flow, reason))
                fail_msg("%s %s = %s: %s", rows[i].action, rows[i].option, *good, reason);
            json_decref(flow);
        }
    }
}

/* The last word of a path, with its quote behind: `timeOut"`. */
static void test_beyond(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        for (const char *const *bad = rows[i].bad; *bad; bad++) {
            json_t *flow = flow_of(&rows[i], *bad);
            const char *dot = strrchr(rows[i].option, '.');
            char reason[NCCO_REASON] = "", action[40], option[60];

            snprintf(action, sizeof action, "action 1 (%s): \"", rows[i].action);
            snprintf(option, sizeof option, "%s", dot ? dot + 1 : rows[i].option);
            if (ncco_check(flow, reason))
                fail_msg("taken: %s %s = %s", rows[i].action, rows[i].option, *bad);
            if (!strstr(reason, action) ||
                (!strstr(reason, option) && strcmp(rows[i].action, "talk")))
                fail_msg("%s %s = %s: said: %s", rows[i].action, rows[i].option, *bad, reason);
            json_decref(flow);
        }
    }
}

/* The fixture. */

static const struct option *find(const struct option *options, const char *path)
{
    size_t length = strcspn(path, ".");

    for (; options && options->name; options++) {
        if (strlen(options->name) == length && !strncmp(options->name, path, length))
            return path[length] ? find(options->inside, path + length + 1) : options;
    }
    return NULL;
}

static const struct option *find_row(const char *action, const char *path)
{
    char kind[32];

    if (strncmp(path, "endpoint.", 9) != 0)
        return find(action_find(action)->options, path);
    snprintf(kind, sizeof kind, "%.*s", (int)strcspn(path + 9, "."), path + 9);
    for (const struct endpoint_kind *row = endpoint_kinds; row->name; row++) {
        if (!strcmp(row->name, kind))
            return find(row->options, path + 9 + strlen(kind) + 1);
    }
    return NULL;
}

static bool is_tested(const char *action, const char *option)
{
    for (size_t i = 0; i < ROWS; i++) {
        if (!strcmp(rows[i].action, action) && !strcmp(rows[i].option, option))
            return true;
    }
    return false;
}

/* A simple default: one word that is not a remark. */
static bool is_plain(const char *text)
{
    return *text && !strchr(text, ' ') && !strchr(text, '_') && strcmp(text, "all") &&
           strcmp(text, "Unknown");
}

static void check_line(char *line)
{
    char *action = strsep(&line, ","), *option = strsep(&line, ","), *type = strsep(&line, ",");
    char *otherwise = strsep(&line, ",");
    const struct option *row = find_row(action, option);

    if (!row)
        fail_msg("%s has no row %s (%s)", action, option, type);
    if (!is_tested(action, option))
        fail_msg("%s %s has no values here", action, option);
    if (is_plain(otherwise) &&
        (!row->otherwise || (strcmp(row->otherwise, otherwise) &&
                             strtod(row->otherwise, NULL) != strtod(otherwise, NULL))))
        fail_msg("%s %s: %s by default, and not %s", action, option,
                 row->otherwise ? row->otherwise : "nothing", otherwise);
}

static void test_fixture(void **state)
{
    const char *source = getenv("OFFHOOK_SOURCE");
    char path[1024], line[400];
    unsigned count = 0;
    FILE *file;

    (void)state;
    snprintf(path, sizeof path, "%s/tests/fixtures/ncco_options.csv", source ? source : "..");
    file = fopen(path, "r");
    assert_non_null(file);
    assert_non_null(fgets(line, sizeof line, file));
    while (fgets(line, sizeof line, file)) {
        check_line(line);
        count++;
    }
    fclose(file);
    assert_true(count > 80);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fixture),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_beyond),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
