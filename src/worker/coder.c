/* coder.c: encode once. Listeners of one format that hear all who speak get the same payload, from
 * an encoder of their room. Who begins to speak goes back to an encoder of its own, and to this
 * one again when it has been a listener for a while.
 *
 * An Opus encoder goes on from what it encoded before, and so does the peer's decoder. Where
 * another encoder takes over it first encodes the frame before, for nobody: then nothing is to be
 * heard of the change, which without that is a click.
 *
 * It expects the loss of the listener that loses most, and so repeats for all what that one takes
 * twice (FEC): of one that loses nothing this costs some of its bits, an encoder for each costs
 * as much as all of them do with one. */
#include "base/mem.h"
#include "worker/private.h"

#include <stdlib.h>
#include <string.h>

enum {
    LISTENERS = 3, /* of a format, from which on an encoder is worth it */
    SETTLED = 25,  /* [frames] without a word of its own: 500 ms */
    EXACT = 16     /* members up to which noise is in the sum; of codecs that cost something */
};

struct coder {
    struct list node;
    struct codec_format format;
    struct encoder *encoder;
    struct band band; /* from the room's rate to the codec's */
    unsigned rate;    /* [Hz] of the room, in its last frame */
    unsigned effort;
    unsigned loss;  /* [%] it expects */
    unsigned lost;  /* [%] at most, as those who have had this frame tell */
    uint64_t frame; /* it was encoded last */
    size_t size;    /* [bytes] it came to */
    uint8_t payload[CODEC_BYTES_MAX];
};

static void destroy(void *obj)
{
    struct coder *coder = obj;

    list_remove(&coder->node);
    mem_unref(coder->encoder);
    band_end(&coder->band);
}

static struct coder *find(const struct media_room *room, const struct codec_format *format)
{
    list_each (node, &room->coders) {
        struct coder *coder = list_entry(node, struct coder, node);

        if (codec_same(&coder->format, format))
            return coder;
    }
    return NULL;
}

static unsigned members_of(const struct media_room *room, const struct codec_format *format)
{
    unsigned count = 0;

    list_each (node, &room->ports) {
        const struct port *port = list_entry(node, struct port, node);
        const struct codec_format *its = port->stream ? stream_shareable(port->stream) : NULL;

        count += its && codec_same(its, format);
    }
    return count;
}

static void make(struct media_room *room, const struct codec_format *format)
{
    struct coder *coder = mem_alloc(sizeof *coder, destroy);

    if (!coder)
        return;
    list_append(&room->coders, &coder->node);
    coder->format = *format;
    coder->effort = room->worker->effort;
    if (encoder_alloc(&coder->encoder, format))
        mem_unref(coder);
    else
        encoder_effort(coder->encoder, coder->effort);
}

void coder_drop(struct media_room *room)
{
    list_each (node, &room->coders)
        mem_unref(list_entry(node, struct coder, node));
    free(room->before);
    room->before = NULL;
}

/* Those whose last listeners have gone go too. */
static void drop_lonely(struct media_room *room)
{
    list_each (node, &room->coders) {
        struct coder *coder = list_entry(node, struct coder, node);

        if (!members_of(room, &coder->format))
            mem_unref(coder);
    }
}

static bool has_costly(const struct media_room *room)
{
    list_each (node, &room->coders) {
        enum codec codec = list_entry(node, struct coder, node)->format.codec;

        if (codec != CODEC_PCMU && codec != CODEC_PCMA && codec != CODEC_L16)
            return true;
    }
    return false;
}

void coder_survey(struct media_room *room)
{
    drop_lonely(room);
    list_each (node, &room->ports) {
        const struct port *port = list_entry(node, struct port, node);
        const struct codec_format *format = port->stream ? stream_shareable(port->stream) : NULL;

        if (format && !find(room, format) && members_of(room, format) >= LISTENERS)
            make(room, format);
    }
    if (list_empty(&room->coders))
        coder_drop(room);
    else if (!room->before)
        room->before = calloc(STREAM_FRAME_MAX, sizeof *room->before);
    mixer_gate(room->mixer, mixer_count(room->mixer) > EXACT && has_costly(room));
}

void coder_keep(struct media_room *room)
{
    const int16_t *all = room->before ? mixer_all(room->mixer) : NULL;

    room->before_rate = mixer_rate(room->mixer);
    room->before_sound = all != NULL;
    if (all)
        memcpy(room->before, all, mixer_frame(room->mixer) * sizeof *all);
}

/* What all heard a frame ago; NULL: nothing. */
static const int16_t *heard_before(const struct media_room *room)
{
    bool fits = room->before && room->before_sound && room->before_rate == mixer_rate(room->mixer);

    return fits ? room->before : NULL;
}

static void run(struct coder *coder, unsigned rate, const int16_t *frame)
{
    unsigned own = codec_rate(&coder->format);
    int16_t turned[STREAM_FRAME_MAX];

    if (coder->rate != rate)
        encoder_bandwidth(coder->encoder, rate < own ? rate : own);
    coder->rate = rate;
    frame = band_run(&coder->band, rate, frame, own, turned);
    coder->size = encoder_run(coder->encoder, coder->payload, frame, own / 50);
}

static void set_effort(struct coder *coder, unsigned effort)
{
    if (coder->effort != effort)
        encoder_effort(coder->encoder, effort);
    coder->effort = effort;
}

/* What was told of the frame before. */
static void set_loss(struct coder *coder)
{
    if (coder->loss != coder->lost)
        encoder_expect_loss(coder->encoder, coder->lost);
    coder->loss = coder->lost;
    coder->lost = 0;
}

static void encode(struct coder *coder, struct media_room *room, uint64_t frame)
{
    unsigned rate = mixer_rate(room->mixer);

    if (coder->frame == frame)
        return;
    set_effort(coder, room->worker->effort);
    set_loss(coder);
    if (coder->frame + 1 != frame) {
        band_clear(&coder->band);
        run(coder, rate, heard_before(room));
    }
    run(coder, rate, mixer_all(room->mixer));
    coder->frame = frame;
}

/* A listener, for so long that it is likely to stay one; and there is an encoder. */
static struct coder *settled(struct port *port)
{
    bool plain = port->in && port->stream && !port->playing && mixer_plain(port->member);
    const struct codec_format *format;

    port->plain = !plain ? 0 : port->plain < SETTLED ? port->plain + 1 : SETTLED;
    if (port->plain < SETTLED || list_empty(&port->in->coders))
        return NULL;
    format = stream_shareable(port->stream);
    return format ? find(port->in, format) : NULL;
}

/* Takes over where the encoder of the room was. */
static void part(struct port *port)
{
    if (port->in)
        stream_prime(port->stream, mixer_rate(port->in->mixer), heard_before(port->in));
    else
        stream_prime(port->stream, NARROW, NULL);
}

bool coder_give(struct port *port)
{
    struct coder *coder = settled(port);

    if (!coder && port->shares)
        part(port);
    port->shares = coder != NULL;
    if (!coder)
        return false;
    encode(coder, port->in, port->frame);
    return true;
}

bool coder_send(struct port *port)
{
    struct coder *coder = find(port->in, stream_shareable(port->stream));
    unsigned loss = stream_expected_loss(port->stream);

    coder->lost = loss > coder->lost ? loss : coder->lost;
    return stream_put_coded(port->stream, coder->payload, coder->size, port->passed);
}
