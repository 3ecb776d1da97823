/* speech.c: requests on their way to the engines. The name a sound is kept by is its voice and
 * text, so the same words in the same voice are spoken once. */
#include "speech/speech.h"
#include "audio/convert.h"
#include "base/mem.h"
#include "player/shelf.h"
#include "speech/engine.h"
#include "speech/remote.h"
#include "speech/reply.h"
#include "speech/script.h"
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
    struct remote *remote;   /* control thread; NULL: there is none */
    struct shelf *shelf;     /* control thread; NULL: stopped */
    unsigned asked;          /* questions to the remote that are open */
};

static int speak(struct shelf_making *making, void *input, char reason[SHELF_REASON], void *arg)
{
    const struct speech *speech = arg;

    return script_step(making, input, speech->shelf, reason);
}

static void destroy(void *obj)
{
    struct speech *speech = obj;

    mem_unref(speech->remote);
}

void speech_counts(const struct speech *speech, struct speech_counts *counts)
{
    *counts = (struct speech_counts){0};
    if (speech->remote)
        remote_counts(speech->remote, counts);
}

/* A request on its way to the shelf, by way of the engine elsewhere or not. */
struct asked {
    struct speech *speech; /* our reference */
    char *name;
    struct script *script; /* our reference */
};

static void drop_asked(struct asked *asked)
{
    mem_unref(asked->script);
    mem_unref(asked->name);
    mem_unref(asked->speech);
    free(asked);
}

static void on_reply(const void *bytes, size_t size, const char *type, void *arg)
{
    struct asked *asked = arg;
    struct speech *speech = asked->speech;
    struct script *script = asked->script;
    int err = 0;

    speech->asked--;
    if (speech->shelf) { /* else nobody waits any more */
        script->late = !bytes;
        if (bytes)
            err = reply_make(&script->reply, type, bytes, size, script->rate);
        if (!err)
            err = shelf_make(speech->shelf, asked->name, script, INT32_MAX, NULL);
        if (err) {
            shelf_settle(speech->shelf, asked->name, "out of memory");
            remote_judge(speech->remote, true); /* it is not its fault */
        }
    }
    drop_asked(asked);
}

static int ask_remote(struct speech *speech, const char *name, struct script *script,
                      const struct remote_text *text)
{
    struct asked *asked = malloc(sizeof *asked);
    int err;

    if (!asked)
        return ENOMEM;
    *asked = (struct asked){mem_ref(speech), mem_strdup(name), mem_ref(script)};
    script->remote = mem_ref(speech->remote);
    err = asked->name ? remote_ask(speech->remote, text, on_reply, asked) : ENOMEM;
    if (err)
        drop_asked(asked);
    else
        speech->asked++;
    return err;
}

/* text->language NULL: our own engine is to speak. */
static int begin(struct speech *speech, const char *name, const char *voice,
                 const struct remote_text *text)
{
    struct script *script;
    int err;

    if (shelf_makings(speech->shelf) + speech->asked >= SPEECH_WAITING_MAX)
        return EAGAIN;
    err = script_make(&script, voice, text->text);
    if (err)
        return err;
    script->engine_rate = speech->engine_rate;
    script->rate = speech->conf.rate;
    err = text->language ? ask_remote(speech, name, script, text)
                         : shelf_make(speech->shelf, name, script, INT32_MAX, NULL);
    mem_unref(script);
    return err;
}

/* The name a sound is kept by: who speaks, in which voice, and what. */
static char *name_of(const struct speech *speech, const char *voice, const struct remote_text *text)
{
    const char *other =
        text->language ? remote_voice(speech->remote, text->language, text->style) : NULL;

    if (!text->language)
        return mem_printf("%s\n%s", voice, text->text);
    return mem_printf("%s/%u %d %s\n%s", text->language, text->style, text->premium,
                      other ? other : "", text->text);
}

int speech_say(struct speech *speech, const struct speech_request *request, speech_h *done,
               void *arg)
{
    struct remote_text text = {.text = request->text, .premium = request->premium};
    char voice[VOICE_NAME_MAX], *name;
    bool first = false;
    int err = speech_check(request, NULL);

    if (!err)
        err = voice_choose(voice, request->language, request->style, request->voice_name);
    if (err)
        return err;
    if (speech->remote && remote_takes(speech->remote, request->premium)) {
        text.language = request->language;
        text.style = request->style;
        text.ssml = ssml_is(request->text);
        voice_meant(&text.language, &text.style, request->voice_name);
    }
    name = name_of(speech, voice, &text);
    if (!name)
        return ENOMEM;
    err = shelf_ask(speech->shelf, name, done, arg, &first);
    if (!err && first) {
        err = begin(speech, name, voice, &text);
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
    return NULL;
}

int speech_check(const struct speech_request *request, char reason[SPEECH_REASON])
{
    char spare[SPEECH_REASON];
    bool ssml = request->text && ssml_is(request->text);
    const char *fault = fault_of(request, ssml);

    if (!reason)
        reason = spare;
    if (!fault && request->language && !speech_language(request->language)) {
        snprintf(reason, SPEECH_REASON, "the language \"%.35s\" is not spoken here",
                 request->language);
        return EINVAL;
    }
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
    speech = mem_alloc(sizeof *speech, destroy);
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

int speech_ask_engine(struct speech *speech, struct fetch *fetch,
                      const struct speech_engine *engine)
{
    if (!engine->url || !*engine->url)
        return 0;
    return remote_make(&speech->remote, engine, fetch, speech->conf.loop);
}

void speech_stop(struct speech *speech)
{
    struct shelf *shelf = speech->shelf;

    shelf_stop(shelf, "the speech stops");
    speech->shelf = NULL;
    mem_unref(speech);
}
