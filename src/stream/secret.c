/* secret.c: SRTP of a stream: what it sends and hears under the keys of its params. The contexts
 * are made by control with the coding, and go back to it when another key takes their place.
 *
 * Our own key under a source whose numbers have wrapped would need a rollover counter that half of
 * the world begins anew and half does not: then we become another source. The peer's packets under
 * its key of before are heard for a while: it does not change at the same moment as we do. */
#include "base/mem.h"
#include "stream/private.h"

#include <errno.h>
#include <string.h>

enum { GRACE = 100 /* [frames] in which the key of before is good */ };

int secret_alloc(struct secrets *secrets, const struct stream_params *params)
{
    int err = 0;

    if (params->send_key.suite)
        err = srtp_alloc(&secrets->out, &params->send_key);
    if (!err && params->receive_key.suite)
        err = srtp_alloc(&secrets->in, &params->receive_key);
    return err;
}

void secret_release(struct secrets *secrets)
{
    mem_unref(secrets->out);
    mem_unref(secrets->in);
    mem_unref(secrets->before);
}

static bool is_under(const struct srtp *srtp, const struct srtp_key *key)
{
    return srtp ? srtp_has_key(srtp, key) : key->suite == SRTP_NONE;
}

static void change_out(struct stream *stream, struct secrets *fresh)
{
    struct srtp *old = stream->secrets.out;

    if (old && fresh->out && srtp_rolled(old))
        carrier_renew(stream);
    stream->secrets.out = fresh->out;
    fresh->out = old;
}

static void change_in(struct stream *stream, struct secrets *fresh)
{
    struct srtp *oldest = stream->secrets.before;

    if (stream->secrets.in && fresh->in)
        srtp_follow(fresh->in, stream->secrets.in);
    stream->secrets.before = stream->secrets.in;
    stream->secrets.in = fresh->in;
    stream->secrets.grace = GRACE;
    fresh->in = oldest;
}

void secret_change(struct stream *stream, struct secrets *fresh, const struct stream_params *params)
{
    if (!is_under(stream->secrets.out, &params->send_key))
        change_out(stream, fresh);
    if (!is_under(stream->secrets.in, &params->receive_key))
        change_in(stream, fresh);
}

void secret_tick(struct stream *stream)
{
    if (stream->secrets.grace)
        stream->secrets.grace--;
}

size_t secret_seal(struct stream *stream, uint8_t sealed[SRTP_PACKET], const uint8_t *packet,
                   size_t size)
{
    if (size + SRTP_OVERHEAD > SRTP_PACKET)
        return 0;
    memcpy(sealed, packet, size);
    return srtp_protect(stream->secrets.out, sealed, size);
}

typedef int open_h(struct srtp *srtp, uint8_t *packet, size_t *size);

static int open_by(struct secrets *secrets, struct arrival *arrival, size_t *size, open_h *open)
{
    int err = open(secrets->in, arrival->bytes, size);

    if (err == EBADMSG && secrets->before && secrets->grace)
        err = open(secrets->before, arrival->bytes, size);
    return err;
}

bool secret_open(struct stream *stream, struct arrival *arrival, size_t *size)
{
    int err = stream->secrets.in ? open_by(&stream->secrets, arrival, size, srtp_open) : 0;

    if (err == EALREADY) {
        stream->sequence.duplicate++;
    } else if (err) {
        stream->invalid++;
        problem_unauthentic(stream, &arrival->from);
    }
    return !err;
}

bool secret_open_report(struct stream *stream, struct arrival *arrival, size_t *size)
{
    int err = stream->secrets.in ? open_by(&stream->secrets, arrival, size, srtp_open_report) : 0;

    if (err)
        stream->invalid++;
    return !err;
}
