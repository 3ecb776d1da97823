/* speech.c: requests on their way to the engine. The name a sound is kept by is its voice and
 * text, so the same words in the same voice are spoken once. */
#include "speech/speech.h"
#include "audio/convert.h"
#include "base/mem.h"
#include "player/shelf.h"
#include "speech/engine.h"
#include "speech/script.h"
#include "speech/ssml.h"
#include "speech/text.h"
#include "speech/voice.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct speech {
    struct speech_conf conf; /* constant, as is: */
    unsigned engine_rate;    /* [Hz] */
    struct shelf *shelf;     /* control thread */
};

static int speak(struct shelf_making *making, void *input, char reason[SHELF_REASON], void *arg)
{
    const struct speech *speech = arg;

    return script_step(making, input, speech->shelf, reason);
}

static int begin(struct speech *speech, const char *name, const char *voice, const char *text)
{
    struct script *script;
    int err;

    if (shelf_makings(speech->shelf) >= SPEECH_WAITING_MAX)
        return EAGAIN;
    err = script_make(&script, voice, text);
    if (err)
        return err;
    script->engine_rate = speech->engine_rate;
    script->rate = speech->conf.rate;
    err = shelf_make(speech->shelf, name, script, INT32_MAX, NULL);
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
