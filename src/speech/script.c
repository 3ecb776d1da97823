/* script.c: the parts of a text said one by one, each on the end of a sound that is already being
 * heard. */
#include "speech/script.h"
#include "audio/convert.h"
#include "base/mem.h"
#include "speech/engine.h"
#include "speech/parts.h"
#include "speech/remote.h"
#include "speech/reply.h"
#include "speech/speech.h"
#include "speech/text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum {
    PIECE = 1024, /* [samples] converted at once */
    LATE = 10000, /* [ms] our own voice serves in place of another */
    ENOUGH = 5,   /* one nth of a second: so much of a sound is there when it is told */
};

static void destroy(void *obj)
{
    struct script *script = obj;

    mem_unref(script->reply);
    mem_unref(script->remote);
    if (script->sound)
        sound_end(script->sound, false);
    mem_unref(script->sound);
    mem_unref(script->convert);
    mem_unref(script->parts);
    mem_unref(script->text);
}

int script_make(struct script **scriptp, const char *voice, const char *text)
{
    struct script *script = mem_alloc(sizeof *script, destroy);

    if (!script)
        return ENOMEM;
    snprintf(script->voice, sizeof script->voice, "%s", voice);
    script->text = mem_strdup(text);
    if (!script->text) {
        mem_unref(script);
        return ENOMEM;
    }
    *scriptp = script;
    return 0;
}

static int keep(const int16_t *samples, size_t n, void *arg)
{
    struct script *script = arg;

    return sound_add(script->sound, samples, n);
}

static int hear(const int16_t *samples, size_t n, void *arg)
{
    struct script *script = arg;
    int err = shelf_stopping(script->shelf) ? ECANCELED : 0;

    while (!err && n > 0) {
        size_t count = n < PIECE ? n : PIECE;
        float piece[PIECE];

        for (size_t i = 0; i < count; i++)
            piece[i] = samples[i];
        err = convert_run(script->convert, piece, count);
        samples += count;
        n -= count;
    }
    return err;
}

/* Control characters, but those of white space, are commands to the engine. */
static void blank_controls(char *text)
{
    for (; *text; text++) {
        if ((unsigned char)*text < 0x80 && !text_may_hold((unsigned char)*text))
            *text = ' ';
    }
}

static int be_silent(struct script *script, unsigned ms)
{
    static const int16_t silence[PIECE];
    size_t left = (size_t)ms * script->engine_rate / 1000;
    int err = 0;

    while (!err && left > 0) {
        size_t n = left < PIECE ? left : PIECE;

        err = hear(silence, n, script);
        left -= n;
    }
    return err;
}

static int begin(struct script *script)
{
    int err;

    blank_controls(script->text);
    err = parts_make(&script->parts, script->text, script->voice);
    if (!err && parts_silence(script->parts) > SPEECH_SECONDS_MAX * 1000UL)
        err = EFBIG;
    if (!err)
        err = convert_alloc(&script->convert, script->engine_rate, script->rate, keep, script);
    if (!err)
        err = sound_grow(&script->sound, script->rate, (size_t)script->rate * SPEECH_SECONDS_MAX);
    return err;
}

static int say(struct script *script, const struct part *part)
{
    if (!part->text)
        return be_silent(script, part->silence);
    return engine_say(part->voice, part->text,
                      (part->ssml ? ENGINE_SSML : 0) | (part->goes_on ? ENGINE_GOES_ON : 0), hear,
                      script);
}

/* ENODATA: nothing was to be heard in all of it. */
static int finish(struct script *script)
{
    int err = convert_end(script->convert);

    if (!err && sound_length(script->sound) == 0)
        err = ENODATA;
    sound_end(script->sound, !err);
    return err;
}

static const char *reason_of(int err)
{
    return err == EFBIG     ? "the speech is longer than 10 minutes"
           : err == ENOENT  ? "its voice is not installed"
           : err == ENODATA ? "there is no sound in it"
                            : "";
}

static void give(struct script *script, struct shelf_making *making)
{
    if (!script->given)
        shelf_give(making, script->sound);
    script->given = true;
}

/* What another engine has said. ENOTSUP: that is nothing, so ours has to speak. */
static int step_reply(struct shelf_making *making, struct script *script)
{
    int err = reply_step(script->reply);
    bool good = err == 0 || err == EAGAIN;

    if (!script->given)
        remote_judge(script->remote, good);
    if (!script->given && !good) {
        script->reply = mem_unref(script->reply);
        script->late = true;
        return ENOTSUP;
    }
    if (!script->given)
        shelf_give(making, reply_sound(script->reply));
    script->given = true;
    return err == EAGAIN ? SHELF_MORE : err;
}

static int step_parts(struct shelf_making *making, struct script *script)
{
    int err = script->parts ? 0 : begin(script);

    if (!err && script->next < script->parts->count)
        err = say(script, &script->parts->part[script->next++]);
    if (!err && script->next < script->parts->count) {
        if (sound_length(script->sound) >= script->rate / ENOUGH)
            give(script, making);
        return SHELF_MORE;
    }
    if (!err)
        err = finish(script);
    if (!err)
        give(script, making);
    return err;
}

int script_step(struct shelf_making *making, struct script *script, const struct shelf *shelf,
                char reason[SHELF_REASON])
{
    int err = script->reply ? step_reply(making, script) : ENOTSUP;

    script->shelf = shelf;
    if (err == ENOTSUP) {
        if (script->late)
            shelf_serve_for(making, LATE);
        err = step_parts(making, script);
    }
    if (err && err != SHELF_MORE)
        snprintf(reason, SHELF_REASON, "%s", reason_of(err));
    return err;
}
