/* audio_digits.c: digits sent to a leg, or taken as if it had pressed them. */
#include "conversation/audio_private.h"
#include "base/mem.h"

#include <ctype.h>
#include <errno.h>

enum { DIGITS_MOST = 1000, KEY = 160 /* [ms] */ };

/* As the leg sends them: keys in capitals, pauses as p. */
static int normalize(const char *digits, char out[DIGITS_MOST + 1])
{
    size_t length = strlen(digits);

    if (!length || length > DIGITS_MOST || strspn(digits, "0123456789ABCDabcd*#pP") != length)
        return EINVAL;
    for (size_t i = 0; i < length; i++) {
        char key = (char)toupper((unsigned char)digits[i]);

        out[i] = key == 'P' ? 'p' : key;
    }
    out[length] = '\0';
    return 0;
}

/* 0 if one of them takes them. */
static int send_all(struct member **members, const char *digits)
{
    int err = ENODEV;

    for (unsigned i = 0; members[i]; i++) {
        int one = leg_send_digits(members[i]->leg, digits);

        if (!one || err)
            err = one;
    }
    return err == ENOTCONN ? ENODEV : err;
}

static json_t *out_body(const struct audio_target *target, const char *digits)
{
    char id[ID_UUID];
    json_t *body;

    id_uuid(id);
    body = json_pack("{s:s,s:s,s:s}", "digits", digits, "method", "out", "dtmf_id", id);
    if (!digits[1])
        json_object_set_new(body, "digit", json_string(digits));
    if (target->to && target->to->channel)
        json_object_set(body, "channel", target->to->channel);
    return body;
}

static int digits_out(const struct audio_target *target, struct member **members,
                      const char *digits, int64_t *event, const char **reason)
{
    int err = send_all(members, digits);

    if (err == ENOTSUP)
        *reason = "the peer takes no telephone-events, and its trunk knows no other way for digits";
    if (err == ENOSPC)
        *reason = "too many digits wait to be sent";
    if (err)
        return err;
    *event = audio_event(target, "audio:dtmf", out_body(target, digits));
    return *event ? 0 : ENOSPC;
}

/* What listens to a digit may end the call, so the members are kept. */
static void digits_in(struct member **members, const char *digits, int64_t *event)
{
    for (unsigned i = 0; members[i]; i++)
        mem_ref(members[i]);
    for (unsigned i = 0; members[i]; i++) {
        for (const char *digit = digits; *digit && audio_has(members[i]); digit++) {
            if (*digit == 'p')
                continue;
            *event = member_digit(members[i], *digit, KEY);
        }
    }
    for (unsigned i = 0; members[i]; i++)
        mem_unref(members[i]);
}

int audio_digits(const struct audio_target *target, const char *digits, bool in, int64_t *event,
                 const char **reason)
{
    char keys[DIGITS_MOST + 1];
    struct member **members;
    int err = normalize(digits, keys);

    *event = 0;
    *reason = err ? "digits are 0-9, A-D, *, #, and p for a pause" : NULL;
    if (err)
        return err;
    members = audio_members(target, &err);
    if (err)
        return err;
    if (in)
        digits_in(members, keys, event);
    else
        err = digits_out(target, members, keys, event, reason);
    mem_unref(members);
    return err;
}
