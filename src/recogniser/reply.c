/* reply.c: {"results":[{"text":…,"confidence":…}, …]} or {"error":"…"}. */
#include "recogniser/reply.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OK = 200 };

__attribute__((format(printf, 2, 3))) static void fail(struct reply *reply, const char *format, ...)
{
    static const char start[] = RECOGNISER_FAILED ": ";
    size_t used = sizeof start - 1;
    va_list ap;

    memcpy(reply->error, start, used);
    va_start(ap, format);
    vsnprintf(reply->error + used, sizeof reply->error - used, format, ap);
    va_end(ap);
    reply->failed = true;
    reply->count = 0;
}

/* Takes the last character back when the end of the room cut it (UTF-8). */
static void mend_end(char *text)
{
    size_t length = strlen(text), at = length;

    while (at > 0 && ((unsigned char)text[at - 1] & 0xc0) == 0x80)
        at--;
    if (at > 0 && (unsigned char)text[at - 1] >= 0xc0) {
        unsigned char first = (unsigned char)text[at - 1];
        size_t whole = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;

        if (length - (at - 1) < whole)
            text[at - 1] = '\0';
    }
}

/* A number, or a text that is one. */
static bool read_confidence(const json_t *value, double *confidence)
{
    const char *text = json_string_value(value);
    char *end;

    if (json_is_number(value)) {
        *confidence = json_number_value(value);
    } else {
        if (!text || !*text || text[strspn(text, "0123456789.eE+-")])
            return false;
        *confidence = strtod(text, &end);
        if (*end)
            return false;
    }
    return *confidence >= 0 && *confidence <= 1;
}

/* The better first; of equals the earlier. What is more than there is room for falls off. */
static void keep(struct reply *reply, double confidence, const char *text)
{
    unsigned at = reply->count;

    while (at > 0 && reply->results[at - 1].confidence < confidence)
        at--;
    if (at == RECOGNISER_RESULTS_MAX)
        return;
    if (reply->count < RECOGNISER_RESULTS_MAX)
        reply->count++;
    memmove(&reply->results[at + 1], &reply->results[at],
            (reply->count - 1 - at) * sizeof *reply->results);
    reply->results[at].confidence = confidence;
    reply->results[at].text = text;
}

static bool read_result(struct reply *reply, size_t i, const json_t *result)
{
    const char *text = json_string_value(json_object_get(result, "text"));
    double confidence;

    if (!text)
        fail(reply, "results[%zu].text is no text", i);
    else if (strlen(text) > RECOGNISER_TEXT_MAX)
        fail(reply, "results[%zu].text is longer than %d bytes", i, RECOGNISER_TEXT_MAX);
    else if (!read_confidence(json_object_get(result, "confidence"), &confidence))
        fail(reply, "results[%zu].confidence is no number from 0 to 1", i);
    else if (text[strspn(text, " \t\r\n")])
        keep(reply, confidence, text);
    return !reply->failed;
}

static void read_results(struct reply *reply, const json_t *results)
{
    for (size_t i = 0; i < json_array_size(results); i++) {
        if (!read_result(reply, i, json_array_get(results, i)))
            return;
    }
}

void reply_read(struct reply *reply, int status, const char *body, size_t size)
{
    const json_t *results;
    const char *error;

    memset(reply, 0, sizeof *reply);
    reply->root = json_loadb(body, size, 0, NULL);
    results = json_object_get(reply->root, "results");
    error = json_string_value(json_object_get(reply->root, "error"));
    if (error && *error) {
        fail(reply, "%s", error);
        mend_end(reply->error);
    } else if (status != OK) {
        fail(reply, "HTTP status %d", status);
    } else if (!reply->root) {
        fail(reply, "the reply is not JSON");
    } else if (!json_is_array(results)) {
        fail(reply, "the reply has no results");
    } else {
        read_results(reply, results);
    }
}

void reply_free(struct reply *reply)
{
    json_decref(reply->root);
    reply->root = NULL;
}
