/* remote.c: the questions and the state of health. A cause of failure is logged when it is another
 * than before, without the URL and what is secret. */
#include "speech/remote.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "json/text.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
    BODY_LIMIT = 32 << 20, /* [bytes] of a reply */
    FAILURES = 3,          /* in a row: then it is left alone */
    ALONE = 10000,         /* [ms] */
    CAUSE = 160,
};

struct remote {
    struct speech_engine conf; /* its texts are ours; constant */
    struct fetch *fetch;
    struct loop *loop;
    const char **headers; /* pairs, NULL at the end */
    unsigned failures;    /* in a row; control thread, from here on */
    int64_t alone_until;  /* monotonic [ms] */
    bool trying;          /* one is under way after it was left alone */
    char cause[CAUSE];    /* of the last failure; "": it speaks */
    struct speech_counts counts;
};

static char **copy_texts(const char *const *texts, size_t count)
{
    char **copy = calloc(count + 1, sizeof *copy);

    for (size_t i = 0; copy && i < count; i++) {
        copy[i] = strdup(texts[i]);
        if (!copy[i]) {
            while (i > 0)
                free(copy[--i]);
            free(copy);
            return NULL;
        }
    }
    return copy;
}

static void free_texts(const char *const *texts, size_t count)
{
    for (size_t i = 0; texts && i < count; i++)
        free((void *)(uintptr_t)texts[i]);
    free((void *)(uintptr_t)texts);
}

static size_t count_of(const char *const *texts)
{
    size_t count = 0;

    while (texts && texts[count])
        count++;
    return count;
}

static void destroy(void *obj)
{
    struct remote *remote = obj;
    struct speech_engine *conf = &remote->conf;

    free_texts(conf->headers, count_of(conf->headers));
    free_texts(conf->voices, conf->voice_count);
    mem_unref((void *)(uintptr_t)conf->url);
    mem_unref((void *)(uintptr_t)conf->method);
    mem_unref((void *)(uintptr_t)conf->authorization);
    mem_unref((void *)(uintptr_t)conf->format);
    free(remote->headers);
}

/* Those of the configuration, and the authorization. */
static bool take_headers(struct remote *remote, const char *const *headers)
{
    size_t count = count_of(headers);

    remote->conf.headers = (const char *const *)copy_texts(headers, count);
    remote->headers = calloc(count + 3, sizeof *remote->headers);
    if (!remote->conf.headers || !remote->headers)
        return false;
    memcpy(remote->headers, remote->conf.headers, count * sizeof *remote->headers);
    if (*remote->conf.authorization) {
        remote->headers[count++] = "Authorization";
        remote->headers[count] = remote->conf.authorization;
    }
    return true;
}

int remote_make(struct remote **remotep, const struct speech_engine *from, struct fetch *fetch,
                struct loop *loop)
{
    struct remote *remote = mem_alloc(sizeof *remote, destroy);
    struct speech_engine *to;

    if (!remote)
        return ENOMEM;
    to = &remote->conf;
    to->url = mem_strdup(from->url);
    to->method = mem_strdup(from->method && *from->method ? from->method : "POST");
    to->authorization = mem_strdup(from->authorization ? from->authorization : "");
    to->format = mem_strdup(from->format ? from->format : "");
    to->voices = (const char *const *)copy_texts(from->voices, from->voice_count);
    to->voice_count = to->voices ? from->voice_count : 0;
    to->premium_only = from->premium_only;
    to->connect_timeout = from->connect_timeout;
    to->timeout = from->timeout;
    remote->fetch = fetch;
    remote->loop = loop;
    if (!to->url || !to->method || !to->authorization || !to->format || !to->voices ||
        !take_headers(remote, from->headers)) {
        mem_unref(remote);
        return ENOMEM;
    }
    *remotep = remote;
    return 0;
}

bool remote_takes(const struct remote *remote, bool premium)
{
    if (remote->conf.premium_only && !premium)
        return false;
    return remote->failures < FAILURES ||
           (!remote->trying && clock_mono_ms() >= remote->alone_until);
}

const char *remote_voice(const struct remote *remote, const char *language, unsigned style)
{
    char exact[64];
    const char *best = NULL;
    int rank = 0;

    snprintf(exact, sizeof exact, "%s/%u", language, style);
    for (size_t i = 0; i < remote->conf.voice_count; i++) {
        const char *row = remote->conf.voices[i], *equals = strchr(row, '=');
        size_t size = equals ? (size_t)(equals - row) : 0;
        int how = 0;

        if (size == strlen(exact) && strncasecmp(row, exact, size) == 0)
            how = 3;
        else if (size == strlen(language) && strncasecmp(row, language, size) == 0)
            how = 2;
        else if (size == 1 && *row == '*')
            how = 1;
        if (how > rank) {
            rank = how;
            best = equals + 1;
        }
    }
    return best;
}

/* Health. */

static void succeed(struct remote *remote)
{
    if (*remote->cause)
        log_info("speech", "the engine speaks again");
    *remote->cause = '\0';
    remote->failures = 0;
}

static void fail(struct remote *remote, const char *cause)
{
    remote->counts.failed++;
    if (strcmp(cause, remote->cause) != 0)
        log_warning("speech", "the engine does not speak, espeak-ng does: %s", cause);
    snprintf(remote->cause, sizeof remote->cause, "%s", cause);
    if (++remote->failures >= FAILURES)
        remote->alone_until = clock_mono_ms() + ALONE;
}

struct verdict {
    struct remote *remote; /* our reference */
    bool good;
};

static void judge(void *arg)
{
    struct verdict *verdict = arg;

    verdict->remote->trying = false;
    if (verdict->good)
        succeed(verdict->remote);
    else
        fail(verdict->remote, "what it sent is no sound that can be read");
    mem_unref(verdict->remote);
    free(verdict);
}

void remote_judge(struct remote *remote, bool good)
{
    struct verdict *verdict = malloc(sizeof *verdict);

    if (!verdict)
        return;
    *verdict = (struct verdict){mem_ref(remote), good};
    if (loop_post(remote->loop, judge, verdict)) {
        mem_unref(remote);
        free(verdict);
    }
}

void remote_counts(const struct remote *remote, struct speech_counts *counts)
{
    *counts = remote->counts;
}

/* Asking. */

struct question {
    struct remote *remote; /* our reference */
    remote_h *done;
    void *arg;
};

/* Of no type of its own it is what was asked for. */
static const char *type_of(const struct remote *remote, const struct fetch_reply *reply)
{
    bool says = *reply->content_type &&
                strncasecmp(reply->content_type, "application/octet-stream", 24) != 0;

    return says ? reply->content_type : remote->conf.format;
}

static void answered(const struct fetch_reply *reply, void *arg)
{
    struct question *question = arg;
    struct remote *remote = question->remote;
    bool good = !reply->err && reply->status == 200;
    char cause[CAUSE];

    if (reply->err)
        snprintf(cause, sizeof cause, "%s", reply->error);
    else
        snprintf(cause, sizeof cause, "HTTP %d", reply->status);
    if (!good) {
        remote->trying = false;
        if (reply->err != ECANCELED)
            fail(remote, cause);
    }
    if (good)
        question->done(reply->body, reply->size, type_of(remote, reply), question->arg);
    else
        question->done(NULL, 0, NULL, question->arg);
    mem_unref(remote);
    free(question);
}

/* The question as JSON; free() it. */
static char *write_question(const struct remote *remote, const struct remote_text *text)
{
    const char *voice = remote_voice(remote, text->language, text->style);
    json_t *body =
        json_pack("{s:s,s:s,s:i,s:b}", text->ssml ? "ssml" : "text", text->text, "language",
                  text->language, "style", (int)text->style, "premium", text->premium);
    char *written;

    if (body && voice)
        json_object_set_new(body, "voice", json_string(voice));
    if (body && *remote->conf.format)
        json_object_set_new(body, "format", json_string(remote->conf.format));
    written = body ? json_text(body) : NULL;
    json_decref(body);
    return written;
}

static int send_question(struct remote *remote, const char *body, struct question *question)
{
    struct fetch_request request = {
        .method = remote->conf.method,
        .url = remote->conf.url,
        .trusted = true,
        .content_type = "application/json",
        .body = body,
        .size = strlen(body),
        .headers = remote->headers,
        .connect_timeout = remote->conf.connect_timeout,
        .timeout = remote->conf.timeout,
        .limit = BODY_LIMIT,
    };

    return fetch_ask(remote->fetch, &request, remote->loop, answered, question);
}

int remote_ask(struct remote *remote, const struct remote_text *text, remote_h *done, void *arg)
{
    struct question *question = malloc(sizeof *question);
    char *body = question ? write_question(remote, text) : NULL;
    int err = ENOMEM;

    if (body) {
        *question = (struct question){mem_ref(remote), done, arg};
        err = send_question(remote, body, question);
        if (err)
            mem_unref(remote);
    }
    free(body);
    if (err) {
        free(question);
        return err;
    }
    remote->counts.asked++;
    remote->trying = remote->failures >= FAILURES;
    return 0;
}
