/* speech.c: requests on their way to the engine. The name a sound is kept by is its voice and
 * text, so the same words in the same voice are spoken once. */
#include "speech/speech.h"
#include "audio/convert.h"
#include "base/mem.h"
#include "player/shelf.h"
#include "speech/engine.h"
#include "speech/render.h"
#include "speech/ssml.h"
#include "speech/text.h"
#include "speech/voice.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct speech {
    struct speech_conf conf; /* constant, as is: */
    unsigned engine_rate;    /* [Hz] */
    struct shelf *shelf;     /* control thread */
};

/* What is to be said; the engine's thread may change the text. */
struct script {
    char voice[VOICE_NAME_MAX];
    char *text;
};

/* What has been said. */
struct words {
    const struct speech *speech;
    const char *voice;
    int16_t *samples;
    size_t length, room; /* [samples] */
};

static void script_destroy(void *obj)
{
    struct script *script = obj;

    mem_unref(script->text);
}

static int hear(const int16_t *samples, size_t n, void *arg)
{
    struct words *words = arg;
    size_t need = words->length + n, room = words->room ? words->room : 65536;

    if (shelf_stopping(words->speech->shelf))
        return ECANCELED;
    if (need > (size_t)words->speech->engine_rate * SPEECH_SECONDS_MAX)
        return EFBIG;
    while (room < need)
        room *= 2;
    if (room > words->room) {
        int16_t *more = realloc(words->samples, room * sizeof *more);

        if (!more)
            return ENOMEM;
        words->samples = more;
        words->room = room;
    }
    memcpy(words->samples + words->length, samples, n * sizeof *samples);
    words->length = need;
    return 0;
}

/* Control characters, but those of white space, are commands to the engine. */
static void blank_controls(char *text)
{
    for (; *text; text++) {
        if ((unsigned char)*text < 0x80 && !text_may_hold((unsigned char)*text))
            *text = ' ';
    }
}

static int be_silent(struct words *words, unsigned ms)
{
    static const int16_t silence[1024];
    size_t left = (size_t)ms * words->speech->engine_rate / 1000;
    int err = 0;

    while (!err && left > 0) {
        size_t n = left < 1024 ? left : 1024;

        err = hear(silence, n, words);
        left -= n;
    }
    return err;
}

/* One step of a document; another language is spoken by the same variant of its voice. */
static int say_step(const struct render_step *step, void *arg)
{
    struct words *words = arg;
    char voice[VOICE_NAME_MAX];

    if (!step->document)
        return be_silent(words, step->silence);
    if (step->file)
        snprintf(voice, sizeof voice, "%s%s", step->file, strchr(words->voice, '+'));
    else
        snprintf(voice, sizeof voice, "%s", words->voice);
    return engine_say(voice, step->document, true, hear, words);
}

static int say(const struct script *script, struct words *words)
{
    blank_controls(script->text);
    if (ssml_is(script->text))
        return render(script->text, say_step, words);
    return engine_say(script->voice, script->text, false, hear, words);
}

static const char *reason_of(int err)
{
    return err == EFBIG    ? "the speech is longer than 10 minutes"
           : err == ENOENT ? "its voice is not installed"
                           : "";
}

static int speak(struct sound **sound, void *input, char reason[SHELF_REASON], void *arg)
{
    const struct speech *speech = arg;
    const struct script *script = input;
    struct words words = {.speech = speech, .voice = script->voice};
    int err = say(script, &words);
    const char *why = reason_of(err);

    if (!err)
        err = sound_from_samples(sound, words.samples, words.length, speech->engine_rate,
                                 speech->conf.rate, &why);
    free(words.samples);
    if (err)
        snprintf(reason, SHELF_REASON, "%s", why ? why : "");
    return err;
}

static int begin(struct speech *speech, const char *name, const char *voice, const char *text)
{
    struct script *script;
    int err = ENOMEM;

    if (shelf_makings(speech->shelf) >= SPEECH_WAITING_MAX)
        return EAGAIN;
    script = mem_alloc(sizeof *script, script_destroy);
    if (!script)
        return ENOMEM;
    snprintf(script->voice, sizeof script->voice, "%s", voice);
    script->text = mem_strdup(text);
    if (script->text)
        err = shelf_make(speech->shelf, name, script, INT32_MAX);
    mem_unref(script);
    return err;
}

int speech_say(struct speech *speech, const struct speech_request *request, speech_h *done,
               void *arg)
{
    char voice[VOICE_NAME_MAX], *name;
    bool first = false;
    int err = speech_check(request, NULL);

    if (!err)
        err = voice_choose(voice, request->language, request->style, request->voice_name);
    if (err)
        return err;
    name = mem_printf("%s\n%s", voice, request->text);
    if (!name)
        return ENOMEM;
    err = shelf_ask(speech->shelf, name, done, arg, &first);
    if (!err && first) {
        err = begin(speech, name, voice, request->text);
        if (err)
            shelf_forget(speech->shelf, name);
    }
    mem_unref(name);
    return err;
}

/* Why not, or NULL. */
static const char *fault_of(const struct speech_request *request, bool ssml)
{
    if (!request->text || !text_has_words(request->text))
        return "there is no text";
    if (strlen(request->text) > SPEECH_BYTES_MAX)
        return "the text with its tags is longer than 16 KiB";
    if (!text_is_valid(request->text))
        return "the text is not UTF-8";
    if (speech_length(request->text) > SPEECH_TEXT_MAX)
        return "the text is longer than 1500 characters";
    if (request->ssml && !ssml)
        return "SSML: it does not begin with <speak>";
    if (request->language && !speech_language(request->language))
        return "the language is not spoken here";
    return NULL;
}

int speech_check(const struct speech_request *request, char reason[SPEECH_REASON])
{
    char spare[SPEECH_REASON];
    bool ssml = request->text && ssml_is(request->text);
    const char *fault = fault_of(request, ssml);

    if (!reason)
        reason = spare;
    if (!fault)
        return ssml ? ssml_check(request->text, reason, SPEECH_REASON) : 0;
    snprintf(reason, SPEECH_REASON, "%s", fault);
    return EINVAL;
}

bool speech_language(const char *tag)
{
    return voice_of_language(tag) != NULL;
}

size_t speech_length(const char *text)
{
    return ssml_is(text) ? ssml_length(text) : text_count(text, strlen(text));
}

int speech_start(struct speech **speechp, const struct speech_conf *conf)
{
    struct speech *speech;
    struct shelf_conf shelf = {
        .loop = conf->loop, .cache = conf->cache, .thread = "speech", .make = speak};
    unsigned rate;
    int err;

    if (conf->rate < CONVERT_RATE_MIN || conf->rate > CONVERT_RATE_MAX)
        return EINVAL;
    err = engine_start(&rate);
    if (err)
        return err;
    speech = mem_alloc(sizeof *speech, NULL);
    if (!speech)
        return ENOMEM;
    speech->conf = *conf;
    speech->engine_rate = rate;
    shelf.arg = speech;
    err = shelf_start(&speech->shelf, &shelf);
    if (err)
        mem_unref(speech);
    else
        *speechp = speech;
    return err;
}

void speech_stop(struct speech *speech)
{
    shelf_stop(speech->shelf, "the speech stops");
    mem_unref(speech);
}
