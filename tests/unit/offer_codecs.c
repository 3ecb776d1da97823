/* offer_codecs.c: every codec in offers and answers: its number, its clock, its parameters, its
 * packets, and who chooses. */
#include "offer/offer.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static const struct offer_local here = {
    .address = "127.0.0.1", .port = 10000, .session = 77, .version = 3};

#define HEAD "v=0\r\no=peer 1 2 IN IP4 127.0.0.9\r\ns=call\r\nc=IN IP4 127.0.0.9\r\nt=0 0\r\n"
#define OPUS "a=rtpmap:111 opus/48000/2\r\n"

struct result {
    struct offer_ability can;
    int err;
    struct offer_agreed agreed;
    char sdp[OFFER_SDP], reason[OFFER_REASON];
};

/* Names with blanks between them. */
static struct offer_ability able(const char *names)
{
    struct offer_ability can = {.count = 0};
    char copy[256], *save = NULL;

    snprintf(copy, sizeof copy, "%s", names);
    for (char *name = strtok_r(copy, " ", &save); name; name = strtok_r(NULL, " ", &save))
        assert_int_equal(offer_add(&can, name), 0);
    return can;
}

static void answer(struct result *r, const char *names, const char *media)
{
    char offer[2048];

    snprintf(offer, sizeof offer, HEAD "%s", media);
    memset(r, 0, sizeof *r);
    r->can = able(names);
    r->err = offer_answer(&r->can, &here, offer, &r->agreed, r->sdp, r->reason);
}

static void accept_answer(struct result *r, const char *names, const char *media)
{
    char text[2048];

    snprintf(text, sizeof text, HEAD "%s", media);
    memset(r, 0, sizeof *r);
    r->can = able(names);
    assert_int_equal(offer_make(&r->can, &here, r->sdp), 0);
    r->err = offer_accept(&r->can, &here, text, &r->agreed, r->reason);
}

static void has(const char *sdp, const char *part)
{
    if (!strstr(sdp, part))
        fail_msg("no \"%s\" in\n%s", part, sdp);
}

static void names_become_formats(void **state)
{
    static const struct {
        const char *name;
        int err;
        enum codec codec;
        unsigned rate;
    } rows[] = {
        {"PCMU", 0, CODEC_PCMU, 8000},
        {"pcma", 0, CODEC_PCMA, 8000},
        {"G722", 0, CODEC_G722, 16000},
        {"G729", 0, CODEC_G729, 8000},
        {"GSM", 0, CODEC_GSM, 8000},
        {"speex", 0, CODEC_SPEEX, 16000},
        {"speex/8000", 0, CODEC_SPEEX, 8000},
        {"L16", 0, CODEC_L16, 16000},
        {"L16/8000", 0, CODEC_L16, 8000},
        {"L16/48000", 0, CODEC_L16, 48000},
        {"opus", 0, CODEC_OPUS, 48000},
        {"opus/16000", 0, CODEC_OPUS, 16000},
        {"opus/12000", EINVAL, 0, 0},
        {"L16/44100", EINVAL, 0, 0},
        {"PCMU/16000", EINVAL, 0, 0},
        {"L16/", EINVAL, 0, 0},
        {"L16/8000x", EINVAL, 0, 0},
        {"L16/0", EINVAL, 0, 0},
        {"MP3", EINVAL, 0, 0},
        {"", EINVAL, 0, 0},
        {"anameofmorethanfifteen", EINVAL, 0, 0},
    };
    struct offer_ability can;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        can = (struct offer_ability){.count = 0};
        assert_int_equal(offer_add(&can, rows[i].name), rows[i].err);
        assert_int_equal(can.count, !rows[i].err);
        if (rows[i].err)
            continue;
        assert_int_equal(can.formats[0].codec, rows[i].codec);
        assert_int_equal(can.formats[0].rate, rows[i].rate);
    }
    can = able("PCMU opus/16000 L16 speex");
    assert_int_equal(offer_add(&can, "pcmu"), EEXIST);
    assert_int_equal(offer_add(&can, "opus"), EEXIST); /* SDP says opus/48000/2 of both */
    assert_int_equal(offer_add(&can, "L16/16000"), EEXIST);
    assert_int_equal(offer_add(&can, "L16/8000"), 0);
    assert_int_equal(offer_add(&can, "speex/8000"), 0);
}

static void offers_everything(void **state)
{
    struct result r = {
        .can = able("PCMU PCMA G722 G729 GSM speex speex/8000 L16 L16/8000 L16/48000 opus")};

    (void)state;
    assert_int_equal(offer_make(&r.can, &here, r.sdp), 0);
    has(r.sdp, "m=audio 10000 RTP/AVP 0 8 9 18 3 96 97 98 99 100 102 101 103 104\r\n"
               "a=rtpmap:0 PCMU/8000\r\n"
               "a=rtpmap:8 PCMA/8000\r\n"
               "a=rtpmap:9 G722/8000\r\n"
               "a=rtpmap:18 G729/8000\r\na=fmtp:18 annexb=no\r\n"
               "a=rtpmap:3 GSM/8000\r\n"
               "a=rtpmap:96 speex/16000\r\n"
               "a=rtpmap:97 speex/8000\r\n"
               "a=rtpmap:98 L16/16000\r\n"
               "a=rtpmap:99 L16/8000\r\n"
               "a=rtpmap:100 L16/48000\r\n"
               "a=rtpmap:102 opus/48000/2\r\na=fmtp:102 useinbandfec=1\r\n"
               "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n"
               "a=rtpmap:103 telephone-event/16000\r\na=fmtp:103 0-15\r\n"
               "a=rtpmap:104 telephone-event/48000\r\na=fmtp:104 0-15\r\n"
               "a=ptime:20\r\na=sendrecv\r\n");
    /* what we write, we can read: each codec by itself, answered by us */
    for (unsigned i = 0; i < r.can.count; i++) {
        struct offer_ability one = {.formats = {r.can.formats[i]}, .count = 1};
        char reply[OFFER_SDP];

        assert_int_equal(offer_answer(&one, &here, r.sdp, &r.agreed, reply, r.reason), 0);
        assert_int_equal(r.agreed.format.codec, one.formats[0].codec);
        assert_int_equal(r.agreed.format.rate, one.formats[0].rate);
        assert_int_equal(offer_accept(&r.can, &here, reply, &r.agreed, r.reason), 0);
        assert_int_equal(r.agreed.format.codec, one.formats[0].codec);
        assert_int_equal(r.agreed.format.rate, one.formats[0].rate);
        assert_int_equal(r.agreed.receive_payload_type, 0);
        assert_int_equal(r.agreed.event_clock, codec_clock(&one.formats[0]));
    }
}

static void answers_a_browser(void **state)
{
    static const char offer[] =
        "m=audio 4000 RTP/AVP 111 63 9 0 8 13 110 126\r\n" OPUS
        "a=fmtp:111 minptime=10;useinbandfec=1\r\n"
        "a=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\n"
        "a=rtpmap:9 G722/8000\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n"
        "a=rtpmap:13 CN/8000\r\n"
        "a=rtpmap:110 telephone-event/48000\r\na=rtpmap:126 telephone-event/8000\r\n";
    struct result r;

    (void)state;
    answer(&r, "PCMU PCMA G722 opus/16000", offer);
    assert_int_equal(r.err, 0);
    has(r.sdp, "m=audio 10000 RTP/AVP 111 110\r\n"
               "a=rtpmap:111 opus/48000/2\r\n"
               "a=fmtp:111 maxplaybackrate=16000;sprop-maxcapturerate=16000;useinbandfec=1\r\n"
               "a=rtpmap:110 telephone-event/48000\r\na=fmtp:110 0-15\r\n"
               "a=ptime:20\r\n");
    assert_int_equal(r.agreed.format.codec, CODEC_OPUS);
    assert_int_equal(r.agreed.format.rate, 16000);
    assert_true(r.agreed.format.fec && !r.agreed.format.dtx && !r.agreed.format.cbr);
    assert_int_equal(r.agreed.payload_type, 111);
    assert_int_equal(r.agreed.event_payload_type, 110);
    assert_int_equal(r.agreed.event_clock, 48000);
    answer(&r, "PCMU PCMA G722", offer);
    assert_int_equal(r.agreed.format.codec, CODEC_G722);
    assert_int_equal(r.agreed.event_payload_type, 126);
    assert_int_equal(r.agreed.event_clock, 8000);
}

static void answers_an_old_phone(void **state)
{
    struct result r;

    (void)state;
    answer(&r, "PCMU PCMA G729", "m=audio 4000 RTP/AVP 18 0 8\r\na=fmtp:18 annexb=yes\r\n");
    assert_int_equal(r.agreed.format.codec, CODEC_G729);
    has(r.sdp, "m=audio 10000 RTP/AVP 18\r\na=rtpmap:18 G729/8000\r\na=fmtp:18 annexb=no\r\n");
    answer(&r, "PCMU PCMA GSM L16/8000", "m=audio 4000 RTP/AVP 18 3 0\r\n");
    assert_int_equal(r.agreed.format.codec, CODEC_GSM);
}

/* An event's clock is to be the codec's; 8000's is the next best, any other is none. */
static void chooses_events_by_their_clock(void **state)
{
    static const struct {
        const char *events;
        uint8_t type;
        unsigned clock;
    } rows[] = {
        {"a=rtpmap:100 telephone-event/48000\r\na=rtpmap:101 telephone-event/8000\r\n", 100, 48000},
        {"a=rtpmap:101 telephone-event/8000\r\na=rtpmap:100 telephone-event/48000\r\n", 100, 48000},
        {"a=rtpmap:101 telephone-event/8000\r\n", 101, 8000},
        {"a=rtpmap:101 telephone-event/16000\r\n", 0, 0},
        {"", 0, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char offer[512];
        struct result r;

        snprintf(offer, sizeof offer, "m=audio 4000 RTP/AVP 111 100 101\r\n" OPUS "%s",
                 rows[i].events);
        answer(&r, "opus", offer);
        assert_int_equal(r.err, 0);
        assert_int_equal(r.agreed.event_payload_type, rows[i].type);
        assert_int_equal(r.agreed.event_clock, rows[i].clock);
    }
}

/* RFC 7587, 6.1: what the peer says of how it wants to be sent to. */
static void opus_is_sent_as_the_peer_wants(void **state)
{
    static const struct {
        const char *can, *fmtp;
        struct codec_format format; /* codec, rate, bitrate, fec, dtx, cbr */
    } rows[] = {
        {"opus", "", {CODEC_OPUS, 48000, 0, false, false, false}},
        {"opus",
         "a=fmtp:111 useinbandfec=1; usedtx=1; cbr=1\r\n",
         {CODEC_OPUS, 48000, 0, true, true, true}},
        {"opus",
         "a=fmtp:111 useinbandfec=0;usedtx=0;cbr=0;stereo=1;sprop-stereo=1\r\n",
         {CODEC_OPUS, 48000, 0, false, false, false}},
        {"opus", "a=fmtp:111 maxplaybackrate=8000\r\n", {CODEC_OPUS, 8000, 0, false, false, false}},
        {"opus",
         "a=fmtp:111 MaxPlaybackRate = 12000 ;\r\n",
         {CODEC_OPUS, 16000, 0, false, false, false}},
        {"opus",
         "a=fmtp:111 maxplaybackrate=16000; maxaveragebitrate=20000\r\n",
         {CODEC_OPUS, 16000, 20000, false, false, false}},
        {"opus",
         "a=fmtp:111 maxplaybackrate=24000\r\n",
         {CODEC_OPUS, 48000, 0, false, false, false}},
        {"opus/16000",
         "a=fmtp:111 maxplaybackrate=48000;useinbandfec=1\r\n",
         {CODEC_OPUS, 16000, 0, true, false, false}},
        {"opus/8000",
         "a=fmtp:111 maxplaybackrate=16000\r\n",
         {CODEC_OPUS, 8000, 0, false, false, false}},
        {"opus/16000",
         "a=fmtp:111 maxplaybackrate=8000\r\n",
         {CODEC_OPUS, 8000, 0, false, false, false}},
        {"opus",
         "a=fmtp:111 maxaveragebitrate=1\r\n",
         {CODEC_OPUS, 48000, 6000, false, false, false}},
        {"opus",
         "a=fmtp:111 maxaveragebitrate=99999999\r\n",
         {CODEC_OPUS, 48000, 0, false, false, false}},
        {"opus",
         "a=fmtp:111 maxplaybackrate=x;useinbandfec;;=;maxaveragebitrate=-5\r\n",
         {CODEC_OPUS, 48000, 0, false, false, false}},
        {"opus",
         "a=fmtp:111 notusedtx=1;sprop-maxcapturerate=8000\r\n",
         {CODEC_OPUS, 48000, 0, false, false, false}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char offer[512];
        struct result r;

        snprintf(offer, sizeof offer, "m=audio 4000 RTP/AVP 111\r\n" OPUS "%s", rows[i].fmtp);
        answer(&r, rows[i].can, offer);
        assert_int_equal(r.err, 0);
        if (!codec_same(&r.agreed.format, &rows[i].format))
            fail_msg("row %zu: rate %u bitrate %u fec %d dtx %d cbr %d", i, r.agreed.format.rate,
                     r.agreed.format.bitrate, r.agreed.format.fec, r.agreed.format.dtx,
                     r.agreed.format.cbr);
    }
}

static void what_we_want_of_opus_is_told(void **state)
{
    struct offer_ability can = able("opus/8000");
    char sdp[OFFER_SDP];

    (void)state;
    can.formats[0].bitrate = 24000;
    can.formats[0].dtx = can.formats[0].cbr = true;
    assert_int_equal(offer_make(&can, &here, sdp), 0);
    has(sdp, "a=fmtp:96 maxplaybackrate=8000;sprop-maxcapturerate=8000;maxaveragebitrate=24000;"
             "cbr=1;useinbandfec=1;usedtx=1\r\n");
}

/* Opus without its second channel, or with one, is Opus; others are of one channel. */
static void channels_are_minded(void **state)
{
    struct result r;

    (void)state;
    answer(&r, "opus", "m=audio 4000 RTP/AVP 111\r\na=rtpmap:111 opus/48000\r\n");
    assert_int_equal(r.err, 0);
    has(r.sdp, "a=rtpmap:111 opus/48000/2\r\n");
    answer(&r, "L16", "m=audio 4000 RTP/AVP 97\r\na=rtpmap:97 L16/16000/2\r\n");
    assert_int_equal(r.err, ENOTSUP);
    assert_string_equal(r.reason, "offered L16, supported L16");
    answer(&r, "L16/8000 L16",
           "m=audio 4000 RTP/AVP 97 98\r\na=rtpmap:97 L16/44100\r\n"
           "a=rtpmap:98 l16/16000/1\r\n");
    assert_int_equal(r.agreed.format.rate, 16000);
    assert_int_equal(r.agreed.payload_type, 98);
    answer(&r, "opus", "m=audio 4000 RTP/AVP 97\r\na=rtpmap:97 opus/16000\r\n");
    assert_int_equal(r.err, ENOTSUP);
    answer(&r, "PCMU speex speex/8000 L16 L16/8000 opus", "m=audio 4000 RTP/AVP 18\r\n");
    assert_string_equal(r.reason, "offered G729, supported PCMU speex L16 opus");
}

static void numbers_of_each_side(void **state)
{
    struct result r;

    (void)state;
    /* we said 96 and 101, and 97 for events of 48000 Hz */
    accept_answer(&r, "PCMU opus",
                  "m=audio 4000 RTP/AVP 111 96\r\n" OPUS "a=rtpmap:96 telephone-event/48000\r\n");
    assert_int_equal(r.err, 0);
    has(r.sdp, "m=audio 10000 RTP/AVP 0 96 101 97\r\n");
    assert_int_equal(r.agreed.payload_type, 111);
    assert_int_equal(r.agreed.receive_payload_type, 96);
    assert_int_equal(r.agreed.event_payload_type, 96);
    assert_int_equal(r.agreed.receive_event_type, 97);
    assert_int_equal(r.agreed.event_clock, 48000);
    accept_answer(&r, "PCMU opus", "m=audio 4000 RTP/AVP 110\r\na=rtpmap:110 PCMU/8000\r\n");
    assert_int_equal(r.agreed.payload_type, 110);
    assert_int_equal(r.agreed.receive_payload_type, 0);
    assert_int_equal(r.agreed.event_clock, 0);
    accept_answer(&r, "G722 PCMU",
                  "m=audio 4000 RTP/AVP 9 101\r\n"
                  "a=rtpmap:101 telephone-event/8000\r\n");
    assert_int_equal(r.agreed.format.codec, CODEC_G722);
    assert_int_equal(r.agreed.receive_payload_type, 0);
    assert_int_equal(r.agreed.receive_event_type, 0);
    assert_int_equal(r.agreed.event_payload_type, 101);
}

/* RFC 3264, 8.3.2: what a number meant in a dialog it goes on to mean. */
static void a_later_offer_keeps_its_numbers(void **state)
{
    struct offer_local later = here;
    struct result r;
    char sdp[OFFER_SDP];

    (void)state;
    answer(&r, "PCMU L16/8000 opus",
           "m=audio 4000 RTP/AVP 101 96\r\na=rtpmap:101 opus/48000/2\r\n"
           "a=rtpmap:96 telephone-event/8000\r\n");
    assert_int_equal(r.agreed.payload_type, 101);
    later.before = r.sdp;
    assert_int_equal(offer_make(&r.can, &later, sdp), 0);
    has(sdp, "m=audio 10000 RTP/AVP 0 97 101 96 98\r\n");
    has(sdp, "a=rtpmap:97 L16/8000\r\n");
    has(sdp, "a=rtpmap:101 opus/48000/2\r\n");
    has(sdp, "a=rtpmap:96 telephone-event/8000\r\n");
    has(sdp, "a=rtpmap:98 telephone-event/48000\r\n");
    /* the answer to that offer is read by its numbers */
    later.before = sdp;
    assert_int_equal(offer_accept(&r.can, &later,
                                  HEAD "m=audio 4000 RTP/AVP 99 100\r\na=rtpmap:99 L16/8000\r\n"
                                       "a=rtpmap:100 telephone-event/8000\r\n",
                                  &r.agreed, r.reason),
                     0);
    assert_int_equal(r.agreed.payload_type, 99);
    assert_int_equal(r.agreed.receive_payload_type, 97);
    assert_int_equal(r.agreed.event_payload_type, 100);
    assert_int_equal(r.agreed.receive_event_type, 96);
    later.before = "nonsense";
    assert_int_equal(
        offer_accept(&r.can, &later, HEAD "m=audio 4000 RTP/AVP 0\r\n", &r.agreed, r.reason),
        EINVAL);
}

/* Whose list decides: the offerer's, unless we say ours; in an answer always the answerer's. */
static void preference(void **state)
{
    static const char media[] = "m=audio 4000 RTP/AVP 9 8 0\r\n";
    struct result r;

    (void)state;
    answer(&r, "PCMU PCMA G722", media);
    assert_int_equal(r.agreed.format.codec, CODEC_G722);
    r.can.prefer_ours = true;
    assert_int_equal(offer_answer(&r.can, &here, HEAD "m=audio 4000 RTP/AVP 9 8 0\r\n", &r.agreed,
                                  r.sdp, r.reason),
                     0);
    assert_int_equal(r.agreed.format.codec, CODEC_PCMU);
    has(r.sdp, "m=audio 10000 RTP/AVP 0\r\n");
    assert_int_equal(
        offer_answer(&r.can, &here, HEAD "m=audio 4000 RTP/AVP 9\r\n", &r.agreed, r.sdp, r.reason),
        0);
    assert_int_equal(r.agreed.format.codec, CODEC_G722);
    assert_int_equal(
        offer_accept(&r.can, &here, HEAD "m=audio 4000 RTP/AVP 9 0\r\n", &r.agreed, r.reason), 0);
    assert_int_equal(r.agreed.format.codec, CODEC_G722);
}

/* What we send: as the peer wants, else as we would, and as the codec can. What we write: our
 * wish, else what the peer wants. */
static void packets(void **state)
{
    static const struct {
        const char *can;
        unsigned ours;
        const char *lines;
        unsigned agreed, written;
    } rows[] = {
        {"PCMU", 0, "", 20, 20},
        {"PCMU", 0, "a=ptime:10\r\n", 10, 10},
        {"PCMU", 0, "a=ptime:60\r\n", 60, 60},
        {"PCMU", 0, "a=ptime:100\r\n", 60, 60},
        {"PCMU", 0, "a=maxptime:10\r\n", 10, 10},
        {"PCMU", 30, "", 30, 30},
        {"PCMU", 30, "a=ptime:20\r\n", 20, 30},
        {"PCMU", 40, "a=maxptime:30\r\n", 30, 40},
        {"GSM", 0, "a=ptime:60\r\na=maxptime:50\r\n", 40, 40},
        {"GSM", 0, "a=maxptime:30\r\na=ptime:40\r\n", 20, 20},
        {"GSM", 30, "", 20, 20},
        {"GSM", 0, "a=ptime:10\r\n", 20, 20},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct offer_ability can = able(rows[i].can);
        char offer[256], line[32];
        struct result r;

        can.ptime = rows[i].ours;
        snprintf(offer, sizeof offer, HEAD "m=audio 4000 RTP/AVP 0 3\r\n%s", rows[i].lines);
        assert_int_equal(offer_answer(&can, &here, offer, &r.agreed, r.sdp, r.reason), 0);
        if (r.agreed.ptime != rows[i].agreed)
            print_error("row %zu\n", i);
        assert_int_equal(r.agreed.ptime, rows[i].agreed);
        snprintf(line, sizeof line, "a=ptime:%u\r\n", rows[i].written);
        has(r.sdp, line);
        assert_int_equal(offer_make(&can, &here, r.sdp), 0);
        snprintf(line, sizeof line, "a=ptime:%u\r\n", rows[i].ours ? rows[i].ours : 20);
        has(r.sdp, line);
    }
}

/* Deterministic damage to a rich offer with all we can. */
static void survives_mutation(void **state)
{
    static const char seed[] =
        HEAD "m=audio 4000/1 RTP/AVP 111 9 18 3 96 101 100\r\n" OPUS
             "a=fmtp:111 maxplaybackrate=16000; useinbandfec=1; maxaveragebitrate=20000\r\n"
             "a=rtpmap:96 L16/16000/1\r\na=rtpmap:101 telephone-event/48000\r\n"
             "a=rtpmap:100 telephone-event/8000\r\na=fmtp:18 annexb=yes\r\na=ptime:30\r\n"
             "a=maxptime:60\r\n";
    struct offer_ability can =
        able("PCMU G722 G729 GSM speex speex/8000 L16 L16/8000 L16/48000 opus/16000");
    uint32_t random = 4711;
    unsigned answered = 0;

    (void)state;
    for (int round = 0; round < 30000; round++) {
        char text[sizeof seed];
        struct result r;

        memcpy(text, seed, sizeof seed);
        for (int i = 0; i <= round % 4; i++) {
            random = random * 1664525 + 1013904223;
            text[(random >> 8) % (sizeof seed - 1)] =
                (round & 1) ? (char)(random >> 24) : " /:=;\r\n0m9"[(random >> 24) % 10];
        }
        r.err = offer_answer(&can, &here, text, &r.agreed, r.sdp, r.reason);
        assert_true(r.err == 0 || r.err == EINVAL || r.err == ENOTSUP);
        if (r.err)
            continue;
        answered++;
        assert_true(codec_has_rate(r.agreed.format.codec, r.agreed.format.rate));
        assert_true(r.agreed.ptime >= 10 && r.agreed.ptime <= 60);
        assert_true(r.agreed.payload_type < 128 && r.agreed.event_payload_type < 128);
    }
    assert_true(answered > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_become_formats),
        cmocka_unit_test(offers_everything),
        cmocka_unit_test(answers_a_browser),
        cmocka_unit_test(answers_an_old_phone),
        cmocka_unit_test(chooses_events_by_their_clock),
        cmocka_unit_test(opus_is_sent_as_the_peer_wants),
        cmocka_unit_test(what_we_want_of_opus_is_told),
        cmocka_unit_test(channels_are_minded),
        cmocka_unit_test(numbers_of_each_side),
        cmocka_unit_test(a_later_offer_keeps_its_numbers),
        cmocka_unit_test(preference),
        cmocka_unit_test(packets),
        cmocka_unit_test(survives_mutation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
