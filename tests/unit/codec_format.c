/* The facts of the codecs: names, rates, clocks, types, and what packets may hold. */
#include "codec/codec.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"

static void names_are_found_in_any_case(void **state)
{
    (void)state;
    for (int i = 0; i < CODEC_COUNT; i++)
        assert_int_equal(codec_find(codec_name((enum codec)i)), i);
    assert_int_equal(codec_find("pcmu"), CODEC_PCMU);
    assert_int_equal(codec_find("OPUS"), CODEC_OPUS);
    assert_int_equal(codec_find("Speex"), CODEC_SPEEX);
    assert_int_equal(codec_find("iLBC"), -1);
    assert_int_equal(codec_find(""), -1);
}

/* RFC 3551, tables 4 and 5. */
static void clocks_and_types_are_those_of_the_profile(void **state)
{
    static const struct row {
        struct codec_format format;
        unsigned rate, clock, type;
    } rows[] = {
        {{.codec = CODEC_PCMU}, 8000, 8000, 0},
        {{.codec = CODEC_PCMA}, 8000, 8000, 8},
        {{.codec = CODEC_G722}, 16000, 8000, 9},
        {{.codec = CODEC_G729}, 8000, 8000, 18},
        {{.codec = CODEC_GSM}, 8000, 8000, 3},
        {{.codec = CODEC_SPEEX}, 16000, 16000, CODEC_NO_TYPE},
        {{.codec = CODEC_SPEEX, .rate = 8000}, 8000, 8000, CODEC_NO_TYPE},
        {{.codec = CODEC_L16}, 16000, 16000, CODEC_NO_TYPE},
        {{.codec = CODEC_L16, .rate = 48000}, 48000, 48000, CODEC_NO_TYPE},
        {{.codec = CODEC_OPUS}, 48000, 48000, CODEC_NO_TYPE},
        {{.codec = CODEC_OPUS, .rate = 16000}, 16000, 48000, CODEC_NO_TYPE},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct codec_format *format = &rows[i].format;
        assert_int_equal(codec_rate(format), rows[i].rate);
        assert_int_equal(codec_clock(format), rows[i].clock);
        assert_int_equal(codec_static_type(format), rows[i].type);
        assert_true(codec_has_rate(format->codec, rows[i].rate));
    }
    assert_false(codec_has_rate(CODEC_PCMU, 16000));
    assert_false(codec_has_rate(CODEC_G722, 8000));
    assert_false(codec_has_rate(CODEC_OPUS, 44100));
    assert_false(codec_has_rate(CODEC_OPUS, 0));
}

static unsigned ptime(enum codec codec, unsigned rate, unsigned ms)
{
    struct codec_format format = {.codec = codec, .rate = rate};
    return codec_ptime(&format, ms);
}

static void packets_hold_what_the_codec_allows(void **state)
{
    (void)state;
    assert_int_equal(ptime(CODEC_PCMU, 0, 20), 20);
    assert_int_equal(ptime(CODEC_PCMU, 0, 0), 10);
    assert_int_equal(ptime(CODEC_PCMU, 0, 25), 20);
    assert_int_equal(ptime(CODEC_PCMU, 0, 200), 60);
    assert_int_equal(ptime(CODEC_G729, 0, 30), 30);
    assert_int_equal(ptime(CODEC_GSM, 0, 10), 20);
    assert_int_equal(ptime(CODEC_GSM, 0, 30), 20);
    assert_int_equal(ptime(CODEC_GSM, 0, 31), 40);
    assert_int_equal(ptime(CODEC_SPEEX, 8000, 60), 60);
    assert_int_equal(ptime(CODEC_OPUS, 0, 30), 20);
    assert_int_equal(ptime(CODEC_OPUS, 0, 50), 40);
    assert_int_equal(ptime(CODEC_OPUS, 0, 120), 60);
    assert_int_equal(ptime(CODEC_L16, 8000, 60), 60);
    assert_int_equal(ptime(CODEC_L16, 16000, 60), 40);
    assert_int_equal(ptime(CODEC_L16, 48000, 20), 10);
}

/* Whatever codec_ptime() allows, encoders take, and their payload fits. */
static void encoders_take_what_packets_may_hold(void **state)
{
    static const unsigned rates[] = {8000, 16000, 48000};
    uint8_t payload[CODEC_BYTES_MAX];
    unsigned tried = 0;

    (void)state;
    for (int codec = 0; codec < CODEC_COUNT; codec++)
        for (size_t i = 0; i < 3 * 7; i++) {
            struct codec_format format = {.codec = (enum codec)codec, .rate = rates[i % 3]};
            unsigned ms = codec_ptime(&format, (unsigned)(i / 3 * 10));
            struct encoder *encoder;
            struct decoder *decoder;
            size_t size, n = format.rate / 1000 * ms;

            if (!codec_has_rate(format.codec, format.rate))
                continue;
            assert_int_equal(encoder_alloc(&encoder, &format), 0);
            assert_int_equal(decoder_alloc(&decoder, &format), 0);
            size = encoder_run(encoder, payload, NULL, n);
            assert_true(size > 0 && size <= CODEC_BYTES_MAX);
            assert_int_equal(decoder_length(decoder, payload, size), n);
            mem_unref(encoder);
            mem_unref(decoder);
            tried++;
        }
    assert_true(tried > 7 * CODEC_COUNT);
}

static void formats_are_the_same_when_all_of_them_is(void **state)
{
    struct codec_format a = {.codec = CODEC_OPUS}, b = {.codec = CODEC_OPUS, .rate = 48000};

    (void)state;
    assert_true(codec_same(&a, &b));
    b.fec = true;
    assert_false(codec_same(&a, &b));
    b = a;
    b.rate = 16000;
    assert_false(codec_same(&a, &b));
    b = a;
    b.codec = CODEC_L16;
    assert_false(codec_same(&a, &b));
}

static void other_formats_are_refused(void **state)
{
    static const struct codec_format wrong[] = {
        {.codec = CODEC_COUNT},
        {.codec = CODEC_PCMU, .rate = 16000},
        {.codec = CODEC_G722, .rate = 8000},
        {.codec = CODEC_G729, .rate = 1},
        {.codec = CODEC_SPEEX, .rate = 32000},
        {.codec = CODEC_L16, .rate = 44100},
        {.codec = CODEC_OPUS, .rate = 24000},
    };

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct encoder *encoder = NULL;
        struct decoder *decoder = NULL;
        assert_int_equal(encoder_alloc(&encoder, &wrong[i]), EINVAL);
        assert_int_equal(decoder_alloc(&decoder, &wrong[i]), EINVAL);
        assert_null(encoder);
        assert_null(decoder);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_found_in_any_case),
        cmocka_unit_test(clocks_and_types_are_those_of_the_profile),
        cmocka_unit_test(packets_hold_what_the_codec_allows),
        cmocka_unit_test(encoders_take_what_packets_may_hold),
        cmocka_unit_test(formats_are_the_same_when_all_of_them_is),
        cmocka_unit_test(other_formats_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
