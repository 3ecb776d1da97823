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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_voice_stays_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
