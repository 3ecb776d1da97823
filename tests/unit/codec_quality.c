/* What is left of a voice behind each codec, behind two of them, and when packets are lost. */
#include "codec_rig.h"

#include "audio/resample.h"

static int16_t said[RIG_SAMPLES], heard[RIG_SAMPLES];

/* What each keeps, a little below what was measured. */
static const struct bound {
    struct codec_format format;
    double snr;     /* [dB] at least */
    double contour; /* [dB] the level of 20 ms is off, at most */
} bounds[] = {
    {{.codec = CODEC_PCMU}, 36, 0.1},
    {{.codec = CODEC_PCMA}, 36, 0.1},
    {{.codec = CODEC_G722}, 24, 0.1},
    {{.codec = CODEC_G729}, 6, 1.2},
    {{.codec = CODEC_GSM}, 8, 1},
    {{.codec = CODEC_SPEEX, .rate = 8000}, 7, 0.6},
    {{.codec = CODEC_SPEEX, .rate = 16000}, 11, 0.5},
    {{.codec = CODEC_L16, .rate = 8000}, 90, 0.01},
    {{.codec = CODEC_L16, .rate = 16000}, 90, 0.01},
    {{.codec = CODEC_OPUS, .rate = 8000}, 12, 0.7},
    {{.codec = CODEC_OPUS, .rate = 16000}, 13, 0.7},
    {{.codec = CODEC_OPUS, .rate = 48000}, 12, 0.7},
};

enum { BOUNDS = sizeof bounds / sizeof *bounds };

static double top_of(unsigned rate)
{
    return rate == 8000 ? 3400 : 7000;
}

static void check(const struct bound *bound, size_t n, double snr, double contour)
{
    unsigned rate = codec_rate(&bound->format);
    double got = rig_snr(said, heard, rate, n), off = rig_contour(said, heard, rate, n);

    if (got < snr || off > contour)
        fail_msg("%s at %u: SNR %.1f dB, levels off by %.2f dB", codec_name(bound->format.codec),
                 rate, got, off);
}

static void a_voice_stays_the_same(void **state)
{
    (void)state;
    for (size_t i = 0; i < BOUNDS; i++) {
        unsigned rate = codec_rate(&bounds[i].format);
        size_t n = RIG_SECONDS * rate;

        rig_speech(said, rate, 10000, top_of(rate));
        memset(heard, 0, sizeof heard);
        rig_through(bounds[i].format, 20, said, heard, n, 0);
        check(&bounds[i], n, bounds[i].snr, bounds[i].contour);
    }
}

/* [samples] of what was said at one rate, at another one. */
static size_t at_rate(unsigned from, unsigned to, int16_t *out, const int16_t *in, size_t n)
{
    struct resample resample;

    assert_int_equal(resample_init(&resample, from, to), 0);
    return resample_run(&resample, out, in, n);
}

/* From any codec to any other, by way of the rate of the second: what is left is not much less than
 * what the worse of the two leaves alone. Telephone band, which all of them have. */
static void a_voice_stays_the_same_behind_two(void **state)
{
    static int16_t middle[RIG_SAMPLES];

    (void)state;
    for (size_t i = 0; i < BOUNDS; i++) {
        rig_speech(said, codec_rate(&bounds[i].format), 10000, 3400);
        for (size_t k = 0; k < BOUNDS; k++) {
            const struct bound *a = &bounds[i], *b = &bounds[k];
            unsigned from = codec_rate(&a->format), to = codec_rate(&b->format);
            size_t n = from * 3 / 2, m;
            double worse = a->contour > b->contour ? a->contour : b->contour;

            rig_through(a->format, 20, said, middle, n, 0);
            m = at_rate(from, to, heard, middle, n);
            rig_through(b->format, 20, heard, middle, m, 0);
            n = at_rate(to, from, heard, middle, m);
            if (rig_contour(said, heard, from, n) > 2 * worse + 0.2)
                fail_msg("%s at %u, %s at %u: levels off by %.2f dB", codec_name(a->format.codec),
                         from, codec_name(b->format.codec), to, rig_contour(said, heard, from, n));
        }
    }
}

static int largest_step(const int16_t *samples, size_t n)
{
    int largest = 0;

    for (size_t i = 1; i < n; i++) {
        int step = abs(samples[i] - samples[i - 1]);
        largest = step > largest ? step : largest;
    }
    return largest;
}

/* One packet of twenty is lost, of any length: the level goes on, and nothing clicks. */
static void loss_is_hardly_heard(void **state)
{
    static const unsigned lengths[] = {10, 20, 40, 60};
    static int16_t whole[RIG_SAMPLES];

    (void)state;
    for (size_t i = 0; i < BOUNDS; i++)
        for (size_t k = 0; k < sizeof lengths / sizeof *lengths; k++) {
            unsigned rate = codec_rate(&bounds[i].format);
            unsigned ms = codec_ptime(&bounds[i].format, lengths[k]);
            size_t n = RIG_SECONDS * rate;
            double off;
            int step;

            rig_speech(said, rate, 10000, top_of(rate));
            rig_through(bounds[i].format, ms, said, whole, n, 0);
            rig_through(bounds[i].format, ms, said, heard, n, 20);
            off = rig_contour(whole, heard, rate, n - rate / 10);
            step = largest_step(heard, n) - largest_step(whole, n);
            if (off > (ms <= 20 ? 2 : 2.5) || step > 4000)
                fail_msg("%s at %u, packets of %u ms: levels off by %.2f dB, a step of %d more",
                         codec_name(bounds[i].format.codec), rate, ms, off, step);
        }
}

/* Nothing comes any more: half a second later it is quiet, in steps of any length. */
static void a_long_loss_ends_in_silence(void **state)
{
    static const unsigned lengths[] = {10, 20, 30, 50, 60};

    (void)state;
    for (size_t i = 0; i < BOUNDS; i++)
        for (size_t k = 0; k < sizeof lengths / sizeof *lengths; k++) {
            unsigned rate = codec_rate(&bounds[i].format);
            struct encoder *encoder = rig_encoder(bounds[i].format);
            struct decoder *decoder = rig_decoder(bounds[i].format);
            size_t n = rate / 50, part = rate / 1000 * lengths[k], at = 0;
            uint8_t payload[CODEC_BYTES_MAX];

            rig_speech(said, rate, 10000, top_of(rate));
            for (size_t frame = 0; frame < 6; frame++) {
                size_t size = encoder_run(encoder, payload, said + frame * n, n);
                decoder_run(decoder, heard, n, payload, size);
            }
            assert_true(frame_level(heard, n) > -30);
            for (; at < rate; at += part)
                decoder_conceal(decoder, heard + at, part, NULL, 0);
            if (frame_level(heard + rate / 2, rate / 2) > -45)
                fail_msg("%s at %u: %.1f dB", codec_name(bounds[i].format.codec), rate,
                         frame_level(heard + rate / 2, rate / 2));
            mem_unref(encoder);
            mem_unref(decoder);
        }
}

enum { SILENT_FROM = 30, SILENT_TO = 130, SETTLED = 60 }; /* frames of 20 ms */

/* Speech, silence, speech; silence told by zeros, or by one sample that is not, which is no
 * silence to an encoder. Returns how many payloads of silence, once settled, were as the one
 * before. */
static unsigned say_around_silence(struct codec_format format, bool zeros, size_t n)
{
    struct encoder *encoder = rig_encoder(format);
    struct decoder *decoder = rig_decoder(format);
    size_t frame = codec_rate(&format) / 50;
    int16_t nearly[CODEC_RATE_MAX / 50] = {1};
    static uint8_t payloads[2][CODEC_BYTES_MAX];
    unsigned again = 0;

    for (size_t at = 0, i = 0; at + frame <= n; at += frame, i++) {
        bool silent = i >= SILENT_FROM && i < SILENT_TO;
        const int16_t *samples = !silent ? said + at : zeros ? NULL : nearly;
        size_t size = encoder_run(encoder, payloads[i % 2], samples, frame);

        again += i > SETTLED && silent && !memcmp(payloads[0], payloads[1], size);
        assert_int_equal(decoder_run(decoder, heard + at, frame, payloads[i % 2], size), frame);
    }
    mem_unref(encoder);
    mem_unref(decoder);
    return again;
}

/* It is silence at the other end, and what follows on it is as good as if all of it had been
 * encoded. */
static void silence_is_encoded_once(void **state)
{
    (void)state;
    for (size_t i = 0; i < BOUNDS; i++) {
        unsigned rate = codec_rate(&bounds[i].format);
        size_t n = RIG_SECONDS * rate, frame = rate / 50;
        double all, once;

        rig_speech(said, rate, 10000, top_of(rate));
        memset(said + SILENT_FROM * frame, 0, (SILENT_TO - SILENT_FROM) * frame * sizeof *said);
        say_around_silence(bounds[i].format, false, n);
        all = rig_contour(said, heard, rate, n);
        assert_int_equal(say_around_silence(bounds[i].format, true, n), SILENT_TO - SETTLED - 1);
        once = rig_contour(said, heard, rate, n);
        if (once > all + 0.3)
            fail_msg("%s at %u: levels off by %.2f dB, else by %.2f dB",
                     codec_name(bounds[i].format.codec), rate, once, all);
        assert_true(frame_level(heard + SETTLED * frame, SETTLED * frame) < -60);
    }
}

/* Of a loud source nothing is left behind a reset: another one that is silent is silent. */
static void a_reset_forgets(void **state)
{
    (void)state;
    for (size_t i = 0; i < BOUNDS; i++) {
        unsigned rate = codec_rate(&bounds[i].format);
        struct encoder *loud = rig_encoder(bounds[i].format),
                       *quiet = rig_encoder(bounds[i].format);
        struct decoder *decoder = rig_decoder(bounds[i].format);
        size_t n = rate / 50, size;
        uint8_t payload[CODEC_BYTES_MAX];

        rig_speech(said, rate, 20000, top_of(rate));
        for (size_t frame = 0; frame < 7; frame++) {
            size = encoder_run(loud, payload, said + frame * n, n);
            decoder_run(decoder, heard, n, payload, size);
        }
        assert_true(frame_level(heard, n) > -24);
        decoder_reset(decoder);
        decoder_conceal(decoder, heard, n, NULL, 0);
        if (frame_level(heard, n) > -55)
            fail_msg("%s at %u: %.1f dB are made up", codec_name(bounds[i].format.codec), rate,
                     frame_level(heard, n));
        size = encoder_run(quiet, payload, NULL, n);
        decoder_run(decoder, heard, n, payload, size);
        if (frame_level(heard, n) > -40)
            fail_msg("%s at %u: %.1f dB are left", codec_name(bounds[i].format.codec), rate,
                     frame_level(heard, n));
        mem_unref(loud);
        mem_unref(quiet);
        mem_unref(decoder);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_voice_stays_the_same),
        cmocka_unit_test(a_voice_stays_the_same_behind_two),
        cmocka_unit_test(loss_is_hardly_heard),
        cmocka_unit_test(a_long_loss_ends_in_silence),
        cmocka_unit_test(silence_is_encoded_once),
        cmocka_unit_test(a_reset_forgets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
