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
    BLEND_MS = 5, /* that the step between two rates is spread over */
    PRIME_MS = 4  /* that a filter remembers */
};

struct sending {
    struct encoder *encoder;
    unsigned rate;            /* [Hz] of the codec */
    unsigned packet;          /* [samples] */
    unsigned ptime;           /* [ms] */
    unsigned loss;            /* [%] that the encoder expects */
    unsigned from;            /* [Hz] of the frame before; 0: none was */
    bool quiet;               /* it was silence */
    int16_t last;             /* its last sample */
    struct resample resample; /* when `from` is another rate than the codec's */
    unsigned waiting;         /* [samples] in the store */
    int16_t store[];
};

static void destroy(void *obj)
{
    struct sending *sending = obj;

    mem_unref(sending->encoder);
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
    err = encoder_alloc(&sending->encoder, &params->format);
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

/* Loss comes in bursts: what was expected fades. */
void sending_expect_loss(struct sending *sending, unsigned percent)
{
    unsigned faded = (3 * sending->loss + percent) / 4;

    sending->loss = percent > faded ? percent : faded;
    encoder_expect_loss(sending->encoder, sending->loss);
}

unsigned sending_expected_loss(const struct sending *sending)
{
    return sending->loss;
}

void sending_effort(struct sending *sending, unsigned complexity)
{
    encoder_effort(sending->encoder, complexity);
}

/* The filter would begin with nothing behind it; better that it has heard what comes now,
 * backwards, which leads to it without a step. */
static void prime(struct sending *sending, const int16_t *frame)
{
    int16_t before[STREAM_FRAME_MAX / FRAME_MS * PRIME_MS], out[STREAM_FRAME_MAX];
    unsigned n = sending->from / 1000 * PRIME_MS;

    for (unsigned i = 0; i < n; i++)
        before[i] = frame[n - i];
    resample_run(&sending->resample, out, before, n);
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

static void begin_rate(struct sending *sending, unsigned rate, const int16_t *frame)
{
    int err = resample_init(&sending->resample, rate, sending->rate);

    assert(!err);
    (void)err;
    sending->from = rate;
    encoder_bandwidth(sending->encoder, rate < sending->rate ? rate : sending->rate);
    prime(sending, frame);
}

/* The frame at the codec's rate: itself, or in `fit`; NULL: silence. */
static const int16_t *bring(struct sending *sending, unsigned rate, const int16_t *frame,
                            int16_t fit[STREAM_FRAME_MAX])
{
    static const int16_t silence[STREAM_FRAME_MAX];
    bool changed = sending->from != rate, smooth = changed && sending->from;

    if (changed)
        begin_rate(sending, rate, frame ? frame : silence);
    else if (!frame && sending->quiet)
        return NULL;
    sending->quiet = !frame;
    if (rate == sending->rate && !smooth)
        return frame;
    resample_run(&sending->resample, fit, frame ? frame : silence, rate / 1000 * FRAME_MS);
    if (smooth)
        blend(sending, fit);
    return fit;
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

    sending->last = samples ? samples[sending->rate / 1000 * FRAME_MS - 1] : 0;
    if (FRAME_MS % sending->ptime)
        pack_store(sending, samples, give, arg);
    else
        pack_frame(sending, samples, give, arg);
}
