/* sending.c: a frame that is a packet, or some of them, is encoded from where it lies; only what
 * is left over waits in the store. */
#include "stream/sending.h"

#include "audio/resample.h"
#include "base/mem.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

enum {
    FRAME_MS = 20,
    RATES = 3,
    BLEND_MS = 5, /* that the step between two rates is spread over */
    PRIME_MS = 3  /* that a filter remembers */
};

static const unsigned rates[RATES] = {8000, 16000, 48000};

struct sending {
    struct encoder *encoder;
    struct resample *resample[RATES]; /* from each other rate */
    unsigned rate;                    /* [Hz] of the codec */
    unsigned packet;                  /* [samples] */
    unsigned ptime;                   /* [ms] */
    unsigned from;                    /* [Hz] of the frame before; 0: none was */
    bool quiet;                       /* it was silence */
    int16_t last;                     /* its last sample */
    unsigned waiting;                 /* [samples] in the store */
    int16_t store[];
};

static void destroy(void *obj)
{
    struct sending *sending = obj;

    mem_unref(sending->encoder);
    for (int i = 0; i < RATES; i++)
        mem_unref(sending->resample[i]);
}

static int make_parts(struct sending *sending, const struct codec_format *format)
{
    int err = encoder_alloc(&sending->encoder, format);

    for (int i = 0; i < RATES && !err; i++)
        if (rates[i] != sending->rate)
            err = resample_alloc(&sending->resample[i], rates[i], sending->rate);
    return err;
}

int sending_alloc(struct sending **sendingp, const struct stream_params *params)
{
    unsigned ptime = codec_ptime(&params->format, params->ptime ? params->ptime : FRAME_MS);
    unsigned per_ms = codec_rate(&params->format) / 1000;
    size_t store = FRAME_MS % ptime ? (size_t)(ptime + FRAME_MS) * per_ms : 0;
    struct sending *sending = mem_alloc(sizeof *sending + store * sizeof(int16_t), destroy);
    int err;

    if (!sending)
        return ENOMEM;
    sending->rate = per_ms * 1000;
    sending->ptime = ptime;
    sending->packet = ptime * per_ms;
    err = make_parts(sending, &params->format);
    if (err)
        mem_unref(sending);
    else
        *sendingp = sending;
    return err;
}

unsigned sending_ptime(const struct sending *sending)
{
    return sending->ptime;
}

bool sending_waits(const struct sending *sending)
{
    return sending->waiting > 0;
}

void sending_drop(struct sending *sending)
{
    sending->waiting = 0;
}

void sending_expect_loss(struct sending *sending, unsigned percent)
{
    encoder_expect_loss(sending->encoder, percent);
}

void sending_effort(struct sending *sending, unsigned complexity)
{
    encoder_effort(sending->encoder, complexity);
}

static struct resample *resample_from(const struct sending *sending, unsigned rate)
{
    for (int i = 0; i < RATES; i++)
        if (rates[i] == rate)
            return sending->resample[i];
    return NULL;
}

/* A filter that comes into use remembers sound of long ago; better that it has heard what comes
 * now, backwards, which leads to it without a step. */
static void prime(struct resample *resample, unsigned rate, const int16_t *frame)
{
    int16_t before[STREAM_FRAME_MAX / 20 * PRIME_MS], out[STREAM_FRAME_MAX];
    unsigned n = rate / 1000 * PRIME_MS;

    for (unsigned i = 0; i < n; i++)
        before[i] = frame[n - i];
    resample_run(resample, out, before, n);
}

/* Another rate comes by another filter, with another delay: no step is heard where they meet. */
static void blend(const struct sending *sending, int16_t *samples)
{
    int n = (int)sending->rate / 1000 * BLEND_MS;
    int step = sending->last - samples[0];

    for (int i = 0; i < n; i++) {
        int sample = samples[i] + step * (n - i) / n;

        samples[i] = (int16_t)(sample > INT16_MAX   ? INT16_MAX
                               : sample < INT16_MIN ? INT16_MIN
                                                    : sample);
    }
}

/* The frame at the codec's rate: itself, or in `fit`; NULL: silence. */
static const int16_t *bring(struct sending *sending, unsigned rate, const int16_t *frame,
                            int16_t fit[STREAM_FRAME_MAX])
{
    static const int16_t silence[STREAM_FRAME_MAX];
    struct resample *resample = resample_from(sending, rate);
    bool changed = sending->from && sending->from != rate;

    if (!frame && sending->quiet && !changed)
        return NULL;
    sending->quiet = !frame;
    if (resample && changed)
        prime(resample, rate, frame ? frame : silence);
    if (resample)
        resample_run(resample, fit, frame ? frame : silence, rate / 1000 * FRAME_MS);
    else if (!frame)
        return NULL;
    else if (changed)
        memcpy(fit, frame, rate / 1000 * FRAME_MS * sizeof *fit);
    else
        return frame;
    if (changed)
        blend(sending, fit);
    return fit;
}

static void note_rate(struct sending *sending, unsigned rate)
{
    assert(rate == sending->rate || resample_from(sending, rate));
    if (sending->from == rate)
        return;
    sending->from = rate;
    encoder_bandwidth(sending->encoder, rate < sending->rate ? rate : sending->rate);
}

/* A packet of sound that begins `ahead` [samples] after the frame. */
static void pack(const struct sending *sending, const int16_t *samples, int ahead, sending_h *give,
                 void *arg)
{
    uint8_t room[SENDING_ROOM + CODEC_BYTES_MAX], *payload = room + SENDING_ROOM;
    size_t size = encoder_run(sending->encoder, payload, samples, sending->packet);

    give(payload, size, ahead / (int)(sending->rate / 1000), arg);
}

static void pack_frame(const struct sending *sending, const int16_t *samples, sending_h *give,
                       void *arg)
{
    unsigned count = FRAME_MS / sending->ptime;

    for (unsigned i = 0; i < count; i++)
        pack(sending, samples ? samples + i * sending->packet : NULL, (int)(i * sending->packet),
             give, arg);
}

static void pack_store(struct sending *sending, const int16_t *samples, sending_h *give, void *arg)
{
    unsigned n = sending->rate / 1000 * FRAME_MS, used = 0;
    int before = (int)sending->waiting;

    if (samples)
        memcpy(sending->store + sending->waiting, samples, n * sizeof *samples);
    else
        memset(sending->store + sending->waiting, 0, n * sizeof *sending->store);
    sending->waiting += n;
    for (; sending->waiting - used >= sending->packet; used += sending->packet)
        pack(sending, sending->store + used, (int)used - before, give, arg);
    sending->waiting -= used;
    memmove(sending->store, sending->store + used, sending->waiting * sizeof *sending->store);
}

void sending_take(struct sending *sending, unsigned rate, const int16_t *frame, sending_h *give,
                  void *arg)
{
    int16_t fit[STREAM_FRAME_MAX];
    const int16_t *samples = bring(sending, rate, frame, fit);

    note_rate(sending, rate);
    sending->last = samples ? samples[sending->rate / 1000 * FRAME_MS - 1] : 0;
    if (FRAME_MS % sending->ptime)
        pack_store(sending, samples, give, arg);
    else
        pack_frame(sending, samples, give, arg);
}
