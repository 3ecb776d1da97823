/* phone_code.c: the codecs of a phone port, both ways: G.711 as phone_tone.h has it, others as
 * codec.h does; and what was audible. */
#include "cli/phone_rtp_private.h"

#include "base/mem.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { WARM_MS = 120, NO_LAW = -1 }; /* before what is measured: decoders remember */

static int law_of(const struct codec_format *format)
{
    return format->codec == CODEC_PCMU   ? PHONE_PCMU
           : format->codec == CODEC_PCMA ? PHONE_PCMA
                                         : NO_LAW;
}

int phone_coder_open(struct coder *coder, const struct codec_format *format)
{
    int err = 0;

    *coder = (struct coder){NULL, NULL};
    if (law_of(format) == NO_LAW)
        err = encoder_alloc(&coder->encoder, format);
    if (!err && codec_rate(format) != PHONE_RATE)
        err = resample_alloc(&coder->resample, PHONE_RATE, codec_rate(format));
    if (err)
        phone_coder_close(coder);
    return err;
}

void phone_coder_close(struct coder *coder)
{
    coder->encoder = mem_unref(coder->encoder);
    coder->resample = mem_unref(coder->resample);
}

size_t phone_encode(struct sending *s, uint8_t payload[CODEC_BYTES_MAX], const int16_t *samples,
                    size_t count)
{
    if (s->coder.encoder)
        return encoder_run(s->coder.encoder, payload, samples, count);
    phone_tone_encode(law_of(&s->format), payload, samples, count);
    return count;
}

struct phone_ear {
    struct codec_format format;
    uint8_t payload_type, own_payload_type;
    struct decoder *decoder; /* NULL: G.711 */
};

static void destroy(void *obj)
{
    struct phone_ear *ear = obj;

    mem_unref(ear->decoder);
}

int phone_ear_alloc(struct phone_ear **earp, struct phone_port *port)
{
    struct phone_ear *ear = mem_alloc(sizeof *ear, destroy);
    int err = 0;

    if (!ear)
        return ENOMEM;
    pthread_mutex_lock(&port->engine->lock);
    ear->format = port->receiving.format;
    ear->payload_type = port->receiving.payload_type;
    ear->own_payload_type = port->receiving.own_payload_type;
    pthread_mutex_unlock(&port->engine->lock);
    if (law_of(&ear->format) == NO_LAW)
        err = decoder_alloc(&ear->decoder, &ear->format);
    if (err)
        ear = mem_unref(ear);
    *earp = ear;
    return err;
}

unsigned phone_ear_rate(const struct phone_ear *ear)
{
    return codec_rate(&ear->format);
}

int phone_ear_span(const struct phone_ear *ear, uint32_t from, uint32_t to)
{
    int64_t rate = phone_ear_rate(ear), clock = codec_clock(&ear->format);

    return (int)((int32_t)(to - from) * rate / clock);
}

size_t phone_ear_hear(struct phone_ear *ear, const struct phone_packet *packet,
                      int16_t samples[PHONE_SAMPLES])
{
    uint8_t type = packet->payload_type;
    bool agreed = type == ear->payload_type || type == ear->own_payload_type;
    int law = agreed ? law_of(&ear->format) : type;

    if (agreed && ear->decoder)
        return decoder_run(ear->decoder, samples, PHONE_SAMPLES, packet->payload, packet->size);
    if (ear->decoder || (law != PHONE_PCMU && law != PHONE_PCMA))
        return 0;
    phone_tone_decode(law, samples, packet->payload, packet->size);
    return packet->size;
}

/* [ms] of a packet, by the last two. */
static unsigned length_of(const struct receiving *r)
{
    const struct phone_packet *last = &r->history[(r->next - 1) % PHONE_HISTORY];
    const struct phone_packet *before = &r->history[(r->next - 2) % PHONE_HISTORY];
    unsigned ms = 0;

    if (r->next > 1 && last->sequence == (uint16_t)(before->sequence + 1))
        ms = (last->timestamp - before->timestamp) / (codec_clock(&r->format) / 1000);
    return ms >= 10 && ms <= CODEC_MS_MAX ? ms : FRAME_MS;
}

/* Copies the newest packets that came within the window, and those that a decoder should hear
 * before; oldest first. Returns how many, and of them `warm` before the window. */
static unsigned newest(struct phone_port *port, unsigned window, struct phone_packet *out,
                       unsigned *warm)
{
    struct receiving *r = &port->receiving;
    unsigned ms = r->next ? length_of(r) : FRAME_MS, wanted = window / ms ? window / ms : 1;
    unsigned most = wanted + WARM_MS / ms, have = 0, inside = 0;
    struct timespec now;
    int64_t from, at;

    clock_gettime(CLOCK_REALTIME, &now);
    at = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
    /* two frames more than the window: one may be on its way, one be early */
    from = at - (int64_t)(window + 2 * (ms > FRAME_MS ? ms : FRAME_MS)) * 1000000;
    if (most > PHONE_HISTORY)
        most = PHONE_HISTORY;
    while (have < most && have < r->next) {
        const struct phone_packet *p = &r->history[(r->next - have - 1) % PHONE_HISTORY];

        if (p->arrived < from - (have < wanted ? 0 : WARM_MS * INT64_C(1000000)))
            break;
        out[most - ++have] = *p;
        inside += have <= wanted;
    }
    memmove(out, out + most - have, have * sizeof *out);
    *warm = have - inside;
    return have;
}

/* Lays the packets on one line of samples by their timestamps; gaps are silence. `from` is where
 * the first one that is not warm begins. */
static size_t lay(struct phone_ear *ear, const struct phone_packet *packets, unsigned count,
                  unsigned warm, int16_t *line, size_t room, size_t *from)
{
    uint32_t start = packets[0].timestamp;
    int16_t samples[PHONE_SAMPLES];
    size_t end = 0;

    memset(line, 0, room * sizeof *line);
    *from = 0;
    for (unsigned i = 0; i < count; i++) {
        int ahead = phone_ear_span(ear, start, packets[i].timestamp);
        size_t at = (size_t)ahead, size = phone_ear_hear(ear, &packets[i], samples);

        if (ahead < 0 || at > room || at < end || at > end + phone_ear_rate(ear)) {
            /* the stream jumped: go on */
            at = end;
            start = packets[i].timestamp -
                    (uint32_t)(end * codec_clock(&ear->format) / phone_ear_rate(ear));
        }
        if (at + size > room)
            break;
        memcpy(line + at, samples, size * sizeof *line);
        end = at + size;
        if (i == warm)
            *from = at;
    }
    return end;
}

static void measure(const int16_t *samples, size_t count, unsigned rate, struct phone_heard *heard)
{
    unsigned highest = rate > PHONE_RATE ? PHONE_WIDEST : PHONE_HIGHEST;

    for (unsigned hz = PHONE_LOWEST; hz <= highest; hz += PHONE_STEP) {
        double amplitude = phone_tone_amplitude_at(samples, count, hz, rate);

        if (amplitude > PHONE_AUDIBLE)
            heard->tones[heard->count++] = (struct phone_tone){hz, amplitude};
    }
}

static void hear(struct phone_port *port, struct phone_ear *ear, unsigned window,
                 struct phone_packet *packets, struct phone_heard *heard)
{
    const size_t room = (size_t)phone_ear_rate(ear) / 1000 * PHONE_HISTORY * CODEC_MS_MAX;
    int16_t *line = malloc(room * sizeof *line);
    unsigned warm, count;
    size_t from, end;

    pthread_mutex_lock(&port->engine->lock);
    count = newest(port, window, packets, &warm);
    pthread_mutex_unlock(&port->engine->lock);
    heard->packets = count - warm;
    if (line && heard->packets) {
        heard->lost =
            (uint16_t)(packets[count - 1].sequence - packets[warm].sequence) - (heard->packets - 1);
        end = lay(ear, packets, count, warm, line, room, &from);
        measure(line + from, end - from, phone_ear_rate(ear), heard);
    }
    free(line);
}

void phone_port_heard(struct phone_port *port, unsigned window, struct phone_heard *heard)
{
    struct phone_packet *packets = malloc(PHONE_HISTORY * sizeof *packets);
    struct phone_ear *ear;

    MAGIC_CHECK(port, PORT_MAGIC);
    memset(heard, 0, sizeof *heard);
    if (packets && !phone_ear_alloc(&ear, port)) {
        hear(port, ear, window, packets, heard);
        mem_unref(ear);
    }
    free(packets);
}
