/* cli_phone_rtp.c: two ports of the phone's sound engine send to each other. */
#include "base/clock.h"
#include "base/mem.h"
#include "cli/phone_rtp.h"
#include "cli/phone_tone.h"

#include <arpa/inet.h>
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { PATIENCE_MS = 10000, WINDOW_MS = 200 };

static struct loop *loop;
static struct phone_rtp *engine;
static struct phone_port *a, *b;
static char digits[16];
static unsigned durations[16];

static void on_digit(char digit, unsigned duration, void *arg)
{
    size_t at = strlen(digits);

    (void)arg;
    assert_true(at < sizeof digits - 1);
    digits[at] = digit;
    durations[at] = duration;
}

static struct offer_agreed towards(struct phone_port *port, enum codec codec)
{
    struct offer_agreed agreed = {.format = {codec},
                                  .payload_type = codec == CODEC_PCMA ? 8 : 0,
                                  .event_payload_type = 101,
                                  .ptime = 20,
                                  .send = true,
                                  .receive = true};
    struct sockaddr_in *in = (struct sockaddr_in *)&agreed.remote;

    in->sin_family = AF_INET;
    in->sin_port = htons(phone_port_number(port));
    in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return agreed;
}

static void direct(enum codec codec)
{
    struct offer_agreed to_b = towards(b, codec), to_a = towards(a, codec);

    assert_int_equal(phone_port_direct(a, &to_b), 0);
    assert_int_equal(phone_port_direct(b, &to_a), 0);
}

static int setup(void **state)
{
    (void)state;
    memset(digits, 0, sizeof digits);
    assert_int_equal(loop_alloc(&loop), 0);
    assert_int_equal(phone_rtp_start(&engine), 0);
    assert_int_equal(phone_port_open(&a, engine, "127.0.0.1", loop, on_digit, NULL), 0);
    assert_int_equal(phone_port_open(&b, engine, "127.0.0.1", loop, on_digit, NULL), 0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    phone_port_close(a);
    phone_port_close(b);
    a = mem_unref(a);
    b = mem_unref(b);
    phone_rtp_stop(engine);
    loop_run(loop);
    engine = mem_unref(engine);
    loop = mem_unref(loop);
    assert_int_equal(mem_alive(), 0);
    return 0;
}

/* Until the port hears just this tone, or nothing but silence (0). */
static void await_tone(struct phone_port *port, unsigned hz)
{
    int64_t until = clock_mono_ms() + PATIENCE_MS;
    struct phone_heard heard;

    do {
        loop_wait(loop, 10);
        phone_port_heard(port, WINDOW_MS, &heard);
        if (heard.packets == WINDOW_MS / 20 && hz == 0 && heard.count == 0)
            return;
        if (heard.packets == WINDOW_MS / 20 && hz && heard.count == 1 && heard.tones[0].hz == hz &&
            fabs(heard.tones[0].amplitude - PHONE_AMPLITUDE) < 100)
            return;
    } while (clock_mono_ms() < until);
    fail_msg("%u packets, %u tones, first %u Hz %.0f", heard.packets, heard.count,
             heard.count ? heard.tones[0].hz : 0, heard.count ? heard.tones[0].amplitude : 0);
}

/* Until this is by far the strongest that the port hears. */
static void await_strongest(struct phone_port *port, unsigned hz)
{
    int64_t until = clock_mono_ms() + PATIENCE_MS;
    struct phone_heard heard;

    do {
        struct phone_tone most = {0, 0};

        loop_wait(loop, 10);
        phone_port_heard(port, WINDOW_MS, &heard);
        for (unsigned i = 0; i < heard.count; i++)
            if (heard.tones[i].amplitude > most.amplitude)
                most = heard.tones[i];
        if (most.hz == hz && most.amplitude > PHONE_AMPLITUDE / 4)
            return;
    } while (clock_mono_ms() < until);
    fail_msg("%u packets, %u tones, first %u Hz", heard.packets, heard.count,
             heard.count ? heard.tones[0].hz : 0);
}

static void each_hears_the_other(void **state)
{
    (void)state;
    phone_port_tone(a, 500, PHONE_AMPLITUDE);
    phone_port_tone(b, 1000, PHONE_AMPLITUDE);
    direct(CODEC_PCMU);
    await_tone(a, 1000);
    await_tone(b, 500);
    phone_port_tone(a, 0, 0);
    await_tone(b, 0);
    await_tone(a, 1000);
    phone_port_tone(a, 700, PHONE_AMPLITUDE);
    await_tone(b, 700);
}

static void a_law_too(void **state)
{
    (void)state;
    phone_port_tone(a, 350, PHONE_AMPLITUDE);
    phone_port_tone(b, 3100, PHONE_AMPLITUDE);
    direct(CODEC_PCMA);
    await_tone(a, 3100);
    await_tone(b, 350);
}

static void digits_arrive_once_each(void **state)
{
    int64_t until = clock_mono_ms() + PATIENCE_MS;

    (void)state;
    direct(CODEC_PCMU);
    assert_int_equal(phone_port_dtmf(a, "x"), EINVAL);
    assert_int_equal(phone_port_dtmf(a, "1p#D"), 0);
    while (strlen(digits) < 3 && clock_mono_ms() < until)
        loop_wait(loop, 50);
    assert_string_equal(digits, "1#D");
    for (int i = 0; i < 3; i++)
        assert_int_equal(durations[i], 160);
}

static void a_trace_holds_every_packet_in_order(void **state)
{
    struct phone_packet *packets;
    struct phone_stats stats;
    size_t count;

    (void)state;
    phone_port_trace(b);
    phone_port_tone(a, 500, PHONE_AMPLITUDE);
    direct(CODEC_PCMU);
    await_tone(b, 500);
    phone_port_direct(a, NULL);
    phone_port_stats(a, &stats);
    assert_true(stats.sent >= 10);
    for (int64_t until = clock_mono_ms() + PATIENCE_MS; clock_mono_ms() < until;) {
        struct phone_stats got;

        phone_port_stats(b, &got);
        if (got.received == stats.sent)
            break;
        loop_wait(loop, 10);
    }
    phone_port_traced(b, &packets, &count);
    assert_int_equal(count, stats.sent);
    for (size_t i = 1; i < count; i++) {
        assert_int_equal((uint16_t)(packets[i].sequence - packets[i - 1].sequence), 1);
        assert_true(packets[i].timestamp - packets[i - 1].timestamp >= PHONE_FRAME);
        assert_int_equal((packets[i].timestamp - packets[i - 1].timestamp) % PHONE_FRAME, 0);
        assert_true(packets[i].arrived >= packets[i - 1].arrived);
    }
    free(packets);
}

static void after_a_move_both_ports_hear(void **state)
{
    uint16_t before = phone_port_number(b);

    (void)state;
    phone_port_tone(a, 500, PHONE_AMPLITUDE);
    direct(CODEC_PCMU);
    await_tone(b, 500);
    assert_int_equal(phone_port_move(b, "127.0.0.1"), 0);
    assert_int_not_equal(phone_port_number(b), before);
    await_tone(b, 500); /* on the old port still */
    direct(CODEC_PCMU);
    await_tone(b, 500);
}

/* Each codec, in packets of each length that it can, with numbers of each side's own. */
static void every_codec_is_heard(void **state)
{
    static const unsigned rates[] = {8000, 16000, 48000};

    (void)state;
    phone_port_tone(a, 500, PHONE_AMPLITUDE);
    for (enum codec codec = 0; codec < CODEC_COUNT; codec++)
        for (int i = 0; i < 3; i++)
            for (unsigned ptime = 10; ptime <= 60; ptime += 25) {
                struct offer_agreed to_b = towards(b, codec), to_a = towards(a, codec);

                if (!codec_has_rate(codec, rates[i]))
                    continue;
                to_b.format.rate = to_a.format.rate = rates[i];
                to_b.payload_type = to_a.receive_payload_type = (uint8_t)(111 + codec);
                to_a.payload_type = to_b.receive_payload_type = (uint8_t)(119 + codec);
                to_b.ptime = to_a.ptime = codec_ptime(&to_a.format, ptime);
                assert_int_equal(phone_port_direct(a, &to_b), 0);
                assert_int_equal(phone_port_direct(b, &to_a), 0);
                await_strongest(b, 500);
            }
    assert_int_equal(
        phone_port_direct(a, &(struct offer_agreed){.format = {CODEC_L16, 44100}, .send = true}),
        EINVAL);
    await_strongest(b, 500);
}

static void keys_of_another_clock(void **state)
{
    struct offer_agreed to_b = towards(b, CODEC_OPUS), to_a = towards(a, CODEC_OPUS);
    int64_t until = clock_mono_ms() + PATIENCE_MS;

    (void)state;
    to_b.payload_type = to_a.payload_type = 96;
    to_b.event_clock = to_a.event_clock = 48000;
    to_b.ptime = to_a.ptime = 60;
    assert_int_equal(phone_port_direct(a, &to_b), 0);
    assert_int_equal(phone_port_direct(b, &to_a), 0);
    assert_int_equal(phone_port_dtmf(a, "5#"), 0);
    while (strlen(digits) < 2 && clock_mono_ms() < until)
        loop_wait(loop, 10);
    assert_string_equal(digits, "5#");
    assert_int_equal(durations[0], 160);
}

static void amplitude_of_a_tone_is_its_own(void **state)
{
    int16_t samples[PHONE_FRAME], back[PHONE_FRAME];
    uint8_t bytes[PHONE_FRAME];

    (void)state;
    for (int i = 0; i < PHONE_FRAME; i++)
        samples[i] = (int16_t)lrint(8000 * sin(2 * M_PI * 500 * i / 8000));
    assert_true(fabs(phone_tone_amplitude(samples, PHONE_FRAME, 500) - 8000) < 1);
    assert_true(phone_tone_amplitude(samples, PHONE_FRAME, 550) < 1);
    for (int law = PHONE_PCMU; law <= PHONE_PCMA; law += PHONE_PCMA) {
        phone_tone_encode(law, bytes, samples, PHONE_FRAME);
        phone_tone_decode(law, back, bytes, PHONE_FRAME);
        for (int i = 0; i < PHONE_FRAME; i++)
            assert_true(abs(back[i] - samples[i]) <= 8 + abs(samples[i]) / 32);
    }
    phone_tone_decode(PHONE_PCMU, back, (const uint8_t[]){0x00, 0x80, 0xff, 0x7f}, 4);
    assert_int_equal(back[0], -32124);
    assert_int_equal(back[1], 32124);
    assert_int_equal(back[2], 0);
    phone_tone_decode(PHONE_PCMA, back, (const uint8_t[]){0x2a, 0xaa, 0xd5, 0x55}, 4);
    assert_int_equal(back[0], -32256);
    assert_int_equal(back[1], 32256);
    assert_int_equal(back[2], 8);
    assert_int_equal(back[3], -8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(amplitude_of_a_tone_is_its_own),
        cmocka_unit_test_setup_teardown(each_hears_the_other, setup, teardown),
        cmocka_unit_test_setup_teardown(a_law_too, setup, teardown),
        cmocka_unit_test_setup_teardown(digits_arrive_once_each, setup, teardown),
        cmocka_unit_test_setup_teardown(a_trace_holds_every_packet_in_order, setup, teardown),
        cmocka_unit_test_setup_teardown(every_codec_is_heard, setup, teardown),
        cmocka_unit_test_setup_teardown(keys_of_another_clock, setup, teardown),
        cmocka_unit_test_setup_teardown(after_a_move_both_ports_hear, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
