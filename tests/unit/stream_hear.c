/* stream_hear.c: every codec through the play-out: packets of any length, lost ones, pauses. */
#include "base/mem.h"
#include "stream/playout.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { TICK = 20000 /* [us] */, LEVEL = 6000, PACKETS = 400 };

#define PI 3.14159265358979

/* What a peer sends, and what is heard of it. */
struct side {
    struct codec_format format;
    unsigned ptime, rate;
    struct encoder *encoder;
    struct decoder *decoder, *other;
    struct resample *lift;
    struct playout playout;
    struct playout_counts counts;
    void *memory;
    unsigned next, spoken; /* packet; [samples] */
    uint16_t sequence;
    uint32_t now;
    bool (*lost)(unsigned n); /* NULL: none is */
    bool silent;              /* it says nothing */
};

static void open_side(struct side *side, struct codec_format format, unsigned ptime)
{
    static const struct codec_format ulaw = {.codec = CODEC_PCMU};
    bool g711 = format.codec == CODEC_PCMU || format.codec == CODEC_PCMA;

    memset(side, 0, sizeof *side);
    side->format = format;
    side->rate = codec_rate(&format);
    side->ptime = codec_ptime(&format, ptime);
    assert_int_equal(encoder_alloc(&side->encoder, &format), 0);
    assert_int_equal(decoder_alloc(&side->decoder, &format), 0);
    if (!g711)
        assert_int_equal(decoder_alloc(&side->other, &ulaw), 0);
    if (side->rate != 8000)
        assert_int_equal(resample_alloc(&side->lift, 8000, side->rate), 0);
    side->memory = malloc(playout_memory(&format));
    playout_init(&side->playout, &format, side->memory, side->decoder, side->other, side->lift);
    playout_count(&side->playout, &side->counts);
    side->now = 0xfffff000u;
}

static void close_side(struct side *side)
{
    mem_unref(side->encoder);
    mem_unref(side->decoder);
    mem_unref(side->other);
    mem_unref(side->lift);
    free(side->memory);
}

/* A voice of a kind: 150 Hz and some of its harmonics, louder and softer. */
static void speak(struct side *side, int16_t *samples, size_t n)
{
    for (size_t i = 0; i < n; i++, side->spoken++) {
        double t = (double)side->spoken / side->rate, value = 0;

        for (int k = 1; k <= 8; k++)
            value += sin(2 * PI * 150 * k * t) / k;
        samples[i] =
            side->silent ? 0 : (int16_t)(LEVEL * value * (0.6 + 0.4 * sin(2 * PI * 3 * t)));
    }
}

static void send_packet(struct side *side)
{
    int16_t samples[CODEC_RATE_MAX / 1000 * 60];
    uint8_t payload[CODEC_BYTES_MAX];
    size_t n = side->rate / 1000 * side->ptime;
    struct playout_packet packet = {.payload = payload,
                                    .timestamp = side->next * side->ptime *
                                                 (codec_clock(&side->format) / 1000),
                                    .arrival = side->now + TICK / 2,
                                    .sequence = side->sequence};

    speak(side, samples, n);
    packet.size = encoder_run(side->encoder, payload, samples, n);
    side->sequence = (uint16_t)(side->sequence + (packet.size > 0));
    if (packet.size && (!side->lost || !side->lost(side->next)))
        assert_true(playout_put(&side->playout, &packet) || side->counts.late);
    side->next++;
}

/* A tick: what was said until then is sent. Returns the level of what is heard. */
static double tick(struct side *side, enum playout_sound *sound)
{
    int16_t frame[CODEC_RATE_MAX / 50] = {0};
    unsigned n = side->rate / 50;
    double sum = 0;

    while ((side->next + 1) * side->ptime <= (side->now + 0x1000u) / 1000 + 20)
        send_packet(side);
    side->now += TICK;
    *sound = playout_get(&side->playout, side->now, frame);
    for (unsigned i = 0; i < n; i++)
        sum += (double)frame[i] * frame[i];
    return sqrt(sum / n);
}

static const struct codec_format formats[] = {
    {.codec = CODEC_PCMU},
    {.codec = CODEC_PCMA},
    {.codec = CODEC_G722},
    {.codec = CODEC_G729},
    {.codec = CODEC_GSM},
    {.codec = CODEC_SPEEX},
    {.codec = CODEC_SPEEX, .rate = 8000},
    {.codec = CODEC_L16},
    {.codec = CODEC_L16, .rate = 8000},
    {.codec = CODEC_L16, .rate = 48000},
    {.codec = CODEC_OPUS},
    {.codec = CODEC_OPUS, .rate = 16000},
    {.codec = CODEC_OPUS, .rate = 8000},
};
enum { FORMATS = sizeof formats / sizeof *formats };

static void every_codec_is_heard_in_packets_of_every_length(void **state)
{
    (void)state;
    for (size_t f = 0; f < FORMATS; f++) {
        for (unsigned ptime = 10; ptime <= 60; ptime += 10) {
            struct side side;
            unsigned heard = 0, missed = 0;

            open_side(&side, formats[f], ptime);
            for (unsigned i = 0; i < 250; i++) {
                enum playout_sound sound;
                double level = tick(&side, &sound);

                heard += sound == PLAYOUT_SOUND && level > LEVEL / 10;
                missed += sound == PLAYOUT_LOST && i > 10;
            }
            if (missed || heard < 235)
                print_message("%s %u, %u ms: %u heard, %u missed\n", codec_name(formats[f].codec),
                              side.rate, ptime, heard, missed);
            assert_int_equal(missed, 0);
            assert_in_range(heard, 235, 250);
            assert_int_equal(side.counts.late, 0);
            assert_int_equal(side.counts.adjusted, 0);
            close_side(&side);
        }
    }
}

static bool one_in_ten(unsigned n)
{
    return n % 10 == 7;
}

static bool three_in_fifty(unsigned n)
{
    return n % 50 >= 20 && n % 50 < 23;
}

/* What is lost sounds like what was before: no silence, and no more of it than was lost. */
static void losses_are_bridged(void **state)
{
    (void)state;
    for (size_t f = 0; f < FORMATS; f++) {
        struct side side;
        unsigned gaps = 0;

        open_side(&side, formats[f], 20);
        side.lost = one_in_ten;
        for (unsigned i = 0; i < PACKETS; i++) {
            enum playout_sound sound;

            gaps += tick(&side, &sound) < LEVEL / 20.0 && i > 5;
        }
        if (gaps > 3)
            print_message("%s %u: %u gaps\n", codec_name(formats[f].codec), side.rate, gaps);
        assert_true(gaps <= 3);
        assert_in_range(side.counts.concealed + side.counts.recovered, 39, 41);
        close_side(&side);
        open_side(&side, formats[f], 20);
        side.lost = three_in_fifty;
        for (unsigned i = 0; i < PACKETS; i++) {
            enum playout_sound sound;

            tick(&side, &sound);
        }
        assert_in_range(side.counts.concealed + side.counts.recovered, 23, 25);
        if (side.ptime == 20)
            assert_in_range(side.counts.bursts, 7, 8);
        close_side(&side);
    }
}

/* Losses make Opus wait for the packet behind, which tells what was in the lost one. */
static void opus_tells_of_what_was_lost(void **state)
{
    struct side side;

    (void)state;
    open_side(&side, (struct codec_format){.codec = CODEC_OPUS, .rate = 16000, .fec = true}, 20);
    encoder_expect_loss(side.encoder, 20);
    side.lost = one_in_ten;
    for (unsigned i = 0; i < 1000; i++) {
        enum playout_sound sound;

        tick(&side, &sound);
    }
    assert_true(side.counts.recovered >= 50); /* the encoder repeats what it thinks is worth it */
    assert_in_range(side.counts.recovered + side.counts.concealed, 97, 103);
    assert_in_range(playout_depth(&side.playout), 0, 45000);
    close_side(&side);
}

/* Opus makes pauses without packets: they are no loss, and do not end in a click of silence. */
static void a_pause_of_opus_is_no_loss(void **state)
{
    unsigned comfort = 0, silent = 0, sounded = 0;
    struct side side;

    (void)state;
    open_side(&side, (struct codec_format){.codec = CODEC_OPUS, .rate = 16000, .dtx = true}, 20);
    for (unsigned i = 0; i < 600; i++) {
        enum playout_sound sound;

        side.silent = i >= 100 && i < 400;
        tick(&side, &sound);
        comfort += sound == PLAYOUT_COMFORT;
        silent += sound == PLAYOUT_SILENT;
        sounded += sound == PLAYOUT_SOUND && i >= 405;
    }
    assert_true(comfort > 150);
    assert_true(silent <= 1);
    assert_true(sounded >= 190);
    assert_int_equal(side.counts.concealed, 0);
    assert_int_equal(side.counts.late, 0);
    close_side(&side);
}

/* RFC 3389: one packet of noise, and nothing until the peer speaks again, minutes later. */
static void a_pause_of_g711_is_noise_as_loud_as_told(void **state)
{
    uint8_t payload[] = {40}; /* -40 dBov */
    struct playout_packet noise = {.payload = payload, .size = 1};
    enum playout_sound sound;
    struct side side;
    double level = 0;

    (void)state;
    open_side(&side, (struct codec_format){.codec = CODEC_PCMA}, 20);
    for (unsigned i = 0; i < 100; i++)
        tick(&side, &sound);
    noise.timestamp = side.next * 160;
    noise.sequence = side.sequence++;
    playout_noise(&side.playout, &noise);
    for (unsigned i = 0; i < 4000; i++) {
        int16_t frame[160];

        side.now += TICK;
        side.next++;
        assert_int_equal(playout_get(&side.playout, side.now, frame), PLAYOUT_COMFORT);
        for (int k = 0; k < 160 && i > 50; k++)
            level += (double)frame[k] * frame[k] / 160 / 3949;
    }
    assert_in_range(sqrt(level), 232, 463); /* 328 within 3 dB */
    for (unsigned i = 0; i < 20; i++) {
        tick(&side, &sound);
        assert_true(sound == PLAYOUT_SOUND);
    }
    assert_int_equal(side.counts.concealed, 0);
    assert_int_equal(side.counts.comfort, 4000);
    close_side(&side);
}

/* A peer that sends G.711 where another codec was agreed is heard, and so is its way back. */
static void g711_is_heard_beside_every_codec(void **state)
{
    (void)state;
    for (size_t f = 2; f < FORMATS; f++) {
        struct side side, plain;
        unsigned heard = 0;

        open_side(&side, formats[f], 20);
        open_side(&plain, (struct codec_format){.codec = f % 2 ? CODEC_PCMU : CODEC_PCMA}, 20);
        for (unsigned i = 0; i < 30; i++) {
            enum playout_sound sound;

            tick(&side, &sound);
        }
        for (unsigned n = 0; n < 40; n++) {
            int16_t samples[160], frame[CODEC_RATE_MAX / 50] = {0};
            uint8_t payload[CODEC_BYTES_MAX];
            double sum = 0;
            struct playout_packet packet = {.payload = payload,
                                            .size = 160,
                                            .timestamp = n * 160,
                                            .arrival = side.now + TICK / 2,
                                            .sequence = side.sequence++,
                                            .law = f % 2 ? PLAYOUT_PCMU : PLAYOUT_PCMA};

            speak(&plain, samples, 160);
            encoder_run(plain.encoder, payload, samples, 160);
            assert_true(playout_put(&side.playout, &packet));
            side.now += TICK;
            side.next++;
            playout_get(&side.playout, side.now, frame);
            for (unsigned i = 0; i < side.rate / 50; i++)
                sum += (double)frame[i] * frame[i] / (side.rate / 50.0);
            heard += sqrt(sum) > LEVEL / 5.0;
        }
        assert_true(heard >= 36);
        for (unsigned i = 0; i < 30; i++) {
            enum playout_sound sound;

            heard += tick(&side, &sound) > LEVEL / 5.0;
        }
        assert_true(heard >= 60);
        close_side(&side);
        close_side(&plain);
    }
}

/* What a leg pays: a G.711 one little. */
static void memory_is_small(void **state)
{
    static const struct codec_format ulaw = {.codec = CODEC_PCMU};

    (void)state;
    assert_true(sizeof(struct playout) + playout_memory(&ulaw) <= 5 * 1024);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_codec_is_heard_in_packets_of_every_length),
        cmocka_unit_test(losses_are_bridged),
        cmocka_unit_test(opus_tells_of_what_was_lost),
        cmocka_unit_test(a_pause_of_opus_is_no_loss),
        cmocka_unit_test(a_pause_of_g711_is_noise_as_loud_as_told),
        cmocka_unit_test(g711_is_heard_beside_every_codec),
        cmocka_unit_test(memory_is_small),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
