/* call_script.c: speech and a recogniser of paper, and the test's own time. */
#include "call_script.h"

#include "recogniser/recogniser.h"
#include "speech/speech.h"

struct script script;

int64_t __real_clock_mono_ms(void);
int64_t __wrap_clock_mono_ms(void);
int __wrap_speech_say(struct speech *speech, const struct speech_request *request, speech_h *done,
                      void *arg);
bool __wrap_recogniser_has(const struct recogniser *recogniser);
int __wrap_recogniser_ask(struct recogniser *recogniser, const struct recogniser_request *request,
                          recogniser_h *done, void *arg);

static int64_t ahead; /* [ms] */

int64_t __wrap_clock_mono_ms(void)
{
    return __real_clock_mono_ms() + ahead;
}

static struct {
    speech_h *done;
    void *arg;
} texts[16];
static unsigned first_text, next_text;

static struct {
    recogniser_h *done;
    void *arg;
} asked;

static void copy(char *to, size_t size, const char *text)
{
    snprintf(to, size, "%s", text ? text : "-");
}

int __wrap_speech_say(struct speech *speech, const struct speech_request *request, speech_h *done,
                      void *arg)
{
    (void)speech;
    if (script.full) {
        script.full--;
        return EAGAIN;
    }
    copy(script.text, sizeof script.text, request->text);
    copy(script.language, sizeof script.language, request->language);
    copy(script.voice, sizeof script.voice, request->voice_name);
    script.style = request->style;
    script.ssml = request->ssml;
    script.texts++;
    assert_true(next_text < 16);
    texts[next_text].done = done;
    texts[next_text++].arg = arg;
    return 0;
}

void spoken(struct house *house, bool works)
{
    struct sound *sound = works ? mem_alloc(sizeof *sound, NULL) : NULL;

    assert_true(first_text < next_text);
    texts[first_text].done(sound, works ? NULL : "no voice", texts[first_text].arg);
    first_text++;
    mem_unref(sound);
    settle(house);
}

bool __wrap_recogniser_has(const struct recogniser *recogniser)
{
    (void)recogniser;
    return script.has_engine;
}

int __wrap_recogniser_ask(struct recogniser *recogniser, const struct recogniser_request *request,
                          recogniser_h *done, void *arg)
{
    (void)recogniser;
    script.recognitions++;
    copy(script.path, sizeof script.path, request->path);
    copy(script.spoken, sizeof script.spoken, request->language);
    copy(script.leg, sizeof script.leg, request->leg);
    copy(script.context, sizeof script.context, request->context_count ? request->context[0] : "");
    script.sensitivity = request->sensitivity;
    asked.done = done;
    asked.arg = arg;
    return 0;
}

void recognised(struct house *house, const char *text, const char *error)
{
    struct recogniser_result result = {0.9404, text};
    recogniser_h *done = asked.done;

    assert_non_null(done);
    asked.done = NULL;
    done(&result, text ? 1 : 0, error, asked.arg);
    settle(house);
}

int script_up(void **state)
{
    int err = set_up(state);

    memset(&script, 0, sizeof script);
    asked.done = NULL;
    first_text = next_text = 0;
    if (!err)
        play_on(*state);
    return err;
}

/* As the real ones, these answer everybody once. */
int script_down(void **state)
{
    struct house *house = *state;

    while (first_text < next_text)
        spoken(house, false);
    if (asked.done)
        recognised(house, NULL, "stopped");
    return tear_down(state);
}

void pass(struct house *house, int64_t ms)
{
    ahead += ms;
    settle(house);
}

void played(struct house *house, struct media_port *port)
{
    uint32_t play = port->play;

    assert_int_not_equal(play, 0);
    port->play = 0;
    port->events->played(play, true, port->arg);
    settle(house);
}

void press(struct house *house, struct media_port *port, const char *digits)
{
    for (; *digits; digits++)
        port->events->digit(*digits, 160, port->arg);
    settle(house);
}

void speak(struct house *house, struct media_port *port, bool on)
{
    assert_true(port->watched);
    port->events->speaking(on, port->arg);
    settle(house);
}

unsigned asked_count(void)
{
    return (unsigned)json_array_size(paper.asked);
}

const char *asked_url(unsigned which)
{
    static char text[300];
    const json_t *one = json_array_get(paper.asked, which);

    assert_non_null(one);
    snprintf(text, sizeof text, "%s %s", json_string_value(json_object_get(one, "method")),
             json_string_value(json_object_get(one, "url")));
    return text;
}

const char *asked_text(unsigned which)
{
    static const char *const others[] = {"from", "to", "uuid", "conversation_uuid", "timestamp"};
    static char text[1000];
    json_t *fields = json_object_get(json_array_get(paper.asked, which), "fields");
    char *written;

    assert_non_null(fields);
    for (int i = 0; i < 5; i++)
        json_object_del(fields, others[i]);
    written = json_dumps(fields, JSON_COMPACT);
    snprintf(text, sizeof text, "%s", written);
    free(written);
    return text;
}

unsigned told_errors(const char *begin)
{
    unsigned count = 0;
    size_t i;
    json_t *fields;

    json_array_foreach (paper.told, i, fields) {
        const char *reason = json_string_value(json_object_get(fields, "reason"));

        count += reason && strncmp(reason, begin, strlen(begin)) == 0;
    }
    return count;
}

const char *acts(struct house *house, const char *conversation)
{
    static char text[2000];
    json_t *rows = events_of(house, conversation), *row;
    size_t i, n = 0;

    text[0] = '\0';
    json_array_foreach (rows, i, row) {
        const char *type = json_string_value(json_object_get(row, "type"));

        if (strncmp(type, "audio:say", 9) == 0 || strncmp(type, "audio:play", 10) == 0)
            n += (size_t)snprintf(text + n, sizeof text - n, "%s%s", n ? ", " : "", type + 6);
    }
    json_decref(rows);
    return text;
}

const char *first_conversation(void)
{
    return json_string_value(json_object_get(json_array_get(paper.told, 0), "conversation_uuid"));
}

struct call *first_call(struct house *house)
{
    const char *id = json_string_value(json_object_get(json_array_get(paper.told, 0), "uuid"));
    struct call *call = call_find(house->calls, demo(house), id);

    assert_non_null(call);
    return call;
}
