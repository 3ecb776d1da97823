/* reply.c: samples as they are, or a file by player/reading.h; in steps, on the speech's thread. */
#include "speech/reply.h"
#include "audio/convert.h"
#include "base/mem.h"
#include "player/reading.h"
#include "speech/speech.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { STEP = 8 /* [s] of sound */, PIECE = 1024 /* [samples] */ };

struct reply {
    char *type;
    unsigned char *bytes;
    size_t size, at; /* [bytes]; at: of samples */
    unsigned rate;   /* [Hz] of the sound */
    bool opened, big_endian;
    struct reading *reading; /* of a file */
    struct convert *convert; /* of samples */
    struct sound *samples;   /* our reference */
};

static void destroy(void *obj)
{
    struct reply *reply = obj;

    if (reply->samples)
        sound_end(reply->samples, false);
    mem_unref(reply->samples);
    mem_unref(reply->convert);
    mem_unref(reply->reading);
    mem_unref(reply->type);
    free(reply->bytes);
}

int reply_make(struct reply **replyp, const char *type, const void *bytes, size_t size,
               unsigned rate)
{
    struct reply *reply = mem_alloc(sizeof *reply, destroy);

    if (!reply)
        return ENOMEM;
    reply->type = mem_strdup(type);
    reply->bytes = malloc(size ? size : 1);
    if (!reply->type || !reply->bytes) {
        mem_unref(reply);
        return ENOMEM;
    }
    memcpy(reply->bytes, bytes, size);
    reply->size = size;
    reply->rate = rate;
    *replyp = reply;
    return 0;
}

/* The value of a parameter of a media type, or NULL. */
static const char *parameter_of(const char *type, const char *name)
{
    size_t size = strlen(name);

    while ((type = strchr(type, ';'))) {
        type++;
        while (isspace((unsigned char)*type))
            type++;
        if (strncasecmp(type, name, size) == 0 && type[size] == '=')
            return type + size + 1 + (type[size + 1] == '"');
    }
    return NULL;
}

static bool is_type(const char *type, const char *name)
{
    size_t size = strlen(name);

    return strncasecmp(type, name, size) == 0 && (!type[size] || strchr("; \t", type[size]));
}

static bool is_raw(const struct reply *reply)
{
    return (is_type(reply->type, "audio/l16") || is_type(reply->type, "audio/pcm")) &&
           (reply->size < 4 || memcmp(reply->bytes, "RIFF", 4) != 0);
}

static int keep(const int16_t *samples, size_t n, void *arg)
{
    struct reply *reply = arg;

    return sound_add(reply->samples, samples, n);
}

static int open_raw(struct reply *reply)
{
    const char *rate = parameter_of(reply->type, "rate");
    const char *channels = parameter_of(reply->type, "channels");
    const char *order = parameter_of(reply->type, "endianness");
    unsigned long from = rate ? strtoul(rate, NULL, 10) : 0;
    int err;

    if (from > CONVERT_RATE_MAX || (channels && strtoul(channels, NULL, 10) != 1) ||
        reply->size < 2)
        return EINVAL;
    reply->big_endian = order && strncasecmp(order, "big", 3) == 0;
    err = convert_alloc(&reply->convert, (unsigned)from, reply->rate, keep, reply);
    return err ? err
               : sound_grow(&reply->samples, reply->rate, (size_t)reply->rate * SPEECH_SECONDS_MAX);
}

static int step_raw(struct reply *reply)
{
    size_t until = sound_length(reply->samples) + (size_t)reply->rate * STEP;
    int err = 0;

    while (!err && reply->at + 1 < reply->size && sound_length(reply->samples) < until) {
        float piece[PIECE];
        size_t n = 0;

        for (; n < PIECE && reply->at + 1 < reply->size; n++, reply->at += 2) {
            const unsigned char *two = reply->bytes + reply->at;

            piece[n] = (int16_t)(two[!reply->big_endian] << 8 | two[reply->big_endian]);
        }
        err = convert_run(reply->convert, piece, n);
    }
    if (!err && reply->at + 1 < reply->size)
        return EAGAIN;
    if (!err)
        err = convert_end(reply->convert);
    if (!err && sound_length(reply->samples) == 0)
        err = EINVAL;
    sound_end(reply->samples, !err);
    return err;
}

static int step_file(struct reply *reply)
{
    const char *reason = NULL;
    int err = reading_go_on(reply->reading, (size_t)reply->rate * STEP, &reason);

    if (err == EAGAIN &&
        sound_length(reading_sound(reply->reading)) > (size_t)reply->rate * SPEECH_SECONDS_MAX)
        return EFBIG;
    return err;
}

static int open_reply(struct reply *reply)
{
    const char *reason = NULL;

    reply->opened = true;
    return is_raw(reply) ? open_raw(reply)
                         : reading_open_memory(&reply->reading, reply->bytes, reply->size,
                                               reply->rate, &reason);
}

int reply_step(struct reply *reply)
{
    int err = reply->opened ? 0 : open_reply(reply);

    if (err)
        return err;
    return reply->reading ? step_file(reply) : step_raw(reply);
}

struct sound *reply_sound(const struct reply *reply)
{
    return reply->reading ? reading_sound(reply->reading) : reply->samples;
}
